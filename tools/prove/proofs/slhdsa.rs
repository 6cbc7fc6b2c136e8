//! SLH-DSA (FIPS 205): parameters, addresses, the selection by a digest, and the hash functions in every lane of each
//! backend.

use super::Label::{ExhaustedInPart, Proved, Tested};
use super::machine::Random;
use super::sha2::{hmac_of, mgf1_of, sha256, sha512};
use super::{Row, claim};
use crate::Backend;
use crate::keccak::shake256;
use crate::slhdsa::address::{Address, Kind, Place, Selection};
use crate::slhdsa::family::{Extent, Family};
use crate::slhdsa::params::Numbers;
use crate::slhdsa::{Job, ParameterSet, Signer, Verification, keygen, top_leaves, verify, verify_batch, with_family};
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "SLH-DSA parameters and lengths match FIPS 205, table 2",
        label: Proved,
        covers: &[
            "slhdsa/params.rs::Numbers::chains",
            "slhdsa/params.rs::Numbers::fors_bytes",
            "slhdsa/params.rs::Numbers::layer_bytes",
            "slhdsa/params.rs::ParameterSet::is_sha2",
            "slhdsa/params.rs::ParameterSet::n",
            "slhdsa/params.rs::ParameterSet::numbers",
            "slhdsa/params.rs::ParameterSet::private_key_bytes",
            "slhdsa/params.rs::ParameterSet::public_key_bytes",
            "slhdsa/params.rs::ParameterSet::seed_bytes",
            "slhdsa/params.rs::ParameterSet::signature_bytes",
            "slhdsa/params.rs::ParameterSet::top_leaves_bytes",
        ],
        is_slow: false,
        check: parameters,
    },
    Row {
        name: "SLH-DSA: the tree and the leaf of each layer, with all 64 bits of 256f, and the leaves of FORS are \
               the ones that a digest selects (FIPS 205, algorithms 4, 12 and 19)",
        label: ExhaustedInPart(
            "each bit of a digest alone and missing alone, since every result copies such bits; random digests",
        ),
        covers: &[
            "slhdsa/address.rs::Place::above",
            "slhdsa/address.rs::Selection::fors_leaf",
            "slhdsa/address.rs::Selection::new",
            "slhdsa/address.rs::low_bits",
        ],
        is_slow: false,
        check: selections,
    },
    Row {
        name: "SLH-DSA: F, PRF, H, T, PRF_msg and H_msg, as compiled for each backend, match FIPS 205, 11.1 and 11.2, \
               in every lane",
        label: ExhaustedInPart(
            "every set, number of lanes and lane; each bit of an address in some lane; random bytes",
        ),
        covers: &[
            "slhdsa/address.rs::Address::compressed",
            "slhdsa/address.rs::Address::new",
            "slhdsa/family.rs::Family::addresses",
            "slhdsa/family.rs::Family::copy",
            "slhdsa/family.rs::Family::get",
            "slhdsa/family.rs::Family::set",
            "slhdsa/family.rs::Family::words",
            "slhdsa/sha2.rs::Family::advance",
            "slhdsa/sha2.rs::Family::chain",
            "slhdsa/sha2.rs::Family::compress",
            "slhdsa/sha2.rs::Family::hash_message",
            "slhdsa/sha2.rs::Family::keys",
            "slhdsa/sha2.rs::Family::n",
            "slhdsa/sha2.rs::Family::node_rows",
            "slhdsa/sha2.rs::Family::pair",
            "slhdsa/sha2.rs::Family::prf_message",
            "slhdsa/sha2.rs::Family::read",
            "slhdsa/sha2.rs::Family::set_address",
            "slhdsa/sha2.rs::Family::set_key",
            "slhdsa/sha2.rs::Family::set_key_pair",
            "slhdsa/sha2.rs::Family::set_position",
            "slhdsa/sha2.rs::Family::set_positions",
            "slhdsa/sha2.rs::Family::start",
            "slhdsa/sha2.rs::Family::write",
            "slhdsa/sha2.rs::Family::zero_rows",
            "slhdsa/sha2.rs::Sha2Family::hash",
            "slhdsa/sha2.rs::Sha2Family::instructions",
            "slhdsa/sha2.rs::Sha2Family::is_large",
            "slhdsa/sha2.rs::Sha2Family::message_digest",
            "slhdsa/sha2.rs::Sha2Family::new",
            "slhdsa/sha2.rs::Sha2Family::on",
            "slhdsa/sha2_kernels.rs::Sha2Kernels::first_rounds",
            "slhdsa/sha2_kernels.rs::Sha2Kernels::hash_rows_256",
            "slhdsa/sha2_kernels.rs::Sha2Kernels::hash_row_512",
            "slhdsa/sha2_kernels.rs::Sha2Kernels::hash_rows_512",
            "slhdsa/sha2_kernels.rs::hash_row_512",
            "slhdsa/sha2_kernels.rs::Sha2Kernels::sha2_chain",
            "slhdsa/sha2_ni.rs::Address::block",
            "slhdsa/sha2_ni.rs::Address::new",
            "slhdsa/sha2_ni.rs::chain",
            "slhdsa/sha2_ni.rs::chains",
            "slhdsa/sha2_ni.rs::hash_rows",
            "slhdsa/sha2_ni.rs::lane",
            "slhdsa/sha2_ni.rs::rows_of",
            "slhdsa/sha2_ni.rs::scatter",
            "slhdsa/shake.rs::Family::advance",
            "slhdsa/shake.rs::Family::chain",
            "slhdsa/shake.rs::Family::compress",
            "slhdsa/shake.rs::Family::hash_message",
            "slhdsa/shake.rs::Family::keys",
            "slhdsa/shake.rs::Family::n",
            "slhdsa/shake.rs::Family::node_rows",
            "slhdsa/shake.rs::Family::pair",
            "slhdsa/shake.rs::Family::prf_message",
            "slhdsa/shake.rs::Family::read",
            "slhdsa/shake.rs::Family::set_address",
            "slhdsa/shake.rs::Family::set_key",
            "slhdsa/shake.rs::Family::set_key_pair",
            "slhdsa/shake.rs::Family::set_position",
            "slhdsa/shake.rs::Family::set_positions",
            "slhdsa/shake.rs::Family::start",
            "slhdsa/shake.rs::Family::write",
            "slhdsa/shake.rs::Family::zero_rows",
            "slhdsa/shake.rs::Shake::hash",
            "slhdsa/shake.rs::Shake::new",
            "slhdsa/shake.rs::Shake::permute",
            "slhdsa/shake.rs::ShakeKernels::shake_chain",
            "slhdsa/shake.rs::block",
            "slhdsa/shake.rs::chain",
            "slhdsa/shake.rs::constant",
            "slhdsa/shake.rs::load",
            "slhdsa/shake.rs::word",
            "sha2/ni.rs::Sha256Ni::new",
            "sha2/ni.rs::Sha2::compress",
            "sha2/ni.rs::Sha2::write",
            "sha2/ni.rs::ShaNi::detect",
            "sha2/ni.rs::compress_block",
            "sha2/compression.rs::MachineSha2::compress_256_after",
            "sha2/compression.rs::MachineSha2::compress_512",
            "backend.rs::Portable::new",
        ],
        is_slow: false,
        check: functions,
    },
    #[cfg(target_arch = "aarch64")]
    Row {
        name: "SLH-DSA on NEON: F, PRF, H, T, PRF_msg and H_msg, as compiled, match FIPS 205, 11.1 and 11.2, in every \
               lane",
        label: ExhaustedInPart(
            "every set, number of lanes and lane; each bit of an address in some lane; random bytes",
        ),
        covers: &[
            "sha2/arm.rs::$name::new",
            "sha2/arm.rs::ArmSha2::detect",
            "sha2/arm.rs::MachineSha2::compress_256_after",
            "sha2/arm.rs::Sha2::compress",
            "sha2/arm.rs::Sha2::write",
            "sha2/arm.rs::compress_words_256",
            "sha2/arm.rs::compress_words_512",
            "sha2/arm.rs::vectors_of_32",
            "sha2/arm.rs::vectors_of_64",
            "backend/neon/word.rs::MachineSha2::compress_512",
            "slhdsa/sha2_arm.rs::chain",
            "slhdsa/sha2_arm.rs::hash_rows",
            "slhdsa/sha2_arm.rs::kernel",
        ],
        is_slow: false,
        check: functions,
    },
    Row {
        name: "SLH-DSA: keys, signatures and kept leaves on each backend match the portable backend, signatures \
               verify, alone and in batches, and a damaged key makes none (FIPS 205, algorithms 18 to 20)",
        label: Tested,
        covers: &[
            "slhdsa/batch.rs::verify",
            "slhdsa/batch.rs::verify_batch",
            "slhdsa/batch.rs::verify_group",
            "slhdsa/batch.rs::verify_on",
            "slhdsa/sha2.rs::Family::wastes_half",
            "slhdsa/shake.rs::Family::wastes_half",
            "slhdsa/signing.rs::keygen",
            "slhdsa/signing.rs::on_wiped_stack_of",
            "slhdsa/signing.rs::Job::run",
            "slhdsa/signing.rs::Signer::on_wiped_stack",
            "slhdsa/signing.rs::Signer::sign",
            "slhdsa/signing.rs::Signer::sign_divided",
            "slhdsa/signing.rs::fault",
            "slhdsa/signing.rs::sign_on",
            "slhdsa/signing.rs::top_leaves",
        ],
        is_slow: false,
        check: operations,
    },
];

fn parameters() {
    // n, h, d, h', a, k, m, bytes of a public key and of a signature.
    let rows: [(&str, [usize; 9]); 6] = [
        ("128s", [16, 63, 7, 9, 12, 14, 30, 32, 7856]),
        ("128f", [16, 66, 22, 3, 6, 33, 34, 32, 17088]),
        ("192s", [24, 63, 7, 9, 14, 17, 39, 48, 16224]),
        ("192f", [24, 66, 22, 3, 8, 33, 42, 48, 35664]),
        ("256s", [32, 64, 8, 8, 14, 22, 47, 64, 29792]),
        ("256f", [32, 68, 17, 4, 9, 35, 49, 64, 49856]),
    ];
    for set in ParameterSet::ALL {
        let name = format!("{set:?}");
        let Some((_, row)) = rows.iter().find(|(end, _)| name.ends_with(end)) else { panic!("{name}") };
        let Numbers { n, d, height, a, k, m } = set.numbers();
        let found = [n, d * height, d, height, a, k, m, set.public_key_bytes(), set.signature_bytes()];
        claim(found == *row && set.n() == n, || format!("{name}: {found:?}"));
        claim([set.seed_bytes(), set.private_key_bytes()] == [3 * n, 4 * n], || name.clone());
        // Equations 5.1 to 5.4 for lg_w = 4.
        let numbers = set.numbers();
        let checksums = (0..).find(|digits| 15 * 2 * n < 1 << (4 * digits)).unwrap_or(0);
        claim(numbers.chains() == 2 * n + checksums, || format!("{name}: chains"));
        claim(numbers.fors_bytes() == k * (a + 1) * n, || format!("{name}: FORS"));
        claim(numbers.layer_bytes() == (numbers.chains() + height) * n, || format!("{name}: a layer"));
        claim(set.top_leaves_bytes() == if height < 8 { 0 } else { n << height }, || format!("{name}: leaves"));
        claim(set.is_sha2() == name.starts_with("Sha2"), || format!("{name}: the family"));
    }
}

/// Algorithm 2, toInt, of at most twelve bytes.
fn to_int(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn check_selection(numbers: &Numbers, digest: &[u8]) {
    let Numbers { d, height, a, k, .. } = *numbers;
    let (h, md) = (d * height, (k * a).div_ceil(8));
    let (tree_bytes, leaf_bytes) = ((h - height).div_ceil(8), height.div_ceil(8));
    let mut tree = to_int(&digest[md..md + tree_bytes]) % (1 << (h - height));
    let mut leaf = to_int(&digest[md + tree_bytes..md + tree_bytes + leaf_bytes]) % (1 << height);
    let selection = Selection::new(numbers, digest);
    // Algorithm 12.
    for layer in 0..d {
        if layer > 0 {
            (leaf, tree) = (tree % (1 << height), tree >> height);
        }
        let Place { tree: found, leaf: found_leaf } = selection.place.above(layer, height);
        claim((u128::from(found), u128::from(found_leaf)) == (tree, leaf), || {
            format!("layer {layer} of {digest:02x?}")
        });
    }
    // Algorithm 4.
    let (mut used, mut bits, mut total) = (0, 0, 0_u128);
    for i in 0..k {
        while bits < a {
            (total, used, bits) = (total << 8 | u128::from(digest[used]), used + 1, bits + 8);
        }
        bits -= a;
        let expected = total >> bits;
        total %= 1 << bits;
        claim(u128::from(selection.fors_leaf(i, a)) == expected, || format!("FORS leaf {i} of {digest:02x?}"));
    }
}

fn selections() {
    let mut random = Random::new(21);
    for set in ParameterSet::ALL {
        let numbers = set.numbers();
        for bit in 0..8 * numbers.m {
            for base in [0, 0xff] {
                let mut digest = [base; 49];
                digest[bit / 8] ^= 1 << (bit % 8);
                check_selection(&numbers, &digest[..numbers.m]);
            }
        }
        for digest in [[0; 49], [0xff; 49]] {
            check_selection(&numbers, &digest[..numbers.m]);
        }
        (0..500).for_each(|_| check_selection(&numbers, &random.bytes::<49>()[..numbers.m]));
    }
}

/// The 32 bytes of an address (section 4.2).
pub(super) fn address_bytes(address: &Address) -> Vec<u8> {
    let Address { kind, layer, tree, key_pair, height, index } = *address;
    let words = [layer, 0, (tree >> 32) as u32, tree as u32, kind as u32, key_pair, height, index];
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// F, H, T or PRF (sections 11.1 and 11.2): of nodes, or of a seed.
fn expected(set: ParameterSet, seed: &[u8], address: &Address, input: &[u8], is_long: bool) -> Vec<u8> {
    let (n, full) = (set.n(), address_bytes(address));
    let mut hash = if set.is_sha2() {
        // Figure 16.
        let compressed = [&full[3..4], &full[8..16], &full[19..20], &full[20..32]].concat();
        let is_large = is_long && n > 16;
        let block = if is_large { 128 } else { 64 };
        let message = [seed, &vec![0; block - n], &compressed, input].concat();
        if is_large { sha512(&message) } else { sha256(&message) }
    } else {
        let mut out = vec![0; n];
        shake256(Backend::Portable, &[seed, &full, input].concat(), &mut out);
        out
    };
    hash.truncate(n);
    hash
}

fn random_address(random: &mut Random, bit: usize) -> Address {
    let kinds = [
        Kind::WotsHash,
        Kind::WotsPublicKey,
        Kind::Tree,
        Kind::ForsTree,
        Kind::ForsRoots,
        Kind::WotsPrf,
        Kind::ForsPrf,
    ];
    // Each bit of a field is set or missing alone in some lane of some round.
    let mut field = |bits: usize| {
        let number = [0, u64::MAX, random.next()][bit % 3] ^ 1 << (bit % bits);
        number & (u64::MAX >> (64 - bits))
    };
    Address {
        kind: kinds[bit % 7],
        layer: field(8) as u32,
        tree: field(64),
        key_pair: field(32) as u32,
        height: field(16) as u32,
        // The index of a chain increases, and must not overflow.
        index: field(31) as u32 & !3,
    }
}

fn check_functions<F: Family>(f: F, set: ParameterSet, random: &mut Random, name: &str) {
    let (n, mut bit) = (set.n(), 0);
    claim(f.n() == n && f.words() * size_of::<F::Word>() == n, || format!("n of {set:?}"));
    for used in 1..=F::LANES {
        let (mut addresses, mut keys) = (F::ZERO_ADDRESSES, f.keys(&[0; 32][..n]));
        let mut lanes = Vec::new();
        let (mut left, mut right, mut rows, mut out) = (F::ZERO_NODE, F::ZERO_NODE, F::zero_rows(), F::ZERO_NODE);
        for lane in 0..F::LANES {
            let (address, seed, nodes) =
                (random_address(random, bit), random.bytes::<32>(), [random.bytes::<32>(), random.bytes()]);
            bit += 1;
            // In parts, as the trees set them.
            let before = Address { key_pair: !address.key_pair, height: 7, index: 9, ..address };
            F::set_address(&mut addresses, lane, &before);
            F::set_key_pair(&mut addresses, lane, address.key_pair);
            F::set_position(&mut addresses, lane, address.height, address.index);
            F::set_key(&mut keys, lane, &f.keys(&seed[..n]), F::LANES - 1);
            F::set(left.as_mut(), lane, &nodes[0][..n]);
            F::set(out.as_mut(), lane, &nodes[1][..n]);
            f.copy(&out, lane, right.as_mut(), lane);
            lanes.push((address, seed, nodes));
        }
        let expect = |out: &F::Node, what: &str, of: &dyn Fn(&Address, &[u8], &[[u8; 32]; 2]) -> Vec<u8>| {
            for (lane, (address, seed, nodes)) in lanes.iter().enumerate().take(used) {
                let mut found = vec![0; n];
                F::get(out, lane, &mut found);
                let is_equal = found == of(address, &seed[..n], nodes);
                claim(is_equal, || format!("{what} of {set:?} in lane {lane} of {used} on {name}"));
            }
        };
        let chain = |address: &Address, seed: &[u8], nodes: &[[u8; 32]; 2], steps: u32| {
            (0..steps).fold(nodes[0][..n].to_vec(), |node, step| {
                expected(set, seed, &Address { index: address.index + step, ..*address }, &node, false)
            })
        };
        let (mut node, mut all) = (left, [F::ZERO_NODE; 3]);
        let start = f.start(&keys, &addresses, used);
        f.chain(&keys, &start, &addresses, &mut node, Extent { steps: 3, used }, &mut all);
        for steps in 1..=3 {
            expect(&all[steps - 1], "F", &|a, seed, nodes| chain(a, seed, nodes, steps as u32));
        }
        expect(&node, "F", &|a, seed, nodes| chain(a, seed, nodes, 3));
        f.pair(&keys, &addresses, &left, &right, &mut out, used);
        expect(&out, "H", &|a, seed, [l, r]| expected(set, seed, a, &[&l[..n], &r[..n]].concat(), true));
        for count in [set.numbers().k, set.numbers().chains()] {
            // All nodes differ, so that all blocks of the input do.
            let node_of = |nodes: &[[u8; 32]; 2], i: usize| {
                let mut node = nodes[i % 2];
                node[i % n] ^= i as u8 + 1;
                node[..n].to_vec()
            };
            for i in 0..count {
                let rows = f.node_rows(&mut rows, i);
                (0..F::LANES).for_each(|lane| F::set(rows, lane, &node_of(&lanes[lane].2, i)));
            }
            f.compress(&keys, &addresses, &mut rows, count, &mut out, used);
            expect(&out, "T", &|a, seed, nodes| {
                let input: Vec<u8> = (0..count).flat_map(|i| node_of(nodes, i)).collect();
                expected(set, seed, a, &input, true)
            });
        }
        // The same address in every lane, with other indices, of chains and of trees.
        let (first, mut node) = (lanes[0].0, left);
        let (mut addresses, indices) = (F::addresses(&first), from_fn(|lane| (lane * used) as u32 % 13));
        F::set_positions(&mut addresses, 5, &indices);
        F::advance(&mut addresses, 3);
        let start = f.start(&keys, &addresses, used);
        f.chain(&keys, &start, &addresses, &mut node, Extent { steps: 1, used }, &mut []);
        let indices_of_trees = from_fn(|_| random.next() as u32);
        F::set_positions(&mut addresses, 6, &indices_of_trees);
        f.pair(&keys, &addresses, &left, &right, &mut out, used);
        for (lane, (_, seed, [l, r])) in lanes.iter().enumerate().take(used) {
            let (mut chained, mut joined) = (vec![0; n], vec![0; n]);
            F::get(&node, lane, &mut chained);
            F::get(&out, lane, &mut joined);
            let of_chain = Address { height: 5, index: indices[lane] + 3, ..first };
            let of_tree = Address { height: 6, index: indices_of_trees[lane], ..first };
            let is_equal = chained == expected(set, &seed[..n], &of_chain, &l[..n], false)
                && joined == expected(set, &seed[..n], &of_tree, &[&l[..n], &r[..n]].concat(), true);
            claim(is_equal, || format!("positions of {set:?} in lane {lane} of {used} on {name}"));
        }
    }
    check_messages(f, set, random, name);
}

fn check_messages<F: Family>(f: F, set: ParameterSet, random: &mut Random, name: &str) {
    let (n, m) = (set.n(), set.numbers().m);
    let (first, second, message) = (random.bytes::<32>(), random.bytes::<64>(), random.bytes::<300>());
    for length in (0..=message.len()).step_by(13) {
        let (message, mut code, mut digest) = (&message[..length], vec![0; n], vec![0; m]);
        let (chunks, key, public_key) =
            ([&message[..length / 3], &message[length / 3..]], &first[..n], &second[..2 * n]);
        f.prf_message(key, &second[..n], &chunks, &mut code);
        f.hash_message(key, public_key, &chunks, &mut digest);
        let (keyed, whole) = ([&second[..n], message].concat(), [key, public_key, message].concat());
        let hash = if n == 16 { sha256 } else { sha512 };
        let expected = if set.is_sha2() {
            let seed = [key, &public_key[..n], &hash(&whole)].concat();
            let code = hmac_of(hash, if n == 16 { 64 } else { 128 }, key, &keyed);
            (code[..n].to_vec(), mgf1_of(hash, &seed, m))
        } else {
            let (mut code, mut digest) = (vec![0; n], vec![0; m]);
            shake256(Backend::Portable, &[key, &keyed].concat(), &mut code);
            shake256(Backend::Portable, &whole, &mut digest);
            (code, digest)
        };
        claim((code, digest) == expected, || format!("a message of {length} bytes, {set:?} on {name}"));
    }
}

fn functions() {
    let mut random = Random::new(22);
    for set in ParameterSet::ALL {
        for backend in Backend::available() {
            with_family!(backend, set, f => check_functions(f, set, &mut random, backend.name()));
        }
    }
}

fn operations() {
    let mut random = Random::new(23);
    for set in ParameterSet::ALL.into_iter().filter(|set| set.numbers().height < 8) {
        let (seeds, opt_rand, n) = (random.bytes::<96>(), random.bytes::<32>(), set.n());
        let (message, mut expected): ([u8; 100], Option<(Vec<u8>, Vec<u8>)>) = (random.bytes(), None);
        for backend in Backend::available() {
            let (mut key, mut signature) = (vec![0; 4 * n], vec![0; set.signature_bytes()]);
            keygen(backend, set, &seeds[..3 * n], &mut key);
            let chunks: [&[u8]; 2] = [&message[..3], &message[3..]];
            let opt_rand = Some(&opt_rand[..n]);
            let signer = Signer { backend, set, private_key: &key, top_leaves: None, check_faults: true };
            let mut divided = vec![0; set.signature_bytes()];
            let in_jobs = signer.sign_divided(&chunks, opt_rand, &mut divided, |jobs| jobs.for_each(Job::run));
            let signed = signer.sign(&chunks, opt_rand, &mut signature);
            claim(in_jobs.is_ok() && divided == signature, || format!("in jobs, {set:?} on {}", backend.name()));
            let is_valid = verify(backend, set, &key[2 * n..], &[&message], &signature);
            claim(signed.is_ok() && is_valid, || format!("{set:?} on {}", backend.name()));
            let made = expected.get_or_insert_with(|| (key.clone(), signature.clone()));
            claim(*made == (key.clone(), signature.clone()), || format!("{set:?} on {}", backend.name()));
            let mut other = signature.clone();
            other[random.below(signature.len())] ^= 1 << random.below(8);
            let signatures = [&signature[..], &other, &signature[1..]];
            let items: [Verification<'_>; 19] =
                from_fn(|i| Verification { public_key: &key[2 * n..], message: &chunks, signature: signatures[i % 3] });
            let mut verdicts = [true; 19];
            verify_batch(backend, set, &items, &mut verdicts);
            for (i, verdict) in verdicts.into_iter().enumerate() {
                claim(verdict == (i % 3 == 0), || format!("item {i} of a batch, {set:?} on {}", backend.name()));
            }
            key[random.below(n)] ^= 1;
            let signer = Signer { backend, set, private_key: &key, top_leaves: None, check_faults: true };
            let refused = signer.sign(&chunks, None, &mut signature);
            let is_wiped = signature.iter().all(|byte| *byte == 0);
            claim(refused.is_err() && is_wiped, || format!("a damaged key, {set:?} on {}", backend.name()));
        }
    }
    let (set, key, mut expected) = (ParameterSet::Sha2_128s, random.bytes::<64>(), None);
    for backend in Backend::available() {
        let mut leaves = vec![0; set.top_leaves_bytes()];
        top_leaves(backend, set, &key, &mut leaves);
        let made = expected.get_or_insert_with(|| leaves.clone());
        claim(*made == leaves, || format!("leaves, {set:?} on {}", backend.name()));
    }
}
