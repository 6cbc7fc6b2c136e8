//! X-Wing (draft-connolly-cfrg-xwing-kem-10, HPKE KEM 0x647a): the hybrid of ML-KEM-768 and X25519, an engine made of the
//! engine of ML-KEM-768 and the functions of X25519.

use crate::algorithm::X25519_BYTES;
use crate::engine::{self, KemEngine, KemFamily, KemPrivate, KemPublic, sha3_256, shake256, x25519, x25519_public_key};
use crate::secret::{SecretBox, SecretVec, Wiped, on_clean_stack};
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory, SHARED_SECRET_BYTES, mlkem};
use pqc_memory::try_box;

const MLKEM: Algorithm = Algorithm::MlKem768;

const _: () = {
    assert!(Algorithm::XWing.public_key_bytes() == MLKEM.public_key_bytes() + X25519_BYTES);
    assert!(Algorithm::XWing.ciphertext_bytes() == MLKEM.ciphertext_bytes() + X25519_BYTES);
    assert!(Algorithm::XWing.randomness_bytes() == MLKEM.randomness_bytes() + X25519_BYTES);
};

/// The label of the combiner (5.3).
const LABEL: &[u8; 6] = b"\\.//^\\";

/// The stack that an operation uses at most, rounded up.
const STACK_BYTES: usize = 24 << 10;

struct Engine;

/// A decapsulation key in its expanded form.
struct XWingPrivate {
    path: CodePath,
    kem: Box<dyn KemPrivate>,
    scalar: SecretBox<Wiped<[u8; X25519_BYTES]>>,
    point: [u8; X25519_BYTES],
}

struct XWingPublic {
    path: CodePath,
    kem: Box<dyn KemPublic>,
    point: [u8; X25519_BYTES],
}

pub(crate) const FUNCTIONS: KemFamily = KemFamily {
    engine: |_, options| engine(options),
    // Its private key is its seed.
    private_key: |_, _, _| Err(Error::WrongAlgorithm),
    check_public_key: check_public_key_modulus,
};

/// The engine, if ML-KEM-768 is available on the code path of the options.
fn engine(options: KeyOptions) -> Result<&'static dyn KemEngine, Error> {
    engine::mlkem(MLKEM, options).map(|_| &Engine as &dyn KemEngine)
}

/// The check of FIPS 203, 7.2, that the draft demands (4).
///
/// Every string of 32 bytes is a `pk_X`, also one of low order: X25519 is the function of RFC 7748, section 5, and the draft has
/// no check of its result. Such a key is as strong as its ML-KEM component.
fn check_public_key_modulus(public_key: &[u8]) -> Result<(), Error> {
    mlkem::check_public_key_modulus(split(public_key)?.0)
}

impl KemEngine for Engine {
    /// expandDecapsulationKey (5.2).
    fn private_key_from_seed(&self, seed: &[u8], options: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        let mut expanded = SecretVec::zeroed(options.memory, MLKEM.seed_bytes() + X25519_BYTES)?;
        on_clean_stack::<STACK_BYTES, _>(|| shake256(options.path, seed, &mut expanded));
        let (kem_seed, expanded_scalar) = split(&expanded)?;
        let kem = engine::mlkem(MLKEM, options)?.private_key_from_seed(kem_seed, options)?;
        let mut scalar = SecretBox::new(options.memory, Wiped::<[u8; X25519_BYTES]>::default())?;
        scalar.0 = *expanded_scalar;
        let mut point = [0; X25519_BYTES];
        on_clean_stack::<STACK_BYTES, _>(|| x25519_public_key(options.path, &scalar.0, &mut point));
        Ok(try_box(XWingPrivate { path: options.path, kem, scalar, point })?)
    }

    fn private_key_from_bytes(&self, _: SecretVec, _: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        Err(Error::Internal)
    }

    fn public_key_from_bytes(&self, public_key: SecretVec, options: KeyOptions) -> Result<Box<dyn KemPublic>, Error> {
        let (kem, point) = split(&public_key)?;
        let kem =
            engine::mlkem(MLKEM, options)?.public_key_from_bytes(SecretVec::copied(Memory::Heap, kem)?, options)?;
        Ok(try_box(XWingPublic { path: options.path, kem, point: *point })?)
    }
}

impl KemPrivate for XWingPrivate {
    fn public_key(&self) -> Result<Box<dyn KemPublic>, Error> {
        Ok(try_box(XWingPublic { path: self.path, kem: self.kem.public_key()?, point: self.point })?)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        let (kem, point) = split_mut(out)?;
        *point = self.point;
        self.kem.encode_public_key(kem)
    }

    /// The key has no expanded encoding.
    fn encode(&self, _: &mut [u8]) -> Result<(), Error> {
        Err(Error::Internal)
    }

    /// Decapsulate (5.5).
    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; SHARED_SECRET_BYTES]) -> Result<(), Error> {
        let (kem, ephemeral) = split(ciphertext)?;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let (mut ss_m, mut ss_x) = ([0; SHARED_SECRET_BYTES], [0; X25519_BYTES]);
            self.kem.decapsulate(kem, &mut ss_m)?;
            x25519(self.path, &self.scalar.0, ephemeral, &mut ss_x);
            combine(self.path, [&ss_m, &ss_x, ephemeral, &self.point], shared_secret);
            Ok(())
        })
    }

    fn secret_bytes(&self) -> usize {
        X25519_BYTES + self.kem.secret_bytes()
    }

    fn resident_bytes(&self) -> usize {
        2 * X25519_BYTES + self.kem.resident_bytes()
    }
}

impl KemPublic for XWingPublic {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        let (kem, point) = split_mut(out)?;
        *point = self.point;
        self.kem.encode(kem)
    }

    /// Encapsulate (5.4) with `eseed`.
    fn encapsulate(
        &self,
        eseed: &[u8],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let (m, scalar) = split(eseed)?;
        let (kem, ephemeral) = split_mut(ciphertext)?;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let (mut ss_m, mut ss_x) = ([0; SHARED_SECRET_BYTES], [0; X25519_BYTES]);
            self.kem.encapsulate(m, kem, &mut ss_m)?;
            // Not read back from the output, which others may write to.
            let mut own = [0; X25519_BYTES];
            x25519_public_key(self.path, scalar, &mut own);
            x25519(self.path, scalar, &self.point, &mut ss_x);
            combine(self.path, [&ss_m, &ss_x, &own, &self.point], shared_secret);
            *ephemeral = own;
            Ok(())
        })
    }

    fn resident_bytes(&self) -> usize {
        X25519_BYTES + self.kem.resident_bytes()
    }
}

/// Combiner (5.3) of `ss_M`, `ss_X`, `ct_X` and `pk_X`.
fn combine(path: CodePath, inputs: [&[u8; 32]; 4], out: &mut [u8; SHARED_SECRET_BYTES]) {
    let mut message = [0; 4 * 32 + LABEL.len()];
    let all = inputs.into_iter().map(<[u8; 32]>::as_slice).chain([LABEL.as_slice()]);
    for (slot, input) in message.chunks_mut(32).zip(all) {
        slot.copy_from_slice(input);
    }
    sha3_256(path, &message, out);
}

/// Splits an input into the value of ML-KEM and the value of X25519 that follows it.
fn split(input: &[u8]) -> Result<(&[u8], &[u8; X25519_BYTES]), Error> {
    input.split_last_chunk().ok_or(Error::Internal)
}

/// Splits an output.
fn split_mut(out: &mut [u8]) -> Result<(&mut [u8], &mut [u8; X25519_BYTES]), Error> {
    out.split_last_chunk_mut().ok_or(Error::Internal)
}

#[cfg(test)]
#[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
mod tests {
    use super::*;

    /// u-coordinates of low order (RFC 7748, 6.1; cr.yp.to/ecdh.html) with every path: 0, 1, p - 1, p, p + 1, and the two of order 8.
    fn low_order() -> impl Iterator<Item = (CodePath, [u8; 32])> {
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
        let points = [small(0), small(1), near_p(0xec), near_p(0xed), near_p(0xee)].into_iter().chain(order_8);
        points.flat_map(|point| CodePath::available().map(move |path| (path, point)))
    }

    fn private_key(path: CodePath) -> Result<Box<dyn KemPrivate>, Error> {
        Engine.private_key_from_seed(&[7; 32], path.into())
    }

    fn encoded(key: &dyn KemPrivate) -> Result<[u8; 1216], Error> {
        let mut encoded = [0; 1216];
        key.encode_public_key(&mut encoded).map(|()| encoded)
    }

    fn loaded(path: CodePath, encoded: &[u8]) -> Result<Box<dyn KemPublic>, Error> {
        Engine.public_key_from_bytes(SecretVec::copied(Memory::Heap, encoded)?, path.into())
    }

    /// The key of ML-KEM-768 inside the key of that seed.
    fn mlkem_private_key() -> Result<Box<dyn KemPrivate>, Error> {
        let mut seed = [0; 96];
        shake256(CodePath::Portable, &[7; 32], &mut seed);
        let options = CodePath::Portable.into();
        engine::mlkem(MLKEM, options)?.private_key_from_seed(&seed[..64], options)
    }

    #[test]
    fn low_order_points_have_zeros_for_a_secret_and_are_no_error() -> Result<(), Error> {
        let mut encoded = encoded(&*private_key(CodePath::Portable)?)?;
        for (path, point) in low_order() {
            encoded[1184..].copy_from_slice(&point);
            let (mut ciphertext, mut secret, mut expected, mut ss_m) = ([0; 1120], [0; 32], [0; 32], [0; 32]);
            loaded(path, &encoded)?.encapsulate(&[9; 64], &mut ciphertext, &mut secret)?;
            mlkem_private_key()?.public_key()?.encapsulate(&[9; 32], &mut [0; 1088], &mut ss_m)?;
            let (_, ephemeral) = split(&ciphertext)?;
            combine(CodePath::Portable, [&ss_m, &[0; 32], ephemeral, &point], &mut expected);
            assert_eq!(secret, expected, "{point:02x?}");
        }
        Ok(())
    }

    #[test]
    fn a_low_order_ciphertext_is_hashed_as_it_is() -> Result<(), Error> {
        let (mut ciphertext, mut ss_m) = ([0; 1120], [0; 32]);
        private_key(CodePath::Portable)?.public_key()?.encapsulate(&[9; 64], &mut ciphertext, &mut [0; 32])?;
        mlkem_private_key()?.decapsulate(&ciphertext[..1088], &mut ss_m)?;
        for (path, point) in low_order() {
            let key = private_key(path)?;
            let public = encoded(&*key)?;
            ciphertext[1088..].copy_from_slice(&point);
            let (mut secret, mut expected) = ([0; 32], [0; 32]);
            key.decapsulate(&ciphertext, &mut secret)?;
            combine(CodePath::Portable, [&ss_m, &[0; 32], &point, split(&public)?.1], &mut expected);
            assert_eq!(secret, expected, "{point:02x?}");
        }
        Ok(())
    }

    #[test]
    fn the_high_bit_of_a_point_is_ignored_by_x25519_and_hashed_by_the_combiner() -> Result<(), Error> {
        for path in CodePath::available() {
            let mut encoded = encoded(&*private_key(path)?)?;
            let secret_of = |encoded: &[u8]| {
                let (mut ciphertext, mut secret) = ([0; 1120], [0; 32]);
                loaded(path, encoded)?.encapsulate(&[9; 64], &mut ciphertext, &mut secret)?;
                let mut ss_x = [0; 32];
                x25519(path, &[9; 32], split(encoded)?.1, &mut ss_x);
                Ok::<_, Error>((secret, ss_x, ciphertext))
            };
            let before = secret_of(&encoded)?;
            encoded[1215] ^= 0x80;
            let after = secret_of(&encoded)?;
            assert_eq!((before.1, before.2), (after.1, after.2));
            assert_ne!(before.0, after.0);
        }
        Ok(())
    }
}
