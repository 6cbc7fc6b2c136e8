//! The algorithms, and the functions of keys over slices and owned handles.

use super::api::*;
use super::{Bytes, Handle, Owned, bytes_of, check, ffi, handle_of, number_of, text, two_bytes_of, written};
use core::ptr;

impl Handle for PqcPrivateKey {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_private_key_free;
}

impl Handle for PqcPublicKey {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_public_key_free;
}

impl Handle for PqcMuHasher {
    const FREE: unsafe extern "C" fn(*mut Self) = pqc_mu_hasher_free;
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
}

impl Algorithm {
    pub(crate) fn all() -> Vec<Self> {
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
        }
    }

    pub(crate) fn of(id: u32) -> Self {
        let found = Self::all().into_iter().find(|algorithm| algorithm.id == id);
        found.unwrap_or_else(|| panic!("no algorithm {id}"))
    }

    pub(crate) fn kems() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.is_kem()).collect()
    }

    pub(crate) fn signers() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| !algorithm.is_kem()).collect()
    }

    /// The algorithms whose keys have an encoding in PKCS#8 and SubjectPublicKeyInfo.
    pub(crate) fn encoded() -> Vec<Self> {
        Self::all().into_iter().filter(|algorithm| algorithm.has_encodings()).collect()
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

    pub(crate) fn has_encodings(self) -> bool {
        self.is_mlkem() || self.is_mldsa()
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

/// The two arguments of a C function that are a slice.
fn c(slice: &[u8]) -> (*const u8, usize) {
    (slice.as_ptr(), slice.len())
}

impl Owned<PqcPrivateKey> {
    pub(crate) fn algorithm(&self) -> Result<u32, PqcStatus> {
        number_of(|out| ffi!(pqc_private_key_algorithm(self.as_ptr(), out)))
    }

    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        number_of(|out| ffi!(pqc_private_key_options(self.as_ptr(), out)))
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        number_of(|out| ffi!(pqc_private_key_resident_bytes(self.as_ptr(), out)))
    }

    pub(crate) fn public_key(&self) -> Result<Owned<PqcPublicKey>, PqcStatus> {
        handle_of(|out| ffi!(pqc_private_key_public_key(self.as_ptr(), out)))
    }

    pub(crate) fn bytes(&self) -> Result<Bytes, PqcStatus> {
        bytes_of(|out| ffi!(pqc_private_key_bytes(self.as_ptr(), out)))
    }

    pub(crate) fn seed(&self) -> Result<Bytes, PqcStatus> {
        bytes_of(|out| ffi!(pqc_private_key_seed(self.as_ptr(), out)))
    }

    pub(crate) fn to_pkcs8(&self, form: u32, encoding: u32, password: &[u8]) -> Result<Bytes, PqcStatus> {
        let (p, p_len) = c(password);
        bytes_of(|out| ffi!(pqc_private_key_to_pkcs8(self.as_ptr(), p, p_len, form, encoding, out)))
    }

    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Bytes, PqcStatus> {
        let (c, c_len) = c(ciphertext);
        bytes_of(|out| ffi!(pqc_decapsulate(self.as_ptr(), c, c_len, out)))
    }

    pub(crate) fn decapsulate_into(&self, ciphertext: &[u8], capacity: usize) -> Result<Vec<u8>, PqcStatus> {
        let (c, c_len) = c(ciphertext);
        written(capacity, |out, capacity, len| ffi!(pqc_decapsulate_into(self.as_ptr(), c, c_len, out, capacity, len)))
    }

    pub(crate) fn sign(&self, message: &[u8], context: &[u8], flags: u32) -> Result<Bytes, PqcStatus> {
        let ((m, m_len), (c, c_len)) = (c(message), c(context));
        bytes_of(|out| ffi!(pqc_sign(self.as_ptr(), m, m_len, c, c_len, flags, out)))
    }

    pub(crate) fn sign_into(
        &self,
        message: &[u8],
        context: &[u8],
        flags: u32,
        capacity: usize,
    ) -> Result<Vec<u8>, PqcStatus> {
        let ((m, m_len), (c, c_len)) = (c(message), c(context));
        written(capacity, |out, capacity, len| {
            ffi!(pqc_sign_into(self.as_ptr(), m, m_len, c, c_len, flags, out, capacity, len))
        })
    }

    pub(crate) fn sign_derand(&self, message: &[u8], context: &[u8], rnd: &[u8]) -> Result<Bytes, PqcStatus> {
        let ((m, m_len), (c, c_len), (r, r_len)) = (c(message), c(context), c(rnd));
        bytes_of(|out| ffi!(pqc_sign_derand(self.as_ptr(), m, m_len, c, c_len, r, r_len, out)))
    }

    pub(crate) fn sign_prehashed(
        &self,
        hash: u32,
        digest: &[u8],
        context: &[u8],
        flags: u32,
    ) -> Result<Bytes, PqcStatus> {
        let ((d, d_len), (c, c_len)) = (c(digest), c(context));
        bytes_of(|out| ffi!(pqc_sign_prehashed(self.as_ptr(), hash, d, d_len, c, c_len, flags, out)))
    }

    pub(crate) fn sign_prehashed_derand(
        &self,
        hash: u32,
        digest: &[u8],
        context: &[u8],
        rnd: &[u8],
    ) -> Result<Bytes, PqcStatus> {
        let ((d, d_len), (c, c_len), (r, r_len)) = (c(digest), c(context), c(rnd));
        bytes_of(|out| ffi!(pqc_sign_prehashed_derand(self.as_ptr(), hash, d, d_len, c, c_len, r, r_len, out)))
    }

    pub(crate) fn sign_mu(&self, mu: &[u8], flags: u32) -> Result<Bytes, PqcStatus> {
        bytes_of(|out| ffi!(pqc_sign_mu(self.as_ptr(), mu.as_ptr(), mu.len(), flags, out)))
    }

    pub(crate) fn sign_mu_derand(&self, mu: &[u8], rnd: &[u8]) -> Result<Bytes, PqcStatus> {
        let ((m, m_len), (r, r_len)) = (c(mu), c(rnd));
        bytes_of(|out| ffi!(pqc_sign_mu_derand(self.as_ptr(), m, m_len, r, r_len, out)))
    }

    pub(crate) fn sign_internal(&self, m_prime: &[u8], rnd: &[u8]) -> Result<Bytes, PqcStatus> {
        let ((m, m_len), (r, r_len)) = (c(m_prime), c(rnd));
        bytes_of(|out| ffi!(pqc_sign_internal(self.as_ptr(), m, m_len, r, r_len, out)))
    }
}

impl Owned<PqcPublicKey> {
    pub(crate) fn algorithm(&self) -> Result<u32, PqcStatus> {
        number_of(|out| ffi!(pqc_public_key_algorithm(self.as_ptr(), out)))
    }

    pub(crate) fn options(&self) -> Result<u32, PqcStatus> {
        number_of(|out| ffi!(pqc_public_key_options(self.as_ptr(), out)))
    }

    pub(crate) fn resident_bytes(&self) -> Result<usize, PqcStatus> {
        number_of(|out| ffi!(pqc_public_key_resident_bytes(self.as_ptr(), out)))
    }

    pub(crate) fn bytes(&self) -> Result<Bytes, PqcStatus> {
        bytes_of(|out| ffi!(pqc_public_key_bytes(self.as_ptr(), out)))
    }

    pub(crate) fn to_spki(&self, encoding: u32) -> Result<Bytes, PqcStatus> {
        bytes_of(|out| ffi!(pqc_public_key_to_spki(self.as_ptr(), encoding, out)))
    }

    pub(crate) fn equals(&self, other: &Self) -> Result<u32, PqcStatus> {
        number_of(|out| ffi!(pqc_public_key_equal(self.as_ptr(), other.as_ptr(), out)))
    }

    /// A ciphertext and its shared secret.
    pub(crate) fn encapsulate(&self) -> Result<(Bytes, Bytes), PqcStatus> {
        two_bytes_of(|first, second| ffi!(pqc_encapsulate(self.as_ptr(), first, second)))
    }

    /// The same in buffers of the caller with these capacities.
    pub(crate) fn encapsulate_into(&self, [first, second]: [usize; 2]) -> Result<(Vec<u8>, Vec<u8>), PqcStatus> {
        let mut secret = Err(PqcStatus::Internal);
        let ciphertext = written(first, |c, c_capacity, c_len| {
            let mut status = PqcStatus::Internal;
            secret = written(second, |s, s_capacity, s_len| {
                status = ffi!(pqc_encapsulate_into(self.as_ptr(), c, c_capacity, c_len, s, s_capacity, s_len));
                status
            });
            status
        })?;
        Ok((ciphertext, secret?))
    }

    /// The ciphertext and shared secret of this randomness.
    pub(crate) fn encapsulate_derand(&self, randomness: &[u8]) -> Result<(Bytes, Bytes), PqcStatus> {
        let (r, r_len) = c(randomness);
        two_bytes_of(|first, second| ffi!(pqc_encapsulate_derand(self.as_ptr(), r, r_len, first, second)))
    }

    pub(crate) fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), PqcStatus> {
        let ((m, m_len), (c, c_len), (s, s_len)) = (c(message), c(context), c(signature));
        check(ffi!(pqc_verify(self.as_ptr(), m, m_len, c, c_len, s, s_len)))
    }

    pub(crate) fn verify_prehashed(
        &self,
        hash: u32,
        digest: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), PqcStatus> {
        let ((d, d_len), (c, c_len), (s, s_len)) = (c(digest), c(context), c(signature));
        check(ffi!(pqc_verify_prehashed(self.as_ptr(), hash, d, d_len, c, c_len, s, s_len)))
    }

    pub(crate) fn verify_mu(&self, mu: &[u8], signature: &[u8]) -> Result<(), PqcStatus> {
        let ((m, m_len), (s, s_len)) = (c(mu), c(signature));
        check(ffi!(pqc_verify_mu(self.as_ptr(), m, m_len, s, s_len)))
    }

    pub(crate) fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), PqcStatus> {
        let ((m, m_len), (s, s_len)) = (c(m_prime), c(signature));
        check(ffi!(pqc_verify_internal(self.as_ptr(), m, m_len, s, s_len)))
    }

    pub(crate) fn mu_hasher(&self, context: &[u8]) -> Result<Owned<PqcMuHasher>, PqcStatus> {
        let (c, c_len) = c(context);
        handle_of(|out| ffi!(pqc_mu_hasher_from_public_key(self.as_ptr(), c, c_len, out)))
    }

    /// The mu of a message.
    pub(crate) fn mu(&self, message: &[u8], context: &[u8]) -> Result<Bytes, PqcStatus> {
        let hasher = self.mu_hasher(context)?;
        hasher.update(message)?;
        hasher.finalize()
    }
}

impl Owned<PqcMuHasher> {
    pub(crate) fn update(&self, data: &[u8]) -> Result<(), PqcStatus> {
        check(ffi!(pqc_mu_hasher_update(self.as_ptr().cast_mut(), data.as_ptr(), data.len())))
    }

    pub(crate) fn finalize(&self) -> Result<Bytes, PqcStatus> {
        bytes_of(|out| ffi!(pqc_mu_hasher_finalize(self.as_ptr(), out)))
    }
}

/// Loads a private key in PKCS#8 with this ceiling on its cost; an empty password is passed as NULL.
pub(crate) fn load_pkcs8_within(
    data: &[u8],
    password: &[u8],
    flags: u32,
    max_kdf_cost: u64,
) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
    let p = if password.is_empty() { ptr::null() } else { password.as_ptr() };
    let ((data, len), p_len) = (c(data), password.len());
    handle_of(|out| ffi!(pqc_private_key_from_pkcs8(flags, data, len, p, p_len, max_kdf_cost, out)))
}

/// Loads a private key in PKCS#8.
pub(crate) fn load_pkcs8(data: &[u8], password: &[u8], flags: u32) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
    load_pkcs8_within(data, password, flags, 0)
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

/// What opening an encoded key costs.
pub(crate) fn kdf_cost(data: &[u8]) -> Result<u64, PqcStatus> {
    number_of(|out| ffi!(ffi_key_kdf_cost(data.as_ptr(), data.len(), out)))
}
