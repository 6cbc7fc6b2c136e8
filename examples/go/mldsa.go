package pqc

// #include <pqc_ffi.h>
import "C"

import "fmt"

// DSASet is a parameter set of ML-DSA.
type DSASet uint32

// The parameter sets of ML-DSA.
const (
	MLDSA44 DSASet = 44
	MLDSA65 DSASet = 65
	MLDSA87 DSASet = 87
)

func (s DSASet) String() string { return fmt.Sprintf("ML-DSA-%d", uint32(s)) }

// DSAKeyPair is a private key with its public key.
type DSAKeyPair struct {
	*handle[*C.MlDsaKeyPair]
	set DSASet
}

func newDSAKeyPair(set DSASet, create func(**C.MlDsaKeyPair) error) (*DSAKeyPair, error) {
	h, err := newHandle(func(p *C.MlDsaKeyPair) { C.mldsa_keypair_free(p) }, create)
	if err != nil {
		return nil, err
	}
	return &DSAKeyPair{h, set}, nil
}

// GenerateDSA makes a key pair from the system's randomness.
func GenerateDSA(set DSASet) (*DSAKeyPair, error) {
	return newDSAKeyPair(set, func(out **C.MlDsaKeyPair) error {
		return check(C.mldsa_keypair_generate(C.uint32_t(set), 0, out))
	})
}

// DSAFromSeed makes the key pair of a seed of 32 bytes.
func DSAFromSeed(set DSASet, seed []byte) (*DSAKeyPair, error) {
	data, length := borrow(seed)
	return newDSAKeyPair(set, func(out **C.MlDsaKeyPair) error {
		return check(C.mldsa_keypair_from_seed(C.uint32_t(set), 0, data, length, out))
	})
}

// DSAFromPrivateKey loads an expanded private key, which has no seed.
func DSAFromPrivateKey(set DSASet, key []byte) (*DSAKeyPair, error) {
	data, length := borrow(key)
	return newDSAKeyPair(set, func(out **C.MlDsaKeyPair) error {
		return check(C.mldsa_keypair_from_private_key(C.uint32_t(set), 0, data, length, out))
	})
}

// String names the algorithm and nothing else.
func (k *DSAKeyPair) String() string { return k.set.String() + " key pair" }

// PublicKey returns the public key, which lives on its own.
func (k *DSAKeyPair) PublicKey() (*DSAPublicKey, error) {
	return newDSAPublicKey(k.set, func(out **C.MlDsaPublicKey) error {
		return k.with(func(p *C.MlDsaKeyPair) C.PqcStatus { return C.mldsa_keypair_public_key(p, out) })
	})
}

// Seed returns the 32 bytes that the pair was made from, or SeedUnavailable. They are secret: see Wipe.
func (k *DSAKeyPair) Seed() ([]byte, error) {
	return k.bytes(func(p *C.MlDsaKeyPair, out *C.FFIBuffer) C.PqcStatus { return C.mldsa_keypair_seed_bytes(p, out) })
}

// PrivateKey returns the expanded private key. It is secret: see Wipe.
func (k *DSAKeyPair) PrivateKey() ([]byte, error) {
	return k.bytes(func(p *C.MlDsaKeyPair, out *C.FFIBuffer) C.PqcStatus {
		return C.mldsa_keypair_private_key_bytes(p, out)
	})
}

// Sign returns a signature of a message for a context of at most 255 bytes, which may be nil.
func (k *DSAKeyPair) Sign(message, context []byte) ([]byte, error) {
	text, textLength := borrow(message)
	about, aboutLength := borrow(context)
	return k.bytes(func(p *C.MlDsaKeyPair, out *C.FFIBuffer) C.PqcStatus {
		return C.mldsa_sign(p, text, textLength, about, aboutLength, 0, out)
	})
}

// DSAPublicKey verifies signatures.
type DSAPublicKey struct {
	*handle[*C.MlDsaPublicKey]
	set DSASet
}

func newDSAPublicKey(set DSASet, create func(**C.MlDsaPublicKey) error) (*DSAPublicKey, error) {
	h, err := newHandle(func(p *C.MlDsaPublicKey) { C.mldsa_public_key_free(p) }, create)
	if err != nil {
		return nil, err
	}
	return &DSAPublicKey{h, set}, nil
}

// DSAPublicKeyFromBytes loads a public key.
func DSAPublicKeyFromBytes(set DSASet, key []byte) (*DSAPublicKey, error) {
	data, length := borrow(key)
	return newDSAPublicKey(set, func(out **C.MlDsaPublicKey) error {
		return check(C.mldsa_public_key_from_bytes(C.uint32_t(set), 0, data, length, out))
	})
}

// String names the algorithm and nothing else.
func (k *DSAPublicKey) String() string { return k.set.String() + " public key" }

// Bytes returns the encoded key.
func (k *DSAPublicKey) Bytes() ([]byte, error) {
	return k.bytes(func(p *C.MlDsaPublicKey, out *C.FFIBuffer) C.PqcStatus { return C.mldsa_public_key_bytes(p, out) })
}

// Verify returns nil if the signature was made for this message and context by the owner of the key, and
// InvalidSignature if not.
func (k *DSAPublicKey) Verify(message, context, signature []byte) error {
	text, textLength := borrow(message)
	about, aboutLength := borrow(context)
	signed, signedLength := borrow(signature)
	return k.with(func(p *C.MlDsaPublicKey) C.PqcStatus {
		return C.mldsa_verify(p, text, textLength, about, aboutLength, signed, signedLength)
	})
}
