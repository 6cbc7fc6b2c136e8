//! What the maker of a key may choose.

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

/// The choices for one key, which it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOptions {
    /// The instructions that its operations use.
    pub path: CodePath,
    /// Where its secrets are, and those that its operations hand out.
    pub memory: Memory,
}

impl KeyOptions {
    /// These options, or [`Error::CodePathUnavailable`].
    pub fn checked(self) -> Result<Self, Error> {
        self.path.require().map(|_| self)
    }
}

impl From<CodePath> for KeyOptions {
    fn from(path: CodePath) -> Self {
        Self { path, memory: Memory::Heap }
    }
}
