//! The `mldsa_*` functions over slices and owned handles.

use super::{Bytes, Handle, Owned, bytes_of, check, handle_of, number_of, size_of_call, written};
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mldsa_mu::*;
use pqc_ffi::status::PqcStatus;

impl Handle for MlDsaKeyPair {
    const FREE: unsafe extern "C" fn(*mut Self) = mldsa_keypair_free;
}

impl Handle for MlDsaPublicKey {
    const FREE: unsafe extern "C" fn(*mut Self) = mldsa_public_key_free;
}

impl Handle for MlDsaMuHasher {
    const FREE: unsafe extern "C" fn(*mut Self) = mldsa_mu_hasher_free;
}

/// A parameter set with the sizes that the header gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DsaSet {
    pub(crate) id: u32,
    /// The flags of the keys that it makes.
    pub(crate) flags: u32,
    pub(crate) public_key: usize,
    pub(crate) private_key: usize,
    pub(crate) signature: usize,
}

pub(crate) const DSA_SETS: [DsaSet; 3] = [
    DsaSet {
        id: 44,
        flags: 0,
        public_key: MLDSA44_PUBLICKEYBYTES,
        private_key: MLDSA44_PRIVATEKEYBYTES,
        signature: MLDSA44_SIGNATUREBYTES,
    },
    DsaSet {
        id: 65,
        flags: 0,
        public_key: MLDSA65_PUBLICKEYBYTES,
        private_key: MLDSA65_PRIVATEKEYBYTES,
        signature: MLDSA65_SIGNATUREBYTES,
    },
    DsaSet {
        id: 87,
        flags: 0,
        public_key: MLDSA87_PUBLICKEYBYTES,
        private_key: MLDSA87_PRIVATEKEYBYTES,
        signature: MLDSA87_SIGNATUREBYTES,
    },
];

/// M' as ML-DSA.Sign makes it of a message and a context (FIPS 204, algorithm 2).
///
/// A context of more than 255 bytes has no such form; its length is cut here as a careless library would.
pub(crate) fn m_prime(message: &[u8], context: &[u8]) -> Vec<u8> {
    let length = context.len().to_le_bytes()[0];
    [&[0, length], context, message].concat()
}

impl DsaSet {
    pub(crate) fn generate(self) -> Result<Owned<MlDsaKeyPair>, PqcStatus> {
        // SAFETY: the output is writable.
        handle_of(|out| unsafe { mldsa_keypair_generate(self.id, self.flags, out) })
    }

    pub(crate) fn load_seed(self, seed: &[u8]) -> Result<Owned<MlDsaKeyPair>, PqcStatus> {
        // SAFETY: the seed is readable and the output writable.
        handle_of(|out| unsafe { mldsa_keypair_from_seed(self.id, self.flags, seed.as_ptr(), seed.len(), out) })
    }

    pub(crate) fn load_private_key(self, key: &[u8]) -> Result<Owned<MlDsaKeyPair>, PqcStatus> {
        // SAFETY: the key is readable and the output writable.
        handle_of(|out| unsafe { mldsa_keypair_from_private_key(self.id, self.flags, key.as_ptr(), key.len(), out) })
    }

    pub(crate) fn load_public_key(self, bytes: &[u8]) -> Result<Owned<MlDsaPublicKey>, PqcStatus> {
        // SAFETY: the key is readable and the output writable.
        handle_of(|out| unsafe { mldsa_public_key_from_bytes(self.id, self.flags, bytes.as_ptr(), bytes.len(), out) })
    }
}

impl Owned<MlDsaKeyPair> {
    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mldsa_keypair_options(self.as_ptr(), out) })
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        size_of_call(|out| unsafe { mldsa_keypair_resident_bytes(self.as_ptr(), out) })
    }

    /// The signature, in memory of the caller.
    pub(crate) fn sign_into(&self, message: &[u8], context: &[u8], flags: u32) -> Result<Vec<u8>, PqcStatus> {
        written(mldsa_signature_size(self.parameter_set()?), |signature, room, len| {
            let (m, c) = (message.as_ptr(), context.as_ptr());
            // SAFETY: the handle is alive, the inputs are readable and the output is writable.
            unsafe { mldsa_sign_into(self.as_ptr(), m, message.len(), c, context.len(), flags, signature, room, len) }
        })
    }

    pub(crate) fn parameter_set(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mldsa_keypair_parameter_set(self.as_ptr(), out) })
    }

    pub(crate) fn public_key(&self) -> Result<Owned<MlDsaPublicKey>, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        handle_of(|out| unsafe { mldsa_keypair_public_key(self.as_ptr(), out) })
    }

    pub(crate) fn public_key_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mldsa_keypair_public_key_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn private_key_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mldsa_keypair_private_key_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn seed_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mldsa_keypair_seed_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn sign(&self, message: &[u8], context: &[u8], flags: u32) -> Result<Bytes, PqcStatus> {
        let (m, m_len, c, c_len) = (message.as_ptr(), message.len(), context.as_ptr(), context.len());
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        bytes_of(|out| unsafe { mldsa_sign(self.as_ptr(), m, m_len, c, c_len, flags, out) })
    }

    pub(crate) fn sign_derand(&self, message: &[u8], context: &[u8], rnd: &[u8]) -> Result<Bytes, PqcStatus> {
        let (m, m_len, c, c_len) = (message.as_ptr(), message.len(), context.as_ptr(), context.len());
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        bytes_of(|out| unsafe { mldsa_sign_derand(self.as_ptr(), m, m_len, c, c_len, rnd.as_ptr(), rnd.len(), out) })
    }

    pub(crate) fn sign_prehashed(
        &self,
        hash: u32,
        digest: &[u8],
        context: &[u8],
        flags: u32,
    ) -> Result<Bytes, PqcStatus> {
        let (d, d_len, c, c_len) = (digest.as_ptr(), digest.len(), context.as_ptr(), context.len());
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        bytes_of(|out| unsafe { mldsa_sign_prehashed(self.as_ptr(), hash, d, d_len, c, c_len, flags, out) })
    }

    pub(crate) fn sign_prehashed_derand(
        &self,
        hash: u32,
        digest: &[u8],
        context: &[u8],
        rnd: &[u8],
    ) -> Result<Bytes, PqcStatus> {
        let (d, d_len, c, c_len) = (digest.as_ptr(), digest.len(), context.as_ptr(), context.len());
        let (r, r_len) = (rnd.as_ptr(), rnd.len());
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        bytes_of(|out| unsafe { mldsa_sign_prehashed_derand(self.as_ptr(), hash, d, d_len, c, c_len, r, r_len, out) })
    }

    pub(crate) fn sign_internal(&self, m_prime: &[u8], rnd: &[u8]) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        bytes_of(|out| unsafe {
            mldsa_sign_internal(self.as_ptr(), m_prime.as_ptr(), m_prime.len(), rnd.as_ptr(), rnd.len(), out)
        })
    }
}

impl Owned<MlDsaKeyPair> {
    pub(crate) fn sign_mu(&self, mu: &[u8], flags: u32) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive, the input is readable and the output is writable.
        bytes_of(|out| unsafe { mldsa_sign_mu(self.as_ptr(), mu.as_ptr(), mu.len(), flags, out) })
    }

    pub(crate) fn sign_mu_derand(&self, mu: &[u8], rnd: &[u8]) -> Result<Bytes, PqcStatus> {
        let (m, m_len, r, r_len) = (mu.as_ptr(), mu.len(), rnd.as_ptr(), rnd.len());
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        bytes_of(|out| unsafe { mldsa_sign_mu_derand(self.as_ptr(), m, m_len, r, r_len, out) })
    }
}

impl Owned<MlDsaMuHasher> {
    pub(crate) fn update(&self, data: &[u8]) -> Result<(), PqcStatus> {
        // SAFETY: the handle is alive and the input readable.
        check(unsafe { mldsa_mu_hasher_update(self.as_ptr().cast_mut(), data.as_ptr(), data.len()) })
    }

    pub(crate) fn finalize(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mldsa_mu_hasher_finalize(self.as_ptr(), out) })
    }
}

impl Owned<MlDsaPublicKey> {
    /// The `mu` of a message, which a hasher gives.
    pub(crate) fn mu(&self, message: &[u8], context: &[u8]) -> Result<Bytes, PqcStatus> {
        let hasher = self.mu_hasher(context)?;
        hasher.update(message)?;
        hasher.finalize()
    }

    pub(crate) fn mu_hasher(&self, context: &[u8]) -> Result<Owned<MlDsaMuHasher>, PqcStatus> {
        // SAFETY: the handle is alive, the input readable and the output writable.
        handle_of(|out| unsafe { mldsa_mu_hasher_from_public_key(self.as_ptr(), context.as_ptr(), context.len(), out) })
    }

    pub(crate) fn verify_mu(&self, mu: &[u8], signature: &[u8]) -> Result<(), PqcStatus> {
        let (s, s_len) = (signature.as_ptr(), signature.len());
        // SAFETY: the handle is alive and the inputs are readable.
        check(unsafe { mldsa_verify_mu(self.as_ptr(), mu.as_ptr(), mu.len(), s, s_len) })
    }

    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mldsa_public_key_options(self.as_ptr(), out) })
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        size_of_call(|out| unsafe { mldsa_public_key_resident_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn parameter_set(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { mldsa_public_key_parameter_set(self.as_ptr(), out) })
    }

    pub(crate) fn bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { mldsa_public_key_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), PqcStatus> {
        let (m, m_len, c, c_len) = (message.as_ptr(), message.len(), context.as_ptr(), context.len());
        // SAFETY: the handle is alive and the inputs are readable.
        check(unsafe { mldsa_verify(self.as_ptr(), m, m_len, c, c_len, signature.as_ptr(), signature.len()) })
    }

    pub(crate) fn verify_prehashed(
        &self,
        hash: u32,
        digest: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), PqcStatus> {
        let (d, d_len, c, c_len) = (digest.as_ptr(), digest.len(), context.as_ptr(), context.len());
        let (s, s_len) = (signature.as_ptr(), signature.len());
        // SAFETY: the handle is alive and the inputs are readable.
        check(unsafe { mldsa_verify_prehashed(self.as_ptr(), hash, d, d_len, c, c_len, s, s_len) })
    }

    pub(crate) fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), PqcStatus> {
        let (m, m_len) = (m_prime.as_ptr(), m_prime.len());
        // SAFETY: the handle is alive and the inputs are readable.
        check(unsafe { mldsa_verify_internal(self.as_ptr(), m, m_len, signature.as_ptr(), signature.len()) })
    }
}
