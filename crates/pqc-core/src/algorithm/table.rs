//! The rows of the table.

use super::{
    Classical, Composite, Group, Hash, Hybrid, InPkcs8, Kind, MLDSA_RANDOMNESS_BYTES, Oid, Row, SHARED_SECRET_BYTES,
    SelfTest,
};
use core::ffi::CStr;
use pkcs8::der::oid::ObjectIdentifier;

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

/// The common part of all rows of a family. Its object identifier is NIST's arc, which each row extends.
const MLKEM: Row = Row {
    id: 0,
    name: c"",
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
    oid: oid(c"2.16.840.1.101.3.4.4"),
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
    oid: oid(c"2.16.840.1.101.3.4.3"),
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
    oid: None,
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

/// An object identifier (RFC 9935, section 3; RFC 9881, section 2; RFC 9909, section 3; X-Wing, 5.8).
const fn oid(text: &'static CStr) -> Option<Oid> {
    match text.to_str() {
        Ok(number) => Some(Oid(text, ObjectIdentifier::new_unwrap(number))),
        Err(_) => panic!("digits and dots"),
    }
}

/// Declares the algorithms and the table of their rows.
macro_rules! algorithms {
    ($($(#[$attribute:meta])* $name:ident: { $($field:ident: $value:expr),+ } of $family:ident,)+) => {
        /// A row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Algorithm {
            $($(#[$attribute])* $name,)+
        }

        pub(super) const ROWS: &[Row] = &[$(Row { $($field: $value,)+ ..$family }),+];

        impl Algorithm {
            /// Every algorithm, in the order of the table.
            pub const ALL: [Self; ROWS.len()] = [$(Self::$name),+];

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
        id: 512, name: c"ML-KEM-512", security_category: 1, private_key_bytes: 1632, public_key_bytes: 800, ciphertext_bytes: 768,
        oid: oid(c"2.16.840.1.101.3.4.4.1"),
        self_test: Some(SelfTest {
            seed: 5444, messages: FIRST,
            answers: *b"\x2c\x7e\xd6\x4c\x29\xf6\x4e\x9e\x49\x12\xca\xc2\xf0\x76\x7b\xbc\x89\x9b\x04\x08\xad\xf5\xc0\xc5\x0d\x17\x3a\x71\xf9\x63\x0a\xab",
        })
    } of MLKEM,
    /// ML-KEM-768 (FIPS 203).
    MlKem768: {
        id: 768, name: c"ML-KEM-768", security_category: 3, private_key_bytes: 2400, public_key_bytes: 1184, ciphertext_bytes: 1088,
        oid: oid(c"2.16.840.1.101.3.4.4.2"),
        self_test: Some(SelfTest {
            seed: 80786, messages: FIRST,
            answers: *b"\xb4\x19\xbc\x82\xc2\x02\xe9\x9c\xe0\x62\x08\x00\x5f\xb9\xcc\x9f\xde\x71\xdd\x61\x04\xcb\x53\x5a\x42\x28\xde\x6e\x6d\xfa\x91\x6d",
        })
    } of MLKEM,
    /// ML-KEM-1024 (FIPS 203).
    MlKem1024: {
        id: 1024, name: c"ML-KEM-1024", security_category: 5, private_key_bytes: 3168, public_key_bytes: 1568, ciphertext_bytes: 1568,
        oid: oid(c"2.16.840.1.101.3.4.4.3"),
        self_test: Some(SelfTest {
            seed: 16522, messages: FIRST,
            answers: *b"\xc5\x5b\x3f\xd1\x79\x7c\xd4\xa5\x70\x1f\x6e\x58\x0c\xca\x92\x77\xe3\xe3\x96\x3d\x12\x78\x3f\x9b\x6b\xd3\x51\x7c\x55\x17\xfb\xdc",
        })
    } of MLKEM,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44: {
        id: 44, name: c"ML-DSA-44", security_category: 2, private_key_bytes: 2560, public_key_bytes: 1312, signature_bytes: 2420,
        oid: oid(c"2.16.840.1.101.3.4.3.17"),
        self_test: Some(SelfTest {
            seed: 1, messages: &[7683, 1, 3, 5, 7, 8, 9, 16, 17],
            answers: *b"\xd8\xcb\x60\x57\x4a\x10\xde\x43\xe0\x29\xa7\x98\x88\x3c\x5f\x14\xdd\x4f\x18\x7a\xa5\x49\xeb\x25\xe5\xaa\xba\x53\x58\xa2\xe0\xb2",
        })
    } of MLDSA,
    /// ML-DSA-65 (FIPS 204).
    MlDsa65: {
        id: 65, name: c"ML-DSA-65", security_category: 3, private_key_bytes: 4032, public_key_bytes: 1952, signature_bytes: 3309,
        oid: oid(c"2.16.840.1.101.3.4.3.18"),
        self_test: Some(SelfTest {
            seed: 10063, messages: &[38785, 2, 4, 23, 29, 34, 41, 47, 48],
            answers: *b"\x62\x43\x34\x09\x15\xfc\x72\x93\xe5\xdb\x22\xa5\xdb\xee\xa6\x6f\x1c\x4c\x5c\xf7\x53\x3b\x65\xe6\x4b\x81\x40\x97\x82\x59\x9d\xf7",
        })
    } of MLDSA,
    /// ML-DSA-87 (FIPS 204).
    MlDsa87: {
        id: 87, name: c"ML-DSA-87", security_category: 5, private_key_bytes: 4896, public_key_bytes: 2592, signature_bytes: 4627,
        oid: oid(c"2.16.840.1.101.3.4.3.19"),
        self_test: Some(SelfTest {
            seed: 1, messages: &[8945, 1, 2, 10, 12, 14, 16, 17, 19],
            answers: *b"\xb1\xaa\x82\xc0\x8c\x9d\x81\x94\xf2\xcb\x97\x0b\x02\xa0\x31\xbf\x2e\x9b\xb7\xc8\x05\x82\xb1\xd5\x53\x46\xe5\x75\xd1\x79\x4f\x8d",
        })
    } of MLDSA,
    /// X-Wing (draft-connolly-cfrg-xwing-kem-10). Its private key is its seed.
    XWing: {
        id: 0x647a, name: c"X-Wing", family: Family::XWing, security_category: 3, seed_bytes: 32, private_key_bytes: 32,
        public_key_bytes: 1216, ciphertext_bytes: 1120, randomness_bytes: 64, in_pkcs8: InPkcs8::Seed,
        oid: oid(c"1.3.6.1.4.1.62253.25722"),
        hybrid: Some(Hybrid { mlkem: Algorithm::MlKem768, group: Group::X25519, label: b"\\.//^\\" })
    } of MLKEM,
    /// MLKEM768-P256 (draft-irtf-cfrg-concrete-hybrid-kems-04). Its private key is its seed.
    MlKem768P256: {
        id: 0x0050, name: c"MLKEM768-P256", security_category: 3, public_key_bytes: 1249, ciphertext_bytes: 1153, randomness_bytes: 160,
        hybrid: Some(Hybrid { mlkem: Algorithm::MlKem768, group: Group::P256, label: b"MLKEM768-P256" })
    } of HYBRID,
    /// MLKEM1024-P384 (draft-irtf-cfrg-concrete-hybrid-kems-04).
    MlKem1024P384: {
        id: 0x0051, name: c"MLKEM1024-P384", security_category: 5, public_key_bytes: 1665, ciphertext_bytes: 1665, randomness_bytes: 80,
        hybrid: Some(Hybrid { mlkem: Algorithm::MlKem1024, group: Group::P384, label: b"MLKEM1024-P384" })
    } of HYBRID,
    /// MLDSA44-Ed25519-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa44Ed25519: {
        id: 0x60027, name: c"MLDSA44-Ed25519-SHA512", security_category: 2, private_key_bytes: 64, public_key_bytes: 1344,
        signature_bytes: 2484, oid: oid(c"1.3.6.1.5.5.7.6.39"),
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa44, classical: Classical::Ed25519, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA44-Ed25519-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA44-ECDSA-P256-SHA256 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa44EcdsaP256: {
        id: 0x60028, name: c"MLDSA44-ECDSA-P256-SHA256", security_category: 2, private_key_bytes: 83, public_key_bytes: 1377,
        signature_bytes: 2492, oid: oid(c"1.3.6.1.5.5.7.6.40"),
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa44, classical: Classical::EcdsaP256, pre_hash: Hash::Sha256, label: b"COMPSIG-MLDSA44-ECDSA-P256-SHA256",
        })
    } of COMPOSITE,
    /// MLDSA65-ECDSA-P256-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa65EcdsaP256: {
        id: 0x6002d, name: c"MLDSA65-ECDSA-P256-SHA512", security_category: 3, private_key_bytes: 83, public_key_bytes: 2017,
        signature_bytes: 3381, oid: oid(c"1.3.6.1.5.5.7.6.45"),
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa65, classical: Classical::EcdsaP256, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA65-ECDSA-P256-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA65-ECDSA-P384-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa65EcdsaP384: {
        id: 0x6002e, name: c"MLDSA65-ECDSA-P384-SHA512", security_category: 3, private_key_bytes: 96, public_key_bytes: 2049,
        signature_bytes: 3413, oid: oid(c"1.3.6.1.5.5.7.6.46"),
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa65, classical: Classical::EcdsaP384, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA65-ECDSA-P384-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA65-Ed25519-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa65Ed25519: {
        id: 0x60030, name: c"MLDSA65-Ed25519-SHA512", security_category: 3, private_key_bytes: 64, public_key_bytes: 1984,
        signature_bytes: 3373, oid: oid(c"1.3.6.1.5.5.7.6.48"),
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa65, classical: Classical::Ed25519, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA65-Ed25519-SHA512",
        })
    } of COMPOSITE,
    /// MLDSA87-ECDSA-P384-SHA512 (draft-ietf-lamps-pq-composite-sigs-19).
    MlDsa87EcdsaP384: {
        id: 0x60031, name: c"MLDSA87-ECDSA-P384-SHA512", security_category: 5, private_key_bytes: 96, public_key_bytes: 2689,
        signature_bytes: 4731, oid: oid(c"1.3.6.1.5.5.7.6.49"),
        composite: Some(Composite {
            mldsa: Algorithm::MlDsa87, classical: Classical::EcdsaP384, pre_hash: Hash::Sha512, label: b"COMPSIG-MLDSA87-ECDSA-P384-SHA512",
        })
    } of COMPOSITE,
    /// SLH-DSA-SHA2-128s (FIPS 205).
    SlhDsaSha2_128s: {
        id: 205_020, name: c"SLH-DSA-SHA2-128s", signature_bytes: 7856, slowest_us: 720_000, oid: oid(c"2.16.840.1.101.3.4.3.20"),
        tested_as: Some(Algorithm::SlhDsaSha2_128f)
    } of SLHDSA_128,
    /// SLH-DSA-SHA2-128f (FIPS 205).
    SlhDsaSha2_128f: {
        id: 205_021, name: c"SLH-DSA-SHA2-128f", signature_bytes: 17088, slowest_us: 40_000, oid: oid(c"2.16.840.1.101.3.4.3.21"),
        self_test: Some(SelfTest { seed: 1, messages: ONE, answers: *b"\x6a\x30\x75\x68\x01\x97\x2e\xa5\x98\xd4\xcc\x6b\xef\x7b\x6f\xa1\xc1\xc7\xb3\xb5\xbc\xa1\x08\x2f\xb8\x9d\x99\x8c\x59\x9a\xcc\xb2" })
    } of SLHDSA_128,
    /// SLH-DSA-SHA2-192s (FIPS 205).
    SlhDsaSha2_192s: {
        id: 205_022, name: c"SLH-DSA-SHA2-192s", signature_bytes: 16224, slowest_us: 1_300_000, oid: oid(c"2.16.840.1.101.3.4.3.22"),
        tested_as: Some(Algorithm::SlhDsaSha2_192f)
    } of SLHDSA_192,
    /// SLH-DSA-SHA2-192f (FIPS 205).
    SlhDsaSha2_192f: {
        id: 205_023, name: c"SLH-DSA-SHA2-192f", signature_bytes: 35664, slowest_us: 65_000, oid: oid(c"2.16.840.1.101.3.4.3.23"),
        self_test: Some(SelfTest { seed: 1, messages: ONE, answers: *b"\xa7\x5b\xec\xdf\x52\x39\x0d\x11\x70\x20\x4e\x3a\x28\x53\xe9\x05\x62\x6f\x6f\x08\x46\x91\xac\x72\x4f\x6d\x67\xb9\x17\x22\xcf\x5c" })
    } of SLHDSA_192,
    /// SLH-DSA-SHA2-256s (FIPS 205).
    SlhDsaSha2_256s: {
        id: 205_024, name: c"SLH-DSA-SHA2-256s", signature_bytes: 29792, slowest_us: 1_200_000, oid: oid(c"2.16.840.1.101.3.4.3.24"),
        tested_as: Some(Algorithm::SlhDsaSha2_256f)
    } of SLHDSA_256,
    /// SLH-DSA-SHA2-256f (FIPS 205).
    SlhDsaSha2_256f: {
        id: 205_025, name: c"SLH-DSA-SHA2-256f", signature_bytes: 49856, slowest_us: 130_000, oid: oid(c"2.16.840.1.101.3.4.3.25"),
        self_test: Some(SelfTest { seed: 1, messages: ONE, answers: *b"\xf4\x14\x9c\x25\x06\x97\x67\x8f\x7a\x87\xf7\xa5\xca\x4a\x0e\xda\x17\xaa\x83\x72\xdc\xf9\x04\xae\xdf\x3d\x44\x8f\x7c\x19\xae\xdd" })
    } of SLHDSA_256,
    /// SLH-DSA-SHAKE-128s (FIPS 205).
    SlhDsaShake128s: {
        id: 205_026, name: c"SLH-DSA-SHAKE-128s", signature_bytes: 7856, slowest_us: 1_300_000, oid: oid(c"2.16.840.1.101.3.4.3.26"),
        tested_as: Some(Algorithm::SlhDsaShake128f)
    } of SLHDSA_128,
    /// SLH-DSA-SHAKE-128f (FIPS 205).
    SlhDsaShake128f: {
        id: 205_027, name: c"SLH-DSA-SHAKE-128f", signature_bytes: 17088, slowest_us: 65_000, oid: oid(c"2.16.840.1.101.3.4.3.27"),
        self_test: Some(SelfTest { seed: 1, messages: ONE, answers: *b"\x14\x4c\x5b\xae\x8e\x8c\x9f\x24\x29\x7b\x89\xe6\xed\x80\xa6\x4f\x98\x56\x91\xee\x2d\x0b\x65\xa0\x92\xaf\x31\xe8\xb1\x66\xb1\x0a" })
    } of SLHDSA_128,
    /// SLH-DSA-SHAKE-192s (FIPS 205).
    SlhDsaShake192s: {
        id: 205_028, name: c"SLH-DSA-SHAKE-192s", signature_bytes: 16224, slowest_us: 2_400_000, oid: oid(c"2.16.840.1.101.3.4.3.28"),
        tested_as: Some(Algorithm::SlhDsaShake192f)
    } of SLHDSA_192,
    /// SLH-DSA-SHAKE-192f (FIPS 205).
    SlhDsaShake192f: {
        id: 205_029, name: c"SLH-DSA-SHAKE-192f", signature_bytes: 35664, slowest_us: 110_000, oid: oid(c"2.16.840.1.101.3.4.3.29"),
        self_test: Some(SelfTest { seed: 1, messages: ONE, answers: *b"\x8e\xe3\xa0\x51\x81\xcf\x3e\xa8\x9f\x64\xe9\x25\x50\x76\x76\xa7\x28\x34\xf4\xbb\xb9\x18\x36\x9c\xbf\x6b\x56\x02\x62\xc0\x14\xf3" })
    } of SLHDSA_192,
    /// SLH-DSA-SHAKE-256s (FIPS 205).
    SlhDsaShake256s: {
        id: 205_030, name: c"SLH-DSA-SHAKE-256s", signature_bytes: 29792, slowest_us: 2_000_000, oid: oid(c"2.16.840.1.101.3.4.3.30"),
        tested_as: Some(Algorithm::SlhDsaShake256f)
    } of SLHDSA_256,
    /// SLH-DSA-SHAKE-256f (FIPS 205).
    SlhDsaShake256f: {
        id: 205_031, name: c"SLH-DSA-SHAKE-256f", signature_bytes: 49856, slowest_us: 220_000, oid: oid(c"2.16.840.1.101.3.4.3.31"),
        self_test: Some(SelfTest { seed: 1, messages: ONE, answers: *b"\x78\xed\x69\x8e\x7e\xc4\x31\x97\xc0\x7e\x02\x7c\x54\xfd\xdc\xe6\x4d\x31\xa9\x30\x6e\xba\xde\xb2\x71\x84\x5c\x1a\xff\x95\xb5\x42" })
    } of SLHDSA_256,
}
