//! Packed coefficients, as FIPS 203 and FIPS 204 lay them out: little-endian in bits and bytes.

/// The coefficient with this number, of `width` bits, at most 24.
pub(crate) fn get(bytes: &[u8], width: usize, index: usize) -> u32 {
    let first = width * index / 8;
    // Four bytes hold it, wherever in the first one it begins.
    let word = (first..bytes.len().min(first + 4)).rev().fold(0, |word, at| word << 8 | u32::from(bytes[at]));
    word >> (width * index % 8) & ((1 << width) - 1)
}

/// Replaces the coefficient with this number.
pub(crate) fn set(bytes: &mut [u8], width: usize, index: usize, value: u32) {
    for position in 0..width {
        let at = width * index + position;
        let bit = 1 << (at % 8);
        if value >> position & 1 == 1 { bytes[at / 8] |= bit } else { bytes[at / 8] &= !bit }
    }
}

/// How many coefficients there are.
pub(crate) fn count(bytes: &[u8], width: usize) -> usize {
    bytes.len() * 8 / width
}
