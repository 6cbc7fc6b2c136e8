//! The blocks of the hash functions with SHA-256 with the SHA instructions of x86-64, a few lanes at a time.
#![allow(unsafe_code, reason = "intrinsics, and calls that the token makes safe")]

use super::family::Extent;
use super::sha2_kernels::{Input, LANES, Node, Row};
use crate::arch::*;
use crate::sha2::ni::{Block, ShaNi, compress, packed, unpacked, zeros};

/// The words of a lane of some rows, and zeros.
#[inline(always)]
fn lane<const N: usize>(rows: &[Row], lane: usize) -> [u32; N] {
    let mut words = [0; N];
    words.iter_mut().zip(rows).for_each(|(word, row)| *word = row[lane]);
    words
}

/// Calls an expression for each group of four, two or one of the used lanes, with the size of the group and its first lane.
macro_rules! in_groups {
    ($used:expr, $size:ident, $first:ident => $call:expr) => {{
        let mut $first = 0;
        while $first < $used.min(LANES) {
            macro_rules! group {
                ($count:literal) => {{
                    const $size: usize = $count;
                    $call;
                    $first += $count;
                }};
            }
            match $used - $first {
                4.. => group!(4),
                2.. => group!(2),
                _ => group!(1),
            }
        }
    }};
}

/// F or PRF of nodes of some words: see [`Family::chain`](super::family::Family::chain).
pub(crate) fn chain(
    token: ShaNi,
    words: usize,
    input: &Input<'_>,
    node: &mut Node,
    Extent { steps, used }: Extent,
    all: &mut [Node],
) {
    // SAFETY: the token.
    in_groups!(used, SIZE, first => unsafe {
        match words {
            4 => chains::<SIZE, 4>(token, input, node, steps, first, all),
            6 => chains::<SIZE, 6>(token, input, node, steps, first, all),
            _ => chains::<SIZE, 8>(token, input, node, steps, first, all),
        }
    });
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline(never)]
fn chains<const SIZE: usize, const WORDS: usize>(
    token: ShaNi,
    input: &Input<'_>,
    node: &mut Node,
    steps: usize,
    first: usize,
    all: &mut [Node],
) {
    let zero = zeros(token);
    let (mut hash, mut started, mut x) = ([[zero; 2]; SIZE], [[zero; 2]; SIZE], [[zero; 2]; SIZE]);
    let mut addresses_of = [Address { first: zero, fifth: zero, index: zero }; SIZE];
    for i in 0..SIZE {
        hash[i] = packed(token, lane(input.key, first + i));
        // The rounds of the vectors rename the variables instead of exchanging their values.
        let [e, f, g, h, a, b, c, d] = lane(input.start, first + i);
        started[i] = packed(token, [a, b, c, d, e, f, g, h]);
        addresses_of[i] = Address::new(token, lane(input.addresses, first + i));
        let words: [u32; 8] = lane(node, first + i);
        // SAFETY: the token.
        x[i] = unsafe { [load_128(&words[..4]), load_128(&words[4..])] };
    }
    for step in 0..steps {
        let (mut state, mut blocks) = (started, [[zero; 4]; SIZE]);
        for i in 0..SIZE {
            blocks[i] = addresses_of[i].block::<WORDS>(token, x[i]);
        }
        compress::<SIZE, true>(token, &hash, &mut state, &mut blocks);
        for i in 0..SIZE {
            x[i] = unpacked(token, state[i]);
        }
        if let Some(out) = all.get_mut(step) {
            scatter(token, &x, first, out);
        }
    }
    scatter(token, &x, first, node);
}

/// The words of an address at their places in a block: the words 0 to 3, 4 and the index.
#[derive(Clone, Copy)]
struct Address {
    first: __m128i,
    fifth: __m128i,
    index: __m128i,
}

impl Address {
    #[inline(always)]
    fn new(_: ShaNi, words: [u32; 6]) -> Self {
        let [w0, w1, w2, key_pair, height, index] = words.map(u32::cast_signed);
        let fourth = key_pair << 16 | height >> 16;
        // SAFETY: the token. No index of a chain and no height exceeds 2^16, but the index of a leaf of FORS may.
        unsafe {
            Self {
                first: _mm_set_epi32(fourth, w2, w1, w0),
                fifth: _mm_set_epi32(height << 16, 0, 0, 0),
                index: _mm_set_epi32(index, 0, 0, 0),
            }
        }
    }

    /// The block of the address and a node of `WORDS` words, padded; the next index.
    #[inline(always)]
    fn block<const WORDS: usize>(&mut self, _: ShaNi, node: [__m128i; 2]) -> Block {
        let bits = 8 * (64 + 22 + 4 * WORDS as i32);
        // SAFETY: the token. Each word of the block is a half of two words of `x`: one vector has their lower halves, another their
        // upper halves, one lane later.
        unsafe {
            let pad = _mm_set_epi32(0, 0, 0, i32::MIN);
            let x = match WORDS {
                4 => [node[0], pad, _mm_setzero_si128()],
                6 => [node[0], _mm_blend_epi16::<0xf0>(node[1], _mm_set_epi32(0, i32::MIN, 0, 0)), _mm_setzero_si128()],
                _ => [node[0], node[1], pad],
            };
            let high = [_mm_slli_epi32::<16>(x[0]), _mm_slli_epi32::<16>(x[1]), _mm_slli_epi32::<16>(x[2])];
            let low = [_mm_srli_epi32::<16>(x[0]), _mm_srli_epi32::<16>(x[1]), _mm_srli_epi32::<16>(x[2])];
            let fifth = _mm_or_si128(self.fifth, _mm_srli_epi32::<16>(self.index));
            let v0 = _mm_or_si128(low[0], _mm_alignr_epi8::<12>(high[0], _mm_slli_epi32::<16>(self.index)));
            let v1 = _mm_or_si128(low[1], _mm_alignr_epi8::<12>(high[1], high[0]));
            let v2 = _mm_or_si128(low[2], _mm_alignr_epi8::<12>(high[2], high[1]));
            self.index = _mm_add_epi32(self.index, _mm_set_epi32(1, 0, 0, 0));
            [
                self.first,
                _mm_alignr_epi8::<12>(v0, fifth),
                _mm_alignr_epi8::<12>(v1, v0),
                _mm_blend_epi16::<0xc0>(_mm_alignr_epi8::<12>(v2, v1), _mm_set_epi32(bits, 0, 0, 0)),
            ]
        }
    }
}

#[inline(always)]
fn scatter<const SIZE: usize>(_: ShaNi, values: &[[__m128i; 2]; SIZE], first: usize, out: &mut Node) {
    for i in 0..SIZE {
        let mut words = [0; 8];
        // SAFETY: the token.
        unsafe {
            store_128(&mut words[..4], values[i][0]);
            store_128(&mut words[4..], values[i][1]);
        }
        for (row, word) in out.iter_mut().zip(words) {
            row[first + i] = word;
        }
    }
}

/// SHA-256 of rows: see [`Sha2Kernels::hash_rows_256`](super::sha2_kernels::Sha2Kernels::hash_rows_256).
pub(crate) fn hash_rows(token: ShaNi, key: &[Row; 8], rows: &[Row], bits: u32, out: &mut Node, used: usize) {
    // SAFETY: the token.
    in_groups!(used, SIZE, first => unsafe { rows_of::<SIZE>(token, key, rows, bits, out, first) });
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline(never)]
fn rows_of<const SIZE: usize>(token: ShaNi, key: &[Row; 8], rows: &[Row], bits: u32, out: &mut Node, first: usize) {
    let zero = zeros(token);
    let (mut state, blocks) = ([[zero; 2]; SIZE], rows.len() / 16);
    for i in 0..SIZE {
        state[i] = packed(token, lane(key, first + i));
    }
    for block in 0..blocks {
        let (rows, mut words) = (&rows[16 * block..16 * block + 17], [[zero; 4]; SIZE]);
        for i in 0..SIZE {
            let mut w: [u32; 17] = lane(rows, first + i);
            for t in if block == 0 { 3 } else { 0 }..16 {
                // The lower half of a word, and the upper half of the next.
                w[t] = w[t] << 16 | w[t + 1] >> 16;
            }
            if block + 1 == blocks {
                w[15] = bits;
            }
            for (vector, words) in words[i].iter_mut().zip(w.chunks_exact(4)) {
                // SAFETY: the token.
                *vector = unsafe { load_128(words) };
            }
        }
        let hash = state;
        compress::<SIZE, false>(token, &hash, &mut state, &mut words);
    }
    for i in 0..SIZE {
        state[i] = unpacked(token, state[i]);
    }
    scatter(token, &state, first, out);
}
