//! HashML-DSA (FIPS 204, 5.4) and HashSLH-DSA (FIPS 205, 10.2.2) with every approved hash function and every algorithm.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::api::*;
use common::keys::Algorithm;

/// A hash function: its number, and the bytes of its digest and the last number of its object identifier from NIST's register.
const HASHES: [(u32, usize, u8); 12] = [
    (PQC_HASH_SHA2_256, 32, 1),
    (PQC_HASH_SHA2_384, 48, 2),
    (PQC_HASH_SHA2_512, 64, 3),
    (PQC_HASH_SHA2_224, 28, 4),
    (PQC_HASH_SHA2_512_224, 28, 5),
    (PQC_HASH_SHA2_512_256, 32, 6),
    (PQC_HASH_SHA3_224, 28, 7),
    (PQC_HASH_SHA3_256, 32, 8),
    (PQC_HASH_SHA3_384, 48, 9),
    (PQC_HASH_SHA3_512, 64, 10),
    (PQC_HASH_SHAKE128, 32, 11),
    (PQC_HASH_SHAKE256, 64, 12),
];

const DIGEST: [u8; 64] = [4; 64];
const RND: [u8; MLDSA_RANDOMNESSBYTES] = [8; MLDSA_RANDOMNESSBYTES]; // SLH-DSA takes the first n bytes
const CONTEXTS: [&[u8]; 3] = [b"", b"a context", &[9; MLDSA_MAXCONTEXTBYTES]];

/// M' as HashML-DSA.Sign (FIPS 204, algorithm 4) and hash_slh_sign (FIPS 205, algorithm 23) make it: the object identifier is
/// 2.16.840.1.101.3.4.2.x.
fn m_prime(object: u8, digest: &[u8], context: &[u8]) -> Vec<u8> {
    let length = context.len().to_le_bytes()[0];
    [&[1, length], context, b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02", &[object], digest].concat()
}

#[test]
fn signatures_are_those_of_the_formatted_message() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::digest_signers() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        for (hash, length, object) in HASHES {
            let digest = &DIGEST[..length];
            for context in CONTEXTS {
                let signature = pair.sign_prehashed_derand(hash, digest, context, &RND[..algorithm.randomness])?;
                assert_eq!(
                    *pair.sign_internal(&m_prime(object, digest, context), &RND[..algorithm.randomness])?,
                    *signature,
                    "{algorithm:?} {hash}"
                );
                key.verify_prehashed(hash, digest, context, &signature)?;
            }
        }
    }
    Ok(())
}

#[test]
fn what_was_not_signed_is_refused() -> Result<(), PqcStatus> {
    let invalid = Err(PqcStatus::InvalidSignature);
    for algorithm in Algorithm::digest_signers() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        let mut signature = pair.sign_prehashed(PQC_HASH_SHA2_512, &DIGEST, b"c", 0)?.to_vec();
        for other in [PQC_HASH_SHA3_512, PQC_HASH_SHAKE256] {
            assert_eq!(key.verify_prehashed(other, &DIGEST, b"c", &signature), invalid, "{algorithm:?} {other}");
        }
        assert_eq!(key.verify_prehashed(PQC_HASH_SHA2_512, &[5; 64], b"c", &signature), invalid, "{algorithm:?}");
        assert_eq!(key.verify_prehashed(PQC_HASH_SHA2_512, &DIGEST, b"d", &signature), invalid, "{algorithm:?}");
        assert_eq!(key.verify(&DIGEST, b"c", &signature), invalid, "{algorithm:?}: a digest is not a message");
        let pure = pair.sign(&DIGEST, b"c", 0)?;
        assert_eq!(key.verify_prehashed(PQC_HASH_SHA2_512, &DIGEST, b"c", &pure), invalid, "{algorithm:?}");
        signature[0] ^= 1;
        assert_eq!(key.verify_prehashed(PQC_HASH_SHA2_512, &DIGEST, b"c", &signature), invalid, "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn digests_of_another_length_are_refused() -> Result<(), PqcStatus> {
    let pair = Algorithm::mldsa()[0].generate()?;
    let key = pair.public_key()?;
    let refused = Some(PqcStatus::DigestLength);
    for (hash, length, _) in HASHES {
        for digest in (0..=DIGEST.len()).filter(|other| *other != length).map(|other| &DIGEST[..other]) {
            assert_eq!(pair.sign_prehashed(hash, digest, b"", 0).err(), refused, "{hash} {}", digest.len());
            assert_eq!(pair.sign_prehashed_derand(hash, digest, b"", &RND).err(), refused, "{hash}");
            assert_eq!(key.verify_prehashed(hash, digest, b"", &[0; 2420]).err(), refused, "{hash}");
        }
    }
    Ok(())
}
