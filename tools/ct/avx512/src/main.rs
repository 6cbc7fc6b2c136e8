//! Every operation on secrets, on AVX-512: what tools/ct/avx512.sh reads the machine code of. It need not run.

mod leaks;

use core::hint::black_box;
use pqc_simd::Backend;
use pqc_simd::mldsa::{self, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Keys, MlKem512, MlKem768, MlKem1024};

fn main() {
    mlkem::<MlKem512>();
    mlkem::<MlKem768>();
    mlkem::<MlKem1024>();
    mldsa::<MlDsa44>();
    mldsa::<MlDsa65>();
    mldsa::<MlDsa87>();
    leaks::all();
}

/// Key generation, encapsulation and decapsulation, with encoded and with expanded keys.
#[inline(never)]
fn mlkem<P: mlkem::ParameterSet>() {
    let (backend, seed, mut secret) = (black_box(Backend::Avx512), black_box([1; 64]), [0; 32]);
    let (mut private_key, mut ciphertext) = (vec![0; P::PRIVATE_KEY_BYTES], vec![0; P::CIPHERTEXT_BYTES]);
    mlkem::keygen::<P>(backend, &seed, &mut private_key);
    let public_key = &private_key[384 * P::K..][..P::PUBLIC_KEY_BYTES];
    let mut expanded = ExpandedPublicKey::<P>::default();
    expanded.expand(backend, public_key);
    expanded.encapsulate(backend, &black_box([2; 32]), &mut ciphertext, &mut secret);
    let (mut ciphertexts, mut secrets) = (vec![0; 9 * P::CIPHERTEXT_BYTES], [[0; 32]; 9]);
    let keys = black_box(Keys::One(&expanded));
    mlkem::encapsulate_batch::<P>(backend, keys, &black_box([[2; 32]; 9]), &mut ciphertexts, &mut secrets);
    mlkem::encapsulate::<P>(backend, public_key, &black_box([2; 32]), &mut ciphertext, &mut secret);
    let mut expanded = ExpandedPrivateKey::<P>::default();
    expanded.expand(backend, &private_key);
    expanded.decapsulate(backend, &ciphertext, &mut secret);
    mlkem::decapsulate_batch::<P>(backend, black_box(Keys::One(&expanded)), &ciphertexts, &mut secrets);
    mlkem::decapsulate::<P>(backend, &private_key, &ciphertext, &mut secret);
    black_box((secret, secrets));
}

/// Key generation, the check of a private key, and signing, with encoded and with expanded keys.
#[inline(never)]
fn mldsa<P: mldsa::ParameterSet>() {
    let (backend, seed, mu) = (black_box(Backend::Avx512), black_box([1; 32]), black_box([2; 64]));
    let (mut private_key, mut public_key) = (vec![0; P::PRIVATE_KEY_BYTES], vec![0; P::PUBLIC_KEY_BYTES]);
    mldsa::keygen::<P>(backend, &seed, &mut private_key, &mut public_key);
    black_box(mldsa::public_key_from_private::<P>(backend, &private_key, &mut public_key).is_ok());
    let mut signature = vec![0; P::SIGNATURE_BYTES];
    let mut expanded = ExpandedSigningKey::<P>::default();
    expanded.expand(backend, &private_key);
    let mut signed = [expanded.sign_mu(backend, &mu, &black_box([3; 32]), &mut signature); 8];
    let mut signatures = vec![0; 8 * P::SIGNATURE_BYTES];
    let mut places: Vec<&mut [u8]> = signatures.chunks_exact_mut(P::SIGNATURE_BYTES).collect();
    for count in [4, 8] {
        let (mus, rnds) = (black_box([[2; 64]; 8]), black_box([[3; 32]; 8]));
        let (keys, places) = (&[&expanded; 8][..count], &mut places[..count]);
        mldsa::sign_batch(backend, keys, &mus[..count], &rnds[..count], places, &mut signed[..count]);
    }
    let once = mldsa::sign_mu::<P>(backend, &private_key, &mu, &black_box([3; 32]), &mut signature);
    black_box((signature, signatures, signed, once));
}
