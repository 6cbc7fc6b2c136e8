//! Signing in tasks that do not depend on each other: the trees of FORS and of the layers, for the signature and for
//! its check.
//!
//! The signing chains of WOTS+ and the verification depend on the roots of these trees. They take a hundredth of the
//! time, and come last.

use super::address::Selection;
use super::family::Family;
use super::params::{MAX_FORS_TREES, MAX_LAYERS, MAX_N, Numbers};
use super::signing::{Fault, Hashed, Request, fault};
use super::{fors, wots};
use crate::bytes::difference;

/// The roots of some trees and, with an output buffer, their part of the signature without the chains of WOTS+.
pub(crate) struct Task<'a> {
    request: &'a Request<'a>,
    selection: Selection<'a>,
    trees: Trees,
    roots: &'a mut [[u8; MAX_N]],
    out: Option<&'a mut [u8]>,
}

/// The trees of a task, from a number on.
#[derive(Clone, Copy)]
enum Trees {
    Layers(usize),
    Fors(usize),
}

impl Task<'_> {
    #[inline(never)]
    pub(crate) fn run_on<F: Family>(self, f: F) {
        let Self { request, selection, trees, roots, out } = self;
        let (numbers, secret) = (&request.numbers, request.secret(f));
        match trees {
            Trees::Layers(first) => wots::tree_roots(f, numbers, &secret, selection.place, first, out, roots),
            Trees::Fors(first) => {
                let found = fors::tree_roots(f, numbers, &secret, &selection, first..first + roots.len(), out);
                roots.iter_mut().enumerate().for_each(|(lane, root)| F::get(&found, lane, &mut root[..numbers.n]));
            }
        }
    }
}

/// The roots of FORS, and the values that the layers sign: the public key of FORS, and the roots of all layers but the
/// highest.
struct Roots {
    fors: [[u8; MAX_N]; MAX_FORS_TREES],
    values: [[u8; MAX_N]; MAX_LAYERS + 1],
}

impl Roots {
    const NONE: Self = Self { fors: [[0; MAX_N]; MAX_FORS_TREES], values: [[0; MAX_N]; MAX_LAYERS + 1] };

    /// Computes the public key of FORS, in a separate frame: its rows are not on the stack while the tasks run.
    #[inline(never)]
    fn compress<F: Family>(&mut self, f: F, request: &Request<'_>, selection: &Selection<'_>) {
        let (numbers, mut rows) = (&request.numbers, F::zero_rows());
        for (i, root) in self.fors[..numbers.k].iter().enumerate() {
            F::set(f.node_rows(&mut rows, i), 0, &root[..numbers.n]);
        }
        self.values[0] = fors::compress_roots(f, numbers, &f.keys(request.pk_seed()), selection.place, &mut rows);
    }
}

/// Signs with tasks, each of which `run` runs once, and returns the fault that the check found, if there was one. The
/// check is as in [`is_without_fault`](super::signing::is_without_fault): its tasks have a separate digest, of a copy of R,
/// and the R of the signature must be the same in the end.
#[inline(never)]
pub(crate) fn sign_on<F: Family>(
    f: F,
    request: &Request<'_>,
    check_faults: bool,
    signature: &mut [u8],
    run: impl FnOnce(&mut (dyn Iterator<Item = Task<'_>> + Send)),
) -> Result<(), Fault> {
    let (numbers, Numbers { n, d, k, m, .. }) = (&request.numbers, request.numbers);
    let (mut made, mut again, mut kept) = (Roots::NONE, Roots::NONE, [0; MAX_N]);
    let (r, rest) = signature.split_at_mut(n);
    request.randomize(f, r);
    kept[..n].copy_from_slice(r);
    let digest = request.digest(f, r);
    let second_digest = if check_faults { request.digest(f, &kept[..n]) } else { digest };
    let (selection, second) = (Selection::new(numbers, &digest[..m]), Selection::new(numbers, &second_digest[..m]));
    let (fors, hypertree) = rest.split_at_mut(numbers.fors_bytes());

    let (trees, layers) = (fors::trees_at_once(F::LANES, numbers), wots::at_once(F::LANES, numbers));
    let made_layers = request.layers(f, &f.keys(request.pk_seed()), selection.place, hypertree);
    let (checked_trees, checked_layers) = if check_faults { (k, d - 1) } else { (0, 0) };
    let task = |trees, selection, roots, out| Task { request, selection, trees, roots, out };
    let first = |step| (0..).step_by(step);
    let mut tasks = first(layers)
        .zip(made.values[1..=made_layers].chunks_mut(layers))
        .zip(hypertree.chunks_mut(layers * numbers.layer_bytes()))
        .map(|((i, roots), out)| task(Trees::Layers(i), selection, roots, Some(out)))
        .chain(
            first(layers)
                .zip(again.values[1..=checked_layers].chunks_mut(layers))
                .map(|(i, roots)| task(Trees::Layers(i), second, roots, None)),
        )
        .chain(
            first(trees)
                .zip(made.fors[..k].chunks_mut(trees))
                .zip(fors.chunks_mut(trees * (1 + numbers.a) * n))
                .map(|((i, roots), out)| task(Trees::Fors(i), selection, roots, Some(out))),
        )
        .chain(
            first(trees)
                .zip(again.fors[..checked_trees].chunks_mut(trees))
                .map(|(i, roots)| task(Trees::Fors(i), second, roots, None)),
        );
    run(&mut tasks);

    made.compress(f, request, &selection);
    wots::sign_messages(f, numbers, &request.secret(f), selection.place, 0, &made.values[..d], hypertree);
    if !check_faults {
        return Ok(());
    }
    again.compress(f, request, &second);
    if (difference(&kept[..n], &signature[..n]) == 0) & request.is_expected(f, second, signature, again.values) {
        return Ok(());
    }
    Err(fault(f, request, &Hashed { r: kept, digest }, &second_digest, signature))
}
