//! The choice between two secrets, which must not become a jump.
#![allow(unsafe_code, reason = "no safe operation keeps the compiler from knowing a value")]
#![allow(clippy::cast_possible_truncation, reason = "a mask keeps its low byte")]

/// The first string if the number is 0, else the second.
///
/// The mask is hidden from the compiler once it is all ones or all zeros. Hiding the number alone is not enough: the compiler
/// then knows that the mask has two values, and makes the choice a jump.
#[inline(always)]
pub(crate) fn select(number: u8, if_zero: &[u8; 32], otherwise: &[u8; 32]) -> [u8; 32] {
    let mask = hidden(usize::from(number).wrapping_sub(1) >> 8) as u8;
    std::array::from_fn(|i| otherwise[i] ^ (mask & (if_zero[i] ^ otherwise[i])))
}

/// The same number, hidden from the compiler by assembly, so that no optimisation can assume its value.
#[cfg(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64"
))]
#[inline(always)]
fn hidden(mut number: usize) -> usize {
    if cfg!(miri) {
        return number;
    }
    // SAFETY: no instruction, only a comment with the name of the register.
    unsafe { core::arch::asm!("/* {0} */", inout(reg) number, options(pure, nomem, preserves_flags, nostack)) };
    number
}

/// The best that the language offers on an architecture without stable inline assembly.
#[cfg(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64"
)))]
#[inline(always)]
fn hidden(number: usize) -> usize {
    std::hint::black_box(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::difference;

    #[test]
    fn zero_alone_selects_the_first_string() {
        let (first, second) = (std::array::from_fn(|i| i as u8), std::array::from_fn(|i| !(i as u8)));
        assert_eq!(select(0, &first, &second), first);
        for number in 1..=u8::MAX {
            assert_eq!(select(number, &first, &second), second, "{number}");
        }
    }

    #[test]
    fn one_different_bit_at_any_place_selects_the_second_string() {
        let ciphertext = [0x5a; 1568];
        assert_eq!(select(difference(&ciphertext, &ciphertext), &[1; 32], &[2; 32]), [1; 32]);
        for bit in 0..8 * ciphertext.len() {
            let mut other = ciphertext;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(select(difference(&ciphertext, &other), &[1; 32], &[2; 32]), [2; 32], "bit {bit}");
        }
    }
}
