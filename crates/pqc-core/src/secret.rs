//! Memory that is allocated fallibly, filled in place and wiped when it is dropped; and the system's randomness.

use crate::{Error, Memory};
use core::ops::{Deref, DerefMut};
use pqc_memory::{CallerBytes, HeapBytes, Locked, LockedBytes, try_box};

/// A value that is overwritten with its empty value when it is dropped.
///
/// `T` must be flat: no pointers, so that the assignment reaches every byte.
#[derive(Default)]
pub(crate) struct Wiped<T: Default>(pub(crate) T);

impl<T: Default> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0 = T::default();
        zeroize::optimization_barrier(&self.0);
    }
}

/// A value in the memory of its key's options.
pub(crate) enum SecretBox<T> {
    Heap(Box<T>),
    Locked(Locked<T>),
}

impl<T> SecretBox<T> {
    /// Moves `value`, which holds no secret yet, to that memory.
    pub(crate) fn new(memory: Memory, value: T) -> Result<Self, Error> {
        match memory {
            Memory::Heap => Ok(Self::Heap(try_box(value)?)),
            Memory::Locked => Ok(Self::Locked(Locked::try_new(value)?)),
        }
    }
}

impl<T> Deref for SecretBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Heap(value) => value,
            Self::Locked(value) => value,
        }
    }
}

impl<T> DerefMut for SecretBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Heap(value) => value,
            Self::Locked(value) => value,
        }
    }
}

/// Secret bytes with a length fixed at run time; wiped when dropped.
pub(crate) struct SecretVec {
    bytes: Bytes,
    len: usize,
}

enum Bytes {
    Heap(HeapBytes),
    Locked(LockedBytes),
}

impl SecretVec {
    /// No bytes, and no memory.
    pub(crate) const fn empty() -> Self {
        Self { bytes: Bytes::Heap(HeapBytes::empty()), len: 0 }
    }

    /// `len` zero bytes; `len` is at least 1.
    pub(crate) fn zeroed(memory: Memory, len: usize) -> Result<Self, Error> {
        let bytes = match memory {
            Memory::Heap => Bytes::Heap(HeapBytes::zeroed(len)?),
            Memory::Locked => Bytes::Locked(LockedBytes::zeroed(len)?),
        };
        Ok(Self { bytes, len })
    }

    /// A copy of at least one byte.
    pub(crate) fn copied(memory: Memory, bytes: &[u8]) -> Result<Self, Error> {
        Self::copied_once(memory, bytes.into())
    }

    /// The one copy of bytes of a caller.
    pub(crate) fn copied_once(memory: Memory, bytes: CallerBytes<'_>) -> Result<Self, Error> {
        if memory == Memory::Heap || bytes.is_empty() {
            let len = bytes.len();
            return Ok(Self { bytes: Bytes::Heap(HeapBytes::copied_once(bytes)?), len });
        }
        let mut copy = Self::zeroed(memory, bytes.len())?;
        bytes.copy_to(&mut copy).ok_or(Error::Internal)?;
        Ok(copy)
    }

    /// Shortens it to `len` bytes. The bytes after them are wiped with the rest.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

impl Deref for SecretVec {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let bytes = match &self.bytes {
            Bytes::Heap(bytes) => bytes.as_slice(),
            Bytes::Locked(bytes) => bytes.as_slice(),
        };
        &bytes[..self.len]
    }
}

impl DerefMut for SecretVec {
    fn deref_mut(&mut self) -> &mut [u8] {
        let bytes = match &mut self.bytes {
            Bytes::Heap(bytes) => bytes.as_mut_slice(),
            Bytes::Locked(bytes) => bytes.as_mut_slice(),
        };
        &mut bytes[..self.len]
    }
}

/// Secret bytes on the stack, zeros at first; wiped with wide stores when dropped.
pub(crate) struct SecretArray<const N: usize>(pub(crate) [u8; N]);

impl<const N: usize> SecretArray<N> {
    pub(crate) const fn zeroed() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Drop for SecretArray<N> {
    fn drop(&mut self) {
        zeroize::zeroize_bytes(&mut self.0);
    }
}

/// Compares secrets of the same length in a time that does not depend on them.
pub(crate) fn is_equal(first: &[u8], second: &[u8]) -> bool {
    first.iter().zip(second).fold(0, |difference, (first, second)| difference | (first ^ second)) == 0
}

/// Fills `out` from the system's random number generator (SP 800-90A class, seeded and reseeded by the kernel).
pub(crate) fn fill_random(out: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(out).map_err(|_| Error::Randomness)
}

/// Runs an operation and wipes the stack that it used: the algorithm libraries leave their intermediate values there.
/// `tests/stack_residue.rs` measures how much an operation uses, and that no secret remains.
pub(crate) use pqc_simd::on_wiped_stack as on_clean_stack;
