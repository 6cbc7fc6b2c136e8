//! Key exchanges of ML-KEM and an elliptic curve for protocols with their own key schedule: the shares are concatenated, and so are
//! the secrets (draft-ietf-tls-ecdhe-mlkem-05; draft-ietf-sshm-mlkem-hybrid-kex for SSH).
//!
//! They are not the hybrid KEMs of the table: nothing binds the secret to the shares, which is left to the protocol.

use crate::algorithm::{Group, MAX_RANDOMNESS_BYTES};
use crate::engine::{self, MAX_ELEMENT_BYTES, MAX_SCALAR_BYTES, check_output};
use crate::secret::{SecretArray, SecretVec, fill_random, is_equal, on_clean_stack};
use crate::{Algorithm, CallerBytes, Error, KeyOptions, PrivateKey, PublicKey, SHARED_SECRET_BYTES};
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// The stack that an operation of a group uses at most, rounded up.
const STACK_BYTES: usize = 24 << 10;

/// The longest ciphertext.
const MAX_CIPHERTEXT_BYTES: usize = Algorithm::MlKem1024.ciphertext_bytes() + MAX_ELEMENT_BYTES;

/// A key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// X25519 and ML-KEM-768, ML-KEM first.
    X25519MlKem768,
    /// P-256 and ML-KEM-768, P-256 first.
    SecP256r1MlKem768,
    /// P-384 and ML-KEM-1024, P-384 first.
    SecP384r1MlKem1024,
}

/// The row of a key exchange.
struct Row {
    id: u32,
    name: &'static CStr,
    mlkem: Algorithm,
    group: Group,
    is_mlkem_first: bool,
}

impl Exchange {
    /// Every key exchange.
    pub const ALL: [Self; 3] = [Self::X25519MlKem768, Self::SecP256r1MlKem768, Self::SecP384r1MlKem1024];

    const fn row(self) -> Row {
        let (id, name, mlkem, group) = match self {
            Self::X25519MlKem768 => (0x11ec, c"X25519MLKEM768", Algorithm::MlKem768, Group::X25519),
            Self::SecP256r1MlKem768 => (0x11eb, c"SecP256r1MLKEM768", Algorithm::MlKem768, Group::P256),
            Self::SecP384r1MlKem1024 => (0x11ed, c"SecP384r1MLKEM1024", Algorithm::MlKem1024, Group::P384),
        };
        Row { id, name, mlkem, group, is_mlkem_first: matches!(group, Group::X25519) }
    }

    /// The key exchange with an id.
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|exchange| exchange.id() == id)
    }

    /// The number of its group in TLS.
    pub const fn id(self) -> u32 {
        self.row().id
    }

    /// Its name in TLS.
    pub const fn c_name(self) -> &'static CStr {
        self.row().name
    }

    /// The algorithm of its ML-KEM half.
    pub const fn mlkem(self) -> Algorithm {
        self.row().mlkem
    }

    /// Bytes of the share of the side that begins.
    pub const fn share_bytes(self) -> usize {
        self.mlkem().public_key_bytes() + self.row().group.element_bytes()
    }

    /// Bytes of the share of the other side.
    pub const fn ciphertext_bytes(self) -> usize {
        self.mlkem().ciphertext_bytes() + self.row().group.element_bytes()
    }

    /// Bytes of the shared secret.
    pub const fn shared_secret_bytes(self) -> usize {
        SHARED_SECRET_BYTES + self.row().group.scalar_bytes()
    }

    /// Splits a value of `bytes.len()` bytes into the ML-KEM half, of `mlkem_bytes`, and the other half.
    fn split(self, bytes: &[u8], mlkem_bytes: usize) -> Result<(&[u8], &[u8]), Error> {
        let first = self.first_bytes(bytes.len(), mlkem_bytes)?;
        let (first, second) = bytes.split_at_checked(first).ok_or(Error::Internal)?;
        Ok(if self.row().is_mlkem_first { (first, second) } else { (second, first) })
    }

    /// Splits an output.
    fn split_mut(self, bytes: &mut [u8], mlkem_bytes: usize) -> Result<(&mut [u8], &mut [u8]), Error> {
        let first = self.first_bytes(bytes.len(), mlkem_bytes)?;
        let (first, second) = bytes.split_at_mut_checked(first).ok_or(Error::Internal)?;
        Ok(if self.row().is_mlkem_first { (first, second) } else { (second, first) })
    }

    fn first_bytes(self, bytes: usize, mlkem_bytes: usize) -> Result<usize, Error> {
        if self.row().is_mlkem_first { Ok(mlkem_bytes) } else { bytes.checked_sub(mlkem_bytes).ok_or(Error::Internal) }
    }

    /// Bytes of randomness that answer a share.
    const fn randomness_bytes(self) -> usize {
        self.mlkem().randomness_bytes() + self.row().group.seed_bytes()
    }

    /// The scalar in a seed. Writes its element.
    fn scalar<'a>(self, options: KeyOptions, seed: &'a [u8], element: &mut [u8]) -> Result<&'a [u8], Error> {
        let group = self.row().group;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let scalar = group.scalar(seed)?;
            group.element(options.path, scalar, element)?;
            Ok(scalar)
        })
    }

    /// Writes the secret of the group. X25519 of a point of low order is all zeros, which is refused (RFC 7748, 6.1).
    fn exchange(
        self,
        options: KeyOptions,
        scalar: &[u8],
        element: &[u8],
        out: &mut [u8],
        refusal: Error,
    ) -> Result<(), Error> {
        let group = self.row().group;
        on_clean_stack::<STACK_BYTES, _>(|| {
            // Compared before it is written to the output, which others may write to.
            let mut shared = [0; MAX_SCALAR_BYTES];
            let shared = &mut shared[..group.scalar_bytes()];
            group.exchange(options.path, scalar, element, shared)?;
            if is_equal(shared, &[0; MAX_SCALAR_BYTES][..shared.len()]) {
                Err(refusal)
            } else {
                engine::copy(shared, out)
            }
        })
    }
}

const _: () = {
    let mut row = 0;
    while row < Exchange::ALL.len() {
        let exchange = Exchange::ALL[row];
        assert!(exchange.ciphertext_bytes() <= MAX_CIPHERTEXT_BYTES);
        assert!(exchange.randomness_bytes() <= MAX_RANDOMNESS_BYTES);
        row += 1;
    }
};

/// A 32-byte output; the caller has checked the length.
fn secret_of(out: &mut [u8]) -> Result<&mut [u8; SHARED_SECRET_BYTES], Error> {
    out.try_into().map_err(|_| Error::Internal)
}

/// The private values of the side that begins, for one exchange.
pub struct ExchangeKey {
    exchange: Exchange,
    kem: PrivateKey,
    scalar: SecretVec,
    element: [u8; MAX_ELEMENT_BYTES],
}

impl ExchangeKey {
    /// Fresh values from the system's randomness.
    pub fn generate(exchange: Exchange, options: KeyOptions) -> Result<Self, Error> {
        if engine::DRAWS {
            return Err(Error::NotApproved);
        }
        let (mlkem, group) = (exchange.mlkem(), exchange.row().group);
        let mut seeds = SecretVec::zeroed(options.memory, mlkem.seed_bytes() + group.seed_bytes())?;
        fill_random(&mut seeds)?;
        let (kem_seed, group_seed) = seeds.split_at_checked(mlkem.seed_bytes()).ok_or(Error::Internal)?;
        let kem = PrivateKey::from_seed(mlkem, options, kem_seed)?;
        let mut element = [0; MAX_ELEMENT_BYTES];
        let scalar = exchange.scalar(options, group_seed, &mut element[..group.element_bytes()])?;
        Ok(Self { exchange, kem, scalar: SecretVec::copied(options.memory, scalar)?, element })
    }

    /// The key exchange.
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// The options of the key.
    pub fn options(&self) -> KeyOptions {
        self.kem.options()
    }

    /// How many bytes are wiped when the key is dropped.
    pub fn secret_bytes(&self) -> usize {
        self.kem.secret_bytes() + self.scalar.len()
    }

    /// Writes the share, [`Exchange::share_bytes`] bytes.
    pub fn write_share(&self, share: &mut [u8]) -> Result<(), Error> {
        check_output(share, self.exchange.share_bytes())?;
        let (kem, element) = self.exchange.split_mut(share, self.exchange.mlkem().public_key_bytes())?;
        engine::copy(&self.element[..element.len()], element)?;
        self.kem.write_public_key(kem)
    }

    /// The secret of the share of the other side; `shared_secret` has [`Exchange::shared_secret_bytes`] bytes, and is
    /// zeroed on failure.
    pub fn decapsulate<'a>(
        &self,
        ciphertext: impl Into<CallerBytes<'a>>,
        shared_secret: &mut [u8],
    ) -> Result<(), Error> {
        let ciphertext = ciphertext.into();
        check_output(shared_secret, self.exchange.shared_secret_bytes())?;
        if ciphertext.len() != self.exchange.ciphertext_bytes() {
            return Err(Error::CiphertextLength);
        }
        let mut copy = [MaybeUninit::uninit(); MAX_CIPHERTEXT_BYTES];
        let ciphertext: &[u8] = ciphertext.copy_into(&mut copy).ok_or(Error::Internal)?;
        let (kem, element) = self.exchange.split(ciphertext, self.exchange.mlkem().ciphertext_bytes())?;
        self.exchange.row().group.check_element(element).map_err(|_| Error::CiphertextPoint)?;
        zeroed_on_failure([shared_secret], |[shared_secret]| {
            let (ss_m, ss_g) = self.exchange.split_mut(shared_secret, SHARED_SECRET_BYTES)?;
            self.exchange.exchange(self.options(), &self.scalar, element, ss_g, Error::CiphertextPoint)?;
            self.kem.decapsulate(kem, secret_of(ss_m)?)
        })
    }
}

/// The share of the side that begins, which the other side answers.
pub struct ExchangeShare {
    exchange: Exchange,
    kem: PublicKey,
    element: [u8; MAX_ELEMENT_BYTES],
}

impl ExchangeShare {
    /// Loads a share after the checks of FIPS 203, 7.2, and of the point.
    pub fn from_bytes<'a>(
        exchange: Exchange,
        options: KeyOptions,
        share: impl Into<CallerBytes<'a>>,
    ) -> Result<Self, Error> {
        let share = share.into();
        if engine::DRAWS {
            return Err(Error::NotApproved);
        }
        if share.len() != exchange.share_bytes() {
            return Err(Error::PublicKeyLength);
        }
        let share = SecretVec::copied_once(options.memory, share)?;
        let (kem, stated) = exchange.split(&share, exchange.mlkem().public_key_bytes())?;
        exchange.row().group.check_element(stated)?;
        let mut element = [0; MAX_ELEMENT_BYTES];
        engine::copy(stated, &mut element[..stated.len()])?;
        Ok(Self { exchange, kem: PublicKey::from_bytes(exchange.mlkem(), options, kem)?, element })
    }

    /// The key exchange.
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// The options of the share.
    pub fn options(&self) -> KeyOptions {
        self.kem.options()
    }

    /// Makes the secret, of [`Exchange::shared_secret_bytes`] bytes, and the share for the other side, of
    /// [`Exchange::ciphertext_bytes`] bytes: both, or on failure zeros.
    pub fn encapsulate(&self, ciphertext: &mut [u8], shared_secret: &mut [u8]) -> Result<(), Error> {
        let (exchange, options) = (self.exchange, self.options());
        check_output(ciphertext, exchange.ciphertext_bytes())?;
        check_output(shared_secret, exchange.shared_secret_bytes())?;
        zeroed_on_failure([ciphertext, shared_secret], |[ciphertext, shared_secret]| {
            let mut randomness = SecretArray::<MAX_RANDOMNESS_BYTES>::zeroed();
            let randomness = &mut randomness.0[..exchange.randomness_bytes()];
            fill_random(randomness)?;
            let (m, seed) = randomness.split_at_checked(exchange.mlkem().randomness_bytes()).ok_or(Error::Internal)?;
            let (kem, own) = exchange.split_mut(ciphertext, exchange.mlkem().ciphertext_bytes())?;
            let (ss_m, ss_g) = exchange.split_mut(shared_secret, SHARED_SECRET_BYTES)?;
            let scalar = exchange.scalar(options, seed, own)?;
            exchange.exchange(options, scalar, &self.element[..own.len()], ss_g, Error::PublicKeyPoint)?;
            self.kem.encapsulate_with(m, kem, secret_of(ss_m)?)
        })
    }
}

/// Fills outputs completely or with zeros.
fn zeroed_on_failure<const N: usize>(
    mut outputs: [&mut [u8]; N],
    fill: impl FnOnce([&mut [u8]; N]) -> Result<(), Error>,
) -> Result<(), Error> {
    let filled = fill(outputs.each_mut().map(|out| &mut **out));
    if filled.is_err() {
        outputs.into_iter().for_each(zeroize::zeroize_bytes);
    }
    filled
}
