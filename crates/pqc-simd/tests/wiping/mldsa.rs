//! The operations of ML-DSA on secrets leave nothing on the stack; see [`stack`].

use crate::stack::check;
use pqc_simd::mldsa::{
    ExpandedSigningKey, Generation, MlDsa44, MlDsa65, MlDsa87, ParameterSet, Signing, keygen, keygen_batch,
    public_key_from_private, sign_batch, sign_mu,
};
use pqc_simd::{Backend, Bytes};
use std::any::type_name;

fn check_all<P: ParameterSet>(backend: Backend) {
    let name = |operation: &str| format!("{} {operation} on {}", type_name::<P>(), backend.name());
    let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
    check(&name("keygen"), || keygen::<P>(backend, &[0x5a; 32], &mut private_key, &mut public_key));
    let mut keys = [(P::PrivateKey::ZERO, P::PublicKey::ZERO); 8];
    let mut items =
        keys.each_mut().map(|(private_key, public_key)| Generation { seed: &[0x5a; 32], private_key, public_key });
    check(&name("keygen_batch"), || keygen_batch::<P>(backend, &mut items));
    check(&name("public_key_from_private"), || {
        assert!(public_key_from_private::<P>(backend, &private_key, &mut public_key).is_ok());
    });
    let mut key = Box::<ExpandedSigningKey<P>>::default();
    check(&name("generate"), || key.generate(backend, &[0x5a; 32], &mut private_key, &mut public_key));
    check(&name("import"), || assert!(key.import(backend, &private_key, &mut public_key).is_ok()));
    check(&name("expand"), || key.expand(backend, &private_key));
    let (mu, rnd, mut signature) = ([0x3c; 64], &[0x69; 32], P::Signature::ZERO);
    check(&name("sign_mu"), || assert!(key.sign_mu(backend, &mu, rnd, &mut signature)));
    check(&name("fresh sign_mu"), || assert!(sign_mu::<P>(backend, &private_key, &mu, rnd, &mut signature)));
    for count in [3, 8, 16] {
        let mut signatures = vec![P::Signature::ZERO; count];
        let item = |signature| Signing { key: &*key, mu, rnd, signature, is_signed: false };
        let mut items: Vec<_> = signatures.iter_mut().map(item).collect();
        check(&name(&format!("sign_batch of {count}")), || sign_batch(backend, &mut items));
        assert!(items.iter().all(|item| item.is_signed && *item.signature == signature));
    }
}

#[test]
fn no_operation_leaves_anything_on_the_stack() {
    for backend in Backend::available() {
        check_all::<MlDsa44>(backend);
        check_all::<MlDsa65>(backend);
        check_all::<MlDsa87>(backend);
    }
}
