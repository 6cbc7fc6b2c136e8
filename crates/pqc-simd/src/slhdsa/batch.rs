//! Verification of signatures of messages (FIPS 205, section 9.3).

use super::address::Selection;
use super::family::{Family, MAX_LANES};
use super::params::{MAX_DIGEST, MAX_N, Numbers, ParameterSet};
use super::verifying::{Item, recover};
use super::with_family;
use crate::backend::Backend;

/// A signature to verify, with its public key and its message.
#[derive(Clone, Copy)]
pub struct Verification<'a> {
    /// `PK.seed || PK.root`, [`ParameterSet::public_key_bytes`] bytes; with a key of another length no signature is valid.
    pub public_key: &'a [u8],
    /// The message in chunks.
    pub message: &'a [&'a [u8]],
    /// [`ParameterSet::signature_bytes`] bytes; a signature of another length is invalid.
    pub signature: &'a [u8],
}

/// slh_verify_internal (algorithm 20) of a message in chunks: whether the signature is valid. A key or a signature of a wrong length
/// makes it invalid.
///
/// Uses at most 72 KiB of stack.
#[must_use]
pub fn verify(backend: Backend, set: ParameterSet, public_key: &[u8], message: &[&[u8]], signature: &[u8]) -> bool {
    let mut verdict = [false];
    verify_batch(backend, set, &[Verification { public_key, message, signature }], &mut verdict);
    verdict[0]
}

/// [`verify`] for each item, eight or sixteen signatures at a time, each in its own lane and under its own key.
///
/// Uses at most 72 KiB of stack.
///
/// # Panics
/// If the numbers of items and verdicts differ.
pub fn verify_batch(backend: Backend, set: ParameterSet, items: &[Verification<'_>], verdicts: &mut [bool]) {
    assert!(items.len() == verdicts.len(), "the numbers of items and verdicts differ");
    verdicts.fill(false);
    let numbers = set.numbers();
    with_family!(backend, set, f => verify_on(f, set, &numbers, items, verdicts));
}

fn verify_on<F: Family>(f: F, set: ParameterSet, numbers: &Numbers, items: &[Verification<'_>], verdicts: &mut [bool]) {
    let is_whole = |item: &Verification<'_>| {
        item.public_key.len() == set.public_key_bytes() && item.signature.len() == set.signature_bytes()
    };
    let mut whole = (0..).zip(items).filter(|(_, item)| is_whole(item)).map(|(i, _)| i);
    loop {
        let (mut group, mut count) = ([0; MAX_LANES], 0);
        for (place, i) in group.iter_mut().zip(whole.by_ref().take(F::LANES)) {
            *place = i;
            count += 1;
        }
        match count {
            0 => return,
            _ => verify_group(f, numbers, items, &group[..count], verdicts),
        }
    }
}

fn verify_group<F: Family>(
    f: F,
    numbers: &Numbers,
    items: &[Verification<'_>],
    group: &[usize],
    verdicts: &mut [bool],
) {
    let (n, mut digests) = (numbers.n, [[0; MAX_DIGEST]; MAX_LANES]);
    for (digest, i) in digests.iter_mut().zip(group) {
        let Verification { public_key, message, signature } = items[*i];
        f.hash_message(&signature[..n], public_key, message, &mut digest[..numbers.m]);
    }
    let selection = Selection::new(numbers, &digests[0][..numbers.m]);
    let mut selected = [Item { pk_seed: &[], selection, signature: &[] }; MAX_LANES];
    for ((item, digest), i) in selected.iter_mut().zip(&digests).zip(group) {
        let Verification { public_key, signature, .. } = items[*i];
        let selection = Selection::new(numbers, &digest[..numbers.m]);
        *item = Item { pk_seed: &public_key[..n], selection, signature };
    }
    let roots = recover(f, numbers, &selected[..group.len()], &mut []);
    for (lane, i) in group.iter().enumerate() {
        let mut root = [0; MAX_N];
        F::get(&roots, lane, &mut root[..n]);
        verdicts[*i] = root[..n] == items[*i].public_key[n..];
    }
}
