//! The old place of the flags of keys.

pub use crate::settings::*;
