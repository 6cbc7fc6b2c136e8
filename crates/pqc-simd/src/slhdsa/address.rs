//! Addresses (FIPS 205, sections 4.2 and 11.2), and where the digest of a message leads (sections 9.2 and 9.3).

use super::params::Numbers;

/// The types of table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    WotsHash = 0,
    WotsPublicKey = 1,
    Tree = 2,
    ForsTree = 3,
    ForsRoots = 4,
    WotsPrf = 5,
    ForsPrf = 6,
}

/// An address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub(crate) kind: Kind,
    pub(crate) layer: u32,
    /// 96 bits in the standard, at most 64 in every set.
    pub(crate) tree: u64,
    pub(crate) key_pair: u32,
    /// The chain, or the height in a tree.
    pub(crate) height: u32,
    /// The hash, or the index in a tree.
    pub(crate) index: u32,
}

impl Address {
    /// The first address of a kind.
    pub(crate) const fn new(kind: Kind, layer: u32, tree: u64) -> Self {
        Self { kind, layer, tree, key_pair: 0, height: 0, index: 0 }
    }

    /// The compressed address of section 11.2, in words of 32 bits. The upper half of the fourth word repeats the lower
    /// half of the third: the address has 22 bytes, and the data after it begins two bytes after a word.
    #[allow(clippy::cast_possible_truncation, reason = "bytes of the tree index")]
    pub(crate) const fn compressed(&self) -> [u32; 6] {
        [
            self.layer << 24 | (self.tree >> 40) as u32,
            (self.tree >> 8) as u32,
            (self.tree as u32) << 24 | (self.kind as u32) << 16 | self.key_pair >> 16,
            self.key_pair,
            self.height,
            self.index,
        ]
    }
}

/// A leaf of the hypertree: a tree of a layer, and the index of the leaf in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tree: u64,
    pub(crate) leaf: u32,
}

impl Place {
    /// The leaf of a layer above a leaf of layer 0: the lowest bits of the index of its tree, and the other bits (algorithm 12).
    #[allow(clippy::cast_possible_truncation, reason = "h' bits, at most 9")]
    pub(crate) const fn above(self, layer: usize, height: usize) -> Self {
        if layer == 0 {
            return self;
        }
        let below = self.tree >> ((layer - 1) * height);
        Self { tree: below >> height, leaf: (below & ((1 << height) - 1)) as u32 }
    }
}

/// The leaves that the digest of a message selects (algorithm 19, lines 6 to 10): one of each FORS tree, and one of
/// layer 0.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    /// The digest for FORS, *md*.
    md: &'a [u8],
    pub(crate) place: Place,
}

impl<'a> Selection<'a> {
    /// Anyone who has the signature can compute the digest. This is a call, so that `make ct` can declare the digest
    /// public here.
    #[allow(clippy::cast_possible_truncation, reason = "h' bits, at most 9")]
    #[inline(never)]
    pub(crate) fn new(numbers: &Numbers, digest: &'a [u8]) -> Self {
        let tree_bits = (numbers.d - 1) * numbers.height;
        let (md, rest) = digest.split_at((numbers.k * numbers.a).div_ceil(8));
        let (tree, leaf) = rest.split_at(tree_bits.div_ceil(8));
        let leaf = low_bits(&leaf[..numbers.height.div_ceil(8)], numbers.height) as u32;
        Self { md, place: Place { tree: low_bits(tree, tree_bits), leaf } }
    }

    /// The leaf of a FORS tree: base_2b (algorithm 4). A number of `a` bits may begin at any bit of a byte.
    pub(crate) fn fors_leaf(&self, tree: usize, a: usize) -> u32 {
        (tree * a..(tree + 1) * a).fold(0, |leaf, bit| leaf << 1 | u32::from(self.md[bit / 8] >> (7 - bit % 8) & 1))
    }
}

/// The number of a string of at most eight bytes, modulo 2^bits; `bits` is at most 64.
fn low_bits(bytes: &[u8], bits: usize) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) & (u64::MAX >> (64 - bits))
}
