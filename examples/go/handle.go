package pqc

// #include <pqc_ffi.h>
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// KeyOption is an option of a key that a program makes or loads.
type KeyOption uint32

// The options that do not choose an engine or a code path; pqc_ffi.h describes them.
const (
	LockedMemory KeyOption = C.PQC_KEY_LOCKED_MEMORY // not for the byte slices of Go that hold secrets
	Precompute   KeyOption = C.PQC_KEY_PRECOMPUTE
	NoPrecompute KeyOption = C.PQC_KEY_NO_PRECOMPUTE
)

func flags(options []KeyOption) (flags C.uint32_t) {
	for _, option := range options {
		flags |= C.uint32_t(option)
	}
	return flags
}

// functions holds the library's functions for private or for public keys. P is a pointer to a type of the C library.
type functions[P comparable] struct {
	name    string
	bytes   func(P, *C.FFIBuffer) C.PqcStatus
	options func(P, *C.uint32_t) C.PqcStatus
	free    func(P)
}

// handle owns one native key.
type handle[P comparable] struct {
	*functions[P]
	algorithm Algorithm
	mu        sync.RWMutex
	pointer   P
	cleanup   runtime.Cleanup
}

func newHandle[P comparable](f *functions[P], algorithm Algorithm, create func(*P) error) (*handle[P], error) {
	h := &handle[P]{functions: f, algorithm: algorithm}
	if err := create(&h.pointer); err != nil {
		return nil, err
	}
	h.cleanup = runtime.AddCleanup(h, f.free, h.pointer)
	return h, nil
}

// Algorithm returns the algorithm of the key.
func (h *handle[P]) Algorithm() Algorithm { return h.algorithm }

// String names the algorithm and nothing else.
func (h *handle[P]) String() string { return h.algorithm.String() + " " + h.name }

// Bytes returns the encoding of the algorithm's standard. A private key's encoding is secret: see Wipe.
func (h *handle[P]) Bytes() ([]byte, error) { return h.fill(h.bytes) }

// Options returns the options of the key, combined into one value.
func (h *handle[P]) Options() (KeyOption, error) {
	var options C.uint32_t
	err := h.with(func(p P) C.PqcStatus { return h.options(p, &options) })
	return KeyOption(options), err
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

// with makes a call that borrows the native key. The deferred unlock keeps the handle reachable until the call returns:
// the collector does not free a key in use.
func (h *handle[P]) with(call func(P) C.PqcStatus) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var none P
	if h.pointer == none {
		return ErrClosed
	}
	return check(call(h.pointer))
}

// fill makes a call that fills one buffer, and copies it out.
func (h *handle[P]) fill(call func(P, *C.FFIBuffer) C.PqcStatus) ([]byte, error) {
	var buffer C.FFIBuffer
	defer C.ffi_buffer_free(&buffer)
	err := h.with(func(p P) C.PqcStatus { return call(p, &buffer) })
	return copyOf(&buffer), err
}

func copyOf(buffer *C.FFIBuffer) []byte {
	return C.GoBytes(unsafe.Pointer(buffer.data), C.int(buffer.len))
}

// borrow returns the address and the number of the bytes, the two arguments of a C function.
func borrow(bytes []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.SliceData(bytes)), C.size_t(len(bytes))
}
