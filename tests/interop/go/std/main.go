// A peer that speaks for Go's standard library: crypto/mlkem, crypto/x509 and crypto/hpke.
package main

import (
	"crypto/hpke"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"example.com/qynauth/interop/lines"
)

type (
	request = lines.Request
	result  = lines.Result
	bytes   = lines.Bytes
)

// A privateKey is one of the two of crypto/mlkem.
type privateKey interface {
	Bytes() []byte
	Decapsulate(ciphertext []byte) ([]byte, error)
}

type publicKey interface {
	Bytes() []byte
	Encapsulate() (secret, ciphertext []byte)
}

// missing has the go command look for a package or a symbol of the standard library, and answers with its words.
func missing(path, symbol string) error {
	command := exec.Command("go", "list", path)
	if symbol != "" {
		command = exec.Command("go", "doc", path, symbol)
	}
	words, err := command.CombinedOutput()
	if err == nil {
		return fmt.Errorf("%s %s is there after all", path, symbol)
	}
	return fmt.Errorf("%s: %w", strings.TrimSpace(string(words)), lines.ErrAbsent)
}

func about(request) (result, error) {
	return result{"version": "Go " + strings.TrimPrefix(runtime.Version(), "go")}, nil
}

func number(set string) string {
	return strings.TrimPrefix(set, "ML-KEM-")
}

// fromFile hands a file to crypto/x509, which has no ML-KEM and says so.
func fromFile(form string, key []byte) error {
	if strings.Contains(form, "PEM") {
		block, _ := pem.Decode(key)
		key = block.Bytes
	}
	if strings.HasPrefix(form, "SPKI") {
		_, err := x509.ParsePKIXPublicKey(key)
		return err
	}
	_, err := x509.ParsePKCS8PrivateKey(key)
	return err
}

func loadPrivate(set, form string, key []byte) (privateKey, error) {
	if set == "X-Wing" {
		return nil, missing("crypto/hpke", "PrivateKey.Decapsulate")
	}
	if form == "expanded" {
		return nil, missing("crypto/mlkem", "NewExpandedDecapsulationKey"+number(set))
	}
	if form != "seed" {
		return nil, fromFile(form, key)
	}
	switch set {
	case "ML-KEM-768":
		return mlkem.NewDecapsulationKey768(key)
	case "ML-KEM-1024":
		return mlkem.NewDecapsulationKey1024(key)
	}
	return nil, missing("crypto/mlkem", "NewDecapsulationKey"+number(set))
}

func loadPublic(set, form string, key []byte) (publicKey, error) {
	if set == "X-Wing" {
		return nil, missing("crypto/hpke", "PublicKey.Encapsulate")
	}
	if form != "public key" {
		return nil, fromFile(form, key)
	}
	switch set {
	case "ML-KEM-768":
		return mlkem.NewEncapsulationKey768(key)
	case "ML-KEM-1024":
		return mlkem.NewEncapsulationKey1024(key)
	}
	return nil, missing("crypto/mlkem", "NewEncapsulationKey"+number(set))
}

func generate(r request) (result, error) {
	if strings.HasPrefix(r.Set, "ML-DSA") {
		return nil, missing("crypto/mldsa", "")
	}
	if kem := kemOf(r.Set); r.Set == "X-Wing" {
		private, err := kem.GenerateKey()
		if err != nil {
			return nil, err
		}
		seed, err := private.Bytes()
		return result{"private": bytes(seed), "public": bytes(private.PublicKey().Bytes())}, err
	}
	var private privateKey
	var public publicKey
	switch r.Set {
	case "ML-KEM-768":
		key, err := mlkem.GenerateKey768()
		if err != nil {
			return nil, err
		}
		private, public = key, key.EncapsulationKey()
	case "ML-KEM-1024":
		key, err := mlkem.GenerateKey1024()
		if err != nil {
			return nil, err
		}
		private, public = key, key.EncapsulationKey()
	default:
		return nil, missing("crypto/mlkem", "GenerateKey"+number(r.Set))
	}
	return write(r, private, public)
}

// write hands the keys to crypto/x509 for files, which has no ML-KEM and says so.
func write(r request, private privateKey, public publicKey) (result, error) {
	if strings.HasPrefix(r.Private, "PKCS#8") {
		_, err := x509.MarshalPKCS8PrivateKey(private)
		return nil, err
	}
	if strings.HasPrefix(r.Public, "SPKI") {
		_, err := x509.MarshalPKIXPublicKey(public)
		return nil, err
	}
	if r.Private == "expanded" {
		return nil, missing("crypto/mlkem", "DecapsulationKey"+number(r.Set)+".ExpandedBytes")
	}
	return result{"private": bytes(private.Bytes()), "public": bytes(public.Bytes())}, nil
}

func encapsulate(r request) (result, error) {
	public, err := loadPublic(r.Set, r.Form, r.Key)
	if err != nil {
		return nil, err
	}
	var ciphertext, secret []byte
	if len(r.Randomness) == 0 {
		secret, ciphertext = public.Encapsulate()
	} else if key, is768 := public.(*mlkem.EncapsulationKey768); is768 {
		secret, ciphertext, err = mlkemtest.Encapsulate768(key, r.Randomness)
	} else {
		secret, ciphertext, err = mlkemtest.Encapsulate1024(public.(*mlkem.EncapsulationKey1024), r.Randomness)
	}
	return result{"ciphertext": bytes(ciphertext), "secret": bytes(secret)}, err
}

func decapsulate(r request) (result, error) {
	private, err := loadPrivate(r.Set, r.Form, r.Key)
	if err != nil {
		return nil, err
	}
	secret, err := private.Decapsulate(r.Ciphertext)
	return result{"secret": bytes(secret)}, err
}

func signatures(request) (result, error) {
	return nil, missing("crypto/mldsa", "")
}

// kemOf returns the KEM of HPKE with the name of a set, or nil.
func kemOf(set string) hpke.KEM {
	return map[string]hpke.KEM{
		"ML-KEM-768": hpke.MLKEM768(), "ML-KEM-1024": hpke.MLKEM1024(), "X-Wing": hpke.MLKEM768X25519(),
	}[set]
}

func seal(r request) (result, error) {
	kem := kemOf(r.Set)
	if kem == nil {
		return nil, missing("crypto/hpke", "MLKEM"+number(r.Set))
	}
	public, err := kem.NewPublicKey(r.Key)
	if err != nil {
		return nil, err
	}
	sealed, err := hpke.Seal(public, hpke.HKDFSHA256(), hpke.AES128GCM(), r.Info, r.Message)
	return result{"sealed": bytes(sealed)}, err
}

func open(r request) (result, error) {
	kem := kemOf(r.Set)
	if kem == nil {
		return nil, missing("crypto/hpke", "MLKEM"+number(r.Set))
	}
	private, err := kem.NewPrivateKey(r.Key)
	if err != nil {
		return nil, err
	}
	message, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.AES128GCM(), r.Info, r.Sealed)
	return result{"message": bytes(message)}, err
}

func main() {
	lines.Operations{
		"about": about, "generate": generate, "encapsulate": encapsulate, "decapsulate": decapsulate,
		"sign": signatures, "verify": signatures, "sign_digest": signatures, "verify_digest": signatures,
		"seal": seal, "open": open,
	}.Serve()
}
