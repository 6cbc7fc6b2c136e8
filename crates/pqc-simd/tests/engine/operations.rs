//! Each operation has the same results on every backend, alone and in a batch. There are few operations, so that Miri
//! can run them.
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

use crate::mldsa::{self, keygen, sign, signing_key, verifying_key};
use crate::mlkem;
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87, Signing, Verification};
use pqc_simd::mlkem::{Decapsulation, Encapsulation, MlKem512, MlKem768, MlKem1024};
use pqc_simd::{Backend, Bytes, mldsa as dsa, mlkem as kem};

/// The fewest operations that share lanes on every backend.
const GROUP: usize = 8;

/// Compares the results of every backend with the results of plain Rust. Miri, which is slow, runs the best backend
/// only.
fn compare<T: PartialEq>(operations: impl Fn(Backend) -> T) {
    let expected = operations(if cfg!(miri) { Backend::best() } else { Backend::Portable });
    if cfg!(miri) {
        return;
    }
    for backend in Backend::available() {
        assert!(operations(backend) == expected, "{} differs", backend.name());
    }
}

/// A key, a ciphertext, its secret, and the secret of an altered ciphertext.
fn of_mlkem<P: kem::ParameterSet>(backend: Backend) -> [Vec<u8>; 4] {
    let private = mlkem::keygen::<P>(backend, &[7; 64]);
    let (ciphertext, secret) = mlkem::encapsulate::<P>(backend, mlkem::public_key::<P>(&private), &[8; 32]);
    assert_eq!(mlkem::decapsulate::<P>(backend, &private, &ciphertext), secret);
    let mut altered = ciphertext.clone();
    altered[P::CIPHERTEXT_BYTES - 1] ^= 1;
    let rejected = mlkem::decapsulate::<P>(backend, &private, &altered);
    [private, ciphertext, secret.to_vec(), rejected.to_vec()]
}

/// The keys, ciphertexts and secrets of a batch.
fn of_mlkem_batch<P: kem::ParameterSet>(backend: Backend) -> [Vec<Vec<u8>>; 2] {
    let keys = mlkem::keygen_batch::<P>(backend, &std::array::from_fn::<_, GROUP, _>(|number| [number as u8; 64]));
    let mut ciphertexts = vec![P::Ciphertext::ZERO; GROUP];
    let (mut sent, mut received) = ([[0; 32]; GROUP], [[0; 32]; GROUP]);
    let outputs = ciphertexts.iter_mut().zip(&mut sent);
    let items = keys.iter().zip(outputs).map(|(key, (ciphertext, shared_secret))| {
        let key = kem::Key::Encoded(mlkem::sized(mlkem::public_key::<P>(key)));
        Encapsulation { key, m: &[8; 32], ciphertext, shared_secret }
    });
    kem::encapsulate_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    let inputs = keys.iter().zip(&ciphertexts);
    let items = inputs.zip(&mut received).map(|((key, ciphertext), shared_secret)| Decapsulation {
        key: kem::Key::Encoded(mlkem::sized(key)),
        ciphertext,
        shared_secret,
    });
    kem::decapsulate_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    assert_eq!(sent, received);
    [keys, ciphertexts.iter().map(|ciphertext| ciphertext.as_ref().to_vec()).collect()]
}

/// The keys of a seed, and a signature, which is valid, but not for another message.
fn of_mldsa<P: dsa::ParameterSet>(backend: Backend) -> [Vec<u8>; 3] {
    let (private, public) = keygen::<P>(backend, &[7; 32]);
    let signature = sign::<P>(backend, &signing_key(backend, &private), &[9; 64], &[0; 32]);
    let key = verifying_key::<P>(backend, &public);
    assert!(key.verify_mu(backend, &[9; 64], mldsa::sized(&signature)));
    assert!(!key.verify_mu(backend, &[8; 64], mldsa::sized(&signature)));
    [private, public, signature]
}

/// The signatures of a batch by one key.
fn of_mldsa_batch<P: dsa::ParameterSet>(backend: Backend) -> Vec<Vec<u8>> {
    let (private, public) = keygen::<P>(backend, &[7; 32]);
    let key = signing_key::<P>(backend, &private);
    let mut signatures = [P::Signature::ZERO; GROUP];
    let items = signatures.iter_mut().enumerate().map(|(number, signature)| {
        let mu = [number as u8; 64];
        Signing { key: &*key, mu, rnd: &[0; 32], signature, is_signed: false }
    });
    dsa::sign_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    let items = signatures.iter().enumerate().map(|(number, signature)| {
        let key = dsa::Key::Encoded(mldsa::sized(&public));
        Verification { key, mu: [number as u8; 64], signature, is_valid: false }
    });
    let mut items: Vec<_> = items.collect();
    dsa::verify_batch::<P>(backend, &mut items);
    assert!(items.iter().all(|item| item.is_valid), "{}", backend.name());
    signatures.iter().map(|signature| signature.as_ref().to_vec()).collect()
}

macro_rules! tests {
    ($($name:ident: $operations:ident for $set:ident;)+) => {$(
        #[test]
        fn $name() {
            compare($operations::<$set>);
        }
    )+};
}

tests! {
    mlkem512_has_the_same_results_on_every_backend: of_mlkem for MlKem512;
    mlkem768_has_the_same_results_on_every_backend: of_mlkem for MlKem768;
    mlkem1024_has_the_same_results_on_every_backend: of_mlkem for MlKem1024;
    batches_of_mlkem512_have_the_same_results_on_every_backend: of_mlkem_batch for MlKem512;
    mldsa44_has_the_same_results_on_every_backend: of_mldsa for MlDsa44;
    mldsa65_has_the_same_results_on_every_backend: of_mldsa for MlDsa65;
    mldsa87_has_the_same_results_on_every_backend: of_mldsa for MlDsa87;
    batches_of_mldsa44_have_the_same_results_on_every_backend: of_mldsa_batch for MlDsa44;
}
