package pqc

// #include <pqc_ffi.h>
import "C"

import "fmt"

// Algorithm is an algorithm with its parameter set: for ML-KEM and ML-DSA the number of the set, for the others
// PQC_ALGORITHM_* of pqc_ffi.h.
type Algorithm uint32

// The algorithms.
const (
	MLKEM512  Algorithm = C.PQC_ALGORITHM_MLKEM512
	MLKEM768  Algorithm = C.PQC_ALGORITHM_MLKEM768
	MLKEM1024 Algorithm = C.PQC_ALGORITHM_MLKEM1024
	MLDSA44   Algorithm = C.PQC_ALGORITHM_MLDSA44
	MLDSA65   Algorithm = C.PQC_ALGORITHM_MLDSA65
	MLDSA87   Algorithm = C.PQC_ALGORITHM_MLDSA87
	XWing     Algorithm = C.PQC_ALGORITHM_XWING

	// The hybrids of ML-KEM and ECDH. Their keys have no object identifier, and so no PKCS#8 and no SubjectPublicKeyInfo.
	MLKEM768P256  Algorithm = C.PQC_ALGORITHM_MLKEM768_P256
	MLKEM1024P384 Algorithm = C.PQC_ALGORITHM_MLKEM1024_P384

	// The composite signatures. Their private keys have no seed.
	MLDSA44Ed25519   Algorithm = C.PQC_ALGORITHM_MLDSA44_ED25519
	MLDSA44ECDSAP256 Algorithm = C.PQC_ALGORITHM_MLDSA44_ECDSA_P256
	MLDSA65ECDSAP256 Algorithm = C.PQC_ALGORITHM_MLDSA65_ECDSA_P256
	MLDSA65ECDSAP384 Algorithm = C.PQC_ALGORITHM_MLDSA65_ECDSA_P384
	MLDSA65Ed25519   Algorithm = C.PQC_ALGORITHM_MLDSA65_ED25519
	MLDSA87ECDSAP384 Algorithm = C.PQC_ALGORITHM_MLDSA87_ECDSA_P384

	// The sets of SLH-DSA: "s" for small signatures, "f" for fast signing.
	SLHDSASHA2_128s  Algorithm = C.PQC_ALGORITHM_SLHDSA_SHA2_128S
	SLHDSASHA2_128f  Algorithm = C.PQC_ALGORITHM_SLHDSA_SHA2_128F
	SLHDSASHA2_192s  Algorithm = C.PQC_ALGORITHM_SLHDSA_SHA2_192S
	SLHDSASHA2_192f  Algorithm = C.PQC_ALGORITHM_SLHDSA_SHA2_192F
	SLHDSASHA2_256s  Algorithm = C.PQC_ALGORITHM_SLHDSA_SHA2_256S
	SLHDSASHA2_256f  Algorithm = C.PQC_ALGORITHM_SLHDSA_SHA2_256F
	SLHDSASHAKE_128s Algorithm = C.PQC_ALGORITHM_SLHDSA_SHAKE_128S
	SLHDSASHAKE_128f Algorithm = C.PQC_ALGORITHM_SLHDSA_SHAKE_128F
	SLHDSASHAKE_192s Algorithm = C.PQC_ALGORITHM_SLHDSA_SHAKE_192S
	SLHDSASHAKE_192f Algorithm = C.PQC_ALGORITHM_SLHDSA_SHAKE_192F
	SLHDSASHAKE_256s Algorithm = C.PQC_ALGORITHM_SLHDSA_SHAKE_256S
	SLHDSASHAKE_256f Algorithm = C.PQC_ALGORITHM_SLHDSA_SHAKE_256F
)

// Algorithms returns the algorithms of the library's table.
func Algorithms() (all []Algorithm) {
	for i := C.size_t(0); ; i++ {
		info := C.pqc_algorithm_at(i)
		if info == nil {
			return all
		}
		all = append(all, Algorithm(info.algorithm))
	}
}

// IsKEM reports whether keys encapsulate and decapsulate; the keys of the other algorithms sign and verify.
func (a Algorithm) IsKEM() bool {
	info := C.pqc_algorithm_info(C.uint32_t(a))
	return info != nil && info.kind == C.PQC_KIND_KEM
}

// HasSeed reports whether private keys are derived from a seed.
func (a Algorithm) HasSeed() bool {
	info := C.pqc_algorithm_info(C.uint32_t(a))
	return info != nil && info.seed_bytes > 0
}

// MaxSignatureSize returns the size of a signature in bytes, of the longest one if an algorithm's signatures differ in
// size, as for a composite with ECDSA.
func (a Algorithm) MaxSignatureSize() int {
	if info := C.pqc_algorithm_info(C.uint32_t(a)); info != nil {
		return int(info.signature_bytes)
	}
	return 0
}

// String returns the name that the algorithm's standard uses.
func (a Algorithm) String() string {
	if info := C.pqc_algorithm_info(C.uint32_t(a)); info != nil {
		return C.GoString(info.name)
	}
	return fmt.Sprintf("Algorithm(%d)", uint32(a))
}
