package main

import (
	"bytes"
	"errors"
	"fmt"

	"example.com/qynauth/pqc"
)

// demo exchanges a secret and signs a message with every parameter set, and prints what the library counted.
func demo() error {
	version, path := pqc.Version()
	fmt.Printf("pqc_ffi %s from Go, code path %s\n", version, path)
	for _, set := range []pqc.KEMSet{pqc.MLKEM512, pqc.MLKEM768, pqc.MLKEM1024} {
		if err := exchange(set); err != nil {
			return fmt.Errorf("%v: %w", set, err)
		}
	}
	for _, set := range []pqc.DSASet{pqc.MLDSA44, pqc.MLDSA65, pqc.MLDSA87} {
		if err := signAndVerify(set); err != nil {
			return fmt.Errorf("%v: %w", set, err)
		}
	}
	metrics, err := pqc.ReadMetrics()
	if err != nil {
		return err
	}
	fmt.Printf("counted: %d encapsulations, %d decapsulations, %d signatures, %d verifications\n",
		metrics.Calls("mlkem_encapsulate"), metrics.Calls("mlkem_decapsulate"),
		metrics.Calls("mldsa_sign"), metrics.Calls("mldsa_verify"))
	fmt.Println("ok")
	return nil
}

func exchange(set pqc.KEMSet) error {
	alice, err := pqc.GenerateKEM(set)
	if err != nil {
		return err
	}
	defer alice.Close()
	key, err := alice.PublicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	ciphertext, bobs, err := key.Encapsulate()
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
		return errors.New("the secrets differ")
	}
	fmt.Printf("%v: both sides have the same secret, ciphertext of %d bytes\n", set, len(ciphertext))
	return nil
}

func signAndVerify(set pqc.DSASet) error {
	signer, err := pqc.GenerateDSA(set)
	if err != nil {
		return err
	}
	defer signer.Close()
	key, err := signer.PublicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	message, context := []byte("a message"), []byte("demo")
	signature, err := signer.Sign(message, context)
	if err != nil {
		return err
	}
	if err := key.Verify(message, context, signature); err != nil {
		return err
	}
	if err := key.Verify(message, []byte("another context"), signature); !errors.Is(err, pqc.InvalidSignature) {
		return fmt.Errorf("another context gave %v", err)
	}
	fmt.Printf("%v: signature of %d bytes is valid, and not for another context\n", set, len(signature))
	return nil
}
