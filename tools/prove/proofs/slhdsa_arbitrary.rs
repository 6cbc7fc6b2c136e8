//! An arbitrary function in place of the hash functions of SLH-DSA.

use super::claim;
use super::machine::{mixed, noise};
use super::slhdsa::address_bytes;
use crate::slhdsa::address::{Address, Kind};
use crate::slhdsa::family::{Extent, Family, MAX_LANES};
use std::array::from_fn;

/// The arbitrary function, in place of F, H, T, PRF and the functions of messages, which have different addresses.
pub(super) fn function(seed: &[u8], address: &[u8], input: &[u8], length: usize) -> Vec<u8> {
    let parts = [seed, address, input];
    let hash = parts.iter().flat_map(|part| part.chunks(8)).fold(0, |hash, chunk| {
        let word = chunk.iter().fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
        mixed(hash ^ word).wrapping_add(chunk.len() as u64)
    });
    (0..length).map(|i| mixed(hash.wrapping_add(i as u64 / 8)).to_le_bytes()[i % 8]).collect()
}

pub(super) fn hash(seed: &[u8], address: &Address, input: &[u8], n: usize) -> Vec<u8> {
    function(seed, &address_bytes(address), input, n)
}

/// A family of the arbitrary function.
#[derive(Clone, Copy)]
pub(super) struct Arbitrary<const LANES: usize> {
    pub(super) words: usize,
}

type Node<const L: usize> = [[u64; L]; 4];

impl<const L: usize> Arbitrary<L> {
    fn bytes(self, node: &[[u64; L]], lane: usize) -> Vec<u8> {
        node.iter().flat_map(|row| row[lane].to_le_bytes()).collect()
    }

    /// Sets the used lanes to the results of a function, and the others to noise.
    fn set_all(self, out: &mut Node<L>, used: usize, result: impl Fn(usize) -> Vec<u8>) {
        for lane in 0..L {
            let bytes = if lane < used { result(lane) } else { (0..32).map(|_| noise() as u8).collect() };
            Self::set(out, lane, &bytes);
        }
    }
}

impl<const L: usize> Family for Arbitrary<L> {
    const LANES: usize = L;
    type Word = u64;
    type Row = [u64; L];
    type Node = Node<L>;
    type Addresses = [Address; L];
    type Keys = Vec<[u8; 32]>;
    type Start = [(Address, [u8; 32]); L];
    type Rows = Vec<[u64; L]>;
    const ZERO_NODE: Node<L> = [[0; L]; 4];
    const ZERO_ADDRESSES: [Address; L] = [Address::new(Kind::ForsPrf, 99, 99); L];

    fn n(self) -> usize {
        8 * self.words
    }
    fn wastes_half(self) -> bool {
        L == 16
    }
    fn read(bytes: &[u8]) -> u64 {
        u64::from_le_bytes(from_fn(|i| bytes[i]))
    }
    fn write(word: u64, bytes: &mut [u8]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    fn set_address(addresses: &mut [Address; L], lane: usize, address: &Address) {
        addresses[lane] = *address;
    }
    fn set_key_pair(addresses: &mut [Address; L], lane: usize, key_pair: u32) {
        addresses[lane].key_pair = key_pair;
    }
    fn set_position(addresses: &mut [Address; L], lane: usize, height: u32, index: u32) {
        (addresses[lane].height, addresses[lane].index) = (height, index);
    }
    fn set_positions(addresses: &mut [Address; L], height: u32, indices: &[u32; MAX_LANES]) {
        (0..L).for_each(|lane| Self::set_position(addresses, lane, height, indices[lane]));
    }
    fn advance(addresses: &mut [Address; L], steps: u32) {
        addresses.iter_mut().for_each(|address| address.index = address.index.wrapping_add(steps));
    }
    fn keys(self, seed: &[u8]) -> Self::Keys {
        let mut key = [0; 32];
        key[..seed.len()].copy_from_slice(seed);
        vec![key; L]
    }
    fn set_key(keys: &mut Self::Keys, lane: usize, from: &Self::Keys, from_lane: usize) {
        keys[lane] = from[from_lane];
    }
    fn start(self, keys: &Self::Keys, addresses: &[Address; L], used: usize) -> Self::Start {
        from_fn(|lane| if lane < used { (addresses[lane], keys[lane]) } else { (Self::ZERO_ADDRESSES[0], [0; 32]) })
    }
    fn chain(
        self,
        keys: &Self::Keys,
        start: &Self::Start,
        addresses: &[Address; L],
        node: &mut Node<L>,
        Extent { steps, used }: Extent,
        all: &mut [Node<L>],
    ) {
        for lane in 0..used {
            let first_part = |a: &Address| (a.kind, a.layer, a.tree, a.key_pair, a.height >> 16);
            let (address, key) = &start[lane];
            let is_same = first_part(address) == first_part(&addresses[lane]) && *key == keys[lane];
            claim(is_same, || format!("{:?} begins as {address:?}, with its key", addresses[lane]));
        }
        for step in 0..steps {
            let before = *node;
            self.set_all(node, used, |lane| {
                let address = Address { index: addresses[lane].index + step as u32, ..addresses[lane] };
                let n = self.n();
                hash(&keys[lane][..n], &address, &self.bytes(&before[..self.words], lane), n)
            });
            if let Some(out) = all.get_mut(step) {
                *out = *node;
            }
        }
    }
    fn pair(
        self,
        keys: &Self::Keys,
        addresses: &[Address; L],
        left: &Node<L>,
        right: &Node<L>,
        out: &mut Node<L>,
        used: usize,
    ) {
        let n = self.n();
        self.set_all(out, used, |lane| {
            let input = [left, right].map(|node| self.bytes(&node[..self.words], lane)).concat();
            hash(&keys[lane][..n], &addresses[lane], &input, n)
        });
    }
    fn zero_rows() -> Self::Rows {
        vec![[0; L]; 67 * 4]
    }
    fn node_rows(self, rows: &mut Self::Rows, node: usize) -> &mut [[u64; L]] {
        &mut rows[node * self.words..][..self.words]
    }
    fn compress(
        self,
        keys: &Self::Keys,
        addresses: &[Address; L],
        rows: &mut Self::Rows,
        nodes: usize,
        out: &mut Node<L>,
        used: usize,
    ) {
        let n = self.n();
        self.set_all(out, used, |lane| {
            hash(&keys[lane][..n], &addresses[lane], &self.bytes(&rows[..nodes * self.words], lane), n)
        });
    }
    fn prf_message(self, sk_prf: &[u8], opt_rand: &[u8], message: &[&[u8]], out: &mut [u8]) {
        out.copy_from_slice(&function(sk_prf, opt_rand, &message.concat(), out.len()));
    }
    fn hash_message(self, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        out.copy_from_slice(&function(r, public_key, &message.concat(), out.len()));
    }
}
