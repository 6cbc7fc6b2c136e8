//! ML-KEM by the module.

use crate::engine::{KemEngine, KemPrivate, KemPublic};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, KeyOptions};
use pqc_memory::try_box;
use pqc_module::{Key, KeyType};

#[derive(Clone, Copy)]
struct Engine {
    algorithm: Algorithm,
    kind: KeyType,
}

/// A key in the module's memory, with the private key or without it.
struct ModuleKey {
    engine: Engine,
    key: Key,
}

/// The engine of a parameter set.
pub(super) fn engine(algorithm: Algorithm) -> Result<&'static dyn KemEngine, Error> {
    static ALL: [Engine; 3] = [
        Engine { algorithm: Algorithm::MlKem512, kind: KeyType::MlKem512 },
        Engine { algorithm: Algorithm::MlKem768, kind: KeyType::MlKem768 },
        Engine { algorithm: Algorithm::MlKem1024, kind: KeyType::MlKem1024 },
    ];
    let found = ALL.iter().find(|engine| engine.algorithm == algorithm);
    found.map(|engine| engine as &dyn KemEngine).ok_or(Error::NotApproved)
}

impl Engine {
    fn boxed(self, key: Key) -> Result<Box<ModuleKey>, Error> {
        Ok(try_box(ModuleKey { engine: self, key })?)
    }

    /// The place of the encapsulation key in `dk_PKE || ek || H(ek) || z` (FIPS 203, algorithm 16).
    fn public_key_of(self, private_key: &[u8]) -> Result<&[u8], Error> {
        let len = self.algorithm.public_key_bytes();
        private_key.get(len - 32..).and_then(|rest| rest.get(..len)).ok_or(Error::Internal)
    }
}

impl KemEngine for Engine {
    /// ML-KEM.KeyGen (FIPS 203, 7.1). The module keeps no seed.
    fn generate(&self, _: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        Ok(self.boxed(Key::generate(self.kind)?)?)
    }

    fn private_key_from_seed(&self, seed: &[u8], _: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        Ok(self.boxed(Key::from_seed(self.kind, seed)?)?)
    }

    fn private_key_from_bytes(&self, private_key: SecretVec, _: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        let public_key = self.public_key_of(&private_key)?;
        Ok(self.boxed(Key::from_private_bytes(self.kind, &private_key, public_key)?)?)
    }

    fn public_key_from_bytes(&self, public_key: SecretVec, _: KeyOptions) -> Result<Box<dyn KemPublic>, Error> {
        Ok(self.boxed(Key::from_public_bytes(self.kind, &public_key)?)?)
    }
}

impl ModuleKey {
    fn write_public(&self, out: &mut [u8]) -> Result<(), Error> {
        Ok(self.key.write_public(out)?)
    }
}

impl KemPrivate for ModuleKey {
    fn public_key(&self) -> Result<Box<dyn KemPublic>, Error> {
        let mut public_key = SecretVec::zeroed(crate::Memory::Heap, self.engine.algorithm.public_key_bytes())?;
        self.write_public(&mut public_key)?;
        Ok(self.engine.boxed(Key::from_public_bytes(self.engine.kind, &public_key)?)?)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        self.write_public(out)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        Ok(self.key.write_private(out)?)
    }

    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        Ok(self.key.decapsulate(ciphertext, shared_secret)?)
    }

    fn secret_bytes(&self) -> usize {
        self.engine.algorithm.private_key_bytes()
    }

    fn resident_bytes(&self) -> usize {
        self.engine.algorithm.private_key_bytes() + self.engine.algorithm.public_key_bytes()
    }
}

impl KemPublic for ModuleKey {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        self.write_public(out)
    }

    /// Encapsulation. The module draws its randomness.
    fn encapsulate(&self, _: &[u8], ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        Ok(self.key.encapsulate(ciphertext, shared_secret)?)
    }

    fn resident_bytes(&self) -> usize {
        self.engine.algorithm.public_key_bytes()
    }
}
