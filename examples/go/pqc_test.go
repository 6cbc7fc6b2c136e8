package pqc

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var (
	kems       = []Algorithm{MLKEM512, MLKEM768, MLKEM1024, XWing, MLKEM768P256, MLKEM1024P384}
	composites = []Algorithm{
		MLDSA44Ed25519, MLDSA44ECDSAP256, MLDSA65ECDSAP256, MLDSA65ECDSAP384, MLDSA65Ed25519, MLDSA87ECDSAP384,
	}
	slhdsa = []Algorithm{
		SLHDSASHA2_128s, SLHDSASHA2_128f, SLHDSASHA2_192s, SLHDSASHA2_192f, SLHDSASHA2_256s, SLHDSASHA2_256f,
		SLHDSASHAKE_128s, SLHDSASHAKE_128f, SLHDSASHAKE_192s, SLHDSASHAKE_192f, SLHDSASHAKE_256s, SLHDSASHAKE_256f,
	}
	signatures = slices.Concat([]Algorithm{MLDSA44, MLDSA65, MLDSA87}, composites, slhdsa)
	all        = slices.Concat(kems, signatures)
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

func expectTrue(t *testing.T, holds bool, what string) {
	t.Helper()
	if !holds {
		t.Error(what)
	}
}

// awaitHandles collects garbage until the library has that many keys; keys that the program can still reach stay.
func awaitHandles(t *testing.T, expected uint64) {
	t.Helper()
	for range 1000 {
		if must(ReadMetrics()).LiveHandles == expected {
			return
		}
		runtime.GC()
	}
	t.Fatalf("expected %d live handles, got %d", expected, must(ReadMetrics()).LiveHandles)
}

func TestTableOfTheLibraryHasTheAlgorithms(t *testing.T) {
	for _, algorithm := range all {
		expectTrue(t, slices.Contains(Algorithms(), algorithm), algorithm.String()+" is not in the table")
		expectTrue(t, algorithm.HasSeed() != slices.Contains(composites, algorithm), algorithm.String()+": wrong seed")
		expectTrue(t, algorithm.IsKEM() == slices.Contains(kems, algorithm), algorithm.String()+": wrong kind")
	}
	expectTrue(t, len(Algorithms()) == len(all), "the table has other algorithms")
	expectTrue(t, MLKEM768.String() == "ML-KEM-768" && Algorithm(1).String() == "Algorithm(1)", "wrong names")
	expectTrue(t, !Algorithm(1).IsKEM(), "an unknown algorithm is a KEM")
}

func TestBothSidesShareAKey(t *testing.T) {
	for _, algorithm := range kems {
		alice := must(GenerateKey(algorithm))
		key := must(NewPublicKey(algorithm, must(must(alice.PublicKey()).Bytes())))
		sharedKey, ciphertext, err := key.Encapsulate()
		expect(t, nil, err)
		expectTrue(t, len(sharedKey) == 32 && len(ciphertext) > 32, "the results are not in the order of crypto/mlkem")
		expectBytes(t, sharedKey, must(alice.Decapsulate(ciphertext)))

		ciphertext[0] ^= 1
		other := must(alice.Decapsulate(ciphertext))
		expectTrue(t, len(other) == 32 && !bytes.Equal(other, sharedKey), "a tampered ciphertext has the shared key")
		_, err = alice.Decapsulate(ciphertext[1:])
		expect(t, CiphertextLength, err)
	}
}

func TestKeysComeBackFromTheirEncodings(t *testing.T) {
	for _, algorithm := range all {
		key := must(GenerateKey(algorithm))
		public := must(key.PublicKey())
		loaded := must(NewPrivateKey(algorithm, must(key.Bytes())))
		others := []*PrivateKey{loaded}
		if algorithm.HasSeed() {
			others = append(others, must(NewPrivateKeyFromSeed(algorithm, must(key.Seed()))))
		}
		for _, other := range others {
			expectTrue(t, public.Equal(other.Public()), algorithm.String()+": another public key")
			expectBytes(t, must(key.Bytes()), must(other.Bytes()))
		}
		_, err := loaded.Seed()
		contained := slices.Contains([]Algorithm{XWing, MLKEM768P256, MLKEM1024P384}, algorithm) || slices.Contains(slhdsa, algorithm)
		expect(t, map[bool]error{true: nil, false: SeedUnavailable}[contained], err)
	}
}

func TestCompositeHasNoSeedAndAPointInEachPublicKey(t *testing.T) {
	for _, algorithm := range composites {
		key := must(GenerateKey(algorithm))
		_, err := key.Seed()
		expect(t, SeedUnavailable, err)
		_, err = NewPrivateKeyFromSeed(algorithm, make([]byte, 32))
		expect(t, WrongAlgorithm, err)
		encoded := must(must(key.PublicKey()).Bytes())
		copy(encoded[len(encoded)-32:], bytes.Repeat([]byte{0xff}, 32))
		_, err = NewPublicKey(algorithm, encoded)
		expect(t, PublicKeyPoint, err)
	}
}

func TestSignatureHoldsForItsMessageAndContext(t *testing.T) {
	message, context := []byte("message"), &Options{Context: "context"}
	for _, algorithm := range signatures {
		signer := must(GenerateKey(algorithm))
		key := must(NewPublicKey(algorithm, must(must(signer.PublicKey()).Bytes())))
		signature := must(signer.Sign(nil, message, context))
		expectTrue(t, len(signature) <= algorithm.MaxSignatureSize(), algorithm.String()+": a signature is too long")
		expect(t, nil, Verify(key, message, signature, context))
		expect(t, InvalidSignature, Verify(key, []byte("massage"), signature, context))
		expect(t, InvalidSignature, Verify(key, message, signature, nil))
		expect(t, InvalidSignature, Verify(key, message, signature[1:], context))
		expect(t, InvalidSignature, Verify(must(must(GenerateKey(algorithm)).PublicKey()), message, signature, context))
		signature[9] ^= 1
		expect(t, InvalidSignature, Verify(key, message, signature, context))
		_, err := signer.Sign(nil, message, &Options{Context: strings.Repeat("c", 256)})
		expect(t, ContextLength, err)
	}
}

func TestPrivateKeyIsASignerOfTheStandardLibrary(t *testing.T) {
	var signer crypto.Signer = must(GenerateKey(MLDSA44))
	key := signer.Public().(*PublicKey)
	var none *Options
	for _, opts := range []crypto.SignerOpts{nil, crypto.Hash(0), none, &Options{}} {
		expect(t, nil, Verify(key, nil, must(signer.Sign(nil, nil, opts)), none))
	}
	_, err := signer.Sign(nil, make([]byte, 32), crypto.SHA256)
	expect(t, UnknownHash, err)
	expectTrue(t, key.Equal(signer.Public()), "two copies of a public key are not equal")
	expectTrue(t, !key.Equal(must(GenerateKey(MLDSA44)).Public()) && !key.Equal(nil), "other keys are equal")
	expect(t, nil, signer.(*PrivateKey).Close())
	expectTrue(t, signer.Public() == nil, "a closed key has a public key")
}

func TestWrongInputsHaveTheirStatus(t *testing.T) {
	_, err := GenerateKey(Algorithm(66))
	expect(t, UnknownAlgorithm, err)
	_, err = NewPrivateKeyFromSeed(MLKEM768, make([]byte, 63))
	expect(t, SeedLength, err)
	_, err = NewPrivateKey(MLKEM768, nil)
	expect(t, PrivateKeyLength, err)
	_, err = NewPrivateKeyFromSeed(MLDSA65, make([]byte, 64))
	expect(t, SeedLength, err)
	_, err = NewPublicKey(MLDSA65, make([]byte, 1))
	expect(t, PublicKeyLength, err)

	var status Status
	expectTrue(t, errors.As(err, &status) && status == PublicKeyLength, "the error is not a status")
	expectTrue(t, err.Error() == "pqc: public key has the wrong length (status 20)", err.Error())
}

func TestKeyRefusesTheOperationsOfTheOtherKind(t *testing.T) {
	kem, signer := must(GenerateKey(MLKEM512)), must(GenerateKey(MLDSA44))
	_, err := kem.Sign(nil, nil, nil)
	expect(t, WrongAlgorithm, err)
	expect(t, WrongAlgorithm, Verify(must(kem.PublicKey()), nil, nil, nil))
	_, err = signer.Decapsulate(nil)
	expect(t, WrongAlgorithm, err)
	_, _, err = must(signer.PublicKey()).Encapsulate()
	expect(t, WrongAlgorithm, err)
}

func TestOptionsReachTheKey(t *testing.T) {
	seed, wanted := make([]byte, 32), LockedMemory|NoPrecompute
	key := must(NewPrivateKeyFromSeed(MLDSA44, seed, LockedMemory, NoPrecompute))
	for _, locked := range []*PrivateKey{
		key, must(GenerateKey(MLDSA44, wanted)), must(NewPrivateKey(MLDSA44, must(key.Bytes()), wanted)),
	} {
		expectTrue(t, must(locked.Options())&wanted == wanted, "an option of a private key was dropped")
		expect(t, nil, locked.Close())
	}
	public := must(NewPublicKey(MLDSA44, must(must(GenerateKey(MLDSA44)).Public().(*PublicKey).Bytes()), wanted))
	expectTrue(t, must(public.Options())&wanted == wanted, "an option of a public key was dropped")
}

func TestCloseFreesAKeyOnce(t *testing.T) {
	key := must(GenerateKey(MLDSA44))
	public := must(key.PublicKey())
	signature := must(key.Sign(nil, nil, nil))
	expect(t, nil, key.Close())
	expect(t, nil, key.Close())
	_, err := key.Sign(nil, nil, nil)
	expect(t, ErrClosed, err)
	_, err = key.PublicKey()
	expect(t, ErrClosed, err)
	expect(t, nil, Verify(public, nil, signature, nil))
}

func TestKeyServesManyGoroutinesUntilItIsClosed(t *testing.T) {
	key := must(GenerateKey(MLKEM768))
	sharedKey, ciphertext, err := must(key.PublicKey()).Encapsulate()
	expect(t, nil, err)
	var started, ended sync.WaitGroup
	for range 8 {
		started.Add(1)
		ended.Add(1)
		go func() {
			defer ended.Done()
			expectBytes(t, sharedKey, must(key.Decapsulate(ciphertext)))
			started.Done()
			for {
				found, err := key.Decapsulate(ciphertext)
				if errors.Is(err, ErrClosed) {
					return
				}
				expectBytes(t, sharedKey, found)
			}
		}()
	}
	started.Wait()
	expect(t, nil, key.Close())
	ended.Wait()
}

func TestCollectorFreesWhatNobodyClosed(t *testing.T) {
	for range 50 {
		must(must(GenerateKey(MLKEM512)).PublicKey())
	}
	awaitHandles(t, 0)
}

// during calls a function while a key is in use. S is the status of cgo, which a test cannot name.
func during[P comparable, S ~uint32](with func(func(P) S) error, call func()) error {
	return with(func(P) (ok S) { call(); return ok })
}

func TestCollectorLeavesAKeyInUse(t *testing.T) {
	awaitHandles(t, 0)
	err := during(must(GenerateKey(MLKEM512)).with, func() {
		must(GenerateKey(MLKEM512)) // unreachable at once: when it is freed, the collector has seen both keys
		awaitHandles(t, 1)
		for range 10 {
			runtime.GC()
		}
		awaitHandles(t, 1)
	})
	expect(t, nil, err)
	awaitHandles(t, 0)
}

func TestTextOfAKeyHoldsNoSecret(t *testing.T) {
	key := must(GenerateKey(MLDSA87))
	seed := must(key.Seed())
	text := fmt.Sprintf("%v %+v %#v %s", key, *key, key, key)
	if !strings.HasPrefix(text, "ML-DSA-87 private key ") || strings.Contains(text, hex.EncodeToString(seed[:4])) {
		t.Errorf("unexpected text: %s", text)
	}
	Wipe(seed)
	expectBytes(t, make([]byte, 32), seed)
}

func TestMetricsCountWhatWasDone(t *testing.T) {
	before := must(ReadMetrics())
	key := must(GenerateKey(MLKEM512))
	_, ciphertext, err := must(key.PublicKey()).Encapsulate()
	expect(t, nil, err)
	for range 3 {
		must(key.Decapsulate(ciphertext))
	}
	after := must(ReadMetrics())
	for action, expected := range map[string]uint64{"generate": 1, "encapsulate": 1, "decapsulate": 3} {
		if actual := after.Calls(action) - before.Calls(action); actual != expected {
			t.Errorf("%s: expected %d calls, got %d", action, expected, actual)
		}
	}
	if after.LiveBuffers != 0 || after.BytesWiped <= before.BytesWiped {
		t.Errorf("%d buffers are alive, %d bytes were wiped", after.LiveBuffers, after.BytesWiped-before.BytesWiped)
	}
}

func TestGoCommandFindsMisuse(t *testing.T) {
	for arguments, expected := range map[string]string{
		"vet -unusedresult -unusedresult.funcs=example.com/qynauth/pqc.Verify ./testdata/ignored": "Verify call not used",
		"run ./testdata/otherabi": "loaded a library of ABI 99",
	} {
		output, err := exec.Command("go", strings.Fields(arguments)...).CombinedOutput()
		if err == nil || !strings.Contains(string(output), expected) {
			t.Errorf("go %s: %v\n%s", arguments, err, output)
		}
	}
}
