//! The kernels on single polynomials: sampling (FIPS 203, 4.2.2), compression and encoding (4.2.1).
//!
//! Rounding: Compress_d(x) is the integer nearest to x 2^d / q, modulo 2^d, and depends on the residue of x alone. There are no
//! ties, since q is odd. Two methods compute it:
//! * d = 10, 11 and 5: 2 q is added, so that 0 < x < 2^14. With c = floor(2^(15 + d) / q), the quotient x c / 2^15 is too small by
//!   less than x / 2^15 < 1/2, so rounded it is the correct integer t or t - 1. The remainder x 2^d - t q lies in -1664..=1664,
//!   and the remainder of t - 1 is above 1664, which distinguishes them. Both fit 16 bits, and only these are computed.
//! * d = 4 and 1: x 20159 / 2^16, rounded down, is the integer below x 2^10 / q + e, where |e| < |x| / 2^17, and its rounded
//!   quotient by 2^(10 - d) is t unless x 2^10 / q is that close to where t changes. The tests try every possible x: none is.
//!
//! Decompress_d(y) is the product y 2^(15 - d) q, divided by 2^15 and rounded.
#![allow(clippy::cast_possible_truncation, reason = "constants that fit")]

use crate::bytes;
use crate::keccak::F1600;
use crate::ntt16::{Ntt, PRODUCT, Poly, Q, REDUCED, SUM_OF_PRODUCTS, canonical, from_montgomery, reduce};
use crate::ntt16::{from_standard, to_standard};
use crate::vec::v16::{Lanes16, Numbers16};

/// Three blocks of SHAKE128, which suffice for 256 coefficients in all but one of about 120 cases, and bytes that are always
/// rejected up to the end of the last vector.
pub(crate) const SAMPLE_BYTES: usize = 528;
pub(crate) const SAMPLE_BLOCKS: usize = 3;

/// The numbers accepted from three blocks, at most 336, and a vector of unspecified values after them.
pub(crate) const ACCEPTED: usize = 336 + 32;

/// The kernels that the operations call.
pub(crate) trait Machine: F1600 + Ntt + Coding {}

impl<M: F1600 + Ntt + Coding> Machine for M {}

kernels! {
    pub(crate) trait Coding {
        /// The numbers that Algorithm 7 accepts from three blocks of output and 0xff after them; returns their count. The
        /// addresses depend on the output, which is public.
        fn accept(output: &[u8; SAMPLE_BYTES], accepted: &mut [i16; ACCEPTED]) -> usize = accept;
        /// The first 256 of them, in the order of [`Ntt`]. The stores of `accept` overlap, so other work between the two calls
        /// makes this faster.
        fn take_accepted(accepted: &[i16; ACCEPTED], out: &mut Poly) = take_accepted;
        /// Algorithm 8 on `BITS` = 2 η bits for each coefficient, which is in -η..=η.
        fn sample_cbd<const BITS: usize>(bytes: &[u8], out: &mut Poly) = sample_cbd;
        /// Adds Decompress_1(ByteDecode_1(message)), in 0..=1665, to coefficients in -3..=3.
        fn add_message(message: &[u8; 32], polynomial: &mut Poly) = add_message;
        /// ByteEncode_1(Compress_1(v - w)), for coefficients in 0..q and in -`PRODUCT`..=`PRODUCT`.
        fn message(v: &Poly, w: &Poly, out: &mut [u8; 32]) = message;
        /// ByteEncode_d(Compress_d(polynomial + noise)), for coefficients in -`PRODUCT`..=`PRODUCT` and in -3..=1668.
        fn compress<const BITS: usize>(polynomial: &Poly, noise: &Poly, out: &mut [u8]) = compress;
        /// Decompress_d(ByteDecode_d(bytes)), in 0..q.
        fn decompress<const BITS: usize>(bytes: &[u8], out: &mut Poly) = decompress;
        /// ByteDecode_12, in the order of [`Ntt`]. The numbers are below q if the key has been checked, else below 2^12.
        fn decode(bytes: &[u8], out: &mut Poly) = decode;
        /// ByteEncode_12 of coefficients in -`REDUCED`..=`REDUCED`, in the order of [`Ntt`].
        fn encode(polynomial: &Poly, out: &mut [u8]) = encode;
        /// ByteEncode_12 of 2^16 product + polynomial, both in the order of [`Ntt`], with coefficients in
        /// -`SUM_OF_PRODUCTS`..=`SUM_OF_PRODUCTS` and in -`REDUCED`..=`REDUCED`.
        fn encode_sum(product: &Poly, polynomial: &Poly, out: &mut [u8]) = encode_sum;
        /// See [`bytes::difference`].
        fn difference(left: &[u8], right: &[u8]) -> u8 = difference;
    }
}

#[inline(always)]
pub(crate) fn accept<M: Numbers16>(machine: M, output: &[u8; SAMPLE_BYTES], accepted: &mut [i16; ACCEPTED]) -> usize {
    let mut count = 0;
    for at in (0..SAMPLE_BYTES).step_by(M::V16::LANES * 12 / 8) {
        count = M::V16::load_bits::<12>(machine, output, at).append_below(Q, accepted, count);
    }
    count
}

#[inline(always)]
pub(crate) fn take_accepted<M: Numbers16>(machine: M, accepted: &[i16; ACCEPTED], out: &mut Poly) {
    out.0.copy_from_slice(&accepted[..256]);
    from_standard(machine, out);
}

#[inline(always)]
pub(crate) fn sample_cbd<M: Numbers16, const BITS: usize>(machine: M, bytes: &[u8], out: &mut Poly) {
    let eta = BITS / 2;
    debug_assert!(bytes.len() == 64 * eta && (eta == 2 || eta == 3));
    // The lowest bit of each half, and all bits of the lower half.
    let (lowest, half) = (M::V16::splat(machine, 1 | 1 << eta), M::V16::splat(machine, (1 << eta) - 1));
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = BITS * lane / 8;
        let x = M::V16::load_bits::<BITS>(machine, bytes, byte);
        let mut ones = x.and(lowest).add(x.shift_right::<1>().and(lowest));
        let difference = if eta == 2 {
            ones.and(half).sub(ones.shift_right::<2>())
        } else {
            ones = ones.add(x.shift_right::<2>().and(lowest));
            ones.and(half).sub(ones.shift_right::<3>())
        };
        difference.store(&mut out.0[lane..]);
    }
    debug_assert!(out.is_within(3));
}

/// Decompress_d of lanes below 2^d.
#[inline(always)]
pub(crate) fn decompressed<V: Lanes16, const BITS: usize>(machine: V::Machine, y: V) -> V {
    y.multiply_low(V::splat(machine, 1 << (15 - BITS))).multiply_round(V::splat(machine, Q))
}

/// Compress_d of lanes in -2500..=5825, a sum of `PRODUCT` at most and noise or a number below q; see the [module](self).
#[inline(always)]
pub(crate) fn compressed<V: Lanes16, const BITS: usize>(machine: V::Machine, lanes: V) -> V {
    let mask = V::splat(machine, (1 << BITS) - 1);
    if BITS <= 4 {
        let quotient = lanes.multiply_high(V::splat(machine, 20_159));
        return quotient.multiply_round(V::splat(machine, 1 << (5 + BITS))).and(mask);
    }
    let x = lanes.add(V::splat(machine, 2 * Q));
    let t = x.multiply_round(V::splat(machine, ((1_i32 << (15 + BITS)) / 3329) as i16));
    let shifted = x.multiply_low(V::splat(machine, 1 << BITS));
    let remainder = shifted.wrapping_sub(t.multiply_low(V::splat(machine, Q)));
    t.sub(remainder.greater(V::splat(machine, 1664))).and(mask)
}

#[inline(always)]
pub(crate) fn add_message<M: Numbers16>(machine: M, message: &[u8; 32], polynomial: &mut Poly) {
    debug_assert!(polynomial.is_within(3));
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = lane / 8;
        let bits = M::V16::load_bits::<1>(machine, message, byte);
        let sum = M::V16::load(machine, &polynomial.0[lane..]).add(decompressed::<M::V16, 1>(machine, bits));
        sum.store(&mut polynomial.0[lane..]);
    }
}

#[inline(always)]
pub(crate) fn message<M: Numbers16>(machine: M, v: &Poly, w: &Poly, out: &mut [u8; 32]) {
    debug_assert!(v.is_within(Q) && w.is_within(PRODUCT));
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = lane / 8;
        let difference = M::V16::load(machine, &v.0[lane..]).sub(M::V16::load(machine, &w.0[lane..]));
        compressed::<M::V16, 1>(machine, difference).store_bits::<1>(out, byte);
    }
}

#[inline(always)]
pub(crate) fn compress<M: Numbers16, const BITS: usize>(machine: M, polynomial: &Poly, noise: &Poly, out: &mut [u8]) {
    debug_assert!(out.len() == 32 * BITS && polynomial.is_within(PRODUCT) && noise.is_within(1668));
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = BITS * lane / 8;
        let sum = M::V16::load(machine, &polynomial.0[lane..]).add(M::V16::load(machine, &noise.0[lane..]));
        compressed::<M::V16, BITS>(machine, sum).store_bits::<BITS>(out, byte);
    }
}

#[inline(always)]
pub(crate) fn decompress<M: Numbers16, const BITS: usize>(machine: M, bytes: &[u8], out: &mut Poly) {
    debug_assert!(bytes.len() == 32 * BITS);
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = BITS * lane / 8;
        let lanes = M::V16::load_bits::<BITS>(machine, bytes, byte);
        decompressed::<M::V16, BITS>(machine, lanes).store(&mut out.0[lane..]);
    }
    debug_assert!(out.is_within(Q - 1));
}

#[inline(always)]
pub(crate) fn decode<M: Numbers16>(machine: M, bytes: &[u8], out: &mut Poly) {
    debug_assert!(bytes.len() == 384);
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = 12 * lane / 8;
        M::V16::load_bits::<12>(machine, bytes, byte).store(&mut out.0[lane..]);
    }
    from_standard(machine, out);
}

/// ByteEncode_12 of lanes in -q..q, in the order of [`Ntt`].
#[inline(always)]
pub(crate) fn encode_residues<M: Numbers16>(machine: M, mut polynomial: Poly, out: &mut [u8]) {
    debug_assert!(out.len() == 384);
    to_standard(machine, &mut polynomial);
    for lane in (0..256).step_by(M::V16::LANES) {
        let byte = 12 * lane / 8;
        canonical(machine, M::V16::load(machine, &polynomial.0[lane..])).store_bits::<12>(out, byte);
    }
}

#[inline(always)]
pub(crate) fn encode<M: Numbers16>(machine: M, polynomial: &Poly, out: &mut [u8]) {
    debug_assert!(polynomial.is_within(REDUCED));
    encode_residues(machine, *polynomial, out);
}

/// A product with 2^32 is at most `PRODUCT`, so the sum is at most 2497 + 2209 and can be reduced.
#[inline(always)]
pub(crate) fn encode_sum<M: Numbers16>(machine: M, product: &Poly, polynomial: &Poly, out: &mut [u8]) {
    debug_assert!(product.is_within(SUM_OF_PRODUCTS) && polynomial.is_within(REDUCED));
    let mut sum = Poly::ZERO;
    for lane in (0..256).step_by(M::V16::LANES) {
        let product = from_montgomery(machine, M::V16::load(machine, &product.0[lane..]));
        reduce(machine, product.add(M::V16::load(machine, &polynomial.0[lane..]))).store(&mut sum.0[lane..]);
    }
    encode_residues(machine, sum, out);
}

#[inline(always)]
pub(crate) fn difference<M: Copy>(_: M, left: &[u8], right: &[u8]) -> u8 {
    bytes::difference(left, right)
}

#[cfg(test)]
mod tests;
