//! Many operations at once: an item that fails says so and spoils no other, and the work may be spread over threads.
//!
//! A batch is worked through in pieces of at most [`MLKEM_PIECE`] or [`MLDSA_PIECE`] items, each by one thread and,
//! below the seam, by one call of an engine, which may work on several items at a time. What a piece leaves of secrets on
//! the stack is overwritten once, after its last item.

mod mldsa;
mod mlkem;
mod pool;

pub use mldsa::{Signing, Verification, generate_mldsa, sign_all, verify_all};
pub use mlkem::{Decapsulation, Encapsulation, decapsulate_all, encapsulate_all, generate_mlkem};
pub use pool::MAX_THREADS;

use crate::engine::items::Generation;
use crate::secret::{Secret, fill_random};
use crate::{Error, Memory};
use arrayvec::ArrayVec;
use std::sync::{Mutex, PoisonError};

/// Items of a piece. A batch of one piece stays on the calling thread: to wake another takes up to 50 us, and a piece
/// takes several times as long (`bench/batch.py` shows both).
pub const MLKEM_PIECE: usize = 64;
/// Items of a piece of ML-DSA, whose operations take longer.
pub const MLDSA_PIECE: usize = 16;

/// How many threads work on a batch of so many pieces: at most as many as asked for, where 0 asks for what the
/// environment variable `QYNAUTH_PQC_THREADS` says, or else for one a processor.
pub fn threads(asked: usize, pieces: usize) -> Result<usize, Error> {
    Ok(pool::thread_count(asked)?.min(pieces))
}

/// Works through the pieces of a batch, on this thread and on others beside it, so that `threads` of them do.
///
/// A panic in `work` goes on here once the other threads are done.
pub fn run<P>(threads: usize, pieces: impl Iterator<Item = P> + Send, work: impl Fn(P) + Sync) {
    let pieces = Mutex::new(pieces);
    let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        while let Some(piece) = next() {
            work(piece);
        }
    };
    match threads.checked_sub(1).filter(|others| *others > 0).and_then(|others| Some((others, pool::pool(others)?))) {
        None => worker(),
        Some((others, pool)) => pool.in_place_scope(|scope| {
            for _ in 0..others {
                scope.spawn(|_| worker());
            }
            worker();
        }),
    }
}

/// Draws seeds from the system's randomness, has keys made of them, and makes a pair of each key and its seed.
fn from_new_seeds<K: ?Sized, P, const N: usize, const PIECE: usize>(
    memory: Memory,
    count: usize,
    make: impl FnOnce(&mut [Generation<'_, K, N>]),
    pair: impl Fn(Secret<N>, Box<K>) -> P,
) -> ArrayVec<Result<P, Error>, PIECE> {
    let seed = |_| Secret::new(memory, |seed| fill_random(seed));
    let seeds: ArrayVec<_, PIECE> = (0..count).map(seed).collect();
    let known = seeds.iter().flatten();
    let items = known.map(|seed| Generation { seed: seed.expose(), key: Err(Error::Internal) });
    let mut items: ArrayVec<_, PIECE> = items.collect();
    make(&mut items);
    let keys: ArrayVec<_, PIECE> = items.into_iter().map(|item| item.key).collect();
    let mut keys = keys.into_iter();
    seeds.into_iter().map(|seed| Ok(pair(seed?, keys.next().ok_or(Error::Internal)??))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn every_piece_is_worked_on_once() {
        for threads in [1, 2, 5] {
            let mut items = [0; 1000];
            run(threads, items.chunks_mut(7), |piece| piece.iter_mut().for_each(|item| *item += 1));
            assert_eq!(items, [1; 1000]);
        }
    }

    #[test]
    fn as_many_threads_work_as_were_asked_for() {
        let (seen, all) = (Mutex::new(HashSet::new()), Barrier::new(3));
        run(3, 0..3, |_| {
            seen.lock().expect("not poisoned").insert(thread::current().id());
            // No thread goes on to a second piece before each has one.
            all.wait();
        });
        let seen = seen.into_inner().expect("not poisoned");
        assert_eq!((seen.len(), seen.contains(&thread::current().id())), (3, true));
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_next_batch_works() {
        for threads in [1, 3] {
            let panicking = || run(threads, 0..9, |piece| assert_ne!(piece, 4, "on purpose"));
            assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
            run(threads, 0..9, |_| ());
        }
    }
}
