//! One message of SHA-2 at a time.

use crate::backend::Portable;
use crate::sha2::compression::MachineSha2;

impl MachineSha2 for Portable {
    type W32 = u32;
    type W64 = u64;
    const INSTRUCTIONS_UP_TO: usize = 0;
}
