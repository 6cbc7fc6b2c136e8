//! Hybrid KEMs: X-Wing (draft-connolly-cfrg-xwing-kem-10, HPKE KEM 0x647a), and MLKEM768-P256 and MLKEM1024-P384
//! (draft-irtf-cfrg-concrete-hybrid-kems-04, HPKE KEMs 0x0050 and 0x0051): an engine made of the engine of ML-KEM and a group. The two
//! drafts agree; clauses refer to the draft of X-Wing.

use super::mlkem;
use crate::algorithm::Hybrid;
use crate::engine::{
    self, KemEngine, KemFamily, KemPrivate, KemPublic, MAX_ELEMENT_BYTES, MAX_SCALAR_BYTES, MAX_SEED_BYTES, sha3_256,
    shake256,
};
use crate::secret::{SecretVec, on_clean_stack};
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory, SHARED_SECRET_BYTES};
use pqc_memory::try_box;

/// The longest label of a combiner.
const MAX_LABEL_BYTES: usize = 14;

/// The longest input of a combiner.
const MAX_COMBINED_BYTES: usize = SHARED_SECRET_BYTES + MAX_SCALAR_BYTES + 2 * MAX_ELEMENT_BYTES + MAX_LABEL_BYTES;

/// The stack that an operation uses at most, rounded up.
const STACK_BYTES: usize = 24 << 10;

/// The sizes of the table are the sums of the sizes of the halves.
const _: () = {
    let mut row = 0;
    while row < Algorithm::ALL.len() {
        let algorithm = Algorithm::ALL[row];
        if let Some(Hybrid { mlkem, group, label }) = algorithm.hybrid() {
            assert!(algorithm.public_key_bytes() == mlkem.public_key_bytes() + group.element_bytes());
            assert!(algorithm.ciphertext_bytes() == mlkem.ciphertext_bytes() + group.element_bytes());
            assert!(algorithm.randomness_bytes() == mlkem.randomness_bytes() + group.seed_bytes());
            assert!(group.element_bytes() <= MAX_ELEMENT_BYTES && group.scalar_bytes() <= MAX_SCALAR_BYTES);
            assert!(group.seed_bytes() <= MAX_SEED_BYTES && label.len() <= MAX_LABEL_BYTES);
        }
        row += 1;
    }
};

/// A decapsulation key in its expanded form.
struct HybridPrivate {
    hybrid: Hybrid,
    path: CodePath,
    kem: Box<dyn KemPrivate>,
    scalar: SecretVec,
    element: [u8; MAX_ELEMENT_BYTES],
}

struct HybridPublic {
    hybrid: Hybrid,
    path: CodePath,
    kem: Box<dyn KemPublic>,
    element: [u8; MAX_ELEMENT_BYTES],
}

pub(crate) const FUNCTIONS: KemFamily = KemFamily {
    engine: |algorithm, options| hybrid_of(algorithm, options).map(|hybrid| hybrid as &dyn KemEngine),
    // A private key is a seed.
    private_key: |_, _, _| Err(Error::WrongAlgorithm),
    check_public_key,
};

/// The components of an algorithm, if its ML-KEM is available on the code path of the options.
fn hybrid_of(algorithm: Algorithm, options: KeyOptions) -> Result<&'static Hybrid, Error> {
    let hybrid = algorithm.hybrid().ok_or(Error::Internal)?;
    engine::kem(hybrid.mlkem, options).map(|_| hybrid)
}

/// The check of FIPS 203, 7.2, which the drafts demand, and the check of the element.
fn check_public_key(algorithm: Algorithm, public_key: &[u8]) -> Result<(), Error> {
    let hybrid = algorithm.hybrid().ok_or(Error::Internal)?;
    let (kem, element) = hybrid.split(public_key, hybrid.mlkem.public_key_bytes())?;
    mlkem::check_public_key_modulus(kem)?;
    hybrid.group.check_element(element)
}

impl Hybrid {
    /// Splits an input into the value of ML-KEM and the element of the group that follows it.
    fn split<'a>(&self, input: &'a [u8], mlkem_bytes: usize) -> Result<(&'a [u8], &'a [u8]), Error> {
        input.split_at_checked(mlkem_bytes).ok_or(Error::Internal)
    }

    /// An element in memory for the longest one.
    fn element<'a>(&self, element: &'a [u8; MAX_ELEMENT_BYTES]) -> &'a [u8] {
        &element[..self.group.element_bytes()]
    }

    /// Combiner (5.3) of `ss_M`, `ss_X`, `ct_X` and `pk_X`.
    fn combine(&self, path: CodePath, inputs: [&[u8]; 4], out: &mut [u8; SHARED_SECRET_BYTES]) -> Result<(), Error> {
        let (mut message, mut len) = ([0; MAX_COMBINED_BYTES], 0);
        for input in inputs.into_iter().chain([self.label]) {
            engine::copy(input, message.get_mut(len..len + input.len()).ok_or(Error::Internal)?)?;
            len += input.len();
        }
        sha3_256(path, &message[..len], out);
        Ok(())
    }

    /// Splits an output.
    fn split_mut<'a>(&self, out: &'a mut [u8], mlkem_bytes: usize) -> Result<(&'a mut [u8], &'a mut [u8]), Error> {
        out.split_at_mut_checked(mlkem_bytes).ok_or(Error::Internal)
    }
}

impl KemEngine for Hybrid {
    /// expandDecapsulationKey (5.2).
    fn private_key_from_seed(&self, seed: &[u8], options: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        let (mlkem, group) = (self.mlkem, self.group);
        let mut expanded = SecretVec::zeroed(options.memory, mlkem.seed_bytes() + group.seed_bytes())?;
        on_clean_stack::<STACK_BYTES, _>(|| shake256(options.path, seed, &mut expanded));
        let (kem_seed, group_seed) = self.split(&expanded, mlkem.seed_bytes())?;
        let kem = engine::kem(mlkem, options)?.private_key_from_seed(kem_seed, options)?;
        let mut element = [0; MAX_ELEMENT_BYTES];
        let scalar = on_clean_stack::<STACK_BYTES, _>(|| {
            let scalar = group.scalar(group_seed)?;
            group.element(options.path, scalar, &mut element[..group.element_bytes()])?;
            SecretVec::copied(options.memory, scalar)
        })?;
        Ok(try_box(HybridPrivate { hybrid: *self, path: options.path, kem, scalar, element })?)
    }

    fn private_key_from_bytes(&self, _: SecretVec, _: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        Err(Error::Internal)
    }

    fn public_key_from_bytes(&self, public_key: SecretVec, options: KeyOptions) -> Result<Box<dyn KemPublic>, Error> {
        let (kem, stated) = self.split(&public_key, self.mlkem.public_key_bytes())?;
        let kem =
            engine::kem(self.mlkem, options)?.public_key_from_bytes(SecretVec::copied(Memory::Heap, kem)?, options)?;
        let mut element = [0; MAX_ELEMENT_BYTES];
        engine::copy(stated, &mut element[..self.group.element_bytes()])?;
        Ok(try_box(HybridPublic { hybrid: *self, path: options.path, kem, element })?)
    }
}

impl KemPrivate for HybridPrivate {
    fn public_key(&self) -> Result<Box<dyn KemPublic>, Error> {
        let Self { hybrid, path, element, .. } = *self;
        Ok(try_box(HybridPublic { hybrid, path, kem: self.kem.public_key()?, element })?)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        let (kem, element) = self.hybrid.split_mut(out, self.hybrid.mlkem.public_key_bytes())?;
        engine::copy(self.hybrid.element(&self.element), element)?;
        self.kem.encode_public_key(kem)
    }

    /// The key has no expanded encoding.
    fn encode(&self, _: &mut [u8]) -> Result<(), Error> {
        Err(Error::Internal)
    }

    /// Decapsulate (5.5).
    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; SHARED_SECRET_BYTES]) -> Result<(), Error> {
        let Hybrid { mlkem, group, .. } = self.hybrid;
        let (kem, ephemeral) = self.hybrid.split(ciphertext, mlkem.ciphertext_bytes())?;
        group.check_element(ephemeral).map_err(|_| Error::CiphertextPoint)?;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let (mut ss_m, mut ss_g) = ([0; SHARED_SECRET_BYTES], [0; MAX_SCALAR_BYTES]);
            let ss_g = &mut ss_g[..group.scalar_bytes()];
            self.kem.decapsulate(kem, &mut ss_m)?;
            group.exchange(self.path, &self.scalar, ephemeral, ss_g)?;
            let own = self.hybrid.element(&self.element);
            self.hybrid.combine(self.path, [&ss_m, ss_g, ephemeral, own], shared_secret)
        })
    }

    fn secret_bytes(&self) -> usize {
        self.scalar.len() + self.kem.secret_bytes()
    }

    fn resident_bytes(&self) -> usize {
        self.scalar.len() + self.hybrid.group.element_bytes() + self.kem.resident_bytes()
    }
}

impl KemPublic for HybridPublic {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        let (kem, element) = self.hybrid.split_mut(out, self.hybrid.mlkem.public_key_bytes())?;
        engine::copy(self.hybrid.element(&self.element), element)?;
        self.kem.encode(kem)
    }

    /// Encapsulate (5.4) with `eseed`.
    fn encapsulate(
        &self,
        eseed: &[u8],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let Hybrid { mlkem, group, .. } = self.hybrid;
        let (m, seed) = self.hybrid.split(eseed, mlkem.randomness_bytes())?;
        let (kem, ephemeral) = self.hybrid.split_mut(ciphertext, mlkem.ciphertext_bytes())?;
        on_clean_stack::<STACK_BYTES, _>(|| {
            let (mut ss_m, mut ss_g) = ([0; SHARED_SECRET_BYTES], [0; MAX_SCALAR_BYTES]);
            let ss_g = &mut ss_g[..group.scalar_bytes()];
            // Not read back from the output, which others may write to.
            let mut own = [0; MAX_ELEMENT_BYTES];
            let own = &mut own[..group.element_bytes()];
            let scalar = group.scalar(seed)?;
            group.element(self.path, scalar, own)?;
            let theirs = self.hybrid.element(&self.element);
            group.exchange(self.path, scalar, theirs, ss_g)?;
            self.kem.encapsulate(m, kem, &mut ss_m)?;
            self.hybrid.combine(self.path, [&ss_m, ss_g, own, theirs], shared_secret)?;
            engine::copy(own, ephemeral)
        })
    }

    fn resident_bytes(&self) -> usize {
        self.hybrid.group.element_bytes() + self.kem.resident_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
mod tests {
    use super::*;
    use crate::algorithm::Group;

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

    fn xwing() -> Result<&'static Hybrid, Error> {
        Algorithm::XWing.hybrid().ok_or(Error::Internal)
    }

    fn private_key(path: CodePath) -> Result<Box<dyn KemPrivate>, Error> {
        xwing()?.private_key_from_seed(&[7; 32], path.into())
    }

    fn encoded(key: &dyn KemPrivate) -> Result<[u8; 1216], Error> {
        let mut encoded = [0; 1216];
        key.encode_public_key(&mut encoded).map(|()| encoded)
    }

    fn loaded(path: CodePath, encoded: &[u8]) -> Result<Box<dyn KemPublic>, Error> {
        xwing()?.public_key_from_bytes(SecretVec::copied(Memory::Heap, encoded)?, path.into())
    }

    /// The key of ML-KEM-768 inside the key of that seed.
    fn mlkem_private_key() -> Result<Box<dyn KemPrivate>, Error> {
        let mut seed = [0; 96];
        shake256(CodePath::Portable, &[7; 32], &mut seed);
        let options = CodePath::Portable.into();
        engine::kem(Algorithm::MlKem768, options)?.private_key_from_seed(&seed[..64], options)
    }

    #[test]
    fn low_order_points_have_zeros_for_a_secret_and_are_no_error() -> Result<(), Error> {
        let mut encoded = encoded(&*private_key(CodePath::Portable)?)?;
        for (path, point) in low_order() {
            encoded[1184..].copy_from_slice(&point);
            let (mut ciphertext, mut secret, mut expected, mut ss_m) = ([0; 1120], [0; 32], [0; 32], [0; 32]);
            loaded(path, &encoded)?.encapsulate(&[9; 64], &mut ciphertext, &mut secret)?;
            mlkem_private_key()?.public_key()?.encapsulate(&[9; 32], &mut [0; 1088], &mut ss_m)?;
            let ephemeral = &ciphertext[1088..];
            xwing()?.combine(CodePath::Portable, [&ss_m, &[0; 32], ephemeral, &point], &mut expected)?;
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
            xwing()?.combine(CodePath::Portable, [&ss_m, &[0; 32], &point, &public[1184..]], &mut expected)?;
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
                Group::X25519.exchange(path, &[9; 32], &encoded[1184..], &mut ss_x)?;
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
