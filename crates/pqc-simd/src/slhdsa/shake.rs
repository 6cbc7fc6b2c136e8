//! The hash functions with SHAKE256 (FIPS 205, section 11.1) on eight states: seeds, addresses and nodes are whole words of a state.

use super::address::Address;
use super::family::{Extent, Family, MAX_LANES};
use crate::keccak::f1600::{ROUND_CONSTANTS, round};
use crate::keccak::{F1600, SHAKE_SUFFIX, SHAKE256_RATE, Shake256, State};
use crate::vec::v64::{Lanes64, Machine64};

const LANES: usize = 8;
type Row = [u64; LANES];
/// The words of the longest node, and of an address.
const NODE: usize = 4;
const ADDRESS: usize = 4;
/// The words of a block.
const RATE: usize = SHAKE256_RATE / 8;
/// The padding: the suffix and the first bit after the message, and the last bit of the block.
const FIRST: u64 = SHAKE_SUFFIX as u64;
const LAST: u64 = 1 << 63;
/// The blocks of T of the most nodes, 67 of four words.
const BLOCKS: usize = (NODE + ADDRESS + 67 * NODE) / RATE + 1;

type Node = [Row; NODE];
type Addresses = [Row; ADDRESS];

kernels! {
    /// The hash functions of one block.
    pub(crate) trait ShakeKernels {
        /// F or PRF: see [`Family::chain`].
        fn shake_chain<const WORDS: usize>(
            seed: &Node, addresses: &Addresses, node: &mut Node, extent: Extent, all: &mut [Node]
        ) = chain;
    }
}

#[inline(always)]
fn constant<M, L: Lanes64<M>>(any: L, value: u64) -> L {
    any.xor(any).xor_constant(value)
}

#[inline(always)]
fn load<M: Copy, L: Lanes64<M>, const N: usize>(machine: M, rows: &[Row; 4], first: usize) -> [L; N] {
    let mut out = [L::load(machine, &rows[0][first..]); N];
    for i in 1..N {
        out[i] = L::load(machine, &rows[i][first..]);
    }
    out
}

#[inline(always)]
fn chain<M: Machine64, const WORDS: usize>(
    machine: M,
    seed: &Node,
    addresses: &Addresses,
    node: &mut Node,
    extent: Extent,
    all: &mut [Node],
) {
    for first in (0..extent.used).step_by(M::Eight::WIDTH) {
        let seed = load::<M, M::Eight, WORDS>(machine, seed, first);
        let mut x = load::<M, M::Eight, WORDS>(machine, node, first);
        let mut addresses = *addresses;
        for step in 0..extent.steps {
            let a = load::<M, M::Eight, ADDRESS>(machine, &addresses, first);
            x = block::<M, M::Eight, WORDS>(&seed, &a, &x);
            if let Some(out) = all.get_mut(step) {
                for i in 0..WORDS {
                    x[i].store(&mut out[i][first..]);
                }
            }
            for lane in 0..LANES {
                // The lowest byte of the index, which is the last byte of the address; no index of a chain exceeds 15.
                addresses[3][lane] = addresses[3][lane].wrapping_add(1 << 56);
            }
        }
        for i in 0..WORDS {
            x[i].store(&mut node[i][first..]);
        }
    }
}

/// One block: the seed, the address and a node.
#[inline(always)]
fn block<M: Copy, L: Lanes64<M>, const WORDS: usize>(
    seed: &[L; WORDS],
    address: &[L; ADDRESS],
    node: &[L; WORDS],
) -> [L; WORDS] {
    let mut a = [constant(seed[0], 0); 25];
    for i in 0..WORDS {
        a[i] = seed[i];
        a[WORDS + ADDRESS + i] = node[i];
    }
    a[WORDS..WORDS + ADDRESS].copy_from_slice(address);
    a[2 * WORDS + ADDRESS] = constant(seed[0], FIRST);
    a[RATE - 1] = constant(seed[0], LAST);
    // The first and the last round stand alone, so that zeros and unused words cost nothing.
    round(&mut a, ROUND_CONSTANTS[0]);
    for constant in &ROUND_CONSTANTS[1..23] {
        round(&mut a, *constant);
    }
    round(&mut a, ROUND_CONSTANTS[23]);
    let mut out = *node;
    out.copy_from_slice(&a[..WORDS]);
    out
}

/// The family, for nodes of some words.
#[derive(Clone, Copy)]
pub(crate) struct Shake<M> {
    machine: M,
    words: usize,
}

impl<M> Shake<M> {
    pub(crate) const fn new(machine: M, n: usize) -> Self {
        Self { machine, words: n / 8 }
    }
}

/// A word of an address: two numbers of 32 bits, the highest byte first.
const fn word(first: u32, second: u32) -> u64 {
    first.swap_bytes() as u64 | (second.swap_bytes() as u64) << 32
}

impl<M: ShakeKernels + F1600> Shake<M> {
    /// Permutes the first states.
    fn permute(self, state: &mut State<LANES>, used: usize) {
        if used == 1 {
            let mut single = State::ZERO;
            state.get(0, &mut single);
            self.machine.permute_x1(&mut single);
            state.set(0, &single);
        } else {
            self.machine.permute_x8(state, used);
        }
    }

    fn hash(self, chunks: [&[u8]; 2], message: &[&[u8]], out: &mut [u8]) {
        let mut sponge = <Shake256>::new();
        chunks.iter().chain(message).for_each(|chunk| sponge.absorb(self.machine, chunk));
        sponge.finish();
        sponge.squeeze(self.machine, out);
    }
}

impl<M: ShakeKernels + F1600> Family for Shake<M> {
    const LANES: usize = LANES;
    type Word = u64;
    type Row = Row;
    type Node = Node;
    type Addresses = Addresses;
    type Keys = Node;
    type Start = ();
    type Rows = [Row; RATE * BLOCKS];

    const ZERO_NODE: Node = [[0; LANES]; NODE];
    const ZERO_ADDRESSES: Addresses = [[0; LANES]; ADDRESS];

    fn n(self) -> usize {
        8 * self.words
    }

    fn wastes_half(self) -> bool {
        false
    }

    fn read(bytes: &[u8]) -> u64 {
        bytes.as_chunks().0.first().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn write(word: u64, bytes: &mut [u8]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }

    fn set_address(addresses: &mut Addresses, lane: usize, address: &Address) {
        addresses[0][lane] = word(address.layer, 0);
        addresses[1][lane] = address.tree.swap_bytes();
        addresses[2][lane] = word(address.kind as u32, address.key_pair);
        addresses[3][lane] = word(address.height, address.index);
    }

    fn set_key_pair(addresses: &mut Addresses, lane: usize, key_pair: u32) {
        addresses[2][lane] = addresses[2][lane] & 0xffff_ffff | word(0, key_pair);
    }

    fn set_position(addresses: &mut Addresses, lane: usize, height: u32, index: u32) {
        addresses[3][lane] = word(height, index);
    }

    fn set_positions(addresses: &mut Addresses, height: u32, indices: &[u32; MAX_LANES]) {
        for (row, index) in addresses[3].iter_mut().zip(indices) {
            *row = word(height, *index);
        }
    }

    fn advance(addresses: &mut Addresses, steps: u32) {
        // As in the kernel: the lowest byte of the index is the last byte of the address.
        addresses[3].iter_mut().for_each(|word| *word = word.wrapping_add(u64::from(steps) << 56));
    }

    fn keys(self, seed: &[u8]) -> Node {
        let mut keys = Self::ZERO_NODE;
        for lane in 0..LANES {
            Self::set(&mut keys, lane, seed);
        }
        keys
    }

    fn set_key(keys: &mut Node, lane: usize, from: &Node, from_lane: usize) {
        for (row, from) in keys.iter_mut().zip(from) {
            row[lane] = from[from_lane];
        }
    }

    fn start(self, _: &Node, _: &Addresses, _: usize) {}

    fn chain(self, keys: &Node, (): &(), addresses: &Addresses, node: &mut Node, extent: Extent, all: &mut [Node]) {
        match self.words {
            2 => self.machine.shake_chain::<2>(keys, addresses, node, extent, all),
            3 => self.machine.shake_chain::<3>(keys, addresses, node, extent, all),
            _ => self.machine.shake_chain::<4>(keys, addresses, node, extent, all),
        }
    }

    fn pair(self, keys: &Node, addresses: &Addresses, left: &Node, right: &Node, out: &mut Node, used: usize) {
        let (mut state, words) = (State::<LANES>::ZERO, self.words);
        let rows = keys[..words].iter().chain(addresses).chain(&left[..words]).chain(&right[..words]);
        state.0.iter_mut().zip(rows).for_each(|(word, row)| *word = *row);
        state.0[3 * words + ADDRESS] = [FIRST; LANES];
        state.0[RATE - 1].iter_mut().for_each(|word| *word |= LAST);
        self.permute(&mut state, used);
        out[..words].copy_from_slice(&state.0[..words]);
    }

    fn zero_rows() -> Self::Rows {
        [[0; LANES]; RATE * BLOCKS]
    }

    fn node_rows(self, rows: &mut Self::Rows, node: usize) -> &mut [Row] {
        &mut rows[self.words + ADDRESS + node * self.words..][..self.words]
    }

    fn compress(
        self,
        keys: &Node,
        addresses: &Addresses,
        rows: &mut Self::Rows,
        nodes: usize,
        out: &mut Node,
        used: usize,
    ) {
        let (words, mut state) = (self.words, State::<LANES>::ZERO);
        let end = words + ADDRESS + nodes * words;
        rows[..words].copy_from_slice(&keys[..words]);
        rows[words..words + ADDRESS].copy_from_slice(addresses);
        let rows = &mut rows[..(end / RATE + 1) * RATE];
        rows[end..].fill([0; LANES]);
        rows[end] = [FIRST; LANES];
        rows.iter_mut().last().into_iter().flatten().for_each(|word| *word |= LAST);
        for block in rows.chunks_exact(RATE) {
            state.0.iter_mut().zip(block).for_each(|(words, row)| {
                words.iter_mut().zip(row).for_each(|(word, added)| *word ^= added);
            });
            self.permute(&mut state, used);
        }
        out[..words].copy_from_slice(&state.0[..words]);
    }

    fn prf_message(self, sk_prf: &[u8], opt_rand: &[u8], message: &[&[u8]], out: &mut [u8]) {
        self.hash([sk_prf, opt_rand], message, out);
    }

    fn hash_message(self, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        self.hash([r, public_key], message, out);
    }
}
