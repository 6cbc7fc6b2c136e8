//! Every exported function that returns a status, with arguments that are right: the table for tests of all of them.

use super::arena::Arena;
use super::call::{Call, Fault, Input};
use super::formats::{ENCRYPTED, PASSWORD};
use super::mldsa::{DSA_SETS, DsaSet, m_prime};
use super::mlkem::{KEM_SETS, KemSet};
use super::xwing::XWING;
use super::{Owned, metrics};
use core::cell::UnsafeCell;
use core::ptr;
use pqc_ffi::formats::*;
use pqc_ffi::key_flags::*;
use pqc_ffi::memory::ffi_buffer_zeroed;
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mldsa_formats::*;
use pqc_ffi::mldsa_mu::*;
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::mlkem_formats::*;
use pqc_ffi::monitoring::*;
use pqc_ffi::status::PqcStatus;
use pqc_ffi::xwing_ffi::*;

/// An exported function and how to call it.
pub(crate) struct Function(pub(crate) &'static str, fn(&Fixture, &mut Call) -> PqcStatus);

impl Function {
    /// Calls the function with one argument wrong, and checks what holds for every call.
    pub(crate) fn call(&self, fixture: &Fixture, fault: Fault) -> Call {
        let mut call = Call::new(fault);
        call.status = self.1(fixture, &mut call);
        match call.status {
            PqcStatus::Ok => assert!(call.is_filled(), "{}: the outputs are filled", self.0),
            PqcStatus::BatchItems => (),
            PqcStatus::Overlap => {
                assert!(call.arena.as_ref().is_some_and(Arena::is_unchanged), "{}: nothing is written", self.0);
            }
            _ => assert!(call.is_emptied(), "{} {fault:?}: the outputs are emptied", self.0),
        }
        call
    }
}

/// Keys and inputs of one parameter set of each family, and of X-Wing, which has but one.
pub(crate) struct Fixture {
    pub(crate) kem: KemSet,
    kem_pair: Owned<MlKemKeyPair>,
    kem_key: Owned<MlKemPublicKey>,
    kem_seed: Input,
    kem_private: Input,
    kem_public: Input,
    ciphertext: Input,
    pub(crate) dsa: DsaSet,
    dsa_pair: Owned<MlDsaKeyPair>,
    dsa_key: Owned<MlDsaPublicKey>,
    dsa_seed: Input,
    dsa_private: Input,
    dsa_public: Input,
    message: Input,
    context: Input,
    m_prime: Input,
    signature: Input,
    digest: Input,
    prehashed_signature: Input,
    /// Of the engine simd: libcrux has no external mu.
    mu_pair: Owned<MlDsaKeyPair>,
    mu_key: Owned<MlDsaPublicKey>,
    mu_hasher: Owned<MlDsaMuHasher>,
    mu: Input,
    xwing_pair: Owned<XWingKeyPair>,
    xwing_key: Owned<XWingPublicKey>,
    xwing_seed: Input,
    xwing_public: Input,
    xwing_ciphertext: Input,
    xwing_randomness: Input,
    /// `m` and `rnd` have the same length.
    randomness: Input,
    kem_pkcs8: Input,
    kem_spki: Input,
    dsa_pkcs8: Input,
    dsa_spki: Input,
    encrypted: Input,
    password: Input,
    metrics: Box<UnsafeCell<FFIMetrics>>,
}

impl Fixture {
    pub(crate) const KEM_SEED: [u8; 64] = *b"a seed of sixty-four bytes, which no other memory holds by luck.";
    pub(crate) const DSA_SEED: [u8; 32] = *b"the thirty-two bytes of a seed..";
    pub(crate) const XWING_SEED: [u8; 32] = *b"a seed of X-Wing, thirty-two too";
    pub(crate) const XWING_RANDOMNESS: [u8; 64] = *b"sixty-four bytes for X-Wing, of which each half has a purpose...";
    pub(crate) const RANDOMNESS: [u8; 32] = *b"randomness that is not random...";

    const HASH: u32 = PQC_HASH_SHA3_384;
    const DIGEST: [u8; 48] = [3; 48];

    /// The fixture of the weakest (0) to the strongest (2) sets. Public keys do not come from the pairs, so that the
    /// pairs have not yet made theirs.
    pub(crate) fn new(level: usize) -> Result<Self, PqcStatus> {
        let (kem, dsa) = (KEM_SETS[level], DSA_SETS[level]);
        let kem_pair = kem.load_seed(&Self::KEM_SEED)?;
        let kem_key = kem.load_public_key(&kem_pair.public_key_bytes()?)?;
        let dsa_pair = dsa.load_seed(&Self::DSA_SEED)?;
        let dsa_key = dsa.load_public_key(&dsa_pair.public_key_bytes()?)?;
        let xwing_pair = XWING.load_seed(&Self::XWING_SEED)?;
        let xwing_key = XWING.load_public_key(&xwing_pair.public_key_bytes()?)?;
        let (message, context) = (b"message", b"context");
        let mu_pair = DsaSet { flags: PQC_KEY_SIMD, ..dsa }.load_seed(&Self::DSA_SEED)?;
        let mu_key = mu_pair.public_key()?;
        let mu_hasher = dsa_key.mu_hasher(context)?;
        mu_hasher.update(message)?;
        Ok(Self {
            kem_seed: Input::new(&Self::KEM_SEED),
            kem_private: Input::new(&kem_pair.private_key_bytes()?),
            kem_public: Input::new(&kem_pair.public_key_bytes()?),
            ciphertext: Input::new(&kem_key.encapsulate_derand(&Self::RANDOMNESS)?.0),
            dsa_seed: Input::new(&Self::DSA_SEED),
            dsa_private: Input::new(&dsa_pair.private_key_bytes()?),
            dsa_public: Input::new(&dsa_pair.public_key_bytes()?),
            message: Input::new(message),
            context: Input::new(context),
            m_prime: Input::new(&m_prime(message, context)),
            signature: Input::new(&dsa_pair.sign_derand(message, context, &Self::RANDOMNESS)?),
            digest: Input::new(&Self::DIGEST),
            prehashed_signature: Input::new(&dsa_pair.sign_prehashed(Self::HASH, &Self::DIGEST, context, 0)?),
            mu: Input::new(&mu_hasher.finalize()?),
            mu_pair,
            mu_key,
            mu_hasher,
            xwing_seed: Input::new(&Self::XWING_SEED),
            xwing_public: Input::new(&xwing_pair.public_key_bytes()?),
            xwing_ciphertext: Input::new(&xwing_key.encapsulate_derand(&Self::XWING_RANDOMNESS)?.0),
            xwing_randomness: Input::new(&Self::XWING_RANDOMNESS),
            randomness: Input::new(&Self::RANDOMNESS),
            kem_pkcs8: Input::new(&kem_pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, b"")?),
            kem_spki: Input::new(&kem_key.to_spki(PQC_ENCODING_DER)?),
            dsa_pkcs8: Input::new(&dsa_pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, b"")?),
            dsa_spki: Input::new(&dsa_key.to_spki(PQC_ENCODING_DER)?),
            encrypted: Input::new(&ENCRYPTED),
            password: Input::new(PASSWORD),
            metrics: Box::new(UnsafeCell::new(metrics::empty())),
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

    /// One fixture for each level.
    pub(crate) fn all() -> Result<Vec<Self>, PqcStatus> {
        (0..KEM_SETS.len()).map(Self::new).collect()
    }
}

/// The flags of every function that makes a key.
const KEY_FLAGS: u32 =
    PATHS | PQC_KEY_LIBCRUX | PQC_KEY_SIMD | PQC_KEY_LOCKED_MEMORY | PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE;
const PATHS: u32 = PQC_KEY_PORTABLE | PQC_KEY_AVX2 | PQC_KEY_NEON | PQC_KEY_BEST | PQC_KEY_AVX512;

/// The flags of ffi_enable_optimizations.
const SETTINGS: u32 = PATHS
    | PQC_OPTIMIZE_LIBCRUX
    | PQC_OPTIMIZE_SIMD
    | PQC_OPTIMIZE_WARM_UP
    | PQC_OPTIMIZE_TIMING_ON
    | PQC_OPTIMIZE_TIMING_OFF;

/// Changes the settings, and puts engine, code path and timing back.
fn settings_for_now(flags: u32) -> PqcStatus {
    let before = ffi_get_optimizations() & !PATHS | PQC_OPTIMIZE_BEST;
    let status = ffi_enable_optimizations(flags);
    assert_eq!(ffi_enable_optimizations(before), PqcStatus::Ok);
    status
}

/// The functions in the order of the header.
#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Function] = {
    use PqcStatus::{
        CiphertextLength, DigestLength, InvalidSignature, KeyEncoding, MuLength, PrivateKeyLength, PublicKeyLength,
        RandomnessLength, SeedLength,
    };
    // SAFETY: every pointer is NULL or comes from the fixture or the call, which both outlive the function.
    unsafe {
        &[
            Function("ffi_key_algorithm", |f, c| ffi_key_algorithm(
                c.exact(&f.kem_pkcs8, KeyEncoding), c.length(), c.number(0), c.number(1))),
            Function("ffi_key_kdf_cost", |f, c| ffi_key_kdf_cost(
                c.exact(&f.encrypted, KeyEncoding), c.length(), c.cost())),
            Function("ffi_private_key_from_pkcs8", |f, c| ffi_private_key_from_pkcs8(
                c.flags(KEY_FLAGS), c.exact(&f.encrypted, KeyEncoding), c.length(),
                c.any(&f.password), c.length(), 0, c.one_of_handles(0), c.one_of_handles(1))),
            Function("ffi_key_options", |_, c| ffi_key_options(c.flags(KEY_FLAGS), c.number(0))),
            Function("ffi_buffer_zeroed", |_, c| ffi_buffer_zeroed(c.flags(PQC_KEY_LOCKED_MEMORY), 64, c.buffer(0))),
            Function("mldsa_keypair_generate_batch", |f, c| mldsa_keypair_generate_batch(
                c.set(f.dsa.id), c.flags(KEY_FLAGS), c.count(), 1, c.handle(), c.statuses())),
            Function("mldsa_sign_batch", |f, c| mldsa_sign_batch(
                c.keys(&f.dsa_pair), 1, c.column(&f.message), c.column(&f.context), c.count(),
                c.flags(MLDSA_SIGN_DETERMINISTIC), 1, c.buffer(0), c.statuses())),
            Function("mldsa_sign_batch_into", |f, c| mldsa_sign_batch_into(
                c.keys(&f.dsa_pair), 1, c.column(&f.message), c.column(&f.context), c.count(),
                c.flags(MLDSA_SIGN_DETERMINISTIC), 1, c.batch_room(0, f.signature.len()), c.statuses())),
            Function("mldsa_verify_batch", |f, c| mldsa_verify_batch(
                c.keys(&f.dsa_key), 1, c.exact_column(&f.message, InvalidSignature),
                c.exact_column(&f.context, InvalidSignature), c.exact_column(&f.signature, InvalidSignature),
                c.count(), 1, c.statuses())),
            Function("mldsa_verify_encoded_batch", |f, c| mldsa_verify_encoded_batch(
                c.flags(KEY_FLAGS), c.column(&f.dsa_public),
                c.exact_column(&f.message, InvalidSignature), c.exact_column(&f.context, InvalidSignature),
                c.exact_column(&f.signature, InvalidSignature), c.count(), 1, c.statuses())),
            Function("mldsa_keypair_generate", |f, c| mldsa_keypair_generate(c.set(f.dsa.id), c.flags(KEY_FLAGS), c.handle())),
            Function("mldsa_keypair_from_seed", |f, c| mldsa_keypair_from_seed(
                c.set(f.dsa.id), c.flags(KEY_FLAGS), c.exact(&f.dsa_seed, SeedLength), c.length(), c.handle())),
            Function("mldsa_keypair_from_private_key", |f, c| mldsa_keypair_from_private_key(
                c.set(f.dsa.id), c.flags(KEY_FLAGS), c.exact(&f.dsa_private, PrivateKeyLength), c.length(), c.handle())),
            Function("mldsa_keypair_parameter_set", |f, c| mldsa_keypair_parameter_set(c.key(&f.dsa_pair), c.number(0))),
            Function("mldsa_keypair_options", |f, c| mldsa_keypair_options(c.key(&f.dsa_pair), c.number(0))),
            Function("mldsa_keypair_resident_bytes", |f, c| mldsa_keypair_resident_bytes(c.key(&f.dsa_pair), c.size())),
            Function("mldsa_keypair_public_key", |f, c| mldsa_keypair_public_key(c.key(&f.dsa_pair), c.handle())),
            Function("mldsa_keypair_public_key_bytes", |f, c| mldsa_keypair_public_key_bytes(
                c.key(&f.dsa_pair), c.buffer(0))),
            Function("mldsa_keypair_private_key_bytes", |f, c| mldsa_keypair_private_key_bytes(
                c.key(&f.dsa_pair), c.buffer(0))),
            Function("mldsa_keypair_seed_bytes", |f, c| mldsa_keypair_seed_bytes(c.key(&f.dsa_pair), c.buffer(0))),
            Function("mldsa_public_key_from_bytes", |f, c| mldsa_public_key_from_bytes(
                c.set(f.dsa.id), c.flags(KEY_FLAGS), c.exact(&f.dsa_public, PublicKeyLength), c.length(), c.handle())),
            Function("mldsa_public_key_parameter_set", |f, c| mldsa_public_key_parameter_set(
                c.key(&f.dsa_key), c.number(0))),
            Function("mldsa_public_key_options", |f, c| mldsa_public_key_options(c.key(&f.dsa_key), c.number(0))),
            Function("mldsa_public_key_resident_bytes", |f, c| mldsa_public_key_resident_bytes(c.key(&f.dsa_key), c.size())),
            Function("mldsa_public_key_bytes", |f, c| mldsa_public_key_bytes(c.key(&f.dsa_key), c.buffer(0))),
            Function("mldsa_sign", |f, c| mldsa_sign(
                c.key(&f.dsa_pair), c.any(&f.message), c.length(), c.any(&f.context), c.length(),
                c.flags(MLDSA_SIGN_DETERMINISTIC), c.buffer(0))),
            Function("mldsa_sign_derand", |f, c| mldsa_sign_derand(
                c.key(&f.dsa_pair), c.any(&f.message), c.length(), c.any(&f.context), c.length(),
                c.exact(&f.randomness, RandomnessLength), c.length(), c.buffer(0))),
            Function("mldsa_sign_prehashed", |f, c| mldsa_sign_prehashed(
                c.key(&f.dsa_pair), c.hash(Fixture::HASH), c.exact(&f.digest, DigestLength), c.length(),
                c.any(&f.context), c.length(), c.flags(MLDSA_SIGN_DETERMINISTIC), c.buffer(0))),
            Function("mldsa_sign_prehashed_derand", |f, c| mldsa_sign_prehashed_derand(
                c.key(&f.dsa_pair), c.hash(Fixture::HASH), c.exact(&f.digest, DigestLength), c.length(),
                c.any(&f.context), c.length(), c.exact(&f.randomness, RandomnessLength), c.length(), c.buffer(0))),
            Function("mldsa_sign_internal", |f, c| mldsa_sign_internal(
                c.key(&f.dsa_pair), c.any(&f.m_prime), c.length(),
                c.exact(&f.randomness, RandomnessLength), c.length(), c.buffer(0))),
            Function("mldsa_sign_into", |f, c| mldsa_sign_into(
                c.key(&f.dsa_pair), c.any(&f.message), c.length(), c.any(&f.context), c.length(),
                c.flags(MLDSA_SIGN_DETERMINISTIC), c.room(0, f.signature.len()), c.capacity(0), c.written(0))),
            Function("mldsa_verify", |f, c| mldsa_verify(
                c.key(&f.dsa_key), c.any(&f.message), c.length(), c.any(&f.context), c.length(),
                c.exact(&f.signature, InvalidSignature), c.length())),
            Function("mldsa_verify_prehashed", |f, c| mldsa_verify_prehashed(
                c.key(&f.dsa_key), c.hash(Fixture::HASH), c.exact(&f.digest, DigestLength), c.length(),
                c.any(&f.context), c.length(), c.exact(&f.prehashed_signature, InvalidSignature), c.length())),
            Function("mldsa_verify_internal", |f, c| mldsa_verify_internal(
                c.key(&f.dsa_key), c.any(&f.m_prime), c.length(),
                c.exact(&f.signature, InvalidSignature), c.length())),
            Function("mldsa_keypair_from_pkcs8", |f, c| mldsa_keypair_from_pkcs8(
                c.flags(KEY_FLAGS), c.exact(&f.dsa_pkcs8, KeyEncoding), c.length(), ptr::null(), 0, 0, c.handle())),
            Function("mldsa_keypair_to_pkcs8", |f, c| mldsa_keypair_to_pkcs8(
                c.key(&f.dsa_pair), ptr::null(), 0, PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, c.buffer(0))),
            Function("mldsa_public_key_from_spki", |f, c| mldsa_public_key_from_spki(
                c.flags(KEY_FLAGS), c.exact(&f.dsa_spki, KeyEncoding), c.length(), c.handle())),
            Function("mldsa_public_key_to_spki", |f, c| mldsa_public_key_to_spki(
                c.key(&f.dsa_key), PQC_ENCODING_PEM, c.buffer(0))),
            Function("mldsa_mu_hasher_from_public_key", |f, c| mldsa_mu_hasher_from_public_key(
                c.key(&f.dsa_key), c.any(&f.context), c.length(), c.handle())),
            Function("mldsa_mu_hasher_update", |f, c| mldsa_mu_hasher_update(
                c.key(&f.mu_hasher).cast_mut(), c.any(&f.message), c.length())),
            Function("mldsa_mu_hasher_finalize", |f, c| mldsa_mu_hasher_finalize(c.key(&f.mu_hasher), c.buffer(0))),
            Function("mldsa_sign_mu", |f, c| mldsa_sign_mu(
                c.key(&f.mu_pair), c.exact(&f.mu, MuLength), c.length(), c.flags(MLDSA_SIGN_DETERMINISTIC), c.buffer(0))),
            Function("mldsa_sign_mu_derand", |f, c| mldsa_sign_mu_derand(
                c.key(&f.mu_pair), c.exact(&f.mu, MuLength), c.length(),
                c.exact(&f.randomness, RandomnessLength), c.length(), c.buffer(0))),
            Function("mldsa_verify_mu", |f, c| mldsa_verify_mu(
                c.key(&f.mu_key), c.exact(&f.mu, MuLength), c.length(),
                c.exact(&f.signature, InvalidSignature), c.length())),
            Function("mlkem_keypair_generate_batch", |f, c| mlkem_keypair_generate_batch(
                c.set(f.kem.id), c.flags(KEY_FLAGS), c.count(), 1, c.handle(), c.statuses())),
            Function("mlkem_encapsulate_batch", |f, c| mlkem_encapsulate_batch(
                c.keys(&f.kem_key), 1, c.count(), 1, c.buffer(0), c.buffer(1), c.statuses())),
            Function("mlkem_encapsulate_batch_into", |f, c| mlkem_encapsulate_batch_into(
                c.keys(&f.kem_key), 1, c.count(), 1, c.batch_room(0, f.ciphertext.len()),
                c.batch_room(1, MLKEM_SHAREDSECRETBYTES), c.statuses())),
            Function("mlkem_encapsulate_encoded_batch", |f, c| mlkem_encapsulate_encoded_batch(
                c.flags(KEY_FLAGS), c.column(&f.kem_public), c.count(), 1,
                c.buffer(0), c.buffer(1), c.statuses())),
            Function("mlkem_encapsulate_encoded_batch_into", |f, c| mlkem_encapsulate_encoded_batch_into(
                c.flags(KEY_FLAGS), c.column(&f.kem_public), c.count(), 1,
                c.batch_room(0, f.ciphertext.len()), c.batch_room(1, MLKEM_SHAREDSECRETBYTES), c.statuses())),
            Function("mlkem_decapsulate_batch", |f, c| mlkem_decapsulate_batch(
                c.keys(&f.kem_pair), 1, c.exact_column(&f.ciphertext, CiphertextLength), c.count(), 1,
                c.buffer(0), c.statuses())),
            Function("mlkem_decapsulate_batch_into", |f, c| mlkem_decapsulate_batch_into(
                c.keys(&f.kem_pair), 1, c.exact_column(&f.ciphertext, CiphertextLength), c.count(), 1,
                c.batch_room(1, MLKEM_SHAREDSECRETBYTES), c.statuses())),
            Function("mlkem_keypair_generate", |f, c| mlkem_keypair_generate(c.set(f.kem.id), c.flags(KEY_FLAGS), c.handle())),
            Function("mlkem_keypair_from_seed", |f, c| mlkem_keypair_from_seed(
                c.set(f.kem.id), c.flags(KEY_FLAGS), c.exact(&f.kem_seed, SeedLength), c.length(), c.handle())),
            Function("mlkem_keypair_from_private_key", |f, c| mlkem_keypair_from_private_key(
                c.set(f.kem.id), c.flags(KEY_FLAGS), c.exact(&f.kem_private, PrivateKeyLength), c.length(), c.handle())),
            Function("mlkem_keypair_parameter_set", |f, c| mlkem_keypair_parameter_set(c.key(&f.kem_pair), c.number(0))),
            Function("mlkem_keypair_options", |f, c| mlkem_keypair_options(c.key(&f.kem_pair), c.number(0))),
            Function("mlkem_keypair_resident_bytes", |f, c| mlkem_keypair_resident_bytes(c.key(&f.kem_pair), c.size())),
            Function("mlkem_keypair_public_key", |f, c| mlkem_keypair_public_key(c.key(&f.kem_pair), c.handle())),
            Function("mlkem_keypair_public_key_bytes", |f, c| mlkem_keypair_public_key_bytes(
                c.key(&f.kem_pair), c.buffer(0))),
            Function("mlkem_keypair_private_key_bytes", |f, c| mlkem_keypair_private_key_bytes(
                c.key(&f.kem_pair), c.buffer(0))),
            Function("mlkem_keypair_seed_bytes", |f, c| mlkem_keypair_seed_bytes(c.key(&f.kem_pair), c.buffer(0))),
            Function("mlkem_public_key_from_bytes", |f, c| mlkem_public_key_from_bytes(
                c.set(f.kem.id), c.flags(KEY_FLAGS), c.exact(&f.kem_public, PublicKeyLength), c.length(), c.handle())),
            Function("mlkem_public_key_parameter_set", |f, c| mlkem_public_key_parameter_set(
                c.key(&f.kem_key), c.number(0))),
            Function("mlkem_public_key_options", |f, c| mlkem_public_key_options(c.key(&f.kem_key), c.number(0))),
            Function("mlkem_public_key_resident_bytes", |f, c| mlkem_public_key_resident_bytes(c.key(&f.kem_key), c.size())),
            Function("mlkem_public_key_bytes", |f, c| mlkem_public_key_bytes(c.key(&f.kem_key), c.buffer(0))),
            Function("mlkem_encapsulate", |f, c| mlkem_encapsulate(c.key(&f.kem_key), c.buffer(0), c.buffer(1))),
            Function("mlkem_encapsulate_derand", |f, c| mlkem_encapsulate_derand(
                c.key(&f.kem_key), c.exact(&f.randomness, RandomnessLength), c.length(), c.buffer(0), c.buffer(1))),
            Function("mlkem_decapsulate", |f, c| mlkem_decapsulate(
                c.key(&f.kem_pair), c.exact(&f.ciphertext, CiphertextLength), c.length(), c.buffer(0))),
            Function("mlkem_encapsulate_into", |f, c| mlkem_encapsulate_into(
                c.key(&f.kem_key), c.room(0, f.ciphertext.len()), c.capacity(0), c.written(0),
                c.room(1, MLKEM_SHAREDSECRETBYTES), c.capacity(1), c.written(1))),
            Function("mlkem_decapsulate_into", |f, c| mlkem_decapsulate_into(
                c.key(&f.kem_pair), c.exact(&f.ciphertext, CiphertextLength), c.length(),
                c.room(0, MLKEM_SHAREDSECRETBYTES), c.capacity(0), c.written(0))),
            Function("mlkem_keypair_from_pkcs8", |f, c| mlkem_keypair_from_pkcs8(
                c.flags(KEY_FLAGS), c.exact(&f.kem_pkcs8, KeyEncoding), c.length(), ptr::null(), 0, 0, c.handle())),
            Function("mlkem_keypair_to_pkcs8", |f, c| mlkem_keypair_to_pkcs8(
                c.key(&f.kem_pair), ptr::null(), 0, PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, c.buffer(0))),
            Function("mlkem_public_key_from_spki", |f, c| mlkem_public_key_from_spki(
                c.flags(KEY_FLAGS), c.exact(&f.kem_spki, KeyEncoding), c.length(), c.handle())),
            Function("mlkem_public_key_to_spki", |f, c| mlkem_public_key_to_spki(
                c.key(&f.kem_key), PQC_ENCODING_PEM, c.buffer(0))),
            Function("ffi_get_performance_metrics", |f, c| ffi_get_performance_metrics(
                c.metrics(&f.metrics), size_of::<FFIMetrics>())),
            Function("ffi_get_latency_histogram", |f, c| ffi_get_latency_histogram(
                c.operation(PqcOperation::MlkemDecapsulate as u32), c.set(f.kem.id), c.buffer(0))),
            Function("ffi_share_metrics", |_, c| ffi_share_metrics(c.memory(), ffi_shared_metrics_bytes())),
            Function("ffi_enable_optimizations", |_, c| settings_for_now(c.flags(SETTINGS))),
            Function("xwing_keypair_generate", |_, c| xwing_keypair_generate(c.flags(KEY_FLAGS), c.handle())),
            Function("xwing_keypair_from_seed", |f, c| xwing_keypair_from_seed(
                c.flags(KEY_FLAGS), c.exact(&f.xwing_seed, SeedLength), c.length(), c.handle())),
            Function("xwing_keypair_seed_bytes", |f, c| xwing_keypair_seed_bytes(c.key(&f.xwing_pair), c.buffer(0))),
            Function("xwing_keypair_options", |f, c| xwing_keypair_options(c.key(&f.xwing_pair), c.number(0))),
            Function("xwing_keypair_resident_bytes", |f, c| xwing_keypair_resident_bytes(c.key(&f.xwing_pair), c.size())),
            Function("xwing_keypair_public_key", |f, c| xwing_keypair_public_key(c.key(&f.xwing_pair), c.handle())),
            Function("xwing_keypair_public_key_bytes", |f, c| xwing_keypair_public_key_bytes(
                c.key(&f.xwing_pair), c.buffer(0))),
            Function("xwing_public_key_from_bytes", |f, c| xwing_public_key_from_bytes(
                c.flags(KEY_FLAGS), c.exact(&f.xwing_public, PublicKeyLength), c.length(), c.handle())),
            Function("xwing_public_key_bytes", |f, c| xwing_public_key_bytes(c.key(&f.xwing_key), c.buffer(0))),
            Function("xwing_public_key_options", |f, c| xwing_public_key_options(c.key(&f.xwing_key), c.number(0))),
            Function("xwing_public_key_resident_bytes", |f, c| xwing_public_key_resident_bytes(c.key(&f.xwing_key), c.size())),
            Function("xwing_encapsulate", |f, c| xwing_encapsulate(c.key(&f.xwing_key), c.buffer(0), c.buffer(1))),
            Function("xwing_encapsulate_derand", |f, c| xwing_encapsulate_derand(
                c.key(&f.xwing_key), c.exact(&f.xwing_randomness, RandomnessLength), c.length(),
                c.buffer(0), c.buffer(1))),
            Function("xwing_decapsulate", |f, c| xwing_decapsulate(
                c.key(&f.xwing_pair), c.exact(&f.xwing_ciphertext, CiphertextLength), c.length(), c.buffer(0))),
        ]
    }
};
