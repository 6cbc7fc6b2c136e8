//! Memory that is allocated fallibly, filled in place and wiped when it is dropped; and the system's randomness.

use crate::{Engine, Error, Memory};
use core::ops::{Deref, DerefMut};
use pqc_memory::{Locked, LockedBytes};

/// Moves `value` to the heap, or reports that there is no memory.
///
/// `Box::new` aborts the process instead, and its fallible form is not stable; a vector of one element has the same
/// layout. Secrets are written through the box afterwards: `value` itself is an empty one.
pub(crate) fn try_box<T>(value: T) -> Result<Box<[T; 1]>, Error> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(1).map_err(|_| Error::OutOfMemory)?;
    vec.push(value);
    vec.into_boxed_slice().try_into().map_err(|_| Error::Internal)
}

/// A library's key type, overwritten with its empty value when it is dropped.
///
/// libcrux does not wipe its keys. `T` must be flat: no pointers, so that the assignment reaches every byte.
#[derive(Default)]
pub(crate) struct Wiped<T: Default>(pub(crate) T);

impl<T: Default> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0 = T::default();
        zeroize::optimization_barrier(&self.0);
    }
}

/// A value in the memory that its key asked for.
pub(crate) enum Place<T> {
    Heap(Box<[T; 1]>),
    Locked(Locked<T>),
}

impl<T> Place<T> {
    /// Moves `value`, which holds no secret yet, to that memory.
    pub(crate) fn new(memory: Memory, value: T) -> Result<Self, Error> {
        match memory {
            Memory::Heap => try_box(value).map(Self::Heap),
            Memory::Locked => Ok(Self::Locked(Locked::try_new(value)?)),
        }
    }

    /// Which memory that is.
    pub(crate) fn memory(&self) -> Memory {
        match self {
            Self::Heap(_) => Memory::Heap,
            Self::Locked(_) => Memory::Locked,
        }
    }
}

impl<T> Deref for Place<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Heap(value) => &value[0],
            Self::Locked(value) => value,
        }
    }
}

impl<T> DerefMut for Place<T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Heap(value) => &mut value[0],
            Self::Locked(value) => value,
        }
    }
}

/// `N` secret bytes, wiped when dropped.
pub(crate) struct Secret<const N: usize>(Place<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// `N` bytes that `fill` writes in place.
    pub(crate) fn new(memory: Memory, fill: impl FnOnce(&mut [u8; N]) -> Result<(), Error>) -> Result<Self, Error> {
        let mut secret = Self(Place::new(memory, [0; N])?);
        fill(&mut secret.0)?;
        Ok(secret)
    }

    /// The bytes.
    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        zeroize::zeroize_bytes(self.0.as_mut_slice());
    }
}

/// Secret bytes, as many as are needed when they are made; wiped when dropped.
pub(crate) struct SecretVec {
    bytes: Bytes,
    len: usize,
}

enum Bytes {
    Heap(HeapBytes),
    Locked(LockedBytes),
}

/// A vector that is never grown, wiped with wide stores: `Zeroizing` writes it byte by byte.
struct HeapBytes(Vec<u8>);

impl Drop for HeapBytes {
    fn drop(&mut self) {
        zeroize::zeroize_bytes(&mut self.0);
    }
}

impl SecretVec {
    /// `len` zero bytes, at least one.
    pub(crate) fn zeroed(memory: Memory, len: usize) -> Result<Self, Error> {
        let bytes = match memory {
            Memory::Heap => {
                let mut bytes = Vec::new();
                bytes.try_reserve_exact(len).map_err(|_| Error::OutOfMemory)?;
                bytes.resize(len, 0);
                Bytes::Heap(HeapBytes(bytes))
            }
            Memory::Locked => Bytes::Locked(LockedBytes::zeroed(len)?),
        };
        Ok(Self { bytes, len })
    }

    /// A copy of bytes, at least one.
    pub(crate) fn copied(memory: Memory, bytes: &[u8]) -> Result<Self, Error> {
        let mut copy = Self::zeroed(memory, bytes.len())?;
        copy.copy_from_slice(bytes);
        Ok(copy)
    }

    /// Forgets what is behind the first `len` bytes; it is wiped with the rest.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

impl Deref for SecretVec {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let bytes = match &self.bytes {
            Bytes::Heap(bytes) => &bytes.0,
            Bytes::Locked(bytes) => bytes.as_slice(),
        };
        &bytes[..self.len]
    }
}

impl DerefMut for SecretVec {
    fn deref_mut(&mut self) -> &mut [u8] {
        let bytes = match &mut self.bytes {
            Bytes::Heap(bytes) => &mut bytes.0,
            Bytes::Locked(bytes) => bytes.as_mut_slice(),
        };
        &mut bytes[..self.len]
    }
}

/// Fills `out` from the system's random number generator (SP 800-90A class, seeded and reseeded by the kernel).
pub(crate) fn fill_random(out: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(out).map_err(|_| Error::Randomness)
}

/// The algorithm libraries leave their intermediate values on the stack. `tests/stack_residue.rs` measures what an operation
/// uses, and that nothing of it stays.
pub(crate) use pqc_simd::on_wiped_stack as on_clean_stack;

/// [`on_clean_stack`] for an operation on a key, for which libcrux uses `N` bytes. simd wipes what it uses itself, so that only
/// the frames that lead there are left.
pub(crate) fn on_clean_stack_of<const N: usize, T>(engine: Engine, operation: impl FnOnce() -> T) -> T {
    match engine {
        Engine::Libcrux => on_clean_stack::<N, _>(operation),
        Engine::Simd => on_clean_stack::<CALLERS_STACK_BYTES, _>(operation),
    }
}

/// What the frames take that lead to an operation of the engine simd, rounded up.
const CALLERS_STACK_BYTES: usize = 2 << 10;
