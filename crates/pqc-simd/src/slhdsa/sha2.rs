//! The hash functions with SHA-2 (FIPS 205, section 11.2) on sixteen lanes: SHA-256, and for n of 24 and 32 SHA-512 for H, T and the
//! message.

use super::address::Address;
use super::family::{Extent, Family};
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use super::sha2_arm as instructions;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
use super::sha2_kernels::Input;
use super::sha2_kernels::{LANES, Node, Row, Sha2Kernels};
#[cfg(target_arch = "x86_64")]
use super::sha2_ni as instructions;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use crate::backend::NeonSha3;
use crate::backend::{Backend, Portable, Token};
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use crate::sha2::arm::{ArmSha2 as Instructions, Sha256Arm as Instructed256, Sha512Arm};
use crate::sha2::compression::MachineSha2;
use crate::sha2::hash::{Hasher, hmac, mgf1};
#[cfg(target_arch = "x86_64")]
use crate::sha2::ni::{Sha256Ni as Instructed256, ShaNi as Instructions};
use crate::sha2::{Sha2, Sha256, Sha512};
use crate::vec::word::Word;

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
    /// The lanes that a vector of the machine has.
    width: usize,
    /// The SHA-256 instructions of the processor, and the number of lanes up to which they are faster than vectors.
    #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
    instructions: Option<(Instructions, usize)>,
    /// The SHA-512 instructions.
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    large: Option<NeonSha3>,
}

impl Sha2Family<Token> {
    pub(crate) fn new(backend: Backend, n: usize) -> Self {
        let token = backend.token();
        on_token!(token, machine => Self::on(machine, token, n))
    }

    /// On the backend of a token, which is `machine` too.
    fn on<M: MachineSha2>(_: M, machine: Token, n: usize) -> Self {
        Self {
            machine,
            words: n / 4,
            width: M::W32::WIDTH,
            #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
            instructions: Instructions::detect()
                .filter(|_| M::INSTRUCTIONS_UP_TO > 0)
                .map(|token| (token, M::INSTRUCTIONS_UP_TO)),
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            large: if let Token::NeonSha3(token) = machine { Some(token) } else { None },
        }
    }
}

impl<M> Sha2Family<M> {
    /// The SHA-256 instructions, if they are faster on that many lanes.
    #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
    fn instructions(&self, used: usize) -> Option<Instructions> {
        self.instructions.filter(|(_, limit)| used <= *limit).map(|(token, _)| token)
    }

    /// Whether the long functions are SHA-512.
    const fn is_large(&self) -> bool {
        self.words > 4
    }
}

impl<M: Sha2Kernels> Sha2Family<M> {
    /// The long function of an address and nodes. The rows are padded to whole blocks, and the kernels read one row, of SHA-512 two,
    /// beyond them.
    fn hash(self, keys: &Keys, rows: &mut [Row], nodes: usize, out: &mut Node, used: usize) {
        let end = ADDRESS + nodes * self.words;
        let bytes = 22 + nodes * 4 * self.words;
        if self.is_large() {
            let rows = &mut rows[..32 * (bytes + 17).div_ceil(128) + 2];
            rows[end..].fill([0; LANES]);
            rows[end] = [PAD; LANES];
            let bits = 8 * (128 + bytes as u64);
            if used == 1 && self.width > 1 {
                self.machine.hash_row_512(&keys.large, rows, bits, out);
            } else {
                self.machine.hash_rows_512(&keys.large, rows, bits, out, used);
            }
        } else {
            let rows = &mut rows[..16 * (bytes + 9).div_ceil(64) + 1];
            rows[end..].fill([0; LANES]);
            rows[end] = [PAD; LANES];
            let bits = 8 * (64 + bytes as u32);
            #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
            if let Some(token) = self.instructions(used) {
                return instructions::hash_rows(token, &keys.small, rows, bits, out, used);
            }
            if used == 1 && self.width > 1 {
                Portable::new().hash_rows_256(&keys.small, rows, bits, out, used);
            } else {
                self.machine.hash_rows_256(&keys.small, rows, bits, out, used);
            }
        }
    }

    fn message_digest<H: Sha2>(initial: &H, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        let (mut hasher, mut inner) = (Hasher::new(initial.clone()), [0; 64]);
        hasher.update(r);
        hasher.update(public_key);
        message.iter().for_each(|chunk| hasher.update(chunk));
        hasher.finish(&mut inner[..H::DIGEST]);
        mgf1(initial, &[r, &public_key[..public_key.len() / 2], &inner[..H::DIGEST]], out);
    }
}

impl<M: Sha2Kernels> Family for Sha2Family<M> {
    const LANES: usize = LANES;
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

    fn wastes_half(self) -> bool {
        self.width == LANES
    }

    fn read(bytes: &[u8]) -> u32 {
        bytes.as_chunks().0.first().map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    fn write(word: u32, bytes: &mut [u8]) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }

    // Not inlined: a call costs nothing next to the hash functions, and the copies in the loops over lanes took 8 KB.
    #[inline(never)]
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

    fn set_positions(addresses: &mut Addresses, height: u32, indices: &[u32; LANES]) {
        addresses[4] = [height; LANES];
        addresses[5] = *indices;
    }

    fn advance(addresses: &mut Addresses, steps: u32) {
        addresses[5].iter_mut().for_each(|index| *index = index.wrapping_add(steps));
    }

    fn keys(self, seed: &[u8]) -> Keys {
        let (mut block, mut small, mut large) = ([0; 128], Sha256::INITIAL, Sha512::INITIAL);
        block[..seed.len()].copy_from_slice(seed);
        small.compress(&block);
        large.compress(&block);
        Keys { small: small.0.map(|word| [word; LANES]), large: large.0.map(|word| [word; LANES]) }
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
        extent: Extent,
        all: &mut [Node],
    ) {
        #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
        if let Some(token) = self.instructions(extent.used) {
            let input = Input { key: &keys.small, start, addresses };
            return instructions::chain(token, self.words, &input, node, extent, all);
        }
        let machine = self.machine;
        match self.words {
            4 => machine.sha2_chain::<4>(&keys.small, start, addresses, node, extent, all),
            6 => machine.sha2_chain::<6>(&keys.small, start, addresses, node, extent, all),
            _ => machine.sha2_chain::<8>(&keys.small, start, addresses, node, extent, all),
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
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            if let Some(token) = self.large {
                return hmac(&Sha512Arm::new(token), sk_prf, opt_rand, message, out);
            }
            return hmac(&Sha512::INITIAL, sk_prf, opt_rand, message, out);
        }
        #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
        if let Some(token) = self.instructions(1) {
            return hmac(&Instructed256::new(token), sk_prf, opt_rand, message, out);
        }
        hmac(&Sha256::INITIAL, sk_prf, opt_rand, message, out);
    }

    fn hash_message(self, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        if self.is_large() {
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            if let Some(token) = self.large {
                return Self::message_digest(&Sha512Arm::new(token), r, public_key, message, out);
            }
            return Self::message_digest(&Sha512::INITIAL, r, public_key, message, out);
        }
        #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
        if let Some(token) = self.instructions(1) {
            return Self::message_digest(&Instructed256::new(token), r, public_key, message, out);
        }
        Self::message_digest(&Sha256::INITIAL, r, public_key, message, out);
    }
}
