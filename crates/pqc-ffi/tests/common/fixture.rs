//! Keys of one algorithm, and the signatures and ciphertexts made with them.

use super::api::*;
use super::data::{Data, digest_length};
use super::keys::{Algorithm, m_prime};
use super::{Handle, Owned};
use std::sync::LazyLock;

pub(crate) const PASSWORD: &[u8] = b"password";
pub(crate) const MESSAGE: &[u8] = b"message";
pub(crate) const CONTEXT: &[u8] = b"context";
const DIGEST: [u8; 64] = [3; 64];

/// Seeds and randomness of an algorithm are the beginnings of these.
const SEED: [u8; 80] = *b"a seed of sixty-four bytes, which no other memory holds by luck, and 16 to spare";
const RANDOMNESS: [u8; 160] =
    *b"a hundred and sixty bytes of randomness: the first thirty-two are for ML-KEM, and a point of P-256 is \
    a multiple by one of the four scalars in the other ones...";

pub(crate) const ENCRYPTED_SEED: [u8; 32] = *b"the thirty-two bytes of a seed..";

/// A seed of ML-DSA-44 in PKCS#8, encrypted with that password in one iteration of PBKDF2.
pub(crate) const ENCRYPTED: [u8; 165] = [
    0x30, 0x81, 0xa2, 0x30, 0x5e, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d, 0x30, 0x51, 0x30,
    0x30, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c, 0x30, 0x23, 0x04, 0x10, 0x73, 0x69, 0x78,
    0x74, 0x65, 0x65, 0x6e, 0x20, 0x62, 0x79, 0x74, 0x65, 0x73, 0x2e, 0x2e, 0x2e, 0x02, 0x01, 0x01, 0x30, 0x0c, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09, 0x05, 0x00, 0x30, 0x1d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x01, 0x2a, 0x04, 0x10, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
    0x0c, 0x0d, 0x0e, 0x0f, 0x04, 0x40, 0xbe, 0x44, 0xc5, 0xb2, 0x45, 0x3d, 0x22, 0x63, 0x93, 0x2f, 0x31, 0x3d, 0xc9,
    0x18, 0x48, 0xf1, 0x96, 0xe6, 0x16, 0x5b, 0x68, 0x11, 0xf0, 0x31, 0x11, 0xef, 0x6b, 0xdf, 0x6a, 0x67, 0xc8, 0xf0,
    0x19, 0x5b, 0x3c, 0xb1, 0xba, 0x03, 0x8d, 0xf5, 0x7f, 0x4d, 0x85, 0x56, 0xb1, 0x33, 0xf7, 0xf1, 0x5c, 0xd5, 0x6a,
    0x4a, 0x43, 0x84, 0x45, 0xf1, 0xbc, 0x0c, 0xd0, 0x4c, 0xcb, 0xc2, 0x12, 0xab,
];

/// The inputs of the functions of mu.
pub(crate) struct MuFixture {
    /// Has read the message.
    pub(crate) hasher: Owned<PqcMuHasher>,
    /// Reads more with every call.
    pub(crate) updated: Owned<PqcMuHasher>,
}

/// A key exchange of both sides.
pub(crate) struct ExchangeFixture {
    pub(crate) key: Owned<PqcExchangeKey>,
    pub(crate) share: Owned<PqcExchangeShare>,
}

/// See the module.
pub(crate) struct Fixture {
    pub(crate) algorithm: Algorithm,
    pub(crate) keys: Pair,
    pub(crate) mu: Option<MuFixture>,
    exchange: Option<ExchangeFixture>,
    data: [Vec<u8>; Data::COUNT],
}

impl Fixture {
    /// The seed of an algorithm's fixture, or the secrets of a composite.
    pub(crate) fn seed(algorithm: &Algorithm) -> &'static [u8] {
        &SEED[..algorithm.drawn()]
    }

    /// The randomness of an algorithm's fixture.
    pub(crate) fn randomness(algorithm: &Algorithm) -> &'static [u8] {
        &RANDOMNESS[..algorithm.randomness]
    }

    /// The public key does not come from the private key, which has not yet made its own.
    pub(crate) fn new(algorithm: Algorithm) -> Result<Self, PqcStatus> {
        let private = algorithm.load_secrets(&SEED)?;
        let encoded = algorithm.load_secrets(&SEED)?.public_key()?.bytes()?.to_vec();
        let mut fixture = Self {
            algorithm,
            keys: Pair { private, public: algorithm.load_public_key(&encoded)? },
            mu: None,
            exchange: None,
            data: [const { Vec::new() }; Data::COUNT],
        };
        fixture.set(Data::PublicKey, &encoded);
        fixture.fill()?;
        Ok(fixture)
    }

    fn fill(&mut self) -> Result<(), PqcStatus> {
        let algorithm = self.algorithm;
        self.set(Data::Seed, &SEED[..algorithm.seed]);
        self.set(Data::PrivateKey, &self.keys.private.bytes()?);
        self.set(Data::Randomness, Self::randomness(&algorithm));
        self.set(Data::Message, MESSAGE);
        self.set(Data::Context, CONTEXT);
        self.set(Data::Encrypted, &ENCRYPTED);
        self.set(Data::Password, PASSWORD);
        self.set(Data::Zeros, &[0; 100]);
        if algorithm.has_files {
            self.set(Data::Pkcs8, &self.keys.private.to_pkcs8(algorithm.forms()[0], PQC_ENCODING_DER, b"")?);
            self.set(Data::Spki, &self.keys.public.to_spki(PQC_ENCODING_DER)?);
            self.set(Data::SpkiPem, &self.keys.public.to_spki(PQC_ENCODING_PEM)?);
        }
        if algorithm.forms().len() > 1 {
            self.set(Data::Pkcs8Both, &self.keys.private.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, b"")?);
        }
        if algorithm.is_kem() {
            let (ciphertext, secret) = self.keys.public.encapsulate_derand(Self::randomness(&algorithm))?;
            self.set(Data::Ciphertext, &ciphertext);
            self.set(Data::SharedSecret, &secret);
            return algorithm.exchange().map_or(Ok(()), |exchange| self.fill_exchange(exchange));
        }
        let rnd = Self::randomness(&algorithm);
        self.set(Data::Signature, &self.keys.private.sign_derand(MESSAGE, CONTEXT, rnd)?);
        let (hash, private) = (algorithm.hash(), &self.keys.private);
        let digest = &DIGEST[..digest_length(hash).unwrap_or_default()];
        let prehashed = private.sign_prehashed_derand(hash, digest, CONTEXT, rnd)?;
        self.set(Data::Digest, digest);
        self.set(Data::PrehashedSignature, &prehashed);
        if algorithm.is_composite() {
            return Ok(());
        }
        self.set(Data::MPrime, &m_prime(MESSAGE, CONTEXT));
        if !algorithm.is_mldsa() {
            return Ok(());
        }
        let hasher = self.keys.public.mu_hasher(CONTEXT)?;
        hasher.update(MESSAGE)?;
        self.set(Data::Mu, &hasher.finalize()?);
        self.mu = Some(MuFixture { hasher, updated: self.keys.public.mu_hasher(CONTEXT)? });
        Ok(())
    }

    fn fill_exchange(&mut self, exchange: u32) -> Result<(), PqcStatus> {
        let key = Owned::<PqcExchangeKey>::generate(exchange)?;
        let encoded = key.share()?;
        let share = Owned::<PqcExchangeShare>::load(exchange, &encoded)?;
        let (ciphertext, secret) = share.encapsulate()?;
        self.set(Data::Share, &encoded);
        self.set(Data::ExchangeCiphertext, &ciphertext);
        self.set(Data::ExchangeSecret, &secret);
        self.exchange = Some(ExchangeFixture { key, share });
        Ok(())
    }

    fn set(&mut self, data: Data, bytes: &[u8]) {
        self.data[data as usize] = bytes.to_vec();
    }

    pub(crate) fn get(&self, data: Data) -> &[u8] {
        &self.data[data as usize]
    }

    pub(crate) fn exchange(&self) -> &ExchangeFixture {
        self.exchange.as_ref().expect("a hybrid KEM")
    }

    pub(crate) fn mu(&self) -> &MuFixture {
        self.mu.as_ref().expect("ML-DSA")
    }

    /// One fixture for each algorithm that signs quickly.
    pub(crate) fn all() -> Result<Vec<Self>, PqcStatus> {
        Algorithm::quick().into_iter().map(Self::new).collect()
    }
}

/// A private key and its public key.
pub(crate) struct Pair {
    pub(crate) private: Owned<PqcPrivateKey>,
    pub(crate) public: Owned<PqcPublicKey>,
}

/// A key of either kind.
pub(crate) trait Key: Handle + 'static {
    fn of(pair: &Pair) -> &Owned<Self>;
}

impl Key for PqcPrivateKey {
    fn of(pair: &Pair) -> &Owned<Self> {
        &pair.private
    }
}

impl Key for PqcPublicKey {
    fn of(pair: &Pair) -> &Owned<Self> {
        &pair.public
    }
}

/// Keys of an algorithm, to be passed to the functions of other algorithms.
pub(crate) fn keys_of(id: u32) -> &'static Pair {
    static KEYS: LazyLock<Vec<(u32, Pair)>> = LazyLock::new(|| {
        let keys = |algorithm: Algorithm| {
            let private = algorithm.generate()?;
            Ok::<_, PqcStatus>((algorithm.id, Pair { public: private.public_key()?, private }))
        };
        Algorithm::all().into_iter().map(keys).collect::<Result<_, _>>().expect("keys")
    });
    &KEYS.iter().find(|(known, _)| *known == id).expect("a known algorithm").1
}
