//! The functions that read and write PKCS#8 and SubjectPublicKeyInfo, over slices and owned handles.

use super::{Bytes, Owned, bytes_of, handle_of};
use core::ptr;
use pqc_ffi::formats::{ffi_key_algorithm, ffi_key_kdf_cost, ffi_private_key_from_pkcs8};
use pqc_ffi::mldsa_ffi::{MlDsaKeyPair, MlDsaPublicKey};
use pqc_ffi::mldsa_formats::*;
use pqc_ffi::mlkem_ffi::{MlKemKeyPair, MlKemPublicKey};
use pqc_ffi::mlkem_formats::*;
use pqc_ffi::status::PqcStatus;

pub(crate) const PASSWORD: &[u8] = b"password";

/// The seed of `Fixture::DSA_SEED` for ML-DSA-44 in PKCS#8, encrypted with that password in one iteration of PBKDF2.
pub(crate) const ENCRYPTED: [u8; 165] = [
    0x30, 0x81, 0xa2, 0x30, 0x5e, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d, 0x30, 0x51, 0x30,
    0x30, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c, 0x30, 0x23, 0x04, 0x10, 0x73, 0x69, 0x78,
    0x74, 0x65, 0x65, 0x6e, 0x20, 0x62, 0x79, 0x74, 0x65, 0x73, 0x2e, 0x2e, 0x2e, 0x02, 0x01, 0x01, 0x30, 0x0c, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09, 0x05, 0x00, 0x30, 0x1d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x01, 0x2a, 0x04, 0x10, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
    0x0c, 0x0d, 0x0e, 0x0f, 0x04, 0x40, 0xbe, 0x44, 0xc5, 0xb2, 0x45, 0x3d, 0x22, 0x63, 0x93, 0x2f, 0x31, 0x3d, 0xc9,
    0x18, 0x48, 0xf1, 0x96, 0xe6, 0x16, 0x5b, 0x68, 0x11, 0xf0, 0x31, 0x11, 0xef, 0x6b, 0xdf, 0x6a, 0x67, 0xc8, 0xf0,
    0x19, 0x5b, 0x3c, 0xb1, 0xba, 0x03, 0x8d, 0xf5, 0x7f, 0x4d, 0x85, 0x56, 0xb1, 0x33, 0xf7, 0xf1, 0x5c, 0xd5, 0x6a,
    0x4a, 0x43, 0x84, 0x45, 0xf1, 0xbc, 0x0c, 0xd0, 0x4c, 0xcb, 0xc2, 0x12, 0xab,
];

/// Kind and parameter set of an encoded key.
pub(crate) fn detect(data: &[u8]) -> Result<(u32, u32), PqcStatus> {
    let (mut kind, mut set) = (u32::MAX, u32::MAX);
    // SAFETY: the data is readable and the outputs are writable.
    let status = unsafe { ffi_key_algorithm(data.as_ptr(), data.len(), &raw mut kind, &raw mut set) };
    assert!(status == PqcStatus::Ok || (kind, set) == (0, 0), "the outputs are emptied on failure");
    super::check(status).map(|()| (kind, set))
}

/// What opening an encoded key costs.
pub(crate) fn kdf_cost(data: &[u8]) -> Result<u64, PqcStatus> {
    let mut cost = u64::MAX;
    // SAFETY: the data is readable and the output writable.
    let status = unsafe { ffi_key_kdf_cost(data.as_ptr(), data.len(), &raw mut cost) };
    assert!(status == PqcStatus::Ok || cost == 0, "the output is emptied on failure");
    super::check(status).map(|()| cost)
}

/// A key pair of which family its file says.
pub(crate) enum AnyPair {
    Kem(Owned<MlKemKeyPair>),
    Dsa(Owned<MlDsaKeyPair>),
}

/// Loads PKCS#8 of either family; an empty password is handed over as NULL.
pub(crate) fn load_any(data: &[u8], password: &[u8], flags: u32, max_kdf_cost: u64) -> Result<AnyPair, PqcStatus> {
    let p = if password.is_empty() { ptr::null() } else { password.as_ptr() };
    let (data, len, p_len) = (data.as_ptr(), data.len(), password.len());
    let (mut kem, mut dsa) = (super::rubbish_handle(), super::rubbish_handle());
    // SAFETY: the inputs are readable and the outputs writable.
    let outcome = super::check(unsafe {
        ffi_private_key_from_pkcs8(flags, data, len, p, p_len, max_kdf_cost, &raw mut kem, &raw mut dsa)
    });
    match (outcome, kem.is_null(), dsa.is_null()) {
        (Ok(()), false, true) => Ok(AnyPair::Kem(Owned::new(kem))),
        (Ok(()), true, false) => Ok(AnyPair::Dsa(Owned::new(dsa))),
        (outcome, kem, dsa) => {
            assert!(outcome.is_err() && kem && dsa, "one output is filled on success, and none on failure");
            Err(outcome.err().unwrap_or(PqcStatus::Internal))
        }
    }
}

/// A key pair of either family in PKCS#8.
pub(crate) trait Pkcs8: super::Handle {
    const FROM: unsafe extern "C" fn(u32, *const u8, usize, *const u8, usize, u64, *mut *mut Self) -> PqcStatus;
    const TO: unsafe extern "C" fn(
        *const Self,
        *const u8,
        usize,
        u32,
        u32,
        *mut pqc_ffi::memory::FFIBuffer,
    ) -> PqcStatus;
}

impl Pkcs8 for MlKemKeyPair {
    const FROM: unsafe extern "C" fn(u32, *const u8, usize, *const u8, usize, u64, *mut *mut Self) -> PqcStatus =
        mlkem_keypair_from_pkcs8;
    const TO: unsafe extern "C" fn(
        *const Self,
        *const u8,
        usize,
        u32,
        u32,
        *mut pqc_ffi::memory::FFIBuffer,
    ) -> PqcStatus = mlkem_keypair_to_pkcs8;
}

impl Pkcs8 for MlDsaKeyPair {
    const FROM: unsafe extern "C" fn(u32, *const u8, usize, *const u8, usize, u64, *mut *mut Self) -> PqcStatus =
        mldsa_keypair_from_pkcs8;
    const TO: unsafe extern "C" fn(
        *const Self,
        *const u8,
        usize,
        u32,
        u32,
        *mut pqc_ffi::memory::FFIBuffer,
    ) -> PqcStatus = mldsa_keypair_to_pkcs8;
}

/// A public key of either family in SubjectPublicKeyInfo.
pub(crate) trait Spki: super::Handle {
    const FROM: unsafe extern "C" fn(u32, *const u8, usize, *mut *mut Self) -> PqcStatus;
    const TO: unsafe extern "C" fn(*const Self, u32, *mut pqc_ffi::memory::FFIBuffer) -> PqcStatus;
}

impl Spki for MlKemPublicKey {
    const FROM: unsafe extern "C" fn(u32, *const u8, usize, *mut *mut Self) -> PqcStatus = mlkem_public_key_from_spki;
    const TO: unsafe extern "C" fn(*const Self, u32, *mut pqc_ffi::memory::FFIBuffer) -> PqcStatus =
        mlkem_public_key_to_spki;
}

impl Spki for MlDsaPublicKey {
    const FROM: unsafe extern "C" fn(u32, *const u8, usize, *mut *mut Self) -> PqcStatus = mldsa_public_key_from_spki;
    const TO: unsafe extern "C" fn(*const Self, u32, *mut pqc_ffi::memory::FFIBuffer) -> PqcStatus =
        mldsa_public_key_to_spki;
}

/// Loads PKCS#8; an empty password is handed over as NULL.
pub(crate) fn load_pkcs8<T: Pkcs8>(data: &[u8], password: &[u8], flags: u32) -> Result<Owned<T>, PqcStatus> {
    let p = if password.is_empty() { ptr::null() } else { password.as_ptr() };
    // SAFETY: the inputs are readable and the output writable.
    handle_of(|out| unsafe { T::FROM(flags, data.as_ptr(), data.len(), p, password.len(), 0, out) })
}

pub(crate) fn load_spki<T: Spki>(data: &[u8], flags: u32) -> Result<Owned<T>, PqcStatus> {
    // SAFETY: the input is readable and the output writable.
    handle_of(|out| unsafe { T::FROM(flags, data.as_ptr(), data.len(), out) })
}

impl<T: Pkcs8> Owned<T> {
    pub(crate) fn to_pkcs8(&self, form: u32, encoding: u32, password: &[u8]) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive, the input readable and the output writable.
        bytes_of(|out| unsafe { T::TO(self.as_ptr(), password.as_ptr(), password.len(), form, encoding, out) })
    }
}

impl<T: Spki> Owned<T> {
    pub(crate) fn to_spki(&self, encoding: u32) -> Result<Bytes, PqcStatus> {
        // SAFETY: the handle is alive and the output writable.
        bytes_of(|out| unsafe { T::TO(self.as_ptr(), encoding, out) })
    }
}
