package pqc

// #include <pqc_ffi.h>
import "C"

import (
	"crypto"
	"io"
)

// PrivateKey is a private key of any algorithm, with its public key. An operation that the algorithm does not have
// returns WrongAlgorithm. A key of a signature algorithm is a crypto.Signer.
type PrivateKey struct{ *handle[*C.PqcPrivateKey] }

var privateKeys = functions[*C.PqcPrivateKey]{
	name:    "private key",
	bytes:   func(p *C.PqcPrivateKey, out *C.FFIBuffer) C.PqcStatus { return C.pqc_private_key_bytes(p, out) },
	options: func(p *C.PqcPrivateKey, out *C.uint32_t) C.PqcStatus { return C.pqc_private_key_options(p, out) },
	free:    func(p *C.PqcPrivateKey) { C.pqc_private_key_free(p) },
}

func newPrivateKey(algorithm Algorithm, create func(**C.PqcPrivateKey) error) (*PrivateKey, error) {
	h, err := newHandle(&privateKeys, algorithm, create)
	if err != nil {
		return nil, err
	}
	return &PrivateKey{h}, nil
}

// GenerateKey makes a private key from the system's randomness.
func GenerateKey(algorithm Algorithm, options ...KeyOption) (*PrivateKey, error) {
	return newPrivateKey(algorithm, func(out **C.PqcPrivateKey) error {
		return check(C.pqc_private_key_generate(C.uint32_t(algorithm), flags(options), out))
	})
}

// NewPrivateKeyFromSeed derives a private key from its seed: 64 bytes for ML-KEM, 32 for ML-DSA and X-Wing, and 48, 72 or
// 96 for SLH-DSA of 128, 192 or 256 bits. A composite has no seed: WrongAlgorithm.
func NewPrivateKeyFromSeed(algorithm Algorithm, seed []byte, options ...KeyOption) (*PrivateKey, error) {
	data, length := borrow(seed)
	return newPrivateKey(algorithm, func(out **C.PqcPrivateKey) error {
		return check(C.pqc_private_key_from_seed(C.uint32_t(algorithm), flags(options), data, length, out))
	})
}

// NewPrivateKey loads the encoding of the algorithm's standard. For ML-KEM and ML-DSA it is the expanded key, which does
// not contain the seed; X-Wing's and SLH-DSA's contain it; for a composite it is both halves.
func NewPrivateKey(algorithm Algorithm, encoded []byte, options ...KeyOption) (*PrivateKey, error) {
	data, length := borrow(encoded)
	return newPrivateKey(algorithm, func(out **C.PqcPrivateKey) error {
		return check(C.pqc_private_key_from_bytes(C.uint32_t(algorithm), flags(options), data, length, out))
	})
}

// PublicKey returns the public key, which stays usable after the private key is closed.
func (k *PrivateKey) PublicKey() (*PublicKey, error) {
	return newPublicKey(k.algorithm, func(out **C.PqcPublicKey) error {
		return k.with(func(p *C.PqcPrivateKey) C.PqcStatus { return C.pqc_private_key_public_key(p, out) })
	})
}

// Seed returns the bytes that the key was derived from, or SeedUnavailable. They are secret: see Wipe.
func (k *PrivateKey) Seed() ([]byte, error) {
	return k.fill(func(p *C.PqcPrivateKey, out *C.FFIBuffer) C.PqcStatus { return C.pqc_private_key_seed(p, out) })
}

// Decapsulate returns the 32 bytes that both sides share. They are secret: see Wipe. A ciphertext that was not made for
// this key is not an error: the result is another, unpredictable shared key. For a hybrid with P-256 or P-384 it is
// CiphertextPoint if its point is not on the curve.
func (k *PrivateKey) Decapsulate(ciphertext []byte) (sharedKey []byte, err error) {
	data, length := borrow(ciphertext)
	return k.fill(func(p *C.PqcPrivateKey, out *C.FFIBuffer) C.PqcStatus {
		return C.pqc_decapsulate(p, data, length, out)
	})
}

// Options are the options of a signature. A nil *Options stands for the empty context.
type Options struct {
	// Context is at most 255 bytes that the signature is bound to.
	Context string
}

// HashFunc returns 0: the algorithms sign messages, not digests.
func (*Options) HashFunc() crypto.Hash { return 0 }

func (o *Options) context() (*C.uint8_t, C.size_t) {
	if o == nil {
		return nil, 0
	}
	return borrow([]byte(o.Context))
}

// Public returns the *PublicKey, nil if the key is closed or memory is short. It and Sign make up a crypto.Signer.
func (k *PrivateKey) Public() crypto.PublicKey {
	if key, err := k.PublicKey(); err == nil {
		return key
	}
	return nil
}

// Sign returns a hedged signature of the message itself. The randomness is the system's: the reader is not used. opts may
// be nil, an *Options, or any other with HashFunc 0.
func (k *PrivateKey) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts != nil && opts.HashFunc() != 0 {
		return nil, UnknownHash
	}
	options, _ := opts.(*Options)
	text, textLength := borrow(message)
	context, contextLength := options.context()
	return k.fill(func(p *C.PqcPrivateKey, out *C.FFIBuffer) C.PqcStatus {
		return C.pqc_sign(p, text, textLength, context, contextLength, 0, out)
	})
}
