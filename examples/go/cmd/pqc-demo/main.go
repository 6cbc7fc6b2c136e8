// Command pqc-demo makes keys, shares secrets and signs files with the package of this example.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"example.com/qynauth/pqc"
)

const usage = `usage:
  pqc-demo-go public [--locked] SET KEYFILE OUT
  pqc-demo-go sign [--locked] SET KEYFILE MESSAGEFILE CONTEXT OUT
  pqc-demo-go verify [--locked] SET PUBLICFILE MESSAGEFILE CONTEXT SIGNATUREFILE
  pqc-demo-go encapsulate [--locked] SET PUBLICFILE CIPHERTEXTOUT SECRETOUT
  pqc-demo-go decapsulate [--locked] SET KEYFILE CIPHERTEXTFILE SECRETOUT
  pqc-demo-go demo [--locked]
SET is 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), or another PQC_ALGORITHM_* of pqc_ffi.h. Files hold raw bytes; a
key that has no seed is in KEYFILE itself. --locked keeps keys in locked memory.`

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pqc.InvalidSignature):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "pqc-demo-go:", err)
		os.Exit(2)
	}
}

// request is a command with its arguments: the numbers of the operands that it reads, and the contents of those files.
type request struct {
	command
	options   []pqc.KeyOption
	algorithm pqc.Algorithm
	operands  []string
	inputs    [][]byte
}

type command struct {
	count int
	reads []int
	run   func(request) error
}

var commands = map[string]command{
	"public":      {2, []int{0}, public},
	"sign":        {4, []int{0, 1}, sign},
	"verify":      {4, []int{0, 1, 3}, verify},
	"encapsulate": {3, []int{0}, encapsulate},
	"decapsulate": {3, []int{0, 1}, decapsulate},
	"demo":        {0, nil, func(r request) error { return demo(r.options) }},
}

func run(arguments []string) error {
	if slices.Equal(arguments, []string{"-h"}) || slices.Equal(arguments, []string{"--help"}) {
		fmt.Println(usage)
		return nil
	}
	r, err := parse(arguments)
	if err != nil {
		return err
	}
	for _, i := range r.reads {
		input, err := os.ReadFile(r.operands[i])
		if err != nil {
			return err
		}
		defer pqc.Wipe(input) // a seed is secret
		r.inputs = append(r.inputs, input)
	}
	return r.run(r)
}

func parse(arguments []string) (r request, err error) {
	if len(arguments) == 0 {
		return r, errors.New("a command is missing, see --help")
	}
	r.command, r.operands = commands[arguments[0]], arguments[1:]
	if len(r.operands) > 0 && r.operands[0] == "--locked" {
		r.options, r.operands = []pqc.KeyOption{pqc.LockedMemory}, r.operands[1:]
	}
	if r.reads != nil && len(r.operands) > 0 {
		number, err := strconv.ParseUint(r.operands[0], 10, 32)
		if err != nil {
			return r, fmt.Errorf("not a parameter set: %q", r.operands[0])
		}
		r.algorithm, r.operands = pqc.Algorithm(number), r.operands[1:]
	}
	if r.run == nil || len(r.operands) != r.count {
		return r, fmt.Errorf("unknown command or wrong number of operands: %q, see --help", arguments[0])
	}
	return r, nil
}

// privateKey derives the key from the seed in the first input, or loads it if its algorithm has no seed.
func (r request) privateKey() (*pqc.PrivateKey, error) {
	if !r.algorithm.HasSeed() {
		return pqc.NewPrivateKey(r.algorithm, r.inputs[0], r.options...)
	}
	return pqc.NewPrivateKeyFromSeed(r.algorithm, r.inputs[0], r.options...)
}

// publicKey loads the key in the first input.
func (r request) publicKey() (*pqc.PublicKey, error) {
	return pqc.NewPublicKey(r.algorithm, r.inputs[0], r.options...)
}

func public(r request) error {
	private, err := r.privateKey()
	if err != nil {
		return err
	}
	defer private.Close()
	key, err := private.PublicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	return output{r.operands[1], open}.write(key.Bytes())
}

func sign(r request) error {
	key, err := r.privateKey()
	if err != nil {
		return err
	}
	defer key.Close()
	return output{r.operands[3], open}.write(key.Sign(nil, r.inputs[1], &pqc.Options{Context: r.operands[2]}))
}

func verify(r request) error {
	key, err := r.publicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	return pqc.Verify(key, r.inputs[1], r.inputs[2], &pqc.Options{Context: r.operands[2]})
}

func encapsulate(r request) error {
	key, err := r.publicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	sharedKey, ciphertext, err := key.Encapsulate()
	defer pqc.Wipe(sharedKey)
	if err := (output{r.operands[1], open}).write(ciphertext, err); err != nil {
		return err
	}
	return output{r.operands[2], secret}.write(sharedKey, nil)
}

func decapsulate(r request) error {
	key, err := r.privateKey()
	if err != nil {
		return err
	}
	defer key.Close()
	sharedKey, err := key.Decapsulate(r.inputs[1])
	defer pqc.Wipe(sharedKey)
	return output{r.operands[2], secret}.write(sharedKey, err)
}

// The modes of outputs.
const (
	open   = 0o644
	secret = 0o600
)

type output struct {
	path string
	mode os.FileMode
}

// write writes the result of an operation, unless there was an error. A secret goes to a new file, which is private from the
// start: an older one may be open to others.
func (o output) write(result []byte, err error) error {
	if err != nil {
		return err
	}
	if about, err := os.Stat(o.path); o.mode == secret && err == nil && about.Mode().IsRegular() {
		if err := os.Remove(o.path); err != nil {
			return err
		}
	}
	return os.WriteFile(o.path, result, o.mode)
}
