//! Keccak-f\[1600\] (FIPS 202, section 3) for every state: one round by bits, and the rounds of every width by terms on words.

use super::machine::portable;
use super::terms::{Bit, ONE, Word, ZERO, and, constant, not, value, variable, xor};
use super::{Label, Row, checked, claim};
use crate::Backend;
use crate::keccak::f1600::{F1600, Permute, State, permute_x1, permute_x4, permute_x8, round};
use crate::keccak::{Sha3_256, Shake256, sha3_256, shake256};
use crate::vec::v64::{Lanes64, Machine64};
use std::array::from_fn;
use std::cell::RefCell;
use std::collections::HashMap;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "Keccak: each of the 24 rounds, with and without xor3, is Rnd (FIPS 202, 3.2 and 3.3)",
        label: Label::Proved,
        covers: &[
            "keccak/f1600.rs::round",
            "keccak/f1600.rs::column",
            "keccak/f1600.rs::Theta::new",
            "keccak/f1600.rs::Theta::step",
            "keccak/f1600.rs::Theta::step_and_rotate",
            "keccak/f1600.rs::row",
        ],
        is_slow: false,
        check: rounds,
    },
    Row {
        name: "Keccak: 1, 4 and 8 states, in vectors of each width, undergo the 24 rounds in order (FIPS 202, 3.3)",
        label: Label::Proved,
        covers: &[
            "keccak/f1600.rs::permute",
            "keccak/f1600.rs::permute_x1",
            "keccak/f1600.rs::permute_x4",
            "keccak/f1600.rs::permute_x8",
            "keccak/f1600.rs::round_constants",
        ],
        is_slow: false,
        check: permutations,
    },
    Row {
        name: "Keccak: the permutations as compiled for each backend are Keccak-f[1600] (FIPS 202, 3.3)",
        label: Label::Tested,
        covers: &[
            "keccak/f1600.rs::F1600::permute_x1",
            "keccak/f1600.rs::F1600::permute_x4",
            "keccak/f1600.rs::F1600::permute_x8",
            "keccak/f1600.rs::Permute::permute",
            "keccak/f1600.rs::Permute::permute_first",
            "keccak/mod.rs::permutations",
            "keccak/mod.rs::repeat",
        ],
        is_slow: false,
        check: compiled,
    },
    Row {
        name: "Keccak: SHA3-256 and SHAKE256 for callers are the sponge with Keccak-f on each backend (FIPS 202, 6.1 and 6.2)",
        label: Label::ExhaustedInPart("every length to 300 bytes; random bytes"),
        covers: &["keccak/mod.rs::sha3_256", "keccak/mod.rs::shake256"],
        is_slow: false,
        check: functions,
    },
];

/// The state of FIPS 202, 3.1: bit z of the lane (x, y) is `[x][y][z]`.
type Bits = [[Word; 5]; 5];

/// The step mappings of FIPS 202, 3.2, as in the standard, on the state of the round with a number in `0..24`.
fn standard_round(a: &Bits, number: usize) -> Bits {
    let new = |f: &dyn Fn(usize, usize, usize) -> Bit| -> Bits {
        from_fn(|x| from_fn(|y| (0..64).map(|z| f(x, y, z)).collect()))
    };
    // Algorithm 1, theta.
    let c: [Word; 5] = from_fn(|x| (0..64).map(|z| (0..5).fold(ZERO, |sum, y| xor(sum, a[x][y][z]))).collect());
    let a = &new(&|x, y, z| xor(a[x][y][z], xor(c[(x + 4) % 5][z], c[(x + 1) % 5][(z + 63) % 64])));
    // Algorithm 2, rho.
    let (mut offsets, mut x, mut y) = ([[0; 5]; 5], 1, 0);
    for t in 0..24 {
        offsets[x][y] = (t + 1) * (t + 2) / 2;
        (x, y) = (y, (2 * x + 3 * y) % 5);
    }
    let a = &new(&|x, y, z| a[x][y][(z + 64 * 24 - offsets[x][y]) % 64]);
    // Algorithm 3, pi.
    let a = &new(&|x, y, z| a[(x + 3 * y) % 5][x][z]);
    // Algorithm 4, chi.
    let mut a = new(&|x, y, z| xor(a[x][y][z], and(xor(a[(x + 1) % 5][y][z], ONE), a[(x + 2) % 5][y][z])));
    // Algorithm 6, iota.
    a[0][0] = a[0][0].iter().zip(round_constant(number)).map(|(a, b)| xor(*a, b)).collect();
    a
}

/// RC of algorithm 6.
fn round_constant(number: usize) -> Word {
    let mut constant = vec![ZERO; 64];
    for j in 0..=6 {
        constant[(1 << j) - 1] = if rc(j + 7 * number) { ONE } else { ZERO };
    }
    constant
}

/// Algorithm 5.
fn rc(t: usize) -> bool {
    let mut r = vec![true, false, false, false, false, false, false, false];
    for _ in 0..t % 255 {
        r.insert(0, false);
        for i in [0, 4, 5, 6] {
            r[i] ^= r[8];
        }
        r.truncate(8);
    }
    r[0]
}

/// The number of a word without variables.
fn number(word: &[Bit]) -> u64 {
    value(word).and_then(|value| value.try_into().ok()).expect("a word of constants")
}

thread_local! {
    /// The words of bits, by the numbers that stand for them in a state.
    static WORDS: RefCell<Vec<Word>> = RefCell::default();
}

fn store(word: Word) -> u64 {
    WORDS.with_borrow_mut(|words| {
        words.push(word);
        words.len() as u64 - 1
    })
}

#[allow(clippy::cast_possible_truncation, reason = "an index")]
fn load(number: u64) -> Word {
    WORDS.with_borrow(|words| words[number as usize].clone())
}

/// A word of bits, with the operations of a lane.
#[derive(Clone, Copy)]
struct BitLane<const XOR3: bool>(u64);

impl<const XOR3: bool> BitLane<XOR3> {
    fn zip(a: &[Bit], b: &[Bit], f: impl Fn(Bit, Bit) -> Bit) -> Self {
        Self(store(a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect()))
    }
}

impl<const XOR3: bool> Lanes64<()> for BitLane<XOR3> {
    const WIDTH: usize = 1;
    const HAS_XOR3: bool = XOR3;

    fn load((): (), words: &[u64]) -> Self {
        Self(words[0])
    }
    fn store(self, words: &mut [u64]) {
        words[0] = self.0;
    }
    fn xor_constant(self, number: u64) -> Self {
        Self::zip(&load(self.0), &constant(number.into(), 64), xor)
    }
    fn xor(self, other: Self) -> Self {
        Self::zip(&load(self.0), &load(other.0), xor)
    }
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second).xor(third)
    }
    fn chi(self, second: Self, third: Self) -> Self {
        let product = Self::zip(&load(second.0), &load(third.0), |b, c| and(not(b), c));
        self.xor(product)
    }
    fn rotate_left<const BITS: i32>(self) -> Self {
        // The lowest bit is the first of a word, so a rotation to the left moves bits towards its end.
        let mut word = load(self.0);
        word.rotate_right(BITS.unsigned_abs() as usize);
        Self(store(word))
    }
}

fn rounds() {
    fn prove<const XOR3: bool>() {
        let words: [Word; 25] = from_fn(|w| variable(w as u32, 64));
        let bits: Bits = from_fn(|x| from_fn(|y| words[x + 5 * y].clone()));
        for index in 0..24 {
            let mut state = words.each_ref().map(|word| BitLane::<XOR3>(store(word.clone())));
            round(&mut state, number(&round_constant(index)));
            let expected = standard_round(&bits, index);
            for (x, y) in (0..5).flat_map(|x| (0..5).map(move |y| (x, y))) {
                let is_equal = load(state[x + 5 * y].0) == expected[x][y];
                claim(is_equal, || format!("lane ({x}, {y}) after round {index}, xor3: {XOR3}"));
            }
            WORDS.with_borrow_mut(Vec::clear);
        }
    }
    prove::<false>();
    prove::<true>();
}

/// An application of an operation to words; the numbers in a state represent words. Nothing else is known of an
/// operation, so equal numbers are equal words for any operations.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Term {
    /// Word w of state n.
    Variable(usize, usize),
    XorConstant(u64, u64),
    Xor(u64, u64),
    Xor3(u64, u64, u64),
    Chi(u64, u64, u64),
    Rotation(u64, i32),
}

thread_local! {
    static TERMS: RefCell<HashMap<Term, u64>> = RefCell::default();
}

impl Term {
    fn number(self) -> u64 {
        TERMS.with_borrow_mut(|terms| {
            let next = terms.len() as u64;
            *terms.entry(self).or_insert(next)
        })
    }
}

/// A backend with vectors of four and of eight states of these widths.
#[derive(Clone, Copy)]
struct Machine<const FOUR: usize, const EIGHT: usize, const XOR3: bool>;

impl<const FOUR: usize, const EIGHT: usize, const XOR3: bool> Machine64 for Machine<FOUR, EIGHT, XOR3> {
    type One = TermLanes<1, XOR3>;
    type Four = TermLanes<FOUR, XOR3>;
    type Eight = TermLanes<EIGHT, XOR3>;
    const STATES: usize = EIGHT;
}

#[derive(Clone, Copy)]
struct TermLanes<const WIDTH: usize, const XOR3: bool>([u64; WIDTH]);

impl<M: Copy, const WIDTH: usize, const XOR3: bool> Lanes64<M> for TermLanes<WIDTH, XOR3> {
    const WIDTH: usize = WIDTH;
    const HAS_XOR3: bool = XOR3;

    fn load(_: M, words: &[u64]) -> Self {
        Self(from_fn(|i| words[i]))
    }
    fn store(self, words: &mut [u64]) {
        words[..WIDTH].copy_from_slice(&self.0);
    }
    fn xor_constant(self, constant: u64) -> Self {
        Self(self.0.map(|a| Term::XorConstant(a, constant).number()))
    }
    fn xor(self, other: Self) -> Self {
        Self(from_fn(|i| Term::Xor(self.0[i], other.0[i]).number()))
    }
    fn xor3(self, second: Self, third: Self) -> Self {
        Self(from_fn(|i| Term::Xor3(self.0[i], second.0[i], third.0[i]).number()))
    }
    fn chi(self, second: Self, third: Self) -> Self {
        Self(from_fn(|i| Term::Chi(self.0[i], second.0[i], third.0[i]).number()))
    }
    fn rotate_left<const BITS: i32>(self) -> Self {
        Self(self.0.map(|a| Term::Rotation(a, BITS).number()))
    }
}

fn permutations() {
    fn prove<M: Machine64, const N: usize>(machine: M, permute: fn(M, &mut State<N>, usize)) {
        let word = |n: usize, w: usize| Term::Variable(n, w).number();
        // The 24 rounds, one after the other, on one state.
        let expected: [[u64; 25]; N] = from_fn(|n| {
            let mut words = from_fn(|w| M::One::load(machine, &[word(n, w)]));
            (0..24).for_each(|index| round(&mut words, number(&round_constant(index))));
            words.map(|lane| {
                let mut word = [0];
                lane.store(&mut word);
                word[0]
            })
        });
        for used in 0..=N {
            let mut state = State::<N>(from_fn(|w| from_fn(|n| word(n, w))));
            permute(machine, &mut state, used);
            for (n, expected) in expected.iter().enumerate().take(used) {
                let is_equal = (0..25).all(|w| state.0[w][n] == expected[w]);
                claim(is_equal, || format!("state {n} of {N}, of which {used} are used, in {} lanes", M::Eight::WIDTH));
            }
        }
    }
    fn prove_all<M: Machine64>(machine: M) {
        prove::<M, 1>(machine, |machine, state, _| permute_x1(machine, state));
        prove::<M, 4>(machine, permute_x4);
        prove::<M, 8>(machine, permute_x8);
    }
    prove_all(Machine::<1, 1, false>);
    prove_all(Machine::<2, 2, false>);
    prove_all(Machine::<4, 4, false>);
    prove_all(Machine::<4, 8, true>);
}

fn compiled() {
    let mut random = super::machine::Random::new(1);
    let states: [[u64; 25]; 9] = from_fn(|n| if n == 0 { [0; 25] } else { from_fn(|_| random.next()) });
    let expected: [[u64; 25]; 9] = states.map(|state| {
        let mut bits: Bits = from_fn(|x| from_fn(|y| constant(state[x + 5 * y].into(), 64)));
        (0..24).for_each(|index| bits = standard_round(&bits, index));
        from_fn(|w| number(&bits[w % 5][w / 5]))
    });
    let check = |name: &str, words: &dyn Fn(usize, usize) -> u64, first: usize, used: usize| {
        for n in 0..used {
            assert!((0..25).all(|w| words(w, n) == expected[first + n][w]), "state {n} of {used} on {name}");
        }
        checked(used as u64);
    };
    for backend in Backend::available() {
        for states in [1, 4, 8] {
            let (none, one) =
                (crate::keccak::permutations(backend, states, 0), crate::keccak::permutations(backend, states, 1));
            assert_eq!([none, one], [0, expected[0][0]], "{states} states on {}", backend.name());
        }
        for first in 0..9 {
            let mut state = State::<1>(from_fn(|w| [states[first][w]]));
            dispatch!(backend, m => m.permute_x1(&mut state));
            check(backend.name(), &|w, _| state.0[w][0], first, 1);
            let mut state = State::<1>(from_fn(|w| [states[first][w]]));
            dispatch!(backend, m => Permute::<1>::permute(m, &mut state));
            check(backend.name(), &|w, _| state.0[w][0], first, 1);
        }
        for (first, used) in (0..=5).flat_map(|first| (1..=4).map(move |used| (first, used))) {
            let mut state = State::<4>(from_fn(|w| from_fn(|n| states[first + n][w])));
            dispatch!(backend, m => m.permute_first(&mut state, used));
            check(backend.name(), &|w, n| state.0[w][n], first, used);
        }
        for (first, used) in (0..=1).flat_map(|first| (1..=8).map(move |used| (first, used))) {
            let mut state = State::<8>(from_fn(|w| from_fn(|n| states[first + n][w])));
            dispatch!(backend, m => m.permute_first(&mut state, used));
            check(backend.name(), &|w, n| state.0[w][n], first, used);
        }
    }
}

/// The sponge has separate rows.
fn functions() {
    let message: [u8; 300] = super::machine::Random::new(2).bytes();
    for backend in Backend::available() {
        for length in 0..=message.len() {
            let (message, mut found, mut expected) = (&message[..length], ([0; 32], [0; 300]), ([0; 32], [0; 300]));
            sha3_256(backend, message, &mut found.0);
            shake256(backend, message, &mut found.1[..length]);
            <Sha3_256>::hash(portable(), &[message], &mut expected.0);
            <Shake256>::hash(portable(), &[message], &mut expected.1[..length]);
            claim(found == expected, || format!("{length} bytes on {}", backend.name()));
        }
    }
}
