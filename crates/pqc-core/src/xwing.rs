//! X-Wing (draft-connolly-cfrg-xwing-kem-10, HPKE KEM 0x647a): the hybrid of ML-KEM-768 and X25519.

use crate::engine::{x25519, x25519_public_key, xwing_expand, xwing_hash};
use crate::params::X25519_BYTES;
use crate::secret::{Secret, fill_random, on_clean_stack};
use crate::{
    Error, KeyOptions, MLKEM_SEED_BYTES, MlKemKeyPair, MlKemParameterSet, MlKemPublicKey, XWING_CIPHERTEXT_BYTES,
    XWING_PUBLIC_KEY_BYTES, XWING_RANDOMNESS_BYTES, XWING_SEED_BYTES, XWING_SHARED_SECRET_BYTES,
};
use zeroize::Zeroizing;

const SET: MlKemParameterSet = MlKemParameterSet::MlKem768;

/// The label of the combiner (5.3).
const LABEL: &[u8; 6] = b"\\.//^\\";

/// What a seed expands to: a seed of ML-KEM and a scalar of X25519 (5.2).
const EXPANDED_BYTES: usize = MLKEM_SEED_BYTES + X25519_BYTES;

/// The stack that an operation uses at most, rounded up.
const STACK_BYTES: usize = 24 << 10;

/// A decapsulation key in its expanded form, with its encapsulation key and its seed.
pub struct XWingKeyPair {
    seed: Secret<XWING_SEED_BYTES>,
    kem: MlKemKeyPair,
    scalar: Secret<X25519_BYTES>,
    point: [u8; X25519_BYTES],
}

impl XWingKeyPair {
    /// GenerateKeyPair (5.2) from the system's randomness.
    pub fn generate(options: impl Into<KeyOptions>) -> Result<Self, Error> {
        let options = options.into();
        Self::from_known_seed(options, Secret::new(options.memory, |seed| fill_random(seed))?)
    }

    /// The key pair of a 32-byte seed, which the draft calls the decapsulation key (5.2.1).
    pub fn from_seed(options: impl Into<KeyOptions>, seed: &[u8]) -> Result<Self, Error> {
        let seed: &[u8; XWING_SEED_BYTES] = seed.try_into().map_err(|_| Error::SeedLength)?;
        let options = options.into();
        let kept = Secret::new(options.memory, |kept| {
            *kept = *seed;
            Ok(())
        })?;
        Self::from_known_seed(options, kept)
    }

    /// expandDecapsulationKey (5.2).
    fn from_known_seed(options: KeyOptions, seed: Secret<XWING_SEED_BYTES>) -> Result<Self, Error> {
        let expanded = Secret::<EXPANDED_BYTES>::new(options.memory, |expanded| {
            on_clean_stack::<STACK_BYTES, _>(|| xwing_expand(seed.expose(), expanded));
            Ok(())
        })?;
        let (kem_seed, scalar) = expanded.expose().split_at(MLKEM_SEED_BYTES);
        let kem = MlKemKeyPair::from_unkept_seed(SET, options, kem_seed.try_into().map_err(|_| Error::Internal)?)?;
        let scalar = Secret::new(options.memory, |kept| {
            kept.copy_from_slice(scalar);
            Ok(())
        })?;
        let mut point = [0; X25519_BYTES];
        on_clean_stack::<STACK_BYTES, _>(|| x25519_public_key(scalar.expose(), &mut point));
        Ok(Self { seed, kem, scalar, point })
    }

    /// What the key was asked to be; engine and code path are those of the ML-KEM part.
    pub fn options(&self) -> KeyOptions {
        self.kem.options()
    }

    /// The 32-byte seed.
    pub fn seed(&self) -> &[u8; XWING_SEED_BYTES] {
        self.seed.expose()
    }

    /// How many bytes are wiped when the pair is dropped.
    pub fn secret_bytes(&self) -> usize {
        XWING_SEED_BYTES + X25519_BYTES + self.kem.secret_bytes()
    }

    /// How many bytes the forms of the key take that are kept now, its seed included.
    pub fn resident_bytes(&self) -> usize {
        XWING_SEED_BYTES + 2 * X25519_BYTES + self.kem.resident_bytes()
    }

    /// The encapsulation key as a key of its own, which outlives this one.
    pub fn public_key(&self) -> Result<XWingPublicKey, Error> {
        Ok(XWingPublicKey { kem: self.kem.public_key()?, point: self.point })
    }

    /// Writes the encapsulation key; `out` has [`XWING_PUBLIC_KEY_BYTES`] bytes.
    pub fn write_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        let (kem, point) = split_mut(out, SET.public_key_bytes())?;
        *point = self.point;
        self.kem.write_public_key(kem)
    }

    /// Decapsulate (5.5): a ciphertext that was not made for this key gives another, unpredictable secret.
    pub fn decapsulate(
        &self,
        ciphertext: &[u8],
        shared_secret: &mut [u8; XWING_SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let ciphertext: &[u8; XWING_CIPHERTEXT_BYTES] = ciphertext.try_into().map_err(|_| Error::CiphertextLength)?;
        let (kem, ephemeral) = split(ciphertext, SET.ciphertext_bytes())?;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let (mut ss_m, mut ss_x) = ([0; 32], [0; X25519_BYTES]);
            self.kem.decapsulate(kem, &mut ss_m)?;
            x25519(self.scalar.expose(), ephemeral, &mut ss_x);
            combine([&ss_m, &ss_x, ephemeral, &self.point], shared_secret);
            Ok(())
        })
    }
}

/// An encapsulation key.
pub struct XWingPublicKey {
    kem: MlKemPublicKey,
    point: [u8; X25519_BYTES],
}

impl XWingPublicKey {
    /// An encapsulation key from its encoding `pk_M || pk_X`, with the check of FIPS 203, 7.2, that the draft demands (4).
    ///
    /// Every string of 32 bytes is a `pk_X`, also one of low order: X25519 is that of RFC 7748, section 5, and the draft
    /// has no check of its result. Such a key is as strong as its ML-KEM part.
    pub fn from_bytes(options: impl Into<KeyOptions>, public_key: &[u8]) -> Result<Self, Error> {
        let public_key: &[u8; XWING_PUBLIC_KEY_BYTES] = public_key.try_into().map_err(|_| Error::PublicKeyLength)?;
        let (kem, point) = split(public_key, SET.public_key_bytes())?;
        Ok(Self { kem: MlKemPublicKey::from_bytes(SET, options, kem)?, point: *point })
    }

    /// What the key was asked to be; engine and code path are those of the ML-KEM part.
    pub fn options(&self) -> KeyOptions {
        self.kem.options()
    }

    /// How many bytes the forms of the key take that are kept now.
    pub fn resident_bytes(&self) -> usize {
        X25519_BYTES + self.kem.resident_bytes()
    }

    /// Writes the encapsulation key; `out` has [`XWING_PUBLIC_KEY_BYTES`] bytes.
    pub fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        let (kem, point) = split_mut(out, SET.public_key_bytes())?;
        *point = self.point;
        self.kem.write(kem)
    }

    /// Encapsulate (5.4); `ciphertext` has [`XWING_CIPHERTEXT_BYTES`] bytes.
    pub fn encapsulate(
        &self,
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; XWING_SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let mut eseed = Zeroizing::new([0; XWING_RANDOMNESS_BYTES]);
        fill_random(eseed.as_mut())?;
        self.encapsulate_derand(eseed.as_ref(), ciphertext, shared_secret)
    }

    /// Encapsulation with the 64 bytes `eseed` given (5.4.1). For known answers only.
    pub fn encapsulate_derand(
        &self,
        eseed: &[u8],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; XWING_SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let eseed: &[u8; XWING_RANDOMNESS_BYTES] = eseed.try_into().map_err(|_| Error::RandomnessLength)?;
        let (m, scalar) = split(eseed, XWING_RANDOMNESS_BYTES - X25519_BYTES)?;
        let (kem, ephemeral) = split_mut(ciphertext, SET.ciphertext_bytes())?;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let (mut ss_m, mut ss_x) = ([0; 32], [0; X25519_BYTES]);
            self.kem.encapsulate_derand(m, kem, &mut ss_m)?;
            x25519_public_key(scalar, ephemeral);
            x25519(scalar, &self.point, &mut ss_x);
            combine([&ss_m, &ss_x, ephemeral, &self.point], shared_secret);
            Ok(())
        })
    }
}

/// Combiner (5.3) of `ss_M`, `ss_X`, `ct_X` and `pk_X`.
fn combine(parts: [&[u8; 32]; 4], out: &mut [u8; XWING_SHARED_SECRET_BYTES]) {
    let mut input = [0; 4 * 32 + LABEL.len()];
    let all = parts.into_iter().map(<[u8; 32]>::as_slice).chain([LABEL.as_slice()]);
    for (place, part) in input.chunks_mut(32).zip(all) {
        place.copy_from_slice(part);
    }
    xwing_hash(&input, out);
}

/// The ML-KEM part of an encoding, and the X25519 part behind it. The caller has checked the length.
fn split(encoded: &[u8], at: usize) -> Result<(&[u8], &[u8; X25519_BYTES]), Error> {
    let (kem, rest) = encoded.split_at_checked(at).ok_or(Error::Internal)?;
    Ok((kem, rest.try_into().map_err(|_| Error::Internal)?))
}

/// The same parts of an output.
fn split_mut(out: &mut [u8], at: usize) -> Result<(&mut [u8], &mut [u8; X25519_BYTES]), Error> {
    let (kem, rest) = out.split_at_mut_checked(at).ok_or(Error::Internal)?;
    Ok((kem, rest.try_into().map_err(|_| Error::Internal)?))
}

#[cfg(test)]
#[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
mod tests {
    use super::*;
    use crate::CodePath;

    /// u-coordinates of low order (RFC 7748, 6.1; cr.yp.to/ecdh.html): 0, 1, p - 1, p, p + 1, and the two of order 8.
    fn low_order() -> Vec<[u8; 32]> {
        let near_p = |last: u8| {
            core::array::from_fn(|at| {
                if at == 0 {
                    last
                } else if at == 31 {
                    0x7f
                } else {
                    0xff
                }
            })
        };
        let small = |first: u8| core::array::from_fn(|at| if at == 0 { first } else { 0 });
        let order_8 = [
            *b"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
            *b"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
        ];
        [small(0), small(1), near_p(0xec), near_p(0xed), near_p(0xee)].into_iter().chain(order_8).collect()
    }

    #[test]
    fn low_order_points_give_zeros_and_no_error() -> Result<(), Error> {
        let pair = XWingKeyPair::from_seed(CodePath::Portable, &[7; 32])?;
        let mut encoded = [0; XWING_PUBLIC_KEY_BYTES];
        pair.write_public_key(&mut encoded)?;
        for point in low_order() {
            encoded[SET.public_key_bytes()..].copy_from_slice(&point);
            let key = XWingPublicKey::from_bytes(CodePath::Portable, &encoded)?;
            let (mut ciphertext, mut secret, mut expected, mut ss_m) = ([0; 1120], [0; 32], [0; 32], [0; 32]);
            key.encapsulate_derand(&[9; 64], &mut ciphertext, &mut secret)?;
            key.kem.encapsulate_derand(&[9; 32], &mut [0; 1088], &mut ss_m)?;
            let (_, ephemeral) = split(&ciphertext, 1088)?;
            combine([&ss_m, &[0; 32], ephemeral, &point], &mut expected);
            assert_eq!(secret, expected, "{point:02x?}");
        }
        Ok(())
    }

    #[test]
    fn a_low_order_ciphertext_is_hashed_as_it_is() -> Result<(), Error> {
        let pair = XWingKeyPair::from_seed(CodePath::Portable, &[7; 32])?;
        let (mut ciphertext, mut ss_m) = ([0; XWING_CIPHERTEXT_BYTES], [0; 32]);
        pair.public_key()?.encapsulate_derand(&[9; 64], &mut ciphertext, &mut [0; 32])?;
        pair.kem.decapsulate(&ciphertext[..1088], &mut ss_m)?;
        for point in low_order() {
            ciphertext[1088..].copy_from_slice(&point);
            let (mut secret, mut expected) = ([0; 32], [0; 32]);
            pair.decapsulate(&ciphertext, &mut secret)?;
            combine([&ss_m, &[0; 32], &point, &pair.point], &mut expected);
            assert_eq!(secret, expected, "{point:02x?}");
        }
        Ok(())
    }

    #[test]
    fn the_high_bit_of_a_point_is_ignored_by_x25519_and_hashed_by_the_combiner() -> Result<(), Error> {
        let pair = XWingKeyPair::from_seed(CodePath::Portable, &[7; 32])?;
        let mut encoded = [0; XWING_PUBLIC_KEY_BYTES];
        pair.write_public_key(&mut encoded)?;
        let secret_of = |encoded: &[u8]| {
            let (mut ciphertext, mut secret) = ([0; XWING_CIPHERTEXT_BYTES], [0; 32]);
            let key = XWingPublicKey::from_bytes(CodePath::Portable, encoded)?;
            key.encapsulate_derand(&[9; 64], &mut ciphertext, &mut secret)?;
            let mut ss_x = [0; 32];
            x25519(&[9; 32], &key.point, &mut ss_x);
            Ok::<_, Error>((secret, ss_x, ciphertext))
        };
        let before = secret_of(&encoded)?;
        encoded[XWING_PUBLIC_KEY_BYTES - 1] ^= 0x80;
        let after = secret_of(&encoded)?;
        assert_eq!((before.1, before.2), (after.1, after.2));
        assert_ne!(before.0, after.0);
        Ok(())
    }
}
