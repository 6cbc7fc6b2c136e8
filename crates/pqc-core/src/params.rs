//! The six parameter sets, as data: FIPS 203 section 8 (table 2) and FIPS 204 section 4 (table 1); the sizes of X-Wing.

/// Degree of the polynomials of both schemes.
const N: usize = 256;

/// Bytes of an ML-KEM seed: `d || z` (FIPS 203, 7.1).
pub const MLKEM_SEED_BYTES: usize = 64;
/// Bytes of an ML-KEM shared secret (FIPS 203, table 3).
pub const MLKEM_SHARED_SECRET_BYTES: usize = 32;
/// Bytes of the encapsulation randomness `m` (FIPS 203, 7.2).
pub const MLKEM_RANDOMNESS_BYTES: usize = 32;
/// Bytes of an ML-DSA seed: `xi` (FIPS 204, 5.1).
pub const MLDSA_SEED_BYTES: usize = 32;
/// Bytes of the signing randomness `rnd` (FIPS 204, 5.2).
pub const MLDSA_RANDOMNESS_BYTES: usize = 32;
/// Bytes of `mu`, the hash that is signed (FIPS 204, algorithm 7, line 6).
pub const MLDSA_MU_BYTES: usize = 64;
/// The longest context string, in bytes (FIPS 204, 5.2).
pub const MLDSA_MAX_CONTEXT_BYTES: usize = 255;

/// Room for the longest ML-KEM ciphertext, and the longest keys and signature of both families, which are ML-DSA's, where no
/// memory is to be allocated.
pub(crate) const MAX_CIPHERTEXT_BYTES: usize = MlKemParameterSet::MlKem1024.ciphertext_bytes();
pub(crate) const MAX_PUBLIC_KEY_BYTES: usize = MlDsaParameterSet::MlDsa87.public_key_bytes();
pub(crate) const MAX_PRIVATE_KEY_BYTES: usize = MlDsaParameterSet::MlDsa87.private_key_bytes();
pub(crate) const MAX_SIGNATURE_BYTES: usize = MlDsaParameterSet::MlDsa87.signature_bytes();

/// Bytes of an X25519 public key, and of a scalar (RFC 7748, 5).
pub(crate) const X25519_BYTES: usize = 32;
/// Bytes of an X-Wing decapsulation key, which is a seed (draft-connolly-cfrg-xwing-kem-10, 5.1).
pub const XWING_SEED_BYTES: usize = 32;
/// Bytes of the encapsulation randomness `eseed` (5.4.1).
pub const XWING_RANDOMNESS_BYTES: usize = MLKEM_RANDOMNESS_BYTES + X25519_BYTES;
/// Bytes of an X-Wing encapsulation key, `pk_M || pk_X` (5.1).
pub const XWING_PUBLIC_KEY_BYTES: usize = MlKemParameterSet::MlKem768.public_key_bytes() + X25519_BYTES;
/// Bytes of an X-Wing ciphertext, `ct_M || ct_X` (5.1).
pub const XWING_CIPHERTEXT_BYTES: usize = MlKemParameterSet::MlKem768.ciphertext_bytes() + X25519_BYTES;
/// Bytes of an X-Wing shared secret (5.1).
pub const XWING_SHARED_SECRET_BYTES: usize = 32;

/// A parameter set of ML-KEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlKemParameterSet {
    /// Security category 1.
    MlKem512,
    /// Security category 3.
    MlKem768,
    /// Security category 5.
    MlKem1024,
}

/// The numbers that FIPS 203 gives for one parameter set.
struct MlKemParams {
    id: u32,
    name: &'static str,
    /// Rank of the module.
    k: usize,
    /// Bits kept of a coefficient of `u`, and of `v`.
    du: usize,
    dv: usize,
}

impl MlKemParameterSet {
    /// Every set, weakest first.
    pub const ALL: [Self; 3] = [Self::MlKem512, Self::MlKem768, Self::MlKem1024];

    const fn params(self) -> &'static MlKemParams {
        match self {
            Self::MlKem512 => &MlKemParams { id: 512, name: "ML-KEM-512", k: 2, du: 10, dv: 4 },
            Self::MlKem768 => &MlKemParams { id: 768, name: "ML-KEM-768", k: 3, du: 10, dv: 4 },
            Self::MlKem1024 => &MlKemParams { id: 1024, name: "ML-KEM-1024", k: 4, du: 11, dv: 5 },
        }
    }

    /// The set whose number (512, 768 or 1024) this is.
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// The set whose encoded public keys are so long.
    pub fn of_public_key(bytes: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.public_key_bytes() == bytes)
    }

    /// 512, 768 or 1024.
    pub const fn id(self) -> u32 {
        self.params().id
    }

    /// The standard's name, such as `ML-KEM-768`.
    pub const fn name(self) -> &'static str {
        self.params().name
    }

    /// Bytes of a vector of `k` polynomials under `ByteEncode12`.
    pub(crate) const fn vector_bytes(self) -> usize {
        self.params().k * N * 12 / 8
    }

    /// Bytes of an encapsulation key: 800, 1184 or 1568.
    pub const fn public_key_bytes(self) -> usize {
        self.vector_bytes() + 32
    }

    /// Bytes of an expanded decapsulation key: 1632, 2400 or 3168.
    pub const fn private_key_bytes(self) -> usize {
        self.vector_bytes() + self.public_key_bytes() + 32 + 32
    }

    /// Bytes of a ciphertext: 768, 1088 or 1568.
    pub const fn ciphertext_bytes(self) -> usize {
        let p = self.params();
        (p.du * p.k + p.dv) * N / 8
    }
}

/// A parameter set of ML-DSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlDsaParameterSet {
    /// Security category 2.
    MlDsa44,
    /// Security category 3.
    MlDsa65,
    /// Security category 5.
    MlDsa87,
}

/// The numbers that FIPS 204 gives for one parameter set.
struct MlDsaParams {
    id: u32,
    name: &'static str,
    /// Rows and columns of the matrix A.
    k: usize,
    l: usize,
    /// Bits that encode a coefficient of the secret vectors.
    eta_bits: usize,
    /// Bits of a coefficient of the response `z`.
    gamma1_bits: usize,
    /// Hints in a signature, at most.
    omega: usize,
    /// Bytes of the commitment hash `c~`: lambda / 4.
    commitment_bytes: usize,
}

impl MlDsaParameterSet {
    /// Every set, weakest first.
    pub const ALL: [Self; 3] = [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87];

    #[rustfmt::skip]
    const fn params(self) -> &'static MlDsaParams {
        match self {
            Self::MlDsa44 => &MlDsaParams {
                id: 44, name: "ML-DSA-44", k: 4, l: 4, eta_bits: 3, gamma1_bits: 18, omega: 80, commitment_bytes: 32,
            },
            Self::MlDsa65 => &MlDsaParams {
                id: 65, name: "ML-DSA-65", k: 6, l: 5, eta_bits: 4, gamma1_bits: 20, omega: 55, commitment_bytes: 48,
            },
            Self::MlDsa87 => &MlDsaParams {
                id: 87, name: "ML-DSA-87", k: 8, l: 7, eta_bits: 3, gamma1_bits: 20, omega: 75, commitment_bytes: 64,
            },
        }
    }

    /// The set whose number (44, 65 or 87) this is.
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// The set whose encoded public keys are so long.
    pub fn of_public_key(bytes: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.public_key_bytes() == bytes)
    }

    /// 44, 65 or 87.
    pub const fn id(self) -> u32 {
        self.params().id
    }

    /// The standard's name, such as `ML-DSA-65`.
    pub const fn name(self) -> &'static str {
        self.params().name
    }

    /// Bytes of the encoded s1 and s2 together.
    const fn secret_vectors_bytes(self) -> usize {
        let p = self.params();
        (p.k + p.l) * N * p.eta_bits / 8
    }

    /// Bytes of a public key: 1312, 1952 or 2592.
    pub const fn public_key_bytes(self) -> usize {
        32 + self.params().k * N * 10 / 8
    }

    /// Bytes of an expanded private key: 2560, 4032 or 4896.
    pub const fn private_key_bytes(self) -> usize {
        32 + 32 + 64 + self.secret_vectors_bytes() + self.params().k * N * 13 / 8
    }

    /// Bytes of a signature: 2420, 3309 or 4627.
    pub const fn signature_bytes(self) -> usize {
        let p = self.params();
        p.commitment_bytes + p.l * N * p.gamma1_bits / 8 + p.omega + p.k
    }
}
