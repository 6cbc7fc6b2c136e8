//! The options of a key.

use crate::{CodePath, Error};

/// Which implementation does the arithmetic of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// The crate pqc-simd of this project.
    #[default]
    Simd,
    /// The crates of libcrux, the independent implementation that tests compare it with. It is slower, and has neither AVX-512 nor
    /// the SHA-3 instructions of aarch64 nor an external mu.
    Libcrux,
}

impl Engine {
    /// Both engines, the default first.
    pub const ALL: [Self; 2] = [Self::Simd, Self::Libcrux];

    /// `libcrux` or `simd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Libcrux => "libcrux",
            Self::Simd => "simd",
        }
    }

    /// The engine with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// Whether the engine has code for a path and the processor its instructions.
    pub fn has(self, path: CodePath) -> bool {
        let is_in_engine = match self {
            Self::Libcrux => matches!(path, CodePath::Portable | CodePath::Avx2 | CodePath::Neon),
            Self::Simd => true,
        };
        is_in_engine && path.is_available()
    }

    /// The code paths of the engine on this processor, slowest first.
    pub fn paths(self) -> impl Iterator<Item = CodePath> {
        CodePath::ALL.into_iter().filter(move |path| self.has(*path))
    }

    /// The fastest code path of the engine on this processor.
    pub fn best_path(self) -> CodePath {
        self.paths().last().unwrap_or(CodePath::Portable)
    }
}

/// Where a key keeps its secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// On the heap, wiped when the key is dropped.
    #[default]
    Heap,
    /// In locked pages between guard pages, kept out of core dumps, and wiped as well.
    Locked,
}

/// When a key computes its expanded form, the matrix and the transforms that all its operations need, and keeps it.
///
/// The engine libcrux heeds it for private keys of ML-KEM that are loaded from their expanded encoding. Its other ML-KEM keys are
/// expanded when they are made, its ML-DSA keys never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precompute {
    /// On its second use, so that a key that is used once stays small; a private key of ML-DSA when it is loaded, since its check and
    /// its derivation from a seed compute most of the form.
    #[default]
    OnSecondUse,
    /// When the key is made.
    Always,
    /// Never: each use does it again, in less memory.
    Never,
}

/// The options of one key, which it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOptions {
    /// The implementation of its operations.
    pub engine: Engine,
    /// The instructions that its operations use.
    pub path: CodePath,
    /// Where its secrets are, and the secrets that its operations return.
    pub memory: Memory,
    /// When its expanded form is computed.
    pub precompute: Precompute,
}

impl KeyOptions {
    /// These options, or [`Error::CodePathUnavailable`]: the gate before every use of vector instructions.
    pub fn checked(self) -> Result<Self, Error> {
        if self.engine.has(self.path) { Ok(self) } else { Err(Error::CodePathUnavailable) }
    }
}

impl From<(Engine, CodePath)> for KeyOptions {
    fn from((engine, path): (Engine, CodePath)) -> Self {
        Self { engine, path, memory: Memory::Heap, precompute: Precompute::OnSecondUse }
    }
}

impl From<CodePath> for KeyOptions {
    fn from(path: CodePath) -> Self {
        Self::from((Engine::default(), path))
    }
}
