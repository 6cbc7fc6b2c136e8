//! The table of algorithms for C.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute, and a C string is a pointer")]

pub use crate::parameter_sets::*;
use core::ffi::c_char;
use core::ptr;
use pqc_core::{Algorithm, Kind};

/// Kind of an algorithm: encapsulation and decapsulation.
pub const PQC_KIND_KEM: u32 = 1;
/// Kind of an algorithm: signing and verification.
pub const PQC_KIND_SIGNATURE: u32 = 2;

/// An algorithm and its sizes in bytes. A size is 0 where the kind has no such value.
#[repr(C)]
pub struct PqcAlgorithmInfo {
    /// PQC_ALGORITHM_*.
    pub algorithm: u32,
    /// PQC_KIND_*.
    pub kind: u32,
    /// Name in the standard, such as "ML-KEM-768".
    pub name: *const c_char,
    /// Security category of NIST, 1 to 5; for X-Wing and a hybrid KEM the category of its ML-KEM, for a composite of its ML-DSA.
    pub security_category: u32,
    /// About how many microseconds its slowest operation takes at worst, without vector instructions.
    pub slowest_us: u32,
    /// Object identifier of its keys, such as "2.16.840.1.101.3.4.4.2"; empty if it has none, and so no PKCS#8.
    pub oid: *const c_char,
    /// Seed: `d || z` of ML-KEM, `xi` of ML-DSA, `SK.seed || SK.prf || PK.seed` of SLH-DSA, the decapsulation key of a hybrid KEM; 0 for a
    /// composite, which has none.
    pub seed_bytes: usize,
    /// Encoded private key, as `pqc_private_key_bytes` returns it.
    pub private_key_bytes: usize,
    /// Encoded public key, as `pqc_public_key_bytes` returns it.
    pub public_key_bytes: usize,
    /// Ciphertext.
    pub ciphertext_bytes: usize,
    /// Shared secret.
    pub shared_secret_bytes: usize,
    /// Longest signature.
    pub signature_bytes: usize,
    /// 1 if a signature may be shorter than that, or else 0.
    pub signature_varies: u32,
    /// Randomness that `pqc_encapsulate_derand` or `pqc_sign_derand` takes: `m` of ML-KEM, `eseed` of X-Wing, `rnd` of ML-DSA, `addrnd` of
    /// SLH-DSA.
    pub randomness_bytes: usize,
    /// Family, such as "ML-KEM".
    pub family: *const c_char,
    /// PQC_HASH_* of the hash function by which a composite hashes each message, or else 0.
    pub pre_hash: u32,
    /// PQC_PRIVATE_KEY_*: the only form of its private keys in PKCS#8, or PQC_PRIVATE_KEY_BOTH if they have all three.
    pub private_key_forms: u32,
    /// 1 if keys in bytes may be recognised by their length among the sets of the family for which it is 1. Their public keys differ in
    /// length; private keys and seeds of several sets may share one. 0 for SLH-DSA, whose sets share lengths, and for each set that a
    /// later version adds, so that it changes nothing for callers.
    pub found_by_length: u32,
}

// SAFETY: the names and the identifier are constant strings.
unsafe impl Sync for PqcAlgorithmInfo {}

static TABLE: [PqcAlgorithmInfo; Algorithm::ALL.len()] = {
    let mut table = [const { info(0) }; Algorithm::ALL.len()];
    let mut row = 1;
    while row < table.len() {
        table[row] = info(row);
        row += 1;
    }
    table
};

const fn info(row: usize) -> PqcAlgorithmInfo {
    let algorithm = Algorithm::ALL[row];
    PqcAlgorithmInfo {
        algorithm: algorithm.id(),
        kind: match algorithm.kind() {
            Kind::Kem => PQC_KIND_KEM,
            Kind::Signature => PQC_KIND_SIGNATURE,
        },
        name: algorithm.c_name().as_ptr(),
        security_category: algorithm.security_category(),
        slowest_us: algorithm.slowest_us(),
        oid: algorithm.c_oid().as_ptr(),
        seed_bytes: algorithm.seed_bytes(),
        private_key_bytes: algorithm.private_key_bytes(),
        public_key_bytes: algorithm.public_key_bytes(),
        ciphertext_bytes: algorithm.ciphertext_bytes(),
        shared_secret_bytes: algorithm.shared_secret_bytes(),
        signature_bytes: algorithm.signature_bytes(),
        signature_varies: algorithm.signature_varies() as u32,
        randomness_bytes: algorithm.randomness_bytes(),
        family: algorithm.family().c_name().as_ptr(),
        pre_hash: algorithm.pre_hash(),
        private_key_forms: algorithm.private_key_forms(),
        found_by_length: algorithm.found_by_length() as u32,
    }
}

/// Returns the row of an algorithm in the table of algorithms, constant and never freed, or NULL if there is none.
///
/// @param algorithm  PQC_ALGORITHM_*
#[unsafe(no_mangle)]
pub extern "C" fn pqc_algorithm_info(algorithm: u32) -> *const PqcAlgorithmInfo {
    TABLE.iter().find(|row| row.algorithm == algorithm).map_or(ptr::null(), ptr::from_ref)
}

/// Returns the rows of the table of algorithms in turn, constant and never freed, and NULL behind the last one.
///
/// @param index  0 for the first row
#[unsafe(no_mangle)]
pub extern "C" fn pqc_algorithm_at(index: usize) -> *const PqcAlgorithmInfo {
    TABLE.get(index).map_or(ptr::null(), ptr::from_ref)
}

/// Returns 1 if this build computes the algorithm, or 0 if it does not know it or refuses it with PQC_STATUS_NOT_APPROVED, as a
/// build with a FIPS module does.
///
/// @param algorithm  PQC_ALGORITHM_*
#[unsafe(no_mangle)]
pub extern "C" fn pqc_algorithm_is_offered(algorithm: u32) -> u32 {
    Algorithm::from_id(algorithm).is_some_and(Algorithm::is_offered).into()
}
