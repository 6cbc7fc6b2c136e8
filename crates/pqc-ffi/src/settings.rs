//! Code path and memory: the flags of a key, and the settings of the process for keys that name no code path.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, check_flags, guard, slot};
use crate::counters;
use crate::status::PqcStatus;
use core::ffi::c_char;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use pqc_core::{CodePath, ENGINE_NAME, HAS_CODE_PATHS, KeyOptions, Memory, Precompute};

/// Key flag: the key's operations take the portable code path.
pub const PQC_KEY_PORTABLE: u32 = 1;
/// Key flag: the key's operations take the AVX2 code path.
pub const PQC_KEY_AVX2: u32 = 2;
/// Key flag: the key's operations take the NEON code path.
pub const PQC_KEY_NEON: u32 = 4;
/// Key flag: the key's operations take the best code path of this processor.
pub const PQC_KEY_BEST: u32 = 8;
/// Key flag: the key's operations take the AVX-512 code path.
pub const PQC_KEY_AVX512: u32 = 16;
/// Key flag: the key's operations take the NEON code path with the SHA-3 instructions.
pub const PQC_KEY_NEON_SHA3: u32 = 32;
/// Key flag: the key's secrets, and the secrets that its operations return, are in locked memory between guard pages and in no
/// core dump. Each takes separate pages, and the process has a limit of locked memory (`ulimit -l`).
pub const PQC_KEY_LOCKED_MEMORY: u32 = 256;
/// Key flag: the key computes its expanded form when it is made, and keeps it for all operations. Otherwise a loaded private key
/// of ML-DSA keeps it too, since its checks compute most of it; other keys keep it from their second use on.
pub const PQC_KEY_PRECOMPUTE: u32 = 512;
/// Key flag: the expanded form is never kept, so that the key stays as small as its encoding.
pub const PQC_KEY_NO_PRECOMPUTE: u32 = 1024;
/// Key flag: no check against faults. Without this flag each signature of SLH-DSA is computed twice and verified before it is
/// released, and PK.root of its private key is derived again and compared when the key is loaded from PKCS#8.
pub const PQC_KEY_NO_FAULT_CHECK: u32 = 2048;
/// Key flag: each signature of SLH-DSA outside of batches is divided among at most 16 threads: as many as the environment variable
/// QYNAUTH_PQC_THREADS says, or else the number of processors, without the threads that work on batches. The signature
/// is the same. Signing returns PQC_STATUS_THREAD_COUNT if the variable is not 1 to PQC_MAX_THREADS.
pub const PQC_KEY_PARALLEL: u32 = 4096;

/// Setting: keys made from now on take the portable code path.
pub const PQC_OPTIMIZE_PORTABLE: u32 = 1;
/// Setting: keys made from now on take the AVX2 code path.
pub const PQC_OPTIMIZE_AVX2: u32 = 2;
/// Setting: keys made from now on take the NEON code path.
pub const PQC_OPTIMIZE_NEON: u32 = 4;
/// Setting: keys made from now on take the best code path of this processor.
pub const PQC_OPTIMIZE_BEST: u32 = 8;
/// Setting: keys made from now on take the AVX-512 code path.
pub const PQC_OPTIMIZE_AVX512: u32 = 16;
/// Setting: keys made from now on take the NEON code path with the SHA-3 instructions.
pub const PQC_OPTIMIZE_NEON_SHA3: u32 = 32;
/// Do the work of the first use of every operation now, once: detect the processor's instructions, load the code. SLH-DSA is
/// left out, since its operations take too long.
pub const PQC_OPTIMIZE_WARM_UP: u32 = 256;
/// Setting: operations are timed, which costs two readings of the clock each.
pub const PQC_OPTIMIZE_TIMING_ON: u32 = 512;
/// Setting: operations are counted and not timed.
pub const PQC_OPTIMIZE_TIMING_OFF: u32 = 1024;

// A code path has the same flag for a key as for the process.
const _: () = {
    assert!(PQC_OPTIMIZE_PORTABLE == PQC_KEY_PORTABLE && PQC_OPTIMIZE_AVX2 == PQC_KEY_AVX2);
    assert!(PQC_OPTIMIZE_NEON == PQC_KEY_NEON && PQC_OPTIMIZE_BEST == PQC_KEY_BEST);
    assert!(PQC_OPTIMIZE_AVX512 == PQC_KEY_AVX512 && PQC_OPTIMIZE_NEON_SHA3 == PQC_KEY_NEON_SHA3);
    assert!(CodePath::Portable.flag() == PQC_KEY_PORTABLE && CodePath::Avx2.flag() == PQC_KEY_AVX2);
    assert!(CodePath::Avx512.flag() == PQC_KEY_AVX512 && CodePath::Neon.flag() == PQC_KEY_NEON);
    assert!(CodePath::NeonSha3.flag() == PQC_KEY_NEON_SHA3);
};

const PATHS: u32 = {
    let (mut flags, mut path) = (PQC_KEY_BEST, 0);
    while path < CodePath::ALL.len() {
        flags |= CodePath::ALL[path].flag();
        path += 1;
    }
    flags
};
const PRECOMPUTES: u32 = PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE;
const TIMINGS: u32 = PQC_OPTIMIZE_TIMING_ON | PQC_OPTIMIZE_TIMING_OFF;

/// The flag of the code path of keys that name none.
static DEFAULT_PATH: AtomicU32 = AtomicU32::new(PQC_OPTIMIZE_BEST);
/// The code path of keys that name none.
fn default_path() -> CodePath {
    path_of(DEFAULT_PATH.load(Relaxed)).ok().flatten().unwrap_or_else(CodePath::best)
}

/// The options of a key with these flags. The setting of the process stands in for a code path that flags do not name.
pub(crate) fn key_options(flags: u32) -> Result<KeyOptions, PqcStatus> {
    check_flags(flags, PATHS | PQC_KEY_LOCKED_MEMORY | PRECOMPUTES | PQC_KEY_NO_FAULT_CHECK | PQC_KEY_PARALLEL)?;
    let path = path_of(flags & PATHS)?.unwrap_or_else(default_path);
    let precompute = value_of(&PRECOMPUTE_FLAGS, flags & PRECOMPUTES)?.unwrap_or_default();
    let (fault_check, parallel) = (flags & PQC_KEY_NO_FAULT_CHECK == 0, flags & PQC_KEY_PARALLEL != 0);
    Ok(KeyOptions { path, memory: memory_of(flags), precompute, fault_check, parallel }.checked()?)
}

pub(crate) fn memory_of(flags: u32) -> Memory {
    if flags & PQC_KEY_LOCKED_MEMORY == 0 { Memory::Heap } else { Memory::Locked }
}

/// The flags that make a key with these options under any setting of the process.
pub(crate) fn flags_of(options: KeyOptions) -> u32 {
    let KeyOptions { path, memory, precompute, fault_check, parallel } = options;
    let memory = if memory == Memory::Locked { PQC_KEY_LOCKED_MEMORY } else { 0 };
    let precompute_flag = PRECOMPUTE_FLAGS.iter().find(|(_, known)| *known == precompute).map_or(0, |(flag, _)| *flag);
    let fault_check = if fault_check { 0 } else { PQC_KEY_NO_FAULT_CHECK };
    let parallel = if parallel { PQC_KEY_PARALLEL } else { 0 };
    flag_of(path) | memory | precompute_flag | fault_check | parallel
}

/// The flags of the times to precompute; [`Precompute::OnSecondUse`] has none.
const PRECOMPUTE_FLAGS: [(u32, Precompute); 2] =
    [(PQC_KEY_PRECOMPUTE, Precompute::Always), (PQC_KEY_NO_PRECOMPUTE, Precompute::Never)];

/// The value of a flag, if the flag is not 0.
fn value_of<T: Copy>(flags: &[(u32, T)], flag: u32) -> Result<Option<T>, PqcStatus> {
    let found = flags.iter().find(|(known, _)| *known == flag).map(|(_, value)| *value);
    if flag == 0 || found.is_some() { Ok(found) } else { Err(PqcStatus::UnknownFlags) }
}

/// The flag that names a code path. An engine that chooses its instructions itself has one, the best.
fn flag_of(path: CodePath) -> u32 {
    if HAS_CODE_PATHS { path.flag() } else { PQC_KEY_BEST }
}

fn path_of(flag: u32) -> Result<Option<CodePath>, PqcStatus> {
    match flag {
        PQC_KEY_BEST => Ok(Some(CodePath::best())),
        1.. if !HAS_CODE_PATHS && flag.is_power_of_two() => Err(PqcStatus::CodePathUnavailable),
        _ => value_of(&CodePath::ALL.map(|path| (path.flag(), path)), flag),
    }
}

/// Reports the options of a key that these flags would make now: names its code path even if flags name none.
///
/// @param flags    0 or PQC_KEY_*
/// @param options  receives PQC_KEY_*, as `pqc_private_key_options` and `pqc_public_key_options` report them
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or this build lacks the code path
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_options(flags: u32, options: *mut u32) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((), out) = arguments((), slot(options))?;
        out.put(flags_of(key_options(flags)?));
        Ok(())
    })
}

/// Changes the settings of the process: the code path of keys made from now on that name none, and whether operations are timed.
/// It may also warm up.
///
/// At first the code path is the best one of this processor, and operations are timed. Keys keep their code path.
///
/// @param flags  PQC_OPTIMIZE_*: at most one code path and one timing; other settings stay unchanged
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or this build lacks the code path; nothing changed
/// @return PQC_STATUS_SELF_TEST              the engine failed its self test in warming up; the settings changed
/// @return PQC_STATUS_RANDOMNESS             the random number generator failed in warming up; the settings changed
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ffi_enable_optimizations(flags: u32) -> PqcStatus {
    guard(|| {
        check_flags(flags, PATHS | PQC_OPTIMIZE_WARM_UP | TIMINGS)?;
        if flags & TIMINGS == TIMINGS {
            return Err(PqcStatus::UnknownFlags);
        }
        if let Some(path) = path_of(flags & PATHS)? {
            KeyOptions::from(path).checked()?;
            DEFAULT_PATH.store(flags & PATHS, Relaxed);
        }
        if flags & TIMINGS != 0 {
            counters::set_timing(flags & PQC_OPTIMIZE_TIMING_ON != 0);
        }
        if flags & PQC_OPTIMIZE_WARM_UP != 0 {
            pqc_core::warm_up(default_path())?;
        }
        Ok(())
    })
}

/// Returns the settings of the process as flags of `ffi_enable_optimizations`: one code path, by its name and not as
/// PQC_OPTIMIZE_BEST, and one timing.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_get_optimizations() -> u32 {
    let timing = if counters::is_timing() { PQC_OPTIMIZE_TIMING_ON } else { PQC_OPTIMIZE_TIMING_OFF };
    flag_of(default_path()) | timing
}

/// Returns the code path of keys made now that name none, such as "portable" or "avx2": a constant string, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_code_path() -> *const c_char {
    if HAS_CODE_PATHS { default_path().c_name().as_ptr() } else { c"best".as_ptr() }
}

/// Returns the engine that this library was built with, which does the arithmetic of all keys, such as "simd": a constant string,
/// never freed.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_engine() -> *const c_char {
    ENGINE_NAME.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, since the setting is the whole process's.
    #[test]
    fn a_key_takes_the_code_path_of_its_flags_or_else_of_the_process() {
        let path = |flags| key_options(flags).map(|options| options.path);
        let best = CodePath::best();
        assert_eq!(path(0), Ok(best));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_LOCKED_MEMORY)), (Ok(CodePath::Portable), Ok(CodePath::Portable)));
        let avx2 = if CodePath::Avx2.is_available() { Ok(CodePath::Avx2) } else { Err(PqcStatus::CodePathUnavailable) };
        assert_eq!((path(PQC_KEY_BEST), path(PQC_KEY_AVX2)), (Ok(best), avx2));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_BEST), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_PORTABLE)), (Ok(best), Ok(CodePath::Portable)));
    }

    #[test]
    fn flags_of_a_key_make_the_same_key() {
        let others = [
            0,
            PQC_KEY_PRECOMPUTE,
            PQC_KEY_NO_PRECOMPUTE | PQC_KEY_LOCKED_MEMORY,
            PQC_KEY_NO_FAULT_CHECK,
            PQC_KEY_PARALLEL,
        ];
        for path in CodePath::available() {
            for flags in others.map(|other| path.flag() | other) {
                assert_eq!(key_options(flags).map(flags_of), Ok(flags));
            }
        }
        let avx512 = key_options(PQC_KEY_AVX512).map(|options| options.path);
        let available = CodePath::Avx512.is_available();
        assert_eq!(avx512, if available { Ok(CodePath::Avx512) } else { Err(PqcStatus::CodePathUnavailable) });
        for flags in [PRECOMPUTES, PQC_KEY_AVX512 | PQC_KEY_AVX2] {
            assert_eq!(key_options(flags), Err(PqcStatus::UnknownFlags));
        }
    }
}
