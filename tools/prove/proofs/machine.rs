//! A machine with an arbitrary function as permutation instead of Keccak-f, and the sponge of FIPS 202 on the same
//! function.
//!
//! Proofs about schedules on this machine do not depend on Keccak-f. States that the engine leaves unspecified become
//! noise, which differs each time, so that a result that depends on them is wrong.

use crate::backend::{Backend, Portable, Token};
use crate::keccak::{F1600, State};
use crate::mldsa::kernels::Kernels;
use crate::mldsa::poly::Poly;
use crate::mldsa::rejection::{SMALL_BYTES, UNIFORM_BYTES};
use crate::mlkem::kernels::{ACCEPTED, Coding, SAMPLE_BYTES};
use crate::ntt16::{self, Ntt};
use crate::vec::v64::Machine64;
use std::array::from_fn;
use std::cell::Cell;

/// Mixes the bits of a number, bijectively.
pub(super) const fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Pseudorandom numbers, the same in every run.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(mixed(seed))
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// A number below a bound.
    #[allow(clippy::cast_possible_truncation, reason = "below the bound")]
    pub(super) const fn below(&mut self, bound: usize) -> usize {
        (((self.next() >> 32) * bound as u64) >> 32) as usize
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        from_fn(|_| self.next().to_le_bytes()[0])
    }
}

/// The arbitrary function in place of Keccak-f. In some outputs, a fourth or seven eighths of the bytes are 0xff, so
/// that samplers reject more candidates.
fn function(words: [u64; 25]) -> [u64; 25] {
    let hash = words.iter().fold(0, |hash: u64, word| mixed(hash.wrapping_add(STEP) ^ word));
    let threshold = match hash % 128 {
        0..=4 => 0x40,
        5 => 0xe0,
        _ => 0,
    };
    let mut random = Random(hash);
    from_fn(|_| {
        let (word, choice) = (random.next(), random.next().to_le_bytes());
        word | u64::from_le_bytes(choice.map(|byte| if byte < threshold { 0xff } else { 0 }))
    })
}

thread_local! {
    static NOISE: Cell<u64> = const { Cell::new(0) };
}

/// A number that differs each time.
pub(super) fn noise() -> u64 {
    NOISE.set(NOISE.get() + 1);
    mixed(NOISE.get())
}

/// The machine, for a backend that permutes `STATES` states at once. Its arithmetic is the portable backend's.
#[derive(Clone, Copy)]
pub(super) struct Arbitrary<const STATES: usize>;

impl<const STATES: usize> Machine64 for Arbitrary<STATES> {
    type One = u64;
    type Four = u64;
    type Eight = u64;
    const STATES: usize = STATES;
}

pub(super) fn permute<const N: usize>(state: &mut State<N>, used: usize) {
    assert!((1..=N).contains(&used), "{used} of {N} states are permuted");
    for n in 0..N {
        let permuted = if n < used { function(from_fn(|w| state.0[w][n])) } else { from_fn(|_| noise()) };
        (0..25).for_each(|w| state.0[w][n] = permuted[w]);
    }
}

impl<const STATES: usize> F1600 for Arbitrary<STATES> {
    fn permute_x1(self, state: &mut State<1>) {
        permute(state, 1);
    }
    fn permute_x4(self, state: &mut State<4>, used: usize) {
        permute(state, used);
    }
    fn permute_x8(self, state: &mut State<8>, used: usize) {
        permute(state, used);
    }
}

pub(super) fn portable() -> Portable {
    match Backend::Portable.token() {
        Token::Portable(machine) => machine,
        #[allow(unreachable_patterns, reason = "reached where there are other backends")]
        _ => unreachable!("the portable backend is always available"),
    }
}

/// Implements the methods of a trait of kernels by the methods of the portable backend.
macro_rules! portable_kernels {
    ($(
        $name:ident $(<const $constant:ident: $kind:ty>)? ($($argument:ident: $type:ty),*) $(-> $result:ty)?;
    )+) => { $(
        fn $name $(<const $constant: $kind>)? (self, $($argument: $type),*) $(-> $result)? {
            portable().$name $(::<$constant>)? ($($argument),*)
        }
    )+ };
}

impl<const STATES: usize> Kernels for Arbitrary<STATES> {
    portable_kernels! {
        transform(polynomial: &mut Poly);
        transform_back(polynomial: &mut Poly);
        multiply(matrix: &[Poly], vector: &[Poly], out: &mut [Poly]);
        transpose(polynomial: &mut Poly);
        reduce(polynomial: &mut Poly);
        unpack(bytes: &[u8], bits: usize, top: i32, out: &mut Poly);
        unpack_t0(bytes: &[u8], out: &mut Poly);
        unpack_negated_t1(bytes: &[u8], out: &mut Poly);
        pack(polynomial: &Poly, bits: usize, top: i32, out: &mut [u8]);
        pack_t(t: &Poly, s: &Poly, t1: &mut [u8], t0: &mut [u8]);
        decompose(w: &mut Poly, gamma2: i32, high: &mut [u8; 256]);
        pack_high(high: &[u8; 256], bits: usize, out: &mut [u8]);
        high_bits(w: &Poly, gamma2: i32, high: &mut [u8; 256]);
        make_hints(r0: &Poly, high: &[u8; 256], gamma2: i32, hints: &mut [u8; 256]);
        centre(polynomial: &mut Poly);
        narrow(polynomial: &Poly, out: &mut ntt16::Poly);
        add(a: &mut Poly, b: &Poly);
        add_small(a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool;
        subtract_small(a: &mut Poly, b: &ntt16::Poly, bound: i32) -> bool;
        exceeds(polynomial: &Poly, bound: i32) -> bool;
    }

    /// Some inputs are declared insufficient although they suffice, so that the other path is taken too.
    fn sample_uniform(self, bytes: &[u8; UNIFORM_BYTES], out: &mut Poly) -> bool {
        is_kept(bytes, out) && portable().sample_uniform(bytes, out)
    }

    fn sample_small(self, bytes: &[u8; SMALL_BYTES], eta: i32, out: &mut Poly) -> bool {
        is_kept(bytes, out) && portable().sample_small(bytes, eta, out)
    }
}

/// Whether a sampler must not fail; otherwise its output is noise.
fn is_kept(bytes: &[u8], out: &mut Poly) -> bool {
    let is_kept = !bytes[0].is_multiple_of(4);
    if !is_kept {
        out.coefficients_mut().fill_with(|| i32::from(noise().to_le_bytes()[0]));
    }
    is_kept
}

impl<const STATES: usize> Ntt for Arbitrary<STATES> {
    portable_kernels! {
        ntt(polynomial: &mut ntt16::Poly);
        inverse(polynomial: &mut ntt16::Poly);
        factor(polynomial: &ntt16::Poly, out: &mut ntt16::Factor);
        product(left: &[ntt16::Poly], right: &[ntt16::Factor], out: &mut ntt16::Poly);
        reorder(polynomial: &mut ntt16::Poly);
    }
}

impl<const STATES: usize> Coding for Arbitrary<STATES> {
    portable_kernels! {
        accept(output: &[u8; SAMPLE_BYTES], accepted: &mut [i16; ACCEPTED]) -> usize;
        take_accepted(accepted: &[i16; ACCEPTED], out: &mut ntt16::Poly);
        sample_cbd<const BITS: usize>(bytes: &[u8], out: &mut ntt16::Poly);
        add_message(message: &[u8; 32], polynomial: &mut ntt16::Poly);
        message(v: &ntt16::Poly, w: &ntt16::Poly, out: &mut [u8; 32]);
        compress<const BITS: usize>(polynomial: &ntt16::Poly, noise: &ntt16::Poly, out: &mut [u8]);
        decompress<const BITS: usize>(bytes: &[u8], out: &mut ntt16::Poly);
        decode(bytes: &[u8], out: &mut ntt16::Poly);
        encode(polynomial: &ntt16::Poly, out: &mut [u8]);
        encode_sum(product: &ntt16::Poly, polynomial: &ntt16::Poly, out: &mut [u8]);
        difference(left: &[u8], right: &[u8]) -> u8;
    }
}

/// The bits that a function of FIPS 202, section 6, appends to its message.
pub(super) const SHA3: &[bool] = &[false, true];
pub(super) const SHAKE: &[bool] = &[true; 4];

/// Algorithm 8 of FIPS 202, SPONGE\[f, pad10*1, r\](M || suffix, d), by bits; r and d are in bytes here.
pub(super) fn sponge(rate: usize, suffix: &[bool], message: &[&[u8]], length: usize) -> Vec<u8> {
    let rate = 8 * rate;
    let bytes = message.iter().copied().flatten();
    let mut padded: Vec<bool> = bytes.flat_map(|byte| (0..8).map(move |i| byte >> i & 1 == 1)).collect();
    padded.extend(suffix);
    // Algorithm 9, pad10*1: 1, j zeros and 1.
    let j = (2 * rate - 2 - padded.len() % rate) % rate;
    padded.push(true);
    padded.resize(padded.len() + j, false);
    padded.push(true);
    let mut state = [0_u64; 25];
    for block in padded.chunks_exact(rate) {
        for (i, bit) in block.iter().enumerate() {
            state[i / 64] ^= u64::from(*bit) << (i % 64);
        }
        state = function(state);
    }
    let mut output = Vec::new();
    while output.len() < length {
        output.extend((0..rate / 8).map(|i| state[i / 8].to_le_bytes()[i % 8]));
        state = function(state);
    }
    output.truncate(length);
    output
}
