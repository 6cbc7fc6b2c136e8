//! The flags of the functions that make a key.

use crate::boundary::check_flags;
use crate::status::PqcStatus;
use pqc_core::{CodePath, KeyOptions, Memory};

/// Key flag: the key's operations take the portable code path.
pub const PQC_KEY_PORTABLE: u32 = 1;
/// Key flag: the key's operations take the AVX2 code path; an error where the processor lacks it.
pub const PQC_KEY_AVX2: u32 = 2;
/// Key flag: the key's secrets, and those that its operations hand out, are in locked memory between guard pages, kept
/// out of core dumps. Each takes pages of its own, and the process has a limit on what it may lock (`ulimit -l`).
pub const PQC_KEY_LOCKED_MEMORY: u32 = 256;

/// What flags ask for; without a code path, the best that this processor has.
pub(crate) fn key_options(flags: u32) -> Result<KeyOptions, PqcStatus> {
    check_flags(flags, PQC_KEY_PORTABLE | PQC_KEY_AVX2 | PQC_KEY_LOCKED_MEMORY)?;
    let path = match flags & (PQC_KEY_PORTABLE | PQC_KEY_AVX2) {
        0 => CodePath::best(),
        PQC_KEY_PORTABLE => CodePath::Portable,
        PQC_KEY_AVX2 => CodePath::Avx2,
        _ => return Err(PqcStatus::UnknownFlags),
    };
    let memory = if flags & PQC_KEY_LOCKED_MEMORY == 0 { Memory::Heap } else { Memory::Locked };
    Ok(KeyOptions { path, memory })
}
