package pqc

// #include <pqc_ffi.h>
import "C"

import (
	"bytes"
	"crypto"
)

// PublicKey is a public key of any algorithm. An operation that the algorithm does not have returns WrongAlgorithm.
type PublicKey struct{ *handle[*C.PqcPublicKey] }

var publicKeys = functions[*C.PqcPublicKey]{
	name:    "public key",
	bytes:   func(p *C.PqcPublicKey, out *C.FFIBuffer) C.PqcStatus { return C.pqc_public_key_bytes(p, out) },
	options: func(p *C.PqcPublicKey, out *C.uint32_t) C.PqcStatus { return C.pqc_public_key_options(p, out) },
	free:    func(p *C.PqcPublicKey) { C.pqc_public_key_free(p) },
}

func newPublicKey(algorithm Algorithm, create func(**C.PqcPublicKey) error) (*PublicKey, error) {
	h, err := newHandle(&publicKeys, algorithm, create)
	if err != nil {
		return nil, err
	}
	return &PublicKey{h}, nil
}

// NewPublicKey loads the encoding of the algorithm's standard, and checks it.
func NewPublicKey(algorithm Algorithm, encoded []byte, options ...KeyOption) (*PublicKey, error) {
	data, length := borrow(encoded)
	return newPublicKey(algorithm, func(out **C.PqcPublicKey) error {
		return check(C.pqc_public_key_from_bytes(C.uint32_t(algorithm), flags(options), data, length, out))
	})
}

// Equal reports whether the other key is a *PublicKey of the same algorithm and encoding. A closed key equals none.
func (k *PublicKey) Equal(other crypto.PublicKey) bool {
	key, ok := other.(*PublicKey)
	if !ok || key.algorithm != k.algorithm {
		return false
	}
	// Each key is borrowed on its own: two locks held at once could deadlock with Close.
	encoded, err := k.Bytes()
	others, otherErr := key.Bytes()
	return err == nil && otherErr == nil && bytes.Equal(encoded, others)
}

// Encapsulate returns the 32 bytes that both sides share, and the ciphertext from which the owner of the private key
// decapsulates them, in the order of crypto/mlkem. The shared key is secret: see Wipe.
func (k *PublicKey) Encapsulate() (sharedKey, ciphertext []byte, err error) {
	var shared, sealed C.FFIBuffer
	defer C.ffi_buffer_free(&shared)
	defer C.ffi_buffer_free(&sealed)
	err = k.with(func(p *C.PqcPublicKey) C.PqcStatus { return C.pqc_encapsulate(p, &sealed, &shared) })
	return copyOf(&shared), copyOf(&sealed), err
}

// Verify returns nil if the owner of the key made the signature for this message and these options, and InvalidSignature
// if not.
//
// It is a function, as in crypto/ed25519, so that `go vet` finds calls that ignore the result, with the flag
// -unusedresult.funcs=example.com/qynauth/pqc.Verify.
func Verify(key *PublicKey, message, signature []byte, opts *Options) error {
	text, textLength := borrow(message)
	context, contextLength := opts.context()
	signed, signedLength := borrow(signature)
	return key.with(func(p *C.PqcPublicKey) C.PqcStatus {
		return C.pqc_verify(p, text, textLength, context, contextLength, signed, signedLength)
	})
}
