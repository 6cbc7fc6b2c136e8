package pqc

// #include <pqc_ffi.h>
import "C"

import "fmt"

// KEMSet is a parameter set of ML-KEM.
type KEMSet uint32

// The parameter sets of ML-KEM.
const (
	MLKEM512  KEMSet = 512
	MLKEM768  KEMSet = 768
	MLKEM1024 KEMSet = 1024
)

func (s KEMSet) String() string { return fmt.Sprintf("ML-KEM-%d", uint32(s)) }

// KEMKeyPair is a decapsulation key with its encapsulation key.
type KEMKeyPair struct {
	*handle[*C.MlKemKeyPair]
	set KEMSet
}

func newKEMKeyPair(set KEMSet, create func(**C.MlKemKeyPair) error) (*KEMKeyPair, error) {
	h, err := newHandle(func(p *C.MlKemKeyPair) { C.mlkem_keypair_free(p) }, create)
	if err != nil {
		return nil, err
	}
	return &KEMKeyPair{h, set}, nil
}

// GenerateKEM makes a key pair from the system's randomness.
func GenerateKEM(set KEMSet) (*KEMKeyPair, error) {
	return newKEMKeyPair(set, func(out **C.MlKemKeyPair) error {
		return check(C.mlkem_keypair_generate(C.uint32_t(set), 0, out))
	})
}

// KEMFromSeed makes the key pair of a seed of 64 bytes.
func KEMFromSeed(set KEMSet, seed []byte) (*KEMKeyPair, error) {
	data, length := borrow(seed)
	return newKEMKeyPair(set, func(out **C.MlKemKeyPair) error {
		return check(C.mlkem_keypair_from_seed(C.uint32_t(set), 0, data, length, out))
	})
}

// KEMFromPrivateKey loads an expanded decapsulation key, which has no seed.
func KEMFromPrivateKey(set KEMSet, key []byte) (*KEMKeyPair, error) {
	data, length := borrow(key)
	return newKEMKeyPair(set, func(out **C.MlKemKeyPair) error {
		return check(C.mlkem_keypair_from_private_key(C.uint32_t(set), 0, data, length, out))
	})
}

// String names the algorithm and nothing else.
func (k *KEMKeyPair) String() string { return k.set.String() + " key pair" }

// PublicKey returns the encapsulation key, which lives on its own.
func (k *KEMKeyPair) PublicKey() (*KEMPublicKey, error) {
	return newKEMPublicKey(k.set, func(out **C.MlKemPublicKey) error {
		return k.with(func(p *C.MlKemKeyPair) C.PqcStatus { return C.mlkem_keypair_public_key(p, out) })
	})
}

// Seed returns the 64 bytes that the pair was made from, or SeedUnavailable. They are secret: see Wipe.
func (k *KEMKeyPair) Seed() ([]byte, error) {
	return k.bytes(func(p *C.MlKemKeyPair, out *C.FFIBuffer) C.PqcStatus { return C.mlkem_keypair_seed_bytes(p, out) })
}

// PrivateKey returns the expanded decapsulation key. It is secret: see Wipe.
func (k *KEMKeyPair) PrivateKey() ([]byte, error) {
	return k.bytes(func(p *C.MlKemKeyPair, out *C.FFIBuffer) C.PqcStatus {
		return C.mlkem_keypair_private_key_bytes(p, out)
	})
}

// Decapsulate returns the 32 bytes that both sides share. They are secret: see Wipe. A ciphertext that was not made for
// this key is no error: it gives another, unpredictable secret.
func (k *KEMKeyPair) Decapsulate(ciphertext []byte) ([]byte, error) {
	data, length := borrow(ciphertext)
	return k.bytes(func(p *C.MlKemKeyPair, out *C.FFIBuffer) C.PqcStatus {
		return C.mlkem_decapsulate(p, data, length, out)
	})
}

// KEMPublicKey is an encapsulation key.
type KEMPublicKey struct {
	*handle[*C.MlKemPublicKey]
	set KEMSet
}

func newKEMPublicKey(set KEMSet, create func(**C.MlKemPublicKey) error) (*KEMPublicKey, error) {
	h, err := newHandle(func(p *C.MlKemPublicKey) { C.mlkem_public_key_free(p) }, create)
	if err != nil {
		return nil, err
	}
	return &KEMPublicKey{h, set}, nil
}

// KEMPublicKeyFromBytes loads an encapsulation key and checks its modulus.
func KEMPublicKeyFromBytes(set KEMSet, key []byte) (*KEMPublicKey, error) {
	data, length := borrow(key)
	return newKEMPublicKey(set, func(out **C.MlKemPublicKey) error {
		return check(C.mlkem_public_key_from_bytes(C.uint32_t(set), 0, data, length, out))
	})
}

// String names the algorithm and nothing else.
func (k *KEMPublicKey) String() string { return k.set.String() + " public key" }

// Bytes returns the encoded key.
func (k *KEMPublicKey) Bytes() ([]byte, error) {
	return k.bytes(func(p *C.MlKemPublicKey, out *C.FFIBuffer) C.PqcStatus { return C.mlkem_public_key_bytes(p, out) })
}

// Encapsulate returns a ciphertext for the owner of the key and the 32 bytes that both sides share. Those are secret:
// see Wipe.
func (k *KEMPublicKey) Encapsulate() (ciphertext, secret []byte, err error) {
	var sealed, shared C.FFIBuffer
	defer C.ffi_buffer_free(&sealed)
	defer C.ffi_buffer_free(&shared)
	err = k.with(func(p *C.MlKemPublicKey) C.PqcStatus { return C.mlkem_encapsulate(p, &sealed, &shared) })
	if err != nil {
		return nil, nil, err
	}
	return copyOf(&sealed), copyOf(&shared), nil
}
