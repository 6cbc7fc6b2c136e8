//! The common part of all batches: their chunks, the order and the keys of their items, and the outcome of each item.

use crate::counting::{Clock, count_items};
use crate::inputs::{Keys, PublicKeys};
use crate::key_ffi::PqcPrivateKey;
use crate::operation::Action;
use crate::outputs::{NewValues, Slot};
use crate::status::PqcStatus;
use arrayvec::ArrayVec;
use pqc_core::batch::{
    self, CHUNK, Decapsulation, Encapsulation, Group, Order, Signing, Verification, Workers, chunk, chunk_of_private,
};
use pqc_core::{Algorithm, Error, KeyOptions, Kind, PrivateKey, PublicKey, SHARED_SECRET_BYTES};

/// Where the lengths of the results of an item go: a ciphertext and a shared secret at most.
pub(crate) type Lens<'a> = [Option<&'a mut usize>; 2];

/// An item that can be worked on, with its lengths, or why not.
pub(crate) type Prepared<'a, I> = Result<(I, Lens<'a>), PqcStatus>;

/// An item that can be worked on.
pub(crate) trait Item {
    fn algorithm(&self) -> Algorithm;
    /// The lengths of its results, once it was worked on.
    fn outcome(&self) -> Result<[usize; 2], Error>;
}

/// Implements [`Item`] by the methods of the same meaning.
macro_rules! implement {
    ($($item:ident: |$algorithm:ident, $result:pat_param| $lengths:expr;)*) => {
        $(impl Item for $item<'_> {
            fn algorithm(&self) -> Algorithm {
                self.algorithm()
            }

            fn outcome(&self) -> Result<[usize; 2], Error> {
                let $algorithm = self.algorithm();
                self.outcome().map(|$result| $lengths)
            }
        })*
    };
}

implement! {
    Encapsulation: |algorithm, ()| [algorithm.ciphertext_bytes(), algorithm.shared_secret_bytes()];
    Decapsulation: |algorithm, ()| [algorithm.shared_secret_bytes(), 0];
    Signing: |_algorithm, len| [len, 0];
    Verification: |_algorithm, ()| [0; 2];
}

/// Works through the chunks of a batch, each of `size` items, on `threads` threads. `work` takes the clock of its thread, the number
/// of the first item of a chunk, the statuses of its items, and their outputs.
pub(crate) fn run<O>(
    (size, threads): (usize, u32),
    statuses: &mut [i32],
    outputs: impl Iterator<Item = O> + Send,
    work: impl Fn(&mut Clock, usize, &mut [i32], O) + Sync,
) -> Result<(), PqcStatus> {
    let threads = batch::threads(usize::try_from(threads).unwrap_or(usize::MAX), statuses.len().div_ceil(size))?;
    let chunks = statuses.chunks_mut(size).zip(outputs).enumerate();
    Workers::new(threads)?.run(chunks, Clock::start, |clock, (number, (statuses, outputs))| {
        work(clock, number * size, statuses, outputs);
    });
    Ok(())
}

/// Processes a batch of items in an order, and leaves the statuses in that order; `slots` of each chunk are their output slots.
/// `prepare` makes an item of its number and its slots, and names its algorithm as soon as that is known; `all` processes the
/// items of a chunk. Each item gets its status and its lengths, and is counted.
pub(crate) fn run_items<'a, I: Item, S: Iterator>(
    action: Action,
    (size, threads, order): (usize, u32, &Order),
    statuses: &mut [i32],
    slots: impl Iterator<Item = S> + Send,
    prepare: impl Fn(usize, S::Item, &mut Option<Algorithm>) -> Prepared<'a, I> + Sync,
    all: impl Fn(&mut [I]) + Sync,
) -> Result<(), PqcStatus> {
    run((size, threads), statuses, slots, |clock, first, statuses, slots| {
        let items = statuses.len();
        let (mut ready, mut reports) = (ArrayVec::<I, CHUNK>::new(), ArrayVec::<(&mut i32, Lens<'_>), CHUNK>::new());
        for (place, (status, slots)) in (first..).zip(statuses.iter_mut().zip(slots)) {
            let mut algorithm = None;
            match prepare(order.item(place), slots, &mut algorithm) {
                Ok((item, lens)) => {
                    ready.push(item);
                    reports.push((status, lens));
                }
                Err(refused) => {
                    *status = refused as i32;
                    count_items(action, algorithm, refused, 1, None);
                }
            }
        }
        if ready.len() < items {
            clock.restart(); // a refused item has no time
        }
        all(&mut ready);
        let time = clock.time_each(ready.len());
        for (item, (status, lens)) in ready.iter().zip(reports) {
            *status = status_of(item) as i32;
            for (place, len) in lens.into_iter().zip(item.outcome().unwrap_or_default()) {
                if let Some(place) = place {
                    *place = len;
                }
            }
        }
        let alike = |one: &I, next: &I| one.algorithm() == next.algorithm() && status_of(one) == status_of(next);
        for items in ready.chunk_by(alike) {
            count_items(action, Some(items[0].algorithm()), status_of(&items[0]), items.len(), time);
        }
    })
}

/// The order of a batch with these public keys.
pub(crate) fn order_by_public_key(keys: &PublicKeys<'_>, count: usize) -> Order {
    Order::by_group(count, |number| {
        Some(match keys {
            PublicKeys::Handles(handles) => {
                let key = &handles.item(number).ok()?.key;
                Group::new(key.algorithm(), key.options())
            }
            PublicKeys::Encodings(encodings) => Group::new(encodings.algorithm(number).ok()?, encodings.options),
        })
    })
}

/// The order of a batch with these private keys.
pub(crate) fn order_by_private_key(keys: &Keys<'_, PqcPrivateKey>, count: usize) -> Order {
    Order::by_group(count, |number| {
        keys.item(number).ok().map(|key| Group::new(key.key.algorithm(), key.key.options()))
    })
}

fn status_of(item: &impl Item) -> PqcStatus {
    item.outcome().map_or_else(PqcStatus::from, |_| PqcStatus::Ok)
}

/// Hands out the statuses, and returns the status of the batch as a whole.
pub(crate) fn verdict(statuses: NewValues<'_, i32>) -> Result<(), PqcStatus> {
    let are_ok = statuses.iter().all(|status| *status == PqcStatus::Ok as i32);
    statuses.hand_out();
    if are_ok { Ok(()) } else { Err(PqcStatus::BatchItems) }
}

/// The public key of an item.
pub(crate) enum ItemKey<'a> {
    Loaded(&'a PublicKey),
    Encoded(KeyOptions, &'a [u8]),
}

/// The public key of an item, and its algorithm.
pub(crate) fn public_key_of<'a>(
    keys: &PublicKeys<'a>,
    kind: Kind,
    number: usize,
    item_algorithm: &mut Option<Algorithm>,
) -> Result<(ItemKey<'a>, Algorithm), PqcStatus> {
    let (key, algorithm) = match keys {
        PublicKeys::Handles(handles) => {
            let key = &handles.item(number)?.key;
            (ItemKey::Loaded(key), key.algorithm())
        }
        PublicKeys::Encodings(encodings) => {
            (ItemKey::Encoded(encodings.options, encodings.item(number)?), encodings.algorithm(number)?)
        }
    };
    Ok((key, algorithm_of_kind(algorithm, kind, item_algorithm)?))
}

/// The largest number of items in a chunk that is signed with these keys.
pub(crate) fn signing_chunk(keys: &Keys<'_, PqcPrivateKey>) -> usize {
    let sizes = keys.each().map(|key| chunk_of_private(key.key.algorithm()));
    sizes.min().unwrap_or(usize::MAX).min(chunk(Kind::Signature))
}

/// The private key of an item.
pub(crate) fn private_key_of<'a>(
    keys: &Keys<'a, PqcPrivateKey>,
    kind: Kind,
    number: usize,
    item_algorithm: &mut Option<Algorithm>,
) -> Result<&'a PrivateKey, PqcStatus> {
    let key = &keys.item(number)?.key;
    algorithm_of_kind(key.algorithm(), kind, item_algorithm).map(|_| key)
}

/// The algorithm of an item, which it is counted by, if it is of the kind.
fn algorithm_of_kind(
    algorithm: Algorithm,
    kind: Kind,
    item_algorithm: &mut Option<Algorithm>,
) -> Result<Algorithm, PqcStatus> {
    *item_algorithm = Some(algorithm);
    if algorithm.kind() == kind { Ok(algorithm) } else { Err(PqcStatus::WrongAlgorithm) }
}

/// The memory of a result in an output slot, and where its length goes.
pub(crate) fn memory_in(slot: Slot<'_>, len: usize) -> Result<(&mut [u8], Option<&mut usize>), PqcStatus> {
    Ok((slot.bytes?.get_mut(..len).ok_or(PqcStatus::OutputLength)?, slot.len))
}

/// [`memory_in`] for a shared secret.
pub(crate) fn secret_in(slot: Slot<'_>) -> Result<(&mut [u8; SHARED_SECRET_BYTES], Option<&mut usize>), PqcStatus> {
    let (bytes, len) = memory_in(slot, SHARED_SECRET_BYTES)?;
    Ok((bytes.try_into().map_err(|_| PqcStatus::Internal)?, len))
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code, reason = "statuses lie in memory of the caller")]

    use super::*;
    use crate::boundary::{arguments, guard};
    use crate::outputs::statuses;
    use core::iter;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn a_panic_in_one_chunk_leaves_no_success_of_another() {
        let size = chunk(Kind::Kem);
        let mut memory = vec![7; 3 * size];
        let out = memory.as_mut_ptr();
        let status = guard(|| {
            // SAFETY: there is memory for the statuses.
            let ((), mut statuses) = arguments((), unsafe { statuses(out, 3 * size) })?;
            run((size, 1), &mut statuses, iter::repeat(()), |_, first, statuses, ()| {
                assert!(first < 2 * size, "on purpose");
                statuses.fill(PqcStatus::Ok as i32);
            })?;
            verdict(statuses)
        });
        assert_eq!((status, memory), (PqcStatus::Panic, vec![PqcStatus::Internal as i32; 3 * size]));
    }

    /// An item without a key; every fifth one fails.
    struct Probe(usize, Algorithm);

    impl Item for Probe {
        fn algorithm(&self) -> Algorithm {
            self.1
        }

        fn outcome(&self) -> Result<[usize; 2], Error> {
            if self.0.is_multiple_of(5) { Err(Error::InvalidSignature) } else { Ok([0; 2]) }
        }
    }

    /// How many groups of eight lanes, some of them free, a batch leads to.
    fn lane_groups(kind: Kind, algorithms: &[Algorithm]) -> usize {
        let (order, groups) = (Order::by_group(algorithms.len(), |number| algorithms[number]), AtomicUsize::new(0));
        let (mut statuses, no_slots) = (vec![-1; algorithms.len()], iter::repeat(iter::repeat(())));
        let prepare = |number, (), _: &mut _| Ok((Probe(number, algorithms[number]), Default::default()));
        let outcome = run_items(Action::Verify, (chunk(kind), 2, &order), &mut statuses, no_slots, prepare, |items| {
            let alike = items.chunk_by(|one, next| one.1 == next.1);
            groups.fetch_add(alike.map(|items| items.len().div_ceil(8)).sum(), Relaxed);
        });
        assert!(outcome.is_ok());
        order.restore(&mut statuses);
        let expected = (0..algorithms.len()).map(|number| status_of(&Probe(number, algorithms[number])) as i32);
        assert!(statuses.into_iter().eq(expected));
        groups.into_inner()
    }

    #[test]
    fn alternating_algorithms_need_no_more_lane_groups_than_sorted_ones() {
        for kind in [Kind::Kem, Kind::Signature] {
            let sets: Vec<_> = Algorithm::ALL.into_iter().filter(|algorithm| algorithm.kind() == kind).collect();
            for count in 1..=sets.len() {
                let alternating: Vec<_> = sets[..count].iter().copied().cycle().take(64).collect();
                let mut sorted = alternating.clone();
                sorted.sort_unstable();
                assert_eq!(lane_groups(kind, &alternating), lane_groups(kind, &sorted));
            }
        }
    }
}
