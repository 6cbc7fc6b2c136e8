//! Batches of every length against single calls, with one key, a key for each signature, and encoded keys.

use super::{
    ExpandedSigningKey, ExpandedVerifyingKey, Keys, MlDsa44, MlDsa65, MlDsa87, ParameterSet, keygen, sign_batch,
    verify_batch, verify_mu,
};
use crate::backend::Backend;

/// Keys of their own for some signatures.
struct Signer<P: ParameterSet> {
    public: Vec<u8>,
    private: Vec<u8>,
    signing: Box<ExpandedSigningKey<P>>,
    verifying: Box<ExpandedVerifyingKey<P>>,
}

impl<P: ParameterSet> Signer<P> {
    fn new(backend: Backend, seed: u8) -> Self {
        let (mut private, mut public) = (vec![0; P::PRIVATE_KEY_BYTES], vec![0; P::PUBLIC_KEY_BYTES]);
        keygen::<P>(backend, &[seed; 32], &mut private, &mut public);
        let mut signer = Self { public, private, signing: Box::default(), verifying: Box::default() };
        signer.signing.expand(backend, &signer.private);
        signer.verifying.expand(backend, &signer.public);
        signer
    }
}

fn check<P: ParameterSet>(backend: Backend) {
    let signers: Vec<Signer<P>> = (0..20).map(|seed| Signer::new(backend, seed)).collect();
    let mus: Vec<[u8; 64]> = (100..120).map(|byte| [byte; 64]).collect();
    let rnds: Vec<[u8; 32]> = (0..20).map(|byte| [byte; 32]).collect();
    let mut single = vec![0; 20 * P::SIGNATURE_BYTES];
    for (i, signature) in single.chunks_exact_mut(P::SIGNATURE_BYTES).enumerate() {
        signers[i].signing.sign_mu(backend, &mus[i], &rnds[i], signature);
    }
    let signing: Vec<&ExpandedSigningKey<P>> = signers.iter().map(|signer| &*signer.signing).collect();
    let private: Vec<&[u8]> = signers.iter().map(|signer| signer.private.as_slice()).collect();
    for keys in [Keys::Each(&signing), Keys::Encoded(&private)] {
        let mut made = vec![0; single.len()];
        sign_batch::<P>(backend, keys, &mus, &rnds, &mut made);
        assert!(made == single);
    }

    // Some are tampered with in c~, z, the hints or mu, and one is too short.
    let mut bad: Vec<Vec<u8>> = single.chunks_exact(P::SIGNATURE_BYTES).map(<[u8]>::to_vec).collect();
    let mut bad_mus = mus.clone();
    for (i, at) in [(1, 0), (5, P::COMMITMENT_BYTES), (8, P::SIGNATURE_BYTES - 1), (19, 40)] {
        bad[i][at] ^= 1;
    }
    bad[6].pop();
    bad_mus[9][63] ^= 0x80;
    let signatures: Vec<&[u8]> = bad.iter().map(Vec::as_slice).collect();
    let verifying: Vec<&ExpandedVerifyingKey<P>> = signers.iter().map(|signer| &*signer.verifying).collect();
    let public: Vec<&[u8]> = signers.iter().map(|signer| signer.public.as_slice()).collect();
    for count in [0, 1, 7, 8, 9, 16, 20] {
        let (mus, signatures) = (&bad_mus[..count], &signatures[..count]);
        let single = |i: usize, key: usize| verify_mu::<P>(backend, public[key], &mus[i], signatures[i]);
        for keys in [Keys::Each(&verifying[..count]), Keys::Encoded(&public[..count])] {
            let mut results = vec![true; count];
            verify_batch::<P>(backend, keys, mus, signatures, &mut results);
            assert_eq!(results, (0..count).map(|i| single(i, i)).collect::<Vec<_>>());
            assert_eq!(results, (0..count).map(|i| ![1, 5, 6, 8, 9, 19].contains(&i)).collect::<Vec<_>>());
        }
        let mut results = vec![true; count];
        verify_batch::<P>(backend, Keys::One(verifying[3]), mus, signatures, &mut results);
        assert_eq!(results, (0..count).map(|i| single(i, 3)).collect::<Vec<_>>());
    }
}

#[test]
fn batches_agree_with_single_calls() {
    for backend in Backend::ALL {
        check::<MlDsa44>(backend);
        check::<MlDsa65>(backend);
        check::<MlDsa87>(backend);
    }
}
