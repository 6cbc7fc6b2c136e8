//! ML-KEM by libcrux, with keys in its unpacked form: the matrix is expanded once, when the key is made.
//!
//! An expanded decapsulation key is kept as it is until its second use. Unpacking one, libcrux samples the matrix without
//! vector instructions, and that takes longer than to use the key once as it is.

use super::lazy::Lazy;
use super::{KEM_KEY_STACK_BYTES, KemEngine, KemPrivate, KemPublic, array, array_mut, copy};
use crate::secret::{Place, SecretVec, Wiped, on_clean_stack};
use crate::{Algorithm, CodePath, Error, KeyOptions};
use pqc_memory::try_box;
use zeroize::Zeroize;

/// Implements the three traits of the seam for one parameter set on one code path of libcrux.
macro_rules! implement {
    ($algorithm:ident, $set:ident::$path:ident, $key_pair:ident, $public_key:ident) => {
        pub(super) mod $path {
            use super::*;
            use functions::unpacked::{self, $key_pair as KeyPair, $public_key as PublicKey};
            use libcrux_ml_kem::$set::$path as functions;
            use libcrux_ml_kem::{MlKemCiphertext, MlKemPrivateKey, MlKemPublicKey};

            const SET: Algorithm = Algorithm::$algorithm;
            /// Bytes of the secret vector, at the start of the expanded encoding.
            const VECTOR_BYTES: usize = SET.public_key_bytes() - 32;
            type EncodedPublicKey = MlKemPublicKey<{ SET.public_key_bytes() }>;
            type EncodedPrivateKey = MlKemPrivateKey<{ SET.private_key_bytes() }>;
            type Ciphertext = MlKemCiphertext<{ SET.ciphertext_bytes() }>;

            pub(in super::super) struct Engine;

            /// A private key that was loaded from its expanded encoding `dk_PKE || ek || H(ek) || z`.
            struct Expanded {
                encoded: Place<Wiped<EncodedPrivateKey>>,
                unpacked: Lazy<Wiped<KeyPair>>,
            }

            impl Expanded {
                fn public_key(&self) -> &[u8] {
                    &self.encoded.0.as_slice()[VECTOR_BYTES..][..SET.public_key_bytes()]
                }
            }

            fn unpack(encoded: &EncodedPrivateKey, key: &mut KeyPair) {
                on_clean_stack::<KEM_KEY_STACK_BYTES, _>(|| unpacked::key_pair_from_private_mut(encoded, key));
            }

            fn unpacked_public_key(encoded: &[u8]) -> Result<Box<PublicKey>, Error> {
                let mut key = try_box(PublicKey::default())?;
                unpacked::unpacked_public_key(&EncodedPublicKey::from(array(encoded)?), &mut key);
                Ok(key)
            }

            fn decapsulate(key: &KeyPair, ciphertext: &Ciphertext, shared_secret: &mut [u8; 32]) {
                let mut secret = unpacked::decapsulate(key, ciphertext);
                *shared_secret = secret;
                secret.zeroize();
            }

            impl KemEngine for Engine {
                fn private_key_from_seed(
                    &self,
                    seed: &[u8],
                    options: KeyOptions,
                ) -> Result<Box<dyn KemPrivate>, Error> {
                    let mut key = Place::new(options.memory, Wiped::<KeyPair>::default())?;
                    unpacked::generate_key_pair_mut(*array(seed)?, &mut key.0);
                    Ok(try_box(key)?)
                }

                fn private_key_from_bytes(
                    &self,
                    private_key: SecretVec,
                    options: KeyOptions,
                ) -> Result<Box<dyn KemPrivate>, Error> {
                    let mut encoded = Place::new(options.memory, Wiped::<EncodedPrivateKey>::default())?;
                    encoded.0 = EncodedPrivateKey::from(array(&private_key)?);
                    let unpacked = Lazy::new(options, |key: &mut Wiped<_>| unpack(&encoded.0, &mut key.0))?;
                    Ok(try_box(Expanded { encoded, unpacked })?)
                }

                fn public_key_from_bytes(&self, public_key: &[u8], _: KeyOptions) -> Result<Box<dyn KemPublic>, Error> {
                    Ok(unpacked_public_key(public_key)?)
                }
            }

            impl KemPrivate for Place<Wiped<KeyPair>> {
                fn public_key(&self) -> Result<Box<dyn KemPublic>, Error> {
                    Ok(try_box(self.0.public_key.clone())?)
                }

                fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
                    let encoded = unpacked::key_pair_serialized_public_key(&self.0);
                    array_mut(out).map(|out| *out = *encoded.as_slice())
                }

                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    let mut encoded = Place::new(self.memory(), Wiped::<EncodedPrivateKey>::default())?;
                    unpacked::key_pair_serialized_private_key_mut(&self.0, &mut encoded.0);
                    array_mut(out).map(|out| *out = *encoded.0.as_slice())
                }

                fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
                    decapsulate(&self.0, &Ciphertext::from(array(ciphertext)?), shared_secret);
                    Ok(())
                }

                fn secret_bytes(&self) -> usize {
                    size_of::<KeyPair>()
                }

                fn resident_bytes(&self) -> usize {
                    size_of::<KeyPair>()
                }
            }

            impl KemPrivate for Expanded {
                fn public_key(&self) -> Result<Box<dyn KemPublic>, Error> {
                    Ok(match self.unpacked.kept() {
                        Some(key) => try_box(key.0.public_key.clone())?,
                        None => unpacked_public_key(self.public_key())?,
                    })
                }

                fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
                    copy(self.public_key(), out)
                }

                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    copy(self.encoded.0.as_slice(), out)
                }

                fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
                    let Self { encoded, unpacked } = self;
                    let ciphertext = Ciphertext::from(array(ciphertext)?);
                    match unpacked.for_use(|key| unpack(&encoded.0, &mut key.0)) {
                        Some(key) => decapsulate(&key.0, &ciphertext, shared_secret),
                        None => on_clean_stack::<KEM_KEY_STACK_BYTES, _>(|| {
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
                    SET.private_key_bytes() + self.unpacked.bytes()
                }
            }

            impl KemPublic for PublicKey {
                fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
                    let mut encoded = EncodedPublicKey::default();
                    unpacked::serialized_public_key(self, &mut encoded);
                    array_mut(out).map(|out| *out = *encoded.as_slice())
                }

                fn encapsulate(
                    &self,
                    m: &[u8],
                    ciphertext: &mut [u8],
                    shared_secret: &mut [u8; 32],
                ) -> Result<(), Error> {
                    let out = array_mut(ciphertext)?;
                    let (encoded, mut secret) = unpacked::encapsulate(self, *array(m)?);
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

/// Implements every parameter set on every path of libcrux, and finds the engine of one.
macro_rules! parameter_sets {
    ($($algorithm:ident: $set:ident, $key_pair:ident, $public_key:ident;)+) => {
        $(mod $set {
            use super::*;
            implement!($algorithm, $set::portable, $key_pair, $public_key);
            #[cfg(target_arch = "x86_64")]
            implement!($algorithm, $set::avx2, $key_pair, $public_key);
            #[cfg(target_arch = "aarch64")]
            implement!($algorithm, $set::neon, $key_pair, $public_key);
        })+

        /// The engine of a parameter set on a path that this processor has: libcrux's AVX2 functions are undefined elsewhere.
        pub(super) fn engine(algorithm: Algorithm, path: CodePath) -> Result<&'static dyn KemEngine, Error> {
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
    MlKem512: mlkem512, MlKem512KeyPairUnpacked, MlKem512PublicKeyUnpacked;
    MlKem768: mlkem768, MlKem768KeyPairUnpacked, MlKem768PublicKeyUnpacked;
    MlKem1024: mlkem1024, MlKem1024KeyPairUnpacked, MlKem1024PublicKeyUnpacked;
}
