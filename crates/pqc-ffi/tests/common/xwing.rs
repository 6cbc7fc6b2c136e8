//! The `xwing_*` functions over slices and owned handles.

use super::{Bytes, Handle, Owned, bytes_of, handle_of, number_of, size_of_call, two_bytes_of};
use pqc_ffi::status::PqcStatus;
use pqc_ffi::xwing_ffi::*;

impl Handle for XWingKeyPair {
    const FREE: unsafe extern "C" fn(*mut Self) = xwing_keypair_free;
}

impl Handle for XWingPublicKey {
    const FREE: unsafe extern "C" fn(*mut Self) = xwing_public_key_free;
}

/// X-Wing with the flags of the keys that it makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct XWing {
    pub(crate) flags: u32,
}

pub(crate) const XWING: XWing = XWing { flags: 0 };

impl XWing {
    pub(crate) fn generate(self) -> Result<Owned<XWingKeyPair>, PqcStatus> {
        // SAFETY: the output is writable.
        handle_of(|out| unsafe { xwing_keypair_generate(self.flags, out) })
    }

    pub(crate) fn load_seed(self, seed: &[u8]) -> Result<Owned<XWingKeyPair>, PqcStatus> {
        // SAFETY: the seed is readable and the output writable.
        handle_of(|out| unsafe { xwing_keypair_from_seed(self.flags, seed.as_ptr(), seed.len(), out) })
    }

    pub(crate) fn load_public_key(self, bytes: &[u8]) -> Result<Owned<XWingPublicKey>, PqcStatus> {
        // SAFETY: the key is readable and the output writable.
        handle_of(|out| unsafe { xwing_public_key_from_bytes(self.flags, bytes.as_ptr(), bytes.len(), out) })
    }
}

impl Owned<XWingKeyPair> {
    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { xwing_keypair_options(self.as_ptr(), out) })
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        size_of_call(|out| unsafe { xwing_keypair_resident_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn seed_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { xwing_keypair_seed_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn public_key(&self) -> Result<Owned<XWingPublicKey>, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        handle_of(|out| unsafe { xwing_keypair_public_key(self.as_ptr(), out) })
    }

    pub(crate) fn public_key_bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { xwing_keypair_public_key_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive, the ciphertext readable and the output writable.
        bytes_of(|out| unsafe { xwing_decapsulate(self.as_ptr(), ciphertext.as_ptr(), ciphertext.len(), out) })
    }
}

impl Owned<XWingPublicKey> {
    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        number_of(|out| unsafe { xwing_public_key_options(self.as_ptr(), out) })
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        size_of_call(|out| unsafe { xwing_public_key_resident_bytes(self.as_ptr(), out) })
    }

    pub(crate) fn bytes(&self) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { xwing_public_key_bytes(self.as_ptr(), out) })
    }

    /// A ciphertext and its shared secret.
    pub(crate) fn encapsulate(&self) -> Result<(Bytes, Bytes), PqcStatus> {
        // SAFETY: the handle is alive and the outputs are writable.
        two_bytes_of(|first, second| unsafe { xwing_encapsulate(self.as_ptr(), first, second) })
    }

    /// The ciphertext and shared secret of the randomness `eseed`.
    pub(crate) fn encapsulate_derand(&self, eseed: &[u8]) -> Result<(Bytes, Bytes), PqcStatus> {
        // SAFETY: the handle is alive, `eseed` is readable and the outputs are writable.
        two_bytes_of(|first, second| unsafe {
            xwing_encapsulate_derand(self.as_ptr(), eseed.as_ptr(), eseed.len(), first, second)
        })
    }
}
