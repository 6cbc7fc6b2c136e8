//! Batches: many keys made, secrets encapsulated and decapsulated, messages signed and signatures verified in one call.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; columns.rs turns them into references")]

use crate::boundary::{arguments, check_flags, guard};
use crate::calls::{Clock, count_items};
use crate::columns::{Keys, PqcColumn, PqcPublicKeys, PublicKeys, column, keys, public_keys};
use crate::key_ffi::PqcPrivateKey;
use crate::operation::Action;
use crate::settings::key_options;
use crate::signature_ffi::PQC_SIGN_DETERMINISTIC;
use crate::slots::{NewValues, Place, PqcMutColumn, Slot, new_handles, output_slots, statuses};
use crate::status::PqcStatus;
use arrayvec::ArrayVec;
use core::iter;
use pqc_core::batch::{
    self, CHUNK, Decapsulation, Encapsulation, Group, Order, Signing, Verification, chunk, decapsulate_all,
    encapsulate_all, generate, sign_all, verify_all,
};
use pqc_core::{Algorithm, Error, KeyOptions, Kind, PrivateKey, PublicKey, SHARED_SECRET_BYTES};

/// The most threads that work on a batch.
pub const PQC_MAX_THREADS: u32 = 256;
const _: () = assert!(PQC_MAX_THREADS as usize == batch::MAX_THREADS);

/// Where the lengths of the results of an item go: a ciphertext and a shared secret at most.
type Lens<'a> = [Option<&'a mut usize>; 2];

/// An item that can be worked on, with its lengths, or why not.
type Prepared<'a, I> = Result<(I, Lens<'a>), PqcStatus>;

/// An item that can be worked on.
trait Item {
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

/// Works through the chunks of a batch on `threads` threads. `work` takes the clock of its thread, the number of the first item of
/// a chunk, the statuses of its items, and their outputs.
fn run<O>(
    (kind, threads): (Kind, u32),
    statuses: &mut [i32],
    outputs: impl Iterator<Item = O> + Send,
    work: impl Fn(&mut Clock, usize, &mut [i32], O) + Sync,
) -> Result<(), PqcStatus> {
    let size = chunk(kind);
    let threads = batch::threads(usize::try_from(threads).unwrap_or(usize::MAX), statuses.len().div_ceil(size))?;
    let chunks = statuses.chunks_mut(size).zip(outputs).enumerate();
    batch::run(threads, chunks, Clock::start, |clock, (number, (statuses, outputs))| {
        work(clock, number * size, statuses, outputs);
    });
    Ok(())
}

/// Works through a batch of items in an order, which the statuses then have; `slots` of each chunk are their output slots.
/// `prepare` makes an item of its number and its slots, and names its algorithm as soon as that is known; `all` processes the
/// items of a chunk. Each item gets its status and its lengths, and is counted.
fn run_items<'a, I: Item, S: Iterator>(
    action: Action,
    (kind, threads, order): (Kind, u32, &Order),
    statuses: &mut [i32],
    slots: impl Iterator<Item = S> + Send,
    prepare: impl Fn(usize, S::Item, &mut Option<Algorithm>) -> Prepared<'a, I> + Sync,
    all: impl Fn(&mut [I]) + Sync,
) -> Result<(), PqcStatus> {
    run((kind, threads), statuses, slots, |clock, first, statuses, slots| {
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
            clock.restart(); // what was refused has no time
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
fn order_by_public_key(keys: &PublicKeys<'_>, count: usize) -> Order {
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
fn order_by_private_key(keys: &Keys<'_, PqcPrivateKey>, count: usize) -> Order {
    Order::by_group(count, |number| {
        keys.item(number).ok().map(|key| Group::new(key.key.algorithm(), key.key.options()))
    })
}

fn status_of(item: &impl Item) -> PqcStatus {
    item.outcome().map_or_else(PqcStatus::from, |_| PqcStatus::Ok)
}

/// Hands out the statuses, and returns the status of the batch as a whole.
fn verdict(statuses: NewValues<'_, i32>) -> Result<(), PqcStatus> {
    let are_ok = statuses.iter().all(|status| *status == PqcStatus::Ok as i32);
    statuses.hand_out();
    if are_ok { Ok(()) } else { Err(PqcStatus::BatchItems) }
}

/// The public key of an item.
enum ItemKey<'a> {
    Loaded(&'a PublicKey),
    Encoded(KeyOptions, &'a [u8]),
}

/// The public key of an item, and its algorithm.
fn public_key_of<'a>(
    keys: &PublicKeys<'a>,
    kind: Kind,
    number: usize,
    known: &mut Option<Algorithm>,
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
    Ok((key, named(algorithm, kind, known)?))
}

/// The private key of an item.
fn private_key_of<'a>(
    keys: &Keys<'a, PqcPrivateKey>,
    kind: Kind,
    number: usize,
    known: &mut Option<Algorithm>,
) -> Result<&'a PrivateKey, PqcStatus> {
    let key = &keys.item(number)?.key;
    named(key.algorithm(), kind, known).map(|_| key)
}

/// The algorithm of an item, which it is counted by, if it is of the kind.
fn named(algorithm: Algorithm, kind: Kind, known: &mut Option<Algorithm>) -> Result<Algorithm, PqcStatus> {
    *known = Some(algorithm);
    if algorithm.kind() == kind { Ok(algorithm) } else { Err(PqcStatus::WrongAlgorithm) }
}

/// The memory of a result in an output slot, and where its length goes.
fn memory_in(slot: Slot<'_>, len: usize) -> Result<(&mut [u8], Option<&mut usize>), PqcStatus> {
    Ok((slot.bytes?.get_mut(..len).ok_or(PqcStatus::OutputLength)?, slot.len))
}

/// [`memory_in`] for a shared secret.
fn secret_in(slot: Slot<'_>) -> Result<(&mut [u8; SHARED_SECRET_BYTES], Option<&mut usize>), PqcStatus> {
    let (bytes, len) = memory_in(slot, SHARED_SECRET_BYTES)?;
    Ok((bytes.try_into().map_err(|_| PqcStatus::Internal)?, len))
}

/// Makes many private keys from the system's randomness, as `pqc_private_key_generate` makes one.
///
/// @param private_keys  receives `count` handles, NULL for a key that failed; free each with `pqc_private_key_free`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_private_key_generate_batch(
    algorithm: u32,
    flags: u32,
    count: usize,
    threads: u32,
    private_keys: *mut *mut PqcPrivateKey,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let outputs = (new_handles(private_keys, count), self::statuses(statuses, count));
        let ((), (mut handles, mut statuses)) = arguments((), outputs)?;
        let algorithm = Algorithm::from_id(algorithm).ok_or(PqcStatus::UnknownAlgorithm)?;
        let options = key_options(flags)?.checked()?;
        let chunks = handles.chunks_mut(chunk(algorithm.kind()));
        run((algorithm.kind(), threads), &mut statuses, chunks, |clock, _, statuses, places| {
            make_keys(algorithm, options, clock, statuses, places);
        })?;
        handles.hand_out();
        verdict(statuses)
    })
}

/// Makes the keys of a chunk.
fn make_keys(
    algorithm: Algorithm,
    options: KeyOptions,
    clock: &mut Clock,
    statuses: &mut [i32],
    places: &mut [Place<PqcPrivateKey>],
) {
    let made = generate(algorithm, options, places.len());
    let time = clock.time_each(places.len());
    hand_out_keys(algorithm, made, time, statuses, places);
}

/// A frame of its own, so that the keys that move through it take no stack while they are made.
#[inline(never)]
fn hand_out_keys(
    algorithm: Algorithm,
    made: ArrayVec<Result<PrivateKey, Error>, CHUNK>,
    time: Option<u64>,
    statuses: &mut [i32],
    places: &mut [Place<PqcPrivateKey>],
) {
    for ((key, place), status) in made.into_iter().zip(places).zip(statuses) {
        let handle = key.map_err(PqcStatus::from).and_then(PqcPrivateKey::shared);
        let outcome = handle.map_or_else(|status| status, |handle| place.put(handle));
        *status = outcome as i32;
        count_items(Action::Generate, Some(algorithm), outcome, 1, time);
    }
}

/// Makes many shared secrets and their ciphertexts, as `pqc_encapsulate` makes one, to one key or to a key for each.
///
/// @param ciphertexts     output slots of `ciphertext_bytes` of each key's PqcAlgorithmInfo
/// @param shared_secrets  output slots of 32 bytes, secret
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_encapsulate_batch(
    public_keys: *const PqcPublicKeys,
    count: usize,
    threads: u32,
    ciphertexts: *const PqcMutColumn,
    shared_secrets: *const PqcMutColumn,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let slots = (output_slots(ciphertexts, count), output_slots(shared_secrets, count));
        let outputs = (slots, self::statuses(statuses, count));
        let (keys, ((mut ciphertexts, mut secrets), mut statuses)) =
            arguments(self::public_keys(public_keys, count), outputs)?;
        let keys = keys?;
        let prepare = |number, (ciphertext, secret), known: &mut _| {
            let (key, algorithm) = public_key_of(&keys, Kind::Kem, number, known)?;
            let (ciphertext, ciphertext_len) = memory_in(ciphertext, algorithm.ciphertext_bytes())?;
            let (secret, secret_len) = secret_in(secret)?;
            let item = match key {
                ItemKey::Loaded(key) => Encapsulation::new(key, ciphertext, secret),
                ItemKey::Encoded(options, bytes) => {
                    Encapsulation::with_encoded_key(algorithm, options, bytes, ciphertext, secret)
                }
            };
            Ok((item?, [ciphertext_len, secret_len]))
        };
        let order = order_by_public_key(&keys, count);
        let chunks = ciphertexts.chunks(chunk(Kind::Kem), &order).zip(secrets.chunks(chunk(Kind::Kem), &order));
        let chunks = chunks.map(|(ciphertexts, secrets)| ciphertexts.zip(secrets));
        run_items(Action::Encapsulate, (Kind::Kem, threads, &order), &mut statuses, chunks, prepare, encapsulate_all)?;
        ciphertexts.keep();
        secrets.keep();
        order.restore(&mut statuses);
        verdict(statuses)
    })
}

/// Recovers the shared secrets of many ciphertexts, as `pqc_decapsulate` does for one, with one key or with a key for each.
///
/// @param shared_secrets  output slots of 32 bytes, secret
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_decapsulate_batch(
    private_keys: *const *const PqcPrivateKey,
    key_count: usize,
    ciphertexts: *const PqcColumn,
    count: usize,
    threads: u32,
    shared_secrets: *const PqcMutColumn,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let inputs = (keys(private_keys, key_count, count), column(ciphertexts, count));
        let outputs = (output_slots(shared_secrets, count), self::statuses(statuses, count));
        let ((keys, ciphertexts), (mut secrets, mut statuses)) = arguments(inputs, outputs)?;
        let (keys, ciphertexts) = (keys?, ciphertexts?);
        let prepare = |number, secret, known: &mut _| {
            let key = private_key_of(&keys, Kind::Kem, number, known)?;
            let ciphertext = ciphertexts.copied_item(number)?;
            let (secret, len) = secret_in(secret)?;
            Ok((Decapsulation::new(key, ciphertext, secret)?, [len, None]))
        };
        let order = order_by_private_key(&keys, count);
        let chunks = secrets.chunks(chunk(Kind::Kem), &order);
        run_items(Action::Decapsulate, (Kind::Kem, threads, &order), &mut statuses, chunks, prepare, decapsulate_all)?;
        secrets.keep();
        order.restore(&mut statuses);
        verdict(statuses)
    })
}

/// Signs many messages, as `pqc_sign` signs one, with one key or with a key for each.
///
/// @param signatures  output slots of `signature_bytes` of each key's PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_batch(
    private_keys: *const *const PqcPrivateKey,
    key_count: usize,
    messages: *const PqcColumn,
    contexts: *const PqcColumn,
    count: usize,
    flags: u32,
    threads: u32,
    signatures: *const PqcMutColumn,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let inputs = (keys(private_keys, key_count, count), [column(messages, count), column(contexts, count)]);
        let outputs = (output_slots(signatures, count), self::statuses(statuses, count));
        let ((keys, [messages, contexts]), (mut signatures, mut statuses)) = arguments(inputs, outputs)?;
        let (keys, messages, contexts) = (keys?, messages?, contexts?);
        check_flags(flags, PQC_SIGN_DETERMINISTIC)?;
        let is_hedged = flags & PQC_SIGN_DETERMINISTIC == 0;
        let prepare = |number, signature, known: &mut _| {
            let key = private_key_of(&keys, Kind::Signature, number, known)?;
            let (message, context) = (messages.item(number)?, contexts.item(number)?);
            let (signature, len) = memory_in(signature, key.algorithm().signature_bytes())?;
            Ok((Signing::new(key, message, context, signature)?, [len, None]))
        };
        let order = order_by_private_key(&keys, count);
        let chunks = signatures.chunks(chunk(Kind::Signature), &order);
        run_items(Action::Sign, (Kind::Signature, threads, &order), &mut statuses, chunks, prepare, |items| {
            sign_all(items, is_hedged);
        })?;
        signatures.keep();
        order.restore(&mut statuses);
        verdict(statuses)
    })
}

/// Verifies many signatures, as `pqc_verify` verifies one, with one key or with a key for each.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_verify_batch(
    public_keys: *const PqcPublicKeys,
    messages: *const PqcColumn,
    contexts: *const PqcColumn,
    signatures: *const PqcColumn,
    count: usize,
    threads: u32,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let signed = [messages, contexts, signatures].map(|inputs| column(inputs, count));
        let ((keys, [messages, contexts, signatures]), mut statuses) =
            arguments((self::public_keys(public_keys, count), signed), self::statuses(statuses, count))?;
        let (keys, messages, contexts, signatures) = (keys?, messages?, contexts?, signatures?);
        let prepare = |number, (), known: &mut _| {
            let (key, algorithm) = public_key_of(&keys, Kind::Signature, number, known)?;
            let (message, context, signature) =
                (messages.item(number)?, contexts.item(number)?, signatures.item(number)?);
            let item = match key {
                ItemKey::Loaded(key) => Verification::new(key, message, context, signature),
                ItemKey::Encoded(options, bytes) => {
                    Verification::with_encoded_key(algorithm, options, bytes, message, context, signature)
                }
            };
            Ok((item?, Default::default()))
        };
        let order = order_by_public_key(&keys, count);
        let no_slots = iter::repeat(iter::repeat(()));
        run_items(Action::Verify, (Kind::Signature, threads, &order), &mut statuses, no_slots, prepare, verify_all)?;
        order.restore(&mut statuses);
        verdict(statuses)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn a_panic_in_one_chunk_leaves_no_success_of_another() {
        let size = chunk(Kind::Kem);
        let mut memory = vec![7; 3 * size];
        let out = memory.as_mut_ptr();
        let status = guard(|| {
            // SAFETY: there is memory for the statuses.
            let ((), mut statuses) = arguments((), unsafe { statuses(out, 3 * size) })?;
            run((Kind::Kem, 1), &mut statuses, iter::repeat(()), |_, first, statuses, ()| {
                assert!(first < 2 * size, "on purpose");
                statuses.fill(PqcStatus::Ok as i32);
            })?;
            verdict(statuses)
        });
        assert_eq!((status, memory), (PqcStatus::Panic, vec![PqcStatus::Internal as i32; 3 * size]));
    }

    /// An item without a key, every fifth of which fails.
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
        let outcome = run_items(Action::Verify, (kind, 2, &order), &mut statuses, no_slots, prepare, |items| {
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
