//! Private keys of every algorithm, and the handles of keys.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{Inputs, arguments, copied_input, guard, handle, report, slot};
use crate::counters::add_wiped;
use crate::counting::{Call, counted};
use crate::formats::{PQC_DEFAULT_KDF_COST, encoding_of, form_of};
use crate::handle::{Shared, from_handle, into_handle};
use crate::memory::{FFIBuffer, copied, filled};
use crate::operation::Action;
use crate::settings::{flags_of, key_options};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, Family, KeyOptions, Pkcs8, PrivateKey, PublicKey};
use pqc_memory::{SetOnce, try_box};

/// A private key of any algorithm, with its public key. Observably immutable.
pub struct PqcPrivateKey {
    pub(crate) key: PrivateKey,
    /// The public key's handle, made when it is first needed.
    public_key: SetOnce<Shared<PqcPublicKey>>,
}

/// A public key of any algorithm. Observably immutable.
pub struct PqcPublicKey {
    pub(crate) key: PublicKey,
}

impl PqcPrivateKey {
    pub(crate) fn shared(key: PrivateKey) -> Result<Shared<Self>, PqcStatus> {
        Ok(Shared::try_new(Self { key, public_key: SetOnce::new() })?)
    }

    fn public_key(&self) -> Result<Shared<PqcPublicKey>, PqcStatus> {
        if let Some(key) = self.public_key.get() {
            return Ok(key.clone());
        }
        let key = PqcPublicKey::shared(self.key.public_key()?)?;
        // The key of a thread that came first is kept; both are the same key.
        Ok(self.public_key.get_or_set(try_box(key)?).clone())
    }
}

impl PqcPublicKey {
    pub(crate) fn shared(key: PublicKey) -> Result<Shared<Self>, PqcStatus> {
        Ok(Shared::try_new(Self { key })?)
    }
}

/// Makes a key: the body of the functions that return a handle of one.
pub(crate) unsafe fn make<K, I: Inputs>(
    (action, family): (Action, Option<Family>),
    inputs: I,
    out: *mut *mut K,
    make: impl FnOnce(&Call, I::Borrowed) -> Result<Shared<K>, PqcStatus>,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(action, family, |call| unsafe {
        let (inputs, out) = arguments(inputs, slot(out))?;
        out.put(into_handle(make(call, inputs)?));
        Ok(())
    })
}

/// The algorithm with an id and the options of flags.
pub(crate) fn choose(call: &Call, algorithm: u32, flags: u32) -> Result<(Algorithm, KeyOptions), PqcStatus> {
    Ok((call.on_id(algorithm)?, key_options(flags)?))
}

/// `pqc_private_key_generate` for the algorithms of a family, or for all.
pub(crate) unsafe fn generate(
    family: Option<Family>,
    algorithm: u32,
    flags: u32,
    private_key: *mut *mut PqcPrivateKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Generate, family), (), private_key, |call, ()| {
            let (algorithm, options) = choose(call, algorithm, flags)?;
            PqcPrivateKey::shared(PrivateKey::generate(algorithm, options)?)
        })
    }
}

/// Makes a private key from the system's randomness: ML-KEM.KeyGen (FIPS 203, 7.1), ML-DSA.KeyGen (FIPS 204, 5.1),
/// slh_keygen (FIPS 205, 10.1), or KeyGen of X-Wing (5.2), a hybrid KEM or a composite (3.1).
///
/// @param algorithm    PQC_ALGORITHM_*
/// @param flags        0 or PQC_KEY_*; X-Wing, a hybrid KEM or a composite passes them on to its ML-KEM or ML-DSA key
/// @param private_key  receives the handle; free it with `pqc_private_key_free`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_generate(
    algorithm: u32,
    flags: u32,
    private_key: *mut *mut PqcPrivateKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { generate(None, algorithm, flags, private_key) }
}

/// Makes the private key of a seed: `d || z` (FIPS 203, 7.1), `xi` (FIPS 204, 5.1), `SK.seed || SK.prf || PK.seed` (FIPS 205,
/// algorithm 18) or the decapsulation key of X-Wing (5.2.1) or of a hybrid KEM.
///
/// @param algorithm    PQC_ALGORITHM_*
/// @param flags        0 or PQC_KEY_*
/// @param seed         the seed, as long as `seed_bytes` of its PqcAlgorithmInfo
/// @param private_key  receives the handle, which keeps the seed; free it with `pqc_private_key_free`
/// @return PQC_STATUS_WRONG_ALGORITHM  a composite, which has no seed
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_from_seed(
    algorithm: u32,
    flags: u32,
    seed: *const u8,
    seed_len: usize,
    private_key: *mut *mut PqcPrivateKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Import, None), copied_input(seed, seed_len), private_key, |call, seed| {
            let (algorithm, options) = choose(call, algorithm, flags)?;
            PqcPrivateKey::shared(PrivateKey::from_seed(algorithm, options, seed?)?)
        })
    }
}

/// Loads a private key from its encoding: `dk_PKE || ek || H(ek) || z` (FIPS 203), `rho || K || tr || s1 || s2 || t0`
/// (FIPS 204), `SK.seed || SK.prf || PK.seed || PK.root` (FIPS 205), the seed (X-Wing, a hybrid KEM) or `mldsaSeed || tradSK` (a
/// composite, 4.2; for ECDSA tradSK is an ECPrivateKey in DER with its curve and no public key), after the checks of FIPS 203, 7.3,
/// and stricter ones, with the statuses below. PK.root is not checked here, but by the first signature.
///
/// @param algorithm    PQC_ALGORITHM_*
/// @param flags        0 or PQC_KEY_*
/// @param bytes        the private key, as long as `private_key_bytes` of its PqcAlgorithmInfo
/// @param private_key  receives the handle; free it with `pqc_private_key_free`
/// @return PQC_STATUS_PRIVATE_KEY_RANGE   a coefficient of the secret is not below the modulus or not within eta; a scalar of
///                                        ECDSA is 0 or not below the order
/// @return PQC_STATUS_KEY_ENCODING        tradSK of a composite is not the DER that it must be
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS  a coefficient of the embedded ek is not below the modulus
/// @return PQC_STATUS_PRIVATE_KEY_HASH    the embedded hash is not the public key's
/// @return PQC_STATUS_KEY_PAIR_MISMATCH   t0 does not belong to the rest
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_from_bytes(
    algorithm: u32,
    flags: u32,
    bytes: *const u8,
    bytes_len: usize,
    private_key: *mut *mut PqcPrivateKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Import, None), copied_input(bytes, bytes_len), private_key, |call, bytes| {
            let (algorithm, options) = choose(call, algorithm, flags)?;
            PqcPrivateKey::shared(PrivateKey::from_bytes(algorithm, options, bytes?)?)
        })
    }
}

/// Loads a private key from PKCS#8 (RFC 9935, RFC 9881, RFC 9909; X-Wing, 5.8; composites, 5), PEM or DER: a seed, an expanded
/// key, or both. It may be encrypted.
///
/// The key itself names its algorithm. It is checked as by `pqc_private_key_from_bytes`; PK.root of SLH-DSA is also derived again
/// and compared, unless flags include PQC_KEY_NO_FAULT_CHECK. PQC_STATUS_KEY_* and PQC_STATUS_PASSWORD_* say why it cannot be
/// decoded or decrypted. OpenSSL's `bare-seed`, `bare-priv` and `oqskeypair` are read.
///
/// @param flags         0 or PQC_KEY_*
/// @param key           the encoded key, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param password      the password, or nothing if the key is not encrypted
/// @param max_kdf_cost  ceiling on the cost of the key derivation (see `ffi_key_kdf_cost`), or 0 for PQC_DEFAULT_KDF_COST
/// @param private_key   receives the handle; free it with `pqc_private_key_free`
/// @return PQC_STATUS_SEED_MISMATCH      seed and expanded key are not the same key
/// @return PQC_STATUS_KEY_PAIR_MISMATCH  a public key in it, or PK.root of SLH-DSA, does not belong to the rest
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_from_pkcs8(
    flags: u32,
    key: *const u8,
    key_len: usize,
    password: *const u8,
    password_len: usize,
    max_kdf_cost: u64,
    private_key: *mut *mut PqcPrivateKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        let inputs = [copied_input(key, key_len), copied_input(password, password_len)];
        make((Action::Import, None), inputs, private_key, |call, [key, password]| {
            let options = key_options(flags)?;
            let max_kdf_cost = if max_kdf_cost == 0 { PQC_DEFAULT_KDF_COST } else { max_kdf_cost };
            let key = Pkcs8::open(options, key?, password?, max_kdf_cost)?;
            call.on(key.algorithm())?;
            PqcPrivateKey::shared(PrivateKey::from_pkcs8(&key)?)
        })
    }
}

/// Encodes a private key as PKCS#8 (RFC 9935, RFC 9881, RFC 9909; X-Wing, 5.8; composites, 5). The result is secret, unless it is
/// encrypted.
///
/// Encryption is PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 of 600,000 iterations with a salt of 16 bytes.
///
/// @param password  the password to encrypt with, or nothing
/// @param form      PQC_PRIVATE_KEY_SEED, PQC_PRIVATE_KEY_EXPANDED or PQC_PRIVATE_KEY_BOTH
/// @param encoding  PQC_ENCODING_PEM or PQC_ENCODING_DER
/// @param encoded   receives the encoded key
/// @return PQC_STATUS_SEED_UNAVAILABLE  form includes the seed, and the key was loaded from its expanded form
/// @return PQC_STATUS_WRONG_ALGORITHM   form is not PQC_PRIVATE_KEY_SEED, the only one of X-Wing, or not
///                                      PQC_PRIVATE_KEY_EXPANDED, the only one of a composite and of SLH-DSA; or a hybrid
///                                      KEM, which has no object identifier
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_to_pkcs8(
    private_key: *const PqcPrivateKey,
    password: *const u8,
    password_len: usize,
    form: u32,
    encoding: u32,
    encoded: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((private_key, password), encoded) =
            arguments((handle(private_key), copied_input(password, password_len)), slot(encoded))?;
        let key = &private_key?.key;
        let made = key.to_pkcs8(form_of(form)?, encoding_of(encoding)?, password?)?;
        encoded.put(copied(key.options().memory, &made)?.into_ffi());
        Ok(())
    })
}

/// Encodes a private key as `pqc_private_key_from_bytes` reads it. The result is secret.
///
/// @param bytes  receives as many bytes as `private_key_bytes` of its PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_bytes(private_key: *const PqcPrivateKey, bytes: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        report(private_key, bytes, |PqcPrivateKey { key, .. }| {
            let made = filled(key.options().memory, key.algorithm().private_key_bytes(), |out| key.write(out))?;
            Ok(made.into_ffi())
        })
    }
}

/// Copies the seed of a private key. The result is secret. A key of SLH-DSA always has it, as its encoding contains it.
///
/// @param seed  receives as many bytes as `seed_bytes` of its PqcAlgorithmInfo
/// @return PQC_STATUS_SEED_UNAVAILABLE  the key was loaded from its expanded form, or is a composite, which has no seed
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_seed(private_key: *const PqcPrivateKey, seed: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        report(private_key, seed, |PqcPrivateKey { key, .. }| Ok(copied(key.options().memory, key.seed()?)?.into_ffi()))
    }
}

/// Returns the public key of a private key as a separate handle, which may outlive the private key.
///
/// All handles of the public key of one private key are one counted object.
///
/// @param public_key  receives the handle; free it with `pqc_public_key_free`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_public_key(
    private_key: *const PqcPrivateKey,
    public_key: *mut *mut PqcPublicKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(private_key, public_key, |private_key| Ok(into_handle(private_key.public_key()?))) }
}

/// Reports the algorithm of a private key.
///
/// @param algorithm  receives PQC_ALGORITHM_*
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_algorithm(
    private_key: *const PqcPrivateKey,
    algorithm: *mut u32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(private_key, algorithm, |private_key| Ok(private_key.key.algorithm().id())) }
}

/// Reports the options of a private key, as flags that make a key with the same options in any process.
///
/// @param flags  receives PQC_KEY_*
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_options(private_key: *const PqcPrivateKey, flags: *mut u32) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(private_key, flags, |private_key| Ok(flags_of(private_key.key.options()))) }
}

/// Reports how much memory the encodings and expanded forms of a private key take now; a use may add one (PQC_KEY_PRECOMPUTE).
///
/// @param bytes  receives the number of bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_resident_bytes(
    private_key: *const PqcPrivateKey,
    bytes: *mut usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(private_key, bytes, |private_key| Ok(private_key.key.resident_bytes())) }
}

/// Wipes and frees a private key. NULL is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_free(private_key: *mut PqcPrivateKey) {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        if let Some(private_key) = from_handle(private_key) {
            add_wiped(private_key.key.secret_bytes());
        }
        Ok(())
    });
}
