//! Batches of operations: a failed item has its own outcome and affects no other, and the work may be spread over
//! threads.
//!
//! A batch is divided into chunks of at most [`chunk`] items, each processed by one thread and, below the seam, by one call of an
//! engine, which may work on several items at a time, one in each lane of its vectors. Only items of the same [`Group`] share
//! lanes, so a caller sorts the items by [`Order`] before it divides the batch. The frames that lead to the engine are wiped once for
//! the items of a group in a chunk, after the last of them.

mod kem;
mod order;
mod pool;
mod signature;

pub use crate::engine::items::{CHUNK, Group, KEM_CHUNK, SIGNATURE_CHUNK};
pub use kem::{Decapsulation, Encapsulation, decapsulate_all, encapsulate_all};
pub use order::Order;
pub use pool::MAX_THREADS;
pub use signature::{Signing, Verification, sign_all, verify_all};

use crate::{Algorithm, Error, KeyOptions, Kind, PrivateKey};
use arrayvec::ArrayVec;
use pool::Threads;
use std::sync::{Arc, Mutex, PoisonError};

/// The most items of a chunk.
pub const fn chunk(kind: Kind) -> usize {
    match kind {
        Kind::Kem => KEM_CHUNK,
        Kind::Signature => SIGNATURE_CHUNK,
    }
}

/// An operation that takes more microseconds is a chunk by itself, so that a few items use several threads.
const SLOW_US: u32 = 10_000;

/// The largest number of items in a chunk of keys to generate or messages to sign. Items of a slow algorithm share no lanes.
pub const fn chunk_of_private(algorithm: Algorithm) -> usize {
    if algorithm.slowest_us() > SLOW_US { 1 } else { chunk(algorithm.kind()) }
}

/// How many threads work on a batch of `chunks` chunks: at most `requested`, where 0 means the number in the environment
/// variable `QYNAUTH_PQC_THREADS`, or else the number of processors.
pub fn threads(requested: usize, chunks: usize) -> Result<usize, Error> {
    Ok(pool::thread_count(requested)?.min(chunks))
}

/// The threads that work on a batch or an operation: this thread, and others of the pool that all batches share.
pub struct Workers {
    others: usize,
    pool: Option<Arc<Threads>>,
}

impl Workers {
    /// This thread alone.
    pub const ALONE: Self = Self { others: 0, pool: None };

    /// This thread and `threads - 1` others. This thread works alone if the system refuses to create them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if there is no memory for the others.
    pub fn new(threads: usize) -> Result<Self, Error> {
        let others = threads.saturating_sub(1);
        let pool = if others == 0 { None } else { pool::pool(others)? };
        Ok(pool.map_or(Self::ALONE, |pool| Self { others, pool: Some(pool) }))
    }

    /// At most `most` threads that may divide one operation: the others wait for work now, so that the operation does not wait for
    /// a batch.
    ///
    /// # Errors
    /// As for [`threads`] and [`Workers::new`].
    pub fn idle(most: usize) -> Result<Self, Error> {
        let mut workers = Self::new(threads(0, most)?)?;
        workers.others = workers.pool.as_ref().map_or(0, |pool| pool.idle().min(workers.others));
        Ok(workers)
    }

    /// Whether this thread works alone.
    pub fn are_alone(&self) -> bool {
        self.others == 0
    }

    /// Processes the chunks of a batch. Each thread has its own state, which `work` gets for each of its chunks.
    ///
    /// A panic in `work` continues here once the other threads are done.
    pub fn run<C, S>(
        &self,
        chunks: impl Iterator<Item = C> + Send,
        begin: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, C) + Sync,
    ) {
        let chunks = Mutex::new(chunks);
        let next = || chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
        let worker = || {
            let mut state = begin();
            while let Some(chunk) = next() {
                work(&mut state, chunk);
            }
        };
        match &self.pool {
            None => worker(),
            Some(pool) => pool.run(self.others, worker),
        }
    }
}

/// Generates at most [`CHUNK`] private keys.
pub fn generate(algorithm: Algorithm, options: KeyOptions, count: usize) -> ArrayVec<Result<PrivateKey, Error>, CHUNK> {
    PrivateKey::generate_all(algorithm, options, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn workers(threads: usize) -> Workers {
        Workers::new(threads).expect("memory")
    }

    #[test]
    fn every_chunk_is_processed_once() {
        for threads in [1, 2, 5] {
            let mut items = [0; 1000];
            workers(threads).run(items.chunks_mut(7), || (), |(), chunk| chunk.iter_mut().for_each(|item| *item += 1));
            assert_eq!(items, [1; 1000]);
        }
    }

    #[test]
    fn a_batch_of_one_chunk_stays_on_the_calling_thread() {
        assert_eq!([threads(8, 0), threads(8, 1), threads(8, 3)], [Ok(0), Ok(1), Ok(3)]);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_next_batch_works() {
        for threads in [1, 3] {
            let panicking = || workers(threads).run(0..9, || (), |(), chunk| assert_ne!(chunk, 4, "on purpose"));
            assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
            workers(threads).run(0..9, || (), |(), _| ());
        }
    }
}
