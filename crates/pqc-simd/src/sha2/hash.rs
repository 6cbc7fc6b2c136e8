//! SHA-256 and SHA-512 of one message in chunks, HMAC (FIPS 198-1) and MGF1 (RFC 8017, B.2.1) with them.

use super::compression::{compress_256, compress_512};
use super::constants::{INITIAL_256, INITIAL_512};

/// A function of the family: its hash value and its blocks.
pub(crate) trait Sha2: Clone {
    /// Bytes of a block.
    const BLOCK: usize;
    /// Bytes of a digest.
    const DIGEST: usize;

    fn compress(&mut self, block: &[u8; 128]);
    fn write(&self, digest: &mut [u8]);
}

macro_rules! function {
    ($name:ident, $int:ty, $initial:ident, $compress:ident) => {
        #[doc = concat!("The hash value of ", stringify!($name), ".")]
        #[derive(Clone)]
        pub(crate) struct $name(pub(crate) [$int; 8]);

        impl $name {
            pub(crate) const INITIAL: Self = Self($initial);
        }

        impl Sha2 for $name {
            const BLOCK: usize = 16 * size_of::<$int>();
            const DIGEST: usize = 8 * size_of::<$int>();

            #[inline(never)]
            fn compress(&mut self, block: &[u8; 128]) {
                let mut words = [0; 16];
                for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
                    *word = <$int>::from_be_bytes(*bytes);
                }
                self.0 = $compress::<(), $int>((), self.0, words);
            }

            fn write(&self, digest: &mut [u8]) {
                for (out, word) in digest.chunks_mut(size_of::<$int>()).zip(&self.0) {
                    out.copy_from_slice(&word.to_be_bytes()[..out.len()]);
                }
            }
        }
    };
}
function!(Sha256, u32, INITIAL_256, compress_256);
function!(Sha512, u64, INITIAL_512, compress_512);

/// A message that is hashed chunk by chunk.
#[derive(Clone)]
pub(crate) struct Hasher<H: Sha2> {
    value: H,
    block: [u8; 128],
    /// The bytes of the message.
    length: u64,
}

impl<H: Sha2> Hasher<H> {
    pub(crate) const fn new(initial: H) -> Self {
        Self { value: initial, block: [0; 128], length: 0 }
    }

    /// The bytes of the block that is not full.
    #[allow(clippy::cast_possible_truncation, reason = "below the length of a block")]
    const fn filled(&self) -> usize {
        (self.length % H::BLOCK as u64) as usize
    }

    pub(crate) fn update(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            let at = self.filled();
            let (now, later) = chunk.split_at(chunk.len().min(H::BLOCK - at));
            self.block[at..at + now.len()].copy_from_slice(now);
            self.length = self.length.wrapping_add(now.len() as u64);
            if self.filled() == 0 {
                self.value.compress(&self.block);
            }
            chunk = later;
        }
    }

    /// Pads the message (FIPS 180-4, section 5.1) and writes the first bytes of the digest.
    pub(crate) fn finish(mut self, digest: &mut [u8]) {
        let at = self.filled();
        self.block[at] = 0x80;
        self.block[at + 1..].fill(0);
        if at + 1 + H::BLOCK / 8 > H::BLOCK {
            self.value.compress(&self.block);
            self.block.fill(0);
        }
        self.block[H::BLOCK - 8..H::BLOCK].copy_from_slice(&(8 * self.length).to_be_bytes());
        self.value.compress(&self.block);
        self.value.write(digest);
    }
}

/// HMAC of `first` and a message in chunks, with a key no longer than a block. Writes as many bytes as `out` has.
pub(crate) fn hmac<H: Sha2>(initial: &H, key: &[u8], first: &[u8], message: &[&[u8]], out: &mut [u8]) {
    let mut pad = [0x36; 128];
    pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
    let (mut hasher, mut inner) = (Hasher::new(initial.clone()), [0; 64]);
    hasher.update(&pad[..H::BLOCK]);
    hasher.update(first);
    message.iter().for_each(|chunk| hasher.update(chunk));
    hasher.finish(&mut inner[..H::DIGEST]);
    pad.iter_mut().for_each(|pad| *pad ^= 0x36 ^ 0x5c);
    let mut hasher = Hasher::new(initial.clone());
    hasher.update(&pad[..H::BLOCK]);
    hasher.update(&inner[..H::DIGEST]);
    hasher.finish(out);
}

/// MGF1 of a seed in chunks. Writes as many bytes as `out` has.
pub(crate) fn mgf1<H: Sha2>(initial: &H, seed: &[&[u8]], out: &mut [u8]) {
    for (counter, out) in (0_u32..).zip(out.chunks_mut(H::DIGEST)) {
        let mut hasher = Hasher::new(initial.clone());
        seed.iter().for_each(|chunk| hasher.update(chunk));
        hasher.update(&counter.to_be_bytes());
        hasher.finish(out);
    }
}
