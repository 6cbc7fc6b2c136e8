// A peer that speaks for CIRCL.
package main

import (
	"crypto"
	"crypto/rand"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"fmt"
	"runtime/debug"

	"example.com/qynauth/interop/lines"
	"github.com/cloudflare/circl/hpke"
	"github.com/cloudflare/circl/kem"
	kems "github.com/cloudflare/circl/kem/schemes"
	"github.com/cloudflare/circl/pki"
	"github.com/cloudflare/circl/sign"
	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/cloudflare/circl/sign/mldsa/mldsa65"
	"github.com/cloudflare/circl/sign/mldsa/mldsa87"
	signers "github.com/cloudflare/circl/sign/schemes"
	"github.com/cloudflare/circl/sign/slhdsa"
	"github.com/cloudflare/circl/xof"
)

type (
	request = lines.Request
	result  = lines.Result
	bytes   = lines.Bytes
)

func absent(what string) error {
	return fmt.Errorf("%s: %w", what, lines.ErrAbsent)
}

func about(request) (result, error) {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/cloudflare/circl" {
			return result{"version": "CIRCL " + module.Version}, nil
		}
	}
	return nil, absent("build info")
}

func generate(r request) (result, error) {
	if scheme := kems.ByName(r.Set); scheme != nil {
		return generateKEM(scheme, r)
	}
	return generateSigner(signers.ByName(r.Set), r)
}

func randomSeed(size int) []byte {
	seed := make([]byte, size)
	rand.Read(seed) // never fails
	return seed
}

func generateKEM(scheme kem.Scheme, r request) (result, error) {
	seed := randomSeed(scheme.SeedSize())
	public, private := scheme.DeriveKeyPair(seed)
	encoded := bytes(seed)
	if r.Private == "expanded" {
		encoded, _ = private.MarshalBinary()
	} else if r.Private != "seed" {
		return nil, absent("package pki has signature schemes only")
	}
	if r.Public != "public key" {
		return nil, absent("package pki has signature schemes only")
	}
	key, err := public.MarshalBinary()
	return result{"private": encoded, "public": bytes(key)}, err
}

func generateSigner(scheme sign.Scheme, r request) (result, error) {
	public, private, err := scheme.GenerateKey()
	if err != nil {
		return nil, err
	}
	encoded, err := dumpSigner(private, r.Private)
	if err != nil {
		return nil, err
	}
	key, err := dumpVerifier(public, r.Public)
	return result{"private": bytes(encoded), "public": bytes(key)}, err
}

func dumpSigner(private sign.PrivateKey, form string) ([]byte, error) {
	switch form {
	case "seed":
		return private.(sign.Seeded).Seed(), nil
	case "expanded":
		return private.MarshalBinary()
	case "PKCS#8 seed, PEM":
		return pki.MarshalPEMPrivateKey(private)
	case "private JWK":
		return nil, absent("package pki has no JWK")
	}
	return pki.MarshalPKIXPrivateKey(private)
}

func dumpVerifier(public sign.PublicKey, form string) ([]byte, error) {
	switch form {
	case "SPKI":
		return pki.MarshalPKIXPublicKey(public)
	case "SPKI, PEM":
		return pki.MarshalPEMPublicKey(public)
	case "public JWK":
		return nil, absent("package pki has no JWK")
	}
	return public.MarshalBinary()
}

func loadSigner(r request) (sign.PrivateKey, error) {
	switch r.Form {
	case "seed":
		_, private := signers.ByName(r.Set).DeriveKey(r.Key)
		return private, nil
	case "expanded":
		return signers.ByName(r.Set).UnmarshalBinaryPrivateKey(r.Key)
	case "PKCS#8 seed, PEM", "PKCS#8 seed, encrypted PEM":
		return pki.UnmarshalPEMPrivateKey(r.Key)
	}
	return pki.UnmarshalPKIXPrivateKey(r.Key)
}

func loadVerifier(r request) (sign.PublicKey, error) {
	switch r.Form {
	case "SPKI", "public JWK":
		return pki.UnmarshalPKIXPublicKey(r.Key)
	case "SPKI, PEM":
		return pki.UnmarshalPEMPublicKey(r.Key)
	}
	return signers.ByName(r.Set).UnmarshalBinaryPublicKey(r.Key)
}

// loadDecapsulator hands files to package pki, which has signature schemes only and says so.
func loadDecapsulator(r request) (kem.PrivateKey, error) {
	switch r.Form {
	case "seed":
		_, private := kems.ByName(r.Set).DeriveKeyPair(r.Key)
		return private, nil
	case "expanded":
		return kems.ByName(r.Set).UnmarshalBinaryPrivateKey(r.Key)
	}
	_, err := loadSigner(r)
	return nil, err
}

func loadEncapsulator(r request) (kem.PublicKey, error) {
	if r.Form == "public key" {
		return kems.ByName(r.Set).UnmarshalBinaryPublicKey(r.Key)
	}
	_, err := loadVerifier(r)
	return nil, err
}

func encapsulate(r request) (result, error) {
	public, err := loadEncapsulator(r)
	if err != nil {
		return nil, err
	}
	var ciphertext, secret []byte
	if len(r.Randomness) > 0 {
		ciphertext, secret, err = kems.ByName(r.Set).EncapsulateDeterministically(public, r.Randomness)
	} else {
		ciphertext, secret, err = kems.ByName(r.Set).Encapsulate(public)
	}
	return result{"ciphertext": bytes(ciphertext), "secret": bytes(secret)}, err
}

func decapsulate(r request) (result, error) {
	private, err := loadDecapsulator(r)
	if err != nil {
		return nil, err
	}
	secret, err := kems.ByName(r.Set).Decapsulate(private, r.Ciphertext)
	return result{"secret": bytes(secret)}, err
}

func signMessage(r request) (result, error) {
	private, err := loadSigner(r)
	if err != nil {
		return nil, err
	}
	signature := make(bytes, private.Scheme().SignatureSize())
	switch key := private.(type) {
	case *mldsa44.PrivateKey:
		err = mldsa44.SignTo(key, r.Message, r.Context, !r.Deterministic, signature)
	case *mldsa65.PrivateKey:
		err = mldsa65.SignTo(key, r.Message, r.Context, !r.Deterministic, signature)
	case *mldsa87.PrivateKey:
		err = mldsa87.SignTo(key, r.Message, r.Context, !r.Deterministic, signature)
	case slhdsa.PrivateKey:
		message := slhdsa.NewMessage(r.Message)
		if r.Deterministic {
			signature, err = slhdsa.SignDeterministic(&key, message, r.Context)
		} else {
			signature, err = slhdsa.SignRandomized(&key, rand.Reader, message, r.Context)
		}
	}
	return result{"signature": signature}, err
}

func verify(r request) (result, error) {
	public, err := loadVerifier(r)
	if err != nil {
		return nil, err
	}
	options := &sign.SignatureOpts{Context: string(r.Context)}
	return result{"valid": public.Scheme().Verify(public, r.Message, r.Signature, options)}, nil
}

func digest(r request) (*slhdsa.Message, error) {
	var prehash *slhdsa.PreHash
	var err error
	switch r.Prehash {
	case "SHA-256":
		prehash, err = slhdsa.NewPreHashWithHash(crypto.SHA256)
	case "SHA-512":
		prehash, err = slhdsa.NewPreHashWithHash(crypto.SHA512)
	case "SHAKE128":
		prehash, err = slhdsa.NewPreHashWithXof(xof.SHAKE128)
	default:
		prehash, err = slhdsa.NewPreHashWithXof(xof.SHAKE256)
	}
	if err != nil {
		return nil, err
	}
	prehash.Write(r.Message) // never fails
	return prehash.BuildMessage()
}

func signDigest(r request) (result, error) {
	private, err := loadSigner(r)
	if err != nil {
		return nil, err
	}
	key, known := private.(slhdsa.PrivateKey)
	if !known {
		return nil, absent("packages mldsa sign messages only")
	}
	message, err := digest(r)
	if err != nil {
		return nil, err
	}
	signature, err := slhdsa.SignRandomized(&key, rand.Reader, message, r.Context)
	return result{"signature": bytes(signature)}, err
}

func verifyDigest(r request) (result, error) {
	public, err := loadVerifier(r)
	if err != nil {
		return nil, err
	}
	key, known := public.(slhdsa.PublicKey)
	if !known {
		return nil, absent("packages mldsa verify messages only")
	}
	message, err := digest(r)
	if err != nil {
		return nil, err
	}
	return result{"valid": slhdsa.Verify(&key, message, r.Signature, r.Context)}, nil
}

func suite(set string) (hpke.Suite, error) {
	if set != "X-Wing" {
		return hpke.Suite{}, absent("package hpke has X-Wing only")
	}
	return hpke.NewSuite(hpke.KEM_XWING, hpke.KDF_HKDF_SHA256, hpke.AEAD_AES128GCM), nil
}

func seal(r request) (result, error) {
	suite, err := suite(r.Set)
	if err != nil {
		return nil, err
	}
	public, err := loadEncapsulator(r)
	if err != nil {
		return nil, err
	}
	sender, err := suite.NewSender(public, r.Info)
	if err != nil {
		return nil, err
	}
	encapsulated, sealer, err := sender.Setup(rand.Reader)
	if err != nil {
		return nil, err
	}
	sealed, err := sealer.Seal(r.Message, nil)
	return result{"sealed": bytes(append(encapsulated, sealed...))}, err
}

func open(r request) (result, error) {
	suite, err := suite(r.Set)
	if err != nil {
		return nil, err
	}
	private, err := loadDecapsulator(r)
	if err != nil {
		return nil, err
	}
	receiver, err := suite.NewReceiver(private, r.Info)
	if err != nil {
		return nil, err
	}
	size := kems.ByName(r.Set).CiphertextSize()
	opener, err := receiver.Setup(r.Sealed[:size])
	if err != nil {
		return nil, err
	}
	message, err := opener.Open(r.Sealed[size:], nil)
	return result{"message": bytes(message)}, err
}

func main() {
	lines.Operations{
		"about": about, "generate": generate, "encapsulate": encapsulate, "decapsulate": decapsulate,
		"sign": signMessage, "verify": verify, "sign_digest": signDigest, "verify_digest": verifyDigest, "seal": seal, "open": open,
	}.Serve()
}
