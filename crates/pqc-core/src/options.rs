//! The options of a key.

use crate::{CodePath, Error};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precompute {
    /// On its second use, so that a key that is used once stays small; a private key of ML-DSA when it is loaded, since its check and
    /// its derivation from a seed compute most of the form.
    #[default]
    OnSecondUse,
    /// When the key is made.
    Always,
    /// Never: each use computes it again, in less memory.
    Never,
}

/// The options of one key, which it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOptions {
    /// The instructions that its operations use.
    pub path: CodePath,
    /// Where its secrets are, and the secrets that its operations return.
    pub memory: Memory,
    /// When its expanded form is computed.
    pub precompute: Precompute,
    /// Whether each signature of SLH-DSA is checked against faults before it is released, and PK.root of its private key is derived
    /// again and compared where the key is loaded from PKCS#8.
    pub fault_check: bool,
    /// Whether each signature of SLH-DSA is divided among the threads of batches, unless it is in a batch itself.
    pub parallel: bool,
}

impl KeyOptions {
    /// These options, or [`Error::CodePathUnavailable`]: the gate before every use of vector instructions.
    pub fn checked(self) -> Result<Self, Error> {
        if self.path.is_available() { Ok(self) } else { Err(Error::CodePathUnavailable) }
    }
}

impl From<CodePath> for KeyOptions {
    fn from(path: CodePath) -> Self {
        Self { path, memory: Memory::Heap, precompute: Precompute::OnSecondUse, fault_check: true, parallel: false }
    }
}
