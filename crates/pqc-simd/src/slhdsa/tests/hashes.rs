//! The hash functions of every lane against those of RustCrypto on the bytes of FIPS 205, section 11.

use crate::backend::Backend;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use crate::backend::Token;
use crate::keccak::oracle::shake256;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use crate::sha2::arm::{ArmSha2, Sha256Arm, Sha512Arm};
use crate::sha2::hash::{Hasher, hmac, mgf1};
#[cfg(target_arch = "x86_64")]
use crate::sha2::ni::{Sha256Ni, ShaNi};
use crate::sha2::{Sha2, Sha256, Sha512};
use crate::slhdsa::ParameterSet;
use crate::slhdsa::address::{Address, Kind};
use crate::slhdsa::family::{Extent, Family};
use crate::slhdsa::with_family;
use sha2::Digest;

/// The address of a lane: all its numbers differ.
fn address(lane: usize) -> Address {
    let lane = lane as u32 + 1;
    let tree = 0x0123_4567_89ab_cdef_u64.rotate_left(lane);
    let kind = [Kind::WotsHash, Kind::WotsPublicKey, Kind::Tree, Kind::ForsTree, Kind::ForsRoots][lane as usize % 5];
    Address { kind, layer: lane, tree, key_pair: 0x0001_0203 * lane, height: 3 * lane, index: 0x0101_0101 * lane }
}

/// The 32 bytes of an address (section 4.2).
fn bytes(address: &Address) -> Vec<u8> {
    let Address { kind, layer, tree, key_pair, height, index } = *address;
    let words = [layer, 0, (tree >> 32) as u32, tree as u32, kind as u32, key_pair, height, index];
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// F, H or T (sections 11.1 and 11.2) of some nodes.
fn expected(set: ParameterSet, seed: &[u8], address: &Address, nodes: &[u8], is_long: bool) -> Vec<u8> {
    let (n, full) = (set.n(), bytes(address));
    if !set.is_sha2() {
        return shake256::<32>(&[seed, &full, nodes].concat())[..n].to_vec();
    }
    let compressed = [&full[3..4], &full[8..16], &full[19..20], &full[20..32]].concat();
    let block = if is_long && n > 16 { 128 } else { 64 };
    let message = [seed, &vec![0; block - n], &compressed, nodes].concat();
    match block {
        64 => sha2::Sha256::digest(message)[..n].to_vec(),
        _ => sha2::Sha512::digest(message)[..n].to_vec(),
    }
}

/// A node of a lane.
fn node(n: usize, lane: usize, number: usize) -> Vec<u8> {
    (0..n).map(|i| (31 * lane + 101 * number + 7 * i) as u8).collect()
}

fn check<F: Family>(f: F, set: ParameterSet, name: &str) {
    let n = set.n();
    let (seeds, mut addresses, mut keys) = (|lane: usize| node(n, lane, 77), F::ZERO_ADDRESSES, f.keys(&[0; 32][..n]));
    let (mut left, mut right, mut rows) = (F::ZERO_NODE, F::ZERO_NODE, F::zero_rows());
    for lane in 0..F::LANES {
        F::set_address(&mut addresses, lane, &address(lane));
        F::set_key(&mut keys, lane, &f.keys(&seeds(lane)), lane);
        F::set(left.as_mut(), lane, &node(n, lane, 0));
        F::set(right.as_mut(), lane, &node(n, lane, 1));
    }
    let expect = |out: &F::Node, used: usize, function: &str, of: &dyn Fn(usize) -> Vec<u8>| {
        for lane in 0..used {
            let mut found = vec![0; n];
            F::get(out, lane, &mut found);
            assert_eq!(found, of(lane), "{function} of {set:?} in lane {lane} of {used} on {name}");
        }
    };
    for used in 1..=F::LANES {
        let (mut out, mut all) = (left, [F::ZERO_NODE; 3]);
        f.chain(&keys, &f.start(&keys, &addresses, used), &addresses, &mut out, Extent { steps: 3, used }, &mut all);
        let hash = |lane: usize, steps: u32| {
            (0..steps).fold(node(n, lane, 0), |node, step| {
                let first = address(lane);
                expected(set, &seeds(lane), &Address { index: first.index + step, ..first }, &node, false)
            })
        };
        (1..=3).for_each(|steps| expect(&all[steps as usize - 1], used, "F", &|lane| hash(lane, steps)));
        expect(&out, used, "F", &|lane| hash(lane, 3));
        f.pair(&keys, &addresses, &left, &right, &mut out, used);
        expect(&out, used, "H", &|lane| {
            let nodes = [node(n, lane, 0), node(n, lane, 1)].concat();
            expected(set, &seeds(lane), &address(lane), &nodes, true)
        });
        for nodes in [set.numbers().k, set.numbers().chains()] {
            for lane in 0..F::LANES {
                (0..nodes).for_each(|i| F::set(f.node_rows(&mut rows, i), lane, &node(n, lane, i)));
            }
            f.compress(&keys, &addresses, &mut rows, nodes, &mut out, used);
            expect(&out, used, "T", &|lane| {
                let nodes: Vec<u8> = (0..nodes).flat_map(|i| node(n, lane, i)).collect();
                expected(set, &seeds(lane), &address(lane), &nodes, true)
            });
        }
    }
}

#[test]
fn the_functions_of_every_lane_are_those_of_the_standard() {
    for set in ParameterSet::ALL {
        for backend in Backend::available() {
            with_family!(backend, set, f => check(f, set, backend.name()));
        }
    }
}

#[test]
fn messages_of_every_length_have_the_digests_of_rustcrypto() {
    let message: Vec<u8> = (0..300).map(|i| (i * i) as u8).collect();
    for length in 0..=message.len() {
        let (first, second) = message[..length].split_at(length / 3);
        let digest = sha2::Sha256::digest(&message[..length]);
        assert_eq!(digest_of(Sha256::INITIAL, [first, second]), digest[..], "{length}");
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = ShaNi::detect() {
            assert_eq!(digest_of(Sha256Ni::new(token), [first, second]), digest[..], "{length}");
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
        if let Some(token) = ArmSha2::detect() {
            assert_eq!(digest_of(Sha256Arm::new(token), [first, second]), digest[..], "{length}");
        }
        let digest = sha2::Sha512::digest(&message[..length]);
        assert_eq!(digest_of(Sha512::INITIAL, [first, second]), digest[..], "{length}");
        #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
        if let Token::NeonSha3(token) = Backend::NeonSha3.token() {
            assert_eq!(digest_of(Sha512Arm::new(token), [first, second]), digest[..], "{length}");
        }
    }
}

fn digest_of<H: Sha2>(initial: H, chunks: [&[u8]; 2]) -> Vec<u8> {
    let (mut hasher, mut digest) = (Hasher::new(initial), vec![0; H::DIGEST]);
    chunks.iter().for_each(|chunk| hasher.update(chunk));
    hasher.finish(&mut digest);
    digest
}

/// FIPS 198-1, section 4, and RFC 8017, appendix B.2.1.
#[test]
fn codes_and_masks_are_those_of_the_standards() {
    let (key, mut out) = ([0x5a; 32], [0; 49]);
    let digest = |chunks: &[&[u8]]| sha2::Sha256::digest(chunks.concat()).to_vec();
    let pads = [0x36, 0x5c].map(|pad| [[0x5a ^ pad; 32], [pad; 32]].concat());
    hmac(&Sha256::INITIAL, &key, b"first", &[b"second", b"third"], &mut out[..32]);
    assert_eq!(out[..32], digest(&[&pads[1], &digest(&[&pads[0], b"firstsecondthird"])]));
    let digest = |chunks: &[&[u8]]| sha2::Sha512::digest(chunks.concat()).to_vec();
    let pads = [0x36, 0x5c].map(|pad| [vec![0x5a ^ pad; 32], vec![pad; 96]].concat());
    hmac(&Sha512::INITIAL, &key, b"", &[b"message"], &mut out[..24]);
    assert_eq!(out[..24], digest(&[&pads[1], &digest(&[&pads[0], b"message"])])[..24]);
    mgf1(&Sha256::INITIAL, &[b"se", b"ed"], &mut out);
    let mask = [[0, 0, 0, 0], [0, 0, 0, 1]].map(|counter| sha2::Sha256::digest([&b"seed"[..], &counter].concat()));
    assert_eq!(out, mask.concat()[..49]);
}
