//! ML-KEM leaves nothing on the stack; see [`stack`].

use crate::mlkem::{encapsulate, keygen, public_key, sized};
use crate::stack::check;
use pqc_simd::mlkem::{
    Decapsulation, Encapsulation, ExpandedPrivateKey, Generation, Key, MlKem512, MlKem768, MlKem1024, ParameterSet,
    decapsulate, decapsulate_batch, decapsulate_with_hash, encapsulate_batch, keygen_batch,
};
use pqc_simd::{Backend, Bytes};

fn check_all<P: ParameterSet>(backend: Backend) {
    let name = |operation: &str| format!("ML-KEM-{} {operation} on {}", 256 * P::K, backend.name());
    let encoded = keygen::<P>(backend, &[0x5a; 64]);
    let (private_key, public_key) = (sized(&encoded), sized::<P::PublicKey>(public_key::<P>(&encoded)));
    let (ciphertext, _) = encapsulate::<P>(backend, public_key.as_ref(), &[0x3c; 32]);
    let ciphertext = sized::<P::Ciphertext>(&ciphertext);
    let mut key = ExpandedPrivateKey::<P>::default();
    key.expand(backend, private_key);
    let (mut again, mut out, mut secret) = (*private_key, *ciphertext, [0; 32]);
    check(&name("keygen"), || pqc_simd::mlkem::keygen::<P>(backend, &[0x5a; 64], &mut again));
    check(&name("expand"), || ExpandedPrivateKey::expand(&mut key, backend, private_key));
    check(&name("first expand"), || key.expand_with_hash(backend, private_key, &mut None));
    check(&name("encapsulate"), || key.public_key().encapsulate(backend, &[0x3c; 32], &mut out, &mut secret));
    check(&name("decapsulate"), || key.decapsulate(backend, ciphertext, &mut secret));
    let encapsulate = pqc_simd::mlkem::encapsulate::<P>;
    check(&name("fresh encapsulate"), || encapsulate(backend, public_key, &[0x3c; 32], &mut out, &mut secret));
    check(&name("fresh decapsulate"), || decapsulate::<P>(backend, private_key, ciphertext, &mut secret));
    check(&name("first decapsulate"), || {
        decapsulate_with_hash::<P>(backend, private_key, &mut None, ciphertext, &mut secret);
    });
    check_batches::<P>(backend, private_key, public_key);
}

/// The same with eight encoded keys at once.
fn check_batches<P: ParameterSet>(backend: Backend, private_key: &P::PrivateKey, public_key: &P::PublicKey) {
    let name = |operation: &str| format!("ML-KEM-{} {operation} on {}", 256 * P::K, backend.name());
    let mut keys = [P::PrivateKey::ZERO; 8];
    let mut items = keys.each_mut().map(|private_key| Generation { seed: &[0x5a; 64], private_key });
    check(&name("keygen_batch"), || keygen_batch::<P>(backend, &mut items));
    let mut made = [(P::Ciphertext::ZERO, [0; 32]); 8];
    let mut items = made.each_mut().map(|(ciphertext, shared_secret)| Encapsulation {
        key: Key::Encoded(public_key),
        m: &[0x3c; 32],
        ciphertext,
        shared_secret,
    });
    check(&name("encapsulate_batch"), || encapsulate_batch::<P>(backend, &mut items));
    let mut secrets = [[0; 32]; 8];
    let ciphertext = &made[0].0;
    let mut items = secrets.each_mut().map(|shared_secret| Decapsulation {
        key: Key::Encoded(private_key),
        ciphertext,
        shared_secret,
    });
    check(&name("decapsulate_batch"), || decapsulate_batch::<P>(backend, &mut items));
}

#[test]
fn test_no_operation_leaves_anything_on_the_stack() {
    for backend in Backend::available() {
        check_all::<MlKem512>(backend);
        check_all::<MlKem768>(backend);
        check_all::<MlKem1024>(backend);
    }
}
