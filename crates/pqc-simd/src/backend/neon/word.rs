//! One message of SHA-2 at a time, in the general-purpose registers, which have an instruction to rotate.

use crate::backend::{Neon, NeonSha3};
use crate::vec::word::MachineSha2;

impl MachineSha2 for Neon {
    type W32 = u32;
    type W64 = u64;
    const INSTRUCTIONS_UP_TO: usize = 0;
}

impl MachineSha2 for NeonSha3 {
    type W32 = u32;
    type W64 = u64;
    const INSTRUCTIONS_UP_TO: usize = 0;
}
