//! Operations on encodings with extreme coefficients only, with overflow checks and the contracts of all kernels on:
//! keys that no key generation returns, including unreduced ones, and signatures and ciphertexts that no operation
//! made.

use super::{Label, Row, claim};
use crate::backend::Backend;
use crate::bytes::Bytes;
use crate::mldsa::{self, MlDsa44, MlDsa65, MlDsa87};
use crate::mlkem::{self, MlKem512, MlKem768, MlKem1024};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA with extreme keys and signatures: no overflow, every contract holds, and all backends agree",
        label: Label::Tested,
        covers: &[
            "mldsa/signing.rs::sign_mu",
            "mldsa/signing.rs::sign_once",
            "mldsa/verifying.rs::verify_mu",
            "mldsa/verifying.rs::verify_first",
            "mldsa/keygen.rs::public_key_from_private",
        ],
        is_slow: false,
        check: || {
            check_mldsa::<MlDsa44>();
            check_mldsa::<MlDsa65>();
            check_mldsa::<MlDsa87>();
        },
    },
    Row {
        name: "ML-KEM with extreme keys and ciphertexts: no overflow, every contract holds, and all backends agree",
        label: Label::Tested,
        covers: &["mlkem/kem.rs::encapsulate", "mlkem/kem.rs::decapsulate"],
        is_slow: false,
        check: || {
            check_mlkem::<MlKem512>();
            check_mlkem::<MlKem768>();
            check_mlkem::<MlKem1024>();
        },
    },
];

/// Bytes that encode the least and the greatest numbers of all widths, both in turn, and 3328, 3329 and 4095 of 12 bits.
const PATTERNS: [[u8; 3]; 7] =
    [[0; 3], [0xff; 3], [0x00, 0xff, 0x00], [0xaa; 3], [0x00, 0x0d, 0xd0], [0x01, 0x1d, 0xd0], [0xff, 0x0f, 0x00]];

fn fill(bytes: &mut [u8], pattern: [u8; 3]) {
    bytes.iter_mut().zip(pattern.iter().cycle()).for_each(|(byte, from)| *byte = *from);
}

/// The answers of each backend, which must be the same.
#[track_caller]
fn agree<R: PartialEq>(what: &str, answer: impl Fn(Backend) -> R) {
    let portable = answer(Backend::Portable);
    for backend in Backend::available() {
        claim(answer(backend) == portable, || format!("{what} on {}", backend.name()));
    }
}

fn check_mldsa<P: mldsa::ParameterSet>() {
    for pattern in PATTERNS {
        let (mut public_key, mut signature) = (P::PublicKey::ZERO, P::Signature::ZERO);
        fill(&mut public_key.as_mut()[32..], pattern);
        for z in PATTERNS {
            // The greatest z that is accepted is near 0x00, the least near 0xff: both are refused, others are not.
            fill(&mut signature.as_mut()[P::COMMITMENT_BYTES..][..P::L * P::Z_BYTES], z);
            agree("a verification", |backend| {
                let first = mldsa::verify_first::<P, ()>(backend, &public_key, |tr| Ok(*tr), &signature);
                (first, mldsa::verify_mu::<P>(backend, &public_key, &[7; 64], &signature))
            });
        }
        let mut private_key = P::PrivateKey::ZERO;
        fill(&mut private_key.as_mut()[128..], pattern);
        agree("a check of a private key", |backend| {
            let mut public_key = P::PublicKey::ZERO;
            let result = mldsa::public_key_from_private::<P>(backend, &private_key, &mut public_key);
            (result, (result != Err(mldsa::InvalidPrivateKey::Range)).then_some(public_key))
        });
    }
    // s1, s2 and t0 at both ends of the range that can be decoded: an attempt succeeds seldom or never.
    for pattern in [[0; 3], [0xff; 3]] {
        let mut private_key = P::PrivateKey::ZERO;
        fill(&mut private_key.as_mut()[128..], pattern);
        agree("a signature", |backend| {
            let mut signature = P::Signature::ZERO;
            (mldsa::sign_mu::<P>(backend, &private_key, &[7; 64], &[0; 32], &mut signature), signature)
        });
    }
}

fn check_mlkem<P: mlkem::ParameterSet>() {
    for pattern in PATTERNS {
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        fill(&mut private_key.as_mut()[..384 * P::K], pattern);
        fill(&mut public_key.as_mut()[..384 * P::K], pattern);
        private_key.as_mut()[384 * P::K..][..P::PUBLIC_KEY_BYTES].copy_from_slice(public_key.as_ref());
        agree("an encapsulation", |backend| {
            let (mut ciphertext, mut shared_secret) = (P::Ciphertext::ZERO, [0; 32]);
            mlkem::encapsulate::<P>(backend, &public_key, &[0x5a; 32], &mut ciphertext, &mut shared_secret);
            (ciphertext, shared_secret)
        });
        for bytes in PATTERNS {
            let mut ciphertext = P::Ciphertext::ZERO;
            fill(ciphertext.as_mut(), bytes);
            agree("a decapsulation", |backend| {
                let mut shared_secret = [0; 32];
                mlkem::decapsulate::<P>(backend, &private_key, &ciphertext, &mut shared_secret);
                shared_secret
            });
        }
    }
}
