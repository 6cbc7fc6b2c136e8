//! Key pairs, ciphertexts and secrets of each parameter set, hashed into one digest: 10,000 on the best backend, and 1,000 on the
//! others.
//!
//! The inputs are one stream, SHAKE128 of the empty string: for each case a seed, m, and a random ciphertext. The digest is
//! SHAKE128 of the public key, the private key, the ciphertext, its secret and the secret of the random ciphertext of each
//! case. These are the accumulated vectors of C2SP/CCTV. `QYNAUTH_PQC_CASES` can set the maximum number.

use crate::mlkem::{check_without_hash, decapsulate, encapsulate, keygen, public_key, sized};
use pqc_simd::mlkem::{ExpandedPrivateKey, MlKem512, MlKem768, MlKem1024, ParameterSet};
use pqc_simd::{Backend, Bytes};
use shake::Shake128;
use shake::digest::{ExtendableOutput, Update, XofReader};

/// The numbers of cases after which there is a digest.
const CASES: [u32; 3] = [10, 1_000, 10_000];

fn digests<P: ParameterSet>(backend: Backend) -> Vec<String> {
    let usual = if backend == Backend::best() { 10_000 } else { 1_000 };
    let most = std::env::var("QYNAUTH_PQC_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual);
    let (mut input, mut digest, mut digests) = (Shake128::default().finalize_xof(), Shake128::default(), Vec::new());
    for case in 0..CASES.into_iter().rfind(|cases| *cases <= most).unwrap_or(CASES[0]) {
        let (mut seed, mut m, mut other) = ([0; 64], [0; 32], vec![0; P::CIPHERTEXT_BYTES]);
        input.read(&mut seed);
        input.read(&mut m);
        input.read(&mut other);
        let private_key = keygen::<P>(backend, &seed);
        let (ciphertext, secret, rejected) = use_key::<P>(backend, &private_key, &m, &other);
        for bytes in [public_key::<P>(&private_key), &private_key, &ciphertext, &secret, &rejected] {
            digest.update(bytes);
        }
        if CASES.contains(&(case + 1)) {
            let mut out = [0; 32];
            digest.clone().finalize_xof().read(&mut out);
            digests.push(out.map(|byte| format!("{byte:02x}")).concat());
        }
    }
    digests
}

/// A ciphertext, its secret, and the secret of another ciphertext.
fn use_key<P: ParameterSet>(
    backend: Backend,
    private_key: &[u8],
    m: &[u8; 32],
    other: &[u8],
) -> (Vec<u8>, [u8; 32], [u8; 32]) {
    let mut key = ExpandedPrivateKey::<P>::default();
    key.expand(backend, sized(private_key));
    let (mut ciphertext, mut secrets) = (P::Ciphertext::ZERO, [[0; 32]; 3]);
    key.public_key().encapsulate(backend, m, &mut ciphertext, &mut secrets[0]);
    key.decapsulate(backend, &ciphertext, &mut secrets[1]);
    key.decapsulate(backend, sized(other), &mut secrets[2]);
    assert_eq!(secrets[0], secrets[1]);
    (ciphertext.as_ref().to_vec(), secrets[0], secrets[2])
}

/// The other forms of a key have the same results.
fn check_forms<P: ParameterSet>(backend: Backend) {
    for number in 0..10 {
        let (private_key, m) = (keygen::<P>(backend, &[number; 64]), [number; 32]);
        let (ciphertext, secret) = encapsulate::<P>(backend, public_key::<P>(&private_key), &m);
        let mut tampered = ciphertext.clone();
        tampered[usize::from(number) * 61] ^= 1 << (number % 8);
        let rejected = decapsulate::<P>(backend, &private_key, &tampered);
        assert_eq!(decapsulate::<P>(backend, &private_key, &ciphertext), secret);
        assert_ne!(rejected, secret);
        for (ciphertext, secret) in [(ciphertext, secret), (tampered, rejected)] {
            check_without_hash::<P>(backend, &private_key, &ciphertext, secret);
        }
    }
}

fn check<P: ParameterSet>(expected: [&str; 3]) {
    for backend in Backend::available() {
        let found = digests::<P>(backend);
        assert!(found.iter().zip(expected).all(|(found, expected)| found == expected), "{}: {found:?}", backend.name());
        check_forms::<P>(backend);
    }
}

#[test]
fn test_mlkem512_has_the_known_digest() {
    check::<MlKem512>([
        "3dd07a86fcec47735136b0034d3282cc90a16ccf01e49e1b66a87afcae696690",
        "9144b1054d29546b0f7fdd2e48dbb6d68c573dd468845c5e97eb2dba77a8f1e9",
        "705dcffc87f4e67e35a09dcaa31772e86f3341bd3ccf1e78a5fef99ae6a35a13",
    ]);
}

#[test]
fn test_mlkem768_has_the_known_digest() {
    check::<MlKem768>([
        "3313043a4b8d07165cc64e27ff58f11d8527cae5db1767f85529b6a505faa833",
        "5706194c22e3e0977b570e636de7364abce0609b341433cc4eb48062080b7c76",
        "f959d18d3d1180121433bf0e05f11e7908cf9d03edc150b2b07cb90bef5bc1c1",
    ]);
}

#[test]
fn test_mlkem1024_has_the_known_digest() {
    check::<MlKem1024>([
        "e9f17641909d966e70ce0b84ce53c582d5e69db5644b12b20b9e86dbc4dabd9d",
        "df23d235ef494a38b2de2deda2704bb1312dd88ef6987ec4fc6f08fe5963ed7f",
        "e3bf82b013307b2e9d47dde791ff6dfc82e694e6382404abdb948b908b75bad5",
    ]);
}
