//! The library's information about itself, and whether the table of these tests has every function of the header.

use crate::common;
use common::api::*;
use common::functions::{FUNCTIONS, OTHERS, declarations};
use common::keys::Algorithm;
use common::text;
use pqc_core::{CodePath, ENGINE_NAME};
use std::collections::{BTreeSet, HashSet};

const HEADER: &str = include_str!("../../../../include/pqc_ffi.h");

/// The numbers of the statuses in the header.
fn statuses() -> Vec<i32> {
    let constants = HEADER.lines().filter_map(|line| line.trim().strip_prefix("PQC_STATUS_"));
    constants.filter_map(|line| line.split_once(" = ")?.1.trim_end_matches(',').parse().ok()).collect()
}

#[test]
fn every_status_has_its_own_text() {
    let texts: HashSet<_> = statuses().into_iter().map(|status| text(ffi_status_message(status))).collect();
    assert_eq!(texts.len(), HEADER.matches("    PQC_STATUS_").count());
    assert!(!texts.contains(c"unknown status"));
    assert!(texts.iter().all(|text| !text.is_empty()));
}

#[test]
fn a_number_that_is_no_status_has_a_text_too() {
    let known = statuses();
    for status in (-1000..1000).chain([i32::MIN, i32::MAX]).filter(|status| !known.contains(status)) {
        assert_eq!(text(ffi_status_message(status)), c"unknown status", "{status}");
    }
}

#[test]
fn versions_are_those_of_the_package_and_the_header() {
    assert_eq!(text(ffi_version()).to_str(), Ok(env!("CARGO_PKG_VERSION")));
    assert_eq!(ffi_abi_version(), PQC_ABI_VERSION);
    assert!(HEADER.contains(&format!("#define PQC_ABI_VERSION {}\n", ffi_abi_version())));
}

#[test]
fn the_engine_is_that_of_the_build_and_the_code_path_the_best_of_this_processor() {
    assert_eq!((text(ffi_engine()), text(ffi_code_path())), (ENGINE_NAME, CodePath::best().c_name()));
}

#[test]
fn every_exported_function_has_a_row() {
    let in_table = FUNCTIONS.iter().map(|function| function.name).chain(OTHERS);
    let in_header = declarations().into_iter().map(|(name, _)| name);
    assert_eq!(in_table.collect::<BTreeSet<_>>(), in_header.collect());
}

#[test]
fn algorithms_have_the_sizes_of_the_header() {
    let sizes = |algorithm: Algorithm| {
        let Algorithm { seed, private_key, public_key, ciphertext, signature, .. } = algorithm;
        (algorithm.name, [seed, private_key, public_key, ciphertext, signature])
    };
    let expected = [
        ("ML-KEM-512", [64, MLKEM512_PRIVATEKEYBYTES, MLKEM512_PUBLICKEYBYTES, MLKEM512_CIPHERTEXTBYTES, 0]),
        ("ML-KEM-768", [64, MLKEM768_PRIVATEKEYBYTES, MLKEM768_PUBLICKEYBYTES, MLKEM768_CIPHERTEXTBYTES, 0]),
        ("ML-KEM-1024", [64, MLKEM1024_PRIVATEKEYBYTES, MLKEM1024_PUBLICKEYBYTES, MLKEM1024_CIPHERTEXTBYTES, 0]),
        ("ML-DSA-44", [32, MLDSA44_PRIVATEKEYBYTES, MLDSA44_PUBLICKEYBYTES, 0, MLDSA44_SIGNATUREBYTES]),
        ("ML-DSA-65", [32, MLDSA65_PRIVATEKEYBYTES, MLDSA65_PUBLICKEYBYTES, 0, MLDSA65_SIGNATUREBYTES]),
        ("ML-DSA-87", [32, MLDSA87_PRIVATEKEYBYTES, MLDSA87_PUBLICKEYBYTES, 0, MLDSA87_SIGNATUREBYTES]),
        ("X-Wing", [XWING_SEEDBYTES, XWING_SEEDBYTES, XWING_PUBLICKEYBYTES, XWING_CIPHERTEXTBYTES, 0]),
        (
            "MLKEM768-P256",
            [HYBRIDKEM_SEEDBYTES, HYBRIDKEM_SEEDBYTES, MLKEM768_P256_PUBLICKEYBYTES, MLKEM768_P256_CIPHERTEXTBYTES, 0],
        ),
        (
            "MLKEM1024-P384",
            [
                HYBRIDKEM_SEEDBYTES,
                HYBRIDKEM_SEEDBYTES,
                MLKEM1024_P384_PUBLICKEYBYTES,
                MLKEM1024_P384_CIPHERTEXTBYTES,
                0,
            ],
        ),
        (
            "MLDSA44-Ed25519-SHA512",
            [0, MLDSA44_ED25519_PRIVATEKEYBYTES, MLDSA44_ED25519_PUBLICKEYBYTES, 0, MLDSA44_ED25519_SIGNATUREBYTES],
        ),
        (
            "MLDSA44-ECDSA-P256-SHA256",
            [
                0,
                MLDSA44_ECDSA_P256_PRIVATEKEYBYTES,
                MLDSA44_ECDSA_P256_PUBLICKEYBYTES,
                0,
                MLDSA44_ECDSA_P256_SIGNATUREBYTES,
            ],
        ),
        (
            "MLDSA65-ECDSA-P256-SHA512",
            [
                0,
                MLDSA65_ECDSA_P256_PRIVATEKEYBYTES,
                MLDSA65_ECDSA_P256_PUBLICKEYBYTES,
                0,
                MLDSA65_ECDSA_P256_SIGNATUREBYTES,
            ],
        ),
        (
            "MLDSA65-ECDSA-P384-SHA512",
            [
                0,
                MLDSA65_ECDSA_P384_PRIVATEKEYBYTES,
                MLDSA65_ECDSA_P384_PUBLICKEYBYTES,
                0,
                MLDSA65_ECDSA_P384_SIGNATUREBYTES,
            ],
        ),
        (
            "MLDSA65-Ed25519-SHA512",
            [0, MLDSA65_ED25519_PRIVATEKEYBYTES, MLDSA65_ED25519_PUBLICKEYBYTES, 0, MLDSA65_ED25519_SIGNATUREBYTES],
        ),
        (
            "MLDSA87-ECDSA-P384-SHA512",
            [
                0,
                MLDSA87_ECDSA_P384_PRIVATEKEYBYTES,
                MLDSA87_ECDSA_P384_PUBLICKEYBYTES,
                0,
                MLDSA87_ECDSA_P384_SIGNATUREBYTES,
            ],
        ),
        (
            "SLH-DSA-SHA2-128s",
            [SLHDSA128_SEEDBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128_PUBLICKEYBYTES, 0, SLHDSA128S_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHA2-128f",
            [SLHDSA128_SEEDBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128_PUBLICKEYBYTES, 0, SLHDSA128F_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHA2-192s",
            [SLHDSA192_SEEDBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192_PUBLICKEYBYTES, 0, SLHDSA192S_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHA2-192f",
            [SLHDSA192_SEEDBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192_PUBLICKEYBYTES, 0, SLHDSA192F_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHA2-256s",
            [SLHDSA256_SEEDBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256_PUBLICKEYBYTES, 0, SLHDSA256S_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHA2-256f",
            [SLHDSA256_SEEDBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256_PUBLICKEYBYTES, 0, SLHDSA256F_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHAKE-128s",
            [SLHDSA128_SEEDBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128_PUBLICKEYBYTES, 0, SLHDSA128S_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHAKE-128f",
            [SLHDSA128_SEEDBYTES, SLHDSA128_PRIVATEKEYBYTES, SLHDSA128_PUBLICKEYBYTES, 0, SLHDSA128F_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHAKE-192s",
            [SLHDSA192_SEEDBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192_PUBLICKEYBYTES, 0, SLHDSA192S_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHAKE-192f",
            [SLHDSA192_SEEDBYTES, SLHDSA192_PRIVATEKEYBYTES, SLHDSA192_PUBLICKEYBYTES, 0, SLHDSA192F_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHAKE-256s",
            [SLHDSA256_SEEDBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256_PUBLICKEYBYTES, 0, SLHDSA256S_SIGNATUREBYTES],
        ),
        (
            "SLH-DSA-SHAKE-256f",
            [SLHDSA256_SEEDBYTES, SLHDSA256_PRIVATEKEYBYTES, SLHDSA256_PUBLICKEYBYTES, 0, SLHDSA256F_SIGNATUREBYTES],
        ),
    ];
    assert_eq!(Algorithm::rows().into_iter().map(sizes).collect::<Vec<_>>(), expected);
    assert_eq!([MLKEM_SEEDBYTES, MLDSA_SEEDBYTES, MLKEM_SHAREDSECRETBYTES, XWING_SHAREDSECRETBYTES], [64, 32, 32, 32]);
}

#[test]
fn an_algorithm_is_found_by_its_id_and_no_other_number_is_one() {
    let ids: Vec<_> = Algorithm::rows().iter().map(|algorithm| algorithm.id).collect();
    assert_eq!(ids[..9], [512, 768, 1024, 44, 65, 87, 0x647a, 0x50, 0x51]);
    assert_eq!(ids[9..15], [0x60027, 0x60028, 0x6002d, 0x6002e, 0x60030, 0x60031]);
    assert!(ids[15..].iter().copied().eq(205_020..=205_031));
    for (id, index) in ids.iter().zip(0..) {
        assert!(!pqc_algorithm_info(*id).is_null() && pqc_algorithm_info(*id) == pqc_algorithm_at(index), "{id}");
    }
    assert!((0..400_000).filter(|id| !ids.contains(id)).all(|id| pqc_algorithm_info(id).is_null()));
    assert!([ids.len(), ids.len() + 1, usize::MAX].into_iter().all(|index| pqc_algorithm_at(index).is_null()));
}
