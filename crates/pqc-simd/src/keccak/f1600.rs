//! Keccak-p\[1600, 24\], FIPS 202 section 3, on one word of several states at a time.

use crate::vec::v64::{Lanes64, Machine64};

/// `N` interleaved states: word w of state n is `[w][n]`, where word x + 5 y is the lane (x, y) of the standard.
#[derive(Clone)]
#[repr(C, align(64))]
pub(crate) struct State<const N: usize>(pub(crate) [[u64; N]; 25]);

impl<const N: usize> State<N> {
    pub(crate) const ZERO: Self = Self([[0; N]; 25]);

    /// Adds a message, modulo 2, to one state from byte `at` on.
    #[inline(always)]
    pub(crate) fn add(&mut self, state: usize, at: usize, message: &[u8]) {
        debug_assert!(at + message.len() <= 200);
        let (mut word, shift) = (at / 8, at % 8);
        let (head, whole) = message.split_at(if shift == 0 { 0 } else { message.len().min(8 - shift) });
        if !head.is_empty() {
            self.0[word][state] ^= partial_word(head) << (8 * shift);
            word += 1;
        }
        let (words, tail) = whole.as_chunks::<8>();
        for bytes in words {
            self.0[word][state] ^= u64::from_le_bytes(*bytes);
            word += 1;
        }
        if !tail.is_empty() {
            self.0[word][state] ^= partial_word(tail);
        }
    }

    /// Pads a message of one state whose last block has `at` bytes: the suffix of the function, then pad10*1.
    #[inline(always)]
    pub(crate) fn pad(&mut self, state: usize, at: usize, rate: usize, suffix: u8) {
        self.0[at / 8][state] ^= u64::from(suffix) << (8 * (at % 8));
        self.0[rate / 8 - 1][state] ^= 1 << 63;
    }

    /// Copies the bytes of one state from byte `at` on.
    #[inline(always)]
    pub(crate) fn copy_to(&self, state: usize, at: usize, out: &mut [u8]) {
        debug_assert!(at + out.len() <= 200);
        let (mut word, shift) = (at / 8, at % 8);
        let (head, whole) = out.split_at_mut(if shift == 0 { 0 } else { out.len().min(8 - shift) });
        if !head.is_empty() {
            head.copy_from_slice(&self.0[word][state].to_le_bytes()[shift..shift + head.len()]);
            word += 1;
        }
        let (words, tail) = whole.as_chunks_mut::<8>();
        for bytes in words {
            *bytes = self.0[word][state].to_le_bytes();
            word += 1;
        }
        if !tail.is_empty() {
            tail.copy_from_slice(&self.0[word][state].to_le_bytes()[..tail.len()]);
        }
    }
}

impl<const N: usize> State<N> {
    /// Replaces one of the states.
    #[inline(always)]
    pub(crate) fn set(&mut self, state: usize, single: &State<1>) {
        for (words, [word]) in self.0.iter_mut().zip(&single.0) {
            words[state] = *word;
        }
    }

    /// Copies one of the states.
    #[inline(always)]
    pub(crate) fn get(&self, state: usize, single: &mut State<1>) {
        for (words, [word]) in self.0.iter().zip(&mut single.0) {
            *word = words[state];
        }
    }
}

#[inline(always)]
pub(crate) fn partial_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

kernels! {
    /// The permutation of the first `used` states; the others become unspecified.
    pub(crate) trait F1600 {
        fn permute_x1(state: &mut State<1>) = permute_x1;
        fn permute_x4(state: &mut State<4>, used: usize) = permute_x4;
        fn permute_x8(state: &mut State<8>, used: usize) = permute_x8;
    }
}

/// The permutation of `N` states.
pub(crate) trait Permute<const N: usize>: Copy {
    /// Permutes the first `used` states, and perhaps others.
    fn permute_first(self, state: &mut State<N>, used: usize);

    /// Permutes all states.
    #[inline(always)]
    fn permute(self, state: &mut State<N>) {
        self.permute_first(state, N);
    }
}

impl<M: F1600> Permute<1> for M {
    #[inline(always)]
    fn permute_first(self, state: &mut State<1>, _: usize) {
        self.permute_x1(state);
    }
}

impl<M: F1600> Permute<4> for M {
    #[inline(always)]
    fn permute_first(self, state: &mut State<4>, used: usize) {
        self.permute_x4(state, used);
    }
}

impl<M: F1600> Permute<8> for M {
    #[inline(always)]
    fn permute_first(self, state: &mut State<8>, used: usize) {
        self.permute_x8(state, used);
    }
}

#[inline(always)]
pub(crate) fn permute_x1<M: Machine64>(machine: M, state: &mut State<1>) {
    permute::<M, M::One, 1>(machine, state, 1);
}

#[inline(always)]
pub(crate) fn permute_x4<M: Machine64>(machine: M, state: &mut State<4>, used: usize) {
    permute::<M, M::Four, 4>(machine, state, used);
}

#[inline(always)]
pub(crate) fn permute_x8<M: Machine64>(machine: M, state: &mut State<8>, used: usize) {
    if M::Four::WIDTH < M::Eight::WIDTH && used <= M::Four::WIDTH {
        // The processor has more units for shorter vectors.
        permute::<M, M::Four, 8>(machine, state, used);
    } else {
        permute::<M, M::Eight, 8>(machine, state, used);
    }
}

/// Permutes `N` states, as many at a time as the vector has lanes.
#[inline(always)]
pub(crate) fn permute<M: Copy, L: Lanes64<M>, const N: usize>(machine: M, state: &mut State<N>, used: usize) {
    for first in (0..used.min(N)).step_by(L::WIDTH) {
        let mut words = [L::load(machine, &state.0[0][first..]); 25];
        for i in 1..25 {
            words[i] = L::load(machine, &state.0[i][first..]);
        }
        for constant in &ROUND_CONSTANTS {
            round(&mut words, *constant);
        }
        for i in 0..25 {
            words[i].store(&mut state.0[i][first..]);
        }
    }
}

/// The constants of the step iota, section 3.2.5.
pub(crate) static ROUND_CONSTANTS: [u64; 24] = round_constants();

/// One round: the steps theta, rho, pi, chi and iota of section 3.2.
///
/// Word `5 y + x` moves to word `5 (2 x + 3 y mod 5) + y` by pi, so that each row of chi reads a diagonal of the state. A row
/// is finished before the next begins: rotations, for which processors have fewer units, then overlap with other steps.
#[inline(always)]
pub(crate) fn round<M, L: Lanes64<M>>(a: &mut [L; 25], constant: u64) {
    let theta = Theta::new([column(a, 0), column(a, 1), column(a, 2), column(a, 3), column(a, 4)]);
    let old = *a;
    row::<M, L, 0>(
        a,
        [
            theta.step(old[0], 0),
            theta.step(old[6], 1).rotate_left::<44>(),
            theta.step(old[12], 2).rotate_left::<43>(),
            theta.step(old[18], 3).rotate_left::<21>(),
            theta.step(old[24], 4).rotate_left::<14>(),
        ],
    );
    a[0] = a[0].xor_constant(constant);
    row::<M, L, 1>(
        a,
        [
            theta.step(old[3], 3).rotate_left::<28>(),
            theta.step(old[9], 4).rotate_left::<20>(),
            theta.step(old[10], 0).rotate_left::<3>(),
            theta.step(old[16], 1).rotate_left::<45>(),
            theta.step(old[22], 2).rotate_left::<61>(),
        ],
    );
    row::<M, L, 2>(
        a,
        [
            theta.step(old[1], 1).rotate_left::<1>(),
            theta.step(old[7], 2).rotate_left::<6>(),
            theta.step(old[13], 3).rotate_left::<25>(),
            theta.step(old[19], 4).rotate_left::<8>(),
            theta.step(old[20], 0).rotate_left::<18>(),
        ],
    );
    row::<M, L, 3>(
        a,
        [
            theta.step(old[4], 4).rotate_left::<27>(),
            theta.step(old[5], 0).rotate_left::<36>(),
            theta.step(old[11], 1).rotate_left::<10>(),
            theta.step(old[17], 2).rotate_left::<15>(),
            theta.step(old[23], 3).rotate_left::<56>(),
        ],
    );
    row::<M, L, 4>(
        a,
        [
            theta.step(old[2], 2).rotate_left::<62>(),
            theta.step(old[8], 3).rotate_left::<55>(),
            theta.step(old[14], 4).rotate_left::<39>(),
            theta.step(old[15], 0).rotate_left::<41>(),
            theta.step(old[21], 1).rotate_left::<2>(),
        ],
    );
}

/// The parity of the column x.
#[inline(always)]
pub(crate) fn column<M, L: Lanes64<M>>(a: &[L; 25], x: usize) -> L {
    a[x].xor3(a[x + 5], a[x + 10]).xor3(a[x + 15], a[x + 20])
}

/// The words that the step theta adds: to the column x, the parities of x - 1 and, rotated, of x + 1.
pub(crate) struct Theta<L> {
    parities: [L; 5],
    rotated: [L; 5],
    sums: [L; 5],
}

impl<L> Theta<L> {
    #[inline(always)]
    fn new<M>(parities: [L; 5]) -> Self
    where
        L: Lanes64<M>,
    {
        let (mut rotated, mut sums) = (parities, parities);
        for x in 0..5 {
            rotated[x] = parities[x].rotate_left::<1>();
        }
        for x in 0..5 {
            sums[x] = parities[(x + 4) % 5].xor(rotated[(x + 1) % 5]);
        }
        Self { parities, rotated, sums }
    }

    /// The step on a word of the column x.
    #[inline(always)]
    fn step<M>(&self, word: L, x: usize) -> L
    where
        L: Lanes64<M>,
    {
        if L::HAS_XOR3 {
            word.xor3(self.parities[(x + 4) % 5], self.rotated[(x + 1) % 5])
        } else {
            word.xor(self.sums[x])
        }
    }
}

/// The step chi on the row y.
#[inline(always)]
pub(crate) fn row<M, L: Lanes64<M>, const Y: usize>(a: &mut [L; 25], b: [L; 5]) {
    for x in 0..5 {
        a[5 * Y + x] = b[x].chi(b[(x + 1) % 5], b[(x + 2) % 5]);
    }
}

/// Algorithms 5 and 6: bit 2^j - 1 of constant i is the output j + 7 i of a linear feedback shift register.
const fn round_constants() -> [u64; 24] {
    let mut constants = [0; 24];
    let (mut register, mut step) = (1_u8, 0);
    while step < 7 * 24 {
        constants[step / 7] |= ((register & 1) as u64) << ((1 << (step % 7)) - 1);
        register = (register << 1) ^ ((register >> 7) * 0x71);
        step += 1;
    }
    constants
}
