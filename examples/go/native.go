// Package pqc offers ML-KEM (FIPS 203) and ML-DSA (FIPS 204) through the C library pqc_ffi.
//
// Every key is safe for concurrent use. Close ends it as soon as the calls in flight have returned; a key that nobody
// closes is ended after the garbage collector finds it unreachable. Byte slices that hold a secret (seeds, private keys,
// shared secrets) belong to the caller, who ends them with Wipe; the library's own copies are already wiped by then.
package pqc

// #cgo pkg-config: pqc_ffi
// #include <pqc_ffi.h>
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

// Status says why a call failed. It is the error itself: compare with errors.Is, convert with errors.As.
type Status int32

// The statuses that a caller may want to tell apart; pqc_ffi.h has all of them.
const (
	UnknownParameterSet Status = C.PQC_STATUS_UNKNOWN_PARAMETER_SET
	PublicKeyLength     Status = C.PQC_STATUS_PUBLIC_KEY_LENGTH
	PrivateKeyLength    Status = C.PQC_STATUS_PRIVATE_KEY_LENGTH
	SeedLength          Status = C.PQC_STATUS_SEED_LENGTH
	CiphertextLength    Status = C.PQC_STATUS_CIPHERTEXT_LENGTH
	ContextLength       Status = C.PQC_STATUS_CONTEXT_LENGTH
	InvalidSignature    Status = C.PQC_STATUS_INVALID_SIGNATURE
	SeedUnavailable     Status = C.PQC_STATUS_SEED_UNAVAILABLE
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

// Wipe overwrites a secret. Slices of Go do not move, so nothing remains unless append or the program made a copy.
func Wipe(secret []byte) {
	clear(secret)
	runtime.KeepAlive(secret)
}

// handle owns one native object. P is a pointer to a type of the C library.
type handle[P comparable] struct {
	mu      sync.RWMutex
	pointer P
	free    func(P)
	cleanup runtime.Cleanup
}

func newHandle[P comparable](free func(P), create func(*P) error) (*handle[P], error) {
	var pointer P
	if err := create(&pointer); err != nil {
		return nil, err
	}
	h := &handle[P]{pointer: pointer, free: free}
	h.cleanup = runtime.AddCleanup(h, free, pointer)
	return h, nil
}

// Close frees the key and wipes its secrets. It waits for calls in flight; calling it again does nothing.
func (h *handle[P]) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var none P
	if h.pointer != none {
		h.cleanup.Stop()
		h.free(h.pointer)
		h.pointer = none
	}
	return nil
}

// with makes a call that borrows the object. The unlock at its end also keeps the collector from ending the object.
func (h *handle[P]) with(call func(P) C.PqcStatus) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var none P
	if h.pointer == none {
		return ErrClosed
	}
	return check(call(h.pointer))
}

// bytes makes a call that fills one buffer, and copies it out.
func (h *handle[P]) bytes(fill func(P, *C.FFIBuffer) C.PqcStatus) ([]byte, error) {
	var buffer C.FFIBuffer
	defer C.ffi_buffer_free(&buffer)
	if err := h.with(func(p P) C.PqcStatus { return fill(p, &buffer) }); err != nil {
		return nil, err
	}
	return copyOf(&buffer), nil
}

func copyOf(buffer *C.FFIBuffer) []byte {
	return C.GoBytes(unsafe.Pointer(buffer.data), C.int(buffer.len))
}

// borrow returns what C functions take: where the bytes are and how many.
func borrow(bytes []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.SliceData(bytes)), C.size_t(len(bytes))
}
