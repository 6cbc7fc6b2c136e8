package pqc

// #include <pqc_ffi.h>
import "C"

import (
	"time"
	"unsafe"
)

// Metrics holds the counts of the library in this process, at one moment.
type Metrics struct {
	LiveHandles uint64
	LiveBuffers uint64
	BytesWiped  uint64
	Operations  []OperationMetrics
}

// OperationMetrics are the counts of an action with an algorithm, which is 0 for calls that failed before they named one.
type OperationMetrics struct {
	Action    string
	Algorithm Algorithm
	Calls     uint64
	Errors    uint64
	Median    time.Duration
}

// ReadMetrics takes a snapshot.
func ReadMetrics() (Metrics, error) {
	var raw C.FFIMetrics
	var buffer C.FFIBuffer
	defer C.ffi_buffer_free(&buffer)
	if err := check(C.ffi_metrics_report(&raw, C.size_t(unsafe.Sizeof(raw)), &buffer)); err != nil {
		return Metrics{}, err
	}
	metrics := Metrics{uint64(raw.live_handles), uint64(raw.live_buffers), uint64(raw.bytes_wiped), nil}
	count := uintptr(buffer.len) / unsafe.Sizeof(C.FFIOperationMetrics{})
	for _, one := range unsafe.Slice((*C.FFIOperationMetrics)(unsafe.Pointer(buffer.data)), count) {
		metrics.Operations = append(metrics.Operations, OperationMetrics{
			Action:    C.GoString(C.ffi_action_name(one.action)),
			Algorithm: Algorithm(one.algorithm),
			Calls:     uint64(one.calls),
			Errors:    uint64(one.errors),
			Median:    time.Duration(one.p50_ns),
		})
	}
	return metrics, nil
}

// Calls returns how many calls of an action, such as "encapsulate", have ended, with all algorithms.
func (m Metrics) Calls(action string) (calls uint64) {
	for _, one := range m.Operations {
		if one.Action == action {
			calls += one.Calls
		}
	}
	return calls
}
