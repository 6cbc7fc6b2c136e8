//! SHA-256 and SHA-512 with the instructions of aarch64.
#![allow(unsafe_code, reason = "intrinsics")]

use super::compression::MachineSha2;
use super::constants::{K256, K512};
#[cfg(target_arch = "aarch64")]
use super::{Sha2, Sha256, Sha512};
use crate::arch::*;
use crate::backend::NeonSha3;

/// The proof that the processor has the instructions of SHA-256. [`NeonSha3`] proves the same for SHA-512.
#[derive(Clone, Copy)]
pub(crate) struct ArmSha2(());

impl ArmSha2 {
    #[cfg(target_arch = "aarch64")]
    pub(crate) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("sha2").then_some(Self(()))
    }
}

/// The compression of SHA-256, with `SKIP` from the working variables after four rounds.
#[inline(always)]
pub(crate) fn compress_256<const SKIP: bool>(
    _: ArmSha2,
    hash: [uint32x4_t; 2],
    variables: [uint32x4_t; 2],
    block: [uint32x4_t; 4],
) -> [uint32x4_t; 2] {
    let ([mut abcd, mut efgh], mut w) = (variables, block);
    for i in usize::from(SKIP)..16 {
        // SAFETY: the token.
        unsafe {
            if i >= 4 {
                let sum = vsha256su0q_u32(w[i % 4], w[(i + 1) % 4]);
                w[i % 4] = vsha256su1q_u32(sum, w[(i + 2) % 4], w[(i + 3) % 4]);
            }
            let sum = vaddq_u32(w[i % 4], vreinterpretq_u32_u8(load_128(&K256[4 * i..4 * i + 4])));
            (abcd, efgh) = (vsha256hq_u32(abcd, efgh, sum), vsha256h2q_u32(efgh, abcd, sum));
        }
    }
    // SAFETY: the token.
    unsafe { [vaddq_u32(abcd, hash[0]), vaddq_u32(efgh, hash[1])] }
}

/// The compression of SHA-512.
#[inline(always)]
pub(crate) fn compress_512(_: NeonSha3, hash: [uint64x2_t; 4], block: [uint64x2_t; 8]) -> [uint64x2_t; 4] {
    let ([mut ab, mut cd, mut ef, mut gh], mut w) = (hash, block);
    for i in 0..40 {
        // SAFETY: the token.
        unsafe {
            if i >= 8 {
                let sum = vsha512su0q_u64(w[i % 8], w[(i + 1) % 8]);
                let seventh = vextq_u64::<1>(w[(i + 4) % 8], w[(i + 5) % 8]);
                w[i % 8] = vsha512su1q_u64(sum, w[(i + 7) % 8], seventh);
            }
            let sum = vaddq_u64(w[i % 8], vreinterpretq_u64_u8(load_128(&K512[2 * i..2 * i + 2])));
            let sum = vaddq_u64(vextq_u64::<1>(sum, sum), gh);
            let first = vsha512hq_u64(sum, vextq_u64::<1>(ef, gh), vextq_u64::<1>(cd, ef));
            (ab, cd, ef, gh) = (vsha512h2q_u64(first, cd, ab), ab, vaddq_u64(cd, first), ef);
        }
    }
    // SAFETY: the token.
    unsafe { [vaddq_u64(ab, hash[0]), vaddq_u64(cd, hash[1]), vaddq_u64(ef, hash[2]), vaddq_u64(gh, hash[3])] }
}

impl MachineSha2 for ArmSha2 {
    type W32 = u32;
    type W64 = u64;
    const INSTRUCTIONS_UP_TO: usize = 0;

    #[inline(always)]
    fn compress_256_after<const SKIP: bool>(self, hash: [u32; 8], variables: [u32; 8], block: [u32; 16]) -> [u32; 8] {
        let [first, second] = vectors_of_32(self, &variables);
        // The rounds without these instructions exchange names instead of values.
        let variables = if SKIP { [second, first] } else { [first, second] };
        let found = compress_256::<SKIP>(self, vectors_of_32(self, &hash), variables, vectors_of_32(self, &block));
        let mut words = [0; 8];
        // SAFETY: the token.
        unsafe {
            store_128(&mut words[..4], vreinterpretq_u8_u32(found[0]));
            store_128(&mut words[4..], vreinterpretq_u8_u32(found[1]));
        }
        words
    }
}

/// [`compress_256`] on words.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn compress_words_256(token: ArmSha2, hash: [u32; 8], block: [u32; 16]) -> [u32; 8] {
    token.compress_256_after::<false>(hash, hash, block)
}

/// [`compress_512`] on words.
#[inline(always)]
pub(crate) fn compress_words_512(token: NeonSha3, hash: [u64; 8], block: [u64; 16]) -> [u64; 8] {
    let found = compress_512(token, vectors_of_64(token, &hash), vectors_of_64(token, &block));
    let mut words = [0; 8];
    for i in 0..4 {
        // SAFETY: the token.
        unsafe { store_128(&mut words[2 * i..2 * i + 2], vreinterpretq_u8_u64(found[i])) }
    }
    words
}

#[inline(always)]
fn vectors_of_32<const N: usize>(_: ArmSha2, words: &[u32]) -> [uint32x4_t; N] {
    // SAFETY: the token.
    unsafe {
        let mut vectors = [vdupq_n_u32(0); N];
        for i in 0..N {
            vectors[i] = vreinterpretq_u32_u8(load_128(&words[4 * i..4 * i + 4]));
        }
        vectors
    }
}

#[inline(always)]
fn vectors_of_64<const N: usize>(_: NeonSha3, words: &[u64]) -> [uint64x2_t; N] {
    // SAFETY: the token.
    unsafe {
        let mut vectors = [vdupq_n_u64(0); N];
        for i in 0..N {
            vectors[i] = vreinterpretq_u64_u8(load_128(&words[2 * i..2 * i + 2]));
        }
        vectors
    }
}

/// A hash value, compressed by the instructions, with the token that proves them.
#[cfg(target_arch = "aarch64")]
macro_rules! function {
    ($name:ident, $plain:ident, $int:ty, $token:ident, $feature:literal, $compress:expr) => {
        #[doc = concat!("The hash value of ", stringify!($plain), ", compressed by the instructions.")]
        #[derive(Clone)]
        pub(crate) struct $name($plain, $token);

        impl $name {
            pub(crate) const fn new(token: $token) -> Self {
                Self($plain::INITIAL, token)
            }
        }

        impl Sha2 for $name {
            const BLOCK: usize = $plain::BLOCK;
            const DIGEST: usize = $plain::DIGEST;

            fn compress(&mut self, block: &[u8; 128]) {
                #[target_feature(enable = $feature)]
                #[inline(never)]
                fn compress(token: $token, value: [$int; 8], block: &[u8; 128]) -> [$int; 8] {
                    let mut words = [0; 16];
                    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
                        *word = <$int>::from_be_bytes(*bytes);
                    }
                    $compress(token, value, words)
                }
                // SAFETY: the token.
                self.0.0 = unsafe { compress(self.1, self.0.0, block) };
            }

            fn write(&self, digest: &mut [u8]) {
                self.0.write(digest);
            }
        }
    };
}
#[cfg(target_arch = "aarch64")]
function!(Sha256Arm, Sha256, u32, ArmSha2, "sha2", compress_words_256);
#[cfg(target_arch = "aarch64")]
function!(Sha512Arm, Sha512, u64, NeonSha3, "sha3", compress_words_512);
