//! SHA-256 and SHA-512 on every backend of x86-64, on the model of the instructions: the compressions (FIPS 180-4, 6.2.2 and 6.4.2), with
//! the SHA instructions of aarch64 too, and the blocks of SLH-DSA (FIPS 205, 11.2) in every lane.
//!
//! The compressions of the standard are computed here on terms of bits, where a sum has one form in any association.
#![allow(unsafe_code, reason = "a token that the processor may lack")]

use super::Label::Proved;
use super::model::{Number, Reg, forget, put, read};
use super::operations::token;
use super::terms::*;
use super::{Row, claim};
use crate::backend::{Avx2, Avx512};
use crate::sha2::arm;
use crate::sha2::compression::MachineSha2;
use crate::sha2::compression::{
    compress_256, compress_256_after, compress_512, first_rounds_256, rounds_512, schedule_512,
};
use crate::sha2::ni::{self, ShaNi};
use crate::slhdsa::family::Extent;
use crate::slhdsa::sha2_kernels::{self, LANES, chain, first_rounds, hash_rows_256, hash_rows_512};
use crate::vec::word::Word as _;
use std::array::from_fn;

const fn proved(name: &'static str, covers: &'static [&'static str], check: fn()) -> Row {
    Row { name, label: Proved, covers, is_slow: false, check }
}

/// A row that takes minutes.
const fn slow(name: &'static str, covers: &'static [&'static str], check: fn()) -> Row {
    Row { name, label: Proved, covers, is_slow: true, check }
}

pub(super) const ROWS: &[Row] = &[
    proved(
        "SHA-2 on AVX2: the compression of SHA-256 and of SHA-512, and the first rounds and the rounds after them, \
         match FIPS 180-4, 6.2.2 and 6.4.2, in every lane",
        COMPRESSION_AVX2,
        || compressions::<Avx2>(token(), Forms::AVX2.checked()),
    ),
    proved(
        "SHA-2 on AVX-512: the compression of SHA-256 and of SHA-512, and the first rounds and the rounds after them, \
         match FIPS 180-4, 6.2.2 and 6.4.2, in every lane",
        COMPRESSION_AVX512,
        || compressions::<Avx512>(token(), Forms::STANDARD.checked()),
    ),
    proved(
        "SHA-2 with the SHA instructions: the compression of one, two and four messages, whole and after four rounds, \
         matches FIPS 180-4, 6.2.2",
        &["sha2/ni.rs::compress", "sha2/ni.rs::packed", "sha2/ni.rs::unpacked", "sha2/ni.rs::zeros"],
        || {
            instructions::<1>();
            instructions::<2>();
            instructions::<4>();
        },
    ),
    proved(
        "SHA-2 on NEON: the compressions of SHA-256 and SHA-512 by their instructions match FIPS 180-4, 6.2.2 and \
         6.4.2",
        &["sha2/arm.rs::compress_256", "sha2/arm.rs::compress_512"],
        neon_instructions,
    ),
    slow(
        "SLH-DSA with SHA-2 on AVX2: F, PRF, H and T of n = 16, 24 and 32 hash the address of 22 bytes and the nodes, padded, in every \
         lane (FIPS 205, 11.2)",
        KERNELS_AVX2,
        || blocks::<Avx2>(token(), Forms::AVX2.checked()),
    ),
    slow(
        "SLH-DSA with SHA-2 on AVX-512: F, PRF, H and T of n = 16, 24 and 32 hash the address of 22 bytes and the nodes, padded, in \
         every lane (FIPS 205, 11.2)",
        KERNELS_AVX512,
        || blocks::<Avx512>(token(), Forms::STANDARD.checked()),
    ),
];

const COMPRESSION_AVX2: &[&str] = &[
    "backend/avx2/word.rs::$name::joined",
    "backend/avx2/word.rs::Word::add",
    "backend/avx2/word.rs::Word::choose",
    "backend/avx2/word.rs::Word::majority",
    "backend/avx2/word.rs::Word::rotate_right",
    "backend/avx2/word.rs::Word::shift_right",
    "backend/avx2/word.rs::Word::xor3",
    "sha2/compression.rs::$after",
    "sha2/compression.rs::$compress",
    "sha2/compression.rs::first_rounds_256",
    "sha2/compression.rs::rounds_512",
    "sha2/compression.rs::schedule_512",
    "sha2/compression.rs::total",
];

const COMPRESSION_AVX512: &[&str] = &[
    "backend/avx512/word.rs::Word::add",
    "backend/avx512/word.rs::Word::choose",
    "backend/avx512/word.rs::Word::majority",
    "backend/avx512/word.rs::Word::rotate_right",
    "backend/avx512/word.rs::Word::shift_right",
    "backend/avx512/word.rs::Word::xor3",
    "sha2/compression.rs::$after",
    "sha2/compression.rs::$compress",
    "sha2/compression.rs::first_rounds_256",
    "sha2/compression.rs::rounds_512",
    "sha2/compression.rs::schedule_512",
    "sha2/compression.rs::total",
];

const KERNELS_AVX2: &[&str] = &[
    "backend/avx2/word.rs::Pairs::load_pair",
    "backend/avx2/word.rs::Pairs::store_pair",
    "backend/avx2/word.rs::Word::funnel",
    "backend/avx2/word.rs::Word::load",
    "backend/avx2/word.rs::Word::splat",
    "backend/avx2/word.rs::Word::store",
    "slhdsa/sha2_kernels.rs::chain",
    "slhdsa/sha2_kernels.rs::first_rounds",
    "slhdsa/sha2_kernels.rs::hash_rows_256",
    "slhdsa/sha2_kernels.rs::hash_rows_512",
    "slhdsa/sha2_kernels.rs::load",
    "slhdsa/sha2_kernels.rs::pair",
    "slhdsa/sha2_kernels.rs::store_512",
    "slhdsa/sha2_kernels.rs::words_512",
];

const KERNELS_AVX512: &[&str] = &[
    "backend/avx512/word.rs::Pairs::load_pair",
    "backend/avx512/word.rs::Pairs::store_pair",
    "backend/avx512/word.rs::Word::funnel",
    "backend/avx512/word.rs::Word::load",
    "backend/avx512/word.rs::Word::splat",
    "backend/avx512/word.rs::Word::store",
    "slhdsa/sha2_kernels.rs::chain",
    "slhdsa/sha2_kernels.rs::first_rounds",
    "slhdsa/sha2_kernels.rs::hash_rows_256",
    "slhdsa/sha2_kernels.rs::hash_rows_512",
    "slhdsa/sha2_kernels.rs::load",
    "slhdsa/sha2_kernels.rs::pair",
    "slhdsa/sha2_kernels.rs::store_512",
    "slhdsa/sha2_kernels.rs::words_512",
];

/// Ch and Maj of FIPS 180-4, 4.1.2, in the form that a backend computes, since nothing else is known about products of
/// sums. A form is proven on all values of its bits.
#[derive(Clone, Copy)]
struct Forms {
    choose: fn(Bit, Bit, Bit) -> Bit,
    majority: fn(Bit, Bit, Bit) -> Bit,
}

impl Forms {
    const STANDARD: Self = Self {
        choose: |x, y, z| xor(and(x, y), and(not(x), z)),
        majority: |x, y, z| xor(xor(and(x, y), and(x, z)), and(y, z)),
    };
    /// The forms of the SHA instructions.
    const SHA: Self = Self { choose, ..Self::STANDARD };
    const AVX2: Self = Self { choose, majority: |x, y, z| or(and(x, y), and(z, or(x, y))) };

    /// The forms, after a check that they agree with the standard.
    fn checked(self) -> Self {
        for bits in 0..8 {
            let [x, y, z] = from_fn(|i| if bits >> i & 1 == 1 { ONE } else { ZERO });
            let Self { choose, majority } = Self::STANDARD;
            claim((self.choose)(x, y, z) == choose(x, y, z), || format!("Ch of {bits:03b}"));
            claim((self.majority)(x, y, z) == majority(x, y, z), || format!("Maj of {bits:03b}"));
        }
        self
    }
}

/// The numbers of one of the functions: FIPS 180-4, 4.1.2, 4.1.3, 4.2.2 and 4.2.3.
struct Function {
    forms: Forms,
    bits: usize,
    constants: Vec<u64>,
    sum0: [usize; 3],
    sum1: [usize; 3],
    /// Two rotations and a shift.
    sigma0: [usize; 3],
    sigma1: [usize; 3],
}

impl Function {
    fn sha256(forms: Forms) -> Self {
        let constants = crate::sha2::constants::K256.iter().map(|k| u64::from(*k)).collect();
        Self {
            forms,
            bits: 32,
            constants,
            sum0: [2, 13, 22],
            sum1: [6, 11, 25],
            sigma0: [7, 18, 3],
            sigma1: [17, 19, 10],
        }
    }

    fn sha512(forms: Forms) -> Self {
        let constants = crate::sha2::constants::K512.to_vec();
        Self {
            forms,
            bits: 64,
            constants,
            sum0: [28, 34, 39],
            sum1: [14, 18, 41],
            sigma0: [1, 8, 7],
            sigma1: [19, 61, 6],
        }
    }

    fn sum(&self, words: &[&Word]) -> Word {
        words.iter().fold(constant(0, self.bits), |sum, word| add(&sum, word))
    }

    /// Steps 1 to 4 of 6.2.2 and 6.4.2, as in the standard.
    fn compress(&self, hash: &[Word; 8], block: &[Word; 16]) -> [Word; 8] {
        let rotated = |x: &Word, by: usize| -> Word { (0..self.bits).map(|i| x[(i + by) % self.bits]).collect() };
        let xor3 = |x: &Word, y: &Word, z: &Word| each3(x, y, z, |x, y, z| xor(xor(x, y), z));
        let capital = |x: &Word, by: [usize; 3]| xor3(&rotated(x, by[0]), &rotated(x, by[1]), &rotated(x, by[2]));
        let small = |x: &Word, by: [usize; 3]| {
            let shifted = shifted(x, -(by[2] as i32), ZERO);
            xor3(&rotated(x, by[0]), &rotated(x, by[1]), &shifted)
        };
        let mut w: Vec<Word> = block.to_vec();
        for t in 16..self.constants.len() {
            let (first, second) = (small(&w[t - 2], self.sigma1), small(&w[t - 15], self.sigma0));
            w.push(self.sum(&[&first, &w[t - 7], &second, &w[t - 16]]));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = hash.clone();
        for (t, w) in w.iter().enumerate() {
            let ch = each3(&e, &f, &g, self.forms.choose);
            let maj = each3(&a, &b, &c, self.forms.majority);
            let k = constant(self.constants[t].into(), self.bits);
            let t1 = self.sum(&[&h, &capital(&e, self.sum1), &ch, &k, w]);
            let t2 = self.sum(&[&capital(&a, self.sum0), &maj]);
            (h, g, f, e) = (g, f, e, add(&d, &t1));
            (d, c, b, a) = (c, b, a, add(&t1, &t2));
        }
        let last = [a, b, c, d, e, f, g, h];
        from_fn(|i| add(&last[i], &hash[i]))
    }
}

fn each3(x: &[Bit], y: &[Bit], z: &[Bit], f: impl Fn(Bit, Bit, Bit) -> Bit) -> Word {
    x.iter().zip(y).zip(z).map(|((x, y), z)| f(*x, *y, *z)).collect()
}

/// A variable for each word of each lane: `[word][lane]`.
fn variables<const N: usize, const L: usize>(name: u32, bits: u32) -> [[Word; L]; N] {
    from_fn(|word| from_fn(|lane| variable(name + (word * L + lane) as u32, bits)))
}

/// Memory with words.
fn filled<T: Number + Default, const N: usize, const L: usize>(words: &[[Word; L]; N]) -> Box<[[T; L]; N]> {
    let mut memory = Box::new([[T::default(); L]; N]);
    memory.iter_mut().zip(words).for_each(|(row, words)| put(row, words));
    memory
}

/// The words of a lane.
fn lane_of<const N: usize, const L: usize>(words: &[[Word; L]; N], lane: usize) -> [Word; N] {
    from_fn(|i| words[i][lane].clone())
}

/// The word of a lane in memory.
fn word_at<T: Number>(row: &[T], lane: usize) -> Word {
    let (bits, size) = (read(row), 8 * size_of::<T>());
    bits[lane * size..][..size].into()
}

fn compressions<M: MachineSha2>(machine: M, forms: Forms) {
    forget();
    let (hash, block) = (variables::<8, LANES>(0, 32), variables::<16, LANES>(1000, 32));
    let (hash_rows, block_rows) = (filled::<u32, 8, LANES>(&hash), filled::<u32, 16, LANES>(&block));
    let loaded: [M::W32; 8] = from_fn(|i| M::W32::load(machine, &hash_rows[i]));
    let words: [M::W32; 16] = from_fn(|i| M::W32::load(machine, &block_rows[i]));
    let start = first_rounds_256(machine, loaded, [words[0], words[1], words[2], words[3]]);
    let found =
        [compress_256(machine, loaded, words), compress_256_after::<M, M::W32, true>(machine, loaded, start, words)];
    let function = Function::sha256(forms);
    let expected: Vec<_> =
        (0..M::W32::WIDTH).map(|lane| function.compress(&lane_of(&hash, lane), &lane_of(&block, lane))).collect();
    for found in found {
        for (i, word) in found.into_iter().enumerate() {
            let mut row = [0; LANES];
            word.store(&mut row);
            for (lane, expected) in expected.iter().enumerate() {
                let is_equal = word_at(&row[..M::W32::WIDTH], lane) == expected[i];
                claim(is_equal, || format!("SHA-256, word {i} of lane {lane}"));
            }
        }
    }
    let (hash, block) = (variables::<8, 8>(2000, 64), variables::<16, 8>(3000, 64));
    let (hash_rows, block_rows) = (filled::<u64, 8, 8>(&hash), filled::<u64, 16, 8>(&block));
    let (hash_words, words): ([M::W64; 8], [M::W64; 16]) =
        (from_fn(|i| M::W64::load(machine, &hash_rows[i])), from_fn(|i| M::W64::load(machine, &block_rows[i])));
    let mut schedule = Box::new([[0; 8]; 80]);
    schedule_512(machine, words, &mut schedule, 0);
    let found = [compress_512(machine, hash_words, words), rounds_512(machine, hash_words, &schedule, 0)];
    let function = Function::sha512(forms);
    for lane in 0..M::W64::WIDTH {
        let expected = function.compress(&lane_of(&hash, lane), &lane_of(&block, lane));
        for found in found {
            for i in 0..8 {
                let mut row = [0; 8];
                found[i].store(&mut row);
                let is_equal = word_at(&row[..M::W64::WIDTH], lane) == expected[i];
                claim(is_equal, || format!("SHA-512, word {i} of lane {lane}"));
            }
        }
    }
}

fn instructions<const N: usize>() {
    forget();
    let token = token::<ShaNi>();
    let (hash, block) = (variables::<8, N>(0, 32), variables::<16, N>(1000, 32));
    let vector = |words: &[[Word; N]], lane: usize| Reg::<128>::new(words.iter().map(|word| word[lane].clone()));
    // The model's registers, since `packed` takes numbers.
    let state: [ni::State; N] = from_fn(|m| {
        let word = |i: usize| hash[i][m].clone();
        let of = |order: [usize; 4]| Reg::new(order.map(word));
        [of([5, 4, 1, 0]), of([7, 6, 3, 2])]
    });
    let blocks: [ni::Block; N] = from_fn(|m| from_fn(|i| vector(&block[4 * i..4 * i + 4], m)));
    let (mut found, mut scheduled) = (state, blocks);
    ni::compress::<N, false>(token, &state, &mut found, &mut scheduled);
    let function = Function::sha256(Forms::SHA.checked());
    for m in 0..N {
        let expected = function.compress(&lane_of(&hash, m), &lane_of(&block, m));
        let words: Vec<Word> = ni::unpacked(token, found[m]).iter().flat_map(|vector| vector.words(32)).collect();
        (0..8).for_each(|i| claim(words[i] == expected[i], || format!("word {i} of message {m} of {N}")));
    }
    let numbers: [u32; 8] = from_fn(|i| 0x0101_0101 * (i as u32 + 1));
    let words: Vec<Word> =
        ni::unpacked(token, ni::packed(token, numbers)).iter().flat_map(|vector| vector.words(32)).collect();
    (0..8).for_each(|i| claim(value(&words[i]) == Some(numbers[i].into()), || format!("word {i} is packed")));
    claim(ni::zeros(token).0.iter().all(|bit| *bit == ZERO), || "zeros".to_owned());
}

fn neon_instructions() {
    forget();
    /// Words as registers.
    fn registers<const N: usize>(words: &[Word], each: usize) -> [Reg<128>; N] {
        from_fn(|i| Reg::new(words[each * i..each * (i + 1)].iter().cloned()))
    }
    fn expect<const N: usize>(found: [Reg<128>; N], expected: &[Word; 8], title: &str) {
        let found: Vec<Word> = found.iter().flat_map(|vector| vector.words(expected[0].len())).collect();
        (0..8).for_each(|i| claim(found[i] == expected[i], || format!("{title}, word {i}")));
    }
    let words = |name: u32, count: u32, bits: u32| (name..name + count).map(|name| variable(name, bits)).collect();
    let (hash, block): (Vec<Word>, Vec<Word>) = (words(0, 8, 32), words(1000, 16, 32));
    let state = registers(&hash, 4);
    let found = arm::compress_256::<false>(token(), state, state, registers(&block, 4));
    let (hash, block) = (hash.try_into().expect("eight"), block.try_into().expect("sixteen"));
    expect(found, &Function::sha256(Forms::SHA.checked()).compress(&hash, &block), "SHA-256");
    let (hash, block): (Vec<Word>, Vec<Word>) = (words(2000, 8, 64), words(3000, 16, 64));
    let found = arm::compress_512(token(), registers(&hash, 2), registers(&block, 2));
    let (hash, block) = (hash.try_into().expect("eight"), block.try_into().expect("sixteen"));
    expect(found, &Function::sha512(Forms::SHA).compress(&hash, &block), "SHA-512");
}

/// The state of a proof about blocks: the values of keys, of addresses and of nodes in every lane.
struct Blocks {
    forms: Forms,
    key: [[Word; LANES]; 8],
    large: [[Word; LANES]; 8],
    /// The fields of the standard: layer, tree (high and low), type, key pair, chain or height, hash or index.
    address: [[Word; LANES]; 7],
    nodes: [[Word; LANES]; 8 * NODES],
}

/// The largest number of nodes that T is tried on.
const NODES: usize = 5;

impl Blocks {
    /// Forgets the terms of all other blocks, which may not be used again.
    fn new(forms: Forms) -> Self {
        forget();
        forget_terms();
        let widths = [8, 32, 32, 8, 32, 16, 32];
        let address =
            from_fn(|i| from_fn(|lane| extended(&variable(5000 + (i * LANES + lane) as u32, widths[i]), 32, false)));
        Self { forms, key: variables(0, 32), large: variables(1000, 64), address, nodes: variables(6000, 32) }
    }

    /// The compressed address of 22 bytes (figure 16), the highest bit first.
    fn address_bits(&self, lane: usize, step: u32) -> Word {
        let [layer, high, low, kind, key_pair, height, index] = from_fn(|i| self.address[i][lane].clone());
        let index = add(&index, &constant(step.into(), 32));
        let parts = [&layer[..8], &high, &low, &kind[..8], &key_pair, &height, &index];
        parts.into_iter().flat_map(|part| part.iter().rev()).copied().collect()
    }

    /// The rows of an address, as in `Address::compressed`.
    fn address_rows(&self) -> [[Word; LANES]; 6] {
        let rows: [[Word; 6]; LANES] = from_fn(|lane| {
            let bits = self.address_bits(lane, 0);
            let word = |from: usize| -> Word { bits[from..from + 32].iter().rev().copied().collect() };
            [word(0), word(32), word(64), word(80), word(112), word(144)]
        });
        from_fn(|i| from_fn(|lane| rows[lane][i].clone()))
    }

    /// The hash of an address and nodes after the first block of the key, as FIPS 180-4, 5.1, pads it.
    fn expected(&self, lane: usize, step: u32, nodes: &[Word], is_large: bool) -> [Word; 8] {
        let (function, size) =
            if is_large { (Function::sha512(self.forms), 1024) } else { (Function::sha256(self.forms), 512) };
        let mut bits = self.address_bits(lane, step);
        bits.extend(nodes.iter().flat_map(|word| word.iter().rev()));
        let length = size + bits.len();
        bits.push(ONE);
        while (bits.len() + size / 8) % size != 0 {
            bits.push(ZERO);
        }
        bits.extend(constant(length as u128, size / 8).iter().rev());
        let hash = lane_of(if is_large { &self.large } else { &self.key }, lane);
        bits.chunks(size).fold(hash, |hash, block| {
            let words: Vec<Word> =
                block.chunks(function.bits).map(|word| word.iter().rev().copied().collect()).collect();
            function.compress(&hash, &words.try_into().expect("sixteen words"))
        })
    }

    /// The words of the first nodes of a lane.
    fn words(&self, lane: usize, count: usize) -> Vec<Word> {
        (0..count).map(|i| self.nodes[i][lane].clone()).collect()
    }

    /// The rows of the input of H and T: the address, the nodes and the padding.
    fn input_rows(&self, words: usize, count: usize) -> Box<[[u32; LANES]]> {
        let mut rows = vec![[0; LANES]; count].into_boxed_slice();
        for (i, row) in rows.iter_mut().enumerate() {
            let padding = constant(if i == 6 + words { 1 << 31 } else { 0 }, 32);
            let words_of_row: [Word; LANES] = match i {
                0..6 => self.address_rows()[i].clone(),
                _ if i < 6 + words => self.nodes[i - 6].clone(),
                _ => from_fn(|_| padding.clone()),
            };
            put(row, &words_of_row);
        }
        rows
    }
}

fn expect(row: &[u32; LANES], lane: usize, expected: &[Bit], what: &str) {
    claim(word_at(row, lane) == expected, || format!("{what}, lane {lane}"));
}

/// The word of 32 bits of a hash of either function.
fn half(hash: &[Word; 8], i: usize) -> Word {
    if hash[0].len() == 32 { hash[i].clone() } else { hash[i / 2][32 * (1 - i % 2)..][..32].into() }
}

fn chains<const WORDS: usize>(
    blocks: &Blocks,
    start: impl Fn(&[[u32; LANES]; 6], &mut [[u32; LANES]; 8]),
    run: impl Fn(
        &[[u32; LANES]; 8],
        &[[u32; LANES]; 8],
        &[[u32; LANES]; 6],
        &mut sha2_kernels::Node,
        &mut [sha2_kernels::Node],
    ),
) {
    let (key, addresses) = (filled::<u32, 8, LANES>(&blocks.key), filled::<u32, 6, LANES>(&blocks.address_rows()));
    let mut started = filled::<u32, 8, LANES>(&blocks.key);
    start(&addresses, &mut started);
    let nodes: [[Word; LANES]; 8] = from_fn(|i| blocks.nodes[i].clone());
    let (mut node, mut all) = (filled::<u32, 8, LANES>(&nodes), vec![[[0; LANES]; 8]; 2]);
    run(&key, &started, &addresses, &mut node, &mut all);
    for lane in 0..LANES {
        let first = blocks.expected(lane, 0, &blocks.words(lane, WORDS), false);
        let second = blocks.expected(lane, 1, &first[..WORDS], false);
        for i in 0..WORDS {
            expect(&all[0][i], lane, &first[i], "the first value of a chain");
            expect(&all[1][i], lane, &second[i], "the second value of a chain");
            expect(&node[i], lane, &second[i], "the last value of a chain");
        }
    }
}

const TWO: Extent = Extent { steps: 2, used: LANES };

fn blocks<M: MachineSha2>(machine: M, forms: Forms) {
    let start = |addresses: &_, values: &mut _| first_rounds(machine, addresses, values, LANES);
    chains::<4>(&Blocks::new(forms), start, |k, s, a, node, all| chain::<M, 4>(machine, k, s, a, node, TWO, all));
    chains::<6>(&Blocks::new(forms), start, |k, s, a, node, all| chain::<M, 6>(machine, k, s, a, node, TWO, all));
    chains::<8>(&Blocks::new(forms), start, |k, s, a, node, all| chain::<M, 8>(machine, k, s, a, node, TWO, all));
    // H of n = 16, and T of five nodes, in two blocks.
    for words in [8, 20] {
        let (blocks, bytes) = (Blocks::new(forms), 22 + 4 * words);
        let key = filled::<u32, 8, LANES>(&blocks.key);
        let (rows, mut out) = (blocks.input_rows(words, 16 * (bytes + 9).div_ceil(64) + 1), [[0; LANES]; 8]);
        hash_rows_256(machine, &key, &rows, 8 * (64 + bytes as u32), &mut out, LANES);
        check_rows(&blocks, words, false, &out);
    }
    // H of n = 24 and 32, and T of five nodes of 24 bytes, in two blocks.
    for words in [12, 16, 30] {
        let (blocks, bytes) = (Blocks::new(forms), 22 + 4 * words);
        let key = filled::<u64, 8, LANES>(&blocks.large);
        let (rows, mut out) = (blocks.input_rows(words, 32 * (bytes + 17).div_ceil(128) + 2), [[0; LANES]; 8]);
        hash_rows_512(machine, &key, &rows, 8 * (128 + bytes as u64), &mut out, LANES);
        check_rows(&blocks, words, true, &out);
    }
}

fn check_rows(blocks: &Blocks, words: usize, is_large: bool, out: &sha2_kernels::Node) {
    for lane in 0..LANES {
        let expected = blocks.expected(lane, 0, &blocks.words(lane, words), is_large);
        (0..8).for_each(|i| expect(&out[i], lane, &half(&expected, i), "the hash of rows"));
    }
}
