//! The sponge of FIPS 202, sections 4 to 6, with an arbitrary function in place of Keccak-f: every length to three
//! blocks, every division into chunks, and every number of lanes.
//!
//! The code adds, moves and counts bytes, and no branch inspects a byte. The bytes here are random, so a lost or
//! misplaced byte changes the output. All conditions that decide about the places are tried.

use super::machine::{Arbitrary, Random, SHA3, SHAKE, noise, sponge};
use super::{Label, Row, checked, claim};
use crate::keccak::f1600::{Permute, State};
use crate::keccak::sponge::{SHA3_512_RATE, SHA3_SUFFIX, SHAKE_SUFFIX, SHAKE128_RATE, SHAKE256_RATE, Sponge};
use crate::keccak::xof::XofBatch;
use crate::keccak::{Sha3_256, Sha3_512, Shake128, Shake128Batch, Shake256, Shake256Batch};
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "Sponge: the bytes of a state are added, padded, copied and exchanged at every offset and length (FIPS 202, B.1)",
        label: Label::ExhaustedInPart("every offset, length and lane; random bytes"),
        covers: &[
            "keccak/f1600.rs::State::add",
            "keccak/f1600.rs::State::pad",
            "keccak/f1600.rs::State::copy_to",
            "keccak/f1600.rs::State::set",
            "keccak/f1600.rs::State::get",
            "keccak/f1600.rs::partial_word",
        ],
        is_slow: false,
        check: states,
    },
    Row {
        name: "Sponge: chunks of any length after any number of bytes are absorbed, then padded with pad10*1 (FIPS 202, 4 to 6)",
        label: Label::ExhaustedInPart(
            "every offset in a block and chunk to two blocks, 1, 4 and 8 lanes; random bytes",
        ),
        covers: &[
            "keccak/sponge.rs::Sponge::new",
            "keccak/sponge.rs::Sponge::absorb",
            "keccak/sponge.rs::Sponge::absorb_each",
            "keccak/sponge.rs::Sponge::add",
            "keccak/sponge.rs::Sponge::finish",
            "keccak/sponge.rs::Sponge::squeeze_each",
            "keccak/sponge.rs::Sponge::state",
        ],
        is_slow: false,
        check: absorbing,
    },
    Row {
        name: "Sponge: outputs of any length after any number of bytes continue the output (FIPS 202, algorithm 8)",
        label: Label::ExhaustedInPart("every offset in a block and length to two blocks; random bytes"),
        covers: &["keccak/sponge.rs::Sponge::squeeze"],
        is_slow: false,
        check: squeezing,
    },
    Row {
        name: "Sponge: one-shot hashes and padded blocks, of every length to three blocks (FIPS 202, 6.1 and 6.2)",
        label: Label::ExhaustedInPart(
            "every length to three blocks, chunks at each border, 1, 4 and 8 lanes; random bytes",
        ),
        covers: &[
            "keccak/sponge.rs::Sponge::hash",
            "keccak/sponge.rs::Sponge::hash_each",
            "keccak/sponge.rs::Sponge::pad",
        ],
        is_slow: false,
        check: hashes,
    },
    Row {
        name: "Sponge: batches of outputs, of any number, the first of any length to three blocks, next to another state (FIPS 202, 6.2)",
        label: Label::ExhaustedInPart("every number of lanes, of long ones, and length to three blocks; random bytes"),
        covers: &[
            "keccak/xof.rs::XofBatch::new",
            "keccak/xof.rs::XofBatch::with_first",
            "keccak/xof.rs::XofBatch::squeeze",
            "keccak/xof.rs::XofBatch::squeeze_interleaved",
        ],
        is_slow: false,
        check: batches,
    },
];

const MACHINE: Arbitrary<8> = Arbitrary;

/// The bytes of one of several states.
fn bytes_of<const N: usize>(state: &State<N>, lane: usize) -> Vec<u8> {
    state.0.iter().flat_map(|words| words[lane].to_le_bytes()).collect()
}

fn states() {
    fn prove<const N: usize>(random: &mut Random) {
        let message: [u8; 200] = random.bytes();
        for lane in 0..N {
            let before = State::<N>(from_fn(|_| from_fn(|_| random.next())));
            let expect = |after: &State<N>, change: &dyn Fn(&mut Vec<u8>), what: &str| {
                for n in 0..N {
                    let mut expected = bytes_of(&before, n);
                    if n == lane {
                        change(&mut expected);
                    }
                    claim(bytes_of(after, n) == expected, || format!("state {n} of {N}: {what}"));
                }
            };
            for (at, end) in (0..=200).flat_map(|at| (at..=200).map(move |end| (at, end))) {
                let (mut after, mut out) = (before.clone(), vec![0; end - at]);
                after.add(lane, at, &message[at..end]);
                let add = |bytes: &mut Vec<u8>| (at..end).for_each(|i| bytes[i] ^= message[i]);
                expect(&after, &add, &format!("bytes {at}..{end} are added"));
                before.copy_to(lane, at, &mut out);
                claim(out == bytes_of(&before, lane)[at..end], || format!("bytes {at}..{end} are copied"));
            }
            for rate in [SHA3_512_RATE, SHAKE256_RATE, SHAKE128_RATE] {
                for (at, suffix) in (0..rate).flat_map(|at| [(at, SHA3_SUFFIX), (at, SHAKE_SUFFIX)]) {
                    let mut after = before.clone();
                    after.pad(lane, at, rate, suffix);
                    let pad = |bytes: &mut Vec<u8>| {
                        bytes[at] ^= suffix;
                        bytes[rate - 1] ^= 0x80;
                    };
                    expect(&after, &pad, &format!("{at} bytes are padded to {rate}"));
                }
            }
            let (mut single, mut after) = (State::<1>(from_fn(|_| [random.next()])), before.clone());
            after.set(lane, &single);
            expect(&after, &|bytes| *bytes = bytes_of(&single, 0), "it is replaced");
            before.get(lane, &mut single);
            claim(bytes_of(&single, 0) == bytes_of(&before, lane), || format!("state {lane} of {N} is copied"));
        }
    }
    let random = &mut Random::new(2);
    prove::<1>(random);
    prove::<4>(random);
    prove::<8>(random);
}

/// Random messages; the functions hash their first bytes, for each lane and for each length.
struct Messages<const N: usize> {
    bytes: [[u8; 600]; N],
    /// The outputs of the standard's function, by lane and by length of the message.
    outputs: [Vec<Vec<u8>>; N],
}

impl<const N: usize> Messages<N> {
    fn new(random: &mut Random, rate: usize, suffix: &[bool], lengths: usize, output: usize) -> Self {
        let bytes: [[u8; 600]; N] = from_fn(|_| random.bytes());
        let outputs = bytes
            .each_ref()
            .map(|bytes| (0..=lengths).map(|length| sponge(rate, suffix, &[&bytes[..length]], output)).collect());
        Self { bytes, outputs }
    }

    fn chunks(&self, from: usize, end: usize) -> [&[u8]; N] {
        self.bytes.each_ref().map(|bytes| &bytes[from..end])
    }
}

/// After `at` bytes, for each `at`, a chunk of each length is absorbed. Besides its state, a sponge keeps only an
/// offset within a block, so the same holds after any number of blocks and of chunks.
fn absorbing() {
    fn prove<const RATE: usize, const SUFFIX: u8, const N: usize>(random: &mut Random, suffix: &[bool])
    where
        Arbitrary<8>: Permute<N>,
    {
        let messages = Messages::<N>::new(random, RATE, suffix, 3 * RATE, RATE);
        for at in 0..RATE {
            let mut begun = Sponge::<RATE, SUFFIX, N>::new();
            begun.absorb_each(MACHINE, &messages.chunks(0, at));
            for end in at..=at + 2 * RATE {
                let (mut sponge, mut out) = (begun.clone(), [[0; RATE]; N]);
                sponge.absorb_each(MACHINE, &messages.chunks(at, end));
                sponge.finish();
                sponge.squeeze_each(MACHINE, &mut out);
                for (lane, out) in out.iter().enumerate() {
                    let is_equal = *out == *messages.outputs[lane][end];
                    claim(is_equal, || format!("lane {lane} of {N}: {end} bytes in chunks at {at}, rate {RATE}"));
                }
            }
        }
    }
    fn prove_single<const RATE: usize, const SUFFIX: u8>(random: &mut Random, suffix: &[bool]) {
        let messages = Messages::<1>::new(random, RATE, suffix, 2 * RATE, RATE);
        for (at, end) in (0..2 * RATE).flat_map(|at| [(at, at), (at, at + 1), (at, 2 * RATE)]) {
            let (mut sponge, mut out) = (Sponge::<RATE, SUFFIX>::new(), [0; RATE]);
            sponge.absorb(MACHINE, &messages.bytes[0][..at]);
            sponge.absorb(MACHINE, &messages.bytes[0][at..end]);
            sponge.finish();
            super::machine::permute(sponge.state(), 1);
            sponge.state().copy_to(0, 0, &mut out);
            claim(out == *messages.outputs[0][end], || format!("{end} bytes in chunks at {at}, rate {RATE}"));
        }
    }
    let random = &mut Random::new(3);
    prove::<SHA3_512_RATE, SHA3_SUFFIX, 1>(random, SHA3);
    prove::<SHA3_512_RATE, SHA3_SUFFIX, 8>(random, SHA3);
    prove::<SHAKE256_RATE, SHA3_SUFFIX, 1>(random, SHA3);
    prove::<SHAKE256_RATE, SHA3_SUFFIX, 8>(random, SHA3);
    prove::<SHAKE128_RATE, SHAKE_SUFFIX, 1>(random, SHAKE);
    prove::<SHAKE256_RATE, SHAKE_SUFFIX, 1>(random, SHAKE);
    prove::<SHAKE256_RATE, SHAKE_SUFFIX, 4>(random, SHAKE);
    prove::<SHAKE256_RATE, SHAKE_SUFFIX, 8>(random, SHAKE);
    prove_single::<SHA3_512_RATE, SHA3_SUFFIX>(random, SHA3);
    prove_single::<SHAKE256_RATE, SHA3_SUFFIX>(random, SHA3);
    prove_single::<SHAKE256_RATE, SHAKE_SUFFIX>(random, SHAKE);
    prove_single::<SHAKE128_RATE, SHAKE_SUFFIX>(random, SHAKE);
}

fn squeezing() {
    fn prove<const RATE: usize, const SUFFIX: u8>(random: &mut Random, suffix: &[bool]) {
        let (message, mut finished) = (random.bytes::<50>(), Sponge::<RATE, SUFFIX>::new());
        let expected = sponge(RATE, suffix, &[&message], 4 * RATE);
        finished.absorb(MACHINE, &message);
        finished.finish();
        // Nothing, a part of a block, or a whole block is squeezed before.
        for at in 0..=RATE {
            let (mut sponge, mut out) = (finished.clone(), vec![0; at]);
            sponge.squeeze(MACHINE, &mut out);
            claim(out == expected[..at], || format!("the first {at} bytes, rate {RATE}"));
            for end in at..=at + 2 * RATE {
                let (mut sponge, mut out) = (sponge.clone(), vec![0; end - at]);
                sponge.squeeze(MACHINE, &mut out);
                claim(out == expected[at..end], || format!("bytes {at}..{end}, rate {RATE}"));
            }
        }
    }
    let random = &mut Random::new(4);
    prove::<SHA3_512_RATE, SHA3_SUFFIX>(random, SHA3);
    prove::<SHAKE256_RATE, SHA3_SUFFIX>(random, SHA3);
    prove::<SHAKE128_RATE, SHAKE_SUFFIX>(random, SHAKE);
    prove::<SHAKE256_RATE, SHAKE_SUFFIX>(random, SHAKE);
}

fn hashes() {
    fn prove<const RATE: usize, const SUFFIX: u8, const LENGTH: usize>(random: &mut Random, suffix: &[bool]) {
        prove_single::<RATE, SUFFIX, LENGTH>(random, suffix);
        prove_each::<RATE, SUFFIX, 1, LENGTH>(random, suffix);
        prove_each::<RATE, SUFFIX, 4, LENGTH>(random, suffix);
        prove_each::<RATE, SUFFIX, 8, LENGTH>(random, suffix);
    }
    fn borders(rate: usize, length: usize) -> impl Iterator<Item = usize> {
        let near = move |border: usize| [border.saturating_sub(1), border, border + 1];
        [0, rate, 2 * rate, length].into_iter().flat_map(near).filter(move |at| *at <= length)
    }
    fn prove_single<const RATE: usize, const SUFFIX: u8, const LENGTH: usize>(random: &mut Random, suffix: &[bool]) {
        let messages = Messages::<1>::new(random, RATE, suffix, 3 * RATE, LENGTH);
        let message = &messages.bytes[0];
        for length in 0..=3 * RATE {
            for at in borders(RATE, length) {
                let (chunks, mut out) = ([&message[..at], &message[at..length]], [0; LENGTH]);
                Sponge::<RATE, SUFFIX>::hash(MACHINE, &chunks, &mut out);
                claim(out == *messages.outputs[0][length], || format!("{length} bytes, rate {RATE}"));
                let mut padded = vec![[0; RATE]; length / RATE + 1];
                Sponge::<RATE, SUFFIX>::pad(&chunks, &mut padded);
                let mut expected = [&message[..length], &[SUFFIX]].concat();
                expected.resize((length / RATE + 1) * RATE, 0);
                *expected.last_mut().expect("a block") |= 0x80;
                claim(padded.as_flattened() == expected, || format!("{length} bytes are padded, rate {RATE}"));
            }
        }
    }
    fn prove_each<const RATE: usize, const SUFFIX: u8, const N: usize, const LENGTH: usize>(
        random: &mut Random,
        suffix: &[bool],
    ) where
        Arbitrary<8>: Permute<N>,
    {
        let messages = Messages::<N>::new(random, RATE, suffix, 3 * RATE, LENGTH);
        for length in 0..=3 * RATE {
            for at in borders(RATE, length) {
                let mut out = [[0; LENGTH]; N];
                let chunks = [messages.chunks(0, at), messages.chunks(at, length)];
                Sponge::<RATE, SUFFIX, N>::hash_each(MACHINE, &[&chunks[0], &chunks[1]], &mut out);
                for (lane, out) in out.iter().enumerate() {
                    let is_equal = *out == *messages.outputs[lane][length];
                    claim(is_equal, || format!("lane {lane} of {N}: {length} bytes, rate {RATE}"));
                }
            }
        }
    }
    let random = &mut Random::new(5);
    prove::<SHA3_512_RATE, SHA3_SUFFIX, 64>(random, SHA3);
    prove::<SHAKE256_RATE, SHA3_SUFFIX, 32>(random, SHA3);
    prove::<SHAKE128_RATE, SHAKE_SUFFIX, 32>(random, SHAKE);
    prove::<SHAKE256_RATE, SHAKE_SUFFIX, 64>(random, SHAKE);
    names(random);
}

/// The functions of FIPS 202, under the names that the engine uses.
fn names(random: &mut Random) {
    let message: [u8; 40] = random.bytes();
    let expect = |hash: &dyn Fn(&mut [u8]), rate, suffix, length| {
        let mut out = vec![0; length];
        hash(&mut out);
        claim(out == sponge(rate, suffix, &[&message], length), || format!("rate {rate}, {length} bytes"));
    };
    expect(&|out| <Sha3_256>::hash(MACHINE, &[&message], out), 136, SHA3, 32);
    expect(&|out| <Sha3_512>::hash(MACHINE, &[&message], out), 72, SHA3, 64);
    expect(&|out| <Shake128>::hash(MACHINE, &[&message], out), 168, SHAKE, 400);
    expect(&|out| <Shake256>::hash(MACHINE, &[&message], out), 136, SHAKE, 400);
    let squeezed = |out: &mut [u8], lanes: [[u8; 400]; 4]| out.copy_from_slice(&lanes[3]);
    let (mut first, mut second) = ([[0; 400]; 4], [[0; 400]; 4]);
    Shake128Batch::new(&[message; 4]).squeeze(MACHINE, &mut first);
    Shake256Batch::new(&[message; 4]).squeeze(MACHINE, &mut second);
    expect(&|out| squeezed(out, first), 168, SHAKE, 400);
    expect(&|out| squeezed(out, second), 136, SHAKE, 400);
}

fn batches() {
    const MAX: usize = 3 * SHAKE128_RATE;

    fn prove<const N: usize, const RATE: usize, const LENGTH: usize>(random: &mut Random)
    where
        Arbitrary<8>: Permute<N>,
    {
        let messages: [[u8; LENGTH]; N] = from_fn(|_| random.bytes());
        let expected = messages.map(|message| sponge(RATE, SHAKE, &[&message], 7 * RATE));
        let cases = (1..=N).flat_map(|used| (0..=3 * RATE).map(move |length| (used, length)));
        // Outputs of at most one block all have the same length.
        let cases = cases.flat_map(|(used, length)| {
            let longest = if length <= RATE { used..=used } else { 1..=used };
            longest.map(move |long| (used, length, long))
        });
        for (used, length, long) in cases {
            let mut batch = XofBatch::<N, RATE>::with_first(&messages[..used]);
            let mut out = [[0; MAX]; N];
            // The first permutation takes place even if no bytes are squeezed, for the other state.
            let blocks = length.div_ceil(RATE).max(1);
            let mut other = (used < N).then(|| State::<1>(from_fn(|_| [noise()])));
            let mut alone = other.clone();
            batch.squeeze_interleaved(MACHINE, length, long, &mut out, other.as_mut());
            alone.iter_mut().for_each(|alone| super::machine::permute(alone, 1));
            claim(other.map(|state| state.0) == alone.map(|state| state.0), || format!("a state next to {used} lanes"));
            let mut more = [[0; 1]; N];
            batch.squeeze_interleaved(MACHINE, 1, N, &mut more, None);
            for lane in 0..N {
                let length = if lane < long { length } else { length.min(RATE) };
                let (squeezed, rest) = out[lane].split_at(length);
                let expected = if lane < used { &expected[lane] } else { &vec![0; 7 * RATE] };
                // Short outputs do not continue.
                let is_next = (long..used).contains(&lane) || more[lane] == [expected[blocks * RATE]];
                let is_equal = *squeezed == expected[..length] && is_next;
                claim(is_equal, || format!("lane {lane} of {used}, {long} long: {length} bytes, rate {RATE}"));
                claim(rest.iter().all(|byte| *byte == 0), || format!("bytes after {length} are written"));
            }
        }
        let (mut batch, mut out) = (XofBatch::<N, RATE>::new(&messages), [[0; MAX]; N]);
        batch.squeeze(MACHINE, &mut out);
        for (lane, out) in out.iter().enumerate() {
            claim(*out == expected[lane][..MAX], || format!("lane {lane} of {N}, rate {RATE}"));
        }
        checked(1);
    }
    let random = &mut Random::new(6);
    prove::<1, SHAKE256_RATE, 33>(random);
    prove::<4, SHAKE256_RATE, 33>(random);
    prove::<8, SHAKE256_RATE, 33>(random);
    prove::<8, SHAKE256_RATE, 66>(random);
    prove::<4, SHAKE256_RATE, 135>(random);
    prove::<8, SHAKE128_RATE, 34>(random);
    prove::<4, SHAKE128_RATE, 167>(random);
}
