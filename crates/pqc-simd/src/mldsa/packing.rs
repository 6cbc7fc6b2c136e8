//! Polynomials and hints as bytes (FIPS 204, 7.1, algorithms 16 to 21).

use super::poly::{N, Poly};
use crate::bytes::first;
use crate::vec::v32::Numbers32;
use core::hint::black_box;

/// Algorithm 17: packs `top - c` of each coefficient c in `BITS` bits, 18 or 20, four at a time.
#[inline(always)]
pub(crate) fn pack<const BITS: usize>(polynomial: &Poly, top: i32, out: &mut [u8]) {
    debug_assert_eq!(out.len(), N * BITS / 8);
    debug_assert!(polynomial.coefficients().iter().all(|coefficient| (0..1 << BITS).contains(&(top - coefficient))));
    // A separate loop, which the compiler vectorises.
    let mut pairs = [0; N / 2];
    for (pair, [a, b]) in pairs.iter_mut().zip(polynomial.coefficients().as_chunks::<2>().0) {
        let [a, b] = [top - a, top - b].map(|number| u64::from(number.cast_unsigned()));
        *pair = a | (b << BITS);
    }
    for (&[low, high], out) in pairs.as_chunks::<2>().0.iter().zip(out.chunks_exact_mut(BITS / 2)) {
        out[..8].copy_from_slice(&(low | (high << (2 * BITS))).to_le_bytes());
        out[8..].copy_from_slice(&(high >> (64 - 2 * BITS)).to_le_bytes()[..BITS / 2 - 8]);
    }
}

/// Algorithm 18 or 19: coefficients `(top - number) << shift` of numbers of `BITS` bits.
///
/// A row of lanes reads 64 bytes. The last rows, which have fewer, read a padded copy of the last 64.
#[inline(always)]
pub(crate) fn unpack<M: Numbers32, const BITS: usize>(
    machine: M,
    bytes: &[u8],
    top: i32,
    shift: usize,
    out: &mut Poly,
) {
    let bytes = &bytes[..N * BITS / 8];
    let last = bytes.len() - 64;
    let mut padded = [0; 128];
    padded[..64].copy_from_slice(&bytes[last..]);
    let top = machine.splat(top);
    for (row, out) in out.0.iter_mut().enumerate() {
        let from = 2 * BITS * row;
        let rest = if from <= last { &bytes[from..] } else { &padded[from - last..] };
        machine.store(machine.subtract(top, machine.unpack::<BITS, BITS>(first(rest))), out);
        out.iter_mut().for_each(|c| *c <<= shift);
    }
}

/// Packs numbers of three, four or six bits.
#[inline(always)]
pub(crate) fn pack_bytes(numbers: &[u8; N], bits: usize, out: &mut [u8]) {
    debug_assert_eq!(out.len(), N * bits / 8);
    debug_assert!(numbers.iter().all(|number| number >> bits == 0));
    match bits {
        3 => {
            for (eight, out) in numbers.as_chunks::<8>().0.iter().zip(out.as_chunks_mut::<3>().0) {
                // Joins pairs, then pairs of pairs, then the halves.
                let word = u64::from_le_bytes(*eight);
                let word = (word | (word >> 5)) & 0x003f_003f_003f_003f;
                let word = (word | (word >> 10)) & 0x0000_0fff_0000_0fff;
                let [a, b, c, ..] = (word | (word >> 20)).to_le_bytes();
                *out = [a, b, c];
            }
        }
        4 => numbers.as_chunks::<2>().0.iter().zip(out).for_each(|(&[low, high], out)| *out = low | (high << 4)),
        _ => {
            for ([a, b, c, d], out) in numbers.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<3>().0) {
                *out = [a | (b << 6), (b >> 2) | (c << 4), (c >> 4) | (d << 2)];
            }
        }
    }
}

/// Packs numbers of 9 to 16 bits, eight at a time.
#[inline(always)]
pub(crate) fn pack_words<const BITS: usize>(numbers: &[u16; N], out: &mut [u8]) {
    debug_assert_eq!(out.len(), N * BITS / 8);
    // A separate loop, which the compiler vectorises.
    let mut fours = [0; N / 4];
    for (packed, four) in fours.iter_mut().zip(numbers.as_chunks::<4>().0) {
        *packed = pack_four::<BITS>(*four);
    }
    for (&[low, high], out) in fours.as_chunks::<2>().0.iter().zip(out.chunks_exact_mut(BITS)) {
        let packed = u128::from(low) | (u128::from(high) << (4 * BITS));
        out.copy_from_slice(&packed.to_le_bytes()[..BITS]);
    }
}

/// Four numbers in the lowest bits.
#[inline(always)]
pub(crate) fn pack_four<const BITS: usize>([a, b, c, d]: [u16; 4]) -> u64 {
    let word = u64::from(a) | (u64::from(b) << 16) | (u64::from(c) << 32) | (u64::from(d) << 48);
    debug_assert!([a, b, c, d].iter().all(|number| u32::from(*number) >> BITS == 0));
    let (one, two) = (((1 << BITS) - 1) * 0x1_0000_0001, (1 << (2 * BITS)) - 1);
    let pairs = (word & one) | ((word >> (16 - BITS)) & (one << BITS));
    (pairs & two) | ((pairs >> (32 - 2 * BITS)) & (two << (2 * BITS)))
}

/// Algorithm 20, `HintBitPack`, one polynomial at a time: writes the positions of its hints, and then their number so far.
///
/// Returns that number, or `None` if it exceeds omega, the limit of a signature.
#[inline(always)]
pub(crate) fn pack_hints(hints: &[u8; N], row: usize, omega: usize, mut count: usize, out: &mut [u8]) -> Option<usize> {
    debug_assert!(hints.iter().all(|hint| *hint <= 1));
    for (first, eight) in (0..N).step_by(8).zip(hints.as_chunks::<8>().0) {
        let mut left = u64::from_le_bytes(*eight);
        while left != 0 {
            if count == omega {
                return None;
            }
            #[allow(clippy::cast_possible_truncation, reason = "below 256")]
            (out[count] = (first + left.trailing_zeros() as usize / 8) as u8);
            count += 1;
            left &= left - 1;
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "omega is at most 80")]
    (out[omega + row] = count as u8);
    Some(count)
}

/// The longest encoding of hints: omega positions, and a number for each polynomial.
const MAX_HINT_BYTES: usize = 88;

/// The positions of the hints of each polynomial in a signature, which [`Hints::parse`] has checked: a copy, so that
/// the used positions are the checked ones.
pub(crate) struct Hints {
    bytes: [u8; MAX_HINT_BYTES],
    omega: usize,
}

impl Hints {
    /// Algorithm 21, `HintBitUnpack`: refuses positions that do not ascend, numbers that descend or exceed omega, and nonzero
    /// unused bytes, so that each set of hints has one encoding.
    pub(crate) fn parse(encoded: &[u8], omega: usize) -> Option<Self> {
        let mut bytes = [0; MAX_HINT_BYTES];
        let copy = &mut bytes[..encoded.len()];
        copy.copy_from_slice(encoded);
        black_box(&raw mut *copy);
        let (positions, ends) = copy.split_at(omega);
        let mut start = 0;
        for &end in ends.iter() {
            let polynomial = positions.get(start..usize::from(end))?;
            if !polynomial.is_sorted_by(|a, b| a < b) {
                return None;
            }
            start = usize::from(end);
        }
        positions[start..].iter().all(|unused| *unused == 0).then_some(Self { bytes, omega })
    }

    /// The positions of the hints of a polynomial.
    pub(crate) fn positions(&self, row: usize) -> &[u8] {
        let end = |row: usize| usize::from(self.bytes[self.omega + row]);
        &self.bytes[if row == 0 { 0 } else { end(row - 1) }..end(row)]
    }
}
