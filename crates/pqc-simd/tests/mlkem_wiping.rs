//! What ML-KEM leaves on the stack: nothing.
//!
//! [`stack`] says how that is seen.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "helpers of tests")]

mod mlkem;
mod stack;

use mlkem::{backends, encapsulate, keygen, public_key};
use pqc_simd::Backend;
use pqc_simd::mlkem::{
    ExpandedPrivateKey, Keys, MlKem512, MlKem768, MlKem1024, ParameterSet, decapsulate, decapsulate_batch,
    encapsulate_batch,
};
use stack::check;

fn check_all<P: ParameterSet>(backend: Backend) {
    let name = |operation: &str| format!("ML-KEM-{} {operation} on {}", 256 * P::K, backend.name());
    let private_key = keygen::<P>(backend, &[0x5a; 64]);
    let (ciphertext, _) = encapsulate::<P>(backend, public_key::<P>(&private_key), &[0x3c; 32]);
    let mut key = ExpandedPrivateKey::<P>::default();
    key.expand(backend, &private_key);
    let (mut again, mut out, mut secret) = (private_key.clone(), ciphertext.clone(), [0; 32]);
    let (mut outs, ciphertexts, mut secrets) = (ciphertext.repeat(8), ciphertext.repeat(8), [[0; 32]; 8]);
    check(&name("keygen"), || pqc_simd::mlkem::keygen::<P>(backend, &[0x5a; 64], &mut again));
    check(&name("expand"), || ExpandedPrivateKey::expand(&mut key, backend, &private_key));
    check(&name("encapsulate"), || key.public_key().encapsulate(backend, &[0x3c; 32], &mut out, &mut secret));
    check(&name("decapsulate"), || key.decapsulate(backend, &ciphertext, &mut secret));
    let public_key = public_key::<P>(&private_key);
    let encapsulate = pqc_simd::mlkem::encapsulate::<P>;
    check(&name("fresh encapsulate"), || encapsulate(backend, public_key, &[0x3c; 32], &mut out, &mut secret));
    check(&name("fresh decapsulate"), || decapsulate::<P>(backend, &private_key, &ciphertext, &mut secret));
    let (all, encoded) = ([&private_key[..]; 8], [public_key; 8]);
    check(&name("encapsulate_batch"), || {
        encapsulate_batch::<P>(backend, Keys::Encoded(&encoded), &[[0x3c; 32]; 8], &mut outs, &mut secrets);
    });
    check(&name("decapsulate_batch"), || {
        decapsulate_batch::<P>(backend, Keys::Encoded(&all), &ciphertexts, &mut secrets);
    });
}

#[test]
fn test_no_operation_leaves_anything_on_the_stack() {
    for backend in backends() {
        check_all::<MlKem512>(backend);
        check_all::<MlKem768>(backend);
        check_all::<MlKem1024>(backend);
    }
}
