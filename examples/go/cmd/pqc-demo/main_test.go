package main

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"example.com/qynauth/pqc"
)

// prepare enters an empty folder in which new files are open to everybody, and writes a seed for each kind and a message.
func prepare(t *testing.T) {
	t.Chdir(t.TempDir())
	mask := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(mask) })
	for name, size := range map[string]int{"kem.seed": 64, "signer.seed": 32, "message": 10} {
		if err := os.WriteFile(name, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func expect(t *testing.T, expected error, arguments string) {
	t.Helper()
	if err := run(strings.Fields(arguments)); !errors.Is(err, expected) {
		t.Errorf("%s: expected %v, got %v", arguments, expected, err)
	}
}

func TestCommandsShareASecretInPrivateFiles(t *testing.T) {
	prepare(t)
	expect(t, nil, "public 768 kem.seed public")
	if err := os.WriteFile("received", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, nil, "encapsulate 768 public ciphertext sent")
	expect(t, nil, "decapsulate 768 kem.seed ciphertext received")
	for _, name := range []string{"sent", "received"} {
		if about, err := os.Stat(name); err != nil || about.Mode() != 0o600 || about.Size() != 32 {
			t.Errorf("%s: %v %v", name, about, err)
		}
	}
	sent, _ := os.ReadFile("sent")
	if received, _ := os.ReadFile("received"); string(received) != string(sent) {
		t.Error("the secrets differ")
	}
}

func TestVerifyReturnsInvalidSignature(t *testing.T) {
	prepare(t)
	expect(t, nil, "public 65 signer.seed public")
	expect(t, nil, "sign --locked 65 signer.seed message context signature")
	expect(t, nil, "verify 65 public message context signature")
	expect(t, pqc.InvalidSignature, "verify 65 public message another signature")
	expect(t, pqc.WrongAlgorithm, "sign 768 kem.seed message context signature")
}

func TestLockedKeysAreInLockedMemory(t *testing.T) {
	for arguments, expected := range map[string]pqc.KeyOption{"sign --locked 65": pqc.LockedMemory, "sign 65": 0} {
		r, err := parse(strings.Fields(arguments + " seed message context signature"))
		if err != nil {
			t.Fatal(err)
		}
		r.inputs = [][]byte{make([]byte, 32)}
		key, err := r.privateKey()
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		if options, err := key.Options(); err != nil || options&pqc.LockedMemory != expected {
			t.Errorf("%s: %v %v", arguments, options, err)
		}
	}
}
