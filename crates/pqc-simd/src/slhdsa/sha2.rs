//! The hash functions with SHA-2 (FIPS 205, section 11.2) on sixteen lanes: SHA-256, and for n of 24 and 32 SHA-512 for H, T and the
//! message.

use super::address::Address;
use super::family::Family;
use super::sha2_kernels::{LANES, Node, Row, Sha2Kernels};
use crate::backend::Portable;
use crate::sha2::compression::{compress_256, compress_512};
use crate::sha2::constants::{INITIAL_256, INITIAL_512};
use crate::sha2::hash::{Hasher, hmac, mgf1};
use crate::sha2::{Sha2, Sha256, Sha512};
use crate::vec::word::{MachineSha2, Word};

/// The words of the longest node, and of an address.
const NODE: usize = 8;
const ADDRESS: usize = 6;
/// The rows of T of the most nodes: 67 of 32 bytes in blocks of SHA-512, and the row after them.
const ROWS: usize = 32 * (22 + 67 * 32 + 17_usize).div_ceil(128) + 2;
/// The bit after a message.
const PAD: u32 = 1 << 31;

type Addresses = [Row; ADDRESS];

/// The hash values after the first block, `PK.seed` and zeros.
#[derive(Clone)]
pub(crate) struct Keys {
    small: [Row; 8],
    large: [[u64; LANES]; 8],
}

/// The family, for nodes of some words.
#[derive(Clone, Copy)]
pub(crate) struct Sha2Family<M> {
    machine: M,
    words: usize,
}

impl<M> Sha2Family<M> {
    pub(crate) const fn new(machine: M, n: usize) -> Self {
        Self { machine, words: n / 4 }
    }

    /// Whether the long functions are SHA-512.
    const fn is_large(&self) -> bool {
        self.words > 4
    }
}

impl<M: Sha2Kernels> Sha2Family<M> {
    /// The hash of an address and rows of nodes, in blocks with their padding, to a row after the last.
    fn hash(self, keys: &Keys, rows: &mut [Row], nodes: usize, out: &mut Node, used: usize) {
        let end = ADDRESS + nodes * self.words;
        let bytes = 22 + nodes * 4 * self.words;
        if self.is_large() {
            let rows = &mut rows[..32 * (bytes + 17).div_ceil(128) + 2];
            rows[end..].fill([0; LANES]);
            rows[end] = [PAD; LANES];
            let bits = 8 * (128 + bytes as u64);
            if used == 1 {
                // The compiler's code for one lane is faster.
                Portable::new().hash_rows_512(&keys.large, rows, bits, out, used);
            } else {
                self.machine.hash_rows_512(&keys.large, rows, bits, out, used);
            }
        } else {
            let rows = &mut rows[..16 * (bytes + 9).div_ceil(64) + 1];
            rows[end..].fill([0; LANES]);
            rows[end] = [PAD; LANES];
            let bits = 8 * (64 + bytes as u32);
            if used == 1 {
                Portable::new().hash_rows_256(&keys.small, rows, bits, out, used);
            } else {
                self.machine.hash_rows_256(&keys.small, rows, bits, out, used);
            }
        }
    }

    fn message_digest<H: Sha2>(r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        let (mut hasher, mut inner) = (Hasher::<H>::new(), [0; 64]);
        hasher.update(r);
        hasher.update(public_key);
        message.iter().for_each(|chunk| hasher.update(chunk));
        hasher.finish(&mut inner[..H::DIGEST]);
        mgf1::<H>(&[r, &public_key[..public_key.len() / 2], &inner[..H::DIGEST]], out);
    }
}

impl<M: MachineSha2 + Sha2Kernels> Family for Sha2Family<M> {
    const LANES: usize = LANES;
    const WASTES_HALF: bool = M::W32::WIDTH == LANES;
    type Word = u32;
    type Row = Row;
    type Node = Node;
    type Addresses = Addresses;
    type Keys = Keys;
    type Start = [Row; 8];
    type Rows = [Row; ROWS];

    const ZERO_NODE: Node = [[0; LANES]; NODE];
    const ZERO_ADDRESSES: Addresses = [[0; LANES]; ADDRESS];

    fn n(self) -> usize {
        4 * self.words
    }

    fn read(bytes: &[u8]) -> u32 {
        bytes.as_chunks().0.first().map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    fn write(word: u32, bytes: &mut [u8]) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }

    fn set_address(addresses: &mut Addresses, lane: usize, address: &Address) {
        for (row, word) in addresses.iter_mut().zip(address.compressed()) {
            row[lane] = word;
        }
    }

    fn set_key_pair(addresses: &mut Addresses, lane: usize, key_pair: u32) {
        addresses[2][lane] = addresses[2][lane] & 0xffff_0000 | key_pair >> 16;
        addresses[3][lane] = key_pair;
    }

    fn set_position(addresses: &mut Addresses, lane: usize, height: u32, index: u32) {
        addresses[4][lane] = height;
        addresses[5][lane] = index;
    }

    fn keys(self, seed: &[u8]) -> Keys {
        let (mut small, mut large) = ([0; 16], [0; 16]);
        for (i, bytes) in seed.as_chunks::<4>().0.iter().enumerate() {
            small[i] = u32::from_be_bytes(*bytes);
            large[i / 2] |= u64::from(small[i]) << if i % 2 == 0 { 32 } else { 0 };
        }
        Keys {
            small: compress_256::<(), u32>((), INITIAL_256, small).map(|word| [word; LANES]),
            large: compress_512::<(), u64>((), INITIAL_512, large).map(|word| [word; LANES]),
        }
    }

    fn set_key(keys: &mut Keys, lane: usize, from: &Keys, from_lane: usize) {
        for i in 0..8 {
            keys.small[i][lane] = from.small[i][from_lane];
            keys.large[i][lane] = from.large[i][from_lane];
        }
    }

    fn start(self, keys: &Keys, addresses: &Addresses, used: usize) -> [Row; 8] {
        let mut start = keys.small;
        self.machine.first_rounds(addresses, &mut start, used);
        start
    }

    fn chain(
        self,
        keys: &Keys,
        start: &[Row; 8],
        addresses: &Addresses,
        node: &mut Node,
        steps: usize,
        used: usize,
        all: &mut [Node],
    ) {
        let machine = self.machine;
        match self.words {
            4 => machine.sha2_chain::<4>(&keys.small, start, addresses, node, steps, used, all),
            6 => machine.sha2_chain::<6>(&keys.small, start, addresses, node, steps, used, all),
            _ => machine.sha2_chain::<8>(&keys.small, start, addresses, node, steps, used, all),
        }
    }

    fn pair(self, keys: &Keys, addresses: &Addresses, left: &Node, right: &Node, out: &mut Node, used: usize) {
        let (mut rows, words) = ([[0; LANES]; 34], self.words);
        rows[..ADDRESS].copy_from_slice(addresses);
        rows[ADDRESS..ADDRESS + words].copy_from_slice(&left[..words]);
        rows[ADDRESS + words..ADDRESS + 2 * words].copy_from_slice(&right[..words]);
        self.hash(keys, &mut rows, 2, out, used);
    }

    fn zero_rows() -> Self::Rows {
        [[0; LANES]; ROWS]
    }

    fn node_rows(self, rows: &mut Self::Rows, node: usize) -> &mut [Row] {
        &mut rows[ADDRESS + node * self.words..][..self.words]
    }

    fn compress(
        self,
        keys: &Keys,
        addresses: &Addresses,
        rows: &mut Self::Rows,
        nodes: usize,
        out: &mut Node,
        used: usize,
    ) {
        rows[..ADDRESS].copy_from_slice(addresses);
        self.hash(keys, rows, nodes, out, used);
    }

    fn prf_message(self, sk_prf: &[u8], opt_rand: &[u8], message: &[&[u8]], out: &mut [u8]) {
        if self.is_large() {
            hmac::<Sha512>(sk_prf, opt_rand, message, out);
        } else {
            hmac::<Sha256>(sk_prf, opt_rand, message, out);
        }
    }

    fn hash_message(self, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        if self.is_large() {
            Self::message_digest::<Sha512>(r, public_key, message, out);
        } else {
            Self::message_digest::<Sha256>(r, public_key, message, out);
        }
    }
}
