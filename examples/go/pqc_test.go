package pqc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	kemSets = []KEMSet{MLKEM512, MLKEM768, MLKEM1024}
	dsaSets = []DSASet{MLDSA44, MLDSA65, MLDSA87}
)

// must returns the value of a call that has to succeed.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func expect(t *testing.T, expected, actual error) {
	t.Helper()
	if !errors.Is(actual, expected) {
		t.Errorf("expected %v, got %v", expected, actual)
	}
}

func expectBytes(t *testing.T, expected, actual []byte) {
	t.Helper()
	if !bytes.Equal(expected, actual) {
		t.Errorf("expected the same %d bytes, got other %d bytes", len(expected), len(actual))
	}
}

func TestBothSidesShareASecret(t *testing.T) {
	for _, set := range kemSets {
		alice := must(GenerateKEM(set))
		key := must(KEMPublicKeyFromBytes(set, must(must(alice.PublicKey()).Bytes())))
		ciphertext, bobs, err := key.Encapsulate()
		expect(t, nil, err)
		expectBytes(t, bobs, must(alice.Decapsulate(ciphertext)))

		ciphertext[0] ^= 1
		if other := must(alice.Decapsulate(ciphertext)); len(other) != 32 || bytes.Equal(other, bobs) {
			t.Errorf("%v: a tampered ciphertext gave the secret", set)
		}
		_, err = alice.Decapsulate(ciphertext[1:])
		expect(t, CiphertextLength, err)
	}
}

func TestKEMKeysComeBack(t *testing.T) {
	for _, set := range kemSets {
		pair := must(GenerateKEM(set))
		encoded := must(must(pair.PublicKey()).Bytes())
		seeded := must(KEMFromSeed(set, must(pair.Seed())))
		expanded := must(KEMFromPrivateKey(set, must(pair.PrivateKey())))
		expectBytes(t, encoded, must(must(seeded.PublicKey()).Bytes()))
		expectBytes(t, encoded, must(must(expanded.PublicKey()).Bytes()))
		expectBytes(t, must(pair.PrivateKey()), must(expanded.PrivateKey()))
		_, err := expanded.Seed()
		expect(t, SeedUnavailable, err)
	}
}

func TestSignatureHoldsForItsMessageAndContext(t *testing.T) {
	message, context := []byte("message"), []byte("context")
	for _, set := range dsaSets {
		signer := must(GenerateDSA(set))
		key := must(DSAPublicKeyFromBytes(set, must(must(signer.PublicKey()).Bytes())))
		signature := must(signer.Sign(message, context))
		expect(t, nil, key.Verify(message, context, signature))
		expect(t, nil, key.Verify(nil, nil, must(signer.Sign(nil, nil))))
		expect(t, InvalidSignature, key.Verify([]byte("massage"), context, signature))
		expect(t, InvalidSignature, key.Verify(message, nil, signature))
		expect(t, InvalidSignature, key.Verify(message, context, signature[1:]))
		signature[9] ^= 1
		expect(t, InvalidSignature, key.Verify(message, context, signature))
		_, err := signer.Sign(message, make([]byte, 256))
		expect(t, ContextLength, err)
	}
}

func TestDSAKeysComeBack(t *testing.T) {
	for _, set := range dsaSets {
		pair := must(GenerateDSA(set))
		encoded := must(must(pair.PublicKey()).Bytes())
		seeded := must(DSAFromSeed(set, must(pair.Seed())))
		expanded := must(DSAFromPrivateKey(set, must(pair.PrivateKey())))
		expectBytes(t, encoded, must(must(seeded.PublicKey()).Bytes()))
		expectBytes(t, encoded, must(must(expanded.PublicKey()).Bytes()))
		expectBytes(t, must(pair.PrivateKey()), must(expanded.PrivateKey()))
		_, err := expanded.Seed()
		expect(t, SeedUnavailable, err)
	}
}

func TestWrongInputsHaveTheirStatus(t *testing.T) {
	_, err := GenerateKEM(KEMSet(65))
	expect(t, UnknownParameterSet, err)
	_, err = KEMFromSeed(MLKEM768, make([]byte, 63))
	expect(t, SeedLength, err)
	_, err = KEMFromPrivateKey(MLKEM768, nil)
	expect(t, PrivateKeyLength, err)
	_, err = DSAFromSeed(MLDSA65, make([]byte, 64))
	expect(t, SeedLength, err)
	_, err = DSAPublicKeyFromBytes(MLDSA65, make([]byte, 1))
	expect(t, PublicKeyLength, err)

	var status Status
	if !errors.As(err, &status) || status != 20 || err.Error() != "pqc: public key has the wrong length (status 20)" {
		t.Errorf("unexpected error: %v", err)
	}
}

func TestCloseEndsAKeyOnce(t *testing.T) {
	pair := must(GenerateDSA(MLDSA44))
	key := must(pair.PublicKey())
	signature := must(pair.Sign(nil, nil))
	expect(t, nil, pair.Close())
	expect(t, nil, pair.Close())
	_, err := pair.Sign(nil, nil)
	expect(t, ErrClosed, err)
	_, err = pair.PublicKey()
	expect(t, ErrClosed, err)
	expect(t, nil, key.Verify(nil, nil, signature))
}

func TestKeyServesManyGoroutinesUntilItIsClosed(t *testing.T) {
	pair := must(GenerateKEM(MLKEM768))
	ciphertext, secret, err := must(pair.PublicKey()).Encapsulate()
	expect(t, nil, err)
	var started, ended sync.WaitGroup
	for range 8 {
		started.Add(1)
		ended.Add(1)
		go func() {
			defer ended.Done()
			expectBytes(t, secret, must(pair.Decapsulate(ciphertext)))
			started.Done()
			for {
				found, err := pair.Decapsulate(ciphertext)
				if errors.Is(err, ErrClosed) {
					return
				}
				expectBytes(t, secret, found)
			}
		}()
	}
	started.Wait()
	expect(t, nil, pair.Close())
	ended.Wait()
}

func TestCollectorEndsWhatNobodyClosed(t *testing.T) {
	runtime.GC()
	for range 50 {
		must(must(GenerateKEM(MLKEM512)).PublicKey())
	}
	before := must(ReadMetrics()).LiveHandles
	deadline := time.Now().Add(10 * time.Minute)
	for must(ReadMetrics()).LiveHandles+100 > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d handles are still alive", must(ReadMetrics()).LiveHandles, before)
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func TestTextOfAKeyHoldsNoSecret(t *testing.T) {
	pair := must(GenerateDSA(MLDSA87))
	seed := must(pair.Seed())
	text := fmt.Sprintf("%v %+v %#v %s", pair, *pair, pair, pair)
	if !strings.HasPrefix(text, "ML-DSA-87 key pair ") || strings.Contains(text, hex.EncodeToString(seed[:4])) {
		t.Errorf("unexpected text: %s", text)
	}
	Wipe(seed)
	expectBytes(t, make([]byte, 32), seed)
}

func TestMetricsCountWhatWasDone(t *testing.T) {
	before := must(ReadMetrics())
	pair := must(GenerateKEM(MLKEM512))
	ciphertext, _, err := must(pair.PublicKey()).Encapsulate()
	expect(t, nil, err)
	for range 3 {
		must(pair.Decapsulate(ciphertext))
	}
	after := must(ReadMetrics())
	for operation, expected := range map[string]uint64{"mlkem_keygen": 1, "mlkem_encapsulate": 1, "mlkem_decapsulate": 3} {
		if actual := after.Calls(operation) - before.Calls(operation); actual != expected {
			t.Errorf("%s: expected %d calls, got %d", operation, expected, actual)
		}
	}
	if after.LiveBuffers != 0 || after.BytesWiped <= before.BytesWiped {
		t.Errorf("%d buffers are alive, %d bytes were wiped", after.LiveBuffers, after.BytesWiped-before.BytesWiped)
	}
}
