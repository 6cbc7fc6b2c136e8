//! The table of algorithms: FIPS 203 section 8 (table 2), FIPS 204 section 4 (table 1), draft-connolly-cfrg-xwing-kem-10
//! (5.1), draft-ietf-lamps-pq-composite-sigs-19 (6). Everything that depends on an algorithm's identity or sizes reads it from here.

use core::ffi::CStr;
use pkcs8::der::oid::ObjectIdentifier;

/// Bytes of the shared secret of every KEM.
pub const SHARED_SECRET_BYTES: usize = 32;
/// Bytes of the signing randomness `rnd` (FIPS 204, 5.2).
pub const MLDSA_RANDOMNESS_BYTES: usize = 32;
/// Bytes of `mu`, the hash that is signed (FIPS 204, algorithm 7, line 6).
pub const MLDSA_MU_BYTES: usize = 64;
/// The longest context string, in bytes (FIPS 204, 5.2).
pub const MLDSA_MAX_CONTEXT_BYTES: usize = 255;
/// Bytes of an X25519 public key, and of a scalar (RFC 7748, 5).
pub(crate) const X25519_BYTES: usize = 32;

/// Which operations an algorithm has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Encapsulation and decapsulation.
    Kem,
    /// Signing and verification.
    Signature,
}

/// Which standard an algorithm is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// FIPS 203.
    MlKem,
    /// FIPS 204.
    MlDsa,
    /// draft-connolly-cfrg-xwing-kem-10, HPKE KEM 0x647a: the hybrid of ML-KEM-768 and X25519.
    XWing,
    /// draft-ietf-lamps-pq-composite-sigs-19: ML-DSA and a classical signature algorithm in one key.
    Composite,
}

/// What the table holds of an algorithm. A size is 0 where the kind has no such value.
struct Row {
    id: u32,
    name: &'static CStr,
    kind: Kind,
    family: Family,
    security_category: u32,
    seed_bytes: usize,
    private_key_bytes: usize,
    public_key_bytes: usize,
    ciphertext_bytes: usize,
    shared_secret_bytes: usize,
    signature_bytes: usize,
    randomness_bytes: usize,
    oid: Oid,
    signs_digests: bool,
    signs_mu: bool,
    slowest_us: u32,
    self_test: Option<SelfTest>,
    composite: Option<Composite>,
}

/// An object identifier, as text for C and as formats compare it.
struct Oid(&'static CStr, ObjectIdentifier);

/// A classical signature algorithm. ECDSA hashes with SHA-256 on P-256 and with SHA-384 on P-384.
#[derive(Clone, Copy)]
pub(crate) enum Classical {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
}

/// A hash of a message.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
}

/// What a composite is made of (draft-ietf-lamps-pq-composite-sigs-19, section 6).
#[derive(Clone, Copy)]
pub(crate) struct Composite {
    pub(crate) mldsa: Algorithm,
    pub(crate) classical: Classical,
    /// The hash of the message.
    pub(crate) pre_hash: Hash,
    /// What separates the algorithm from all others: in the message that both halves sign, and as the context of ML-DSA.
    pub(crate) label: &'static [u8],
}

/// The most items of a batch of a self test: one more than the widest vector has lanes.
pub(crate) const SELF_TEST_ITEMS: usize = 9;

/// The self test of the engine, see `engine::self_test`: inputs that reach what others seldom do, and the answers.
#[doc(hidden)]
pub struct SelfTest {
    /// The number of the seed. Some lanes of each group of lanes that samples the matrix of ML-KEM need a fourth block; a
    /// polynomial of s1 or s2 of ML-DSA-65 needs a third one, which no seed of the other sets of ML-DSA is likely to do.
    pub seed: u32,
    /// The numbers of the messages of a batch. ML-DSA rejects the first one once for its response, once for its low bits and once
    /// for the number of its hints, and signs the others at once. No message is expected to be rejected for c t0.
    pub messages: &'static [u32],
    /// A chain of SHA3-256 over the outputs of all operations.
    pub answers: [u8; 32],
}

/// What all rows of a family share. Its object identifier is NIST's arc, below which each row has one of its own.
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
    signs_digests: false,
    signs_mu: false,
    slowest_us: 50,
    self_test: None,
    composite: None,
};
const MLDSA: Row = Row {
    kind: Kind::Signature,
    family: Family::MlDsa,
    seed_bytes: 32,
    shared_secret_bytes: 0,
    randomness_bytes: MLDSA_RANDOMNESS_BYTES,
    oid: oid(c"2.16.840.1.101.3.4.3"),
    signs_digests: true,
    signs_mu: true,
    slowest_us: 1500,
    ..MLKEM
};

/// A composite has no seed, and no self test of its own beyond that of its ML-DSA. Its category is that of its ML-DSA.
const COMPOSITE: Row = Row { family: Family::Composite, seed_bytes: 0, signs_digests: false, signs_mu: false, ..MLDSA };

/// Messages of ML-KEM, which rejects none.
const FIRST: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 7, 8];

/// An object identifier (RFC 9935, section 3; RFC 9881, section 2; X-Wing, 5.8).
const fn oid(text: &'static CStr) -> Oid {
    match text.to_str() {
        Ok(number) => Oid(text, ObjectIdentifier::new_unwrap(number)),
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

        const ROWS: &[Row] = &[$(Row { $($field: $value,)+ ..$family }),+];

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
        public_key_bytes: 1216, ciphertext_bytes: 1120, randomness_bytes: 64,
        oid: oid(c"1.3.6.1.4.1.62253.25722")
    } of MLKEM,
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
}

impl Algorithm {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The algorithm with this object identifier.
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.oid() == oid)
    }

    /// The number of the parameter set of ML-KEM or ML-DSA, the HPKE KEM id of X-Wing, or 0x60000 and the last number of the object
    /// identifier of a composite. It never changes.
    pub const fn id(self) -> u32 {
        self.row().id
    }

    /// The standard's name, such as `ML-KEM-768`.
    pub const fn name(self) -> &'static str {
        match self.c_name().to_str() {
            Ok(name) => name,
            Err(_) => "",
        }
    }

    /// [`Self::name`] for C.
    pub const fn c_name(self) -> &'static CStr {
        self.row().name
    }

    /// Which operations it has.
    pub const fn kind(self) -> Kind {
        self.row().kind
    }

    /// Which standard it is from.
    pub const fn family(self) -> Family {
        self.row().family
    }

    /// NIST's security category, 1 to 5; for X-Wing the category of its ML-KEM-768, for a composite of its ML-DSA.
    pub const fn security_category(self) -> u32 {
        self.row().security_category
    }

    /// Bytes of a seed: `d || z` of ML-KEM (FIPS 203, 7.1), `xi` of ML-DSA (FIPS 204, 5.1); 0 for a composite, which has none.
    pub const fn seed_bytes(self) -> usize {
        self.row().seed_bytes
    }

    /// Bytes of an encoded private key: expanded for ML-KEM and ML-DSA, the seed for X-Wing, the draft's for a composite.
    pub const fn private_key_bytes(self) -> usize {
        self.row().private_key_bytes
    }

    /// Bytes of an encoded public key, or encapsulation key.
    pub const fn public_key_bytes(self) -> usize {
        self.row().public_key_bytes
    }

    /// Bytes of a ciphertext; 0 for a signature algorithm.
    pub const fn ciphertext_bytes(self) -> usize {
        self.row().ciphertext_bytes
    }

    /// Bytes of a shared secret; 0 for a signature algorithm.
    pub const fn shared_secret_bytes(self) -> usize {
        self.row().shared_secret_bytes
    }

    /// Bytes of the longest signature; 0 for a KEM.
    pub const fn signature_bytes(self) -> usize {
        self.row().signature_bytes
    }

    /// Bytes of the randomness of one encapsulation or signature: `m`, `rnd`, or `eseed` of X-Wing.
    pub const fn randomness_bytes(self) -> usize {
        self.row().randomness_bytes
    }

    /// Whether its keys are made from a seed.
    pub(crate) const fn has_seed(self) -> bool {
        self.seed_bytes() != 0
    }

    /// Whether an encoded private key is the seed: the algorithm has no expanded encoding.
    pub(crate) const fn private_key_is_seed(self) -> bool {
        self.private_key_bytes() == self.seed_bytes()
    }

    /// The self test of the algorithm, if the engine itself has it, and not of its parts.
    #[doc(hidden)]
    pub const fn self_test(self) -> Option<&'static SelfTest> {
        self.row().self_test.as_ref()
    }

    /// What a composite is made of.
    pub(crate) const fn composite(self) -> Option<&'static Composite> {
        self.row().composite.as_ref()
    }

    /// Whether a signature may be shorter than [`Self::signature_bytes`].
    pub const fn signature_varies(self) -> bool {
        matches!(self.composite(), Some(composite) if composite.classical.signature_varies())
    }

    /// The identifier of its keys in PKCS#8 and SubjectPublicKeyInfo.
    pub(crate) const fn oid(self) -> ObjectIdentifier {
        self.row().oid.1
    }

    /// The same identifier as text, in decimal numbers between dots.
    pub const fn c_oid(self) -> &'static CStr {
        self.row().oid.0
    }

    /// Whether a formatted message M' can be signed, and so a digest: HashML-DSA (FIPS 204, 5.4).
    pub(crate) const fn signs_digests(self) -> bool {
        self.row().signs_digests
    }

    /// Whether an external mu can be signed (FIPS 204, algorithm 7, line 6).
    pub(crate) const fn signs_mu(self) -> bool {
        self.row().signs_mu
    }

    /// About how many microseconds the slowest operation takes at worst, on portable code. Work is divided by it.
    pub const fn slowest_us(self) -> u32 {
        self.row().slowest_us
    }
}

/// The largest of a size in the table, for arrays that hold the value of any algorithm.
macro_rules! longest {
    ($size:ident) => {{
        let (mut row, mut longest) = (0, 0);
        while row < ROWS.len() {
            if ROWS[row].$size > longest {
                longest = ROWS[row].$size;
            }
            row += 1;
        }
        longest
    }};
}

pub(crate) const MAX_CIPHERTEXT_BYTES: usize = longest!(ciphertext_bytes);
pub(crate) const MAX_PUBLIC_KEY_BYTES: usize = longest!(public_key_bytes);
pub(crate) const MAX_PRIVATE_KEY_BYTES: usize = longest!(private_key_bytes);
pub(crate) const MAX_SIGNATURE_BYTES: usize = longest!(signature_bytes);
pub(crate) const MAX_RANDOMNESS_BYTES: usize = longest!(randomness_bytes);
/// Of signature algorithms.
pub(crate) const MAX_SIGNING_RANDOMNESS_BYTES: usize = MLDSA_RANDOMNESS_BYTES;

/// Ids differ, and randomness fits its memory.
const _: () = {
    let mut row = 0;
    while row < ROWS.len() {
        let is_signature = matches!(ROWS[row].kind, Kind::Signature);
        assert!(!is_signature || ROWS[row].randomness_bytes <= MAX_SIGNING_RANDOMNESS_BYTES);
        let mut other = 0;
        while other < row {
            assert!(ROWS[row].id != ROWS[other].id);
            other += 1;
        }
        row += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows against the table of section 6 of the draft: a label is the name behind `COMPSIG-`, an identifier the arc
    /// of the registry and the number that the id ends with.
    #[test]
    fn composites_have_the_label_of_their_name_and_the_identifier_of_their_id() {
        let composites = Algorithm::ALL.into_iter().filter_map(|algorithm| Some((algorithm, algorithm.composite()?)));
        let mut count = 0;
        for (algorithm, composite) in composites {
            assert_eq!(composite.label, format!("COMPSIG-{}", algorithm.name()).as_bytes());
            assert_eq!(algorithm.oid().to_string(), format!("1.3.6.1.5.5.7.6.{}", algorithm.id() & 0xffff));
            assert_eq!(algorithm.security_category(), composite.mldsa.security_category(), "{}", algorithm.name());
            count += 1;
        }
        assert_eq!(count, 6);
    }
}
