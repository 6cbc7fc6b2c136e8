//! The `mlkem_*` functions over slices and owned handles.

use super::{Bytes, Handle, Owned, bytes_of, handle_of, number_of, size_of_call, two_bytes_of, written};
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::status::PqcStatus;

impl Handle for MlKemKeyPair {
    const FREE: unsafe extern "C" fn(*mut Self) = mlkem_keypair_free;
}

impl Handle for MlKemPublicKey {
    const FREE: unsafe extern "C" fn(*mut Self) = mlkem_public_key_free;
}

/// A parameter set with the sizes that the header gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KemSet {
    pub(crate) id: u32,
    /// The flags of the keys that it makes.
    pub(crate) flags: u32,
    pub(crate) public_key: usize,
    pub(crate) private_key: usize,
    pub(crate) ciphertext: usize,
}

pub(crate) const KEM_SETS: [KemSet; 3] = [
    KemSet {
        id: 512,
        flags: 0,
        public_key: MLKEM512_PUBLICKEYBYTES,
        private_key: MLKEM512_PRIVATEKEYBYTES,
        ciphertext: MLKEM512_CIPHERTEXTBYTES,
    },
    KemSet {
        id: 768,
        flags: 0,
        public_key: MLKEM768_PUBLICKEYBYTES,
        private_key: MLKEM768_PRIVATEKEYBYTES,
        ciphertext: MLKEM768_CIPHERTEXTBYTES,
    },
    KemSet {
        id: 1024,
        flags: 0,
        public_key: MLKEM1024_PUBLICKEYBYTES,
        private_key: MLKEM1024_PRIVATEKEYBYTES,
        ciphertext: MLKEM1024_CIPHERTEXTBYTES,
    },
];

impl KemSet {
    pub(crate) fn generate(self) -> Result<Owned<MlKemKeyPair>, PqcStatus> {
        // SAFETY: the output is writable.
        handle_of(|out| unsafe { mlkem_keypair_generate(self.id, self.flags, out) })
    }

    pub(crate) fn load_seed(self, seed: &[u8]) -> Result<Owned<MlKemKeyPair>, PqcStatus> {
        // SAFETY: the seed is readable and the output writable.
        handle_of(|out| unsafe { mlkem_keypair_from_seed(self.id, self.flags, seed.as_ptr(), seed.len(), out) })
    }

    pub(crate) fn load_private_key(self, key: &[u8]) -> Result<Owned<MlKemKeyPair>, PqcStatus> {
        // SAFETY: the key is readable and the output writable.
        handle_of(|out| unsafe { mlkem_keypair_from_private_key(self.id, self.flags, key.as_ptr(), key.len(), out) })
    }

    pub(crate) fn load_public_key(self, bytes: &[u8]) -> Result<Owned<MlKemPublicKey>, PqcStatus> {
        // SAFETY: the key is readable and the output writable.
        handle_of(|out| unsafe { mlkem_public_key_from_bytes(self.id, self.flags, bytes.as_ptr(), bytes.len(), out) })
    }

    /// Where `ek`, `H(ek)` and `z` begin in a decapsulation key `dk_PKE || ek || H(ek) || z`.
    pub(crate) fn private_key_offsets(self) -> [usize; 3] {
        let vector = self.public_key - 32;
        [vector, vector + self.public_key, vector + self.public_key + 32]
    }
}

impl Owned<MlKemKeyPair> {
    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mlkem_keypair_options(self.as_ptr(), out) })
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        size_of_call(|out| unsafe { mlkem_keypair_resident_bytes(self.as_ptr(), out) })
    }

    /// The secret, in memory of the caller.
    pub(crate) fn decapsulate_into(&self, ciphertext: &[u8]) -> Result<Vec<u8>, PqcStatus> {
        written(MLKEM_SHAREDSECRETBYTES, |secret, room, len| {
            let (data, size) = (ciphertext.as_ptr(), ciphertext.len());
            // SAFETY: the handle is alive, the input readable and the output writable.
            unsafe { mlkem_decapsulate_into(self.as_ptr(), data, size, secret, room, len) }
        })
    }

    pub(crate) fn parameter_set(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mlkem_keypair_parameter_set(self.as_ptr(), out) })
    }

    pub(crate) fn public_key(&self) -> Result<Owned<MlKemPublicKey>, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        handle_of(|out| unsafe { mlkem_keypair_public_key(self.as_ptr(), out) })
    }

    pub(crate) fn public_key_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mlkem_keypair_public_key_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn private_key_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mlkem_keypair_private_key_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn seed_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mlkem_keypair_seed_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive, the ciphertext readable and the output writable.
        bytes_of(|out| unsafe { mlkem_decapsulate(self.as_ptr(), ciphertext.as_ptr(), ciphertext.len(), out) })
    }
}

impl Owned<MlKemPublicKey> {
    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mlkem_public_key_options(self.as_ptr(), out) })
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        size_of_call(|out| unsafe { mlkem_public_key_resident_bytes(self.as_ptr(), out) })
    }

    /// The ciphertext and the secret, in memory of the caller.
    pub(crate) fn encapsulate_into(&self) -> Result<(Vec<u8>, Vec<u8>), PqcStatus> {
        let mut ciphertext = vec![0; mlkem_ciphertext_size(self.parameter_set()?)];
        let secret = written(MLKEM_SHAREDSECRETBYTES, |secret, room, len| {
            let mut ciphertext_len = 0;
            let (data, capacity) = (ciphertext.as_mut_ptr(), ciphertext.len());
            // SAFETY: the handle is alive and the outputs are writable.
            let status = unsafe {
                mlkem_encapsulate_into(self.as_ptr(), data, capacity, &raw mut ciphertext_len, secret, room, len)
            };
            assert_eq!(ciphertext_len, if status == PqcStatus::Ok { capacity } else { 0 });
            status
        })?;
        Ok((ciphertext, secret))
    }

    pub(crate) fn parameter_set(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mlkem_public_key_parameter_set(self.as_ptr(), out) })
    }

    pub(crate) fn bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mlkem_public_key_bytes(self.as_ptr(), out) })
    }

    /// A ciphertext and its shared secret.
    pub(crate) fn encapsulate(&self) -> Result<(Bytes, Bytes), PqcStatus> {
        // SAFETY: the handle is alive and the outputs are writable.
        two_bytes_of(|first, second| unsafe { mlkem_encapsulate(self.as_ptr(), first, second) })
    }

    /// The ciphertext and shared secret of the randomness `m`.
    pub(crate) fn encapsulate_derand(&self, m: &[u8]) -> Result<(Bytes, Bytes), PqcStatus> {
        // SAFETY: the handle is alive, `m` is readable and the outputs are writable.
        two_bytes_of(|first, second| unsafe {
            mlkem_encapsulate_derand(self.as_ptr(), m.as_ptr(), m.len(), first, second)
        })
    }
}
