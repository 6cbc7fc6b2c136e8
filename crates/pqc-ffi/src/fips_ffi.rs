//! The FIPS module of a build that has one.
#![allow(unsafe_code, reason = "the exported function takes a raw pointer; boundary.rs turns it into a reference")]

use crate::boundary::{arguments, guard, sized_slot};
use crate::status::PqcStatus;
use core::ffi::c_char;
use core::ptr;
use pqc_core::fips_module;

/// The FIPS module of this build. In a build without a module every field but the size is 0 or NULL. Later versions add fields to the
/// end only.
#[repr(C)]
pub struct PqcFipsStatus {
    /// How many bytes of the struct the library filled.
    pub size: usize,
    /// 1 if this build has a module, and the module is in its approved mode.
    pub is_approved_mode: u32,
    /// 1 if the integrity test found the code of the module unchanged. A changed module ends the process.
    pub integrity_test: u32,
    /// 1 if the module passed its self tests. A failure ends the process.
    pub self_tests: u32,
    /// The name of the module.
    pub module: *const c_char,
    /// The version of the module, as it reports it, such as "AWS-LC FIPS 4.2.0".
    pub version: *const c_char,
    /// The number of the certificate of this version, or "none" and the version that is in process.
    pub certificate: *const c_char,
    /// The operating environments that the certificate names, or "none".
    pub environments: *const c_char,
}

/// Reports the FIPS module of this build, after its integrity test and its self tests, which take some milliseconds.
///
/// The strings are constant and never freed.
///
/// @param out       receives the status
/// @param out_size  sizeof(PqcFipsStatus), from which the library knows the version of the struct
/// @return PQC_STATUS_OUTPUT_LENGTH  out_size is below the size of the first version of the struct
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_fips_status(out: *mut PqcFipsStatus, out_size: usize) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let first = size_of::<PqcFipsStatus>();
        let ((), out) = arguments((), sized_slot(out, out_size, first))?;
        let size = out.size();
        let absent = PqcFipsStatus {
            size,
            is_approved_mode: 0,
            integrity_test: 0,
            self_tests: 0,
            module: ptr::null(),
            version: ptr::null(),
            certificate: ptr::null(),
            environments: ptr::null(),
        };
        out.put(fips_module().map_or(absent, |module| PqcFipsStatus {
            size,
            is_approved_mode: module.is_approved.into(),
            integrity_test: module.is_intact.into(),
            self_tests: module.has_passed.into(),
            module: module.name.as_ptr(),
            version: module.version.as_ptr(),
            certificate: module.certificate.as_ptr(),
            environments: module.environments.as_ptr(),
        }));
        Ok(())
    })
}
