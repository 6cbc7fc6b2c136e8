//! The hash of a public key, computed when it is first needed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A hash of at most 64 bytes: `tr` of ML-DSA, or H(ek) of ML-KEM.
///
/// Two threads may both compute and store it, which does no harm, since both store the same: neither waits for the other, which
/// a fork could have stopped.
#[derive(Default)]
pub(super) struct KnownHash<const BYTES: usize = 64> {
    words: [AtomicU64; 8],
    is_known: AtomicBool,
}

impl<const BYTES: usize> KnownHash<BYTES> {
    pub(super) fn get(&self) -> Option<[u8; BYTES]> {
        if !self.is_known.load(Ordering::Acquire) {
            return None;
        }
        let mut hash = [0; BYTES];
        for (word, bytes) in self.words.iter().zip(hash.as_chunks_mut().0) {
            *bytes = word.load(Ordering::Relaxed).to_le_bytes();
        }
        Some(hash)
    }

    pub(super) fn set(&self, hash: &[u8; BYTES]) {
        const { assert!(BYTES <= 64 && BYTES.is_multiple_of(8)) };
        for (word, bytes) in self.words.iter().zip(hash.as_chunks().0) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        self.is_known.store(true, Ordering::Release);
    }

    /// Lends the hash to an operation, which computes it if it is not known yet.
    pub(super) fn lend<T>(&self, operation: impl FnOnce(&mut Option<[u8; BYTES]>) -> T) -> T {
        let known = self.get();
        let mut hash = known;
        let result = operation(&mut hash);
        // Storing it again would take the cache line from other threads.
        if let (None, Some(hash)) = (known, hash) {
            self.set(&hash);
        }
        result
    }
}

impl<const BYTES: usize> From<&[u8; BYTES]> for KnownHash<BYTES> {
    fn from(hash: &[u8; BYTES]) -> Self {
        let known = Self::default();
        known.set(hash);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::array::from_fn;
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn a_hash_is_computed_once_and_then_known() {
        let (known, hash) = (KnownHash::<32>::default(), from_fn(|i| i.to_le_bytes()[0]));
        assert_eq!(known.get(), None);
        known.lend(|hash| assert_eq!(*hash, None));
        assert_eq!(known.lend(|known| *known.insert(hash)), hash);
        known.lend(|known| assert_eq!(*known, Some(hash)));
        assert_eq!((known.get(), KnownHash::from(&[7; 64]).get()), (Some(hash), Some([7; 64])));
    }

    /// Neither of two threads that both find no hash waits for the other.
    #[test]
    fn threads_may_compute_it_at_once() {
        let (known, both) = (KnownHash::<32>::default(), Barrier::new(2));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    known.lend(|hash| {
                        both.wait();
                        assert_eq!(hash.replace([5; 32]), None);
                    });
                    assert_eq!(known.get(), Some([5; 32]));
                });
            }
        });
    }
}
