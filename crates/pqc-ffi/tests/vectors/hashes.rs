//! The twelve hash functions of HashML-DSA, by ACVP's names.

use crate::common::api::*;
use sha2::Digest;
use shake::digest::{ExtendableOutput, Update, XofReader};

/// The number of a hash function in the C interface, and the digest of a message.
pub(crate) fn hash(name: &str, message: &[u8]) -> (u32, Vec<u8>) {
    match name {
        "SHA2-224" => (PQC_HASH_SHA2_224, digest::<sha2::Sha224>(message)),
        "SHA2-256" => (PQC_HASH_SHA2_256, digest::<sha2::Sha256>(message)),
        "SHA2-384" => (PQC_HASH_SHA2_384, digest::<sha2::Sha384>(message)),
        "SHA2-512" => (PQC_HASH_SHA2_512, digest::<sha2::Sha512>(message)),
        "SHA2-512/224" => (PQC_HASH_SHA2_512_224, digest::<sha2::Sha512_224>(message)),
        "SHA2-512/256" => (PQC_HASH_SHA2_512_256, digest::<sha2::Sha512_256>(message)),
        "SHA3-224" => (PQC_HASH_SHA3_224, digest::<sha3::Sha3_224>(message)),
        "SHA3-256" => (PQC_HASH_SHA3_256, digest::<sha3::Sha3_256>(message)),
        "SHA3-384" => (PQC_HASH_SHA3_384, digest::<sha3::Sha3_384>(message)),
        "SHA3-512" => (PQC_HASH_SHA3_512, digest::<sha3::Sha3_512>(message)),
        "SHAKE-128" => (PQC_HASH_SHAKE128, output::<shake::Shake128>(message, 32)),
        "SHAKE-256" => (PQC_HASH_SHAKE256, output::<shake::Shake256>(message, 64)),
        other => panic!("unknown hash function: {other}"),
    }
}

fn digest<H: Digest>(message: &[u8]) -> Vec<u8> {
    H::digest(message).to_vec()
}

/// The output of the length in FIPS 204, 5.4.1.
fn output<H: Default + Update + ExtendableOutput>(message: &[u8], length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    H::default().chain(message).finalize_xof().read(&mut output);
    output
}
