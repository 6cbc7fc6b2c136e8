//! One message of SHA-2 at a time: by the instructions for it, or in the general-purpose registers, which have an instruction to rotate.

use crate::backend::{Neon, NeonSha3};
use crate::sha2::arm::compress_words_512;
use crate::sha2::compression::MachineSha2;

impl MachineSha2 for Neon {
    type W32 = u32;
    type W64 = u64;
    const INSTRUCTIONS_UP_TO: usize = 16;
}

impl MachineSha2 for NeonSha3 {
    type W32 = u32;
    type W64 = u64;
    const INSTRUCTIONS_UP_TO: usize = 16;

    #[inline(always)]
    fn compress_512(self, hash: [u64; 8], block: [u64; 16]) -> [u64; 8] {
        compress_words_512(self, hash, block)
    }
}
