//! The table of algorithms: FIPS 203 section 8 (table 2), FIPS 204 section 4 (table 1), FIPS 205 section 11 (table 2),
//! draft-connolly-cfrg-xwing-kem-10 (5.1), draft-irtf-cfrg-concrete-hybrid-kems-04 (4), draft-ietf-lamps-pq-composite-sigs-19 (6). Everything that depends on an algorithm's
//! identity or sizes reads it from here.
//!
//! It imports nothing, so that `tools/header` can compile it alone: that tool writes the names and numbers of the headers for C and C++
//! from it. `make table` also writes the known answers of new rows.

mod answers;
mod table;

use answers::ANSWERS;
use core::ffi::CStr;
use table::ROWS;

pub use table::{Algorithm, Family};

/// Bytes of the shared secret of every KEM.
pub const SHARED_SECRET_BYTES: usize = 32;
/// Bytes of the signing randomness `rnd` (FIPS 204, 5.2).
pub const MLDSA_RANDOMNESS_BYTES: usize = 32;
/// Bytes of `mu`, the hash that is signed (FIPS 204, algorithm 7, line 6).
pub const MLDSA_MU_BYTES: usize = 64;
/// The longest context string, in bytes (FIPS 204, 5.2).
pub const MLDSA_MAX_CONTEXT_BYTES: usize = 255;

/// Which operations an algorithm has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Encapsulation and decapsulation.
    Kem,
    /// Signing and verification.
    Signature,
}

/// A row of the table. A size is 0 if the kind has no such value.
struct Row {
    id: u32,
    name: &'static CStr,
    c_names: &'static [&'static str],
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
    found_by_length: bool,
    oid: &'static CStr,
    signs_m_prime: bool,
    signs_mu: bool,
    in_pkcs8: InPkcs8,
    slowest_us: u32,
    self_test: Option<SelfTest>,
    tested_as: Option<Algorithm>,
    composite: Option<Composite>,
    hybrid: Option<Hybrid>,
}

/// The contents of the private key field of PKCS#8.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InPkcs8 {
    /// A CHOICE of the seed, the expanded key, and both (RFC 9935, section 6; RFC 9881, section 6).
    Choice,
    /// The seed alone, and no public key next to it (X-Wing, 5.8.2).
    Seed,
    /// The encoded private key alone (RFC 9909, section 6; composites, 5.1).
    PrivateKey,
}

/// A classical signature algorithm. ECDSA hashes with SHA-256 on P-256 and with SHA-384 on P-384.
#[derive(Clone, Copy)]
pub(crate) enum Classical {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
}

impl Classical {
    /// Whether a signature may be shorter than the longest one: the numbers of ECDSA are in DER.
    const fn signature_varies(self) -> bool {
        !matches!(self, Self::Ed25519)
    }
}

/// A hash of a message. Its number is the last of its object identifier.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha256 = 1,
    Sha512 = 3,
}

/// The components of a composite (draft-ietf-lamps-pq-composite-sigs-19, section 6).
#[derive(Clone, Copy)]
pub(crate) struct Composite {
    pub(crate) mldsa: Algorithm,
    pub(crate) classical: Classical,
    /// The hash of the message.
    pub(crate) pre_hash: Hash,
    /// The label of the algorithm: in the message that both halves sign, and as the context of ML-DSA.
    pub(crate) label: &'static [u8],
}

/// The group of a hybrid KEM.
#[derive(Clone, Copy)]
pub(crate) enum Group {
    X25519,
    P256,
    P384,
}

/// The components of a hybrid KEM.
#[derive(Clone, Copy)]
pub(crate) struct Hybrid {
    pub(crate) mlkem: Algorithm,
    pub(crate) group: Group,
    /// The label at the end of the input of the combiner.
    pub(crate) label: &'static [u8],
}

/// The most items of a batch of a self test: one more than the widest vector has lanes.
pub(crate) const SELF_TEST_ITEMS: usize = 9;

/// The inputs of the self test of the engine, see `engine::self_test`: they reach cases that few others reach.
#[doc(hidden)]
pub struct SelfTest {
    /// The number of the seed. Some lanes of each group of lanes that samples the matrix of ML-KEM need a fourth block; a
    /// polynomial of s1 or s2 of ML-DSA-65 needs a third one, which no seed of the other sets of ML-DSA is likely to do.
    pub seed: u32,
    /// The numbers of the messages of a batch. ML-DSA rejects the first one once for its response, once for its low bits and once
    /// for the number of its hints, and signs the others at once. No message is expected to be rejected for c t0. Where there is one
    /// message only, it is signed once, and a batch verifies its signature in every item.
    pub messages: &'static [u32],
}

impl Algorithm {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The number of the parameter set of ML-KEM or ML-DSA, the HPKE KEM id of X-Wing and of a hybrid KEM, or the last number of the object identifier,
    /// plus 0x60000 for a composite and plus 205000 for SLH-DSA. It never changes.
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

    /// The prefixes of its names in C: the prefixes of constants, which it may share with other sets, and last its own.
    #[doc(hidden)]
    pub const fn c_names(self) -> &'static [&'static str] {
        self.row().c_names
    }

    /// Which operations it has.
    pub const fn kind(self) -> Kind {
        self.row().kind
    }

    /// Which standard it is from.
    pub const fn family(self) -> Family {
        self.row().family
    }

    /// NIST's security category, 1 to 5; for X-Wing and a hybrid KEM the category of its ML-KEM, for a composite of its ML-DSA.
    pub const fn security_category(self) -> u32 {
        self.row().security_category
    }

    /// Bytes of a seed: `d || z` of ML-KEM (FIPS 203, 7.1), `xi` of ML-DSA (FIPS 204, 5.1), `SK.seed || SK.prf || PK.seed` of
    /// SLH-DSA (FIPS 205, algorithm 21); 0 for a composite, which has none.
    pub const fn seed_bytes(self) -> usize {
        self.row().seed_bytes
    }

    /// Bytes of an encoded private key: expanded for ML-KEM and ML-DSA, the seed for X-Wing and a hybrid KEM, the draft's for a composite,
    /// `SK.seed || SK.prf || PK.seed || PK.root` for SLH-DSA.
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

    /// Bytes of the randomness of one encapsulation or signature: `m`, `rnd`, `eseed` of X-Wing and its counterpart of a hybrid KEM, or `addrnd` of SLH-DSA.
    pub const fn randomness_bytes(self) -> usize {
        self.row().randomness_bytes
    }

    /// Whether a key in bytes may be recognised by its length among the sets of its family for which this is true. The public keys of these
    /// sets differ in length; private keys and seeds of several sets may share one. It stays true for the sets of the first release other
    /// than SLH-DSA, whose sets share lengths. A later set is always named, so that it changes nothing for callers.
    pub const fn found_by_length(self) -> bool {
        self.row().found_by_length
    }

    /// Whether its keys are made from a seed.
    pub(crate) const fn has_seed(self) -> bool {
        self.seed_bytes() != 0
    }

    /// Whether an encoded private key is the seed: the algorithm has no expanded encoding.
    pub(crate) const fn private_key_is_seed(self) -> bool {
        self.private_key_bytes() == self.seed_bytes()
    }

    /// The self test of the algorithm; none if it is made of other algorithms, which have self tests.
    #[doc(hidden)]
    pub const fn self_test(self) -> Option<&'static SelfTest> {
        self.row().self_test.as_ref()
    }

    /// The answers of the self test, a chain of SHA3-256 over the outputs of all operations. Zeros, which no test has, for a row without
    /// answers.
    #[doc(hidden)]
    pub const fn self_test_answers(self) -> &'static [u8; 32] {
        const OF_ROWS: [[u8; 32]; ROWS.len()] = {
            let mut of_rows = [[0; 32]; ROWS.len()];
            let mut place = 0;
            while place < ANSWERS.len() {
                let mut row = 0;
                while row < ROWS.len() {
                    if ROWS[row].id == ANSWERS[place].0 {
                        of_rows[row] = ANSWERS[place].1;
                    }
                    row += 1;
                }
                place += 1;
            }
            of_rows
        };
        &OF_ROWS[self as usize]
    }

    /// The set that is tested instead of this set, since its self test runs the same functions in much less time; by
    /// default this set.
    pub(crate) const fn tested_as(self) -> Self {
        match self.row().tested_as {
            Some(algorithm) => algorithm,
            None => self,
        }
    }

    /// The forms of its private keys in PKCS#8: 1 for the seed, 2 for the expanded key or an encoding without a seed, 3 for these two and
    /// both together.
    pub const fn private_key_forms(self) -> u32 {
        match self.in_pkcs8() {
            InPkcs8::Seed => 1,
            InPkcs8::PrivateKey => 2,
            InPkcs8::Choice => 3,
        }
    }

    /// The contents of the private key field of PKCS#8.
    pub(crate) const fn in_pkcs8(self) -> InPkcs8 {
        self.row().in_pkcs8
    }

    /// The components of a composite.
    pub(crate) const fn composite(self) -> Option<&'static Composite> {
        self.row().composite.as_ref()
    }

    /// The number of the hash function of a composite, which hashes the message by no other; 0 if there is none.
    pub const fn pre_hash(self) -> u32 {
        match self.composite() {
            Some(composite) => composite.pre_hash as u32,
            None => 0,
        }
    }

    /// Whether a signature may be shorter than [`Self::signature_bytes`].
    pub const fn signature_varies(self) -> bool {
        matches!(self.composite(), Some(composite) if composite.classical.signature_varies())
    }

    /// The components of a hybrid KEM.
    pub(crate) const fn hybrid(self) -> Option<&'static Hybrid> {
        self.row().hybrid.as_ref()
    }

    /// The identifier of its keys in PKCS#8 and SubjectPublicKeyInfo, in decimal numbers between dots; empty if there is none.
    pub const fn c_oid(self) -> &'static CStr {
        self.row().oid
    }

    /// [`Self::c_oid`] for Rust.
    pub(crate) const fn oid(self) -> &'static str {
        match self.c_oid().to_str() {
            Ok(oid) => oid,
            Err(_) => "",
        }
    }

    /// Whether a formatted message M' can be signed (FIPS 204, algorithm 7; FIPS 205, algorithm 19).
    pub(crate) const fn signs_m_prime(self) -> bool {
        self.row().signs_m_prime
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
pub(crate) const MAX_SEED_BYTES: usize = longest!(seed_bytes);
pub(crate) const MAX_RANDOMNESS_BYTES: usize = longest!(randomness_bytes);
/// The longest randomness of a signature.
pub(crate) const MAX_SIGNING_RANDOMNESS_BYTES: usize = MLDSA_RANDOMNESS_BYTES;

/// Ids differ, randomness fits its memory, and no two sets of a family are found by the same length of a public key.
const _: () = {
    let mut row = 0;
    while row < ROWS.len() {
        let is_signature = matches!(ROWS[row].kind, Kind::Signature);
        assert!(!is_signature || ROWS[row].randomness_bytes <= MAX_SIGNING_RANDOMNESS_BYTES);
        let mut other = 0;
        while other < row {
            let (one, two) = (&ROWS[row], &ROWS[other]);
            assert!(one.id != two.id);
            let is_found = one.found_by_length && two.found_by_length && one.family as u8 == two.family as u8;
            assert!(!is_found || one.public_key_bytes != two.public_key_bytes);
            other += 1;
        }
        row += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the rows with the table of section 6 of the draft: a label is the name behind `COMPSIG-`, an identifier
    /// the arc of the registry and the number that the id ends with.
    #[test]
    fn composites_have_the_label_of_their_name_and_the_identifier_of_their_id() {
        let composites = Algorithm::ALL.into_iter().filter_map(|algorithm| Some((algorithm, algorithm.composite()?)));
        let mut count = 0;
        for (algorithm, composite) in composites {
            assert_eq!(composite.label, format!("COMPSIG-{}", algorithm.name()).as_bytes());
            assert_eq!(
                algorithm.c_oid().to_str().unwrap_or_default(),
                format!("1.3.6.1.5.5.7.6.{}", algorithm.id() & 0xffff)
            );
            assert_eq!(algorithm.security_category(), composite.mldsa.security_category(), "{}", algorithm.name());
            count += 1;
        }
        assert_eq!(count, 6);
    }
}
