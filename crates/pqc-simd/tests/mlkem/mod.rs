//! ML-KEM on a backend for these tests and the tests of tools/differential.
#![allow(dead_code, reason = "no test uses every helper")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Generation, ParameterSet};
use pqc_simd::{Backend, Bytes};

/// Bytes of the right length.
pub(crate) fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).unwrap()
}

/// The decapsulation key from a seed.
pub(crate) fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 64]) -> Vec<u8> {
    let mut private_key = P::PrivateKey::ZERO;
    mlkem::keygen::<P>(backend, seed, &mut private_key);
    private_key.as_ref().to_vec()
}

/// The encapsulation key inside a decapsulation key.
pub(crate) fn public_key<P: ParameterSet>(private_key: &[u8]) -> &[u8] {
    &private_key[384 * P::K..][..P::PUBLIC_KEY_BYTES]
}

/// A ciphertext and its secret, with the encoded key and with the expanded one, which must agree.
pub(crate) fn encapsulate<P: ParameterSet>(backend: Backend, public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
    let (public_key, mut ciphertext, mut secret) = (sized(public_key), P::Ciphertext::ZERO, [0; 32]);
    mlkem::encapsulate::<P>(backend, public_key, m, &mut ciphertext, &mut secret);
    let mut expanded = ExpandedPublicKey::<P>::default();
    expanded.expand(backend, public_key);
    let (mut again, mut secret_again) = (P::Ciphertext::ZERO, [0; 32]);
    expanded.encapsulate(backend, m, &mut again, &mut secret_again);
    assert_eq!((ciphertext.as_ref(), secret), (again.as_ref(), secret_again));
    (ciphertext.as_ref().to_vec(), secret)
}

/// The decapsulation keys of seeds, made together, with their H(ek); the batch must leave its place unchanged.
pub(crate) fn keygen_batch<P: ParameterSet>(backend: Backend, seeds: &[[u8; 64]]) -> Vec<Vec<u8>> {
    let mut keys = vec![sized::<P::PrivateKey>(&vec![0x5a; P::PRIVATE_KEY_BYTES]).to_owned(); seeds.len()];
    let items = seeds.iter().zip(&mut keys).map(|(seed, private_key)| Generation { seed, private_key });
    mlkem::keygen_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    let with_hash = keys.iter().map(|key| {
        let (mut key, place) = (key.as_ref().to_vec(), P::PRIVATE_KEY_BYTES - 64..P::PRIVATE_KEY_BYTES - 32);
        assert_eq!(key[place.clone()], [0x5a; 32]);
        let hash = mlkem::public_key_hash(backend, public_key::<P>(&key));
        key[place].copy_from_slice(&hash);
        key
    });
    with_hash.collect()
}

/// A secret, with the encoded key and with the expanded one, which must agree.
pub(crate) fn decapsulate<P: ParameterSet>(backend: Backend, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
    let (private_key, ciphertext, mut secret, mut again) = (sized(private_key), sized(ciphertext), [0; 32], [0; 32]);
    mlkem::decapsulate::<P>(backend, private_key, ciphertext, &mut secret);
    let mut expanded = ExpandedPrivateKey::<P>::default();
    expanded.expand(backend, private_key);
    expanded.decapsulate(backend, ciphertext, &mut again);
    assert_eq!(secret, again);
    secret
}

/// A key without H(ek): the first use computes the hash, and the next use takes it. A wrong hash is taken too.
pub(crate) fn check_without_hash<P: ParameterSet>(
    backend: Backend,
    private_key: &[u8],
    ciphertext: &[u8],
    secret: [u8; 32],
) {
    let (before, rest) = private_key.split_at(P::PRIVATE_KEY_BYTES - 64);
    let (hash, z) = rest.split_at(32);
    let without = [before, &[0; 32], z].concat();
    let (private_key, hash, ciphertext): (&P::PrivateKey, &[u8; 32], _) =
        (sized(&without), hash.try_into().unwrap(), sized(ciphertext));
    let (mut known, mut expanded) = ([None; 2], ExpandedPrivateKey::<P>::default());
    for _ in 0..2 {
        let mut secrets = [[0; 32]; 2];
        mlkem::decapsulate_with_hash::<P>(backend, private_key, &mut known[0], ciphertext, &mut secrets[0]);
        expanded.expand_with_hash(backend, private_key, &mut known[1]);
        expanded.decapsulate(backend, ciphertext, &mut secrets[1]);
        assert_eq!((secrets, known), ([secret; 2], [Some(*hash); 2]));
    }
    let (mut wrong, mut secrets) = (Some([1; 32]), [[0; 32]; 2]);
    mlkem::decapsulate_with_hash::<P>(backend, private_key, &mut wrong, ciphertext, &mut secrets[0]);
    expanded.expand_with_hash(backend, private_key, &mut wrong);
    expanded.decapsulate(backend, ciphertext, &mut secrets[1]);
    assert_eq!((secrets[0], wrong), (secrets[1], Some([1; 32])));
}
