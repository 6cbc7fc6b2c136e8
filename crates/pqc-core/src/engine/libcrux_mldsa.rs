//! ML-DSA by libcrux, with keys in their encoded form: it has no unpacked one, so each operation expands the matrix.

use super::{MlDsaEngine, MlDsaPrivate, MlDsaPublic, array, array_mut};
use crate::secret::{Place, try_box};
use crate::{CodePath, Error, KeyOptions, Memory, MlDsaParameterSet};
use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey};
use zeroize::Zeroize;

/// Implements the three traits of the seam for one parameter set on one code path of libcrux.
macro_rules! implement {
    ($name:ident, $parameter_set:ident, $set:ident::$path:ident) => {
        mod $name {
            use super::*;
            use libcrux_ml_dsa::$set::$path as functions;

            const SET: MlDsaParameterSet = MlDsaParameterSet::$parameter_set;
            const PUBLIC_KEY_BYTES: usize = SET.public_key_bytes();
            const SIGNATURE_BYTES: usize = SET.signature_bytes();

            pub(super) struct Engine;

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

            impl MlDsaEngine for Engine {
                fn key_pair_from_seed(
                    &self,
                    seed: &[u8; 32],
                    options: KeyOptions,
                ) -> Result<Box<dyn MlDsaPrivate>, Error> {
                    let mut pair = KeyPair::zeroed(options.memory)?;
                    let mut made = functions::generate_key_pair(*seed);
                    *pair.private.as_ref_mut() = *made.signing_key.as_ref();
                    *pair.public.as_ref_mut() = *made.verification_key.as_ref();
                    made.signing_key.as_mut_slice().zeroize();
                    Ok(try_box(pair)?)
                }

                fn key_pair_from_keys(
                    &self,
                    private_key: &[u8],
                    public_key: &[u8],
                    options: KeyOptions,
                ) -> Result<Box<dyn MlDsaPrivate>, Error> {
                    let mut pair = KeyPair::zeroed(options.memory)?;
                    *pair.private.as_ref_mut() = *array(private_key)?;
                    *pair.public.as_ref_mut() = *array(public_key)?;
                    Ok(try_box(pair)?)
                }

                fn public_key_from_bytes(
                    &self,
                    public_key: &[u8],
                    _: KeyOptions,
                ) -> Result<Box<dyn MlDsaPublic>, Error> {
                    Ok(try_box(PublicKey(MLDSAVerificationKey::new(*array(public_key)?)))?)
                }
            }

            impl MlDsaPrivate for [Place<KeyPair>; 1] {
                fn public_key(&self) -> Result<Box<dyn MlDsaPublic>, Error> {
                    Ok(try_box(PublicKey(self[0].public.clone()))?)
                }

                fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
                    array_mut(out).map(|out| *out = *self[0].public.as_ref())
                }

                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    array_mut(out).map(|out| *out = *self[0].private.as_ref())
                }

                fn sign(
                    &self,
                    message: &[u8],
                    context: &[u8],
                    rnd: &[u8; 32],
                    signature: &mut [u8],
                ) -> Result<(), Error> {
                    let out = array_mut(signature)?;
                    let made =
                        functions::sign(&self[0].private, message, context, *rnd).map_err(|_| Error::Internal)?;
                    *out = *made.as_ref();
                    Ok(())
                }

                fn sign_internal(&self, m_prime: &[u8], rnd: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
                    let out = array_mut(signature)?;
                    let made =
                        functions::sign_internal(&self[0].private, m_prime, *rnd).map_err(|_| Error::Internal)?;
                    *out = *made.as_ref();
                    Ok(())
                }

                fn secret_bytes(&self) -> usize {
                    SET.private_key_bytes()
                }

                fn resident_bytes(&self) -> usize {
                    SET.private_key_bytes() + PUBLIC_KEY_BYTES
                }
            }

            impl MlDsaPublic for [PublicKey; 1] {
                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    array_mut(out).map(|out| *out = *self[0].0.as_ref())
                }

                fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
                    let signature = MLDSASignature::<SIGNATURE_BYTES>::new(*array(signature)?);
                    functions::verify(&self[0].0, message, context, &signature).map_err(|_| Error::InvalidSignature)
                }

                fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
                    let signature = MLDSASignature::<SIGNATURE_BYTES>::new(*array(signature)?);
                    functions::verify_internal(&self[0].0, m_prime, &signature).map_err(|_| Error::InvalidSignature)
                }

                fn resident_bytes(&self) -> usize {
                    PUBLIC_KEY_BYTES
                }
            }
        }
    };
}

implement!(portable_44, MlDsa44, ml_dsa_44::portable);
implement!(portable_65, MlDsa65, ml_dsa_65::portable);
implement!(portable_87, MlDsa87, ml_dsa_87::portable);
#[cfg(target_arch = "x86_64")]
implement!(avx2_44, MlDsa44, ml_dsa_44::avx2);
#[cfg(target_arch = "x86_64")]
implement!(avx2_65, MlDsa65, ml_dsa_65::avx2);
#[cfg(target_arch = "x86_64")]
implement!(avx2_87, MlDsa87, ml_dsa_87::avx2);

/// The engine of a parameter set on a path that this processor has: libcrux's AVX2 functions are undefined elsewhere.
pub(super) fn engine(set: MlDsaParameterSet, path: CodePath) -> &'static dyn MlDsaEngine {
    match (path, set) {
        #[cfg(target_arch = "x86_64")]
        (CodePath::Avx2, MlDsaParameterSet::MlDsa44) => &avx2_44::Engine,
        #[cfg(target_arch = "x86_64")]
        (CodePath::Avx2, MlDsaParameterSet::MlDsa65) => &avx2_65::Engine,
        #[cfg(target_arch = "x86_64")]
        (CodePath::Avx2, MlDsaParameterSet::MlDsa87) => &avx2_87::Engine,
        (_, MlDsaParameterSet::MlDsa44) => &portable_44::Engine,
        (_, MlDsaParameterSet::MlDsa65) => &portable_65::Engine,
        (_, MlDsaParameterSet::MlDsa87) => &portable_87::Engine,
    }
}
