//! What the operations of ML-DSA on secrets leave on the stack: nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]
#![cfg(target_os = "linux")]

mod mldsa;
mod stack;

use mldsa::{Peers, backends, keygen, signing_key};
use pqc_simd::Backend;
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87, public_key_from_private, sign_batch, sign_mu};
use stack::check;

fn check_all<P: Peers>(backend: Backend) {
    let name = |operation: &str| format!("{} {operation} on {}", P::NAME, backend.name());
    let (mut private_key, mut public_key) = keygen::<P>(backend, &[0x5a; 32]);
    let mut key = signing_key::<P>(backend, &private_key);
    let (mu, rnd, mut signature) = ([0x3c; 64], [0x69; 32], vec![0; P::SIGNATURE_BYTES]);
    check(&name("keygen"), || {
        pqc_simd::mldsa::keygen::<P>(backend, &[0x5a; 32], &mut private_key, &mut public_key);
    });
    check(&name("public_key_from_private"), || {
        assert!(public_key_from_private::<P>(backend, &private_key, &mut public_key).is_ok());
    });
    check(&name("expand"), || key.expand(backend, &private_key));
    check(&name("sign_mu"), || assert!(key.sign_mu(backend, &mu, &rnd, &mut signature)));
    check(&name("fresh sign_mu"), || assert!(sign_mu::<P>(backend, &private_key, &mu, &rnd, &mut signature)));
    for count in [3, 4, 16] {
        let mut signatures = vec![signature.clone(); count];
        let mut signatures: Vec<&mut [u8]> = signatures.iter_mut().map(Vec::as_mut_slice).collect();
        let (keys, mus, rnds, mut signed) = (vec![&*key; count], vec![mu; count], vec![rnd; count], vec![false; count]);
        check(&name(&format!("sign_batch of {count}")), || {
            sign_batch(backend, &keys, &mus, &rnds, &mut signatures, &mut signed);
        });
        assert_eq!(signed, vec![true; count]);
    }
}

#[test]
fn no_operation_leaves_anything_on_the_stack() {
    for backend in backends() {
        check_all::<MlDsa44>(backend);
        check_all::<MlDsa65>(backend);
        check_all::<MlDsa87>(backend);
    }
}
