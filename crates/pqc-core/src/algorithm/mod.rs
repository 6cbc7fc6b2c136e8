//! The table of algorithms: FIPS 203 section 8 (table 2), FIPS 204 section 4 (table 1), FIPS 205 section 11 (table 2),
//! draft-connolly-cfrg-xwing-kem-10 (5.1), draft-irtf-cfrg-concrete-hybrid-kems-04 (4), draft-ietf-lamps-pq-composite-sigs-19 (6). Everything that depends on an algorithm's
//! identity or sizes reads it from here.

mod table;

use core::ffi::CStr;
use pkcs8::der::oid::ObjectIdentifier;
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
    oid: Option<Oid>,
    signs_m_prime: bool,
    signs_mu: bool,
    in_pkcs8: InPkcs8,
    slowest_us: u32,
    self_test: Option<SelfTest>,
    tested_as: Option<Algorithm>,
    composite: Option<Composite>,
    hybrid: Option<Hybrid>,
}

/// An object identifier, as text for C and as formats compare it.
struct Oid(&'static CStr, ObjectIdentifier);

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

/// A hash of a message.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
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

/// The self test of the engine, see `engine::self_test`: inputs that reach cases few others reach, and the answers.
#[doc(hidden)]
pub struct SelfTest {
    /// The number of the seed. Some lanes of each group of lanes that samples the matrix of ML-KEM need a fourth block; a
    /// polynomial of s1 or s2 of ML-DSA-65 needs a third one, which no seed of the other sets of ML-DSA is likely to do.
    pub seed: u32,
    /// The numbers of the messages of a batch. ML-DSA rejects the first one once for its response, once for its low bits and once
    /// for the number of its hints, and signs the others at once. No message is expected to be rejected for c t0. Where there is one
    /// message only, it is signed once, and a batch verifies its signature in every item.
    pub messages: &'static [u32],
    /// A chain of SHA3-256 over the outputs of all operations.
    pub answers: [u8; 32],
}

impl Algorithm {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The algorithm with this object identifier.
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.oid() == Some(oid))
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

    /// The set that is tested instead of this set, since its self test runs the same functions in much less time; by
    /// default this set.
    pub(crate) const fn tested_as(self) -> Self {
        match self.row().tested_as {
            Some(algorithm) => algorithm,
            None => self,
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

    /// Whether a signature may be shorter than [`Self::signature_bytes`].
    pub const fn signature_varies(self) -> bool {
        matches!(self.composite(), Some(composite) if composite.classical.signature_varies())
    }

    /// The components of a hybrid KEM.
    pub(crate) const fn hybrid(self) -> Option<&'static Hybrid> {
        self.row().hybrid.as_ref()
    }

    /// The identifier of its keys in PKCS#8 and SubjectPublicKeyInfo, if there is one.
    pub(crate) fn oid(self) -> Option<ObjectIdentifier> {
        self.row().oid.as_ref().map(|oid| oid.1)
    }

    /// The same identifier as text, in decimal numbers between dots; empty if there is none.
    pub const fn c_oid(self) -> &'static CStr {
        match &self.row().oid {
            Some(oid) => oid.0,
            None => c"",
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
