//! SLH-DSA on secret keys: key generation, which calls every hash function on lanes. A signature takes twenty times as many steps,
//! and valgrind checks it.

use crate::Run;
use crate::random::Random;
use pqc_simd::Backend;
use pqc_simd::slhdsa::{ParameterSet, keygen};

/// The bytes of a node, in the sets of category 1.
const N: usize = 16;

/// Traces a parameter set of category 1 with at most three secrets.
pub(crate) fn run(run: &mut Run<'_>, backend: Backend, set: ParameterSet) {
    let mut private_key = [0; 4 * N];
    run.secrets = run.secrets.min(3);
    run.check("keygen", &seeds, &mut |seeds| keygen(backend, set, seeds, &mut private_key), &[]);
}

/// SK.seed and SK.prf, and PK.seed, which is public.
fn seeds(number: usize) -> [u8; 3 * N] {
    let mut seeds = match number {
        0 => [0x17; 3 * N],
        1 => [0; 3 * N],
        2 => [0xff; 3 * N],
        _ => Random::new(number).array(),
    };
    seeds[2 * N..].fill(0x42);
    seeds
}
