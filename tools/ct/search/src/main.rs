//! Every operation on secrets, on every backend. tools/ct/search.sh searches the machine code, which need not run.

mod leaks;

use core::hint::black_box;
use pqc_simd::mldsa::{self, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Key, MlKem512, MlKem768, MlKem1024};
use pqc_simd::slhdsa::{self, Job, ParameterSet, Signer};
use pqc_simd::{Backend, Bytes};

fn main() {
    mlkem::<MlKem512>();
    mlkem::<MlKem768>();
    mlkem::<MlKem1024>();
    mldsa::<MlDsa44>();
    mldsa::<MlDsa65>();
    mldsa::<MlDsa87>();
    slhdsa();
    leaks::all();
}

/// Key generation, encapsulation and decapsulation, with encoded and with expanded keys.
#[inline(never)]
fn mlkem<P: mlkem::ParameterSet>() {
    let (backend, seed, mut secret) = (black_box(Backend::Portable), black_box([1; 64]), [0; 32]);
    let (mut private_key, mut ciphertext) = (P::PrivateKey::ZERO, P::Ciphertext::ZERO);
    let mut keys = [P::PrivateKey::ZERO; 9];
    let items = keys.iter_mut().map(|private_key| mlkem::Generation { seed: &seed, private_key });
    mlkem::keygen_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    mlkem::keygen::<P>(backend, &seed, &mut private_key);
    let public_key = &private_key.as_ref()[384 * P::K..][..P::PUBLIC_KEY_BYTES];
    let Some(public_key) = P::PublicKey::from_slice(public_key) else { return };
    let (m, mut made) = (black_box([2; 32]), [(P::Ciphertext::ZERO, [0; 32]); 9]);
    let mut expanded = ExpandedPublicKey::<P>::default();
    expanded.expand(backend, public_key);
    expanded.encapsulate(backend, &m, &mut ciphertext, &mut secret);
    let key = |number| black_box(if number < 8 { Key::Expanded(&expanded) } else { Key::Encoded(public_key) });
    let items = made.iter_mut().enumerate().map(|(number, (ciphertext, shared_secret))| mlkem::Encapsulation {
        key: key(number),
        m: &m,
        ciphertext,
        shared_secret,
    });
    mlkem::encapsulate_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    mlkem::encapsulate::<P>(backend, public_key, &m, &mut ciphertext, &mut secret);
    let mut expanded = ExpandedPrivateKey::<P>::default();
    expanded.expand(backend, &private_key);
    expanded.decapsulate(backend, &ciphertext, &mut secret);
    let key = |number| black_box(if number < 8 { Key::Expanded(&expanded) } else { Key::Encoded(&private_key) });
    let items = made.iter_mut().enumerate().map(|(number, (ciphertext, shared_secret))| mlkem::Decapsulation {
        key: key(number),
        ciphertext,
        shared_secret,
    });
    mlkem::decapsulate_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    mlkem::decapsulate::<P>(backend, &private_key, &ciphertext, &mut secret);
    mlkem::decapsulate_with_hash::<P>(backend, &private_key, &mut black_box(None), &ciphertext, &mut secret);
    black_box((secret, made.map(|(_, secret)| secret), keys.map(|key| key.as_ref().len())));
}

/// Key generation, the check of a private key, and signing, with encoded and with expanded keys.
#[inline(never)]
fn mldsa<P: mldsa::ParameterSet>() {
    let (backend, seed, mu) = (black_box(Backend::Portable), black_box([1; 32]), black_box([2; 64]));
    let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
    mldsa::keygen::<P>(backend, &seed, &mut private_key, &mut public_key);
    let mut keys = [(P::PrivateKey::ZERO, P::PublicKey::ZERO); 9];
    let items = keys.iter_mut();
    let items = items.map(|(private_key, public_key)| mldsa::Generation { seed: &seed, private_key, public_key });
    mldsa::keygen_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    black_box(keys.map(|(key, _)| key.as_ref().len()));
    black_box(mldsa::public_key_from_private::<P>(backend, &private_key, &mut public_key).is_ok());
    let (rnd, mut signature) = (black_box([3; 32]), P::Signature::ZERO);
    let mut expanded = ExpandedSigningKey::<P>::default();
    expanded.generate(backend, &seed, &mut private_key, &mut public_key);
    black_box(expanded.import(backend, &private_key, &mut public_key).is_ok());
    expanded.expand(backend, &private_key);
    let one = expanded.sign_mu(backend, &mu, &rnd, &mut signature);
    let mut signatures = [P::Signature::ZERO; 8];
    for count in [4, 8] {
        let items = signatures[..count].iter_mut();
        let items =
            items.map(|signature| mldsa::Signing { key: &expanded, mu, rnd: &rnd, signature, is_signed: false });
        let mut items: Vec<_> = items.collect();
        mldsa::sign_batch(backend, &mut items);
        black_box(items.iter().all(|item| item.is_signed));
    }
    let once = mldsa::sign_mu::<P>(backend, &private_key, &mu, &rnd, &mut signature);
    black_box((signature.as_ref(), signatures.map(|signature| signature.as_ref().len()), one, once));
}

/// Key generation, the leaves of the highest tree, and signing, in one go and in jobs. As in the library, the parameter set and
/// the check against faults are chosen at run time, so this is the code of all sets, with and without the check.
#[inline(never)]
fn slhdsa() {
    let (backend, set) = (black_box(Backend::Portable), black_box(ParameterSet::Sha2_128f));
    let (seeds, opt_rand) = (vec![1; set.seed_bytes()], vec![2; set.n()]);
    let (mut private_key, mut leaves) = (vec![0; set.private_key_bytes()], vec![0; set.top_leaves_bytes()]);
    slhdsa::keygen(backend, set, &seeds, &mut private_key);
    slhdsa::top_leaves(backend, set, &private_key, &mut leaves);
    let (top_leaves, opt_rand) = black_box((Some(&leaves[..]), Some(&opt_rand[..])));
    let (message, mut signature) = (black_box([&[3; 32][..]]), vec![0; set.signature_bytes()]);
    let signer = Signer { backend, set, private_key: &private_key, top_leaves, check_faults: black_box(true) };
    let one = signer.sign(&message, opt_rand, &mut signature);
    black_box(signature.len());
    let divided = signer.sign_divided(&message, opt_rand, &mut signature, |jobs| jobs.for_each(Job::run));
    black_box((one.is_ok(), divided.is_ok(), signature));
}
