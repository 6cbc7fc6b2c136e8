//! The settings of the process: the code path of new keys, and whether operations are timed.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::api::*;
use common::keys::Algorithm;
use common::metrics::{entry, metrics};
use common::text;
use pqc_core::CodePath;

/// One test, since the settings concern the whole process.
#[test]
fn settings_hold_until_they_are_changed() -> Result<(), PqcStatus> {
    let best = CodePath::best().flag();
    let foreign = if cfg!(target_arch = "aarch64") { PQC_OPTIMIZE_AVX2 } else { PQC_OPTIMIZE_NEON };
    assert_eq!(ffi_get_optimizations(), best | PQC_OPTIMIZE_TIMING_ON, "what holds from the start");

    common::check(ffi_enable_optimizations(PQC_OPTIMIZE_PORTABLE))?;
    assert_eq!(ffi_get_optimizations(), PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_ON);
    assert_eq!(text(ffi_code_path()), c"portable");

    let timed = || {
        metrics().map(|metrics| {
            let entry = entry(&metrics, PqcAction::Generate, 512);
            (entry.calls, entry.timed)
        })
    };
    let (calls, before) = timed()?;
    drop(Algorithm::of(512).generate()?);
    assert_eq!(timed()?, (calls + 1, before + 1));
    common::check(ffi_enable_optimizations(PQC_OPTIMIZE_TIMING_OFF))?;
    assert_eq!(ffi_get_optimizations(), PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_OFF);
    drop(Algorithm::of(512).generate()?);
    assert_eq!(timed()?, (calls + 2, before + 1), "counted and not timed");

    common::check(ffi_enable_optimizations(PQC_OPTIMIZE_BEST | PQC_OPTIMIZE_TIMING_ON | PQC_OPTIMIZE_WARM_UP))?;
    assert_eq!(ffi_get_optimizations(), best | PQC_OPTIMIZE_TIMING_ON);
    assert_eq!(timed()?, (calls + 2, before + 1), "warming up is not counted");

    common::check(ffi_enable_optimizations(0))?;
    common::check(ffi_enable_optimizations(ffi_get_optimizations()))?;
    for (flags, status) in [
        (PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_BEST, PqcStatus::UnknownFlags),
        (PQC_OPTIMIZE_PORTABLE | PQC_OPTIMIZE_TIMING_ON | PQC_OPTIMIZE_TIMING_OFF, PqcStatus::UnknownFlags),
        (PQC_OPTIMIZE_PORTABLE | 1 << 31, PqcStatus::UnknownFlags),
        (foreign | PQC_OPTIMIZE_TIMING_OFF, PqcStatus::CodePathUnavailable),
    ] {
        assert_eq!(ffi_enable_optimizations(flags), status, "{flags}");
        assert_eq!(ffi_get_optimizations(), best | PQC_OPTIMIZE_TIMING_ON, "{flags} changed nothing");
    }
    Ok(())
}
