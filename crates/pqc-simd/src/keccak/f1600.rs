//! Keccak-p\[1600, 24\], FIPS 202 section 3, on the same word of several states at a time.

use super::lanes::{Lane, Lanes};

/// `N` states side by side: word w of state n is `[w][n]`, where word x + 5 y is the lane (x, y) of the standard.
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

    /// Ends a message of one state that reached byte `at` of its last block: the suffix of the function, then pad10*1.
    #[inline(always)]
    pub(crate) fn pad(&mut self, state: usize, at: usize, rate: usize, suffix: u8) {
        self.0[at / 8][state] ^= u64::from(suffix) << (8 * (at % 8));
        self.0[rate / 8 - 1][state] ^= 1 << 63;
    }

    /// Copies what one state holds from byte `at` on.
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
    /// Puts a single state beside the others.
    #[inline(always)]
    pub(crate) fn set(&mut self, state: usize, single: &State<1>) {
        for (words, [word]) in self.0.iter_mut().zip(&single.0) {
            words[state] = *word;
        }
    }

    /// Takes one of the states out.
    #[inline(always)]
    pub(crate) fn get(&self, state: usize, single: &mut State<1>) {
        for (words, [word]) in self.0.iter().zip(&mut single.0) {
            *word = words[state];
        }
    }
}

#[inline(always)]
fn partial_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

kernels! {
    /// The permutation of the first `used` states, for each number of them; what becomes of the others is not said.
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
fn permute_x1<M: Lanes>(machine: M, state: &mut State<1>) {
    permute::<M, M::One, 1>(machine, state, 1);
}

#[inline(always)]
fn permute_x4<M: Lanes>(machine: M, state: &mut State<4>, used: usize) {
    permute::<M, M::Four, 4>(machine, state, used);
}

#[inline(always)]
fn permute_x8<M: Lanes>(machine: M, state: &mut State<8>, used: usize) {
    permute::<M, M::Eight, 8>(machine, state, used);
}

/// Permutes `N` states, as many at a time as the vector has lanes.
#[inline(always)]
fn permute<M: Copy, L: Lane<M>, const N: usize>(machine: M, state: &mut State<N>, used: usize) {
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
static ROUND_CONSTANTS: [u64; 24] = round_constants();

/// One round: the steps theta, rho, pi, chi and iota of section 3.2.
///
/// Word `5 y + x` moves to word `5 (2 x + 3 y mod 5) + y` by pi, so that each row of chi reads a diagonal of the state. A row
/// is finished before the next begins: rotations, for which processors have fewer units, then run beside other steps.
#[inline(always)]
fn round<M, L: Lane<M>>(a: &mut [L; 25], constant: u64) {
    let c = [column(a, 0), column(a, 1), column(a, 2), column(a, 3), column(a, 4)];
    let d = [change(c, 0), change(c, 1), change(c, 2), change(c, 3), change(c, 4)];
    let old = *a;
    row::<M, L, 0>(
        a,
        [
            old[0].xor(d[0]),
            old[6].xor(d[1]).rotate_left::<44>(),
            old[12].xor(d[2]).rotate_left::<43>(),
            old[18].xor(d[3]).rotate_left::<21>(),
            old[24].xor(d[4]).rotate_left::<14>(),
        ],
    );
    a[0] = a[0].xor_constant(constant);
    row::<M, L, 1>(
        a,
        [
            old[3].xor(d[3]).rotate_left::<28>(),
            old[9].xor(d[4]).rotate_left::<20>(),
            old[10].xor(d[0]).rotate_left::<3>(),
            old[16].xor(d[1]).rotate_left::<45>(),
            old[22].xor(d[2]).rotate_left::<61>(),
        ],
    );
    row::<M, L, 2>(
        a,
        [
            old[1].xor(d[1]).rotate_left::<1>(),
            old[7].xor(d[2]).rotate_left::<6>(),
            old[13].xor(d[3]).rotate_left::<25>(),
            old[19].xor(d[4]).rotate_left::<8>(),
            old[20].xor(d[0]).rotate_left::<18>(),
        ],
    );
    row::<M, L, 3>(
        a,
        [
            old[4].xor(d[4]).rotate_left::<27>(),
            old[5].xor(d[0]).rotate_left::<36>(),
            old[11].xor(d[1]).rotate_left::<10>(),
            old[17].xor(d[2]).rotate_left::<15>(),
            old[23].xor(d[3]).rotate_left::<56>(),
        ],
    );
    row::<M, L, 4>(
        a,
        [
            old[2].xor(d[2]).rotate_left::<62>(),
            old[8].xor(d[3]).rotate_left::<55>(),
            old[14].xor(d[4]).rotate_left::<39>(),
            old[15].xor(d[0]).rotate_left::<41>(),
            old[21].xor(d[1]).rotate_left::<2>(),
        ],
    );
}

/// The parity of the column x.
#[inline(always)]
fn column<M, L: Lane<M>>(a: &[L; 25], x: usize) -> L {
    a[x].xor3(a[x + 5], a[x + 10]).xor3(a[x + 15], a[x + 20])
}

/// What the step theta adds to the column x.
#[inline(always)]
fn change<M, L: Lane<M>>(c: [L; 5], x: usize) -> L {
    c[(x + 4) % 5].xor(c[(x + 1) % 5].rotate_left::<1>())
}

/// The step chi on the row y.
#[inline(always)]
fn row<M, L: Lane<M>, const Y: usize>(a: &mut [L; 25], b: [L; 5]) {
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
