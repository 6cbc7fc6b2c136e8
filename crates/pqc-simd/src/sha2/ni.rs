//! SHA-256 with the SHA instructions of x86-64 (SHA-NI), on the blocks of one, two or four messages at a time.
#![allow(unsafe_code, reason = "intrinsics")]

use super::constants::K256;
use super::{Sha2, Sha256};
use crate::arch::*;

/// The proof that the processor has the instructions.
#[derive(Clone, Copy)]
pub(crate) struct ShaNi(());

impl ShaNi {
    pub(crate) fn detect() -> Option<Self> {
        let has_all =
            is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3");
        has_all.then_some(Self(()))
    }
}

/// The hash value of SHA-256, compressed by the instructions.
#[derive(Clone)]
pub(crate) struct Sha256Ni(Sha256, ShaNi);

impl Sha256Ni {
    pub(crate) const fn new(token: ShaNi) -> Self {
        Self(Sha256::INITIAL, token)
    }
}

impl Sha2 for Sha256Ni {
    const BLOCK: usize = Sha256::BLOCK;
    const DIGEST: usize = Sha256::DIGEST;

    fn compress(&mut self, block: &[u8; 128]) {
        // SAFETY: the token.
        unsafe { compress_block(self.1, &mut self.0.0, block) }
    }

    fn write(&self, digest: &mut [u8]) {
        self.0.write(digest);
    }
}

/// Compresses the first 64 bytes.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline(never)]
fn compress_block(token: ShaNi, value: &mut [u32; 8], block: &[u8; 128]) {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let hash = [packed(token, *value)];
    let mut state = hash;
    // SAFETY: the token.
    unsafe {
        let block = [0, 4, 8, 12].map(|first| load_128(&words[first..first + 4]));
        compress::<1, false>(token, &hash, &mut state, &mut [block]);
        let [first, second] = unpacked(token, state[0]);
        store_128(&mut value[..4], first);
        store_128(&mut value[4..], second);
    }
}

/// The sixteen words of a block.
pub(crate) type Block = [__m128i; 4];
/// The working variables f, e, b, a and h, g, d, c, from the lowest lane on.
pub(crate) type State = [__m128i; 2];

#[inline(always)]
pub(crate) fn zeros(_: ShaNi) -> __m128i {
    // SAFETY: the token.
    unsafe { _mm_setzero_si128() }
}

/// The working variables a to h as the instructions take them.
#[inline(always)]
pub(crate) fn packed(_: ShaNi, words: [u32; 8]) -> State {
    let [a, b, c, d, e, f, g, h] = words.map(u32::cast_signed);
    // SAFETY: the token.
    unsafe { [_mm_set_epi32(a, b, e, f), _mm_set_epi32(c, d, g, h)] }
}

/// The words a to d, and e to h.
#[inline(always)]
pub(crate) fn unpacked(_: ShaNi, state: State) -> [__m128i; 2] {
    // SAFETY: the token.
    unsafe {
        let (abef, cdgh) = (_mm_shuffle_epi32::<0x1b>(state[0]), _mm_shuffle_epi32::<0xb1>(state[1]));
        [_mm_blend_epi16::<0xf0>(abef, cdgh), _mm_alignr_epi8::<8>(cdgh, abef)]
    }
}

/// The compression of a block of each message, with `SKIP` from the working variables after four rounds.
#[inline(always)]
pub(crate) fn compress<const MESSAGES: usize, const SKIP: bool>(
    _: ShaNi,
    hash: &[State; MESSAGES],
    state: &mut [State; MESSAGES],
    blocks: &mut [Block; MESSAGES],
) {
    macro_rules! four_rounds {
        ($i:literal, $is_given:literal) => {
            for m in 0..MESSAGES {
                let w = &mut blocks[m];
                // SAFETY: the token.
                unsafe {
                    if !$is_given {
                        let ninth = _mm_alignr_epi8::<4>(w[($i + 3) % 4], w[($i + 2) % 4]);
                        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[$i % 4], w[($i + 1) % 4]), ninth);
                        w[$i % 4] = _mm_sha256msg2_epu32(sum, w[($i + 3) % 4]);
                    }
                    let sum = _mm_add_epi32(w[$i % 4], load_128(&K256[4 * $i..4 * $i + 4]));
                    state[m][1] = _mm_sha256rnds2_epu32(state[m][1], state[m][0], sum);
                    state[m][0] = _mm_sha256rnds2_epu32(state[m][0], state[m][1], _mm_shuffle_epi32::<0x0e>(sum));
                }
            }
        };
    }
    if !SKIP {
        four_rounds!(0, true);
    }
    four_rounds!(1, true);
    four_rounds!(2, true);
    four_rounds!(3, true);
    four_rounds!(4, false);
    four_rounds!(5, false);
    four_rounds!(6, false);
    four_rounds!(7, false);
    four_rounds!(8, false);
    four_rounds!(9, false);
    four_rounds!(10, false);
    four_rounds!(11, false);
    four_rounds!(12, false);
    four_rounds!(13, false);
    four_rounds!(14, false);
    four_rounds!(15, false);
    for m in 0..MESSAGES {
        for half in 0..2 {
            // SAFETY: the token.
            state[m][half] = unsafe { _mm_add_epi32(state[m][half], hash[m][half]) };
        }
    }
}
