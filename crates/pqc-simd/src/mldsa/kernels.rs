//! The kernels on whole polynomials.

use super::ntt::{inverse_ntt, multiply, ntt, reduce, transpose};
use super::packing;
use super::params::{T0_BITS, T1_BITS};
use super::poly::{N, Poly};
use super::rejection::{SMALL_BYTES, UNIFORM_BYTES, small, uniform};
use super::rounding::{decompose, make_hint, power2round};
use crate::keccak::F1600;
use crate::ntt16::{self, Ntt};
use crate::vec::v32::{Numbers32, Q};
use crate::vec::v64::Machine64;

/// The kernels that the operations call.
pub(crate) trait Machine: Kernels + Ntt + F1600 + Machine64 {}

impl<M: Kernels + Ntt + F1600 + Machine64> Machine for M {}

kernels! {
    pub(crate) trait Kernels {
        /// See [`ntt`].
        fn transform(polynomial: &mut Poly) = ntt;

        /// See [`inverse_ntt`].
        fn transform_back(polynomial: &mut Poly) = inverse_ntt;

        /// See [`multiply`].
        fn multiply(matrix: &[Poly], vector: &[Poly], out: &mut [Poly]) = multiply;

        /// See [`transpose`].
        fn transpose(polynomial: &mut Poly) = transpose;

        /// Brings coefficients of at most [`super::ntt::NTT_BOUND`] into `0..q`.
        fn reduce(polynomial: &mut Poly) = reduce;

        /// See [`uniform`].
        fn sample_uniform(bytes: &[u8; UNIFORM_BYTES], out: &mut Poly) -> bool = uniform;

        /// See [`small`].
        fn sample_small(bytes: &[u8; SMALL_BYTES], eta: i32, out: &mut Poly) -> bool = small;

        /// Coefficients `top - number` of packed numbers of 3, 4, 18 or 20 bits.
        fn unpack(bytes: &[u8], bits: usize, top: i32, out: &mut Poly) = unpack;

        /// `t0` from its encoding.
        fn unpack_t0(bytes: &[u8], out: &mut Poly) = unpack_t0;

        /// `-t1 2^d` from the encoding of t1: in absolute value at most `1023 * 2^13`, which is below q.
        fn unpack_negated_t1(bytes: &[u8], out: &mut Poly) = unpack_negated_t1;

        /// Packs `top - coefficient` in 3, 4, 18 or 20 bits.
        fn pack(polynomial: &Poly, bits: usize, top: i32, out: &mut [u8]) = pack;

        /// Splits t + s, with t in `0..q` and s small, into t1 and t0 and packs both.
        fn pack_t(t: &Poly, s: &Poly, t1: &mut [u8], t0: &mut [u8]) = pack_t;

        /// Replaces w, in `0..q`, by its low bits, and writes its high bits.
        fn decompose(w: &mut Poly, gamma2: i32, high: &mut [u8; N]) = decompose_polynomial;

        /// Packs high bits in four or in six bits.
        fn pack_high(high: &[u8; N], bits: usize, out: &mut [u8]) = pack_high;

        /// The high bits of w, in `0..q`.
        fn high_bits(w: &Poly, gamma2: i32, high: &mut [u8; N]) = high_bits;

        /// 1 where r0, the low bits plus c t0, no longer belongs to the high bits, else 0.
        fn make_hints(r0: &Poly, high: &[u8; N], gamma2: i32, hints: &mut [u8; N]) = make_hints;

        /// Brings numbers in `0..q` to their representatives of least absolute value.
        fn centre(polynomial: &mut Poly) = centre;

        /// Coefficients, at most 16 in absolute value, as 16-bit numbers.
        fn narrow(polynomial: &Poly, out: &mut ntt16::Poly) = narrow;

        /// Adds one polynomial to another.
        fn add(a: &mut Poly, b: &Poly) = add;

        /// Adds a product of [`super::small::multiply`] to `a`, and returns whether a sum has an absolute value of `bound` or more.
        fn add_small(a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool = add_small;

        /// The same for a difference.
        fn subtract_small(a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool = subtract_small;

        /// Whether a coefficient has an absolute value of `bound` or more.
        fn exceeds(polynomial: &Poly, bound: i32) -> bool = exceeds;
    }
}

#[inline(always)]
pub(crate) fn unpack<M: Numbers32>(machine: M, bytes: &[u8], bits: usize, top: i32, out: &mut Poly) {
    debug_assert_eq!(bytes.len(), N * bits / 8);
    match bits {
        3 => packing::unpack::<M, 3>(machine, bytes, top, 0, out),
        4 => packing::unpack::<M, 4>(machine, bytes, top, 0, out),
        18 => packing::unpack::<M, 18>(machine, bytes, top, 0, out),
        _ => packing::unpack::<M, 20>(machine, bytes, top, 0, out),
    }
}

#[inline(always)]
pub(crate) fn unpack_t0<M: Numbers32>(machine: M, bytes: &[u8], out: &mut Poly) {
    packing::unpack::<M, T0_BITS>(machine, bytes, 1 << (T0_BITS - 1), 0, out);
}

#[inline(always)]
pub(crate) fn unpack_negated_t1<M: Numbers32>(machine: M, bytes: &[u8], out: &mut Poly) {
    packing::unpack::<M, T1_BITS>(machine, bytes, 0, T0_BITS, out);
}

#[inline(always)]
pub(crate) fn pack<M: Numbers32>(_: M, polynomial: &Poly, bits: usize, top: i32, out: &mut [u8]) {
    match bits {
        18 => packing::pack::<18>(polynomial, top, out),
        20 => packing::pack::<20>(polynomial, top, out),
        _ => {
            let mut numbers = [0; N];
            for (number, coefficient) in numbers.iter_mut().zip(polynomial.coefficients()) {
                *number = low_byte(top - coefficient);
            }
            packing::pack_bytes(&numbers, bits, out);
        }
    }
}

#[inline(always)]
pub(crate) fn pack_t<M: Numbers32>(_: M, t: &Poly, s: &Poly, t1: &mut [u8], t0: &mut [u8]) {
    let (mut high, mut low) = ([0; N], [0; N]);
    let coefficients = high.iter_mut().zip(&mut low).zip(t.coefficients().iter().zip(s.coefficients()));
    for ((high, low), (t, s)) in coefficients {
        let (r1, r0) = power2round(super::poly::canonical(t + s));
        (*high, *low) = (low_word(r1), low_word((1 << (T0_BITS - 1)) - r0));
    }
    packing::pack_words::<T1_BITS>(&high, t1);
    packing::pack_words::<T0_BITS>(&low, t0);
}

/// t1, of 10 bits, or the packed form of t0, of 13, in 16 bits.
#[inline(always)]
pub(crate) fn low_word(number: i32) -> u16 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..2^13")]
    return number as u16;
}

/// Calls a function with gamma2, which has two values, as a constant.
macro_rules! with_gamma2 {
    ($gamma2:ident => $function:ident($($argument:expr),*)) => {
        if $gamma2 == (Q - 1) / 32 {
            $function::<{ (Q - 1) / 32 }>($($argument),*)
        } else {
            $function::<{ (Q - 1) / 88 }>($($argument),*)
        }
    };
}

#[inline(always)]
pub(crate) fn decompose_polynomial<M: Numbers32>(_: M, w: &mut Poly, gamma2: i32, high: &mut [u8; N]) {
    #[inline(always)]
    fn all<const GAMMA2: i32>(w: &mut Poly, high: &mut [u8; N]) {
        for (w, high) in w.coefficients_mut().iter_mut().zip(high) {
            let (r1, r0) = decompose::<GAMMA2>(*w);
            (*w, *high) = (r0, low_byte(r1));
        }
    }
    with_gamma2!(gamma2 => all(w, high));
}

/// High bits, or a packed coefficient of s1 or s2, as a byte; they are below 44.
#[inline(always)]
pub(crate) fn low_byte(high: i32) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..44")]
    return high as u8;
}

#[inline(always)]
pub(crate) fn pack_high<M: Numbers32>(_: M, high: &[u8; N], bits: usize, out: &mut [u8]) {
    packing::pack_bytes(high, bits, out);
}

#[inline(always)]
pub(crate) fn high_bits<M: Numbers32>(_: M, w: &Poly, gamma2: i32, high: &mut [u8; N]) {
    #[inline(always)]
    fn all<const GAMMA2: i32>(w: &Poly, high: &mut [u8; N]) {
        for (w, high) in w.coefficients().iter().zip(high) {
            *high = low_byte(decompose::<GAMMA2>(*w).0);
        }
    }
    with_gamma2!(gamma2 => all(w, high));
}

#[inline(always)]
pub(crate) fn make_hints<M: Numbers32>(_: M, r0: &Poly, high: &[u8; N], gamma2: i32, hints: &mut [u8; N]) {
    #[inline(always)]
    fn all<const GAMMA2: i32>(r0: &Poly, high: &[u8; N], hints: &mut [u8; N]) {
        for ((r0, high), hint) in r0.coefficients().iter().zip(high).zip(hints) {
            *hint = u8::from(make_hint::<GAMMA2>(i32::from(*high), *r0));
        }
    }
    with_gamma2!(gamma2 => all(r0, high, hints));
}

/// The representative of least absolute value of a number in `0..q`.
#[inline(always)]
pub(crate) fn centred(number: i32) -> i32 {
    debug_assert!((0..Q).contains(&number));
    number - (Q & ((Q / 2 - number) >> 31))
}

/// Negative where `|number| >= bound`.
#[inline(always)]
pub(crate) fn within(number: i32, bound: i32) -> i32 {
    bound - 1 - number.abs()
}

#[inline(always)]
pub(crate) fn centre<M: Numbers32>(_: M, polynomial: &mut Poly) {
    polynomial.coefficients_mut().iter_mut().for_each(|c| *c = centred(*c));
}

#[inline(always)]
pub(crate) fn add<M: Numbers32>(_: M, a: &mut Poly, b: &Poly) {
    a.coefficients_mut().iter_mut().zip(b.coefficients()).for_each(|(a, b)| *a += b);
}

#[inline(always)]
pub(crate) fn add_small<M: Numbers32>(_: M, a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool {
    let mut signs = 0;
    for (a, b) in a.coefficients_mut().iter_mut().zip(&b.0) {
        *a += i32::from(*b);
        signs |= within(*a, bound);
    }
    signs < 0
}

#[inline(always)]
pub(crate) fn subtract_small<M: Numbers32>(_: M, a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool {
    let mut signs = 0;
    for (a, b) in a.coefficients_mut().iter_mut().zip(&b.0) {
        *a -= i32::from(*b);
        signs |= within(*a, bound);
    }
    signs < 0
}

#[inline(always)]
pub(crate) fn exceeds<M: Numbers32>(_: M, polynomial: &Poly, bound: i32) -> bool {
    polynomial.coefficients().iter().fold(0, |signs, c| signs | within(*c, bound)) < 0
}

#[inline(always)]
pub(crate) fn narrow<M: Numbers32>(_: M, polynomial: &Poly, out: &mut ntt16::Poly) {
    for (out, coefficient) in out.0.iter_mut().zip(polynomial.coefficients()) {
        debug_assert!(coefficient.abs() <= 16);
        #[allow(clippy::cast_possible_truncation, reason = "at most 16")]
        (*out = *coefficient as i16);
    }
}
