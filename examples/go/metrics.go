package pqc

// #include <pqc_ffi.h>
import "C"

import (
	"time"
	"unsafe"
)

// Metrics is what the library has counted in this process, at one moment.
type Metrics struct {
	LiveHandles uint64
	LiveBuffers uint64
	BytesWiped  uint64
	Operations  []OperationMetrics
}

// OperationMetrics are the counts of one operation with one parameter set; the set is 0 for calls that failed before they
// named one.
type OperationMetrics struct {
	Operation string
	Set       int
	Calls     uint64
	Errors    uint64
	Median    time.Duration
}

// ReadMetrics takes a snapshot.
func ReadMetrics() (Metrics, error) {
	var raw C.FFIMetrics
	if err := check(C.ffi_get_performance_metrics(&raw, C.size_t(unsafe.Sizeof(raw)))); err != nil {
		return Metrics{}, err
	}
	metrics := Metrics{uint64(raw.live_handles), uint64(raw.live_buffers), uint64(raw.bytes_wiped), nil}
	for _, one := range raw.operations {
		metrics.Operations = append(metrics.Operations, OperationMetrics{
			Operation: C.GoString(C.ffi_operation_name(one.operation)),
			Set:       int(one.parameter_set),
			Calls:     uint64(one.calls),
			Errors:    uint64(one.errors),
			Median:    time.Duration(one.p50_ns),
		})
	}
	return metrics, nil
}

// Calls returns how many calls of an operation, such as "mlkem_encapsulate", have ended, of all parameter sets.
func (m Metrics) Calls(operation string) (calls uint64) {
	for _, one := range m.Operations {
		if one.Operation == operation {
			calls += one.Calls
		}
	}
	return calls
}
