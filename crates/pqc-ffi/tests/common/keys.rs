//! The algorithms, and the functions of keys over slices and owned handles.

use super::api::*;
use super::composite::Halves;
use super::outputs::Kind;
use super::{Bytes, Handle, Owned, bytes_of, check, ffi, handle_of, number_of, text, two_bytes_of};
use core::ptr;

impl Handle for PqcPrivateKey {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_private_key_free;
    const KIND: Kind = Kind::PrivateKey;
}

impl Handle for PqcPublicKey {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_public_key_free;
    const KIND: Kind = Kind::PublicKey;
}

impl Handle for PqcExchangeKey {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_exchange_key_free;
    const KIND: Kind = Kind::ExchangeKey;
}

impl Handle for PqcExchangeShare {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_exchange_share_free;
    const KIND: Kind = Kind::ExchangeShare;
}

impl Handle for PqcMuHasher {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_mu_hasher_free;
    const KIND: Kind = Kind::MuHasher;
}

/// A row of the library's table, with the flags of the keys to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Algorithm {
    pub(crate) id: u32,
    pub(crate) kind: u32,
    pub(crate) name: &'static str,
    pub(crate) flags: u32,
    pub(crate) seed: usize,
    pub(crate) private_key: usize,
    pub(crate) public_key: usize,
    pub(crate) ciphertext: usize,
    pub(crate) shared_secret: usize,
    pub(crate) signature: usize,
    pub(crate) randomness: usize,
    pub(crate) slowest_us: u32,
    /// Whether an object identifier names its keys, without which there is no PKCS#8 and no SubjectPublicKeyInfo.
    pub(crate) has_files: bool,
}

impl Algorithm {
    /// Every algorithm but the slow sets of SLH-DSA, since their calls differ from calls with fast sets in sizes only.
    pub(crate) fn all() -> Vec<Self> {
        Self::rows().into_iter().filter(|algorithm| algorithm.slowest_us <= 100_000).collect()
    }

    /// The algorithms that sign quickly, one set of SLH-DSA among them, for tests of many calls: all its sets share their code.
    pub(crate) fn quick() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.slowest_us <= 50_000).collect()
    }

    /// Every algorithm of the table.
    pub(crate) fn rows() -> Vec<Self> {
        let rows = (0..).map(|index| pqc_algorithm_at(index)).take_while(|info| !info.is_null());
        rows.filter_map(|info| ffi!(info.as_ref())).map(Self::new).collect()
    }

    fn new(info: &PqcAlgorithmInfo) -> Self {
        Self {
            id: info.algorithm,
            kind: info.kind,
            name: text(info.name).to_str().unwrap_or_default(),
            flags: 0,
            seed: info.seed_bytes,
            private_key: info.private_key_bytes,
            public_key: info.public_key_bytes,
            ciphertext: info.ciphertext_bytes,
            shared_secret: info.shared_secret_bytes,
            signature: info.signature_bytes,
            randomness: info.randomness_bytes,
            slowest_us: info.slowest_us,
            has_files: !text(info.oid).is_empty(),
        }
    }

    pub(crate) fn of(id: u32) -> Self {
        let found = Self::rows().into_iter().find(|algorithm| algorithm.id == id);
        found.unwrap_or_else(|| panic!("no algorithm {id}"))
    }

    pub(crate) fn kems() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.is_kem()).collect()
    }

    pub(crate) fn signers() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| !algorithm.is_kem()).collect()
    }

    pub(crate) fn quick_signers() -> Vec<Self> {
        Self::quick().into_iter().filter(|algorithm| !algorithm.is_kem()).collect()
    }

    /// The signature algorithms of FIPS 204.
    pub(crate) fn mldsa() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.is_mldsa()).collect()
    }

    /// The algorithms of HashML-DSA and HashSLH-DSA.
    pub(crate) fn digest_signers() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.signs_m_prime()).collect()
    }

    pub(crate) fn composites() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.is_composite()).collect()
    }

    pub(crate) fn is_kem(self) -> bool {
        self.kind == PQC_KIND_KEM
    }

    pub(crate) fn is_mlkem(self) -> bool {
        self.name.starts_with("ML-KEM")
    }

    pub(crate) fn is_mldsa(self) -> bool {
        self.name.starts_with("ML-DSA")
    }

    pub(crate) fn is_composite(self) -> bool {
        self.name.starts_with("MLDSA")
    }

    /// The parameter set of ML-KEM in a hybrid with a group of points.
    pub(crate) fn mlkem_beside_a_point(self) -> Option<Self> {
        let (set, _) = self.name.strip_prefix("MLKEM")?.split_once('-')?;
        set.parse().ok().map(Self::of)
    }

    /// The key exchange of the components of a hybrid KEM.
    pub(crate) fn exchange(self) -> Option<u32> {
        match self.name {
            "X-Wing" => Some(PQC_EXCHANGE_X25519MLKEM768),
            "MLKEM768-P256" => Some(PQC_EXCHANGE_SECP256R1MLKEM768),
            "MLKEM1024-P384" => Some(PQC_EXCHANGE_SECP384R1MLKEM1024),
            _ => None,
        }
    }

    pub(crate) fn is_slhdsa(self) -> bool {
        self.name.starts_with("SLH-DSA")
    }

    pub(crate) fn signs_m_prime(self) -> bool {
        self.is_mldsa() || self.is_slhdsa()
    }

    /// The hash function of a composite's messages; for the others one of the twelve.
    pub(crate) fn hash(self) -> u32 {
        match self.name.rsplit_once('-') {
            Some((_, "SHA256")) => PQC_HASH_SHA2_256,
            Some((_, "SHA512")) => PQC_HASH_SHA2_512,
            _ => PQC_HASH_SHA3_384,
        }
    }

    pub(crate) fn is_hybrid(self) -> bool {
        !self.is_mlkem() && !self.is_mldsa() && !self.is_slhdsa()
    }

    /// The forms of a private key in PKCS#8.
    pub(crate) fn forms(self) -> &'static [u32] {
        const ALL: &[u32] = &[PQC_PRIVATE_KEY_SEED, PQC_PRIVATE_KEY_EXPANDED, PQC_PRIVATE_KEY_BOTH];
        match (self.has_seed() && !self.is_slhdsa(), self.has_expanded_key()) {
            (true, true) => ALL,
            (true, false) => &ALL[..1],
            (false, _) => &ALL[1..2],
        }
    }

    /// Whether a private key can be made from a seed.
    pub(crate) fn has_seed(self) -> bool {
        self.seed > 0
    }

    /// How many bytes of randomness a new key is made of. No test is as unlucky as to see ECDSA draw again.
    pub(crate) fn drawn(self) -> usize {
        if self.has_seed() { self.seed } else { Halves::of(self).secrets() }
    }

    /// Whether a private key has an encoding other than its seed.
    pub(crate) fn has_expanded_key(self) -> bool {
        self.private_key != self.seed
    }

    pub(crate) fn with(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    /// Where `ek`, `H(ek)` and `z` begin in a decapsulation key `dk_PKE || ek || H(ek) || z` of ML-KEM.
    pub(crate) fn mlkem_private_key_offsets(self) -> [usize; 3] {
        let vector = self.public_key - 32;
        [vector, vector + self.public_key, vector + self.public_key + 32]
    }

    pub(crate) fn generate(self) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        handle_of(|out| ffi!(pqc_private_key_generate(self.id, self.flags, out)))
    }

    pub(crate) fn load_seed(self, seed: &[u8]) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        handle_of(|out| ffi!(pqc_private_key_from_seed(self.id, self.flags, seed.as_ptr(), seed.len(), out)))
    }

    pub(crate) fn load_private_key(self, key: &[u8]) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        handle_of(|out| ffi!(pqc_private_key_from_bytes(self.id, self.flags, key.as_ptr(), key.len(), out)))
    }

    /// The key that is made of the first of these bytes: of a seed or, without one, of the secrets of a composite.
    pub(crate) fn load_secrets(self, bytes: &[u8]) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        if self.has_seed() {
            self.load_seed(&bytes[..self.seed])
        } else {
            self.load_private_key(&Halves::of(self).private_key(bytes))
        }
    }

    /// The key of another handle, from its seed if it has one.
    pub(crate) fn reload(self, key: &Owned<PqcPrivateKey>) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
        if self.has_seed() { self.load_seed(&key.seed()?) } else { self.load_private_key(&key.bytes()?) }
    }

    pub(crate) fn load_public_key(self, key: &[u8]) -> Result<Owned<PqcPublicKey>, PqcStatus> {
        handle_of(|out| ffi!(pqc_public_key_from_bytes(self.id, self.flags, key.as_ptr(), key.len(), out)))
    }
}

/// M' as ML-DSA.Sign formats a message and a context (FIPS 204, algorithm 2).
///
/// A context of more than 255 bytes has no such form; its length is cut here as a careless library would.
pub(crate) fn m_prime(message: &[u8], context: &[u8]) -> Vec<u8> {
    let length = context.len().to_le_bytes()[0];
    [&[0, length], context, message].concat()
}

/// Calls a function with these arguments, a slice as pointer and length, and then the outputs.
macro_rules! call {
    ($function:ident($($done:expr),*)) => { ffi!($function($($done),*)) };
    ($function:ident($($done:expr),*) $argument:ident: bytes, $($rest:tt)*) => {
        call!($function($($done,)* $argument.as_ptr(), $argument.len()) $($rest)*)
    };
    ($function:ident($($done:expr),*) $argument:ident: $kind:ident, $($rest:tt)*) => {
        call!($function($($done,)* $argument) $($rest)*)
    };
}

/// The type of an argument.
macro_rules! type_of {
    (bytes) => {
        &[u8]
    };
    (number) => {
        u32
    };
}

/// Methods of a handle, each a call of a function with an output for a helper.
macro_rules! methods {
    ($handle:ident: $($name:ident = $function:ident($($argument:ident: $kind:ident),*) -> $helper:ident $output:ty;)*) => {
        impl Owned<$handle> {
            $(pub(crate) fn $name(&self, $($argument: type_of!($kind)),*) -> Result<$output, PqcStatus> {
                $helper(|out| call!($function(self.as_ptr()) $($argument: $kind,)* out: output,))
            })*
        }
    };
}

/// The same without an output.
macro_rules! verifications {
    ($($name:ident = $function:ident($($argument:ident: $kind:ident),*);)*) => {
        impl Owned<PqcPublicKey> {
            $(pub(crate) fn $name(&self, $($argument: type_of!($kind)),*) -> Result<(), PqcStatus> {
                check(call!($function(self.as_ptr()) $($argument: $kind,)*))
            })*
        }
    };
}

methods! { PqcPrivateKey:
    algorithm = pqc_private_key_algorithm() -> number_of u32;
    options = pqc_private_key_options() -> number_of u32;
    resident_bytes = pqc_private_key_resident_bytes() -> number_of usize;
    public_key = pqc_private_key_public_key() -> handle_of Owned<PqcPublicKey>;
    bytes = pqc_private_key_bytes() -> bytes_of Bytes;
    seed = pqc_private_key_seed() -> bytes_of Bytes;
    decapsulate = pqc_decapsulate(ciphertext: bytes) -> bytes_of Bytes;
    sign = pqc_sign(message: bytes, context: bytes, flags: number) -> bytes_of Bytes;
    sign_derand = pqc_sign_derand(message: bytes, context: bytes, rnd: bytes) -> bytes_of Bytes;
    sign_prehashed = pqc_sign_prehashed(hash: number, digest: bytes, context: bytes, flags: number) -> bytes_of Bytes;
    sign_prehashed_derand = pqc_sign_prehashed_derand(hash: number, digest: bytes, context: bytes, rnd: bytes) -> bytes_of Bytes;
    sign_mu = pqc_sign_mu(mu: bytes, flags: number) -> bytes_of Bytes;
    sign_mu_derand = pqc_sign_mu_derand(mu: bytes, rnd: bytes) -> bytes_of Bytes;
    sign_internal = pqc_sign_internal(m_prime: bytes, rnd: bytes) -> bytes_of Bytes;
}

methods! { PqcPublicKey:
    algorithm = pqc_public_key_algorithm() -> number_of u32;
    options = pqc_public_key_options() -> number_of u32;
    resident_bytes = pqc_public_key_resident_bytes() -> number_of usize;
    bytes = pqc_public_key_bytes() -> bytes_of Bytes;
    to_spki = pqc_public_key_to_spki(encoding: number) -> bytes_of Bytes;
    mu_hasher = pqc_mu_hasher_from_public_key(context: bytes) -> handle_of Owned<PqcMuHasher>;
}

methods! { PqcMuHasher:
    finalize = pqc_mu_hasher_finalize() -> bytes_of Bytes;
    copy = pqc_mu_hasher_copy() -> handle_of Owned<PqcMuHasher>;
}

impl Owned<PqcPrivateKey> {
    pub(crate) fn to_pkcs8(&self, form: u32, encoding: u32, password: &[u8]) -> Result<Bytes, PqcStatus> {
        let (p, p_len) = (password.as_ptr(), password.len());
        bytes_of(|out| ffi!(pqc_private_key_to_pkcs8(self.as_ptr(), p, p_len, form, encoding, out)))
    }
}

methods! { PqcExchangeKey:
    share = pqc_exchange_key_share() -> bytes_of Bytes;
}

impl Owned<PqcExchangeKey> {
    pub(crate) fn generate(exchange: u32) -> Result<Self, PqcStatus> {
        handle_of(|out| ffi!(pqc_exchange_key_generate(exchange, 0, out)))
    }

    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Vec<u8>, PqcStatus> {
        let (mut secret, mut len) = ([0; 80], 0);
        let (data, data_len) = (ciphertext.as_ptr(), ciphertext.len());
        let status = ffi!(pqc_exchange_decapsulate_into(
            self.as_ptr(),
            data,
            data_len,
            secret.as_mut_ptr(),
            secret.len(),
            &raw mut len
        ));
        check(status).map(|()| secret[..len].to_vec())
    }
}

impl Owned<PqcExchangeShare> {
    pub(crate) fn load(exchange: u32, share: &[u8]) -> Result<Self, PqcStatus> {
        handle_of(|out| ffi!(pqc_exchange_share_from_bytes(exchange, 0, share.as_ptr(), share.len(), out)))
    }

    /// A ciphertext and its secret.
    pub(crate) fn encapsulate(&self) -> Result<(Vec<u8>, Vec<u8>), PqcStatus> {
        let (mut ciphertext, mut secret, mut len, mut secret_len) = ([0; 1700], [0; 80], 0, 0);
        let (out, secret_out) = (ciphertext.as_mut_ptr(), secret.as_mut_ptr());
        let (size, secret_size) = (ciphertext.len(), secret.len());
        let status = ffi!(pqc_exchange_encapsulate_into(
            self.as_ptr(),
            out,
            size,
            &raw mut len,
            secret_out,
            secret_size,
            &raw mut secret_len
        ));
        check(status).map(|()| (ciphertext[..len].to_vec(), secret[..secret_len].to_vec()))
    }
}

impl Owned<PqcMuHasher> {
    pub(crate) fn update(&self, data: &[u8]) -> Result<(), PqcStatus> {
        check(ffi!(pqc_mu_hasher_update(self.as_ptr().cast_mut(), data.as_ptr(), data.len())))
    }
}

verifications! {
    verify = pqc_verify(message: bytes, context: bytes, signature: bytes);
    verify_prehashed = pqc_verify_prehashed(hash: number, digest: bytes, context: bytes, signature: bytes);
    verify_mu = pqc_verify_mu(mu: bytes, signature: bytes);
    verify_internal = pqc_verify_internal(m_prime: bytes, signature: bytes);
}

impl Owned<PqcPublicKey> {
    /// A ciphertext and its shared secret.
    pub(crate) fn encapsulate(&self) -> Result<(Bytes, Bytes), PqcStatus> {
        two_bytes_of(|first, second| ffi!(pqc_encapsulate(self.as_ptr(), first, second)))
    }

    pub(crate) fn encapsulate_derand(&self, randomness: &[u8]) -> Result<(Bytes, Bytes), PqcStatus> {
        let (r, r_len) = (randomness.as_ptr(), randomness.len());
        two_bytes_of(|first, second| ffi!(pqc_encapsulate_derand(self.as_ptr(), r, r_len, first, second)))
    }

    pub(crate) fn equals(&self, other: &Self) -> Result<u32, PqcStatus> {
        number_of(|out| ffi!(pqc_public_key_equal(self.as_ptr(), other.as_ptr(), out)))
    }

    /// The mu of a message.
    pub(crate) fn mu(&self, message: &[u8], context: &[u8]) -> Result<Bytes, PqcStatus> {
        let hasher = self.mu_hasher(context)?;
        hasher.update(message)?;
        hasher.finalize()
    }
}

/// Loads a private key in PKCS#8; an empty password is passed as NULL.
pub(crate) fn load_pkcs8(data: &[u8], password: &[u8], flags: u32) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
    let p = if password.is_empty() { ptr::null() } else { password.as_ptr() };
    let (data, len, p_len) = (data.as_ptr(), data.len(), password.len());
    handle_of(|out| ffi!(pqc_private_key_from_pkcs8(flags, data, len, p, p_len, 0, out)))
}

pub(crate) fn load_spki(data: &[u8], flags: u32) -> Result<Owned<PqcPublicKey>, PqcStatus> {
    handle_of(|out| ffi!(pqc_public_key_from_spki(flags, data.as_ptr(), data.len(), out)))
}

/// Kind and algorithm of an encoded key.
pub(crate) fn detect(data: &[u8]) -> Result<(u32, u32), PqcStatus> {
    let (mut kind, mut algorithm) = (u32::MAX, u32::MAX);
    let status = ffi!(ffi_key_algorithm(data.as_ptr(), data.len(), &raw mut kind, &raw mut algorithm));
    assert!(status == PqcStatus::Ok || (kind, algorithm) == (0, 0), "the outputs are zeroed on failure");
    check(status).map(|()| (kind, algorithm))
}

/// The cost of opening an encoded key.
pub(crate) fn kdf_cost(data: &[u8]) -> Result<u64, PqcStatus> {
    number_of(|out| ffi!(ffi_key_kdf_cost(data.as_ptr(), data.len(), out)))
}
