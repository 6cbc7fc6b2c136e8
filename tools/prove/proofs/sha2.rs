//! SHA-256 and SHA-512 (FIPS 180-4) of whole messages on numbers, and their constants.

use super::Label::{ExhaustedInPart, Proved, Tested};
use super::machine::Random;
use super::{Row, claim};
use crate::backend::Portable;
use crate::sha2::constants::{INITIAL_256, INITIAL_512, K256, K512};
use crate::sha2::hash::{Hasher, hmac, mgf1};
use crate::sha2::{Sha2, Sha256, Sha512};
use crate::vec::word::{Pairs, Word};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "SHA-2 constants are the fractional parts of the cube roots and square roots of the first primes (FIPS 180-4, 4.2 and 5.3)",
        label: Proved,
        covers: &["sha2/constants.rs::upper_halves"],
        is_slow: false,
        check: constants,
    },
    Row {
        name: "SHA-2 on the portable backend: each operation on words of 32 and 64 bits is as documented",
        label: Tested,
        covers: &[
            "vec/word.rs::Pairs::load_pair",
            "vec/word.rs::Pairs::store_pair",
            "vec/word.rs::Word::add",
            "vec/word.rs::Word::choose",
            "vec/word.rs::Word::funnel",
            "vec/word.rs::Word::load",
            "vec/word.rs::Word::majority",
            "vec/word.rs::Word::rotate_right",
            "vec/word.rs::Word::shift_right",
            "vec/word.rs::Word::splat",
            "vec/word.rs::Word::store",
            "vec/word.rs::Word::xor3",
        ],
        is_slow: false,
        check: words,
    },
    Row {
        name: "SHA-2: messages in chunks, HMAC (FIPS 198-1) and MGF1 (RFC 8017, B.2.1) match the standards",
        label: ExhaustedInPart("every length to 300 bytes in one chunk and in two; random bytes"),
        covers: &[
            "sha2/hash.rs::Hasher::filled",
            "sha2/hash.rs::Hasher::finish",
            "sha2/hash.rs::Hasher::new",
            "sha2/hash.rs::Hasher::update",
            "sha2/hash.rs::Sha2::compress",
            "sha2/hash.rs::Sha2::write",
            "sha2/hash.rs::hmac",
            "sha2/hash.rs::mgf1",
        ],
        is_slow: false,
        check: messages,
    },
];

/// A product of numbers of 32-bit digits, the lowest first.
fn times(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut product = vec![0; a.len() + b.len()];
    for (i, a) in a.iter().enumerate() {
        let mut carry = 0;
        for (j, b) in b.iter().enumerate() {
            let sum = u64::from(product[i + j]) + u64::from(*a) * u64::from(*b) + carry;
            product[i + j] = sum as u32;
            carry = sum >> 32;
        }
        product[i + b.len()] = carry as u32;
    }
    product
}

/// Whether x^power <= prime 2^(64 power), for x = integer 2^64 + fraction.
fn is_below(integer: u32, fraction: u128, power: usize, prime: u32) -> bool {
    let x = [fraction as u32, (fraction >> 32) as u32, integer + (fraction >> 64) as u32];
    let raised = (1..power).fold(x.to_vec(), |product, _| times(&product, &x));
    let mut limit = vec![0; 2 * power];
    limit.push(prime);
    limit.resize(raised.len().max(limit.len()), 0);
    raised.iter().rev().cmp(limit[..raised.len()].iter().rev()).is_le()
}

fn constants() {
    let primes: Vec<u32> = (2..).filter(|n| (2..*n).all(|d| n % d != 0)).take(80).collect();
    let check = |constant: u64, power: u32, prime: u32| {
        let root = (1..).take_while(|root: &u32| root.pow(power) <= prime).last().unwrap_or(0);
        let constant = u128::from(constant);
        let is_right =
            is_below(root, constant, power as usize, prime) && !is_below(root, constant + 1, power as usize, prime);
        claim(is_right, || format!("the root of {prime}"));
    };
    primes.iter().zip(K512).for_each(|(prime, k)| check(k, 3, *prime));
    primes.iter().zip(INITIAL_512).for_each(|(prime, h)| check(h, 2, *prime));
    (0..64).for_each(|i| claim(u64::from(K256[i]) == K512[i] >> 32, || format!("K256 {i}")));
    (0..8).for_each(|i| claim(u64::from(INITIAL_256[i]) == INITIAL_512[i] >> 32, || format!("H256 {i}")));
}

fn words() {
    fn check<W: Word<Portable, Int = W> + Copy + PartialEq + std::fmt::Debug>(x: W, y: W, z: W, expected: [W; 8]) {
        let (machine, mut stored) = (Portable::new(), [x; 2]);
        let [x, y, z] = [x, y, z].map(|word| W::splat(machine, word));
        let found = [
            x.add(y),
            x.xor3(y, z),
            x.choose(y, z),
            x.majority(y, z),
            x.rotate_right::<7>(),
            x.shift_right::<7>(),
            x.funnel(y),
            W::load(machine, &[x, y]),
        ];
        claim(found == expected, || format!("{x:?}, {y:?}, {z:?}"));
        y.store(&mut stored);
        claim(stored == [y, x] && W::WIDTH == 1, || format!("{y:?} is stored"));
    }
    let mut random = Random::new(11);
    for i in 0..3000 {
        let mut word = || if i % 3 == 0 { [0, u64::MAX, 1, 1 << 63][random.below(4)] } else { random.next() };
        let (x, y, z) = (word(), word(), word());
        let (ch, maj) = ((x & y) ^ (!x & z), (x & y) ^ (x & z) ^ (y & z));
        let rotated = x >> 7 | x << 57;
        check(x, y, z, [x.wrapping_add(y), x ^ y ^ z, ch, maj, rotated, x >> 7, x << 16 | y >> 48, x]);
        let [x, y, z, ch, maj] = [x, y, z, ch, maj].map(|word| word as u32);
        let rotated = x >> 7 | x << 25;
        check(x, y, z, [x.wrapping_add(y), x ^ y ^ z, ch, maj, rotated, x >> 7, x << 16 | y >> 16, x]);
        let pair = <u64 as Pairs<Portable>>::load_pair(Portable::new(), &[x, y], &[z, y]);
        let (mut high, mut low) = ([y; 2], [y; 2]);
        Pairs::<Portable>::store_pair(pair, &mut high, &mut low);
        claim(pair == u64::from(x) << 32 | u64::from(z) && (high, low) == ([x, y], [z, y]), || format!("{x}, {z}"));
    }
}

/// Sections 5 and 6 of FIPS 180-4, on a message of whole bytes: words of `bits` bits.
fn digest(message: &[u8], bits: usize) -> Vec<u8> {
    let (mask, is_small) = (u64::MAX >> (64 - bits), bits == 32);
    let rotated = |x: u64, by: usize| (x >> by | x << (bits - by)) & mask;
    let sum = |x: u64, by: [usize; 3]| rotated(x, by[0]) ^ rotated(x, by[1]) ^ rotated(x, by[2]);
    let sigma = |x: u64, by: [usize; 3]| rotated(x, by[0]) ^ rotated(x, by[1]) ^ x >> by[2];
    let rounds = if is_small { 64 } else { 80 };
    let mut hash: Vec<u64> = INITIAL_512.iter().map(|h| h >> (64 - bits)).collect();
    let mut padded = [message, &[0x80]].concat();
    while padded.len() % (2 * bits) != 2 * bits - bits / 4 {
        padded.push(0);
    }
    padded.resize(padded.len() + bits / 4 - 8, 0);
    padded.extend((8 * message.len() as u64).to_be_bytes());
    for block in padded.chunks(2 * bits) {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let mut w: Vec<u64> = block.chunks(bits / 8).map(number).collect();
        for t in 16..rounds {
            let (first, second) = if is_small { ([17, 19, 10], [7, 18, 3]) } else { ([19, 61, 6], [1, 8, 7]) };
            let word = [sigma(w[t - 2], first), w[t - 7], sigma(w[t - 15], second), w[t - 16]];
            w.push(word.iter().fold(0, |sum: u64, word| sum.wrapping_add(*word)) & mask);
        }
        let mut x = hash.clone();
        for t in 0..rounds {
            let (first, second) = if is_small { ([6, 11, 25], [2, 13, 22]) } else { ([14, 18, 41], [28, 34, 39]) };
            let (ch, maj) = ((x[4] & x[5]) ^ (!x[4] & x[6]), (x[0] & x[1]) ^ (x[0] & x[2]) ^ (x[1] & x[2]));
            let k = K512[t] >> (64 - bits);
            let t1 = x[7].wrapping_add(sum(x[4], first)).wrapping_add(ch).wrapping_add(k).wrapping_add(w[t]);
            let t2 = sum(x[0], second).wrapping_add(maj);
            x.rotate_right(1);
            x[4] = x[4].wrapping_add(t1) & mask;
            x[0] = t1.wrapping_add(t2) & mask;
        }
        hash.iter_mut().zip(x).for_each(|(hash, x)| *hash = hash.wrapping_add(x) & mask);
    }
    hash.iter().flat_map(|word| word.to_be_bytes()[8 - bits / 8..].to_vec()).collect()
}

pub(super) fn sha256(message: &[u8]) -> Vec<u8> {
    digest(message, 32)
}

pub(super) fn sha512(message: &[u8]) -> Vec<u8> {
    digest(message, 64)
}

/// FIPS 198-1, section 4, with a key no longer than a block.
pub(super) fn hmac_of(hash: fn(&[u8]) -> Vec<u8>, block: usize, key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| -> Vec<u8> { (0..block).map(|i| key.get(i).unwrap_or(&0) ^ byte).collect() };
    hash(&[pad(0x5c), hash(&[&pad(0x36)[..], message].concat())].concat())
}

/// RFC 8017, B.2.1.
pub(super) fn mgf1_of(hash: fn(&[u8]) -> Vec<u8>, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask: Vec<u8> = (0..4_u32).flat_map(|counter| hash(&[seed, &counter.to_be_bytes()].concat())).collect();
    mask.truncate(length);
    mask
}

fn messages() {
    fn check<H: Sha2>(initial: &H, hash: fn(&[u8]) -> Vec<u8>, random: &mut Random) {
        let message: [u8; 300] = random.bytes();
        for length in 0..=message.len() {
            let message = &message[..length];
            for at in [0, length / 3, length] {
                let (mut hasher, mut out) = (Hasher::new(initial.clone()), vec![0; H::DIGEST]);
                hasher.update(&message[..at]);
                hasher.update(&message[at..]);
                hasher.finish(&mut out);
                claim(out == hash(message), || format!("{length} bytes"));
            }
            let (key, mut out, mut mask) =
                (&message[..length.min(H::BLOCK)], vec![0; H::DIGEST], vec![0; length % 100]);
            hmac(initial, key, &message[..length / 2], &[&message[length / 2..], key], &mut out);
            let whole = [message, key].concat();
            claim(out == hmac_of(hash, H::BLOCK, key, &whole), || format!("HMAC of {length} bytes"));
            mgf1(initial, &[&message[..length / 2], &message[length / 2..]], &mut mask);
            claim(mask == mgf1_of(hash, message, length % 100), || format!("MGF1 of {length} bytes"));
        }
    }
    check(&Sha256::INITIAL, sha256, &mut Random::new(12));
    check(&Sha512::INITIAL, sha512, &mut Random::new(13));
}
