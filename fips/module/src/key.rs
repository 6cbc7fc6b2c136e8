//! Keys, which are in the module's memory, and their operations. The module wipes a key when it is freed.

use crate::{Error, approved, done, last_error, non_null};
use aws_lc_fips_sys as sys;
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null, null_mut};

/// The algorithm of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// ML-KEM-512.
    MlKem512,
    /// ML-KEM-768.
    MlKem768,
    /// ML-KEM-1024.
    MlKem1024,
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256 with SHA-256.
    P256,
    /// ECDSA on P-384 with SHA-384.
    P384,
}

impl KeyType {
    /// The module's number of the kind, and of the parameter set or the curve; Ed25519 has none.
    const fn numbers(self) -> (i32, i32) {
        match self {
            Self::MlKem512 => (sys::EVP_PKEY_KEM, sys::NID_MLKEM512),
            Self::MlKem768 => (sys::EVP_PKEY_KEM, sys::NID_MLKEM768),
            Self::MlKem1024 => (sys::EVP_PKEY_KEM, sys::NID_MLKEM1024),
            Self::MlDsa44 => (sys::EVP_PKEY_PQDSA, sys::NID_MLDSA44),
            Self::MlDsa65 => (sys::EVP_PKEY_PQDSA, sys::NID_MLDSA65),
            Self::MlDsa87 => (sys::EVP_PKEY_PQDSA, sys::NID_MLDSA87),
            Self::Ed25519 => (sys::EVP_PKEY_ED25519, 0),
            Self::P256 => (sys::EVP_PKEY_EC, sys::NID_X9_62_prime256v1),
            Self::P384 => (sys::EVP_PKEY_EC, sys::NID_secp384r1),
        }
    }

    /// The hash function of a signature, or NULL if the algorithm hashes for itself.
    fn hash(self) -> *const sys::EVP_MD {
        // SAFETY: the functions return constants.
        unsafe {
            match self {
                Self::P256 => sys::EVP_sha256(),
                Self::P384 => sys::EVP_sha384(),
                _ => null(),
            }
        }
    }
}

/// A public key, with or without its private key.
pub struct Key {
    key: NonNull<sys::EVP_PKEY>,
    kind: KeyType,
}

// SAFETY: a key is not changed after it is made, and the module counts its references atomically.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key is freed once.
        unsafe { sys::EVP_PKEY_free(self.key.as_ptr()) }
    }
}

/// The context of one operation.
struct Context(NonNull<sys::EVP_PKEY_CTX>);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context is freed once.
        unsafe { sys::EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

impl Context {
    /// For an operation with a key.
    fn of(key: &Key) -> Result<Self, Error> {
        // SAFETY: the key is valid; the context counts a reference to it.
        non_null(unsafe { sys::EVP_PKEY_CTX_new(key.key.as_ptr(), null_mut()) }).map(Self)
    }

    /// For making a key.
    fn to_make(kind: KeyType) -> Result<Self, Error> {
        let (id, set) = kind.numbers();
        // SAFETY: the function has no precondition.
        let context = non_null(unsafe { sys::EVP_PKEY_CTX_new_id(id, null_mut()) }).map(Self)?;
        let raw = context.as_ptr();
        // SAFETY: the context is valid.
        done(unsafe { sys::EVP_PKEY_keygen_init(raw) })?;
        // SAFETY: the context is valid, and for keys of this kind.
        done(unsafe {
            match id {
                sys::EVP_PKEY_KEM => sys::EVP_PKEY_CTX_kem_set_params(raw, set),
                sys::EVP_PKEY_PQDSA => sys::EVP_PKEY_CTX_pqdsa_set_params(raw, set),
                sys::EVP_PKEY_EC => sys::EVP_PKEY_CTX_set_ec_paramgen_curve_nid(raw, set),
                _ => 1,
            }
        })?;
        Ok(context)
    }

    fn as_ptr(&self) -> *mut sys::EVP_PKEY_CTX {
        self.0.as_ptr()
    }
}

/// The state of one signature or verification of a message.
struct MessageContext(NonNull<sys::EVP_MD_CTX>);

impl Drop for MessageContext {
    fn drop(&mut self) {
        // SAFETY: the state is freed once.
        unsafe { sys::EVP_MD_CTX_free(self.0.as_ptr()) }
    }
}

impl MessageContext {
    fn new() -> Result<Self, Error> {
        // SAFETY: the function has no precondition.
        non_null(unsafe { sys::EVP_MD_CTX_new() }).map(Self)
    }
}

impl Key {
    fn of(kind: KeyType, key: *mut sys::EVP_PKEY) -> Result<Self, Error> {
        Ok(Self { key: non_null(key)?, kind })
    }

    /// A fresh key from the module's random number generator. The module tests that the halves of the pair match.
    pub fn generate(kind: KeyType) -> Result<Self, Error> {
        let (context, mut key) = (Context::to_make(kind)?, null_mut());
        // SAFETY: the context is valid and ready to make a key, for which `key` is writable.
        let outcome = approved(|| unsafe { sys::EVP_PKEY_keygen(context.as_ptr(), &raw mut key) });
        // A key that is not approved is freed here.
        let key = Self::of(kind, key);
        outcome.and(key)
    }

    /// The key of a seed of ML-KEM (64 bytes), ML-DSA or Ed25519 (32). Not a service.
    pub fn from_seed(kind: KeyType, seed: &[u8]) -> Result<Self, Error> {
        let (id, set) = kind.numbers();
        let (data, mut len, mut key) = (seed.as_ptr(), seed.len(), null_mut());
        match id {
            sys::EVP_PKEY_KEM => {
                let context = Context::to_make(kind)?;
                // SAFETY: the context is valid and ready to make a key, and the seed readable for `len` bytes.
                let outcome =
                    unsafe { sys::EVP_PKEY_keygen_deterministic(context.as_ptr(), &raw mut key, data, &raw mut len) };
                done(outcome)?;
            }
            // SAFETY: the seed is readable for `len` bytes.
            sys::EVP_PKEY_PQDSA => key = unsafe { sys::EVP_PKEY_pqdsa_new_raw_private_key(set, data, len) },
            // SAFETY: as above.
            _ => key = unsafe { sys::EVP_PKEY_new_raw_private_key(id, null_mut(), data, len) },
        }
        Self::of(kind, key)
    }

    /// A private key from its encoding: the expanded key of ML-KEM, which contains `public_key`, or of ML-DSA, or the DER of an
    /// ECPrivateKey. Not a service.
    pub fn from_private_bytes(kind: KeyType, private_key: &[u8], public_key: &[u8]) -> Result<Self, Error> {
        let ((id, set), data, len) = (kind.numbers(), private_key.as_ptr(), private_key.len());
        let (public_data, public_len) = (public_key.as_ptr(), public_key.len());
        // SAFETY: both encodings are readable for their lengths.
        let key = unsafe {
            match id {
                sys::EVP_PKEY_KEM => sys::EVP_PKEY_kem_new_raw_key(set, public_data, public_len, data, len),
                sys::EVP_PKEY_PQDSA => sys::EVP_PKEY_pqdsa_new_raw_private_key(set, data, len),
                _ => {
                    let mut der = MaybeUninit::uninit();
                    sys::CBS_init(der.as_mut_ptr(), data, len);
                    return Self::of_ec(kind, sys::EC_KEY_parse_private_key(der.as_mut_ptr(), null()));
                }
            }
        };
        Self::of(kind, key)
    }

    /// A public key from its encoding; on a curve, an uncompressed point. Not a service.
    pub fn from_public_bytes(kind: KeyType, public_key: &[u8]) -> Result<Self, Error> {
        let ((id, set), data, len) = (kind.numbers(), public_key.as_ptr(), public_key.len());
        // SAFETY: the encoding is readable for its length.
        let key = unsafe {
            match id {
                sys::EVP_PKEY_KEM => sys::EVP_PKEY_kem_new_raw_public_key(set, data, len),
                sys::EVP_PKEY_PQDSA => sys::EVP_PKEY_pqdsa_new_raw_public_key(set, data, len),
                sys::EVP_PKEY_EC => return Self::of_ec(kind, ec_public_key(set, public_key)?),
                _ => sys::EVP_PKEY_new_raw_public_key(id, null_mut(), data, len),
            }
        };
        Self::of(kind, key)
    }

    /// A key on a curve, which it owns.
    fn of_ec(kind: KeyType, ec: *mut sys::EC_KEY) -> Result<Self, Error> {
        let ec = non_null(ec)?;
        // SAFETY: the function has no precondition.
        let key = Self::of(kind, unsafe { sys::EVP_PKEY_new() });
        // SAFETY: both keys are valid, and one counts a reference to the other.
        let assigned =
            key.and_then(|key| done(unsafe { sys::EVP_PKEY_set1_EC_KEY(key.key.as_ptr(), ec.as_ptr()) }).map(|()| key));
        // SAFETY: this reference is freed once.
        unsafe { sys::EC_KEY_free(ec.as_ptr()) };
        assigned
    }

    /// Writes the encoded public key, as long as `out`.
    pub fn write_public(&self, out: &mut [u8]) -> Result<(), Error> {
        let mut len = out.len();
        if self.kind.numbers().0 == sys::EVP_PKEY_EC {
            // SAFETY: the key is valid and on a curve, and `out` is writable for its length.
            len = unsafe {
                let ec = sys::EVP_PKEY_get0_EC_KEY(self.key.as_ptr());
                let (group, point) = (sys::EC_KEY_get0_group(ec), sys::EC_KEY_get0_public_key(ec));
                let form = sys::point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED;
                sys::EC_POINT_point2oct(group, point, form, out.as_mut_ptr(), len, null_mut())
            };
        } else {
            // SAFETY: the key is valid, and `out` writable for `len` bytes.
            done(unsafe { sys::EVP_PKEY_get_raw_public_key(self.key.as_ptr(), out.as_mut_ptr(), &raw mut len) })?;
        }
        if len == out.len() { Ok(()) } else { Err(last_error()) }
    }

    /// Writes the private key, as long as `out`, in the encoding of [`Self::from_private_bytes`], or the seed of Ed25519.
    pub fn write_private(&self, out: &mut [u8]) -> Result<(), Error> {
        let mut len = out.len();
        if self.kind.numbers().0 == sys::EVP_PKEY_EC {
            len = encoded(out, |der| {
                // SAFETY: the key is valid and on a curve.
                unsafe {
                    let ec = sys::EVP_PKEY_get0_EC_KEY(self.key.as_ptr());
                    sys::EC_KEY_marshal_private_key(der, ec, sys::EC_PKEY_NO_PUBKEY.unsigned_abs())
                }
            })?;
        } else {
            // SAFETY: the key is valid, and `out` writable for `len` bytes.
            done(unsafe { sys::EVP_PKEY_get_raw_private_key(self.key.as_ptr(), out.as_mut_ptr(), &raw mut len) })?;
        }
        if len == out.len() { Ok(()) } else { Err(last_error()) }
    }

    /// Writes the seed of a key of ML-DSA that the module generated. The module has it in PKCS#8 only, at the end.
    pub fn write_seed(&self, out: &mut [u8; 32]) -> Result<(), Error> {
        let mut der = [0; 64];
        // SAFETY: the key is valid.
        let len = encoded(&mut der, |der| unsafe { sys::EVP_marshal_private_key(der, self.key.as_ptr()) });
        let seed = len.and_then(|len| der[..len].last_chunk().ok_or(Error::Refused));
        let outcome = seed.map(|seed| *out = *seed);
        zeroize::zeroize_bytes(&mut der);
        outcome
    }

    /// Encapsulation.
    pub fn encapsulate(&self, ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let (context, mut len, mut secret_len) = (Context::of(self)?, ciphertext.len(), shared_secret.len());
        let (out, secret) = (ciphertext.as_mut_ptr(), shared_secret.as_mut_ptr());
        // SAFETY: the context is valid, and the outputs are writable for their lengths.
        approved(|| unsafe {
            sys::EVP_PKEY_encapsulate(context.as_ptr(), out, &raw mut len, secret, &raw mut secret_len)
        })
    }

    /// Decapsulation.
    pub fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let (context, mut secret_len) = (Context::of(self)?, shared_secret.len());
        let (secret, data, len) = (shared_secret.as_mut_ptr(), ciphertext.as_ptr(), ciphertext.len());
        // SAFETY: the context is valid, the ciphertext readable and the secret writable for their lengths.
        approved(|| unsafe { sys::EVP_PKEY_decapsulate(context.as_ptr(), secret, &raw mut secret_len, data, len) })
    }

    /// Signs a message, and returns the length of the signature.
    pub fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<usize, Error> {
        let (state, mut len) = (MessageContext::new()?, signature.len());
        let (context, out) = (state.0.as_ptr(), signature.as_mut_ptr());
        // SAFETY: the state and the key are valid; the context counts a reference to the key.
        done(unsafe { sys::EVP_DigestSignInit(context, null_mut(), self.kind.hash(), null_mut(), self.key.as_ptr()) })?;
        // SAFETY: the message is readable and the signature writable for their lengths.
        approved(|| unsafe { sys::EVP_DigestSign(context, out, &raw mut len, message.as_ptr(), message.len()) })?;
        Ok(len)
    }

    /// Signs a message of ML-DSA by its `mu`.
    pub fn sign_mu(&self, mu: &[u8; 64], signature: &mut [u8]) -> Result<usize, Error> {
        let (context, out, mut len) = (Context::of(self)?, signature.as_mut_ptr(), signature.len());
        // SAFETY: the context is valid.
        done(unsafe { sys::EVP_PKEY_sign_init(context.as_ptr()) })?;
        // SAFETY: the context is valid, and the signature writable for its length.
        approved(|| unsafe { sys::EVP_PKEY_sign(context.as_ptr(), out, &raw mut len, mu.as_ptr(), mu.len()) })?;
        Ok(len)
    }

    /// Whether a signature of a message is valid.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<bool, Error> {
        let state = MessageContext::new()?;
        let (context, data, len) = (state.0.as_ptr(), signature.as_ptr(), signature.len());
        // SAFETY: the state and the key are valid; the context counts a reference to the key.
        done(unsafe {
            sys::EVP_DigestVerifyInit(context, null_mut(), self.kind.hash(), null_mut(), self.key.as_ptr())
        })?;
        // SAFETY: the message and the signature are readable for their lengths.
        verdict(approved(|| unsafe { sys::EVP_DigestVerify(context, data, len, message.as_ptr(), message.len()) }))
    }

    /// Whether a signature of the message of ML-DSA with this `mu` is valid.
    pub fn verify_mu(&self, mu: &[u8; 64], signature: &[u8]) -> Result<bool, Error> {
        let (context, data, len) = (Context::of(self)?, signature.as_ptr(), signature.len());
        // SAFETY: the context is valid.
        done(unsafe { sys::EVP_PKEY_verify_init(context.as_ptr()) })?;
        // SAFETY: the context is valid, and the signature readable for its length.
        verdict(approved(|| unsafe { sys::EVP_PKEY_verify(context.as_ptr(), data, len, mu.as_ptr(), mu.len()) }))
    }
}

/// The outcome of a verification: the module refuses a signature that is not valid, which is an answer.
fn verdict(outcome: Result<(), Error>) -> Result<bool, Error> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Error::Refused) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes an encoding in DER to `out`, and returns its length.
fn encoded(out: &mut [u8], encode: impl FnOnce(*mut sys::CBB) -> i32) -> Result<usize, Error> {
    let (mut der, mut len) = (MaybeUninit::uninit(), 0);
    // SAFETY: `out` is writable for its length, and outlives `der`.
    done(unsafe { sys::CBB_init_fixed(der.as_mut_ptr(), out.as_mut_ptr(), out.len()) })?;
    done(encode(der.as_mut_ptr()))?;
    // SAFETY: `der` is valid; it owns no memory.
    done(unsafe { sys::CBB_finish(der.as_mut_ptr(), null_mut(), &raw mut len) })?;
    Ok(len)
}

/// The public key of an encoded point, which the module checks to be on the curve.
fn ec_public_key(curve: i32, point: &[u8]) -> Result<*mut sys::EC_KEY, Error> {
    // SAFETY: the function has no precondition.
    let key = non_null(unsafe { sys::EC_KEY_new_by_curve_name(curve) })?.as_ptr();
    // SAFETY: the key is valid and has a group; the encoding is readable for its length; the point is freed once.
    let outcome = unsafe {
        let group = sys::EC_KEY_get0_group(key);
        non_null(sys::EC_POINT_new(group)).and_then(|decoded| {
            let (data, len, decoded) = (point.as_ptr(), point.len(), decoded.as_ptr());
            let outcome = done(sys::EC_POINT_oct2point(group, decoded, data, len, null_mut()))
                .and_then(|()| done(sys::EC_KEY_set_public_key(key, decoded)));
            sys::EC_POINT_free(decoded);
            outcome
        })
    };
    if outcome.is_err() {
        // SAFETY: the key is freed once.
        unsafe { sys::EC_KEY_free(key) };
    }
    outcome.map(|()| key)
}
