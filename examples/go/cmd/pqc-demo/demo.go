package main

import (
	"bytes"
	"errors"
	"fmt"

	"example.com/qynauth/pqc"
)

// demo uses a key of every algorithm, and prints what the library counted.
func demo(options []pqc.KeyOption) error {
	version, path := pqc.Version()
	fmt.Printf("pqc_ffi %s from Go, code path %s\n", version, path)
	for _, algorithm := range pqc.Algorithms() {
		if err := use(algorithm, options); err != nil {
			return fmt.Errorf("%v: %w", algorithm, err)
		}
	}
	metrics, err := pqc.ReadMetrics()
	if err != nil {
		return err
	}
	fmt.Printf("counted: %d encapsulations, %d decapsulations, %d signatures, %d verifications\n",
		metrics.Calls("encapsulate"), metrics.Calls("decapsulate"), metrics.Calls("sign"), metrics.Calls("verify"))
	fmt.Println("ok")
	return nil
}

func use(algorithm pqc.Algorithm, options []pqc.KeyOption) error {
	private, err := pqc.GenerateKey(algorithm, options...)
	if err != nil {
		return err
	}
	defer private.Close()
	public, err := private.PublicKey()
	if err != nil {
		return err
	}
	defer public.Close()
	if algorithm.IsKEM() {
		return exchange(private, public)
	}
	return signAndVerify(private, public)
}

func exchange(alice *pqc.PrivateKey, public *pqc.PublicKey) error {
	bobs, ciphertext, err := public.Encapsulate()
	if err != nil {
		return err
	}
	defer pqc.Wipe(bobs)
	alices, err := alice.Decapsulate(ciphertext)
	if err != nil {
		return err
	}
	defer pqc.Wipe(alices)
	if !bytes.Equal(alices, bobs) {
		return errors.New("the shared keys differ")
	}
	fmt.Printf("%v: both sides have the same key, ciphertext of %d bytes\n", alice.Algorithm(), len(ciphertext))
	return nil
}

func signAndVerify(signer *pqc.PrivateKey, public *pqc.PublicKey) error {
	message, context := []byte("a message"), &pqc.Options{Context: "demo"}
	signature, err := signer.Sign(nil, message, context)
	if err != nil {
		return err
	}
	if err := pqc.Verify(public, message, signature, context); err != nil {
		return err
	}
	if err := pqc.Verify(public, message, signature, nil); !errors.Is(err, pqc.InvalidSignature) {
		return fmt.Errorf("verification in another context: %v", err)
	}
	fmt.Printf("%v: signature of %d bytes is valid, and not in another context\n", signer.Algorithm(), len(signature))
	return nil
}
