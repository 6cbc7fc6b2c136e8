//! ML-KEM of the vector engine, on every backend and with both forms of keys, against libcrux.

use crate::simd::{Case, on_every_backend, sized};
use libcrux_ml_kem::{MlKemPublicKey, mlkem512, mlkem768, mlkem1024};
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, MlKem512, MlKem768, MlKem1024, ParameterSet};
use pqc_simd::{Backend, Bytes};

/// Makes a pair and a ciphertext, and decapsulates them, or encapsulates, with an edit in one.
pub fn simd_mlkem(data: &[u8]) {
    let case = Case::new(data);
    match case.level {
        0 => check::<MlKem512>(&case),
        1 => check::<MlKem768>(&case),
        _ => check::<MlKem1024>(&case),
    }
}

fn check<P: Reference>(case: &Case<'_>) {
    let mut seed = [0; 64];
    seed[..32].copy_from_slice(&case.seed);
    seed[32..].copy_from_slice(&case.randomness);
    let private_key = on_every_backend(|backend| keygen::<P>(backend, &seed));
    assert_eq!(private_key, P::keygen(&seed));
    let public_key = &private_key[384 * P::K..][..P::PUBLIC_KEY_BYTES];
    let (ciphertext, secret) = on_every_backend(|backend| encapsulate::<P>(backend, public_key, &case.randomness));
    assert_eq!((ciphertext.clone(), secret), P::encapsulate(public_key, &case.randomness));
    assert_eq!(on_every_backend(|backend| decapsulate::<P>(backend, &private_key, &ciphertext)), secret);
    assert_eq!(on_every_backend(|backend| decapsulate_first::<P>(backend, &private_key, &ciphertext)), secret);

    let [edited, edited_key, edited_private] = case.edit_one([&ciphertext, public_key, &private_key]);
    // Numbers of q and more are refused before the engine sees them; a wrong H(ek) leads to another secret in both.
    if P::is_private_key(&edited_private) {
        let secret = on_every_backend(|backend| decapsulate::<P>(backend, &edited_private, &edited));
        assert_eq!(secret, P::decapsulate(&edited_private, &edited));
    }
    if P::is_public_key(&edited_key) {
        let made = on_every_backend(|backend| encapsulate::<P>(backend, &edited_key, &case.seed));
        assert_eq!(made, P::encapsulate(&edited_key, &case.seed));
    }
}

fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 64]) -> Vec<u8> {
    let mut private_key = P::PrivateKey::ZERO;
    mlkem::keygen::<P>(backend, seed, &mut private_key);
    private_key.as_ref().to_vec()
}

fn encapsulate<P: ParameterSet>(backend: Backend, public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
    let (mut once, mut again) = ((P::Ciphertext::ZERO, [0; 32]), (P::Ciphertext::ZERO, [0; 32]));
    let public_key = sized(public_key);
    mlkem::encapsulate::<P>(backend, public_key, m, &mut once.0, &mut once.1);
    let mut key = Box::<ExpandedPublicKey<P>>::default();
    key.expand(backend, public_key);
    key.encapsulate(backend, m, &mut again.0, &mut again.1);
    assert!(once == again, "the expanded key disagrees");
    (once.0.as_ref().to_vec(), once.1)
}

fn decapsulate<P: ParameterSet>(backend: Backend, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
    let (private_key, ciphertext, mut once, mut again) = (sized(private_key), sized(ciphertext), [0; 32], [0; 32]);
    mlkem::decapsulate::<P>(backend, private_key, ciphertext, &mut once);
    let mut key = Box::<ExpandedPrivateKey<P>>::default();
    key.expand(backend, private_key);
    key.decapsulate(backend, ciphertext, &mut again);
    assert_eq!(once, again, "the expanded key disagrees");
    once
}

/// Decapsulates with a key before its H(ek) is known.
fn decapsulate_first<P: ParameterSet>(backend: Backend, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
    let (private_key, ciphertext, mut hash, mut secret) = (sized(private_key), sized(ciphertext), None, [0; 32]);
    mlkem::decapsulate_with_hash::<P>(backend, private_key, &mut hash, ciphertext, &mut secret);
    secret
}

/// The same set in libcrux.
trait Reference: ParameterSet {
    fn keygen(seed: &[u8; 64]) -> Vec<u8>;
    fn encapsulate(public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]);
    fn decapsulate(private_key: &[u8], ciphertext: &[u8]) -> [u8; 32];
    fn is_public_key(public_key: &[u8]) -> bool;
    fn is_private_key(private_key: &[u8]) -> bool;
}

macro_rules! reference {
    ($set:ident, $module:ident) => {
        impl Reference for $set {
            fn keygen(seed: &[u8; 64]) -> Vec<u8> {
                $module::generate_key_pair(*seed).private_key().as_slice().to_vec()
            }
            fn encapsulate(public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
                let (ciphertext, secret) = $module::encapsulate(&public_key.try_into().expect("a length"), *m);
                (ciphertext.as_slice().to_vec(), secret)
            }
            fn decapsulate(private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
                let (key, ciphertext) = (private_key.try_into(), ciphertext.try_into());
                $module::decapsulate(&key.expect("a length"), &ciphertext.expect("a length"))
            }
            fn is_public_key(public_key: &[u8]) -> bool {
                let key: MlKemPublicKey<{ $set::PUBLIC_KEY_BYTES }> = public_key.try_into().expect("a length");
                $module::validate_public_key(&key)
            }
            fn is_private_key(private_key: &[u8]) -> bool {
                let (s, rest) = private_key.split_at(384 * Self::K);
                let numbers = s.as_chunks::<3>().0.iter();
                let mut numbers =
                    numbers.flat_map(|&[a, b, c]| [u16::from_le_bytes([a, b & 15]), u16::from_le_bytes([b, c]) >> 4]);
                numbers.all(|number| number < 3329) && Self::is_public_key(&rest[..Self::PUBLIC_KEY_BYTES])
            }
        }
    };
}

reference!(MlKem512, mlkem512);
reference!(MlKem768, mlkem768);
reference!(MlKem1024, mlkem1024);
