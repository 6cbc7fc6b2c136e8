//! The trees of SLH-DSA in lanes, with an arbitrary function in place of the hash functions, against the algorithms of
//! FIPS 205.

use super::Label::ExhaustedInPart;
use super::machine::Random;
use super::slhdsa_arbitrary::{Arbitrary, function, hash};
use super::{Row, claim};
use crate::slhdsa::address::{Address, Kind, Place, Selection};
use crate::slhdsa::divided::{self, Task};
use crate::slhdsa::family::{Family, Secret};
use crate::slhdsa::params::{MAX_N, Numbers};
use crate::slhdsa::signing::{Request, is_without_fault, sign_once};
use crate::slhdsa::verifying::{Item, recover};
use crate::slhdsa::{fors, wots};

pub(super) const ROWS: &[Row] = &[Row {
    name: "SLH-DSA: keys, signatures, their check and their verification in lanes match FIPS 205, algorithms 5 to 20, \
           for any hash functions",
    label: ExhaustedInPart(
        "every leaf of trees of heights up to 4 and of FORS trees of heights up to 6, random leaves at other heights; \
         8 and 16 lanes; every number of signatures together; an arbitrary function",
    ),
    covers: &[
        "slhdsa/divided.rs::Roots::compress",
        "slhdsa/divided.rs::Task::run_on",
        "slhdsa/divided.rs::sign_on",
        "slhdsa/family.rs::Secret::new",
        "slhdsa/fors.rs::Leaves::begin",
        "slhdsa/fors.rs::Leaves::keep",
        "slhdsa/fors.rs::Leaves::leaf",
        "slhdsa/fors.rs::compress_roots",
        "slhdsa/fors.rs::public_key",
        "slhdsa/fors.rs::tree_roots",
        "slhdsa/fors.rs::trees_at_once",
        "slhdsa/signing.rs::Request::digest",
        "slhdsa/signing.rs::Request::is_expected",
        "slhdsa/signing.rs::Request::layers",
        "slhdsa/signing.rs::Request::pk_seed",
        "slhdsa/signing.rs::Request::public_key",
        "slhdsa/signing.rs::Request::randomize",
        "slhdsa/signing.rs::Request::secret",
        "slhdsa/signing.rs::is_without_fault",
        "slhdsa/signing.rs::sign_once",
        "slhdsa/trees.rs::Layout::first_indices",
        "slhdsa/trees.rs::Layout::joined",
        "slhdsa/trees.rs::Layout::lane",
        "slhdsa/trees.rs::Layout::leaf",
        "slhdsa/trees.rs::Layout::new",
        "slhdsa/trees.rs::Layout::targets",
        "slhdsa/trees.rs::Layout::tree",
        "slhdsa/trees.rs::gather",
        "slhdsa/trees.rs::keep_siblings",
        "slhdsa/trees.rs::roots",
        "slhdsa/verifying.rs::Queue::new",
        "slhdsa/verifying.rs::Queue::next",
        "slhdsa/verifying.rs::Queue::sort",
        "slhdsa/verifying.rs::Verifier::chains",
        "slhdsa/verifying.rs::Verifier::fors",
        "slhdsa/verifying.rs::Verifier::fors_trees",
        "slhdsa/verifying.rs::Verifier::layer",
        "slhdsa/verifying.rs::Verifier::set_key",
        "slhdsa/verifying.rs::Verifier::take",
        "slhdsa/verifying.rs::join",
        "slhdsa/verifying.rs::recover",
        "slhdsa/wots.rs::Leaves::begin",
        "slhdsa/wots.rs::Leaves::keep",
        "slhdsa/wots.rs::Leaves::leaf",
        "slhdsa/wots.rs::Signatures::advance",
        "slhdsa/wots.rs::Signatures::set_message",
        "slhdsa/wots.rs::Signatures::sign_second",
        "slhdsa/wots.rs::WotsLeaves::new",
        "slhdsa/wots.rs::WotsLeaves::sign",
        "slhdsa/wots.rs::at_once",
        "slhdsa/wots.rs::chain_values",
        "slhdsa/wots.rs::digits",
        "slhdsa/wots.rs::lower_roots",
        "slhdsa/wots.rs::sign",
        "slhdsa/wots.rs::sign_messages",
        "slhdsa/wots.rs::top_leaves",
        "slhdsa/wots.rs::top_path",
        "slhdsa/wots.rs::top_root",
        "slhdsa/wots.rs::tree_roots",
        "slhdsa/wots.rs::trees_above",
    ],
    is_slow: false,
    check: trees,
}];

/// The algorithms of FIPS 205, sections 5 to 9, as in the standard.
struct Standard<'a> {
    numbers: Numbers,
    sk_seed: &'a [u8],
    pk_seed: &'a [u8],
}

impl Standard<'_> {
    fn hash(&self, address: &Address, input: &[u8]) -> Vec<u8> {
        hash(self.pk_seed, address, input, self.numbers.n)
    }

    /// Algorithm 5.
    fn chain(&self, x: &[u8], from: u32, steps: u32, address: &Address) -> Vec<u8> {
        (from..from + steps).fold(x.to_vec(), |x, index| self.hash(&Address { index, ..*address }, &x))
    }

    /// Lines 1 to 7 of algorithm 7: base_2b of a message and of its checksum.
    fn digits(&self, message: &[u8]) -> Vec<u32> {
        let mut digits: Vec<u32> =
            message.iter().flat_map(|byte| [u32::from(byte >> 4), u32::from(byte & 15)]).collect();
        let checksum: u32 = digits.iter().map(|digit| 15 - digit).sum();
        digits.extend([checksum >> 8 & 15, checksum >> 4 & 15, checksum & 15]);
        digits
    }

    /// The secret value of a chain (algorithm 6, lines 5 to 7).
    fn secret(&self, address: &Address) -> Vec<u8> {
        self.hash(&Address { kind: Kind::WotsPrf, ..*address }, self.sk_seed)
    }

    /// Algorithm 6 and line 3 of algorithm 9.
    fn leaf(&self, layer: u32, tree: u64, leaf: u32) -> Vec<u8> {
        let address = Address { key_pair: leaf, ..Address::new(Kind::WotsHash, layer, tree) };
        let ends = (0..self.numbers.chains() as u32).flat_map(|height| {
            let address = Address { height, ..address };
            self.chain(&self.secret(&address), 0, 15, &address)
        });
        self.hash(&Address { kind: Kind::WotsPublicKey, ..address }, &ends.collect::<Vec<_>>())
    }

    /// All nodes of a tree (algorithms 9 and 15), by level, from its leaves.
    fn nodes(&self, leaves: Vec<Vec<u8>>, first: u32, address: &Address) -> Vec<Vec<Vec<u8>>> {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let height = levels.len() as u32;
            let join = |(i, pair): (u32, &[Vec<u8>])| {
                self.hash(&Address { height, index: (first >> height) + i, ..*address }, &pair.concat())
            };
            let next = (0..).zip(last.chunks(2)).map(join).collect();
            levels.push(next);
        }
        levels
    }

    fn tree(&self, layer: u32, tree: u64) -> Vec<Vec<Vec<u8>>> {
        let leaves = (0..1 << self.numbers.height).map(|leaf| self.leaf(layer, tree, leaf)).collect();
        self.nodes(leaves, 0, &Address::new(Kind::Tree, layer, tree))
    }

    /// The siblings of the path from a leaf to the root.
    fn path(levels: &[Vec<Vec<u8>>], leaf: u32) -> Vec<u8> {
        let path = levels.iter().enumerate().take(levels.len() - 1);
        path.flat_map(|(level, nodes)| nodes[(leaf as usize >> level) ^ 1].clone()).collect()
    }

    /// Algorithms 7, 10 and 12: the signature of the hypertree; the values that the layers sign, and the root after them.
    fn sign(&self, message: &[u8], Place { mut tree, mut leaf }: Place) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut signature, mut values) = (Vec::new(), vec![message.to_vec()]);
        for layer in 0..self.numbers.d as u32 {
            let address = Address { key_pair: leaf, ..Address::new(Kind::WotsHash, layer, tree) };
            for (height, digit) in (0..).zip(self.digits(&values[layer as usize])) {
                let address = Address { height, ..address };
                signature.extend(self.chain(&self.secret(&address), 0, digit, &address));
            }
            let levels = self.tree(layer, tree);
            signature.extend(Self::path(&levels, leaf));
            values.push(levels[self.numbers.height][0].clone());
            (leaf, tree) = ((tree % (1 << self.numbers.height)) as u32, tree >> self.numbers.height);
        }
        (signature, values)
    }

    /// Algorithms 14 to 16, and the public key: the root of each tree.
    fn fors(&self, leaves: &[u32], Place { tree, leaf }: Place) -> (Vec<u8>, Vec<u8>) {
        let address = Address { key_pair: leaf, ..Address::new(Kind::ForsTree, 0, tree) };
        let (mut signature, mut roots) = (Vec::new(), Vec::new());
        for (i, target) in (0..).zip(leaves) {
            let first: u32 = i << self.numbers.a;
            let secret = |index: u32| self.hash(&Address { kind: Kind::ForsPrf, index, ..address }, self.sk_seed);
            let leaf = |index: u32| self.hash(&Address { index, ..address }, &secret(index));
            let levels = self.nodes((first..first + (1 << self.numbers.a)).map(leaf).collect(), first, &address);
            signature.extend(secret(first + target));
            signature.extend(Self::path(&levels, *target));
            roots.extend(levels[self.numbers.a][0].clone());
        }
        (signature, self.hash(&Address { kind: Kind::ForsRoots, ..address }, &roots))
    }
}

/// A digest that selects leaves of FORS and a place.
fn digest_of(numbers: &Numbers, leaves: &[u32], place: Place) -> Vec<u8> {
    let mut md = vec![0_u8; (numbers.k * numbers.a).div_ceil(8)];
    for (i, leaf) in leaves.iter().enumerate() {
        for bit in (0..numbers.a).filter(|bit| leaf >> (numbers.a - 1 - bit) & 1 == 1) {
            let at = i * numbers.a + bit;
            md[at / 8] |= 0x80 >> (at % 8);
        }
    }
    let bytes = |number: u64, bits: usize| number.to_be_bytes()[8 - bits.div_ceil(8)..].to_vec();
    let tree_bits = (numbers.d - 1) * numbers.height;
    [md, bytes(place.tree, tree_bits), bytes(place.leaf.into(), numbers.height)].concat()
}

fn numbers(n: usize, d: usize, height: usize, a: usize, k: usize) -> Numbers {
    let m = (k * a).div_ceil(8) + ((d - 1) * height).div_ceil(8) + height.div_ceil(8);
    Numbers { n, d, height, a, k, m }
}

/// Signatures of a key for given selections, one after the other and then verified together.
fn check<const L: usize>(numbers: Numbers, selections: &[(Vec<u32>, Place)], random: &mut Random) {
    let (f, n, d) = (Arbitrary::<L> { words: numbers.n / 8 }, numbers.n, numbers.d);
    let mut seeds: Vec<[u8; 64]> = selections.iter().map(|_| random.bytes()).collect();
    // Every third has the public seed of the first.
    let pk_seed: Vec<u8> = seeds[0][32..].to_vec();
    seeds.iter_mut().step_by(3).for_each(|seeds| seeds[32..].copy_from_slice(&pk_seed));
    let (mut made, mut roots) = (Vec::new(), Vec::new());
    for ((leaves, place), seeds) in selections.iter().zip(&seeds) {
        let standard = Standard { numbers, sk_seed: &seeds[..n], pk_seed: &seeds[32..32 + n] };
        let secret = Secret::new(f, standard.sk_seed, standard.pk_seed);
        let digest = digest_of(&numbers, leaves, *place);
        let selection = Selection::new(&numbers, &digest);
        let (fors_signature, fors_key) = standard.fors(leaves, *place);
        let mut signature = vec![0; n + numbers.fors_bytes() + d * numbers.layer_bytes()];
        let (fors_out, out) = signature[n..].split_at_mut(numbers.fors_bytes());
        let what = |part: &str| format!("{part} of {numbers:?} at {place:?}, {leaves:?}, {L} lanes");
        let key = fors::public_key(f, &numbers, &secret, &selection, Some(&mut *fors_out));
        claim(key[..n] == fors_key && *fors_out == *fors_signature, || what("FORS"));
        let again = fors::public_key(f, &numbers, &secret, &selection, None);
        claim(again == key, || what("FORS again"));
        let (expected, values) = standard.sign(&fors_key, *place);
        wots::sign(f, &numbers, &secret, *place, &key, d, out);
        claim(*out == *expected, || what("the hypertree"));
        let mut lower = vec![[0; MAX_N]; d - 1];
        wots::lower_roots(f, &numbers, &secret, *place, &mut lower);
        claim((1..d).all(|layer| lower[layer - 1][..n] == values[layer]), || what("the lower roots"));
        let mut top = vec![0; n];
        wots::top_root(f, &numbers, &secret, &mut top);
        claim(top == values[d], || what("the root"));
        roots.push(values);
        made.push((signature, digest));
    }
    let item = |i: usize| {
        let (signature, digest) = &made[i];
        Item { pk_seed: &seeds[i][32..32 + n], selection: Selection::new(&numbers, digest), signature }
    };
    for count in 1..=selections.len().min(L) {
        let items: Vec<Item> = (0..count).map(|lane| item((lane * 7 + count) % selections.len())).collect();
        let mut values = vec![[0; MAX_N]; d + 1];
        let found = recover(f, &numbers, &items, &mut values);
        for lane in 0..count {
            let mut root = vec![0; n];
            Arbitrary::<L>::get(&found, lane, &mut root);
            let expected = &roots[(lane * 7 + count) % selections.len()];
            claim(root == expected[d], || format!("signature {lane} of {count}, {numbers:?}, {L} lanes"));
            let are_right = lane > 0 || (0..=d).all(|layer| values[layer][..n] == expected[layer]);
            claim(are_right, || format!("the values of {count}, {numbers:?}, {L} lanes"));
        }
    }
}

/// A signature in tasks, with the check if it has additional randomness.
fn in_tasks<F: Family>(f: F, request: &Request<'_>, signature: &mut [u8]) -> bool {
    let run = |tasks: &mut (dyn Iterator<Item = Task<'_>> + Send)| tasks.for_each(|task| task.run_on(f));
    divided::sign_on(f, request, request.opt_rand.is_some(), signature, run).is_ok()
}

/// slh_sign_internal and the check, with the functions of messages.
fn check_whole<const L: usize>(numbers: Numbers, random: &mut Random) {
    let (f, n) = (Arbitrary::<L> { words: numbers.n / 8 }, numbers.n);
    let (mut key, message) = (random.bytes::<128>()[..4 * n].to_vec(), random.bytes::<20>());
    let mut root = vec![0; n];
    wots::top_root(f, &numbers, &Secret::new(f, &key[..n], &key[2 * n..3 * n]), &mut root);
    key[3 * n..].copy_from_slice(&root);
    let opt_rand = random.bytes::<32>();
    for opt_rand in [None, Some(&opt_rand[..n])] {
        let mut signature = vec![0; n + numbers.fors_bytes() + numbers.d * numbers.layer_bytes()];
        let (chunks, mut kept) = ([&message[..5], &message[5..]], vec![0; n << numbers.height]);
        let request = Request { numbers, key: &key, top_leaves: None, message: &chunks, opt_rand };
        sign_once(f, &request, &mut signature);
        let mut divided = vec![0; signature.len()];
        let is_right = in_tasks(f, &request, &mut divided);
        claim(is_right && divided == signature, || format!("a signature in tasks of {numbers:?}"));
        wots::top_leaves(f, &numbers, &request.secret(f), &mut kept);
        // The right leaves, and leaves with an error in one of them.
        for flipped in [0, 1] {
            kept[random.below(n << numbers.height)] ^= flipped;
            let (request, mut with_kept) = (Request { top_leaves: Some(&kept), ..request }, vec![0; signature.len()]);
            let layers = request.layers(
                f,
                &f.keys(&key[2 * n..3 * n]),
                Place { tree: 0, leaf: 0 },
                &mut with_kept[n + numbers.fors_bytes()..],
            );
            claim(layers == numbers.d - 1 + usize::from(flipped), || format!("layers of {numbers:?}"));
            let is_right = if opt_rand.is_some() {
                in_tasks(f, &request, &mut with_kept)
            } else {
                sign_once(f, &request, &mut with_kept);
                true
            };
            claim(is_right && with_kept == signature, || format!("a signature with leaves of {numbers:?}"));
        }
        // Algorithm 19.
        let standard = Standard { numbers, sk_seed: &key[..n], pk_seed: &key[2 * n..3 * n] };
        let r = function(&key[n..2 * n], opt_rand.unwrap_or(&key[2 * n..3 * n]), &message, n);
        let digest = function(&r, &key[2 * n..], &message, numbers.m);
        let selection = Selection::new(&numbers, &digest);
        let leaves: Vec<u32> = (0..numbers.k).map(|i| selection.fors_leaf(i, numbers.a)).collect();
        let (fors_signature, fors_key) = standard.fors(&leaves, selection.place);
        let (hypertree, _) = standard.sign(&fors_key, selection.place);
        claim(signature == [r, fors_signature, hypertree].concat(), || format!("a signature of {numbers:?}"));
        let check = |signature: &[u8], message: &[u8]| {
            let request = Request { message: &[message], ..request };
            is_without_fault(f, &request, &request.digest(f, &signature[..n]), signature)
        };
        claim(check(&signature, &message), || format!("the check of {numbers:?}"));
        for _ in 0..20 {
            let (at, bit) = (random.below(signature.len()), 1 << random.below(8));
            signature[at] ^= bit;
            claim(!check(&signature, &message), || format!("byte {at} of a signature of {numbers:?}"));
            signature[at] ^= bit;
        }
        claim(!check(&signature, &message[1..]), || format!("another message, {numbers:?}"));
    }
}

fn trees() {
    let random = &mut Random::new(31);
    let of_lanes = [check::<8>, check::<16>];
    for n in [16, 24, 32] {
        for height in 1..=9 {
            // Two layers are computed together up to a height of 3, and no set of such a height has n = 32. Tall trees
            // take long.
            if n == 32 && height <= 3 || n > 16 && height > 4 {
                continue;
            }
            let d = if height <= 4 { 5 } else { 2 };
            let leaves = if height <= 4 { 1 << height } else { 2 };
            let a = 1 + (height + n / 8) % 6;
            let numbers = numbers(n, d, height, a, 3 + height);
            let selections: Vec<_> = (0..leaves)
                .map(|i| {
                    let leaf = if height <= 4 { i } else { random.below(1 << height) as u32 };
                    let tree = random.next() & ((1 << ((d - 1) * height)) - 1);
                    // Every leaf of FORS, in some tree.
                    let leaves = (0..numbers.k).map(|t| (i + t as u32 * 3) % (1 << a)).collect();
                    (leaves, Place { tree, leaf })
                })
                .collect();
            for check in of_lanes {
                check(numbers, &selections, random);
            }
        }
    }
    // FORS trees of every height, and of the numbers of each set; every leaf of the first six heights.
    for (a, k) in (1..=6).map(|a| (a, 4)).chain([(8, 33), (9, 35), (12, 3), (14, 2), (6, 33), (7, 17), (10, 5)]) {
        let (numbers, leaves) = (numbers(16, 2, 1, a, k), if a <= 6 { 1 << a } else { 2 });
        let selections: Vec<_> = (0..leaves)
            .map(|i| {
                let leaf = |t: u32| if a <= 6 { (i + 5 * t) % (1 << a) } else { random.below(1 << a) as u32 };
                ((0..k as u32).map(leaf).collect(), Place { tree: u64::from(i & 2) / 2, leaf: i & 1 })
            })
            .collect();
        for check in of_lanes {
            check(numbers, &selections, random);
        }
    }
    for (n, d, height, a, k) in [(16, 22, 3, 6, 33), (24, 22, 3, 8, 5), (32, 17, 4, 9, 3), (16, 3, 5, 4, 14)] {
        check_whole::<8>(numbers(n, d, height, a, k), random);
        check_whole::<16>(numbers(n, d, height, a, k), random);
    }
}
