//! The parameter sets of SLH-DSA (FIPS 205, section 11, table 2).

/// A parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the standard, without SLH-DSA")]
pub enum ParameterSet {
    Sha2_128s,
    Sha2_128f,
    Sha2_192s,
    Sha2_192f,
    Sha2_256s,
    Sha2_256f,
    Shake128s,
    Shake128f,
    Shake192s,
    Shake192f,
    Shake256s,
    Shake256f,
}

/// The largest numbers of table 2: bytes of a node, chains of a key of WOTS+, layers, trees of FORS, their height, and
/// bytes of the digest of a message.
pub(crate) const MAX_N: usize = 32;
pub(crate) const MAX_CHAINS: usize = 67;
pub(crate) const MAX_LAYERS: usize = 22;
pub(crate) const MAX_FORS_TREES: usize = 35;
pub(crate) const MAX_FORS_HEIGHT: usize = 14;
pub(crate) const MAX_DIGEST: usize = 49;

/// The numbers of a set, with their names in table 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Bytes of a node, and of a seed.
    pub(crate) n: usize,
    /// Layers of the hypertree.
    pub(crate) d: usize,
    /// The height of a tree of the hypertree, h'.
    pub(crate) height: usize,
    /// The height of a tree of FORS.
    pub(crate) a: usize,
    /// Trees of FORS.
    pub(crate) k: usize,
    /// Bytes of the digest of a message.
    pub(crate) m: usize,
}

impl Numbers {
    /// Chains of a key of WOTS+, *len* of section 5: lg_w is 4 in every set.
    pub(crate) const fn chains(&self) -> usize {
        2 * self.n + 3
    }

    /// Bytes of the signature of FORS.
    pub(crate) const fn fors_bytes(&self) -> usize {
        self.k * (1 + self.a) * self.n
    }

    /// Bytes of the signature of a layer of the hypertree.
    pub(crate) const fn layer_bytes(&self) -> usize {
        (self.chains() + self.height) * self.n
    }
}

impl ParameterSet {
    /// All sets, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::Sha2_128s,
        Self::Sha2_128f,
        Self::Sha2_192s,
        Self::Sha2_192f,
        Self::Sha2_256s,
        Self::Sha2_256f,
        Self::Shake128s,
        Self::Shake128f,
        Self::Shake192s,
        Self::Shake192f,
        Self::Shake256s,
        Self::Shake256f,
    ];

    pub(crate) const fn numbers(self) -> Numbers {
        let (n, d, height, a, k, m) = match self {
            Self::Sha2_128s | Self::Shake128s => (16, 7, 9, 12, 14, 30),
            Self::Sha2_128f | Self::Shake128f => (16, 22, 3, 6, 33, 34),
            Self::Sha2_192s | Self::Shake192s => (24, 7, 9, 14, 17, 39),
            Self::Sha2_192f | Self::Shake192f => (24, 22, 3, 8, 33, 42),
            Self::Sha2_256s | Self::Shake256s => (32, 8, 8, 14, 22, 47),
            Self::Sha2_256f | Self::Shake256f => (32, 17, 4, 9, 35, 49),
        };
        Numbers { n, d, height, a, k, m }
    }

    /// Whether the hash functions are of SHA-2 (section 11.2); else they are SHAKE256 (section 11.1).
    #[must_use]
    pub const fn is_sha2(self) -> bool {
        matches!(
            self,
            Self::Sha2_128s | Self::Sha2_128f | Self::Sha2_192s | Self::Sha2_192f | Self::Sha2_256s | Self::Sha2_256f
        )
    }

    /// The security parameter n: bytes of a seed, of `PK.root` and of the additional randomness.
    #[must_use]
    pub const fn n(self) -> usize {
        self.numbers().n
    }

    /// Bytes of `SK.seed || SK.prf || PK.seed`.
    #[must_use]
    pub const fn seed_bytes(self) -> usize {
        3 * self.n()
    }

    /// Bytes of `SK.seed || SK.prf || PK.seed || PK.root`.
    #[must_use]
    pub const fn private_key_bytes(self) -> usize {
        4 * self.n()
    }

    /// Bytes of `PK.seed || PK.root`.
    #[must_use]
    pub const fn public_key_bytes(self) -> usize {
        2 * self.n()
    }

    /// Bytes of the leaves of the highest tree, which a key may keep; 0 for the sets f, where they save two hundredths of a signature.
    #[must_use]
    pub const fn top_leaves_bytes(self) -> usize {
        let Numbers { n, height, .. } = self.numbers();
        if height < 8 { 0 } else { n << height }
    }

    /// Bytes of a signature.
    #[must_use]
    pub const fn signature_bytes(self) -> usize {
        let numbers = self.numbers();
        numbers.n + numbers.fors_bytes() + numbers.d * numbers.layer_bytes()
    }
}
