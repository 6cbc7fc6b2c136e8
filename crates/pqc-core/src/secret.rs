//! Heap memory that is allocated fallibly, filled in place and wiped when it is dropped; and the system's randomness.

use crate::Error;
use zeroize::Zeroize;

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

/// `N` secret bytes on the heap, wiped when dropped.
pub(crate) struct Secret<const N: usize>(Box<[[u8; N]; 1]>);

impl<const N: usize> Secret<N> {
    /// `N` zero bytes, to be filled in place.
    pub(crate) fn zeroed() -> Result<Self, Error> {
        Ok(Self(try_box([0; N])?))
    }

    /// `N` bytes from the system's random number generator.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut secret = Self::zeroed()?;
        fill_random(secret.expose_mut())?;
        Ok(secret)
    }

    /// The bytes.
    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0[0]
    }

    /// The bytes, to be written.
    pub(crate) fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0[0]
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.expose_mut().zeroize();
    }
}

/// Fills `out` from the system's random number generator (SP 800-90A class, seeded and reseeded by the kernel).
pub(crate) fn fill_random(out: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(out).map_err(|_| Error::Randomness)
}
