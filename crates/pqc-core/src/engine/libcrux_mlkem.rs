//! ML-KEM by libcrux, with keys in its unpacked form: the matrix is expanded once, when the key is made.
//!
//! An expanded decapsulation key is kept as it is until its second use. Unpacking one, libcrux samples the matrix without
//! vector instructions, and that takes longer than to use the key once as it is.

use super::lazy::Lazy;
use super::{MlKemEngine, MlKemPrivate, MlKemPublic, array, array_mut, copy};
use crate::mlkem::KEY_STACK_BYTES;
use crate::secret::{Place, Wiped, on_clean_stack, try_box};
use crate::{CodePath, Error, KeyOptions, MlKemParameterSet};
use zeroize::Zeroize;

/// Implements the three traits of the seam for one parameter set on one code path of libcrux.
macro_rules! implement {
    ($name:ident, $parameter_set:ident, $set:ident::$path:ident, $key_pair:ident, $public_key:ident) => {
        mod $name {
            use super::*;
            use functions::unpacked::{self, $key_pair as KeyPair, $public_key as PublicKey};
            use libcrux_ml_kem::$set::$path as functions;
            use libcrux_ml_kem::{MlKemCiphertext, MlKemPrivateKey, MlKemPublicKey};

            const SET: MlKemParameterSet = MlKemParameterSet::$parameter_set;
            type EncodedPublicKey = MlKemPublicKey<{ SET.public_key_bytes() }>;
            type EncodedPrivateKey = MlKemPrivateKey<{ SET.private_key_bytes() }>;
            type Ciphertext = MlKemCiphertext<{ SET.ciphertext_bytes() }>;

            pub(super) struct Engine;

            /// A key pair of which an expanded decapsulation key `dk_PKE || ek || H(ek) || z` was given.
            struct Expanded {
                encoded: Place<Wiped<EncodedPrivateKey>>,
                unpacked: Lazy<KeyPair>,
            }

            impl Expanded {
                fn public_key(&self) -> &[u8] {
                    &self.encoded.0.as_slice()[SET.vector_bytes()..][..SET.public_key_bytes()]
                }
            }

            fn unpack(encoded: &EncodedPrivateKey, key: &mut KeyPair) {
                on_clean_stack::<KEY_STACK_BYTES, _>(|| unpacked::key_pair_from_private_mut(encoded, key));
            }

            fn unpacked_public_key(encoded: &[u8]) -> Result<Box<[PublicKey; 1]>, Error> {
                let mut key = try_box(PublicKey::default())?;
                unpacked::unpacked_public_key(&EncodedPublicKey::from(array(encoded)?), &mut key[0]);
                Ok(key)
            }

            fn decapsulate(key: &KeyPair, ciphertext: &Ciphertext, shared_secret: &mut [u8; 32]) {
                let mut secret = unpacked::decapsulate(key, ciphertext);
                *shared_secret = secret;
                secret.zeroize();
            }

            impl MlKemEngine for Engine {
                fn key_pair_from_seed(
                    &self,
                    seed: &[u8; 64],
                    options: KeyOptions,
                ) -> Result<Box<dyn MlKemPrivate>, Error> {
                    let mut key = Place::new(options.memory, Wiped::<KeyPair>::default())?;
                    unpacked::generate_key_pair_mut(*seed, &mut key.0);
                    Ok(try_box(key)?)
                }

                fn key_pair_from_private_key(
                    &self,
                    private_key: &[u8],
                    options: KeyOptions,
                ) -> Result<Box<dyn MlKemPrivate>, Error> {
                    let mut encoded = Place::new(options.memory, Wiped::<EncodedPrivateKey>::default())?;
                    encoded.0 = EncodedPrivateKey::from(array(private_key)?);
                    let unpacked = Lazy::new(options, |key| unpack(&encoded.0, key))?;
                    Ok(try_box(Expanded { encoded, unpacked })?)
                }

                fn public_key_from_bytes(
                    &self,
                    public_key: &[u8],
                    _: KeyOptions,
                ) -> Result<Box<dyn MlKemPublic>, Error> {
                    Ok(unpacked_public_key(public_key)?)
                }
            }

            impl MlKemPrivate for [Place<Wiped<KeyPair>>; 1] {
                fn public_key(&self) -> Result<Box<dyn MlKemPublic>, Error> {
                    Ok(try_box(self[0].0.public_key.clone())?)
                }

                fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
                    let encoded = unpacked::key_pair_serialized_public_key(&self[0].0);
                    array_mut(out).map(|out| *out = *encoded.as_slice())
                }

                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    let mut encoded = Place::new(self[0].memory(), Wiped::<EncodedPrivateKey>::default())?;
                    unpacked::key_pair_serialized_private_key_mut(&self[0].0, &mut encoded.0);
                    array_mut(out).map(|out| *out = *encoded.0.as_slice())
                }

                fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
                    decapsulate(&self[0].0, &Ciphertext::from(array(ciphertext)?), shared_secret);
                    Ok(())
                }

                fn secret_bytes(&self) -> usize {
                    size_of::<KeyPair>()
                }

                fn resident_bytes(&self) -> usize {
                    size_of::<KeyPair>()
                }
            }

            impl MlKemPrivate for [Expanded; 1] {
                fn public_key(&self) -> Result<Box<dyn MlKemPublic>, Error> {
                    Ok(match self[0].unpacked.kept() {
                        Some(key) => try_box(key.public_key.clone())?,
                        None => unpacked_public_key(self[0].public_key())?,
                    })
                }

                fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
                    copy(self[0].public_key(), out)
                }

                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    copy(self[0].encoded.0.as_slice(), out)
                }

                fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
                    let [Expanded { encoded, unpacked }] = self;
                    let ciphertext = Ciphertext::from(array(ciphertext)?);
                    match unpacked.for_use(|key| unpack(&encoded.0, key)) {
                        Some(key) => decapsulate(key, &ciphertext, shared_secret),
                        None => on_clean_stack::<KEY_STACK_BYTES, _>(|| {
                            let mut secret = functions::decapsulate(&encoded.0, &ciphertext);
                            *shared_secret = secret;
                            secret.zeroize();
                        }),
                    }
                    Ok(())
                }

                fn secret_bytes(&self) -> usize {
                    self.resident_bytes()
                }

                fn resident_bytes(&self) -> usize {
                    SET.private_key_bytes() + self[0].unpacked.bytes()
                }
            }

            impl MlKemPublic for [PublicKey; 1] {
                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    let mut encoded = EncodedPublicKey::default();
                    unpacked::serialized_public_key(&self[0], &mut encoded);
                    array_mut(out).map(|out| *out = *encoded.as_slice())
                }

                fn encapsulate(
                    &self,
                    m: &[u8; 32],
                    ciphertext: &mut [u8],
                    shared_secret: &mut [u8; 32],
                ) -> Result<(), Error> {
                    let out = array_mut(ciphertext)?;
                    let (encoded, mut secret) = unpacked::encapsulate(&self[0], *m);
                    *out = *encoded.as_slice();
                    *shared_secret = secret;
                    secret.zeroize();
                    Ok(())
                }

                fn resident_bytes(&self) -> usize {
                    size_of::<PublicKey>()
                }
            }
        }
    };
}

implement!(portable_512, MlKem512, mlkem512::portable, MlKem512KeyPairUnpacked, MlKem512PublicKeyUnpacked);
implement!(portable_768, MlKem768, mlkem768::portable, MlKem768KeyPairUnpacked, MlKem768PublicKeyUnpacked);
implement!(portable_1024, MlKem1024, mlkem1024::portable, MlKem1024KeyPairUnpacked, MlKem1024PublicKeyUnpacked);
#[cfg(target_arch = "x86_64")]
implement!(avx2_512, MlKem512, mlkem512::avx2, MlKem512KeyPairUnpacked, MlKem512PublicKeyUnpacked);
#[cfg(target_arch = "x86_64")]
implement!(avx2_768, MlKem768, mlkem768::avx2, MlKem768KeyPairUnpacked, MlKem768PublicKeyUnpacked);
#[cfg(target_arch = "x86_64")]
implement!(avx2_1024, MlKem1024, mlkem1024::avx2, MlKem1024KeyPairUnpacked, MlKem1024PublicKeyUnpacked);

/// The engine of a parameter set on a path that this processor has: libcrux's AVX2 functions are undefined elsewhere.
pub(super) fn engine(set: MlKemParameterSet, path: CodePath) -> &'static dyn MlKemEngine {
    match (path, set) {
        #[cfg(target_arch = "x86_64")]
        (CodePath::Avx2, MlKemParameterSet::MlKem512) => &avx2_512::Engine,
        #[cfg(target_arch = "x86_64")]
        (CodePath::Avx2, MlKemParameterSet::MlKem768) => &avx2_768::Engine,
        #[cfg(target_arch = "x86_64")]
        (CodePath::Avx2, MlKemParameterSet::MlKem1024) => &avx2_1024::Engine,
        (_, MlKemParameterSet::MlKem512) => &portable_512::Engine,
        (_, MlKemParameterSet::MlKem768) => &portable_768::Engine,
        (_, MlKemParameterSet::MlKem1024) => &portable_1024::Engine,
    }
}
