package pqc_test

import "example.com/qynauth/pqc"

func signAndVerify(message []byte) error {
	signer, err := pqc.GenerateKey(pqc.MLDSA65)
	if err != nil {
		return err
	}
	defer signer.Close()
	login := &pqc.Options{Context: "login"}
	signature, err := signer.Sign(nil, message, login)
	if err != nil {
		return err
	}
	key, err := signer.PublicKey()
	if err != nil {
		return err
	}
	defer key.Close()
	return pqc.Verify(key, message, signature, login)
}
