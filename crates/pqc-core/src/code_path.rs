//! Which instructions an operation uses. A key keeps the path it was made with.

use crate::Engine;
use pqc_simd::Backend;

/// A set of instructions that an engine may have an implementation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodePath {
    /// Plain Rust, on every processor.
    Portable,
    /// 256-bit vectors of x86-64.
    Avx2,
    /// 512-bit vectors of x86-64, only in the engine simd.
    Avx512,
}

/// What the table holds of a path.
struct Row {
    path: CodePath,
    backend: Backend,
    /// A bit for each engine that has it.
    engines: u32,
}

/// The bits of engines.
const fn bits(engines: &[Engine]) -> u32 {
    match engines {
        [] => 0,
        [first, others @ ..] => 1 << *first as u32 | bits(others),
    }
}

/// The paths, slowest first.
const ROWS: [Row; 3] = [
    Row { path: CodePath::Portable, backend: Backend::Portable, engines: bits(&Engine::ALL) },
    Row { path: CodePath::Avx2, backend: Backend::Avx2, engines: bits(&Engine::ALL) },
    Row { path: CodePath::Avx512, backend: Backend::Avx512, engines: bits(&[Engine::Simd]) },
];

impl CodePath {
    /// Every path, slowest first.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Self::Portable; ROWS.len()];
        let mut row = 0;
        while row < ROWS.len() {
            all[row] = ROWS[row].path;
            assert!(all[row] as usize == row, "the table is in the order of the paths");
            row += 1;
        }
        all
    };

    /// The backend of pqc-simd.
    pub(crate) const fn backend(self) -> Backend {
        ROWS[self as usize].backend
    }

    /// Whether an engine has an implementation.
    pub(crate) fn is_in(self, engine: Engine) -> bool {
        ROWS[self as usize].engines & bits(&[engine]) != 0
    }

    /// Whether this processor has the instructions.
    ///
    /// aarch64 takes the portable path until the vectors have passed on NEON.
    pub fn is_available(self) -> bool {
        self.backend().is_available()
    }

    /// `portable`, `avx2` or `avx512`.
    pub const fn name(self) -> &'static str {
        self.backend().name()
    }
}
