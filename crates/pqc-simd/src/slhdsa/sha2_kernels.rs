//! The blocks of the hash functions with SHA-2, on several lanes: an address of 22 bytes, and nodes, which begin inside a word.

use super::family::Extent;
use crate::sha2::compression::MachineSha2;
use crate::sha2::compression::{first_rounds_256, rounds_512, schedule_512};
use crate::vec::word::{Pairs, Word};

pub(crate) const LANES: usize = 16;
pub(crate) type Row = [u32; LANES];
pub(crate) type Node = [Row; 8];
type Row64 = [u64; LANES];
type Addresses = [Row; 6];
static ZERO: Row = [0; LANES];

/// The inputs of a chain except its node.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
pub(crate) struct Input<'a> {
    pub(crate) key: &'a [Row; 8],
    pub(crate) start: &'a [Row; 8],
    pub(crate) addresses: &'a [Row; 6],
}

kernels! {
    /// The hash functions, after the first block of a key.
    pub(crate) trait Sha2Kernels {
        /// The first four rounds of F, PRF and, where they are SHA-256, H, in place of the hash values after the first block.
        fn first_rounds(addresses: &Addresses, values: &mut [Row; 8], used: usize) = first_rounds;
        /// F or PRF: see [`Family::chain`](super::family::Family::chain).
        fn sha2_chain<const WORDS: usize>(
            key: &[Row; 8],
            start: &[Row; 8],
            addresses: &Addresses,
            node: &mut Node,
            extent: Extent,
            all: &mut [Node],
        ) = chain;
        /// SHA-256 of the rows: an address, nodes and the padding, and one row after the last block. `bits` is the length of the message,
        /// with the first block of the key.
        fn hash_rows_256(key: &[Row; 8], rows: &[Row], bits: u32, out: &mut Node, used: usize) = hash_rows_256;
        /// The same with SHA-512, and two rows after the last block.
        fn hash_rows_512(key: &[Row64; 8], rows: &[Row], bits: u64, out: &mut Node, used: usize) = hash_rows_512;
        /// The same of the first lane alone. It takes 12 KiB of stack.
        fn hash_row_512(key: &[Row64; 8], rows: &[Row], bits: u64, out: &mut Node) = hash_row_512;
    }
}

#[inline(always)]
fn load<M: Copy, V: Word<M>, const N: usize, const L: usize>(machine: M, rows: &[[V::Int; L]], first: usize) -> [V; N] {
    let mut out = [V::load(machine, &rows[0][first..]); N];
    for i in 1..N {
        out[i] = V::load(machine, &rows[i][first..]);
    }
    out
}

/// The first four words: the chain and the height are below 2^16.
#[inline(always)]
pub(crate) fn first_rounds<M: MachineSha2>(machine: M, addresses: &Addresses, values: &mut [Row; 8], used: usize) {
    for first in (0..used).step_by(M::W32::WIDTH) {
        let a = load::<M, M::W32, 4, LANES>(machine, addresses, first);
        let words = [a[0], a[1], a[2], a[3].funnel(M::W32::splat(machine, 0))];
        let x = first_rounds_256(machine, load::<M, M::W32, 8, LANES>(machine, values, first), words);
        for i in 0..8 {
            x[i].store(&mut values[i][first..]);
        }
    }
}

#[inline(always)]
pub(crate) fn chain<M: MachineSha2, const WORDS: usize>(
    machine: M,
    key: &[Row; 8],
    start: &[Row; 8],
    addresses: &Addresses,
    node: &mut Node,
    extent: Extent,
    all: &mut [Node],
) {
    for first in (0..extent.used).step_by(M::W32::WIDTH) {
        let mut x = load::<M, M::W32, WORDS, LANES>(machine, node, first);
        let mut index = M::W32::load(machine, &addresses[5][first..]);
        for step in 0..extent.steps {
            let mut w = [M::W32::splat(machine, 0); 16];
            let a = load::<M, M::W32, 5, LANES>(machine, addresses, first);
            (w[0], w[1], w[2]) = (a[0], a[1], a[2]);
            w[3] = a[3].funnel(a[4]);
            w[4] = a[4].funnel(index);
            w[5] = index.funnel(x[0]);
            for i in 1..WORDS {
                w[5 + i] = x[i - 1].funnel(x[i]);
            }
            w[5 + WORDS] = x[WORDS - 1].funnel(M::W32::splat(machine, 1 << 31));
            w[15] = M::W32::splat(machine, 8 * (64 + 22 + 4 * WORDS as u32));
            let (key, start) = (load(machine, key, first), load(machine, start, first));
            let hash = machine.compress_256_after::<true>(key, start, w);
            x.copy_from_slice(&hash[..WORDS]);
            if let Some(out) = all.get_mut(step) {
                for i in 0..WORDS {
                    x[i].store(&mut out[i][first..]);
                }
            }
            index = index.add(M::W32::splat(machine, 1));
        }
        for i in 0..WORDS {
            x[i].store(&mut node[i][first..]);
        }
    }
}

#[inline(always)]
pub(crate) fn hash_rows_256<M: MachineSha2>(
    machine: M,
    key: &[Row; 8],
    rows: &[Row],
    bits: u32,
    out: &mut Node,
    used: usize,
) {
    let blocks = rows.len() / 16;
    for first in (0..used).step_by(M::W32::WIDTH) {
        let mut x = load::<M, M::W32, 8, LANES>(machine, key, first);
        for block in 0..blocks {
            let from = &rows[16 * block..16 * block + 17];
            let mut w = load::<M, M::W32, 16, LANES>(machine, from, first);
            for i in 0..16 {
                if block > 0 || i >= 3 {
                    w[i] = w[i].funnel(M::W32::load(machine, &from[i + 1][first..]));
                }
            }
            if block + 1 == blocks {
                w[15] = M::W32::splat(machine, bits);
            }
            x = machine.compress_256_after::<false>(x, x, w);
        }
        for i in 0..8 {
            x[i].store(&mut out[i][first..]);
        }
    }
}

/// The word of two rows.
#[inline(always)]
fn pair<M: Copy, V: Pairs<M>>(machine: M, high: &Row, low: &Row, first: usize) -> V {
    V::load_pair(machine, &high[first..], &low[first..])
}

/// The words of a block of rows, without the length.
#[inline(always)]
fn words_512<M: Copy, V: Pairs<M>>(machine: M, rows: &[Row], block: usize, first: usize) -> [V; 16] {
    let rows = &rows[32 * block..32 * block + 34];
    let mut w = [pair::<M, V>(machine, &rows[0], &rows[1], first); 16];
    let mut last = w[0];
    if block == 0 {
        // The majority with ones is an or: both have the upper half of the key pair, see
        // [`Address::compressed`](super::address::Address::compressed).
        let key_pair = pair::<M, V>(machine, &ZERO, &rows[3], first).funnel(V::splat(machine, 0));
        w[1] = pair::<M, V>(machine, &rows[2], &ZERO, first).majority(key_pair, V::splat(machine, u64::MAX));
        last = pair(machine, &rows[4], &rows[5], first);
    }
    for i in 0..16 {
        if block > 0 || i >= 2 {
            let next = pair(machine, &rows[2 * i + 2], &rows[2 * i + 3], first);
            w[i] = last.funnel(next);
            last = next;
        }
    }
    w
}

#[inline(always)]
fn store_512<M, V: Pairs<M>>(hash: [V; 8], out: &mut Node, first: usize) {
    for i in 0..4 {
        let (high, low) = out.split_at_mut(2 * i + 1);
        hash[i].store_pair(&mut high[2 * i][first..], &mut low[0][first..]);
    }
}

#[inline(always)]
pub(crate) fn hash_rows_512<M: MachineSha2>(
    machine: M,
    key: &[Row64; 8],
    rows: &[Row],
    bits: u64,
    out: &mut Node,
    used: usize,
) {
    let blocks = rows.len() / 32;
    for first in (0..used).step_by(M::W64::WIDTH) {
        let mut x = load::<M, M::W64, 8, LANES>(machine, key, first);
        for block in 0..blocks {
            let mut w = words_512::<M, M::W64>(machine, rows, block, first);
            if block + 1 == blocks {
                w[15] = M::W64::splat(machine, bits);
            }
            x = machine.compress_512(x, w);
        }
        store_512(x, out, first);
    }
}

/// The fewest blocks for which schedules in lanes are faster than one after the other.
const IN_LANES: usize = 3;

/// Computes the schedules of as many blocks as a vector has words, together, or one after the other with scalar
/// instructions, and then their rounds.
#[inline(always)]
pub(crate) fn hash_row_512<M: MachineSha2>(machine: M, key: &[Row64; 8], rows: &[Row], bits: u64, out: &mut Node) {
    let (blocks, mut x) = (rows.len() / 32, load::<M, u64, 8, LANES>(machine, key, 0));
    for first in (0..blocks).step_by(M::W64::WIDTH) {
        let (count, mut lanes, mut words) = (M::W64::WIDTH.min(blocks - first), [[0; 8]; 16], [[0; 8]; 80]);
        for lane in 0..count {
            let mut w = words_512::<M, u64>(machine, rows, first + lane, 0);
            if first + lane + 1 == blocks {
                w[15] = bits;
            }
            if count < IN_LANES {
                schedule_512::<M, u64, 8>(machine, w, &mut words, lane);
            } else {
                for i in 0..16 {
                    lanes[i][lane] = w[i];
                }
            }
        }
        if count >= IN_LANES {
            schedule_512::<M, M::W64, 8>(machine, load::<M, M::W64, 16, 8>(machine, &lanes, 0), &mut words, 0);
        }
        for lane in 0..count {
            x = rounds_512::<M, u64, 8>(machine, x, &words, lane);
        }
    }
    store_512::<M, u64>(x, out, 0);
}
