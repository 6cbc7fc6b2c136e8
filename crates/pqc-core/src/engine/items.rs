//! Items of a batch, as callers make them and an engine gets them: their lengths are checked, and an engine gets only such as
//! are of its parameter set and code path.

use super::{MlDsaPrivate, MlDsaPublic, MlKemPrivate, MlKemPublic};
use crate::{Error, KeyOptions, MlDsaParameterSet, MlKemParameterSet};
use zeroize::Zeroizing;

/// A public key: ready for use, or encoded and used this once.
pub(crate) enum PublicKey<'a, K: ?Sized> {
    Ready(&'a K),
    Encoded(&'a [u8]),
}

/// A signature to be verified.
pub struct Verification<'a> {
    pub(crate) kind: (MlDsaParameterSet, KeyOptions),
    pub(crate) key: PublicKey<'a, dyn MlDsaPublic>,
    pub(crate) message: &'a [u8],
    pub(crate) context: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) outcome: Result<(), Error>,
}

/// A message to be signed.
pub struct Signing<'a> {
    pub(crate) kind: (MlDsaParameterSet, KeyOptions),
    pub(crate) key: &'a dyn MlDsaPrivate,
    pub(crate) message: &'a [u8],
    pub(crate) context: &'a [u8],
    pub(crate) rnd: Zeroizing<[u8; 32]>,
    pub(crate) signature: &'a mut [u8],
    pub(crate) outcome: Result<(), Error>,
}

/// A shared secret to be made, with its ciphertext.
pub struct Encapsulation<'a> {
    pub(crate) kind: (MlKemParameterSet, KeyOptions),
    pub(crate) key: PublicKey<'a, dyn MlKemPublic>,
    pub(crate) m: Zeroizing<[u8; 32]>,
    pub(crate) ciphertext: &'a mut [u8],
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

/// A shared secret to be recovered.
pub struct Decapsulation<'a> {
    pub(crate) kind: (MlKemParameterSet, KeyOptions),
    pub(crate) key: &'a dyn MlKemPrivate,
    pub(crate) ciphertext: &'a [u8],
    pub(crate) shared_secret: &'a mut [u8; 32],
    pub(crate) outcome: Result<(), Error>,
}

/// A key pair to be made of a seed.
pub(crate) struct Generation<'a, K: ?Sized, const N: usize> {
    pub(crate) seed: &'a [u8; N],
    pub(crate) key: Result<Box<K>, Error>,
}
