//! Arrays with a length that a parameter set fixes, so that no wrong length reaches an operation.

/// An encoded key, a ciphertext or a signature: an array of bytes. Arrays implement it.
pub trait Bytes: Sealed + AsRef<[u8]> + AsMut<[u8]> + Copy + Eq + Send + Sync + 'static {
    /// Zeros, as an output before it is written.
    const ZERO: Self;

    /// The bytes as an array, or `None` if their number differs.
    fn from_slice(bytes: &[u8]) -> Option<&Self>;

    /// The same for bytes to write.
    fn from_mut_slice(bytes: &mut [u8]) -> Option<&mut Self>;
}

/// The polynomials of a vector or matrix; arrays implement it.
#[allow(unreachable_pub, reason = "in public traits, of a private module")]
pub trait Vector<T>: Sealed + Zero + AsRef<[T]> + AsMut<[T]> {}

/// A type with an all-zero value.
#[allow(unreachable_pub, reason = "in public traits, of a private module")]
pub trait Zero: Clone + Send + Sync {
    #[doc(hidden)]
    const ZERO: Self;
}

#[allow(unreachable_pub, reason = "in public traits, of a private module")]
pub trait Sealed {}

impl<T, const LENGTH: usize> Sealed for [T; LENGTH] {}

impl<T: Zero, const LENGTH: usize> Zero for [T; LENGTH] {
    const ZERO: Self = [T::ZERO; LENGTH];
}

impl<T: Zero, const LENGTH: usize> Vector<T> for [T; LENGTH] {}

impl<const LENGTH: usize> Bytes for [u8; LENGTH] {
    const ZERO: Self = [0; LENGTH];

    #[inline(always)]
    fn from_slice(bytes: &[u8]) -> Option<&Self> {
        bytes.try_into().ok()
    }

    #[inline(always)]
    fn from_mut_slice(bytes: &mut [u8]) -> Option<&mut Self> {
        bytes.try_into().ok()
    }
}

/// The first bytes as an array, and the rest.
///
/// # Panics
/// If there are fewer bytes: an operation never continues with a truncated input.
#[inline(always)]
pub(crate) fn split_first<B: Bytes>(bytes: &[u8]) -> (&B, &[u8]) {
    if let Some((first, rest)) = bytes.split_at_checked(size_of::<B>())
        && let Some(first) = B::from_slice(first)
    {
        return (first, rest);
    }
    too_short()
}

/// The first bytes as an array.
///
/// # Panics
/// As [`split_first`].
#[inline(always)]
pub(crate) fn first<B: Bytes>(bytes: &[u8]) -> &B {
    split_first(bytes).0
}

#[cold]
#[inline(never)]
fn too_short() -> ! {
    panic!("bytes of a fixed length are too short");
}

/// 0 if two strings are equal, else another number, in a time that depends on their length alone.
///
/// # Panics
/// If their lengths differ: the rest of one would not be compared.
#[inline(always)]
pub(crate) fn difference(left: &[u8], right: &[u8]) -> u8 {
    assert!(left.len() == right.len(), "strings of different lengths are compared");
    left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn slices_of_another_length_are_no_array() {
        let mut bytes = [7; 33];
        for length in [0, 1, 31, 33] {
            assert_eq!(<[u8; 32]>::from_slice(&bytes[..length]), None, "{length}");
            assert_eq!(<[u8; 32]>::from_mut_slice(&mut bytes[..length]), None, "{length}");
        }
        assert_eq!(<[u8; 32]>::from_slice(&bytes[..32]), Some(&[7; 32]));
        assert_eq!(<[u8; 32]>::from_mut_slice(&mut bytes[..32]), Some(&mut [7; 32]));
    }

    #[test]
    fn a_difference_is_found_at_every_place() {
        let left = [0x5a; 65];
        assert_eq!(difference(&left, &left), 0);
        for bit in 0..8 * left.len() {
            let mut right = left;
            right[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(difference(&left, &right), 0, "bit {bit}");
        }
    }

    #[test]
    fn short_strings_are_never_taken_for_whole_ones() {
        assert!(catch_unwind(|| *first::<[u8; 32]>(&[0; 31])).is_err());
        assert!(catch_unwind(|| difference(&[0; 31], &[0; 32])).is_err());
        assert!(catch_unwind(|| difference(&[0; 32], &[0; 31])).is_err());
    }
}
