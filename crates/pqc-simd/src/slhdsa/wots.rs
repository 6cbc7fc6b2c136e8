//! The trees of the hypertree, with public keys of WOTS+ as leaves (FIPS 205, sections 5 to 7), and their signatures.

use super::address::{Address, Kind, Place};
use super::family::{Extent, Family, MAX_LANES, Secret};
use super::params::{MAX_CHAINS, MAX_N, Numbers};
use super::trees::{Layout, Leaves, Tree, roots};

/// The digits of a message and of its checksum (algorithm 7, lines 2 to 7), of which a set uses the first.
pub(crate) type Digits = [u8; MAX_CHAINS];

/// Writes the digits of a message, and zeros after them. The signature shows them. This is a call, so that `make ct`
/// can declare the message public here.
#[inline(never)]
pub(crate) fn digits(message: &[u8], digits: &mut Digits) {
    let mut checksum = 0_u32;
    digits.fill(0);
    for (pair, byte) in digits.chunks_exact_mut(2).zip(message) {
        pair.copy_from_slice(&[byte >> 4, byte & 15]);
        checksum += 30 - u32::from(pair[0]) - u32::from(pair[1]);
    }
    for (digit, shift) in digits[2 * message.len()..].iter_mut().zip([8, 4, 0]) {
        *digit = (checksum >> shift & 15) as u8;
    }
}

/// All values of the chains of a leaf that signs a message that is not yet known, for n of at most 24.
type Trace = [[[u8; 24]; 16]; 51];

/// The maximum number of layers that are computed together.
const AT_ONCE: usize = 2;

/// The signatures of the layers that are computed together, one or two: the message of the second is the root of the first.
struct Signatures<'a> {
    layer_bytes: usize,
    /// From the first layer that is computed on.
    out: &'a mut [u8],
    /// Absent if the authentication paths alone are wanted.
    chains: Option<Chains<'a>>,
}

struct Chains<'a> {
    /// Of the message of the first, and then of the second.
    digits: Digits,
    /// Of the second.
    trace: &'a mut Trace,
}

impl<'a> Signatures<'a> {
    fn set_message(&mut self, message: &[u8]) {
        if let Some(chains) = &mut self.chains {
            digits(message, &mut chains.digits);
        }
    }

    /// Signs the message of the second layer, which is known now.
    fn sign_second(&mut self, n: usize, count: usize) {
        let Some(Chains { digits, trace }) = &self.chains else { return };
        let out = &mut self.out[self.layer_bytes..];
        for ((out, values), digit) in out.chunks_exact_mut(n).zip(&**trace).zip(&digits[..count]) {
            out.copy_from_slice(&values[usize::from(*digit)][..n]);
        }
    }

    /// Goes on to the layers above.
    fn advance(&mut self, layers: usize) {
        let out: &'a mut [u8] = core::mem::take(&mut self.out);
        self.out = &mut out[layers * self.layer_bytes..];
    }
}

/// The values of a chain of each lane, from its secret value on (algorithm 6, lines 5 to 8): all of them if `keeps` is
/// true, else the first alone. Returns the last values.
#[inline(always)]
fn chain_values<F: Family>(
    f: F,
    secret: &Secret<F>,
    addresses: &[F::Addresses],
    starts: &[F::Start; 2],
    used: usize,
    (values, keeps): (&mut [F::Node; 16], bool),
) -> F::Node {
    let [first, others @ ..] = values;
    *first = secret.seed;
    f.chain(&secret.keys, &starts[0], &addresses[0], first, Extent { steps: 1, used }, &mut []);
    let mut node = *first;
    let all = if keeps { &mut others[..] } else { &mut [] };
    f.chain(&secret.keys, &starts[1], &addresses[1], &mut node, Extent { steps: 15, used }, all);
    node
}

/// The leaves of trees of the hypertree.
struct WotsLeaves<'a, F: Family> {
    f: F,
    secret: &'a Secret<F>,
    chains: usize,
    addresses: [F::Addresses; 3],
    rows: F::Rows,
    signatures: Option<Signatures<'a>>,
}

impl<'a, F: Family> WotsLeaves<'a, F> {
    fn new(f: F, numbers: &Numbers, secret: &'a Secret<F>) -> Self {
        let (chains, addresses) = (numbers.chains(), [F::ZERO_ADDRESSES; 3]);
        Self { f, secret, chains, addresses, rows: F::zero_rows(), signatures: None }
    }

    /// Keeps the value of a chain that signs, or all of its values if the message is not yet known.
    fn sign(&mut self, tree: usize, chain: usize, lane: usize, values: &[F::Node; 16]) {
        let n = self.f.n();
        let Some(Signatures { out, chains: Some(Chains { digits, trace }), .. }) = &mut self.signatures else { return };
        if tree == 0 {
            let value = &values[usize::from(digits[chain])];
            F::get(value, lane, &mut out[chain * n..][..n]);
        } else {
            for (value, kept) in values.iter().zip(&mut trace[chain]) {
                F::get(value, lane, &mut kept[..n]);
            }
        }
    }
}

impl<F: Family> Leaves<F> for WotsLeaves<'_, F> {
    fn begin(&mut self, layout: &Layout, trees: &[Tree]) {
        for (addresses, kind) in self.addresses.iter_mut().zip([Kind::WotsPrf, Kind::WotsHash, Kind::WotsPublicKey]) {
            for lane in 0..layout.used {
                let address = Address { kind, ..trees[layout.tree(lane)].address };
                F::set_address(addresses, lane, &address);
                if layout.used <= F::LANES / 2 {
                    F::set_address(addresses, lane + F::LANES / 2, &address);
                }
            }
        }
    }

    fn leaf(&mut self, layout: &Layout, trees: &[Tree], step: usize, out: &mut F::Node) {
        let (f, secret, used, half) = (self.f, self.secret, layout.used, F::LANES / 2);
        let (mut signing, mut count) = ([(0, 0); AT_ONCE], 0);
        for (tree, lane) in layout.targets(trees, step) {
            signing[count] = (lane, tree);
            count += 1;
        }
        for lane in 0..used {
            let leaf = layout.leaf(lane, step);
            for addresses in &mut self.addresses {
                F::set_key_pair(addresses, lane, leaf);
                if used <= half {
                    F::set_key_pair(addresses, lane + half, leaf);
                }
            }
        }
        let is_halved = f.wastes_half() && used <= half && count == 0;
        let (lanes, chains) = if is_halved { (F::LANES, self.chains.div_ceil(2)) } else { (used, self.chains) };
        let starts = [0, 1].map(|i| f.start(&secret.keys, &self.addresses[i], lanes));
        let mut values = [F::ZERO_NODE; 16];
        for chain in 0..chains {
            for addresses in &mut self.addresses[..2] {
                F::set_positions(addresses, chain as u32, &[0; MAX_LANES]);
                for lane in if is_halved { half..F::LANES } else { 0..0 } {
                    F::set_position(addresses, lane, (chain + chains) as u32, 0);
                }
            }
            let node = chain_values(f, secret, &self.addresses, &starts, lanes, (&mut values, count > 0));
            f.node_rows(&mut self.rows, chain).copy_from_slice(&node.as_ref()[..f.words()]);
            if is_halved && chain + chains < self.chains {
                for lane in 0..used {
                    f.copy(&node, half + lane, f.node_rows(&mut self.rows, chain + chains), lane);
                }
            }
            for (lane, tree) in &signing[..count] {
                self.sign(*tree, chain, *lane, &values);
            }
        }
        f.compress(&secret.keys, &self.addresses[2], &mut self.rows, self.chains, out, used);
    }

    fn keep(&mut self, tree: usize, level: usize, node: &F::Node, lane: usize) {
        let n = self.f.n();
        if let Some(Signatures { layer_bytes, out, .. }) = &mut self.signatures {
            F::get(node, lane, &mut out[tree * *layer_bytes + (self.chains + level) * n..][..n]);
        }
    }
}

/// How many layers are computed together on a number of lanes.
pub(crate) fn at_once(lanes: usize, numbers: &Numbers) -> usize {
    (lanes >> numbers.height).clamp(1, AT_ONCE)
}

/// The trees of `count` layers from `first` on, above a leaf of layer 0.
fn trees_above(numbers: &Numbers, place: Place, first: usize, count: usize, signs: bool) -> [Tree; AT_ONCE] {
    let mut trees = [Tree { address: Address::new(Kind::Tree, 0, 0), first: 0, target: None }; AT_ONCE];
    for (layer, tree) in (first..first + count).zip(&mut trees) {
        let place = place.above(layer, numbers.height);
        tree.address = Address::new(Kind::Tree, layer as u32, place.tree);
        tree.target = signs.then_some(place.leaf);
    }
    trees
}

/// The roots of the trees of some layers from `first` on, at most [`at_once`], above a leaf of layer 0. With a buffer for their
/// signatures, the authentication paths too; without one, the lanes are in reverse order.
#[inline(never)]
pub(crate) fn tree_roots<F: Family>(
    f: F,
    numbers: &Numbers,
    secret: &Secret<F>,
    place: Place,
    first: usize,
    signatures: Option<&mut [u8]>,
    out: &mut [[u8; MAX_N]],
) {
    let signs = signatures.is_some();
    let trees = trees_above(numbers, place, first, out.len(), signs);
    let mut leaves = WotsLeaves::new(f, numbers, secret);
    leaves.signatures = signatures.map(|out| Signatures { layer_bytes: numbers.layer_bytes(), out, chains: None });
    let roots = roots(f, &secret.keys, &mut leaves, numbers.height, &trees[..out.len()], !signs);
    for (lane, out) in out.iter_mut().enumerate() {
        F::get(&roots, lane, &mut out[..numbers.n]);
    }
}

/// The root of the highest tree (algorithm 18).
pub(crate) fn top_root<F: Family>(f: F, numbers: &Numbers, secret: &Secret<F>, out: &mut [u8]) {
    let mut root = [[0; MAX_N]];
    tree_roots(f, numbers, secret, Place { tree: 0, leaf: 0 }, numbers.d - 1, None, &mut root);
    out.copy_from_slice(&root[0][..numbers.n]);
}

/// Leaves of a tree that are computed and kept.
struct KeptLeaves<'a, F: Family>(WotsLeaves<'a, F>, &'a mut [u8]);

impl<F: Family> Leaves<F> for KeptLeaves<'_, F> {
    fn begin(&mut self, layout: &Layout, trees: &[Tree]) {
        self.0.begin(layout, trees);
    }

    fn leaf(&mut self, layout: &Layout, trees: &[Tree], step: usize, out: &mut F::Node) {
        self.0.leaf(layout, trees, step, out);
        let n = self.0.f.n();
        for lane in 0..layout.used {
            F::get(out, lane, &mut self.1[layout.leaf(lane, step) as usize * n..][..n]);
        }
    }

    fn keep(&mut self, _: usize, _: usize, _: &F::Node, _: usize) {}
}

/// The leaves of the highest tree, one after the other.
#[inline(never)]
pub(crate) fn top_leaves<F: Family>(f: F, numbers: &Numbers, secret: &Secret<F>, out: &mut [u8]) {
    let trees = trees_above(numbers, Place { tree: 0, leaf: 0 }, numbers.d - 1, 1, false);
    let mut leaves = KeptLeaves(WotsLeaves::new(f, numbers, secret), out);
    roots(f, &secret.keys, &mut leaves, numbers.height, &trees[..1], false);
}

/// Leaves of a tree that were kept, and the signature of its layer.
struct KnownLeaves<'a> {
    numbers: &'a Numbers,
    leaves: &'a [u8],
    out: &'a mut [u8],
}

impl<F: Family> Leaves<F> for KnownLeaves<'_> {
    fn begin(&mut self, _: &Layout, _: &[Tree]) {}

    fn leaf(&mut self, layout: &Layout, _: &[Tree], step: usize, out: &mut F::Node) {
        let n = self.numbers.n;
        for lane in 0..layout.used {
            F::set(out.as_mut(), lane, &self.leaves[layout.leaf(lane, step) as usize * n..][..n]);
        }
    }

    fn keep(&mut self, _: usize, level: usize, node: &F::Node, lane: usize) {
        F::get(node, lane, &mut self.out[(self.numbers.chains() + level) * self.numbers.n..][..self.numbers.n]);
    }
}

/// Writes the authentication path of the highest tree, from its leaves. Returns whether they lead to a root.
#[inline(never)]
pub(crate) fn top_path<F: Family>(
    f: F,
    numbers: &Numbers,
    keys: &F::Keys,
    place: Place,
    (leaves, root): (&[u8], &[u8]),
    signature: &mut [u8],
) -> bool {
    let out = &mut signature[(numbers.d - 1) * numbers.layer_bytes()..];
    let trees = trees_above(numbers, place, numbers.d - 1, 1, true);
    let mut leaves = KnownLeaves { numbers, leaves, out };
    let (found, mut top) = (roots(f, keys, &mut leaves, numbers.height, &trees[..1], false), [0; MAX_N]);
    F::get(&found, 0, &mut top[..numbers.n]);
    top[..numbers.n] == *root
}

/// The roots of the lowest layers above a leaf, as many as there are places for them.
pub(crate) fn lower_roots<F: Family>(
    f: F,
    numbers: &Numbers,
    secret: &Secret<F>,
    place: Place,
    out: &mut [[u8; MAX_N]],
) {
    let at_once = at_once(F::LANES, numbers);
    for (i, out) in out.chunks_mut(at_once).enumerate() {
        tree_roots(f, numbers, secret, place, i * at_once, None, out);
    }
}

/// The signatures of messages with WOTS+ (algorithm 7), one of each layer from `first` on, with a lane for each layer.
#[inline(never)]
pub(crate) fn sign_messages<F: Family>(
    f: F,
    numbers: &Numbers,
    secret: &Secret<F>,
    place: Place,
    first: usize,
    messages: &[[u8; MAX_N]],
    out: &mut [u8],
) {
    let (n, layer_bytes) = (numbers.n, numbers.layer_bytes());
    let chunks = messages.chunks(F::LANES).zip(out.chunks_mut(F::LANES * layer_bytes));
    for (first, (messages, out)) in (first..).step_by(F::LANES).zip(chunks) {
        let (used, mut addresses) = (messages.len(), [F::ZERO_ADDRESSES; 2]);
        let mut signed = [[0; MAX_CHAINS]; MAX_LANES];
        for (lane, message) in messages.iter().enumerate() {
            let (layer, place) = ((first + lane) as u32, place.above(first + lane, numbers.height));
            for (addresses, kind) in addresses.iter_mut().zip([Kind::WotsPrf, Kind::WotsHash]) {
                let address = Address { key_pair: place.leaf, ..Address::new(kind, layer, place.tree) };
                F::set_address(addresses, lane, &address);
            }
            digits(&message[..n], &mut signed[lane]);
        }
        let starts = [0, 1].map(|i| f.start(&secret.keys, &addresses[i], used));
        let mut values = [F::ZERO_NODE; 16];
        for chain in 0..numbers.chains() {
            addresses.iter_mut().for_each(|addresses| F::set_positions(addresses, chain as u32, &[0; MAX_LANES]));
            chain_values(f, secret, &addresses, &starts, used, (&mut values, true));
            for (lane, digits) in signed[..used].iter().enumerate() {
                let value = &values[usize::from(digits[chain])];
                F::get(value, lane, &mut out[lane * layer_bytes + chain * n..][..n]);
            }
        }
    }
}

/// The signature of the hypertree (algorithm 12), without the authentication paths of the layers from `layers` on.
#[inline(never)]
pub(crate) fn sign<F: Family>(
    f: F,
    numbers: &Numbers,
    secret: &Secret<F>,
    place: Place,
    message: &[u8; MAX_N],
    layers: usize,
    out: &mut [u8],
) {
    let (n, at_once, mut message) = (numbers.n, at_once(F::LANES, numbers), *message);
    // A tuple would hold a second copy on the stack.
    let mut trace: Trace = [[[0; 24]; 16]; 51];
    let mut leaves = WotsLeaves::new(f, numbers, secret);
    let mut first_digits = [0; MAX_CHAINS];
    digits(&message[..n], &mut first_digits);
    let layer_bytes = numbers.layer_bytes();
    let chains = Some(Chains { digits: first_digits, trace: &mut trace });
    leaves.signatures = Some(Signatures { layer_bytes, out, chains });
    for first in (0..layers).step_by(at_once) {
        let count = at_once.min(layers - first);
        let trees = trees_above(numbers, place, first, count, true);
        let roots = roots(f, &secret.keys, &mut leaves, numbers.height, &trees[..count], false);
        let Some(signatures) = &mut leaves.signatures else { return };
        for lane in 0..count {
            if lane > 0 {
                signatures.sign_second(n, numbers.chains());
            }
            F::get(&roots, lane, &mut message[..n]);
            signatures.set_message(&message[..n]);
        }
        signatures.advance(count);
    }
    if let Some(Signatures { out, .. }) = leaves.signatures.filter(|_| layers < numbers.d) {
        sign_messages(f, numbers, secret, place, layers, &[message], out);
    }
}
