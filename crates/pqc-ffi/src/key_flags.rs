//! The flags of the functions that make a key.

use crate::boundary::check_flags;
use crate::monitoring::default_path;
use crate::status::PqcStatus;
use pqc_core::{CodePath, KeyOptions, Memory};

/// Key flag: the key's operations take the portable code path.
pub const PQC_KEY_PORTABLE: u32 = 1;
/// Key flag: the key's operations take the AVX2 code path; an error where the processor lacks it.
pub const PQC_KEY_AVX2: u32 = 2;
/// Key flag: the key's operations take the NEON code path; an error, since no build has it yet.
pub const PQC_KEY_NEON: u32 = 4;
/// Key flag: the key's operations take the best code path that this processor has, whatever the process has set.
pub const PQC_KEY_BEST: u32 = 8;
/// Key flag: the key's secrets, and those that its operations hand out, are in locked memory between guard pages, kept
/// out of core dumps. Each takes pages of its own, and the process has a limit on what it may lock (`ulimit -l`).
pub const PQC_KEY_LOCKED_MEMORY: u32 = 256;

const PATHS: u32 = PQC_KEY_PORTABLE | PQC_KEY_AVX2 | PQC_KEY_NEON | PQC_KEY_BEST;

/// What flags ask for; without a code path, that of the process.
pub(crate) fn key_options(flags: u32) -> Result<KeyOptions, PqcStatus> {
    check_flags(flags, PATHS | PQC_KEY_LOCKED_MEMORY)?;
    let path = path_of(flags & PATHS)?.unwrap_or_else(default_path);
    let memory = if flags & PQC_KEY_LOCKED_MEMORY == 0 { Memory::Heap } else { Memory::Locked };
    Ok(KeyOptions { path, memory })
}

/// The code path that a flag asks for, if any. The numbers are those of PQC_OPTIMIZE_* too.
pub(crate) fn path_of(flag: u32) -> Result<Option<CodePath>, PqcStatus> {
    match flag {
        0 => Ok(None),
        PQC_KEY_PORTABLE => Ok(Some(CodePath::Portable)),
        PQC_KEY_AVX2 => Ok(Some(CodePath::Avx2)),
        PQC_KEY_NEON => Err(PqcStatus::CodePathUnavailable),
        PQC_KEY_BEST => Ok(Some(CodePath::best())),
        _ => Err(PqcStatus::UnknownFlags),
    }
}

const _: () = {
    use crate::monitoring::{PQC_OPTIMIZE_AVX2, PQC_OPTIMIZE_BEST, PQC_OPTIMIZE_NEON, PQC_OPTIMIZE_PORTABLE};
    assert!(PQC_OPTIMIZE_PORTABLE == PQC_KEY_PORTABLE && PQC_OPTIMIZE_AVX2 == PQC_KEY_AVX2);
    assert!(PQC_OPTIMIZE_NEON == PQC_KEY_NEON && PQC_OPTIMIZE_BEST == PQC_KEY_BEST);
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitoring::{PQC_OPTIMIZE_BEST, PQC_OPTIMIZE_PORTABLE, ffi_enable_optimizations};

    /// One test, since the setting is that of the whole process.
    #[test]
    fn a_key_takes_the_path_of_its_flag_or_else_that_of_the_process() {
        let path = |flags| key_options(flags).map(|options| options.path);
        let best = CodePath::best();
        assert_eq!(path(0), Ok(best));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_LOCKED_MEMORY)), (Ok(CodePath::Portable), Ok(CodePath::Portable)));
        assert_eq!((path(PQC_KEY_BEST), path(PQC_KEY_AVX2)), (Ok(best), Ok(CodePath::Avx2)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_BEST), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_PORTABLE)), (Ok(best), Ok(CodePath::Portable)));
    }
}
