//! Verification (FIPS 205, algorithms 8, 11, 13, 17 and 20) of as many signatures as there are lanes.

use super::address::{Address, Kind, Selection};
use super::family::{Extent, Family, MAX_LANES};
use super::params::{MAX_CHAINS, MAX_N, Numbers};
use super::wots::{Digits, digits};

/// A signature, its public seed, and the leaves that the digest of its message selects.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) pk_seed: &'a [u8],
    pub(crate) selection: Selection<'a>,
    /// Of the right length.
    pub(crate) signature: &'a [u8],
}

/// Signatures in lanes: the signature of lane s is `items[s]`.
struct Verifier<'a, F: Family> {
    f: F,
    numbers: Numbers,
    items: &'a [Item<'a>],
    /// The key of each signature, in its lane.
    keys: F::Keys,
    /// The key of the signature that each lane works for.
    lane_keys: F::Keys,
    rows: F::Rows,
    /// The values that the last layer signs, in the lanes of their signatures.
    values: F::Node,
}

/// The root of the highest tree that each signature leads to, in its lane. If `values` is not empty, it receives the
/// values that the layers of the first signature sign, beginning with the public key of FORS, and then the root.
#[inline(never)]
pub(crate) fn recover<F: Family>(f: F, numbers: &Numbers, items: &[Item<'_>], values: &mut [[u8; MAX_N]]) -> F::Node {
    let mut keys = f.keys(items[0].pk_seed);
    let lane_keys = keys.clone();
    for (lane, item) in items.iter().enumerate() {
        if item.pk_seed != items[0].pk_seed {
            F::set_key(&mut keys, lane, &f.keys(item.pk_seed), 0);
        }
    }
    // The rows are made in their place: a copy of them would be 36 KiB of stack.
    let mut verifier =
        Verifier { f, numbers: *numbers, items, keys, lane_keys, rows: F::zero_rows(), values: F::ZERO_NODE };
    verifier.fors();
    let mut values = values.iter_mut();
    for layer in 0..=numbers.d {
        if let Some(value) = values.next() {
            F::get(&verifier.values, 0, &mut value[..numbers.n]);
        }
        if layer < numbers.d {
            verifier.layer(layer);
        }
    }
    verifier.values
}

impl<F: Family> Verifier<'_, F> {
    /// Sets the key of a lane.
    fn set_key(&mut self, lane: usize, signature: usize) {
        if self.items.len() > 1 {
            F::set_key(&mut self.lane_keys, lane, &self.keys, signature);
        }
    }

    /// The public keys of FORS (algorithm 17): each lane has a tree of some signature.
    fn fors(&mut self) {
        let (f, Numbers { n, k, a, .. }) = (self.f, self.numbers);
        let count = self.items.len() * k;
        for first in (0..count).step_by(F::LANES) {
            self.fors_trees(first, F::LANES.min(count - first), (1 + a) * n);
        }
        let mut addresses = F::ZERO_ADDRESSES;
        for (lane, item) in self.items.iter().enumerate() {
            let place = item.selection.place;
            let address = Address { key_pair: place.leaf, ..Address::new(Kind::ForsRoots, 0, place.tree) };
            F::set_address(&mut addresses, lane, &address);
        }
        f.compress(&self.keys, &addresses, &mut self.rows, k, &mut self.values, self.items.len());
    }

    /// The roots of some trees of FORS.
    fn fors_trees(&mut self, first: usize, used: usize, tree_bytes: usize) {
        let (f, Numbers { n, k, a, .. }, items) = (self.f, self.numbers, self.items);
        let (mut indices, mut addresses, mut node) = ([0; MAX_LANES], F::ZERO_ADDRESSES, F::ZERO_NODE);
        let part = |lane: usize, node: usize| {
            let (s, i) = ((first + lane) / k, (first + lane) % k);
            &items[s].signature[n + i * tree_bytes + node * n..][..n]
        };
        for lane in 0..used {
            let (s, i) = ((first + lane) / k, (first + lane) % k);
            let Selection { place, .. } = items[s].selection;
            indices[lane] = ((i as u32) << a) + items[s].selection.fors_leaf(i, a);
            let address = Address { key_pair: place.leaf, ..Address::new(Kind::ForsTree, 0, place.tree) };
            F::set_address(&mut addresses, lane, &Address { index: indices[lane], ..address });
            self.set_key(lane, s);
            F::set(node.as_mut(), lane, part(lane, 0));
        }
        let start = f.start(&self.lane_keys, &addresses, used);
        f.chain(&self.lane_keys, &start, &addresses, &mut node, Extent { steps: 1, used }, &mut []);
        for level in 0..a {
            let (mut left, mut right) = (F::ZERO_NODE, F::ZERO_NODE);
            for lane in 0..used {
                join(f, indices[lane] >> level, &node, part(lane, 1 + level), lane, &mut left, &mut right);
            }
            F::set_positions(&mut addresses, level as u32 + 1, &indices.map(|index| index >> (level + 1)));
            f.pair(&self.lane_keys, &addresses, &left, &right, &mut node, used);
        }
        for lane in 0..used {
            let (s, i) = ((first + lane) / k, (first + lane) % k);
            f.copy(&node, lane, f.node_rows(&mut self.rows, i), s);
        }
    }

    /// The roots of the trees of a layer (algorithm 11); the leaves of the trees sign the values.
    fn layer(&mut self, layer: usize) {
        let (f, numbers, used, items) = (self.f, self.numbers, self.items.len(), self.items);
        let from = numbers.n + numbers.fors_bytes() + layer * numbers.layer_bytes();
        self.chains(layer, from);
        let mut addresses = F::ZERO_ADDRESSES;
        for (lane, item) in items.iter().enumerate() {
            let place = item.selection.place.above(layer, numbers.height);
            let address =
                Address { key_pair: place.leaf, ..Address::new(Kind::WotsPublicKey, layer as u32, place.tree) };
            F::set_address(&mut addresses, lane, &address);
        }
        f.compress(&self.keys, &addresses, &mut self.rows, numbers.chains(), &mut self.values, used);
        for (lane, item) in items.iter().enumerate() {
            let place = item.selection.place.above(layer, numbers.height);
            F::set_address(&mut addresses, lane, &Address::new(Kind::Tree, layer as u32, place.tree));
        }
        for level in 0..numbers.height {
            let (mut left, mut right) = (F::ZERO_NODE, F::ZERO_NODE);
            for (lane, item) in items.iter().enumerate() {
                let index = item.selection.place.above(layer, numbers.height).leaf >> level;
                let sibling = &item.signature[from + (numbers.chains() + level) * numbers.n..][..numbers.n];
                join(f, index, &self.values, sibling, lane, &mut left, &mut right);
                F::set_position(&mut addresses, lane, level as u32 + 1, index >> 1);
            }
            f.pair(&self.keys, &addresses, &left, &right, &mut self.values, used);
        }
    }

    /// The ends of the chains of a layer (algorithm 8), in the rows of T. The longest chains begin, and a lane that has
    /// finished its chain takes the next one.
    fn chains(&mut self, layer: usize, from: usize) {
        let (f, n, chains) = (self.f, self.numbers.n, self.numbers.chains());
        let mut lanes = ChainLanes {
            layer,
            from,
            queue: Queue::new(),
            addresses: F::ZERO_ADDRESSES,
            node: F::ZERO_NODE,
            chains: [None; MAX_LANES],
            left: [0; MAX_LANES],
            start: None,
        };
        for lane in 0..self.items.len() {
            let mut message = [0; MAX_N];
            F::get(&self.values, lane, &mut message[..n]);
            digits(&message[..n], &mut lanes.queue.digits[lane]);
        }
        lanes.queue.sort(self.items.len(), chains);
        for lane in 0..F::LANES.min(lanes.queue.count) {
            self.take(&mut lanes, lane);
        }
        // Each turn takes at least one step off each number that is not 0, so a fault cannot make the loop endless.
        while let Some(last) = lanes.left[..F::LANES].iter().rposition(|left| *left > 0) {
            let least = lanes.left[..=last].iter().fold(u8::MAX, |least, left| least.min(left.wrapping_sub(1)));
            let (used, steps) = (last + 1, least + 1);
            let start = lanes.start.get_or_insert_with(|| f.start(&self.lane_keys, &lanes.addresses, F::LANES));
            let extent = Extent { steps: steps.into(), used };
            f.chain(&self.lane_keys, start, &lanes.addresses, &mut lanes.node, extent, &mut []);
            F::advance(&mut lanes.addresses, steps.into());
            for lane in 0..used {
                let Some(left) = lanes.left[lane].checked_sub(steps) else { continue };
                lanes.left[lane] = left;
                if left == 0
                    && let Some((signature, chain)) = lanes.chains[lane]
                {
                    f.copy(&lanes.node, lane, f.node_rows(&mut self.rows, chain), signature);
                    self.take(&mut lanes, lane);
                }
            }
        }
    }

    /// Begins the next chain in a lane, if there is one. The value of a chain without steps is its end.
    fn take(&mut self, lanes: &mut ChainLanes<F>, lane: usize) {
        let (f, n) = (self.f, self.numbers.n);
        while let Some((s, chain, left)) = lanes.queue.next() {
            let Item { selection, signature, .. } = self.items[s];
            let value = &signature[lanes.from + chain * n..][..n];
            if left == 0 {
                F::set(f.node_rows(&mut self.rows, chain), s, value);
                continue;
            }
            F::set(lanes.node.as_mut(), lane, value);
            // The addresses of all chains of a signature begin with the same part: only a lane that takes another
            // signature needs a new start.
            let (height, index) = (chain as u32, 15 - u32::from(left));
            if lanes.chains[lane].is_some_and(|(before, _)| before == s) {
                F::set_position(&mut lanes.addresses, lane, height, index);
            } else {
                let place = selection.place.above(lanes.layer, self.numbers.height);
                let address = Address::new(Kind::WotsHash, lanes.layer as u32, place.tree);
                F::set_address(&mut lanes.addresses, lane, &Address { key_pair: place.leaf, height, index, ..address });
                self.set_key(lane, s);
                lanes.start = None;
            }
            (lanes.chains[lane], lanes.left[lane]) = (Some((s, chain)), left);
            return;
        }
    }
}

/// Puts a node and its sibling on their sides. Not inlined, as `trees::gather`.
#[inline(never)]
fn join<F: Family>(
    f: F,
    index: u32,
    node: &F::Node,
    sibling: &[u8],
    lane: usize,
    left: &mut F::Node,
    right: &mut F::Node,
) {
    let (same, other) = if index & 1 == 0 { (left, right) } else { (right, left) };
    f.copy(node, lane, same.as_mut(), lane);
    F::set(other.as_mut(), lane, sibling);
}

/// The chains of a layer in lanes.
struct ChainLanes<F: Family> {
    layer: usize,
    /// Where the signatures of the layer begin.
    from: usize,
    queue: Queue,
    addresses: F::Addresses,
    node: F::Node,
    /// The signature and the chain that each lane works for, or worked for last.
    chains: [Option<(usize, usize)>; MAX_LANES],
    /// The remaining steps in each lane: 0 if it is idle.
    left: [u8; MAX_LANES],
    /// The start of the addresses, unless they have changed.
    start: Option<F::Start>,
}

/// The chains of all signatures, those with most steps first.
struct Queue {
    digits: [Digits; MAX_LANES],
    order: [(u8, u8); MAX_LANES * MAX_CHAINS],
    next: usize,
    count: usize,
}

impl Queue {
    const fn new() -> Self {
        Self { digits: [[0; MAX_CHAINS]; MAX_LANES], order: [(0, 0); MAX_LANES * MAX_CHAINS], next: 0, count: 0 }
    }

    /// Sorts the chains of the first signatures by their digits, the smallest first.
    fn sort(&mut self, signatures: usize, chains: usize) {
        let mut starts = [0_usize; 17];
        for digits in &self.digits[..signatures] {
            for digit in &digits[..chains] {
                starts[usize::from(*digit) + 1] += 1;
            }
        }
        for digit in 0..16 {
            starts[digit + 1] += starts[digit];
        }
        for s in 0..signatures {
            for chain in 0..chains {
                let place = &mut starts[usize::from(self.digits[s][chain])];
                self.order[*place] = (s as u8, chain as u8);
                *place += 1;
            }
        }
        self.count = signatures * chains;
    }

    /// The signature and the chain of the next one, and its steps.
    fn next(&mut self) -> Option<(usize, usize, u8)> {
        let (signature, chain) = *self.order[..self.count].get(self.next)?;
        self.next += 1;
        let (signature, chain) = (usize::from(signature), usize::from(chain));
        Some((signature, chain, 15 - self.digits[signature][chain]))
    }
}
