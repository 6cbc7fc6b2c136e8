//! Which instructions an operation uses. A key keeps the path it was made with.

/// A set of instructions that an engine may have an implementation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodePath {
    /// Plain Rust, on every processor.
    Portable,
    /// 256-bit vectors of x86-64.
    Avx2,
    /// 512-bit vectors of x86-64, which the engine simd has only.
    Avx512,
}

impl CodePath {
    /// Every path, slowest first.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Whether this processor has the instructions.
    ///
    /// aarch64 takes the portable path until the vectors have passed on NEON.
    pub fn is_available(self) -> bool {
        pqc_simd::Backend::from(self).is_available()
    }

    /// `portable`, `avx2` or `avx512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}
