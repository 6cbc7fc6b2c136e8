//! The code between the kernels that a caller cannot see or reach; `tools/prove` tests the rest through the public
//! operations.

use super::{Label, Row, claim};
use crate::Backend;
use crate::bytes::{Bytes, Zero};
use crate::mldsa::poly::N;
use crate::mldsa::signing::MAX_ATTEMPTS;
use crate::mldsa::verifying::DecodedSignature;
use crate::mldsa::{self, MlDsa44, MlDsa65, MlDsa87};
use crate::mlkem::{self, MlKem512, MlKem768, MlKem1024};
use std::mem::ManuallyDrop;
use zeroize::Zeroize;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-KEM parameters match FIPS 203, tables 2 and 3",
        label: Label::Proved,
        covers: &[],
        is_slow: false,
        check: mlkem_parameters,
    },
    Row {
        name: "ML-DSA parameters match FIPS 204, tables 1 and 2, and the limit of attempts matches appendix C",
        label: Label::Proved,
        covers: &[],
        is_slow: false,
        check: mldsa_parameters,
    },
    Row {
        name: "ML-DSA: a signature is refused for a coefficient of z of at least gamma1 - beta in any place, and for no smaller one \
               (FIPS 204, algorithm 8, line 13)",
        label: Label::ExhaustedInPart("the four numbers at the bounds in each place, the others 0, no hints"),
        covers: &["mldsa/verifying.rs::DecodedSignature::parse"],
        is_slow: false,
        check: norms,
    },
    Row {
        name: "secrets of a key and of a hasher of mu are zeros once it is wiped or dropped, and a new key is zeros",
        label: Label::Tested,
        covers: &[
            "mldsa/mu.rs::Drop::drop",
            "mldsa/signing.rs::Default::default",
            "mldsa/signing.rs::Drop::drop",
            "mldsa/signing.rs::Zeroize::zeroize",
            "mldsa/verifying.rs::Default::default",
            "mlkem/keys.rs::Default::default",
            "mlkem/keys.rs::Zeroize::zeroize",
            "wipe.rs::wipe",
        ],
        is_slow: false,
        check: wiping,
    },
];

fn mlkem_parameters() {
    fn row<P: mlkem::ParameterSet>() -> [usize; 7] {
        [P::K, P::ETA1, P::DU, P::DV, P::PUBLIC_KEY_BYTES, P::PRIVATE_KEY_BYTES, P::CIPHERTEXT_BYTES]
    }
    claim(row::<MlKem512>() == [2, 3, 10, 4, 800, 1632, 768], || "ML-KEM-512".to_owned());
    claim(row::<MlKem768>() == [3, 2, 10, 4, 1184, 2400, 1088], || "ML-KEM-768".to_owned());
    claim(row::<MlKem1024>() == [4, 2, 11, 5, 1568, 3168, 1568], || "ML-KEM-1024".to_owned());
}

fn mldsa_parameters() {
    fn row<P: mldsa::ParameterSet>() -> ([usize; 8], [i32; 6]) {
        let sizes = [P::PUBLIC_KEY_BYTES, P::PRIVATE_KEY_BYTES, P::SIGNATURE_BYTES];
        let [public_key, private_key, signature] = sizes;
        (
            [P::K, P::L, P::OMEGA, P::COMMITMENT_BYTES, P::GAMMA1_BITS, public_key, private_key, signature],
            [P::ETA, P::TAU, P::BETA, P::GAMMA1, P::GAMMA2, P::HIGH],
        )
    }
    let expected_44 = ([4, 4, 80, 32, 17, 1312, 2560, 2420], [2, 39, 78, 1 << 17, 95_232, 44]);
    let expected_65 = ([6, 5, 55, 48, 19, 1952, 4032, 3309], [4, 49, 196, 1 << 19, 261_888, 16]);
    let expected_87 = ([8, 7, 75, 64, 19, 2592, 4896, 4627], [2, 60, 120, 1 << 19, 261_888, 16]);
    claim(row::<MlDsa44>() == expected_44, || "ML-DSA-44".to_owned());
    claim(row::<MlDsa65>() == expected_65, || "ML-DSA-65".to_owned());
    claim(row::<MlDsa87>() == expected_87, || "ML-DSA-87".to_owned());
    claim(MAX_ATTEMPTS == 814, || "the limit of attempts".to_owned());
}

fn norms() {
    fn check<P: mldsa::ParameterSet>() {
        let limit = P::GAMMA1 - P::BETA;
        for backend in Backend::available() {
            let mut signature = P::Signature::ZERO;
            let bytes = signature.as_mut();
            // Algorithm 17: gamma1 - z, in Z_BITS bits.
            let set = |bytes: &mut [u8], i: usize, z: i32| {
                for bit in 0..P::Z_BITS {
                    let (at, value) = (P::Z_BITS * i + bit, (P::GAMMA1 - z) >> bit & 1);
                    let byte = &mut bytes[P::COMMITMENT_BYTES + at / 8];
                    *byte = *byte & !(1 << (at % 8)) | (value as u8) << (at % 8);
                }
            };
            (0..N * P::L).for_each(|i| set(bytes, i, 0));
            for i in 0..N * P::L {
                for (z, is_right) in [(limit - 1, true), (1 - limit, true), (limit, false), (-limit, false)] {
                    set(signature.as_mut(), i, z);
                    let mut response = P::Response::ZERO;
                    let is_parsed = dispatch!(backend, machine => DecodedSignature::<P>::parse(machine, &signature, &mut response).is_some());
                    claim(is_parsed == is_right, || format!("z = {z} in place {i} on {backend:?}"));
                }
                set(signature.as_mut(), i, 0);
            }
        }
    }
    check::<MlDsa44>();
    check::<MlDsa65>();
    check::<MlDsa87>();
}

/// The bytes of a value without padding.
fn bytes_of<T>(value: &T) -> &[u8] {
    #[allow(unsafe_code, reason = "the memory is what is tested")]
    // SAFETY: the fields that are read are arrays of integers.
    unsafe {
        std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>())
    }
}

fn is_zero<T>(value: &T) -> bool {
    bytes_of(value).iter().all(|byte| *byte == 0)
}

/// Drops a value and keeps its memory.
fn dropped<T>(value: T) -> Box<ManuallyDrop<T>> {
    let mut value = Box::new(ManuallyDrop::new(value));
    #[allow(unsafe_code, reason = "the memory is what is tested")]
    // SAFETY: it is dropped once, and no field owns anything.
    unsafe {
        ManuallyDrop::drop(&mut value);
    }
    value
}

fn wiping() {
    fn mlkem_key<P: mlkem::ParameterSet>(backend: Backend) {
        let (mut encoded, mut key) = (P::PrivateKey::ZERO, Box::<mlkem::ExpandedPrivateKey<P>>::default());
        let is_empty = |key: &mlkem::ExpandedPrivateKey<P>| {
            is_zero(&key.s) && is_zero(&key.z) && is_zero(&key.public_key.transpose) && is_zero(&key.public_key.t)
        };
        claim(is_empty(&key), || "a new key of ML-KEM".to_owned());
        mlkem::keygen::<P>(backend, &[1; 64], &mut encoded);
        key.expand(backend, &encoded);
        claim(!is_zero(&key.s) && !is_zero(&key.z), || "a key of ML-KEM".to_owned());
        key.zeroize();
        claim(is_empty(&key), || "a wiped key of ML-KEM".to_owned());
    }
    fn mldsa_key<P: mldsa::ParameterSet>(backend: Backend) {
        let (mut encoded, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        let mut key = mldsa::ExpandedSigningKey::<P>::default();
        let is_wiped = |key: &mldsa::ExpandedSigningKey<P>| {
            is_zero(&key.s1) && is_zero(&key.s2) && is_zero(&key.t0) && is_zero(&key.key)
        };
        claim(is_wiped(&key) && is_zero(&key.matrix), || "a new signing key".to_owned());
        claim(is_zero(&mldsa::ExpandedVerifyingKey::<P>::default()), || "a new verifying key".to_owned());
        mldsa::keygen::<P>(backend, &[1; 32], &mut encoded, &mut public_key);
        key.expand(backend, &encoded);
        claim(!is_zero(&key.s1) && !is_zero(&key.s2) && !is_zero(&key.t0), || "a signing key".to_owned());
        let mut wiped = key.clone();
        wiped.zeroize();
        claim(is_wiped(&wiped), || "a wiped signing key".to_owned());
        claim(is_wiped(&dropped(key)), || "a dropped signing key".to_owned());
    }
    for backend in Backend::available() {
        mlkem_key::<MlKem512>(backend);
        mlkem_key::<MlKem768>(backend);
        mlkem_key::<MlKem1024>(backend);
        mldsa_key::<MlDsa44>(backend);
        mldsa_key::<MlDsa65>(backend);
        mldsa_key::<MlDsa87>(backend);
        let hasher = mldsa::MuHasher::new_internal(backend, &[1; 64]);
        let mut kept = hasher.clone();
        claim(!is_zero(&kept.sponge.state().0), || "a hasher".to_owned());
        claim(is_zero(&dropped(hasher).sponge.state().0), || "a dropped hasher".to_owned());
    }
}
