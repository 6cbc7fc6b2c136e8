//! Batches of every length against single calls, with different keys, one key, and encoded keys.

use super::{
    ExpandedSigningKey, ExpandedVerifyingKey, Generation, Key, MlDsa44, MlDsa65, MlDsa87, ParameterSet, Signing,
    Verification, keygen, keygen_batch, sign_batch, verify_batch, verify_mu,
};
use crate::backend::Backend;
use crate::bytes::Bytes;

const COUNTS: [usize; 8] = [0, 1, 2, 4, 7, 8, 9, 20];

/// The keys of a signature.
struct Signer<P: ParameterSet> {
    public: P::PublicKey,
    signing: Box<ExpandedSigningKey<P>>,
    verifying: Box<ExpandedVerifyingKey<P>>,
}

impl<P: ParameterSet> Signer<P> {
    fn new(backend: Backend, seed: u8) -> Self {
        let (mut private, mut public) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        keygen::<P>(backend, &[seed; 32], &mut private, &mut public);
        let mut signer = Self { public, signing: Box::default(), verifying: Box::default() };
        signer.signing.expand(backend, &private);
        signer.verifying.expand(backend, &signer.public);
        signer
    }
}

/// Twenty keys, with a signature of each.
struct Batch<P: ParameterSet> {
    signers: Vec<Signer<P>>,
    mus: Vec<[u8; 64]>,
    rnds: Vec<[u8; 32]>,
    signatures: Vec<P::Signature>,
}

impl<P: ParameterSet> Batch<P> {
    fn new(backend: Backend) -> Self {
        let signers: Vec<Signer<P>> = (0..20).map(|seed| Signer::new(backend, seed)).collect();
        let (mus, rnds) = ((100..120).map(|byte| [byte; 64]).collect(), (0..20).map(|byte| [byte; 32]).collect());
        let mut batch = Self { signers, mus, rnds, signatures: vec![P::Signature::ZERO; 20] };
        for (i, signature) in batch.signatures.iter_mut().enumerate() {
            assert!(batch.signers[i].signing.sign_mu(backend, &batch.mus[i], &batch.rnds[i], signature));
        }
        batch
    }
}

fn check_key_generation<P: ParameterSet>(backend: Backend) {
    let seeds: Vec<[u8; 32]> = (0..20).map(|byte| [byte; 32]).collect();
    let expected = seeds.iter().map(|seed| {
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        keygen::<P>(backend, seed, &mut private_key, &mut public_key);
        (private_key, public_key)
    });
    let expected: Vec<_> = expected.collect();
    for count in COUNTS {
        let mut keys = vec![(P::PrivateKey::ZERO, P::PublicKey::ZERO); count];
        let items = seeds.iter().zip(&mut keys);
        let items = items.map(|(seed, (private_key, public_key))| Generation { seed, private_key, public_key });
        keygen_batch::<P>(backend, &mut items.collect::<Vec<_>>());
        assert!(keys == expected[..count], "{backend:?}, {count} keys");
    }
}

fn check_signing<P: ParameterSet>(backend: Backend) {
    let Batch { signers, mus, rnds, signatures } = Batch::<P>::new(backend);
    for count in COUNTS {
        let mut made = vec![P::Signature::ZERO; count];
        let item = |(i, signature): (usize, _)| {
            let (key, mu, rnd) = (&*signers[i].signing, mus[i], &rnds[i]);
            Signing { key, mu, rnd, signature, is_signed: false }
        };
        let mut items: Vec<_> = made.iter_mut().enumerate().map(item).collect();
        sign_batch::<P>(backend, &mut items);
        assert!(items.iter().all(|item| item.is_signed), "{backend:?}, {count} signatures");
        assert!(made == signatures[..count], "{backend:?}, {count} signatures");
    }
}

fn check_verification<P: ParameterSet>(backend: Backend) {
    let Batch { signers, mut mus, mut signatures, .. } = Batch::<P>::new(backend);
    // Tampers with c~, z, the hints or mu of some signatures.
    for (i, at) in [(1, 0), (5, P::COMMITMENT_BYTES), (8, P::SIGNATURE_BYTES - 1), (19, 40)] {
        signatures[i].as_mut()[at] ^= 1;
    }
    mus[9][63] ^= 0x80;
    let expanded = |i: usize| Key::Expanded(&*signers[i].verifying);
    let encoded = |i: usize| Key::Encoded(&signers[i].public);
    // A key for each signature, or one for several successive ones.
    for step in [1, 20, 3] {
        let number = |i: usize| i / step * step;
        let expected: Vec<bool> =
            (0..20).map(|i| verify_mu::<P>(backend, &signers[number(i)].public, &mus[i], &signatures[i])).collect();
        let good = |i: usize| i.is_multiple_of(step) && ![1, 5, 8, 9, 19].contains(&i);
        assert_eq!(expected, (0..20).map(good).collect::<Vec<_>>());
        for count in COUNTS {
            let mixed = |i| if i % 7 < 3 { expanded(number(i)) } else { encoded(number(i)) };
            let kinds: [Vec<Key<'_, P>>; 3] = [
                (0..count).map(|i| expanded(number(i))).collect(),
                (0..count).map(|i| encoded(number(i))).collect(),
                (0..count).map(mixed).collect(),
            ];
            for keys in kinds {
                let item = |(i, key): (usize, _)| Verification {
                    key,
                    mu: mus[i],
                    signature: &signatures[i],
                    is_valid: !expected[i],
                };
                let mut items: Vec<_> = keys.into_iter().enumerate().map(item).collect();
                verify_batch(backend, &mut items);
                let results: Vec<bool> = items.iter().map(|item| item.is_valid).collect();
                assert_eq!(results, expected[..count], "{backend:?}, {count} signatures");
            }
        }
    }
}

#[test]
fn batches_agree_with_single_calls() {
    for backend in Backend::ALL {
        check_key_generation::<MlDsa44>(backend);
        check_key_generation::<MlDsa65>(backend);
        check_key_generation::<MlDsa87>(backend);
        check_signing::<MlDsa44>(backend);
        check_signing::<MlDsa65>(backend);
        check_signing::<MlDsa87>(backend);
        check_verification::<MlDsa44>(backend);
        check_verification::<MlDsa65>(backend);
        check_verification::<MlDsa87>(backend);
    }
}

/// c t0 of a key with a memory fault is always too large: signing ends after 814 attempts and leaves only zeros.
#[test]
fn signing_with_a_damaged_key_ends() {
    for backend in Backend::available() {
        let [good, mut damaged] = [1, 2].map(|seed| Signer::<MlDsa44>::new(backend, seed).signing);
        damaged.t0.as_mut()[0] = damaged.matrix.as_ref()[0];
        let mut signatures = [[0xff; MlDsa44::SIGNATURE_BYTES]; 5];
        assert!(!damaged.sign_mu(backend, &[0; 64], &[0; 32], &mut signatures[0]), "{backend:?}");
        assert_eq!(signatures[0], [0; MlDsa44::SIGNATURE_BYTES], "{backend:?}");

        let mut keys = [&*good, &damaged, &good, &good, &good].into_iter();
        let mut items = signatures.each_mut().map(|signature| {
            let key = keys.next().expect("as many");
            Signing { key, mu: [0; 64], rnd: &[0; 32], signature, is_signed: std::ptr::eq(key, &*damaged) }
        });
        sign_batch::<MlDsa44>(backend, &mut items);
        assert_eq!(items.map(|item| item.is_signed), [true, false, true, true, true], "{backend:?}");
        assert_eq!(signatures[1], [0; MlDsa44::SIGNATURE_BYTES], "{backend:?}");
        assert!(signatures[2..].iter().all(|signature| *signature == signatures[0]), "{backend:?}");
    }
}

/// Public keys that differ from the one before in one byte: in t1, at its beginning, or at the end of the encoding. They share rho.
fn check_keys_that_share_a_part<P: ParameterSet>(backend: Backend) {
    let (signer, mu) = (Signer::<P>::new(backend, 1), [7; 64]);
    let mut signature = P::Signature::ZERO;
    assert!(signer.signing.sign_mu(backend, &mu, &[0; 32], &mut signature));
    for at in [32, P::PUBLIC_KEY_BYTES / 2, P::PUBLIC_KEY_BYTES - 1] {
        let mut other = signer.public;
        other.as_mut()[at] ^= 0x80;
        for is_right in [[true, false, true, false], [false, true, true, false]] {
            let item = |is_right: bool| Verification::<P> {
                key: Key::Encoded(if is_right { &signer.public } else { &other }),
                mu,
                signature: &signature,
                is_valid: !is_right,
            };
            let mut items = is_right.map(item);
            verify_batch(backend, &mut items);
            assert_eq!(items.map(|item| item.is_valid), is_right, "{backend:?}, byte {at}");
        }
    }
}

#[test]
fn a_key_that_shares_a_part_with_the_one_before_is_another_key() {
    for backend in Backend::available() {
        check_keys_that_share_a_part::<MlDsa44>(backend);
        check_keys_that_share_a_part::<MlDsa65>(backend);
        check_keys_that_share_a_part::<MlDsa87>(backend);
    }
}
