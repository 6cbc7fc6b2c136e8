// Command pqc-demo makes keys, exchanges secrets and signs files with the package of this example.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"example.com/qynauth/pqc"
)

const usage = `usage:
  pqc-demo-go public SET SEEDFILE OUT
  pqc-demo-go sign SET SEEDFILE MESSAGEFILE CONTEXT OUT
  pqc-demo-go verify SET PUBLICFILE MESSAGEFILE CONTEXT SIGNATUREFILE
  pqc-demo-go encapsulate SET PUBLICFILE CIPHERTEXTOUT SECRETOUT
  pqc-demo-go decapsulate SET SEEDFILE CIPHERTEXTFILE SECRETOUT
  pqc-demo-go demo
SET is 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA). Files hold raw bytes.`

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pqc.InvalidSignature):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

var commands = map[string]struct {
	operands int
	run      func(set uint32, operands []string) error
}{
	"public":      {2, public},
	"sign":        {4, sign},
	"verify":      {4, verify},
	"encapsulate": {3, encapsulate},
	"decapsulate": {3, decapsulate},
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && (arguments[0] == "-h" || arguments[0] == "--help"):
		fmt.Println(usage)
		return nil
	case len(arguments) == 1 && arguments[0] == "demo":
		return demo()
	case len(arguments) < 2:
		return errors.New("pqc-demo-go: a command and a parameter set are missing, see --help")
	}
	command, known := commands[arguments[0]]
	if !known || len(arguments)-2 != command.operands {
		return fmt.Errorf("pqc-demo-go: unknown command or wrong number of operands: %q, see --help", arguments[0])
	}
	set, err := strconv.ParseUint(arguments[1], 10, 32)
	if err != nil {
		return fmt.Errorf("pqc-demo-go: not a parameter set: %q", arguments[1])
	}
	return command.run(uint32(set), arguments[2:])
}

func public(set uint32, operands []string) error {
	seed, err := os.ReadFile(operands[0])
	if err != nil {
		return err
	}
	defer pqc.Wipe(seed)
	key, err := publicKey(set, seed)
	if err != nil {
		return err
	}
	return os.WriteFile(operands[1], key, 0o644)
}

func publicKey(set uint32, seed []byte) ([]byte, error) {
	if set >= uint32(pqc.MLKEM512) {
		pair, err := pqc.KEMFromSeed(pqc.KEMSet(set), seed)
		if err != nil {
			return nil, err
		}
		defer pair.Close()
		key, err := pair.PublicKey()
		if err != nil {
			return nil, err
		}
		defer key.Close()
		return key.Bytes()
	}
	pair, err := pqc.DSAFromSeed(pqc.DSASet(set), seed)
	if err != nil {
		return nil, err
	}
	defer pair.Close()
	key, err := pair.PublicKey()
	if err != nil {
		return nil, err
	}
	defer key.Close()
	return key.Bytes()
}

func sign(set uint32, operands []string) error {
	seed, message, err := readTwo(operands[0], operands[1])
	defer pqc.Wipe(seed)
	if err != nil {
		return err
	}
	pair, err := pqc.DSAFromSeed(pqc.DSASet(set), seed)
	if err != nil {
		return err
	}
	defer pair.Close()
	signature, err := pair.Sign(message, []byte(operands[2]))
	if err != nil {
		return err
	}
	return os.WriteFile(operands[3], signature, 0o644)
}

func verify(set uint32, operands []string) error {
	encoded, message, err := readTwo(operands[0], operands[1])
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(operands[3])
	if err != nil {
		return err
	}
	key, err := pqc.DSAPublicKeyFromBytes(pqc.DSASet(set), encoded)
	if err != nil {
		return err
	}
	defer key.Close()
	return key.Verify(message, []byte(operands[2]), signature)
}

func encapsulate(set uint32, operands []string) error {
	encoded, err := os.ReadFile(operands[0])
	if err != nil {
		return err
	}
	key, err := pqc.KEMPublicKeyFromBytes(pqc.KEMSet(set), encoded)
	if err != nil {
		return err
	}
	defer key.Close()
	ciphertext, secret, err := key.Encapsulate()
	if err != nil {
		return err
	}
	defer pqc.Wipe(secret)
	if err := os.WriteFile(operands[1], ciphertext, 0o644); err != nil {
		return err
	}
	return os.WriteFile(operands[2], secret, 0o600)
}

func decapsulate(set uint32, operands []string) error {
	seed, ciphertext, err := readTwo(operands[0], operands[1])
	defer pqc.Wipe(seed)
	if err != nil {
		return err
	}
	pair, err := pqc.KEMFromSeed(pqc.KEMSet(set), seed)
	if err != nil {
		return err
	}
	defer pair.Close()
	secret, err := pair.Decapsulate(ciphertext)
	if err != nil {
		return err
	}
	defer pqc.Wipe(secret)
	return os.WriteFile(operands[2], secret, 0o600)
}

func readTwo(first, second string) (a, b []byte, err error) {
	if a, err = os.ReadFile(first); err != nil {
		return nil, nil, err
	}
	b, err = os.ReadFile(second)
	return a, b, err
}
