//! ML-KEM on every backend against libcrux, RustCrypto and aws-lc, on random and on tampered inputs.
//!
//! `QYNAUTH_PQC_CASES` is the number of cases of each parameter set; `make differential CASES=100000` sets it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mlkem;

use aws_lc_rs::kem;
use libcrux_sha3::shake256;
use mlkem::{
    Libcrux512, Libcrux768, Libcrux1024, Reference, RustCrypto512, RustCrypto768, RustCrypto1024, aws_lc, decapsulate,
    encapsulate, keygen, keygen_batch, public_key, sized,
};
use pqc_simd::mlkem::{
    Decapsulation, Encapsulation, ExpandedPrivateKey, Key, MlKem512, MlKem768, MlKem1024, ParameterSet,
    decapsulate_batch, decapsulate_with_hash, encapsulate_batch, public_key_hash,
};
use pqc_simd::{Backend, Bytes};

/// The number of cases of each parameter set.
fn cases() -> u32 {
    std::env::var("QYNAUTH_PQC_CASES").map_or(2_000, |cases| cases.parse().expect("QYNAUTH_PQC_CASES is a number"))
}

/// The inputs of a case, which depend on its number alone.
struct Inputs {
    seed: [u8; 64],
    m: [u8; 32],
    tampering: [u8; 32],
}

impl Inputs {
    fn new(set: usize, case: u32) -> Self {
        let bytes: [u8; 128] = shake256(&[&set.to_le_bytes()[..], &case.to_le_bytes()].concat());
        let input = |from: usize| bytes[from..from + 32].try_into().unwrap();
        Self { seed: bytes[..64].try_into().unwrap(), m: input(64), tampering: input(96) }
    }

    /// Flips one bit, or for some cases changes the last byte or everything.
    fn tamper(&self, ciphertext: &[u8]) -> Vec<u8> {
        let mut tampered = ciphertext.to_vec();
        let at = usize::from(u16::from_le_bytes([self.tampering[0], self.tampering[1]])) % tampered.len();
        match self.tampering[2] % 8 {
            0 => *tampered.last_mut().unwrap() ^= 0x80,
            1 => tampered.iter_mut().zip(self.tampering.iter().cycle()).for_each(|(byte, change)| *byte ^= change | 1),
            bit => tampered[at] ^= 1 << bit,
        }
        tampered
    }
}

/// Every operation of a case, on all backends and the reference.
fn check_case<P: ParameterSet, R: Reference>(inputs: &Inputs) {
    let private_key = R::keygen(&inputs.seed);
    let public_key = public_key::<P>(&private_key);
    let (ciphertext, secret) = R::encapsulate(public_key, &inputs.m);
    let tampered = inputs.tamper(&ciphertext);
    let rejected = R::decapsulate(&private_key, &tampered);
    assert_ne!(secret, rejected, "{} accepts a tampered ciphertext", R::NAME);
    for backend in Backend::available() {
        let name = (P::K, backend.name());
        assert_eq!(keygen::<P>(backend, &inputs.seed), private_key, "{name:?}");
        assert_eq!(public_key_hash(backend, public_key), private_key[private_key.len() - 64..][..32], "{name:?}");
        assert_eq!(encapsulate::<P>(backend, public_key, &inputs.m), (ciphertext.clone(), secret), "{name:?}");
        assert_eq!(decapsulate::<P>(backend, &private_key, &ciphertext), secret, "{name:?}");
        assert_eq!(decapsulate::<P>(backend, &private_key, &tampered), rejected, "{name:?}");
        let (hash, rest) = private_key[384 * P::K + P::PUBLIC_KEY_BYTES..].split_at(32);
        let without = [&private_key[..384 * P::K], public_key, &[0; 32], rest].concat();
        for (ciphertext, secret) in [(&ciphertext, secret), (&tampered, rejected)] {
            check_without_hash::<P>(backend, (&without, hash), ciphertext, secret);
        }
    }
}

/// A key without H(ek): the first use computes it, and the next one takes it. A wrong one is taken too.
fn check_without_hash<P: ParameterSet>(backend: Backend, key: (&[u8], &[u8]), ciphertext: &[u8], secret: [u8; 32]) {
    let ((private_key, hash), ciphertext) = ((sized(key.0), sized(key.1)), sized(ciphertext));
    let (mut known, mut expanded) = ([None; 2], ExpandedPrivateKey::<P>::default());
    for _ in 0..2 {
        let mut secrets = [[0; 32]; 2];
        decapsulate_with_hash::<P>(backend, private_key, &mut known[0], ciphertext, &mut secrets[0]);
        expanded.expand_with_hash(backend, private_key, &mut known[1]);
        expanded.decapsulate(backend, ciphertext, &mut secrets[1]);
        assert_eq!((secrets, known), ([secret; 2], [Some(*hash); 2]));
    }
    let (mut wrong, mut secrets) = (Some([1; 32]), [[0; 32]; 2]);
    decapsulate_with_hash::<P>(backend, private_key, &mut wrong, ciphertext, &mut secrets[0]);
    expanded.expand_with_hash(backend, private_key, &mut wrong);
    expanded.decapsulate(backend, ciphertext, &mut secrets[1]);
    assert_eq!((secrets[0], wrong), (secrets[1], Some([1; 32])));
}

fn check<P: ParameterSet, R: Reference>() {
    for case in 0..cases() {
        check_case::<P, R>(&Inputs::new(P::K, case));
    }
}

#[test]
fn test_mlkem512_agrees_with_libcrux() {
    check::<MlKem512, Libcrux512>();
}

#[test]
fn test_mlkem768_agrees_with_libcrux() {
    check::<MlKem768, Libcrux768>();
}

#[test]
fn test_mlkem1024_agrees_with_libcrux() {
    check::<MlKem1024, Libcrux1024>();
}

/// RustCrypto on a tenth of the cases.
fn check_slowly<P: ParameterSet, R: Reference>() {
    for case in (0..cases()).step_by(10) {
        check_case::<P, R>(&Inputs::new(P::K, case));
    }
}

#[test]
fn test_every_set_agrees_with_rustcrypto() {
    check_slowly::<MlKem512, RustCrypto512>();
    check_slowly::<MlKem768, RustCrypto768>();
    check_slowly::<MlKem1024, RustCrypto1024>();
}

/// aws-lc draws its own randomness, so each side decapsulates the ciphertexts of the other; both reject alike.
fn check_aws_lc<P: ParameterSet>() {
    for case in (0..cases()).step_by(10) {
        let inputs = Inputs::new(P::K, case);
        for backend in Backend::available() {
            let private_key = keygen::<P>(backend, &inputs.seed);
            let theirs = kem::DecapsulationKey::new(aws_lc::<P>(), &private_key).unwrap();
            let public_key = public_key::<P>(&private_key);
            let (ciphertext, secret) = encapsulate::<P>(backend, public_key, &inputs.m);
            assert_eq!(theirs.decapsulate(ciphertext[..].into()).unwrap().as_ref(), secret);
            let tampered = inputs.tamper(&ciphertext);
            let rejected = decapsulate::<P>(backend, &private_key, &tampered);
            assert_eq!(theirs.decapsulate(tampered[..].into()).unwrap().as_ref(), rejected);
            let key = kem::EncapsulationKey::new(aws_lc::<P>(), public_key).unwrap();
            let (ciphertext, secret) = key.encapsulate().unwrap();
            assert_eq!(decapsulate::<P>(backend, &private_key, ciphertext.as_ref()), secret.as_ref());
        }
    }
}

#[test]
fn test_every_set_agrees_with_aws_lc() {
    check_aws_lc::<MlKem512>();
    check_aws_lc::<MlKem768>();
    check_aws_lc::<MlKem1024>();
}

/// The keys of a batch: expanded, encoded, or mixed.
#[derive(Clone, Copy)]
enum Kind {
    Expanded,
    Encoded,
    Mixed,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Expanded, Self::Encoded, Self::Mixed];

    fn of<'a, K, E>(self, number: usize, expanded: &'a K, encoded: &'a E) -> Key<'a, K, E> {
        match self {
            Self::Expanded => Key::Expanded(expanded),
            Self::Encoded => Key::Encoded(encoded),
            Self::Mixed if number.is_multiple_of(3) => Key::Encoded(encoded),
            Self::Mixed => Key::Expanded(expanded),
        }
    }
}

/// Batches of every length around eight, with keys of every kind, against single calls.
fn check_batches<P: ParameterSet>() {
    for backend in Backend::available() {
        let inputs: Vec<Inputs> = (0..17).map(|case| Inputs::new(P::K, case)).collect();
        let private: Vec<Vec<u8>> = inputs.iter().map(|inputs| keygen::<P>(backend, &inputs.seed)).collect();
        let seeds: Vec<_> = inputs.iter().map(|inputs| inputs.seed).collect();
        for count in 0..=17 {
            assert_eq!(keygen_batch::<P>(backend, &seeds[..count]), private[..count], "{}", backend.name());
        }
        let expected = private.iter().zip(&inputs);
        let expected = expected.map(|(key, inputs)| encapsulate::<P>(backend, public_key::<P>(key), &inputs.m));
        let expected: Vec<_> = expected.collect();
        for count in [0, 1, 2, 7, 8, 9, 16, 17] {
            for kind in Kind::ALL {
                check_batch::<P>(backend, kind, &private[..count], &expected[..count], &inputs);
            }
        }
    }
}

fn check_batch<P: ParameterSet>(
    backend: Backend,
    kind: Kind,
    private: &[Vec<u8>],
    expected: &[(Vec<u8>, [u8; 32])],
    inputs: &[Inputs],
) {
    let expanded: Vec<_> = private.iter().map(|key| expand::<P>(backend, key)).collect();
    let mut made = vec![(P::Ciphertext::ZERO, [0; 32]); private.len()];
    let keys =
        expanded.iter().zip(private).enumerate().map(|(number, (expanded, encoded))| {
            kind.of(number, expanded.public_key(), sized(public_key::<P>(encoded)))
        });
    let items = keys.zip(inputs).zip(&mut made).map(|((key, Inputs { m, .. }), (ciphertext, shared_secret))| {
        Encapsulation { key, m, ciphertext, shared_secret }
    });
    encapsulate_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    let made: Vec<_> = made.into_iter().map(|(ciphertext, secret)| (ciphertext.as_ref().to_vec(), secret)).collect();
    assert_eq!(made, expected);

    let decapsulate_all =
        |ciphertexts: &[Vec<u8>]| {
            let mut secrets = vec![[0; 32]; private.len()];
            let keys = expanded.iter().zip(private).enumerate();
            let keys = keys.map(|(number, (expanded, encoded))| kind.of(number, expanded, sized(encoded)));
            let items = keys.zip(ciphertexts).zip(&mut secrets).map(|((key, ciphertext), shared_secret)| {
                Decapsulation { key, ciphertext: sized(ciphertext), shared_secret }
            });
            decapsulate_batch::<P>(backend, &mut items.collect::<Vec<_>>());
            secrets
        };
    let (whole, secrets): (Vec<_>, Vec<_>) = expected.iter().cloned().unzip();
    assert_eq!(decapsulate_all(&whole), secrets);
    let tampered: Vec<_> = whole.iter().zip(inputs).map(|(ciphertext, inputs)| inputs.tamper(ciphertext)).collect();
    let rejected = private.iter().zip(&tampered).map(|(key, bytes)| decapsulate::<P>(backend, key, bytes));
    assert_eq!(decapsulate_all(&tampered), rejected.collect::<Vec<_>>());
}

fn expand<P: ParameterSet>(backend: Backend, private_key: &[u8]) -> ExpandedPrivateKey<P> {
    let mut key = ExpandedPrivateKey::default();
    key.expand(backend, sized(private_key));
    key
}

/// One changed bit in any byte of the ciphertext causes implicit rejection.
fn check_every_byte<P: ParameterSet, R: Reference>() {
    let inputs = Inputs::new(P::K, 0);
    let private_key = R::keygen(&inputs.seed);
    let (ciphertext, secret) = R::encapsulate(public_key::<P>(&private_key), &inputs.m);
    for at in 0..ciphertext.len() {
        let mut tampered = ciphertext.clone();
        tampered[at] ^= 1 << (at % 8);
        let rejected = R::decapsulate(&private_key, &tampered);
        assert_ne!(rejected, secret, "byte {at}");
        for backend in Backend::available() {
            assert_eq!(decapsulate::<P>(backend, &private_key, &tampered), rejected, "{} byte {at}", backend.name());
        }
    }
}

#[test]
fn test_a_changed_bit_in_any_byte_is_rejected_as_libcrux_does() {
    check_every_byte::<MlKem512, Libcrux512>();
    check_every_byte::<MlKem768, Libcrux768>();
    check_every_byte::<MlKem1024, Libcrux1024>();
}

#[test]
fn test_batches_agree_with_single_calls() {
    check_batches::<MlKem512>();
    check_batches::<MlKem768>();
    check_batches::<MlKem1024>();
}
