//! The public key of FORS and its signature (FIPS 205, section 8).

use super::address::{Address, Kind, Place, Selection};
use super::family::{Extent, Family, MAX_LANES, Secret};
use super::params::{MAX_N, Numbers};
use super::trees::{Layout, Leaves, Tree, roots};
use core::ops::Range;

/// The leaves of trees of FORS, and the buffer of their signature: for each tree the secret value of the leaf that
/// signs, and the authentication path. Nothing is written if no leaf signs.
struct ForsLeaves<'a, F: Family> {
    f: F,
    secret: &'a Secret<F>,
    addresses: [F::Addresses; 2],
    starts: Option<[F::Start; 2]>,
    /// The index of the first leaf of each lane.
    first: [u32; MAX_LANES],
    out: &'a mut [u8],
    /// Bytes of the signature of a tree.
    tree_bytes: usize,
}

impl<F: Family> Leaves<F> for ForsLeaves<'_, F> {
    fn begin(&mut self, layout: &Layout, trees: &[Tree]) {
        for (addresses, kind) in self.addresses.iter_mut().zip([Kind::ForsPrf, Kind::ForsTree]) {
            for lane in 0..layout.used {
                let address = Address { kind, ..trees[layout.tree(lane)].address };
                F::set_address(addresses, lane, &address);
            }
        }
        self.first = layout.first_indices(trees);
        self.starts = Some(self.addresses.map(|addresses| self.f.start(&self.secret.keys, &addresses, layout.used)));
    }

    fn leaf(&mut self, layout: &Layout, trees: &[Tree], step: usize, out: &mut F::Node) {
        let Some([prf_start, start]) = &self.starts else { return };
        let [prf, hash] = &mut self.addresses;
        let indices = self.first.map(|first| first + step as u32);
        F::set_positions(prf, 0, &indices);
        F::set_positions(hash, 0, &indices);
        let (f, keys, extent) = (self.f, &self.secret.keys, Extent { steps: 1, used: layout.used });
        *out = self.secret.seed;
        f.chain(keys, prf_start, prf, out, extent, &mut []);
        for (tree, lane) in layout.targets(trees, step) {
            F::get(out, lane, &mut self.out[tree * self.tree_bytes..][..f.n()]);
        }
        f.chain(keys, start, hash, out, extent, &mut []);
    }

    fn keep(&mut self, tree: usize, level: usize, node: &F::Node, lane: usize) {
        let n = self.f.n();
        F::get(node, lane, &mut self.out[tree * self.tree_bytes + (1 + level) * n..][..n]);
    }
}

/// The number of trees at a time that takes the fewest hashes of all lanes.
pub(crate) fn trees_at_once(lanes: usize, numbers: &Numbers) -> usize {
    let cost = |trees: usize| {
        let per_tree = (lanes / trees).min(1 << numbers.a);
        let hashes = 3 * ((1 << numbers.a) / per_tree) - 1 + per_tree.trailing_zeros() as usize;
        numbers.k.div_ceil(trees) * hashes
    };
    (0..=lanes.trailing_zeros()).map(|i| 1 << i).min_by_key(|trees| cost(*trees)).unwrap_or(1)
}

/// The roots of some trees (algorithm 15), which are computed together, in the first lanes. With an output buffer, the signature of
/// their selected leaves too (algorithm 16); without one, the lanes are in reverse order.
#[inline(never)]
pub(crate) fn tree_roots<F: Family>(
    f: F,
    numbers: &Numbers,
    secret: &Secret<F>,
    selection: &Selection,
    chosen: Range<usize>,
    out: Option<&mut [u8]>,
) -> F::Node {
    let (place, tree_bytes) = (selection.place, (1 + numbers.a) * numbers.n);
    let address = Address { key_pair: place.leaf, ..Address::new(Kind::ForsTree, 0, place.tree) };
    let mut trees = [Tree { address, first: 0, target: None }; 16];
    let trees = &mut trees[..chosen.len()];
    for (i, tree) in chosen.zip(trees.iter_mut()) {
        tree.first = (i << numbers.a) as u32;
        tree.target = out.is_some().then(|| selection.fors_leaf(i, numbers.a));
    }
    let (is_reversed, addresses) = (out.is_none(), [F::ZERO_ADDRESSES; 2]);
    let out = out.unwrap_or_default();
    let mut leaves = ForsLeaves { f, secret, addresses, starts: None, first: [0; MAX_LANES], out, tree_bytes };
    roots(f, &secret.keys, &mut leaves, numbers.a, trees, is_reversed)
}

/// The public key of the roots of all trees, which are in the first lane of the rows (algorithm 17, the last lines).
pub(crate) fn compress_roots<F: Family>(
    f: F,
    numbers: &Numbers,
    keys: &F::Keys,
    place: Place,
    rows: &mut F::Rows,
) -> [u8; MAX_N] {
    let address = Address { key_pair: place.leaf, ..Address::new(Kind::ForsRoots, 0, place.tree) };
    let (mut node, mut public_key) = (F::ZERO_NODE, [0; MAX_N]);
    f.compress(keys, &F::addresses(&address), rows, numbers.k, &mut node, 1);
    F::get(&node, 0, &mut public_key[..numbers.n]);
    public_key
}

/// The public key and, with an output buffer, the signature of the selected leaves.
#[inline(never)]
pub(crate) fn public_key<F: Family>(
    f: F,
    numbers: &Numbers,
    secret: &Secret<F>,
    selection: &Selection,
    mut out: Option<&mut [u8]>,
) -> [u8; MAX_N] {
    let (at_once, mut rows) = (trees_at_once(F::LANES, numbers), F::zero_rows());
    for first in (0..numbers.k).step_by(at_once) {
        let chosen = first..numbers.k.min(first + at_once);
        let out = out.as_deref_mut().map(|out| &mut out[first * (1 + numbers.a) * numbers.n..]);
        let roots = tree_roots(f, numbers, secret, selection, chosen.clone(), out);
        for (lane, i) in chosen.enumerate() {
            f.copy(&roots, lane, f.node_rows(&mut rows, i), 0);
        }
    }
    compress_roots(f, numbers, &secret.keys, selection.place, &mut rows)
}
