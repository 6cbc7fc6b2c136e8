//! The instructions that the engine uses, on registers of terms, bit by bit according to Intel's manual. The
//! instructions of x86-64 are in `binary`, `shifts`, `moves`, `masks` and `sha2`, the instructions of aarch64 in `neon`.
//!
//! [`crate::arch`] is this module in the model build, so that the source of the engine runs on it. The tests of `hardware` try
//! every function here against its instruction.
//!
//! Memory: a load or store takes a slice, so the language keeps it inside. A store puts the terms into the model, and a
//! pattern into the slice. A load returns the terms if the pattern is still there, or constants if the memory is
//! read-only, such as static tables. Any other load panics: from memory that no proof has filled, or that plain Rust
//! has written since. A written byte passes for the term only if it happens to equal the pattern; proofs read many
//! bytes.
//!
//! A mask that selects lanes must be a number. So a proof names it in advance ([`plan`]), and reads the conditions on
//! the terms ([`conditions`]).
#![allow(unsafe_code, reason = "intrinsics are unsafe functions, and the bytes of slices are seen as bytes")]
#![allow(non_camel_case_types, reason = "the names of core::arch")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of bits, lanes and immediates")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a proof that cannot go on panics")]

#[macro_use]
mod binary;
#[macro_use]
mod moves;
#[macro_use]
mod shifts;

mod masks;
mod memory;
#[cfg(any(model, target_arch = "aarch64"))]
mod neon;
mod sha2;

use super::instructions::is_tested;
use super::terms::*;
pub(crate) use binary::*;
pub(crate) use masks::*;
pub(crate) use memory::*;
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_imports, reason = "they are tested on x86-64 alone"))]
pub(crate) use moves::*;
#[cfg(any(model, target_arch = "aarch64"))]
pub(crate) use neon::*;
pub(crate) use sha2::*;
pub(crate) use shifts::*;

/// A register of `N` bits.
#[derive(Clone, Copy)]
pub(crate) struct Reg<const N: usize>(pub(crate) [Bit; N]);
pub(crate) type __m128i = Reg<128>;
pub(crate) type __m256i = Reg<256>;
pub(crate) type __m256 = Reg<256>;
pub(crate) type __m512i = Reg<512>;
pub(crate) type __mmask8 = u8;
pub(crate) type __mmask16 = u16;
pub(crate) type __mmask32 = u32;
pub(crate) type __mmask64 = u64;

impl<const N: usize> Reg<N> {
    pub(crate) fn new(words: impl IntoIterator<Item = Word>) -> Self {
        let (mut bits, mut next) = ([ZERO; N], 0);
        for word in words {
            bits[next..][..word.len()].copy_from_slice(&word);
            next += word.len();
        }
        assert_eq!(next, N, "bits of a register");
        Self(bits)
    }
    pub(crate) fn words(&self, bits: usize) -> Vec<Word> {
        self.0.chunks(bits).map(Word::from).collect()
    }
}

/// Refuses an immediate that no test has tried on the processor.
fn expect_tested(name: &str, immediate: i64) {
    assert!(is_tested(name, immediate), "{name} is not tested with {immediate}");
}

fn map<const N: usize>(a: Reg<N>, bits: usize, f: impl Fn(&[Bit]) -> Word) -> Reg<N> {
    Reg::new(a.0.chunks(bits).map(f))
}

fn zip<const N: usize>(a: Reg<N>, b: Reg<N>, bits: usize, f: impl Fn(&[Bit], &[Bit]) -> Word) -> Reg<N> {
    Reg::new(a.0.chunks(bits).zip(b.0.chunks(bits)).map(|(a, b)| f(a, b)))
}

/// Words of `bits` bits from both registers, the words of `b` after the words of `a`, in each part of `part` bits.
fn shuffle<const N: usize>(a: Reg<N>, b: Reg<N>, part: usize, bits: usize, order: impl Fn(usize) -> usize) -> Reg<N> {
    zip(a, b, part, |a, b| {
        let both = [a, b].concat();
        (0..part / bits).flat_map(|word| &both[bits * order(word)..][..bits]).copied().collect()
    })
}

fn number(word: &[Bit]) -> usize {
    value(word).expect("an order or a distance is a constant") as usize
}

/// The words of `from`, in the order of the low bits of the words of `order`.
fn permuted(from: &[Bit], order: &[Bit], bits: usize, low_bits: usize) -> Word {
    order.chunks(bits).flat_map(|order| &from[bits * number(&order[..low_bits])..][..bits]).copied().collect()
}

fn all(bit: Bit, bits: usize) -> Word {
    vec![bit; bits]
}
