//! ML-DSA by libcrux, with keys in their encoded form: it has no unpacked one, so each operation expands the matrix.

use super::{SignatureEngine, SignaturePrivate, SignaturePublic, array, array_mut, derive};
use crate::secret::{Place, SecretVec};
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory};
use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey};
use pqc_memory::try_box;
use zeroize::Zeroize;

/// Implements the three traits of the seam for one parameter set on one code path of libcrux.
macro_rules! implement {
    ($algorithm:ident, $set:ident::$path:ident) => {
        pub(super) mod $path {
            use super::*;
            use libcrux_ml_dsa::$set::$path as functions;

            const SET: Algorithm = Algorithm::$algorithm;
            const PUBLIC_KEY_BYTES: usize = SET.public_key_bytes();
            const SIGNATURE_BYTES: usize = SET.signature_bytes();

            pub(in super::super) struct Engine;

            struct KeyPair {
                private: MLDSASigningKey<{ SET.private_key_bytes() }>,
                public: MLDSAVerificationKey<PUBLIC_KEY_BYTES>,
            }

            struct PublicKey(MLDSAVerificationKey<PUBLIC_KEY_BYTES>);

            impl KeyPair {
                fn zeroed(memory: Memory) -> Result<Place<Self>, Error> {
                    Place::new(memory, Self { private: MLDSASigningKey::zero(), public: MLDSAVerificationKey::zero() })
                }
            }

            impl Drop for KeyPair {
                fn drop(&mut self) {
                    self.private.as_mut_slice().zeroize();
                }
            }

            impl SignatureEngine for Engine {
                fn private_key_from_seed(
                    &self,
                    seed: &[u8],
                    _: bool,
                    options: KeyOptions,
                ) -> Result<Box<dyn SignaturePrivate>, Error> {
                    let mut pair = KeyPair::zeroed(options.memory)?;
                    let mut made = functions::generate_key_pair(*array(seed)?);
                    *pair.private.as_ref_mut() = *made.signing_key.as_ref();
                    *pair.public.as_ref_mut() = *made.verification_key.as_ref();
                    made.signing_key.as_mut_slice().zeroize();
                    Ok(try_box(pair)?)
                }

                fn private_key_from_bytes(
                    &self,
                    private_key: SecretVec,
                    options: KeyOptions,
                ) -> Result<Box<dyn SignaturePrivate>, Error> {
                    let mut pair = KeyPair::zeroed(options.memory)?;
                    derive(SET, options.path, &private_key, pair.public.as_ref_mut())?;
                    *pair.private.as_ref_mut() = *array(&private_key)?;
                    Ok(try_box(pair)?)
                }

                fn public_key_from_bytes(
                    &self,
                    public_key: &[u8],
                    _: KeyOptions,
                ) -> Result<Box<dyn SignaturePublic>, Error> {
                    Ok(try_box(PublicKey(MLDSAVerificationKey::new(*array(public_key)?)))?)
                }
            }

            impl SignaturePrivate for Place<KeyPair> {
                fn public_key(&self) -> Result<Box<dyn SignaturePublic>, Error> {
                    Ok(try_box(PublicKey(self.public.clone()))?)
                }

                fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
                    array_mut(out).map(|out| *out = *self.public.as_ref())
                }

                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    array_mut(out).map(|out| *out = *self.private.as_ref())
                }

                fn sign(
                    &self,
                    message: &[u8],
                    context: &[u8],
                    rnd: &[u8; 32],
                    signature: &mut [u8],
                ) -> Result<usize, Error> {
                    let out = array_mut(signature)?;
                    let made = functions::sign(&self.private, message, context, *rnd).map_err(|_| Error::Internal)?;
                    *out = *made.as_ref();
                    Ok(SIGNATURE_BYTES)
                }

                fn sign_internal(&self, m_prime: &[u8], rnd: &[u8; 32], signature: &mut [u8]) -> Result<usize, Error> {
                    let out = array_mut(signature)?;
                    let made = functions::sign_internal(&self.private, m_prime, *rnd).map_err(|_| Error::Internal)?;
                    *out = *made.as_ref();
                    Ok(SIGNATURE_BYTES)
                }

                fn secret_bytes(&self) -> usize {
                    SET.private_key_bytes()
                }

                fn resident_bytes(&self) -> usize {
                    SET.private_key_bytes() + PUBLIC_KEY_BYTES
                }
            }

            impl SignaturePublic for PublicKey {
                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    array_mut(out).map(|out| *out = *self.0.as_ref())
                }

                fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
                    let signature = MLDSASignature::<SIGNATURE_BYTES>::new(*array(signature)?);
                    functions::verify(&self.0, message, context, &signature).map_err(|_| Error::InvalidSignature)
                }

                fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
                    let signature = MLDSASignature::<SIGNATURE_BYTES>::new(*array(signature)?);
                    functions::verify_internal(&self.0, m_prime, &signature).map_err(|_| Error::InvalidSignature)
                }

                fn resident_bytes(&self) -> usize {
                    PUBLIC_KEY_BYTES
                }
            }
        }
    };
}

/// Implements every parameter set on every path of libcrux, and finds the engine of one.
macro_rules! parameter_sets {
    ($($algorithm:ident: $set:ident;)+) => {
        $(mod $set {
            use super::*;
            implement!($algorithm, $set::portable);
            #[cfg(target_arch = "x86_64")]
            implement!($algorithm, $set::avx2);
            #[cfg(target_arch = "aarch64")]
            implement!($algorithm, $set::neon);
        })+

        /// The engine of a parameter set on a path that this processor has: libcrux's AVX2 functions are undefined elsewhere.
        pub(super) fn engine(algorithm: Algorithm, path: CodePath) -> Result<&'static dyn SignatureEngine, Error> {
            match (algorithm, path) {
                $(
                    #[cfg(target_arch = "x86_64")]
                    (Algorithm::$algorithm, CodePath::Avx2) => Ok(&$set::avx2::Engine),
                    #[cfg(target_arch = "aarch64")]
                    (Algorithm::$algorithm, CodePath::Neon) => Ok(&$set::neon::Engine),
                    (Algorithm::$algorithm, _) => Ok(&$set::portable::Engine),
                )+
                _ => Err(Error::CodePathUnavailable),
            }
        }
    };
}

parameter_sets! {
    MlDsa44: ml_dsa_44;
    MlDsa65: ml_dsa_65;
    MlDsa87: ml_dsa_87;
}
