//! The lists over which the tests of this crate iterate.
#![allow(dead_code, reason = "each test uses some of it")]

use pqc_core::{Algorithm, CodePath, Error, KeyOptions, Precompute, PrivateKey};

pub(crate) const MLKEM: [Algorithm; 3] = [Algorithm::MlKem512, Algorithm::MlKem768, Algorithm::MlKem1024];
pub(crate) const MLDSA: [Algorithm; 3] = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];
pub(crate) const KEMS: [Algorithm; 4] =
    [Algorithm::MlKem512, Algorithm::MlKem768, Algorithm::MlKem1024, Algorithm::XWing];

pub(crate) const HYBRIDS: [Algorithm; 3] = [Algorithm::XWing, Algorithm::MlKem768P256, Algorithm::MlKem1024P384];

pub(crate) const COMPOSITES: [Algorithm; 6] = [
    Algorithm::MlDsa44Ed25519,
    Algorithm::MlDsa44EcdsaP256,
    Algorithm::MlDsa65EcdsaP256,
    Algorithm::MlDsa65EcdsaP384,
    Algorithm::MlDsa65Ed25519,
    Algorithm::MlDsa87EcdsaP384,
];

/// The signature algorithms.
pub(crate) fn signers() -> impl Iterator<Item = Algorithm> + Clone {
    MLDSA.into_iter().chain(COMPOSITES)
}

/// The longest secrets of a composite: the seed of ML-DSA and a scalar of P-384.
pub(crate) const MAX_SECRET_BYTES: usize = 32 + 48;

/// The private key of a composite with the first bytes of these as its secrets (the draft's section 4.2): the seed of ML-DSA and
/// the classical secret, for ECDSA in an ECPrivateKey.
pub(crate) fn composite_private_key(composite: Algorithm, secrets: &[u8; MAX_SECRET_BYTES]) -> Vec<u8> {
    let (before, secret_bytes, behind): (&[u8], _, &[u8]) = match composite.private_key_bytes() {
        64 => (b"", 32, b""),
        83 => (b"\x30\x31\x02\x01\x01\x04\x20", 32, b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
        _ => (b"\x30\x3e\x02\x01\x01\x04\x30", 48, b"\xa0\x07\x06\x05\x2b\x81\x04\x00\x22"),
    };
    [&secrets[..32], before, &secrets[32..][..secret_bytes], behind].concat()
}

/// A key of equal bytes: of a seed, or of the secrets of a composite.
pub(crate) fn key_of(algorithm: Algorithm, options: impl Into<KeyOptions>, byte: u8) -> Result<PrivateKey, Error> {
    match algorithm.seed_bytes() {
        0 => PrivateKey::from_bytes(algorithm, options, &composite_private_key(algorithm, &[byte; MAX_SECRET_BYTES])),
        bytes => PrivateKey::from_seed(algorithm, options, &vec![byte; bytes]),
    }
}

/// Every path of this machine, with each of these times of expansion.
pub(crate) fn choices<const N: usize>(forms: [Precompute; N]) -> impl Iterator<Item = KeyOptions> {
    CodePath::available().flat_map(move |path| forms.map(|precompute| KeyOptions { precompute, ..path.into() }))
}

/// Every path, with the expanded form of a key, where it has two, and without.
pub(crate) fn both_forms() -> impl Iterator<Item = KeyOptions> {
    choices([Precompute::Always, Precompute::Never])
}

/// Every path, with every time of expansion.
pub(crate) fn all_forms() -> impl Iterator<Item = KeyOptions> {
    choices([Precompute::Always, Precompute::OnSecondUse, Precompute::Never])
}
