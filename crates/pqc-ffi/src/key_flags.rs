//! The flags of the functions that make a key, and of those that tell what it was asked to be.
#![allow(unsafe_code, reason = "the exported function takes a raw pointer; boundary.rs turns it into a reference")]

use crate::boundary::{arguments, check_flags, guard, slot};
use crate::monitoring::{default_engine, default_path};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, CodePath, Engine, Family, KeyOptions, Memory, Precompute};

/// Key flag: the key's operations take the portable code path.
pub const PQC_KEY_PORTABLE: u32 = 1;
/// Key flag: the key's operations take the AVX2 code path; an error where the processor lacks it.
pub const PQC_KEY_AVX2: u32 = 2;
/// Key flag: the key's operations take the NEON code path; an error, since no build has it yet.
pub const PQC_KEY_NEON: u32 = 4;
/// Key flag: the key's operations take the best code path that its engine has on this processor, whatever the process has
/// set.
pub const PQC_KEY_BEST: u32 = 8;
/// Key flag: the key's operations take the AVX-512 code path, which the engine simd has only; an error where the processor
/// lacks it.
pub const PQC_KEY_AVX512: u32 = 16;
/// Key flag: libcrux does the arithmetic of the key, whatever the process has set.
pub const PQC_KEY_LIBCRUX: u32 = 32;
/// Key flag: our own engine, simd, does the arithmetic of the key, whatever the process has set.
pub const PQC_KEY_SIMD: u32 = 64;
/// Key flag: the key's secrets, and those that its operations hand out, are in locked memory between guard pages, kept
/// out of core dumps. Each takes pages of its own, and the process has a limit on what it may lock (`ulimit -l`).
pub const PQC_KEY_LOCKED_MEMORY: u32 = 256;
/// Key flag: what all operations of the key need is computed when it is made, and kept. A key of the engine simd otherwise
/// does so in its second use, and so does a key pair of libcrux from an expanded decapsulation key; the other keys of libcrux
/// always for ML-KEM and never for ML-DSA, whatever is asked.
pub const PQC_KEY_PRECOMPUTE: u32 = 512;
/// Key flag: it is never kept, so that a key which heeds this stays as small as its encoding.
pub const PQC_KEY_NO_PRECOMPUTE: u32 = 1024;

/// The flags of the code paths, which are those of PQC_OPTIMIZE_* too.
pub(crate) const PATHS: u32 = PQC_KEY_PORTABLE | PQC_KEY_AVX2 | PQC_KEY_NEON | PQC_KEY_BEST | PQC_KEY_AVX512;
/// The flags of the engines, which are those of PQC_OPTIMIZE_* too.
pub(crate) const ENGINES: u32 = PQC_KEY_LIBCRUX | PQC_KEY_SIMD;
const PRECOMPUTES: u32 = PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE;

/// Tells what a key would be that is made with these flags now: names engine and code path, of the process if flags name none.
///
/// @param flags    0 or PQC_KEY_*
/// @param options  receives the flags that `mlkem_keypair_options` and its likes would tell of the key
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           options is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
/// @return PQC_STATUS_ENGINE_SETTING         flags names no engine, and QYNAUTH_PQC_ENGINE none that there is
///
/// # Safety
/// `options` is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_options(flags: u32, options: *mut u32) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let ((), out) = arguments((), slot(options))?;
        out.put(flags_of(key_options(flags)?));
        Ok(())
    })
}

/// What flags ask for; without an engine or a code path, that of the process.
pub(crate) fn key_options(flags: u32) -> Result<KeyOptions, PqcStatus> {
    check_flags(flags, PATHS | ENGINES | PQC_KEY_LOCKED_MEMORY | PRECOMPUTES)?;
    let engine = match engine_of(flags & ENGINES)? {
        Some(engine) => engine,
        None => default_engine()?,
    };
    let path = path_of(flags & PATHS, engine)?.unwrap_or_else(|| default_path(engine));
    if !engine.has(path) {
        return Err(PqcStatus::CodePathUnavailable);
    }
    let memory = if flags & PQC_KEY_LOCKED_MEMORY == 0 { Memory::Heap } else { Memory::Locked };
    let precompute = match flags & PRECOMPUTES {
        0 => Precompute::OnSecondUse,
        PQC_KEY_PRECOMPUTE => Precompute::Always,
        PQC_KEY_NO_PRECOMPUTE => Precompute::Never,
        _ => return Err(PqcStatus::UnknownFlags),
    };
    Ok(KeyOptions { engine, path, memory, precompute })
}

/// The flags that ask for a key like one with these options, wherever they are.
pub(crate) fn flags_of(options: KeyOptions) -> u32 {
    let memory = match options.memory {
        Memory::Heap => 0,
        Memory::Locked => PQC_KEY_LOCKED_MEMORY,
    };
    let precompute = match options.precompute {
        Precompute::OnSecondUse => 0,
        Precompute::Always => PQC_KEY_PRECOMPUTE,
        Precompute::Never => PQC_KEY_NO_PRECOMPUTE,
    };
    engine_flag(options.engine) | path_flag(options.path) | memory | precompute
}

/// The flag of an engine.
pub(crate) fn engine_flag(engine: Engine) -> u32 {
    match engine {
        Engine::Libcrux => PQC_KEY_LIBCRUX,
        Engine::Simd => PQC_KEY_SIMD,
    }
}

/// The flag of a code path.
pub(crate) fn path_flag(path: CodePath) -> u32 {
    match path {
        CodePath::Portable => PQC_KEY_PORTABLE,
        CodePath::Avx2 => PQC_KEY_AVX2,
        CodePath::Avx512 => PQC_KEY_AVX512,
    }
}

/// The engine that a flag asks for, if any.
pub(crate) fn engine_of(flag: u32) -> Result<Option<Engine>, PqcStatus> {
    match flag {
        0 => Ok(None),
        PQC_KEY_LIBCRUX => Ok(Some(Engine::Libcrux)),
        PQC_KEY_SIMD => Ok(Some(Engine::Simd)),
        _ => Err(PqcStatus::UnknownFlags),
    }
}

/// The code path that a flag asks of an engine, if any.
pub(crate) fn path_of(flag: u32, engine: Engine) -> Result<Option<CodePath>, PqcStatus> {
    match flag {
        0 => Ok(None),
        PQC_KEY_PORTABLE => Ok(Some(CodePath::Portable)),
        PQC_KEY_AVX2 => Ok(Some(CodePath::Avx2)),
        PQC_KEY_AVX512 => Ok(Some(CodePath::Avx512)),
        PQC_KEY_NEON => Err(PqcStatus::CodePathUnavailable),
        PQC_KEY_BEST => Ok(Some(engine.best_path())),
        _ => Err(PqcStatus::UnknownFlags),
    }
}

const _: () = {
    use crate::monitoring::*;
    assert!(PQC_OPTIMIZE_PORTABLE == PQC_KEY_PORTABLE && PQC_OPTIMIZE_AVX2 == PQC_KEY_AVX2);
    assert!(PQC_OPTIMIZE_NEON == PQC_KEY_NEON && PQC_OPTIMIZE_BEST == PQC_KEY_BEST);
    assert!(PQC_OPTIMIZE_AVX512 == PQC_KEY_AVX512);
    assert!(PQC_OPTIMIZE_LIBCRUX == PQC_KEY_LIBCRUX && PQC_OPTIMIZE_SIMD == PQC_KEY_SIMD);
};

/// The algorithm of a family with this number.
pub(crate) fn parameter_set_of(family: Family, number: u32) -> Result<Algorithm, PqcStatus> {
    let algorithm = Algorithm::from_id(number).filter(|algorithm| algorithm.family() == family);
    algorithm.ok_or(PqcStatus::UnknownParameterSet)
}

/// Refuses a loaded key of another family.
pub(crate) fn check_family(family: Family, algorithm: Algorithm) -> Result<(), PqcStatus> {
    if algorithm.family() == family { Ok(()) } else { Err(PqcStatus::KeyAlgorithm) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitoring::{
        PQC_OPTIMIZE_BEST, PQC_OPTIMIZE_LIBCRUX, PQC_OPTIMIZE_PORTABLE, PQC_OPTIMIZE_SIMD, ffi_enable_optimizations,
    };

    /// One test, since the setting is that of the whole process.
    #[test]
    fn a_key_takes_what_its_flags_ask_for_or_else_what_the_process_does() {
        let path = |flags| key_options(flags).map(|options| options.path);
        let engine = |flags| key_options(flags).map(|options| options.engine);
        let [best, simd] = [Engine::Libcrux, Engine::Simd].map(Engine::best_path);
        assert_eq!((path(0), path(PQC_KEY_SIMD)), (Ok(best), Ok(simd)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_LOCKED_MEMORY)), (Ok(CodePath::Portable), Ok(CodePath::Portable)));
        assert_eq!((path(PQC_KEY_BEST), path(PQC_KEY_AVX2)), (Ok(best), Ok(CodePath::Avx2)));
        assert_eq!(path(PQC_KEY_SIMD | PQC_KEY_BEST), Ok(simd));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_BEST), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_PORTABLE)), (Ok(best), Ok(CodePath::Portable)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD), PqcStatus::Ok);
        assert_eq!((engine(0), engine(PQC_KEY_LIBCRUX)), (Ok(Engine::Simd), Ok(Engine::Libcrux)));
        assert_eq!((path(0), path(PQC_KEY_LIBCRUX)), (Ok(simd), Ok(best)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_LIBCRUX), PqcStatus::Ok);
        assert_eq!((engine(0), engine(PQC_KEY_SIMD)), (Ok(Engine::Libcrux), Ok(Engine::Simd)));
    }

    #[test]
    fn flags_of_a_key_ask_for_the_same_key() {
        let others = [0, PQC_KEY_PRECOMPUTE, PQC_KEY_NO_PRECOMPUTE | PQC_KEY_LOCKED_MEMORY];
        for engine in Engine::ALL {
            for path in engine.paths() {
                for flags in others.map(|other| engine_flag(engine) | path_flag(path) | other) {
                    assert_eq!(key_options(flags).map(flags_of), Ok(flags));
                }
            }
        }
        let avx512 = key_options(PQC_KEY_SIMD | PQC_KEY_AVX512).map(|options| options.path);
        let available = CodePath::Avx512.is_available();
        assert_eq!(avx512, if available { Ok(CodePath::Avx512) } else { Err(PqcStatus::CodePathUnavailable) });
        for flags in [ENGINES, PRECOMPUTES, PQC_KEY_AVX512 | PQC_KEY_AVX2] {
            assert_eq!(key_options(flags), Err(PqcStatus::UnknownFlags));
        }
    }
}
