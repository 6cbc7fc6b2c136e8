// Package pqc offers ML-KEM (FIPS 203), ML-DSA (FIPS 204), SLH-DSA (FIPS 205), X-Wing and composite signatures through the C
// library pqc_ffi.
//
// Every key is safe for concurrent use. Close frees it as soon as the calls in flight have returned; the garbage collector
// frees a key that nobody closes. Byte slices that hold a secret (seeds, private keys, shared keys) belong to the caller,
// who overwrites them with Wipe; the library's own copies are wiped by then.
package pqc

// #cgo pkg-config: pqc_ffi
// #include <pqc_ffi.h>
import "C"

import (
	"errors"
	"fmt"
)

// Status says why a call failed. It is the error itself: compare with errors.Is, convert with errors.As.
type Status int32

// The statuses that a caller may want to distinguish; pqc_ffi.h has all of them.
const (
	UnknownAlgorithm Status = C.PQC_STATUS_UNKNOWN_ALGORITHM
	UnknownHash      Status = C.PQC_STATUS_UNKNOWN_HASH
	WrongAlgorithm   Status = C.PQC_STATUS_WRONG_ALGORITHM
	PublicKeyLength  Status = C.PQC_STATUS_PUBLIC_KEY_LENGTH
	PrivateKeyLength Status = C.PQC_STATUS_PRIVATE_KEY_LENGTH
	SeedLength       Status = C.PQC_STATUS_SEED_LENGTH
	CiphertextLength Status = C.PQC_STATUS_CIPHERTEXT_LENGTH
	ContextLength    Status = C.PQC_STATUS_CONTEXT_LENGTH
	InvalidSignature Status = C.PQC_STATUS_INVALID_SIGNATURE
	PublicKeyPoint   Status = C.PQC_STATUS_PUBLIC_KEY_POINT
	CiphertextPoint  Status = C.PQC_STATUS_CIPHERTEXT_POINT
	SeedUnavailable  Status = C.PQC_STATUS_SEED_UNAVAILABLE
	MemoryLockLimit  Status = C.PQC_STATUS_MEMORY_LOCK_LIMIT
)

// ErrClosed is the error of every use of a key after Close.
var ErrClosed = errors.New("pqc: key is closed")

// Error returns the library's text for the status, which never holds a byte of an input.
func (s Status) Error() string {
	return fmt.Sprintf("pqc: %s (status %d)", C.GoString(C.ffi_status_message(C.int32_t(s))), int32(s))
}

func check(status C.PqcStatus) error {
	if status == C.PQC_STATUS_OK {
		return nil
	}
	return Status(status)
}

func init() {
	if have := C.ffi_abi_version(); have != C.PQC_ABI_VERSION {
		panic(fmt.Sprintf("pqc: built for ABI %d, loaded a library of ABI %d", C.PQC_ABI_VERSION, have))
	}
}

// Version returns the version of the library and the code path that it uses for new keys.
func Version() (version, codePath string) {
	return C.GoString(C.ffi_version()), C.GoString(C.ffi_code_path())
}

// Wipe overwrites a secret. Go does not move slices, so nothing remains unless append or the program made a copy.
func Wipe(secret []byte) { clear(secret) }
