//! Metrics in memory that the caller shares between processes.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

mod common;

use common::api::*;
use common::keys::Algorithm;
use common::metrics::{MEMORY, Memory, entry, metrics, report};
use core::cell::UnsafeCell;

static OTHER: Memory = Memory(UnsafeCell::new([0; size_of::<Memory>()]));

fn share(memory: &'static Memory, offset: usize, size: usize) -> PqcStatus {
    // SAFETY: the memory is static and long enough for every size that is tried.
    unsafe { ffi_share_metrics(memory.0.get().cast::<u8>().add(offset), size) }
}

fn generated() -> Result<u64, PqcStatus> {
    Ok(entry(&metrics()?, PqcAction::Generate, 512).calls)
}

/// One test, since a process shares one memory for good.
#[test]
fn operations_are_counted_in_the_memory() -> Result<(), PqcStatus> {
    let size = ffi_shared_metrics_bytes();
    assert!(size <= size_of::<Memory>());
    for (offset, size) in [(0, 0), (0, size - 1), (1, size), (64, size)] {
        assert_eq!(share(&MEMORY, offset, size), PqcStatus::SharedMemory, "{offset} {size}");
    }
    drop(Algorithm::of(512).generate()?);
    assert_eq!(generated()?, 1);

    common::check(share(&MEMORY, 0, size))?;
    assert_eq!(generated()?, 0, "what was counted before is left behind");
    assert!(report()?.operations.is_empty());
    drop(Algorithm::of(512).generate()?);
    drop(Algorithm::of(512).generate()?);
    assert_eq!(generated()?, 2);
    common::check(share(&MEMORY, 0, size))?;
    assert_eq!(generated()?, 2, "sharing the same memory again changes nothing");
    assert_eq!(share(&OTHER, 0, size), PqcStatus::SharedMemory, "a process shares one memory");
    Ok(())
}

#[test]
fn memory_of_another_version_is_refused() {
    static STRANGE: Memory = {
        let mut bytes = [0; size_of::<Memory>()];
        bytes[0] = 1;
        Memory(UnsafeCell::new(bytes))
    };
    assert_eq!(share(&STRANGE, 0, ffi_shared_metrics_bytes()), PqcStatus::SharedMemory);
}

/// Also where the first word is right, which any file of the right size may have.
#[test]
fn memory_that_no_counting_leads_to_is_refused() {
    static GARBAGE: Memory = Memory(UnsafeCell::new([0; size_of::<Memory>()]));
    let (size, word) = (ffi_shared_metrics_bytes(), size_of::<u64>());
    assert!(size <= 4_000_000);
    // A word, the owners of four bytes each, and cells of statuses, three numbers and buckets.
    let cell = ((FFI_METRICS_STATUSES + 3 + FFI_METRICS_BUCKETS) * word).next_multiple_of(128);
    let (owners, first, cells) = (word, size % cell, size / cell);
    let times = first + FFI_METRICS_STATUSES * word;
    for (place, value) in [
        (owners, u64::from(u32::MAX)),
        (owners + (cells / 2) * 4, 1 << 31),
        (first, 1 << 50),
        (times, 1 << 63),
        (times + word, 1),
        (times + 2 * word, 1 << 63),
        (times + 3 * word, 1 << 50),
        (size - cell, u64::MAX),
    ] {
        // SAFETY: the memory is static, that long and this test's own; the places are aligned words.
        let garbage = unsafe { GARBAGE.0.get().cast::<u8>().add(place).cast::<u64>() };
        // SAFETY: as above.
        unsafe { garbage.write(value) };
        assert_eq!(share(&GARBAGE, 0, size), PqcStatus::SharedMemory, "{place}");
        // SAFETY: as above.
        unsafe { garbage.write(0) };
    }
}

/// The first owner is shard 0 with the first operation, which has no algorithm.
#[test]
fn times_of_calls_without_an_algorithm_are_refused() {
    static TIMED: Memory = Memory(UnsafeCell::new([0; size_of::<Memory>()]));
    let cell = ((FFI_METRICS_STATUSES + 3 + FFI_METRICS_BUCKETS) * 8).next_multiple_of(128);
    let size = ffi_shared_metrics_bytes();
    let total = size % cell + FFI_METRICS_STATUSES * 8;
    let bytes = TIMED.0.get().cast::<u8>();
    // SAFETY: the memory is static, that long and this test's own; the places are aligned.
    unsafe { bytes.add(8).cast::<u32>().write(1) };
    // SAFETY: as above.
    unsafe { bytes.add(total).cast::<u64>().write(1) };
    assert_eq!(share(&TIMED, 0, size), PqcStatus::SharedMemory);
}
