//! Key generation and signing (FIPS 205, sections 9.1 and 9.2), and the check of a signature against faults.

use super::address::{Place, Selection};
use super::divided::{self, Task};
use super::family::{Family, Secret};
use super::params::{MAX_DIGEST, MAX_LAYERS, MAX_N, Numbers, ParameterSet};
use super::verifying::{Item, recover};
use super::{fors, with_family, wots};
use crate::backend::Backend;
use crate::bytes::difference;
use crate::wipe::on_wiped_stack;

/// Why a signature is not released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message had another digest when it was hashed again, and all values are right for the first digest: the message changed in
    /// the meantime, or its hash went wrong.
    Digest,
    /// The computation went wrong: a bit changed in memory or in the processor, or the private key is damaged.
    Computation,
}

/// Runs an operation, and then wipes the given bytes of its stack: `SHA2` for a set of SHA-2, `SHAKE` for a set of
/// SHAKE. The test `wiping::slhdsa` checks that they suffice.
fn on_wiped_stack_of<const SHA2: usize, const SHAKE: usize, R>(set: ParameterSet, operation: impl FnOnce() -> R) -> R {
    if set.is_sha2() { on_wiped_stack::<SHA2, R>(operation) } else { on_wiped_stack::<SHAKE, R>(operation) }
}

/// slh_keygen_internal (algorithm 18): the private key `SK.seed || SK.prf || PK.seed || PK.root`, from its first three parts.
///
/// Uses at most 76 KiB of stack.
///
/// # Panics
/// If `seeds` does not have [`ParameterSet::seed_bytes`] bytes, or `private_key` does not have
/// [`ParameterSet::private_key_bytes`] bytes.
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

/// Writes the leaves of the highest tree of a private key, for [`Signer::top_leaves`].
///
/// Uses at most 76 KiB of stack.
///
/// # Panics
/// If `private_key` does not have [`ParameterSet::private_key_bytes`] bytes, `leaves` does not have
/// [`ParameterSet::top_leaves_bytes`] bytes, or the latter is 0.
pub fn top_leaves(backend: Backend, set: ParameterSet, private_key: &[u8], leaves: &mut [u8]) {
    let are_right = private_key.len() == set.private_key_bytes() && leaves.len() == set.top_leaves_bytes();
    assert!(are_right && !leaves.is_empty(), "wrong length");
    let numbers = set.numbers();
    on_wiped_stack_of::<{ 76 << 10 }, { 48 << 10 }, _>(set, || {
        with_family!(backend, set, f => {
            let secret = Secret::new(f, &private_key[..numbers.n], &private_key[2 * numbers.n..3 * numbers.n]);
            wots::top_leaves(f, &numbers, &secret, leaves);
        });
    });
}

/// A private key that signs.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The instructions to use.
    pub backend: Backend,
    /// The parameter set of the key.
    pub set: ParameterSet,
    /// `SK.seed || SK.prf || PK.seed || PK.root`, [`ParameterSet::private_key_bytes`] bytes.
    pub private_key: &'a [u8],
    /// The leaves of the highest tree by [`top_leaves`], if they are kept. The tree is then not computed; the signature
    /// is the same. Leaves that do not lead to `PK.root` of the private key are not used.
    pub top_leaves: Option<&'a [u8]>,
    /// Whether the values that a signature signs are computed a second time, and the signature is verified. A signature
    /// that one fault has changed can reveal a key of WOTS+ or FORS; with the check, it is not returned. This about
    /// doubles the time.
    pub check_faults: bool,
}

impl Signer<'_> {
    /// slh_sign_internal (algorithm 19) of a message in chunks. Without additional randomness, `opt_rand` of n bytes, the signature
    /// is deterministic.
    ///
    /// Uses at most 96 KiB of stack.
    ///
    /// # Errors
    /// [`Fault`]: the signature did not pass the check, and was overwritten with zeros.
    ///
    /// # Panics
    /// If the private key, its leaves or `opt_rand` have a wrong length, or `signature` does not have
    /// [`ParameterSet::signature_bytes`] bytes.
    pub fn sign(&self, message: &[&[u8]], opt_rand: Option<&[u8]>, signature: &mut [u8]) -> Result<(), Fault> {
        let Self { backend, set, check_faults, .. } = *self;
        self.on_wiped_stack(
            message,
            opt_rand,
            signature,
            |request, signature| with_family!(backend, set, f => sign_on(f, request, check_faults, signature)),
        )
    }

    /// [`Signer::sign`] in jobs that do not depend on each other: `run` runs each of them once, on any threads, the longest first,
    /// before it returns. The signature is the same.
    ///
    /// Uses at most 96 KiB of stack, of which a job uses 76 KiB. Each job wipes the stack that it has used.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    ///
    /// # Panics
    /// As [`Signer::sign`].
    pub fn sign_divided(
        &self,
        message: &[&[u8]],
        opt_rand: Option<&[u8]>,
        signature: &mut [u8],
        run: impl FnOnce(&mut (dyn Iterator<Item = Job<'_>> + Send)),
    ) -> Result<(), Fault> {
        let Self { backend, set, check_faults, .. } = *self;
        self.on_wiped_stack(message, opt_rand, signature, |request, signature| {
            let run = |tasks: &mut (dyn Iterator<Item = Task<'_>> + Send)| {
                run(&mut tasks.map(|task| Job { backend, set, task }));
            };
            with_family!(backend, set, f => divided::sign_on(f, request, check_faults, signature, run))
        })
    }

    #[allow(clippy::panic_in_result_fn, reason = "a wrong length is an error of the calling code")]
    fn on_wiped_stack(
        &self,
        message: &[&[u8]],
        opt_rand: Option<&[u8]>,
        signature: &mut [u8],
        sign: impl FnOnce(&Request<'_>, &mut [u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Self { set, private_key: key, top_leaves, .. } = *self;
        let are_right = key.len() == set.private_key_bytes()
            && signature.len() == set.signature_bytes()
            && top_leaves.is_none_or(|leaves| leaves.len() == set.top_leaves_bytes() && !leaves.is_empty())
            && opt_rand.is_none_or(|opt_rand| opt_rand.len() == set.n());
        assert!(are_right, "wrong length");
        let request = Request { numbers: set.numbers(), key, top_leaves, message, opt_rand };
        let outcome = on_wiped_stack_of::<{ 96 << 10 }, { 60 << 10 }, _>(set, || sign(&request, signature));
        if outcome.is_err() {
            signature.fill(0);
        }
        outcome
    }
}

/// A part of the work of a signature.
pub struct Job<'a> {
    backend: Backend,
    set: ParameterSet,
    task: Task<'a>,
}

impl Job<'_> {
    /// Does the work. Uses at most 76 KiB of stack.
    pub fn run(self) {
        let Self { backend, set, task } = self;
        on_wiped_stack_of::<{ 76 << 10 }, { 48 << 10 }, _>(set, || with_family!(backend, set, f => task.run_on(f)));
    }
}

/// A message to sign, and the private key.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) numbers: Numbers,
    pub(crate) key: &'a [u8],
    pub(crate) top_leaves: Option<&'a [u8]>,
    pub(crate) message: &'a [&'a [u8]],
    pub(crate) opt_rand: Option<&'a [u8]>,
}

impl Request<'_> {
    /// `PK.seed || PK.root`.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.key[2 * self.numbers.n..]
    }

    pub(crate) fn pk_seed(&self) -> &[u8] {
        &self.public_key()[..self.numbers.n]
    }

    pub(crate) fn secret<F: Family>(&self, f: F) -> Secret<F> {
        Secret::new(f, &self.key[..self.numbers.n], self.pk_seed())
    }

    /// Writes the authentication path of the highest tree, if its leaves are kept and lead to `PK.root`, and returns
    /// the number of layers with trees that must be computed.
    pub(crate) fn layers<F: Family>(&self, f: F, keys: &F::Keys, place: Place, hypertree: &mut [u8]) -> usize {
        let (numbers, root) = (&self.numbers, &self.public_key()[self.numbers.n..]);
        let is_known =
            self.top_leaves.is_some_and(|leaves| wots::top_path(f, numbers, keys, place, (leaves, root), hypertree));
        numbers.d - usize::from(is_known)
    }

    /// Writes R (algorithm 19, lines 2 to 4).
    pub(crate) fn randomize<F: Family>(&self, f: F, r: &mut [u8]) {
        let sk_prf = &self.key[self.numbers.n..2 * self.numbers.n];
        f.prf_message(sk_prf, self.opt_rand.unwrap_or(self.pk_seed()), self.message, r);
    }

    /// The digest of the message, of which the first m bytes are used.
    pub(crate) fn digest<F: Family>(&self, f: F, r: &[u8]) -> [u8; MAX_DIGEST] {
        let mut digest = [0; MAX_DIGEST];
        f.hash_message(r, self.public_key(), self.message, &mut digest[..self.numbers.m]);
        digest
    }

    /// Whether a signature leads to the values that its layers sign, which are expected, and to the root of the key.
    pub(crate) fn is_expected<F: Family>(
        &self,
        f: F,
        selection: Selection<'_>,
        signature: &[u8],
        mut expected: [[u8; MAX_N]; MAX_LAYERS + 1],
    ) -> bool {
        let (Numbers { n, d, .. }, mut found) = (self.numbers, [[0; MAX_N]; MAX_LAYERS + 1]);
        expected[d][..n].copy_from_slice(&self.public_key()[n..]);
        recover(f, &self.numbers, &[Item { pk_seed: self.pk_seed(), selection, signature }], &mut found[..=d]);
        difference(expected.as_flattened(), found.as_flattened()) == 0
    }
}

/// R of a signature, and the digest of the message for it.
pub(crate) struct Hashed {
    pub(crate) r: [u8; MAX_N],
    pub(crate) digest: [u8; MAX_DIGEST],
}

/// Signs, and returns the fault that the check found, if there was a check.
#[inline(never)]
pub(crate) fn sign_on<F: Family>(
    f: F,
    request: &Request<'_>,
    check_faults: bool,
    signature: &mut [u8],
) -> Result<(), Fault> {
    let first = sign_once(f, request, signature);
    if !check_faults {
        return Ok(());
    }
    let second = request.digest(f, &signature[..request.numbers.n]);
    if is_without_fault(f, request, &second, signature) {
        return Ok(());
    }
    Err(fault(f, request, &first, &second, signature))
}

#[inline(never)]
pub(crate) fn sign_once<F: Family>(f: F, request: &Request<'_>, signature: &mut [u8]) -> Hashed {
    let (numbers, mut kept) = (&request.numbers, [0; MAX_N]);
    let (r, rest) = signature.split_at_mut(numbers.n);
    request.randomize(f, r);
    kept[..numbers.n].copy_from_slice(r);
    let digest = request.digest(f, r);
    let selection = Selection::new(numbers, &digest[..numbers.m]);
    let secret = request.secret(f);
    let (fors, hypertree) = rest.split_at_mut(numbers.fors_bytes());
    let signed = fors::public_key(f, numbers, &secret, &selection, Some(fors));
    let layers = request.layers(f, &secret.keys, selection.place, hypertree);
    wots::sign(f, numbers, &secret, selection.place, &signed, layers, hypertree);
    Hashed { r: kept, digest }
}

/// Whether a signature signs the values of the key for a digest. Every value that it signs is computed again, from the
/// bytes of the key and the addresses that the digest selects, with the lanes in reverse order. The signature must lead
/// to these values and to the root of the key.
#[inline(never)]
pub(crate) fn is_without_fault<F: Family>(
    f: F,
    request: &Request<'_>,
    digest: &[u8; MAX_DIGEST],
    signature: &[u8],
) -> bool {
    let numbers = &request.numbers;
    let selection = Selection::new(numbers, &digest[..numbers.m]);
    let (mut expected, secret) = ([[0; MAX_N]; MAX_LAYERS + 1], request.secret(f));
    expected[0] = fors::public_key(f, numbers, &secret, &selection, None);
    wots::lower_roots(f, numbers, &secret, selection.place, &mut expected[1..numbers.d]);
    request.is_expected(f, selection, signature, expected)
}

/// The fault of a signature that failed its check for the second digest. It is in the digest alone if the two digests
/// differ, the signature passes the check for the first digest, and it has the R that was hashed.
#[inline(never)]
pub(crate) fn fault<F: Family>(
    f: F,
    request: &Request<'_>,
    first: &Hashed,
    second: &[u8; MAX_DIGEST],
    signature: &[u8],
) -> Fault {
    let (n, is_right) = (request.numbers.n, is_without_fault(f, request, &first.digest, signature));
    let is_same_r = difference(&first.r[..n], &signature[..n]) == 0;
    if is_right && is_same_r && difference(&first.digest, second) != 0 { Fault::Digest } else { Fault::Computation }
}
