package pqc_test

import (
	"fmt"

	"example.com/qynauth/pqc"
)

func signAndVerify(message, context []byte) error {
	signer, err := pqc.GenerateDSA(pqc.MLDSA65)
	if err != nil {
		return err
	}
	defer signer.Close()
	signature, err := signer.Sign(message, context)
	if err != nil {
		return err
	}
	key, err := signer.PublicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	return key.Verify(message, context, signature)
}

func Example() {
	fmt.Println(signAndVerify([]byte("message"), []byte("login")))
	// Output: <nil>
}
