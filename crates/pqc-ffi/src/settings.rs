//! Engine, code path and memory: what the flags of a key say, and what the process has set for keys that name none.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, check_flags, guard, slot};
use crate::counters;
use crate::status::PqcStatus;
use core::ffi::c_char;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use pqc_core::{CodePath, Engine, KeyOptions, Memory, Precompute};
use std::env;

/// Key flag: the key's operations take the portable code path.
pub const PQC_KEY_PORTABLE: u32 = 1;
/// Key flag: the key's operations take the AVX2 code path.
pub const PQC_KEY_AVX2: u32 = 2;
/// Key flag: the key's operations take the NEON code path.
pub const PQC_KEY_NEON: u32 = 4;
/// Key flag: the key's operations take the best code path that its engine has on this processor.
pub const PQC_KEY_BEST: u32 = 8;
/// Key flag: the key's operations take the AVX-512 code path, which only the engine simd has.
pub const PQC_KEY_AVX512: u32 = 16;
/// Key flag: libcrux does the arithmetic of the key.
pub const PQC_KEY_LIBCRUX: u32 = 32;
/// Key flag: our own engine, simd, does the arithmetic of the key.
pub const PQC_KEY_SIMD: u32 = 64;
/// Key flag: the key's operations take the NEON code path with the SHA-3 instructions, which only the engine simd has.
pub const PQC_KEY_NEON_SHA3: u32 = 128;
/// Key flag: the key's secrets, and the secrets that its operations return, are in locked memory between guard pages and in no
/// core dump. Each takes pages of its own, and the process has a limit on what it may lock (`ulimit -l`).
pub const PQC_KEY_LOCKED_MEMORY: u32 = 256;
/// Key flag: what all operations of the key need is computed when the key is made, and kept. Otherwise a private key of ML-DSA
/// that is loaded keeps it too, in the engine simd, whose checks compute most of it; other keys of that engine keep it from their
/// second use on, and so does a key of libcrux from an expanded decapsulation key; other ML-KEM keys of libcrux always keep it,
/// and ML-DSA keys of libcrux never.
pub const PQC_KEY_PRECOMPUTE: u32 = 512;
/// Key flag: it is never kept, so that the key stays as small as its encoding.
pub const PQC_KEY_NO_PRECOMPUTE: u32 = 1024;

/// Setting: keys made from now on take the portable code path.
pub const PQC_OPTIMIZE_PORTABLE: u32 = 1;
/// Setting: keys made from now on take the AVX2 code path.
pub const PQC_OPTIMIZE_AVX2: u32 = 2;
/// Setting: keys made from now on take the NEON code path.
pub const PQC_OPTIMIZE_NEON: u32 = 4;
/// Setting: keys made from now on take the best code path that their engine has on this processor.
pub const PQC_OPTIMIZE_BEST: u32 = 8;
/// Setting: keys made from now on take the AVX-512 code path, which only the engine simd has.
pub const PQC_OPTIMIZE_AVX512: u32 = 16;
/// Setting: libcrux does the arithmetic of keys made from now on.
pub const PQC_OPTIMIZE_LIBCRUX: u32 = 32;
/// Setting: our own engine, simd, does the arithmetic of keys made from now on.
pub const PQC_OPTIMIZE_SIMD: u32 = 64;
/// Setting: keys made from now on take the NEON code path with the SHA-3 instructions, which only the engine simd has.
pub const PQC_OPTIMIZE_NEON_SHA3: u32 = 128;
/// Do now, once, what the first use of every operation would do: detect the processor's instructions, load the code.
pub const PQC_OPTIMIZE_WARM_UP: u32 = 256;
/// Setting: operations are timed, which costs two readings of the clock each.
pub const PQC_OPTIMIZE_TIMING_ON: u32 = 512;
/// Setting: operations are counted and not timed.
pub const PQC_OPTIMIZE_TIMING_OFF: u32 = 1024;

// A code path and an engine have the same flag for a key as for the process.
const _: () = {
    assert!(PQC_OPTIMIZE_PORTABLE == PQC_KEY_PORTABLE && PQC_OPTIMIZE_AVX2 == PQC_KEY_AVX2);
    assert!(PQC_OPTIMIZE_NEON == PQC_KEY_NEON && PQC_OPTIMIZE_BEST == PQC_KEY_BEST);
    assert!(PQC_OPTIMIZE_AVX512 == PQC_KEY_AVX512 && PQC_OPTIMIZE_NEON_SHA3 == PQC_KEY_NEON_SHA3);
    assert!(CodePath::Portable.flag() == PQC_KEY_PORTABLE && CodePath::Avx2.flag() == PQC_KEY_AVX2);
    assert!(CodePath::Avx512.flag() == PQC_KEY_AVX512 && CodePath::Neon.flag() == PQC_KEY_NEON);
    assert!(CodePath::NeonSha3.flag() == PQC_KEY_NEON_SHA3);
    assert!(PQC_OPTIMIZE_LIBCRUX == PQC_KEY_LIBCRUX && PQC_OPTIMIZE_SIMD == PQC_KEY_SIMD);
};

const PATHS: u32 = {
    let (mut flags, mut path) = (PQC_KEY_BEST, 0);
    while path < CodePath::ALL.len() {
        flags |= CodePath::ALL[path].flag();
        path += 1;
    }
    flags
};
const ENGINES: u32 = PQC_KEY_LIBCRUX | PQC_KEY_SIMD;
const PRECOMPUTES: u32 = PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE;
const TIMINGS: u32 = PQC_OPTIMIZE_TIMING_ON | PQC_OPTIMIZE_TIMING_OFF;

/// The flag of the code path of keys that name none.
static DEFAULT_PATH: AtomicU32 = AtomicU32::new(PQC_OPTIMIZE_BEST);
/// The flag of the engine of keys that name none, or 0 until one is set.
static DEFAULT_ENGINE: AtomicU32 = AtomicU32::new(0);

/// The environment variable that names the engine of a process that sets none, read when it is first needed.
const ENGINE_VARIABLE: &str = "QYNAUTH_PQC_ENGINE";

/// The code path of keys of an engine that name none.
fn default_path(engine: Engine) -> CodePath {
    path_of(DEFAULT_PATH.load(Relaxed), engine).ok().flatten().unwrap_or_else(|| engine.best_path())
}

/// The engine of keys that name none: the one that was set, or else the environment's, or else simd.
fn default_engine() -> Result<Engine, PqcStatus> {
    /// The flag of the environment's engine, [`BAD_SETTING`], or 0 before the first look. Not behind a lock, which a fork could
    /// leave locked for ever.
    static FROM_ENVIRONMENT: AtomicU32 = AtomicU32::new(0);
    const BAD_SETTING: u32 = u32::MAX;
    if let Ok(Some(engine)) = value_of(&ENGINE_FLAGS, DEFAULT_ENGINE.load(Relaxed)) {
        return Ok(engine);
    }
    let known = FROM_ENVIRONMENT.load(Relaxed);
    if known != 0 {
        return value_of(&ENGINE_FLAGS, known).ok().flatten().ok_or(PqcStatus::EngineSetting);
    }
    let engine = match env::var_os(ENGINE_VARIABLE) {
        None => Some(Engine::default()),
        Some(value) => value.to_str().and_then(Engine::from_name),
    };
    FROM_ENVIRONMENT.store(engine.map_or(BAD_SETTING, |engine| flag_of(&ENGINE_FLAGS, engine)), Relaxed);
    engine.ok_or(PqcStatus::EngineSetting)
}

/// The options of a key with these flags; the settings of the process stand in for an engine or a code path that flags do not name.
pub(crate) fn key_options(flags: u32) -> Result<KeyOptions, PqcStatus> {
    check_flags(flags, PATHS | ENGINES | PQC_KEY_LOCKED_MEMORY | PRECOMPUTES)?;
    let engine = value_of(&ENGINE_FLAGS, flags & ENGINES)?.map_or_else(default_engine, Ok)?;
    let path = path_of(flags & PATHS, engine)?.unwrap_or_else(|| default_path(engine));
    if !engine.has(path) {
        return Err(PqcStatus::CodePathUnavailable);
    }
    let precompute = value_of(&PRECOMPUTE_FLAGS, flags & PRECOMPUTES)?.unwrap_or_default();
    Ok(KeyOptions { engine, path, memory: memory_of(flags), precompute })
}

pub(crate) fn memory_of(flags: u32) -> Memory {
    if flags & PQC_KEY_LOCKED_MEMORY == 0 { Memory::Heap } else { Memory::Locked }
}

/// The flags that make a key with these options, whatever the process has set.
pub(crate) fn flags_of(options: KeyOptions) -> u32 {
    let KeyOptions { engine, path, memory, precompute } = options;
    let memory = if memory == Memory::Locked { PQC_KEY_LOCKED_MEMORY } else { 0 };
    flag_of(&ENGINE_FLAGS, engine) | path.flag() | memory | flag_of(&PRECOMPUTE_FLAGS, precompute)
}

const ENGINE_FLAGS: [(u32, Engine); 2] = [(PQC_KEY_LIBCRUX, Engine::Libcrux), (PQC_KEY_SIMD, Engine::Simd)];
/// The flags of the times to precompute; [`Precompute::OnSecondUse`] has none.
const PRECOMPUTE_FLAGS: [(u32, Precompute); 2] =
    [(PQC_KEY_PRECOMPUTE, Precompute::Always), (PQC_KEY_NO_PRECOMPUTE, Precompute::Never)];

/// The flag of a value, or 0 if it has none.
fn flag_of<T: PartialEq>(flags: &[(u32, T)], value: T) -> u32 {
    flags.iter().find(|(_, known)| *known == value).map_or(0, |(flag, _)| *flag)
}

/// The value of a flag, if the flag is not 0.
fn value_of<T: Copy>(flags: &[(u32, T)], flag: u32) -> Result<Option<T>, PqcStatus> {
    let found = flags.iter().find(|(known, _)| *known == flag).map(|(_, value)| *value);
    if flag == 0 || found.is_some() { Ok(found) } else { Err(PqcStatus::UnknownFlags) }
}

fn path_of(flag: u32, engine: Engine) -> Result<Option<CodePath>, PqcStatus> {
    match flag {
        PQC_KEY_BEST => Ok(Some(engine.best_path())),
        _ => value_of(&CodePath::ALL.map(|path| (path.flag(), path)), flag),
    }
}

/// Reports the options of a key that these flags would make now: names its engine and its code path even if flags name none.
///
/// @param flags    0 or PQC_KEY_*
/// @param options  receives PQC_KEY_*, as `pqc_private_key_options` and `pqc_public_key_options` report them
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
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

/// Changes the settings of the process: engine and code path of keys made from now on that name none, and whether operations
/// are timed. It may also warm up.
///
/// At first the engine is the one that the environment variable QYNAUTH_PQC_ENGINE names, "simd" or "libcrux", and simd
/// without it; the code path is the engine's best one, and operations are timed. Keys keep their engine and code path.
///
/// @param flags  PQC_OPTIMIZE_*: at most one engine, one code path and one timing; what flags do not name stays as it is
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor, the engine or this build lacks the code path; nothing changed
/// @return PQC_STATUS_SELF_TEST              the engine failed its self test in warming up; the settings changed
/// @return PQC_STATUS_RANDOMNESS             the random number generator failed in warming up; the settings changed
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ffi_enable_optimizations(flags: u32) -> PqcStatus {
    guard(|| {
        check_flags(flags, PATHS | ENGINES | PQC_OPTIMIZE_WARM_UP | TIMINGS)?;
        if flags & TIMINGS == TIMINGS {
            return Err(PqcStatus::UnknownFlags);
        }
        if flags & (PATHS | ENGINES) != 0 {
            choose(flags & PATHS, flags & ENGINES)?;
        }
        if flags & TIMINGS != 0 {
            counters::set_timing(flags & PQC_OPTIMIZE_TIMING_ON != 0);
        }
        if flags & PQC_OPTIMIZE_WARM_UP != 0 {
            let engine = default_engine()?;
            pqc_core::warm_up(KeyOptions::from((engine, default_path(engine))))?;
        }
        Ok(())
    })
}

/// Sets code path and engine, unless they are 0, after checking that they go together.
fn choose(path: u32, engine: u32) -> Result<(), PqcStatus> {
    let chosen = value_of(&ENGINE_FLAGS, engine)?.map_or_else(default_engine, Ok)?;
    if !chosen.has(path_of(path, chosen)?.unwrap_or_else(|| default_path(chosen))) {
        return Err(PqcStatus::CodePathUnavailable);
    }
    if path != 0 {
        DEFAULT_PATH.store(path, Relaxed);
    }
    if engine != 0 {
        DEFAULT_ENGINE.store(engine, Relaxed);
    }
    Ok(())
}

/// Returns the settings of the process as flags of `ffi_enable_optimizations`: one engine, unless QYNAUTH_PQC_ENGINE has an
/// unknown value; one code path, by its name and not as PQC_OPTIMIZE_BEST; and one timing.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_get_optimizations() -> u32 {
    let engine = default_engine();
    let path = default_path(engine.unwrap_or_default()).flag();
    let timing = if counters::is_timing() { PQC_OPTIMIZE_TIMING_ON } else { PQC_OPTIMIZE_TIMING_OFF };
    engine.map_or(0, |engine| flag_of(&ENGINE_FLAGS, engine)) | path | timing
}

/// Returns the code path of keys made now that name none, such as "portable" or "avx2": a constant string, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_code_path() -> *const c_char {
    default_path(default_engine().unwrap_or_default()).c_name().as_ptr()
}

/// Returns the engine of keys made now that name none, "simd" or "libcrux": a constant string, never freed. It is empty if
/// QYNAUTH_PQC_ENGINE has another value and no engine was set: such keys are refused with PQC_STATUS_ENGINE_SETTING.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_engine() -> *const c_char {
    let name = match default_engine() {
        Ok(Engine::Libcrux) => c"libcrux",
        Ok(Engine::Simd) => c"simd",
        Err(_) => c"",
    };
    name.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, since the setting is the whole process's.
    #[test]
    fn a_key_takes_the_engine_and_path_of_its_flags_or_else_of_the_process() {
        let path = |flags| key_options(flags).map(|options| options.path);
        let engine = |flags| key_options(flags).map(|options| options.engine);
        let [best, libcrux] = [Engine::Simd, Engine::Libcrux].map(Engine::best_path);
        assert_eq!((path(0), path(PQC_KEY_LIBCRUX)), (Ok(best), Ok(libcrux)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_LOCKED_MEMORY)), (Ok(CodePath::Portable), Ok(CodePath::Portable)));
        let avx2 = if CodePath::Avx2.is_available() { Ok(CodePath::Avx2) } else { Err(PqcStatus::CodePathUnavailable) };
        assert_eq!((path(PQC_KEY_BEST), path(PQC_KEY_AVX2)), (Ok(best), avx2));
        assert_eq!(path(PQC_KEY_LIBCRUX | PQC_KEY_BEST), Ok(libcrux));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_BEST), PqcStatus::Ok);
        assert_eq!((path(0), path(PQC_KEY_PORTABLE)), (Ok(best), Ok(CodePath::Portable)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_LIBCRUX), PqcStatus::Ok);
        assert_eq!((engine(0), engine(PQC_KEY_SIMD)), (Ok(Engine::Libcrux), Ok(Engine::Simd)));
        assert_eq!((path(0), path(PQC_KEY_SIMD)), (Ok(libcrux), Ok(best)));
        assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD), PqcStatus::Ok);
        assert_eq!((engine(0), engine(PQC_KEY_LIBCRUX)), (Ok(Engine::Simd), Ok(Engine::Libcrux)));
    }

    #[test]
    fn flags_of_a_key_make_the_same_key() {
        let others = [0, PQC_KEY_PRECOMPUTE, PQC_KEY_NO_PRECOMPUTE | PQC_KEY_LOCKED_MEMORY];
        for (engine_flag, engine) in ENGINE_FLAGS {
            for path in engine.paths() {
                for flags in others.map(|other| engine_flag | path.flag() | other) {
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
