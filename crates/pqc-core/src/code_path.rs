//! Which instructions an operation uses. A key keeps the path it was made with.

use crate::Error;

/// A set of instructions that the algorithm library has an implementation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodePath {
    /// Plain Rust, on every processor.
    Portable,
    /// 256-bit vectors of x86-64.
    Avx2,
}

impl CodePath {
    /// Every path, slowest first.
    pub const ALL: [Self; 2] = [Self::Portable, Self::Avx2];

    /// The fastest path that this processor has.
    ///
    /// aarch64 takes the portable path until the vectors have passed on NEON.
    pub fn best() -> Self {
        if Self::Avx2.is_available() { Self::Avx2 } else { Self::Portable }
    }

    /// Whether this processor has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => false,
        }
    }

    /// `portable` or `avx2`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
        }
    }

    /// This path, or [`Error::CodePathUnavailable`]: the gate before every use of vector instructions.
    pub(crate) fn require(self) -> Result<Self, Error> {
        if self.is_available() { Ok(self) } else { Err(Error::CodePathUnavailable) }
    }
}
