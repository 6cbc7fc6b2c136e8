//! Live handles and buffers, and wiped bytes.

use super::region::SHARDS;
use super::shard;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicI64, AtomicU64};

/// Live handles and buffers, and wiped bytes, of this process. A handle may be freed on another thread than it was made on, so
/// one copy alone may be below zero.
#[repr(align(128))]
struct Alive {
    handles: AtomicI64,
    buffers: AtomicI64,
    bytes_wiped: AtomicU64,
}

static ALIVE: [Alive; SHARDS] =
    [const { Alive { handles: AtomicI64::new(0), buffers: AtomicI64::new(0), bytes_wiped: AtomicU64::new(0) } };
        SHARDS];

/// Counts handles passed to the caller (1) or taken back (-1).
pub(crate) fn add_handles(change: i64) {
    ALIVE[shard()].handles.fetch_add(change, Relaxed);
}

/// Counts buffers passed to the caller (1) or taken back (-1).
pub(crate) fn add_buffers(change: i64) {
    ALIVE[shard()].buffers.fetch_add(change, Relaxed);
}

/// Counts bytes of buffers and private keys that were overwritten.
pub(crate) fn add_wiped(bytes: usize) {
    ALIVE[shard()].bytes_wiped.fetch_add(bytes as u64, Relaxed);
}

/// How many handles and buffers the caller has, and how many bytes were wiped.
pub(crate) fn alive() -> [u64; 3] {
    let sum = |of: fn(&Alive) -> &AtomicI64| ALIVE.iter().map(|alive| of(alive).load(Relaxed)).sum::<i64>();
    [
        u64::try_from(sum(|alive| &alive.handles)).unwrap_or(0),
        u64::try_from(sum(|alive| &alive.buffers)).unwrap_or(0),
        ALIVE.iter().map(|alive| alive.bytes_wiped.load(Relaxed)).sum(),
    ]
}
