//! Batches of ML-KEM on every backend have the results of single calls.

use crate::mlkem::{decapsulate, encapsulate, keygen, keygen_batch, public_key, sized};
use pqc_simd::mlkem::{
    Decapsulation, Encapsulation, ExpandedPrivateKey, Key, MlKem512, MlKem768, MlKem1024, ParameterSet,
    decapsulate_batch, encapsulate_batch,
};
use pqc_simd::{Backend, Bytes};

/// The inputs of an item, which depend on its number alone.
struct Inputs {
    seed: [u8; 64],
    m: [u8; 32],
    number: usize,
}

impl Inputs {
    fn new(number: usize) -> Self {
        let byte = |at: usize| (at * 167 + number * 59).to_le_bytes()[0];
        Self { seed: std::array::from_fn(byte), m: std::array::from_fn(|at| byte(at + 64)), number }
    }

    /// Flips one bit.
    fn tamper(&self, ciphertext: &[u8]) -> Vec<u8> {
        let mut tampered = ciphertext.to_vec();
        tampered[self.number * 61 % ciphertext.len()] ^= 1 << (self.number % 8);
        tampered
    }
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
        let inputs: Vec<Inputs> = (0..17).map(Inputs::new).collect();
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

#[test]
fn test_batches_agree_with_single_calls() {
    check_batches::<MlKem512>();
    check_batches::<MlKem768>();
    check_batches::<MlKem1024>();
}
