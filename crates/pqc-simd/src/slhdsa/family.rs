//! The hash functions of FIPS 205, section 11, on several lanes: the common interface of SHAKE256 and SHA-2.

use super::address::Address;

/// The largest number of lanes.
pub(crate) const MAX_LANES: usize = 16;

/// One of the two families, with a backend, for nodes of n bytes.
///
/// A row is a word of every lane. The kernels compute the first `used` lanes; the contents of the others are
/// unspecified.
pub(crate) trait Family: Copy {
    const LANES: usize;
    type Word: Copy;
    type Row: Copy + AsRef<[Self::Word]> + AsMut<[Self::Word]>;
    /// A node of each lane, of which the first n bytes are used.
    type Node: Copy + AsRef<[Self::Row]> + AsMut<[Self::Row]>;
    type Addresses: Copy;
    /// `PK.seed` of each lane.
    type Keys: Clone;
    /// The intermediate result of the functions for a seed and the first part of an address, up to the upper half of
    /// the chain or height, which is below 2^16.
    type Start: Copy;
    /// The input of the function T.
    type Rows: AsMut<[Self::Row]>;

    const ZERO_NODE: Self::Node;
    const ZERO_ADDRESSES: Self::Addresses;

    fn n(self) -> usize;
    /// Whether half of the lanes costs as much as all of them.
    fn wastes_half(self) -> bool;
    fn read(bytes: &[u8]) -> Self::Word;
    fn write(word: Self::Word, bytes: &mut [u8]);

    fn set_address(addresses: &mut Self::Addresses, lane: usize, address: &Address);
    fn set_key_pair(addresses: &mut Self::Addresses, lane: usize, key_pair: u32);
    /// The chain or height, and the hash or index.
    fn set_position(addresses: &mut Self::Addresses, lane: usize, height: u32, index: u32);
    /// One height for every lane, and an index for each.
    fn set_positions(addresses: &mut Self::Addresses, height: u32, indices: &[u32; MAX_LANES]);
    /// Adds to the hash of every lane. The hash of a lane that is in use stays below 16.
    fn advance(addresses: &mut Self::Addresses, steps: u32);

    /// The same seed in every lane.
    fn keys(self, seed: &[u8]) -> Self::Keys;
    fn set_key(keys: &mut Self::Keys, lane: usize, from: &Self::Keys, from_lane: usize);

    fn start(self, keys: &Self::Keys, addresses: &Self::Addresses, used: usize) -> Self::Start;
    /// F or PRF of each node, for the steps of the extent. The first step has the index of the address, each later step
    /// the next index. The results of the steps go to `all` too, if it is not empty.
    fn chain(
        self,
        keys: &Self::Keys,
        start: &Self::Start,
        addresses: &Self::Addresses,
        node: &mut Self::Node,
        extent: Extent,
        all: &mut [Self::Node],
    );
    /// H of two nodes.
    fn pair(
        self,
        keys: &Self::Keys,
        addresses: &Self::Addresses,
        left: &Self::Node,
        right: &Self::Node,
        out: &mut Self::Node,
        used: usize,
    );
    fn zero_rows() -> Self::Rows;
    /// The rows of a node of the input of T.
    fn node_rows(self, rows: &mut Self::Rows, node: usize) -> &mut [Self::Row];
    /// T of the first nodes.
    fn compress(
        self,
        keys: &Self::Keys,
        addresses: &Self::Addresses,
        rows: &mut Self::Rows,
        nodes: usize,
        out: &mut Self::Node,
        used: usize,
    );
    /// PRF_msg of a message in chunks.
    fn prf_message(self, sk_prf: &[u8], opt_rand: &[u8], message: &[&[u8]], out: &mut [u8]);
    /// H_msg of a message in chunks, with the public key.
    fn hash_message(self, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]);

    /// The words of a node.
    fn words(self) -> usize {
        self.n() / size_of::<Self::Word>()
    }

    fn get(node: &Self::Node, lane: usize, out: &mut [u8]) {
        for (row, out) in node.as_ref().iter().zip(out.chunks_exact_mut(size_of::<Self::Word>())) {
            Self::write(row.as_ref()[lane], out);
        }
    }

    fn set(rows: &mut [Self::Row], lane: usize, bytes: &[u8]) {
        for (row, bytes) in rows.iter_mut().zip(bytes.chunks_exact(size_of::<Self::Word>())) {
            row.as_mut()[lane] = Self::read(bytes);
        }
    }

    /// Copies a node of one lane to another.
    fn copy(self, from: &Self::Node, lane: usize, to: &mut [Self::Row], to_lane: usize) {
        for (from, to) in from.as_ref()[..self.words()].iter().zip(to) {
            to.as_mut()[to_lane] = from.as_ref()[lane];
        }
    }

    /// The same address in every lane.
    fn addresses(address: &Address) -> Self::Addresses {
        let mut addresses = Self::ZERO_ADDRESSES;
        for lane in 0..Self::LANES {
            Self::set_address(&mut addresses, lane, address);
        }
        addresses
    }
}

/// How much of a chain is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) steps: usize,
    /// Lanes.
    pub(crate) used: usize,
}

/// The seeds of a private key, the same in every lane.
pub(crate) struct Secret<F: Family> {
    pub(crate) keys: F::Keys,
    pub(crate) seed: F::Node,
}

impl<F: Family> Secret<F> {
    pub(crate) fn new(f: F, sk_seed: &[u8], pk_seed: &[u8]) -> Self {
        let mut seed = F::ZERO_NODE;
        for lane in 0..F::LANES {
            F::set(seed.as_mut(), lane, sk_seed);
        }
        Self { keys: f.keys(pk_seed), seed }
    }
}
