//! Valid keys and what they made, of every parameter set with each engine on every code path.

use crate::common::mldsa::{DSA_SETS, DsaSet, m_prime};
use crate::common::mlkem::{KEM_SETS, KemSet};
use crate::common::xwing::XWing;
use crate::common::{Owned, engines_and_paths};
use pqc_ffi::formats::{PQC_ENCODING_DER, PQC_ENCODING_PEM, PQC_PRIVATE_KEY_BOTH};
use pqc_ffi::key_flags::{PQC_KEY_PORTABLE, PQC_KEY_SIMD};
use pqc_ffi::mldsa_ffi::{MlDsaKeyPair, MlDsaPublicKey, PQC_HASH_SHA3_384};
use pqc_ffi::mlkem_ffi::{MlKemKeyPair, MlKemPublicKey};
use pqc_ffi::status::PqcStatus;
use pqc_ffi::xwing_ffi::{XWingKeyPair, XWingPublicKey};
use std::sync::LazyLock;

pub(crate) const MESSAGE: &[u8] = b"message";
pub(crate) const CONTEXT: &[u8] = b"context";
pub(crate) const HASH: u32 = PQC_HASH_SHA3_384;
pub(crate) const DIGEST: &[u8] = &[3; 48];
pub(crate) const RANDOMNESS: &[u8] = &[5; 32];
pub(crate) const XWING_RANDOMNESS: &[u8] = &[5; 64];

/// Keys of one parameter set of each family, and of X-Wing.
pub(crate) struct Keys {
    pub(crate) kem: KemSet,
    pub(crate) kem_pair: Owned<MlKemKeyPair>,
    pub(crate) kem_key: Owned<MlKemPublicKey>,
    pub(crate) kem_seed: Vec<u8>,
    pub(crate) kem_private: Vec<u8>,
    pub(crate) kem_public: Vec<u8>,
    pub(crate) kem_pkcs8: Vec<u8>,
    pub(crate) kem_spki: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) shared_secret: Vec<u8>,
    pub(crate) dsa: DsaSet,
    pub(crate) dsa_pair: Owned<MlDsaKeyPair>,
    pub(crate) dsa_key: Owned<MlDsaPublicKey>,
    pub(crate) dsa_seed: Vec<u8>,
    pub(crate) dsa_private: Vec<u8>,
    pub(crate) dsa_public: Vec<u8>,
    pub(crate) dsa_pkcs8: Vec<u8>,
    pub(crate) dsa_spki: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) prehashed_signature: Vec<u8>,
    pub(crate) m_prime: Vec<u8>,
    pub(crate) mu: Vec<u8>,
    /// Whether the keys take an external mu.
    pub(crate) takes_mu: bool,
    pub(crate) xwing_pair: Owned<XWingKeyPair>,
    pub(crate) xwing_key: Owned<XWingPublicKey>,
    pub(crate) xwing_seed: Vec<u8>,
    pub(crate) xwing_public: Vec<u8>,
    pub(crate) xwing_ciphertext: Vec<u8>,
    pub(crate) xwing_secret: Vec<u8>,
}

impl Keys {
    fn new(level: usize, flags: u32) -> Result<Self, PqcStatus> {
        let kem = KemSet { flags, ..KEM_SETS[level] };
        let dsa = DsaSet { flags, ..DSA_SETS[level] };
        let (kem_pair, dsa_pair) = (kem.load_seed(&[7; 64])?, dsa.load_seed(&[7; 32])?);
        let (kem_key, dsa_key) = (kem_pair.public_key()?, dsa_pair.public_key()?);
        let encoding = if flags & PQC_KEY_PORTABLE != 0 { PQC_ENCODING_DER } else { PQC_ENCODING_PEM };
        let (ciphertext, shared_secret) = kem_key.encapsulate_derand(RANDOMNESS)?;
        let xwing_pair = XWing { flags }.load_seed(&[7; 32])?;
        let xwing_key = xwing_pair.public_key()?;
        let (xwing_ciphertext, xwing_secret) = xwing_key.encapsulate_derand(XWING_RANDOMNESS)?;
        Ok(Self {
            xwing_seed: xwing_pair.seed_bytes()?.to_vec(),
            xwing_public: xwing_key.bytes()?.to_vec(),
            xwing_ciphertext: xwing_ciphertext.to_vec(),
            xwing_secret: xwing_secret.to_vec(),
            kem_seed: kem_pair.seed_bytes()?.to_vec(),
            kem_private: kem_pair.private_key_bytes()?.to_vec(),
            kem_public: kem_key.bytes()?.to_vec(),
            kem_pkcs8: kem_pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, encoding, b"")?.to_vec(),
            kem_spki: kem_key.to_spki(encoding)?.to_vec(),
            ciphertext: ciphertext.to_vec(),
            shared_secret: shared_secret.to_vec(),
            dsa_seed: dsa_pair.seed_bytes()?.to_vec(),
            dsa_private: dsa_pair.private_key_bytes()?.to_vec(),
            dsa_public: dsa_key.bytes()?.to_vec(),
            dsa_pkcs8: dsa_pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, encoding, b"")?.to_vec(),
            dsa_spki: dsa_key.to_spki(encoding)?.to_vec(),
            signature: dsa_pair.sign_derand(MESSAGE, CONTEXT, RANDOMNESS)?.to_vec(),
            prehashed_signature: dsa_pair.sign_prehashed_derand(HASH, DIGEST, CONTEXT, RANDOMNESS)?.to_vec(),
            m_prime: m_prime(MESSAGE, CONTEXT),
            mu: dsa_key.mu(MESSAGE, CONTEXT)?.to_vec(),
            takes_mu: flags & PQC_KEY_SIMD != 0,
            kem,
            kem_pair,
            kem_key,
            dsa,
            dsa_pair,
            dsa_key,
            xwing_pair,
            xwing_key,
        })
    }

    /// The keys of the weakest (0) to the strongest (2) sets, of the engine and on the code path that `path` counts.
    pub(crate) fn get(level: usize, path: usize) -> &'static Self {
        let paths = path_flags().len();
        &KEYS[level % KEM_SETS.len() * paths + path % paths]
    }
}

static KEYS: LazyLock<Vec<Keys>> = LazyLock::new(|| {
    let all = (0..KEM_SETS.len()).flat_map(|level| path_flags().into_iter().map(move |flags| Keys::new(level, flags)));
    all.collect::<Result<_, _>>().expect("valid inputs make keys")
});

/// The flags of each engine with every code path of this machine.
pub(crate) fn path_flags() -> Vec<u32> {
    engines_and_paths().into_iter().map(|(_, flags)| flags).collect()
}
