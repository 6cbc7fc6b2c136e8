//! Masks that are numbers, which a proof names in advance, and the instructions of x86-64 that make masks.

use super::*;
use std::cell::RefCell;

thread_local! {
    static PLAN: RefCell<(u64, Vec<(Bit, bool)>)> = RefCell::default();
}

/// Sets the bits of the masks that are requested next, the lowest first.
pub(crate) fn plan(masks: u64) {
    PLAN.set((masks, Vec::new()));
}

/// The conditions of the masks since [`plan`].
pub(crate) fn conditions() -> Vec<(Bit, bool)> {
    PLAN.take().1
}

pub(super) fn decide(bits: &[Bit]) -> u64 {
    bits.iter().enumerate().fold(0, |mask, (i, bit)| {
        let is_set = match *bit {
            ZERO => false,
            ONE => true,
            bit => PLAN.with_borrow_mut(|(masks, conditions)| {
                let is_set = *masks & 1 == 1;
                *masks >>= 1;
                conditions.push((bit, is_set));
                is_set
            }),
        };
        mask | u64::from(is_set) << i
    })
}

fn compare<const N: usize>(a: Reg<N>, b: Reg<N>, bits: usize, f: impl Fn(&[Bit], &[Bit]) -> Bit) -> u64 {
    decide(&a.0.chunks(bits).zip(b.0.chunks(bits)).map(|(a, b)| f(a, b)).collect::<Word>())
}
pub(crate) unsafe fn _mm256_cmplt_epu8_mask(a: __m256i, b: __m256i) -> __mmask32 {
    compare(a, b, 8, |a, b| greater(b, a, false)) as u32
}
pub(crate) unsafe fn _mm512_cmplt_epu16_mask(a: __m512i, b: __m512i) -> __mmask32 {
    compare(a, b, 16, |a, b| greater(b, a, false)) as u32
}
pub(crate) unsafe fn _mm512_cmplt_epi32_mask(a: __m512i, b: __m512i) -> __mmask16 {
    compare(a, b, 32, |a, b| greater(b, a, true)) as u16
}
pub(crate) unsafe fn _mm_movemask_epi8(a: __m128i) -> i32 {
    decide(&a.0.chunks(8).map(|byte| byte[7]).collect::<Word>()) as i32
}
pub(crate) unsafe fn _mm256_movemask_ps(a: __m256) -> i32 {
    decide(&a.0.chunks(32).map(|lane| lane[31]).collect::<Word>()) as i32
}

/// A mask that only becomes lanes again, and so need not be a number.
#[derive(Clone, Copy)]
pub(crate) struct LaneMask(pub(crate) [Bit; 32]);
pub(crate) unsafe fn _mm512_cmpgt_epi16_mask(a: __m512i, b: __m512i) -> LaneMask {
    LaneMask(std::array::from_fn(|i| greater(&a.0[16 * i..][..16], &b.0[16 * i..][..16], true)))
}
pub(crate) unsafe fn _mm512_movm_epi16(mask: LaneMask) -> __m512i {
    Reg::new(mask.0.map(|bit| all(bit, 16)))
}
