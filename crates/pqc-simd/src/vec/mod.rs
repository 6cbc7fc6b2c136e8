//! The operations on vectors that the algorithms need. Each [backend](crate::backend) implements them.

pub(crate) mod v16;
pub(crate) mod v32;
pub(crate) mod v64;
