//! The table of algorithms: FIPS 203 section 8 (table 2), FIPS 204 section 4 (table 1), draft-connolly-cfrg-xwing-kem-10
//! (5.1). Everything that depends on an algorithm's identity or sizes reads it from here.

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
    oid: Option<ObjectIdentifier>,
    /// A chain of SHA3-256 over the outputs of all operations, see `engine::self_test`.
    known_answers: Option<[u8; 32]>,
}

/// What all rows of a family share.
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
    oid: None,
    known_answers: None,
};
const MLDSA: Row = Row {
    kind: Kind::Signature,
    family: Family::MlDsa,
    seed_bytes: 32,
    shared_secret_bytes: 0,
    randomness_bytes: MLDSA_RANDOMNESS_BYTES,
    ..MLKEM
};

/// An object identifier of NIST's arc (RFC 9935, section 3; RFC 9881, section 2).
const fn oid(text: &str) -> Option<ObjectIdentifier> {
    Some(ObjectIdentifier::new_unwrap(text))
}

/// Declares the algorithms and the table of their rows.
macro_rules! algorithms {
    ($($(#[$attribute:meta])* $name:ident: { $($field:ident: $value:expr),+ } of $family:ident,)+) => {
        /// A row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
        oid: oid("2.16.840.1.101.3.4.4.1"),
        known_answers: Some(*b"\x57\x17\x3c\x9a\x63\x18\xc9\xab\x25\x96\xff\xb0\x10\x70\xa5\x7d\x5a\xdf\x1a\xc3\x8e\xca\x5e\x29\xfa\x4d\x04\x90\x08\xb0\x1c\x3f")
    } of MLKEM,
    /// ML-KEM-768 (FIPS 203).
    MlKem768: {
        id: 768, name: c"ML-KEM-768", security_category: 3, private_key_bytes: 2400, public_key_bytes: 1184, ciphertext_bytes: 1088,
        oid: oid("2.16.840.1.101.3.4.4.2"),
        known_answers: Some(*b"\x57\x60\xb7\xf7\x62\xe5\x9d\x37\x64\x92\xb4\xc3\x42\xca\x87\xba\x52\x6f\xe6\xce\x1b\x90\xd8\x72\x83\x8b\xd6\x3d\xdf\x75\xdb\x2a")
    } of MLKEM,
    /// ML-KEM-1024 (FIPS 203).
    MlKem1024: {
        id: 1024, name: c"ML-KEM-1024", security_category: 5, private_key_bytes: 3168, public_key_bytes: 1568, ciphertext_bytes: 1568,
        oid: oid("2.16.840.1.101.3.4.4.3"),
        known_answers: Some(*b"\xbc\x6a\xa7\xa4\xd7\xfd\x98\x0d\xfe\xe5\xe9\x48\xdc\xe9\xab\x9e\xe7\x32\xc8\x06\xbb\x8e\x36\x32\xf7\xf4\xc9\x8c\xb4\x02\x69\xa0")
    } of MLKEM,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44: {
        id: 44, name: c"ML-DSA-44", security_category: 2, private_key_bytes: 2560, public_key_bytes: 1312, signature_bytes: 2420,
        oid: oid("2.16.840.1.101.3.4.3.17"),
        known_answers: Some(*b"\x0c\xfd\x64\x80\x3b\xd7\x7f\xdd\x2e\xa6\xf5\xcf\x56\x8d\x7b\xa7\xf6\xa9\x83\xd8\xa3\x5e\xba\x7e\xdc\x47\x77\xa4\x86\x87\x96\xe1")
    } of MLDSA,
    /// ML-DSA-65 (FIPS 204).
    MlDsa65: {
        id: 65, name: c"ML-DSA-65", security_category: 3, private_key_bytes: 4032, public_key_bytes: 1952, signature_bytes: 3309,
        oid: oid("2.16.840.1.101.3.4.3.18"),
        known_answers: Some(*b"\x8d\x4a\x46\x40\x5a\xbb\xe5\x20\x1a\x62\x33\x2b\x05\x05\x2b\xa2\x70\x1d\x4c\xba\xb0\x7f\x33\xed\x8e\xd9\xa7\x96\x23\xf4\x93\x39")
    } of MLDSA,
    /// ML-DSA-87 (FIPS 204).
    MlDsa87: {
        id: 87, name: c"ML-DSA-87", security_category: 5, private_key_bytes: 4896, public_key_bytes: 2592, signature_bytes: 4627,
        oid: oid("2.16.840.1.101.3.4.3.19"),
        known_answers: Some(*b"\x9e\x44\x41\x19\x4a\xbb\x7e\xca\x51\xad\x00\x0f\x08\x93\xa2\xf5\x7f\xb2\x89\x2f\xe8\x76\xdc\x48\xcd\xad\x02\x2b\x35\xe3\x02\x83")
    } of MLDSA,
    /// X-Wing (draft-connolly-cfrg-xwing-kem-10). Its private key is its seed; it has no object identifier yet.
    XWing: {
        id: 0x647a, name: c"X-Wing", family: Family::XWing, security_category: 3, seed_bytes: 32, private_key_bytes: 32,
        public_key_bytes: 1216, ciphertext_bytes: 1120, randomness_bytes: 64
    } of MLKEM,
}

impl Algorithm {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The algorithm of a kind whose encoded public keys have this length.
    pub fn of_public_key(kind: Kind, bytes: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.kind() == kind && algorithm.public_key_bytes() == bytes)
    }

    /// The algorithm with this object identifier.
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.oid() == Some(oid))
    }

    /// The number of the parameter set of ML-KEM or ML-DSA, or the HPKE KEM id of X-Wing. It never changes.
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

    /// NIST's security category, 1 to 5; for X-Wing the category of its ML-KEM-768.
    pub const fn security_category(self) -> u32 {
        self.row().security_category
    }

    /// Bytes of a seed: `d || z` of ML-KEM (FIPS 203, 7.1), `xi` of ML-DSA (FIPS 204, 5.1).
    pub const fn seed_bytes(self) -> usize {
        self.row().seed_bytes
    }

    /// Bytes of an encoded private key: expanded for ML-KEM and ML-DSA, the seed for X-Wing.
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

    /// Whether an encoded private key is the seed: the algorithm has no expanded encoding.
    pub(crate) const fn private_key_is_seed(self) -> bool {
        self.private_key_bytes() == self.seed_bytes()
    }

    /// What the self test of the engine simd computes, if that engine has the algorithm.
    pub(crate) const fn known_answers(self) -> Option<[u8; 32]> {
        self.row().known_answers
    }

    pub(crate) const fn oid(self) -> Option<ObjectIdentifier> {
        self.row().oid
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

/// Ids differ, and the length of a public key says which algorithm of its kind it is for.
const _: () = {
    let mut row = 0;
    while row < ROWS.len() {
        let mut other = 0;
        while other < row {
            let (row, other_row) = (&ROWS[row], &ROWS[other]);
            assert!(row.id != other_row.id);
            assert!(row.kind as u32 != other_row.kind as u32 || row.public_key_bytes != other_row.public_key_bytes);
            other += 1;
        }
        row += 1;
    }
};
