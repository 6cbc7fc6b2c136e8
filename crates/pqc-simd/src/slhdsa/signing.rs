//! Key generation and signing (FIPS 205, sections 9.1 and 9.2), and the check of a signature against faults.

use super::address::Selection;
use super::family::{Family, Secret};
use super::params::{MAX_DIGEST, MAX_LAYERS, MAX_N, Numbers, ParameterSet};
use super::verifying::{Item, recover};
use super::{fors, with_family, wots};
use crate::backend::Backend;
use crate::bytes::difference;
use crate::wipe::on_wiped_stack;

/// The computation of a signature went wrong: a bit changed in memory or in the processor, or the private key is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Runs an operation on a stack of which the given bytes are wiped afterwards: `SHA2` for a set of SHA-2, `SHAKE` for one of SHAKE. The
/// test `wiping::slhdsa` checks that they are enough.
fn on_wiped_stack_of<const SHA2: usize, const SHAKE: usize, R>(set: ParameterSet, operation: impl FnOnce() -> R) -> R {
    if set.is_sha2() { on_wiped_stack::<SHA2, R>(operation) } else { on_wiped_stack::<SHAKE, R>(operation) }
}

/// slh_keygen_internal (algorithm 18): the private key `SK.seed || SK.prf || PK.seed || PK.root`, from its first three parts.
///
/// Uses at most 76 KiB of stack.
///
/// # Panics
/// If `seeds` has not [`ParameterSet::seed_bytes`] bytes, or `private_key` not [`ParameterSet::private_key_bytes`].
pub fn keygen(backend: Backend, set: ParameterSet, seeds: &[u8], private_key: &mut [u8]) {
    assert!(seeds.len() == set.seed_bytes() && private_key.len() == set.private_key_bytes(), "wrong length");
    let (numbers, (copied, root)) = (set.numbers(), private_key.split_at_mut(set.seed_bytes()));
    copied.copy_from_slice(seeds);
    on_wiped_stack_of::<{ 76 << 10 }, { 48 << 10 }, _>(set, || {
        with_family!(backend, set, f => {
            let secret = Secret::new(f, &seeds[..numbers.n], &seeds[2 * numbers.n..]);
            wots::top_root(f, &numbers, &secret, root);
        });
    });
}

/// slh_sign_internal (algorithm 19) of a message in chunks. Without additional randomness, `opt_rand` of n bytes, the signature is
/// deterministic.
///
/// With `check_faults` the values that the signature signs are computed a second time, and the signature is verified: a signature
/// that one fault has changed, which can give away a key of WOTS+ or FORS, is not returned. This about doubles the time.
///
/// Uses at most 104 KiB of stack.
///
/// # Errors
/// [`Fault`]: the signature is wrong, and was overwritten with zeros.
///
/// # Panics
/// If `private_key` has not [`ParameterSet::private_key_bytes`] bytes, `signature` not [`ParameterSet::signature_bytes`], or
/// `opt_rand` not [`ParameterSet::n`].
#[allow(clippy::panic_in_result_fn, reason = "a wrong length is an error of the calling code")]
pub fn sign(
    backend: Backend,
    set: ParameterSet,
    private_key: &[u8],
    message: &[&[u8]],
    opt_rand: Option<&[u8]>,
    check_faults: bool,
    signature: &mut [u8],
) -> Result<(), Fault> {
    let are_right = private_key.len() == set.private_key_bytes()
        && signature.len() == set.signature_bytes()
        && opt_rand.is_none_or(|opt_rand| opt_rand.len() == set.n());
    assert!(are_right, "wrong length");
    let numbers = set.numbers();
    let is_right = on_wiped_stack_of::<{ 104 << 10 }, { 76 << 10 }, _>(set, || {
        with_family!(backend, set, f => {
            sign_on(f, &numbers, private_key, message, opt_rand, check_faults, signature)
        })
    });
    if is_right {
        return Ok(());
    }
    signature.fill(0);
    Err(Fault)
}

/// Signs, and returns whether the signature passed the check; without one, true.
#[inline(never)]
pub(crate) fn sign_on<F: Family>(
    f: F,
    numbers: &Numbers,
    key: &[u8],
    message: &[&[u8]],
    opt_rand: Option<&[u8]>,
    check_faults: bool,
    signature: &mut [u8],
) -> bool {
    sign_once(f, numbers, key, message, opt_rand, signature);
    !check_faults || is_without_fault(f, numbers, key, message, signature)
}

#[inline(never)]
pub(crate) fn sign_once<F: Family>(
    f: F,
    numbers: &Numbers,
    key: &[u8],
    message: &[&[u8]],
    opt_rand: Option<&[u8]>,
    signature: &mut [u8],
) {
    let n = numbers.n;
    let (sk_seed, public_key) = (&key[..n], &key[2 * n..]);
    let (r, rest) = signature.split_at_mut(n);
    f.prf_message(&key[n..2 * n], opt_rand.unwrap_or(&public_key[..n]), message, r);
    let mut digest = [0; MAX_DIGEST];
    f.hash_message(r, public_key, message, &mut digest[..numbers.m]);
    let selection = Selection::new(numbers, &digest[..numbers.m]);
    let secret = Secret::new(f, sk_seed, &public_key[..n]);
    let (fors, hypertree) = rest.split_at_mut(numbers.fors_bytes());
    let signed = fors::public_key(f, numbers, &secret, &selection, false, Some(fors));
    wots::sign(f, numbers, &secret, selection.place, &signed, hypertree);
}

/// Whether a signature is what the key signs: every value that it signs is computed again, from the bytes of the key and the addresses
/// that the message selects, with the lanes in reverse order, and the signature must lead to these values and to the root of the key.
#[inline(never)]
pub(crate) fn is_without_fault<F: Family>(
    f: F,
    numbers: &Numbers,
    key: &[u8],
    message: &[&[u8]],
    signature: &[u8],
) -> bool {
    let (n, d) = (numbers.n, numbers.d);
    let (sk_seed, public_key) = (&key[..n], &key[2 * n..]);
    let mut digest = [0; MAX_DIGEST];
    f.hash_message(&signature[..n], public_key, message, &mut digest[..numbers.m]);
    let selection = Selection::new(numbers, &digest[..numbers.m]);
    let (mut expected, mut found) = ([[0; MAX_N]; MAX_LAYERS + 1], [[0; MAX_N]; MAX_LAYERS + 1]);
    let secret = Secret::new(f, sk_seed, &public_key[..n]);
    expected[0] = fors::public_key(f, numbers, &secret, &selection, true, None);
    wots::lower_roots(f, numbers, &secret, selection.place, true, &mut expected[1..d]);
    expected[d][..n].copy_from_slice(&public_key[n..]);
    recover(f, numbers, &[Item { pk_seed: &public_key[..n], selection, signature }], &mut found[..=d]);
    difference(expected.as_flattened(), found.as_flattened()) == 0
}
