//! The helpers and rows of both schemes.

use pqc_simd::proofs::{Label, Row, claim};
use pqc_simd::{Backend, Bytes};

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "backends: names and flags have their fixed values, the portable one is available, and the best is the \
               last available",
        label: Label::Tested,
        covers: &[
            "backend.rs::Backend::available",
            "backend.rs::Backend::best",
            "backend.rs::Backend::c_name",
            "backend.rs::Backend::flag",
            "backend.rs::Backend::is_available",
            "backend.rs::Backend::name",
            "backend.rs::Backend::smallest_group",
            "backend.rs::Backend::token",
            "backend.rs::Token::backend",
            "backend.rs::$backend::detect",
        ],
        is_slow: false,
        check: check_backends,
    },
    Row {
        name: "bytes: a slice converts only to an array of its length",
        label: Label::Tested,
        covers: &["bytes.rs::Bytes::from_mut_slice", "bytes.rs::Bytes::from_slice"],
        is_slow: false,
        check: check_lengths,
    },
];

/// Whether this is a processor of an architecture, with all of its features.
macro_rules! has {
    ($architecture:literal $is_detected:path: $($feature:tt)+) => {{
        #[cfg(target_arch = $architecture)]
        let has = {
            use $is_detected as is_detected;
            [$(is_detected!($feature)),+].iter().all(|is_detected| *is_detected)
        };
        #[cfg(not(target_arch = $architecture))]
        let has = false;
        has
    }};
}

fn check_backends() {
    let has_avx2 = has!("x86_64" std::is_x86_feature_detected: "avx2" "bmi1" "bmi2" "popcnt");
    let has_avx512 = has!("x86_64" std::is_x86_feature_detected:
        "avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512vbmi" "avx512vbmi2");
    let expected = [
        (Backend::Portable, "portable", 1, true),
        (Backend::Avx2, "avx2", 2, has_avx2),
        (Backend::Avx512, "avx512", 16, has_avx2 && has_avx512),
        (Backend::Neon, "neon", 4, has!("aarch64" std::arch::is_aarch64_feature_detected: "neon")),
        (Backend::NeonSha3, "neon-sha3", 32, has!("aarch64" std::arch::is_aarch64_feature_detected: "neon" "sha3")),
    ];
    claim(expected.map(|row| row.0) == Backend::ALL, || "another backend".to_owned());
    for (backend, name, flag, is_available) in expected {
        claim(backend.name() == name && backend.c_name().to_str() == Ok(name), || format!("the name of {backend:?}"));
        claim(backend.flag() == flag, || format!("the flag of {backend:?}"));
        claim(backend.is_available() == is_available, || format!("whether there is {backend:?}"));
    }
    let available: Vec<_> = expected.iter().filter(|row| row.3).map(|row| row.0).collect();
    claim(Backend::available().eq(available.iter().copied()), || "the available backends".to_owned());
    claim(available.last() == Some(&Backend::best()), || "the best backend".to_owned());
}

fn check_lengths() {
    let mut bytes = [7; 33];
    for length in 0..=33 {
        let is_right = length == 32;
        claim(<[u8; 32]>::from_slice(&bytes[..length]).is_some() == is_right, || format!("{length} bytes"));
        claim(<[u8; 32]>::from_mut_slice(&mut bytes[..length]).is_some() == is_right, || format!("{length} bytes"));
    }
}
