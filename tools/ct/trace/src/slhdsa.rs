//! SLH-DSA on secret keys and randomness: key generation, which calls every hash function on lanes, and a signature with its check
//! against faults, which takes forty times as many steps.
//!
//! Values that the signature shows are made equal in all traces, just as they are declared public to valgrind: the digest of the
//! message, and the values that WOTS+ signs. So PK.root, which is equal too, is wrong in all of them, and no check releases a
//! signature.

use crate::Run;
use crate::compare::Pin;
use crate::random::Random;
use pqc_simd::Backend;
use pqc_simd::slhdsa::{ParameterSet, Signer, keygen};

/// The bytes of a node and of the digest of a message, in the fast sets of category 1.
const N: usize = 16;
const DIGEST: usize = 34;

/// Traces a fast parameter set of category 1 with at most three secrets, and, with batches, a signature of SHA-2 with two.
pub(crate) fn run(run: &mut Run<'_>, backend: Backend, set: ParameterSet) {
    let mut private_key = [0; 4 * N];
    run.secrets = run.secrets.min(3);
    run.check("keygen", &secret, &mut |secret| keygen(backend, set, &secret[..3 * N], &mut private_key), &[]);
    if run.has_batches && set.is_sha2() {
        run.secrets = 2;
        let mut signature = vec![0; set.signature_bytes()];
        run.check(
            "sign and check",
            &secret,
            &mut |secret| {
                let (private_key, opt_rand) = secret.split_at(4 * N);
                let signer = Signer { backend, set, private_key, top_leaves: None, check_faults: true };
                _ = signer.sign(&[b"a message"], Some(opt_rand), &mut signature);
            },
            &[public("Selection", 2, DIGEST), public("digits", 0, N)],
        );
    }
}

/// Gives a function the input that it has with the first secret.
fn public(function: &'static str, argument: usize, length: usize) -> Pin {
    Pin { function, argument, length, applies: |_| true, merge: |first, _, input| input.copy_from_slice(first) }
}

/// SK.seed, SK.prf, PK.seed and PK.root, which are public, and randomness.
fn secret(number: usize) -> [u8; 5 * N] {
    let mut secret = match number {
        0 => [0x17; 5 * N],
        1 => [0; 5 * N],
        2 => [0xff; 5 * N],
        _ => Random::new(number).array(),
    };
    secret[2 * N..4 * N].fill(0x42);
    secret
}
