//! The rows of the table.

use super::{
    Classical, Composite, Group, Hash, Hybrid, InPkcs8, Kind, MLDSA_RANDOMNESS_BYTES, Row, SHARED_SECRET_BYTES,
    SelfTest,
};
use core::ffi::CStr;

/// Which standard an algorithm is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// FIPS 203.
    MlKem,
    /// FIPS 204.
    MlDsa,
    /// draft-connolly-cfrg-xwing-kem-10, HPKE KEM 0x647a: the hybrid of ML-KEM-768 and X25519.
    XWing,
    /// draft-irtf-cfrg-concrete-hybrid-kems-04, HPKE KEMs 0x0050 and 0x0051: the hybrids of ML-KEM and ECDH on P-256 or P-384.
    HybridKem,
    /// draft-ietf-lamps-pq-composite-sigs-19: ML-DSA and a classical signature algorithm in one key.
    Composite,
    /// FIPS 205.
    SlhDsa,
}

impl Family {
    /// Its name in C and in programs that show keys of all families.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Self::MlKem => c"ML-KEM",
            Self::MlDsa => c"ML-DSA",
            Self::XWing => c"X-Wing",
            Self::HybridKem => c"Hybrid-KEM",
            Self::Composite => c"composite",
            Self::SlhDsa => c"SLH-DSA",
        }
    }
}

/// The common part of all rows of a family.
const MLKEM: Row = Row {
    id: 0,
    name: c"",
    c_names: &[],
    kind: Kind::Kem,
    family: Family::MlKem,
    security_category: 0,
    seed_bytes: 64,
    private_key_bytes: 0,
    public_key_bytes: 0,
    ciphertext_bytes: 0,
    shared_secret_bytes: SHARED_SECRET_BYTES,
    signature_bytes: 0,
    randomness_bytes: 32,
    found_by_length: false,
    oid: c"",
    signs_m_prime: false,
    signs_mu: false,
    in_pkcs8: InPkcs8::Choice,
    slowest_us: 50,
    self_test: None,
    tested_as: None,
    composite: None,
    hybrid: None,
};
const MLDSA: Row = Row {
    kind: Kind::Signature,
    family: Family::MlDsa,
    seed_bytes: 32,
    shared_secret_bytes: 0,
    randomness_bytes: MLDSA_RANDOMNESS_BYTES,
    signs_m_prime: true,
    signs_mu: true,
    slowest_us: 1500,
    ..MLKEM
};

/// The draft of the hybrid KEMs has no object identifiers.
const HYBRID: Row = Row {
    family: Family::HybridKem,
    seed_bytes: 32,
    private_key_bytes: 32,
    in_pkcs8: InPkcs8::Seed,
    slowest_us: 1500,
    ..MLKEM
};

/// A composite has no seed, and no self test beyond the one of its ML-DSA. Its category is the category of its ML-DSA.
const COMPOSITE: Row = Row {
    family: Family::Composite,
    seed_bytes: 0,
    signs_m_prime: false,
    signs_mu: false,
    in_pkcs8: InPkcs8::PrivateKey,
    ..MLDSA
};

/// The common part of the sets of SLH-DSA. The slowest operation of each is a signature with the check against faults,
/// on portable code.
const SLHDSA: Row = Row {
    kind: Kind::Signature,
    family: Family::SlhDsa,
    shared_secret_bytes: 0,
    signs_m_prime: true,
    in_pkcs8: InPkcs8::PrivateKey,
    ..MLKEM
};
const SLHDSA_128: Row = slhdsa(1, 16);
const SLHDSA_192: Row = slhdsa(3, 24);
const SLHDSA_256: Row = slhdsa(5, 32);

/// The sizes of the sets with a security parameter n (FIPS 205, section 11).
const fn slhdsa(security_category: u32, n: usize) -> Row {
    Row {
        security_category,
        seed_bytes: 3 * n,
        private_key_bytes: 4 * n,
        public_key_bytes: 2 * n,
        randomness_bytes: n,
        ..SLHDSA
    }
}

/// Messages of ML-KEM, which rejects none.
const FIRST: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 7, 8];

/// One message of SLH-DSA, which is signed once, since a signature takes long.
const ONE: &[u32] = &[0];

/// Declares the algorithms and the table of their rows.
macro_rules! algorithms {
    ($(#[doc = $doc:literal] $name:ident: { $($field:ident: $value:expr),+ } of $family:ident,)+) => {
        /// A row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Algorithm {
            $(#[doc = $doc] $name,)+
        }

        pub(super) const ROWS: &[Row] = &[$(Row { $($field: $value,)+ ..$family }),+];

        impl Algorithm {
            /// Every algorithm, in the order of the table.
            pub const ALL: [Self; ROWS.len()] = [$(Self::$name),+];

            /// The comment on its row, for the header.
            #[doc(hidden)]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$name => $doc,)+
                }
            }

            /// The algorithm with this id.
            pub fn from_id(id: u32) -> Option<Self> {
                // Comparisons with constants, and not a search of the table.
                $(if id == const { Self::$name.id() } {
                    return Some(Self::$name);
                })+
                None
            }
        }
    };
}

#[rustfmt::skip]
algorithms! {
    /// ML-KEM-512 (FIPS 203).
    MlKem512: {
        id: 512, name: c"ML-KEM-512", c_names: &["MLKEM", "MLKEM512"], found_by_length: true,
        security_category: 1, private_key_bytes: 1632, public_key_bytes: 800, ciphertext_bytes: 768,
        oid: c"2.16.840.1.101.3.4.4.1",
        self_test: Some(SelfTest { seed: 5444, messages: FIRST })
    } of MLKEM,
    /// ML-KEM-768 (FIPS 203).
    MlKem768: {
        id: 768, name: c"ML-KEM-768", c_names: &["MLKEM", "MLKEM768"], found_by_length: true,
        security_category: 3, private_key_bytes: 2400, public_key_bytes: 1184, ciphertext_bytes: 1088,
        oid: c"2.16.840.1.101.3.4.4.2",
        self_test: Some(SelfTest { seed: 80786, messages: FIRST })
    } of MLKEM,
    /// ML-KEM-1024 (FIPS 203).
    MlKem1024: {
        id: 1024, name: c"ML-KEM-1024", c_names: &["MLKEM", "MLKEM1024"], found_by_length: true,
        security_category: 5, private_key_bytes: 3168, public_key_bytes: 1568, ciphertext_bytes: 1568,
        oid: c"2.16.840.1.101.3.4.4.3",
        self_test: Some(SelfTest { seed: 16522, messages: FIRST })
    } of MLKEM,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44: {
        id: 44, name: c"ML-DSA-44", c_names: &["MLDSA", "MLDSA44"], found_by_length: true,
        security_category: 2, private_key_bytes: 2560, public_key_bytes: 1312, signature_bytes: 2420,
        oid: c"2.16.840.1.101.3.4.3.17",
        self_test: Some(SelfTest { seed: 1, messages: &[7683, 1, 3, 5, 7, 8, 9, 16, 17] })
    } of MLDSA,
    /// ML-DSA-65 (FIPS 204).
    MlDsa65: {
        id: 65, name: c"ML-DSA-65", c_names: &["MLDSA", "MLDSA65"], found_by_length: true,
        security_category: 3, private_key_bytes: 4032, public_key_bytes: 1952, signature_bytes: 3309,
        oid: c"2.16.840.1.101.3.4.3.18",
        self_test: Some(SelfTest { seed: 10063, messages: &[38785, 2, 4, 23, 29, 34, 41, 47, 48] })
    } of MLDSA,
    /// ML-DSA-87 (FIPS 204).
    MlDsa87: {
        id: 87, name: c"ML-DSA-87", c_names: &["MLDSA", "MLDSA87"], found_by_length: true,
        security_category: 5, private_key_bytes: 4896, public_key_bytes: 2592, signature_bytes: 4627,
        oid: c"2.16.840.1.101.3.4.3.19",
        self_test: Some(SelfTest { seed: 1, messages: &[8945, 1, 2, 10, 12, 14, 16, 17, 19] })
    } of MLDSA,
    /// X-Wing (draft-connolly-cfrg-xwing-kem-10): ML-KEM-768 and X25519, HPKE KEM 0x647a.
    XWing: {
        id: 0x647a, name: c"X-Wing", c_names: &["XWING"], found_by_length: true,
        family: Family::XWing, security_category: 3, seed_bytes: 32, private_key_bytes: 32,
        public_key_bytes: 1216, ciphertext_bytes: 1120, randomness_bytes: 64, in_pkcs8: InPkcs8::Seed,
        oid: c"1.3.6.1.4.1.62253.25722",
        hybrid: Some(Hybrid { mlkem: Algorithm::MlKem768, group: Group::X25519, label: b"\\.//^\\" })
    } of MLKEM,
    /// MLKEM768-P256 (draft-irtf-cfrg-concrete-hybrid-kems-04), HPKE KEM 0x0050.
    MlKem768P256: {
        id: 0x0050, name: c"MLKEM768-P256", c_names: &["HYBRIDKEM", "MLKEM768_P256"], found_by_length: true,
        security_category: 3, public_key_bytes: 1249, ciphertext_bytes: 1153, randomness_bytes: 160,
        hybrid: Some(Hybrid { mlkem: Algorithm::MlKem768, group: Group::P256, label: b"MLKEM768-P256" })
    } of HYBRID,
    /// MLKEM1024-P384 (draft-irtf-cfrg-concrete-hybrid-kems-04), HPKE KEM 0x0051.
    MlKem1024P384: {
        id: 0x0051, name: c"MLKEM1024-P384", c_names: &["HYBRIDKEM", "MLKEM1024_P384"], found_by_length: true,
        security_category: 5, public_key_bytes: 1665, ciphertext_bytes: 1665, randomness_bytes: 80,
        hybrid: Some(Hybrid { mlkem: Algorithm::MlKem1024, group: Group::P384, label: b"MLKEM1024-P384" })
    } of HYBRID,
    /// MLDSA44-Ed25519-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa44Ed25519: {
        id: 0x60027, name: c"MLDSA44-Ed25519-SHA512", c_names: &["COMPOSITE", "MLDSA44_ED25519"], found_by_length: true,
        security_category: 2, private_key_bytes: 64, public_key_bytes: 1344,
        signature_bytes: 2484, oid: c"1.3.6.1.5.5.7.6.39",
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa44, classical: Classical::Ed25519, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA44-Ed25519-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA44-ECDSA-P256-SHA256 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa44EcdsaP256: {
        id: 0x60028, name: c"MLDSA44-ECDSA-P256-SHA256", c_names: &["COMPOSITE", "MLDSA44_ECDSA_P256"], found_by_length: true,
        security_category: 2, private_key_bytes: 83, public_key_bytes: 1377,
        signature_bytes: 2492, oid: c"1.3.6.1.5.5.7.6.40",
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa44, classical: Classical::EcdsaP256, pre_hash: Hash::Sha256, label: b"COMPSIG-MLDSA44-ECDSA-P256-SHA256",
        })
    } of COMPOSITE,
    /// MLDSA65-ECDSA-P256-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa65EcdsaP256: {
        id: 0x6002d, name: c"MLDSA65-ECDSA-P256-SHA512", c_names: &["COMPOSITE", "MLDSA65_ECDSA_P256"], found_by_length: true,
        security_category: 3, private_key_bytes: 83, public_key_bytes: 2017,
        signature_bytes: 3381, oid: c"1.3.6.1.5.5.7.6.45",
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa65, classical: Classical::EcdsaP256, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA65-ECDSA-P256-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA65-ECDSA-P384-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa65EcdsaP384: {
        id: 0x6002e, name: c"MLDSA65-ECDSA-P384-SHA512", c_names: &["COMPOSITE", "MLDSA65_ECDSA_P384"], found_by_length: true,
        security_category: 3, private_key_bytes: 96, public_key_bytes: 2049,
        signature_bytes: 3413, oid: c"1.3.6.1.5.5.7.6.46",
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa65, classical: Classical::EcdsaP384, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA65-ECDSA-P384-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA65-Ed25519-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa65Ed25519: {
        id: 0x60030, name: c"MLDSA65-Ed25519-SHA512", c_names: &["COMPOSITE", "MLDSA65_ED25519"], found_by_length: true,
        security_category: 3, private_key_bytes: 64, public_key_bytes: 1984,
        signature_bytes: 3373, oid: c"1.3.6.1.5.5.7.6.48",
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa65, classical: Classical::Ed25519, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA65-Ed25519-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA87-ECDSA-P384-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa87EcdsaP384: {
        id: 0x60031, name: c"MLDSA87-ECDSA-P384-SHA512", c_names: &["COMPOSITE", "MLDSA87_ECDSA_P384"], found_by_length: true,
        security_category: 5, private_key_bytes: 96, public_key_bytes: 2689,
        signature_bytes: 4731, oid: c"1.3.6.1.5.5.7.6.49",
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa87, classical: Classical::EcdsaP384, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA87-ECDSA-P384-SHA512",
        })
    } of COMPOSITE,
    /// SLH-DSA-SHA2-128s (FIPS 205).
    SlhDsaSha2_128s: {
        id: 205_020, name: c"SLH-DSA-SHA2-128s", c_names: &["SLHDSA128", "SLHDSA128S", "SLHDSA_SHA2_128S"],
        signature_bytes: 7856, slowest_us: 720_000, oid: c"2.16.840.1.101.3.4.3.20",
        tested_as: Some(Algorithm::SlhDsaSha2_128f)
    } of SLHDSA_128,
    /// SLH-DSA-SHA2-128f (FIPS 205).
    SlhDsaSha2_128f: {
        id: 205_021, name: c"SLH-DSA-SHA2-128f", c_names: &["SLHDSA128", "SLHDSA128F", "SLHDSA_SHA2_128F"],
        signature_bytes: 17088, slowest_us: 40_000, oid: c"2.16.840.1.101.3.4.3.21",
        self_test: Some(SelfTest { seed: 1, messages: ONE })
    } of SLHDSA_128,
    /// SLH-DSA-SHA2-192s (FIPS 205).
    SlhDsaSha2_192s: {
        id: 205_022, name: c"SLH-DSA-SHA2-192s", c_names: &["SLHDSA192", "SLHDSA192S", "SLHDSA_SHA2_192S"],
        signature_bytes: 16224, slowest_us: 1_300_000, oid: c"2.16.840.1.101.3.4.3.22",
        tested_as: Some(Algorithm::SlhDsaSha2_192f)
    } of SLHDSA_192,
    /// SLH-DSA-SHA2-192f (FIPS 205).
    SlhDsaSha2_192f: {
        id: 205_023, name: c"SLH-DSA-SHA2-192f", c_names: &["SLHDSA192", "SLHDSA192F", "SLHDSA_SHA2_192F"],
        signature_bytes: 35664, slowest_us: 65_000, oid: c"2.16.840.1.101.3.4.3.23",
        self_test: Some(SelfTest { seed: 1, messages: ONE })
    } of SLHDSA_192,
    /// SLH-DSA-SHA2-256s (FIPS 205).
    SlhDsaSha2_256s: {
        id: 205_024, name: c"SLH-DSA-SHA2-256s", c_names: &["SLHDSA256", "SLHDSA256S", "SLHDSA_SHA2_256S"],
        signature_bytes: 29792, slowest_us: 1_200_000, oid: c"2.16.840.1.101.3.4.3.24",
        tested_as: Some(Algorithm::SlhDsaSha2_256f)
    } of SLHDSA_256,
    /// SLH-DSA-SHA2-256f (FIPS 205).
    SlhDsaSha2_256f: {
        id: 205_025, name: c"SLH-DSA-SHA2-256f", c_names: &["SLHDSA256", "SLHDSA256F", "SLHDSA_SHA2_256F"],
        signature_bytes: 49856, slowest_us: 130_000, oid: c"2.16.840.1.101.3.4.3.25",
        self_test: Some(SelfTest { seed: 1, messages: ONE })
    } of SLHDSA_256,
    /// SLH-DSA-SHAKE-128s (FIPS 205).
    SlhDsaShake128s: {
        id: 205_026, name: c"SLH-DSA-SHAKE-128s", c_names: &["SLHDSA128", "SLHDSA128S", "SLHDSA_SHAKE_128S"],
        signature_bytes: 7856, slowest_us: 1_300_000, oid: c"2.16.840.1.101.3.4.3.26",
        tested_as: Some(Algorithm::SlhDsaShake128f)
    } of SLHDSA_128,
    /// SLH-DSA-SHAKE-128f (FIPS 205).
    SlhDsaShake128f: {
        id: 205_027, name: c"SLH-DSA-SHAKE-128f", c_names: &["SLHDSA128", "SLHDSA128F", "SLHDSA_SHAKE_128F"],
        signature_bytes: 17088, slowest_us: 65_000, oid: c"2.16.840.1.101.3.4.3.27",
        self_test: Some(SelfTest { seed: 1, messages: ONE })
    } of SLHDSA_128,
    /// SLH-DSA-SHAKE-192s (FIPS 205).
    SlhDsaShake192s: {
        id: 205_028, name: c"SLH-DSA-SHAKE-192s", c_names: &["SLHDSA192", "SLHDSA192S", "SLHDSA_SHAKE_192S"],
        signature_bytes: 16224, slowest_us: 2_400_000, oid: c"2.16.840.1.101.3.4.3.28",
        tested_as: Some(Algorithm::SlhDsaShake192f)
    } of SLHDSA_192,
    /// SLH-DSA-SHAKE-192f (FIPS 205).
    SlhDsaShake192f: {
        id: 205_029, name: c"SLH-DSA-SHAKE-192f", c_names: &["SLHDSA192", "SLHDSA192F", "SLHDSA_SHAKE_192F"],
        signature_bytes: 35664, slowest_us: 110_000, oid: c"2.16.840.1.101.3.4.3.29",
        self_test: Some(SelfTest { seed: 1, messages: ONE })
    } of SLHDSA_192,
    /// SLH-DSA-SHAKE-256s (FIPS 205).
    SlhDsaShake256s: {
        id: 205_030, name: c"SLH-DSA-SHAKE-256s", c_names: &["SLHDSA256", "SLHDSA256S", "SLHDSA_SHAKE_256S"],
        signature_bytes: 29792, slowest_us: 2_000_000, oid: c"2.16.840.1.101.3.4.3.30",
        tested_as: Some(Algorithm::SlhDsaShake256f)
    } of SLHDSA_256,
    /// SLH-DSA-SHAKE-256f (FIPS 205).
    SlhDsaShake256f: {
        id: 205_031, name: c"SLH-DSA-SHAKE-256f", c_names: &["SLHDSA256", "SLHDSA256F", "SLHDSA_SHAKE_256F"],
        signature_bytes: 49856, slowest_us: 220_000, oid: c"2.16.840.1.101.3.4.3.31",
        self_test: Some(SelfTest { seed: 1, messages: ONE })
    } of SLHDSA_256,
}
