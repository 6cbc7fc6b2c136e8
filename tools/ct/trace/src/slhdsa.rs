//! SLH-DSA on secret keys: SK.seed and SK.prf differ where a key is made, SK.seed where it signs.
//!
//! Traced is one set of each family of hash functions, and signing, which takes ten million steps, with SHA-2 only: what differs in the
//! other family are the hash functions, which also make a key.
//!
//! A signature shows what selects the leaves and the digits of WOTS+, which decide addresses. Equal SK.prf, randomness, message and
//! public key determine the first. The tracer replaces the messages of WOTS+ by those of the first secret.

use crate::Run;
use crate::compare::Pin;
use crate::random::Random;
use pqc_simd::Backend;
use pqc_simd::slhdsa::{ParameterSet, keygen, sign};

/// The bytes of a node, in the sets of category 1.
const N: usize = 16;
/// A signature of the set with the longest ones.
const SIGNATURE_BYTES: usize = 17_088;

type Key = [u8; 4 * N];

/// Traces key generation with at most three secrets, and signing too if batches are traced.
pub(crate) fn run(run: &mut Run<'_>, backend: Backend, set: ParameterSet) {
    run.secrets = run.secrets.min(3);
    let (mut private_key, mut signature) = ([0; 4 * N], [0; SIGNATURE_BYTES]);
    run.check(
        "keygen",
        &|number| key(number, number),
        &mut |key| keygen(backend, set, &key[..3 * N], &mut private_key),
        &[],
    );
    if !run.has_batches || !set.is_sha2() {
        return;
    }
    let mut outcome = Ok(());
    run.check(
        "sign",
        &|number| key(number, 0),
        &mut |key| outcome = sign(backend, set, key, &[b"message"], None, false, &mut signature),
        &[public_messages()],
    );
    run.require(outcome.is_ok() && signature != [0; SIGNATURE_BYTES], "a signature is made");
}

/// A private key. Its PK.root is the same for all, and wrong.
fn key(sk_seed: usize, sk_prf: usize) -> Key {
    let parts = [secret(sk_seed), secret(sk_prf), [0x42; N], [0x24; N]];
    std::array::from_fn(|position| parts[position / N][position % N])
}

fn secret(number: usize) -> [u8; N] {
    match number {
        0 => [0x17; N],
        1 => [0; N],
        2 => [0xff; N],
        _ => Random::new(number).array(),
    }
}

/// The public key of FORS and the roots of the layers, which WOTS+ signs.
fn public_messages() -> Pin {
    Pin { function: "digits", length: N, applies: |_| true, merge: |first, _, input| input.copy_from_slice(first) }
}
