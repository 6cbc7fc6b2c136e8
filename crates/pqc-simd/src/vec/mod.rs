//! The operations on vectors that the algorithms need. Each [backend](crate::backend) implements them.

/// A coefficient in memory: a number, or in the proofs the known facts about it. No kernel over elements can read its
/// value, so none can branch or index on it.
#[allow(unreachable_pub, reason = "in public types, of a private module")]
pub trait Element: Copy {
    #[doc(hidden)]
    const ZERO: Self;

    /// For assertions alone.
    #[doc(hidden)]
    fn is_within(self, low: i32, high: i32) -> bool;
}

impl Element for i16 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn is_within(self, low: i32, high: i32) -> bool {
        (low..=high).contains(&self.into())
    }
}

impl Element for i32 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn is_within(self, low: i32, high: i32) -> bool {
        (low..=high).contains(&self)
    }
}

pub(crate) mod v16;
pub(crate) mod v32;
pub(crate) mod v64;
pub(crate) mod word;
