//! Batches: many keys made, secrets encapsulated and decapsulated, messages signed and signatures verified in one call.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; columns.rs turns them into references")]

use crate::boundary::{arguments, check_flags, guard};
use crate::calls::{count_items, start_of_times, time_each};
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
    self, CHUNK, Decapsulation, Encapsulation, Signing, Verification, chunk, decapsulate_all, encapsulate_all,
    generate, sign_all, verify_all,
};
use pqc_core::{Algorithm, Error, KeyOptions, Kind, PrivateKey, PublicKey, SHARED_SECRET_BYTES};

/// An item that is refused before it is worked on: its algorithm if that is known, and why.
struct Refusal(Option<Algorithm>, PqcStatus);

/// Where the lengths of the results of an item go: a ciphertext and a shared secret at most.
type Lens<'a> = [Option<&'a mut usize>; 2];

/// An item that can be worked on, with its lengths, or why not.
type Prepared<'a, I> = Result<(I, Lens<'a>), Refusal>;

/// An item that can be worked on.
trait Item {
    /// The algorithm of its key.
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

/// Works through the chunks of a batch on `threads` threads. `work` takes the number of the first item of a chunk, the statuses
/// of its items, and their outputs.
fn run<O>(
    (kind, threads): (Kind, u32),
    statuses: &mut [i32],
    outputs: impl Iterator<Item = O> + Send,
    work: impl Fn(usize, &mut [i32], O) + Sync,
) -> Result<(), PqcStatus> {
    let size = chunk(kind);
    let threads = batch::threads(usize::try_from(threads).unwrap_or(usize::MAX), statuses.len().div_ceil(size))?;
    let chunks = statuses.chunks_mut(size).zip(outputs).enumerate();
    batch::run(threads, chunks, |(number, (statuses, outputs))| work(number * size, statuses, outputs));
    Ok(())
}

/// Works through one chunk: writes the status and the lengths of each item, and counts it.
fn work<'a, I: Item>(
    action: Action,
    statuses: &mut [i32],
    items: impl Iterator<Item = Prepared<'a, I>>,
    all: impl FnOnce(&mut [I]),
) {
    let (mut ready, mut reports) = (ArrayVec::<I, CHUNK>::new(), ArrayVec::<(&mut i32, Lens<'_>), CHUNK>::new());
    for (status, item) in statuses.iter_mut().zip(items) {
        match item {
            Ok((item, lens)) => {
                ready.push(item);
                reports.push((status, lens));
            }
            Err(Refusal(algorithm, refused)) => {
                *status = refused as i32;
                count_items(action, algorithm, refused, 1, None);
            }
        }
    }
    let start = start_of_times();
    all(&mut ready);
    let time = time_each(start, ready.len());
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
    Encoded(Algorithm, KeyOptions, &'a [u8]),
}

/// The public key of an item, and its algorithm: an encoding is of an algorithm of the kind.
fn public_key_of<'a>(keys: &PublicKeys<'a>, kind: Kind, number: usize) -> Result<(ItemKey<'a>, Algorithm), Refusal> {
    let refused = |status| Refusal(None, status);
    match keys {
        PublicKeys::Handles(handles) => {
            let key = &handles.item(number).map_err(refused)?.key;
            Ok((ItemKey::Loaded(key), key.algorithm()))
        }
        PublicKeys::Encodings(encodings, options) => {
            let bytes = encodings.item(number).map_err(refused)?;
            let algorithm = Algorithm::of_public_key(kind, bytes.len());
            let algorithm = algorithm.ok_or(refused(PqcStatus::PublicKeyLength))?;
            Ok((ItemKey::Encoded(algorithm, *options, bytes), algorithm))
        }
    }
}

/// The private key of an item, and its algorithm.
fn private_key_of<'a>(keys: &Keys<'a, PqcPrivateKey>, number: usize) -> Result<(&'a PrivateKey, Algorithm), Refusal> {
    let key = &keys.item(number).map_err(|status| Refusal(None, status))?.key;
    Ok((key, key.algorithm()))
}

/// The memory of a result in an output slot, and where its length goes.
fn memory_in<'a>(slot: Slot<'a>, algorithm: Algorithm, len: usize) -> Prepared<'a, &'a mut [u8]> {
    let refused = |status| Refusal(Some(algorithm), status);
    let bytes = slot.bytes.map_err(refused)?.get_mut(..len).ok_or(refused(PqcStatus::OutputLength))?;
    Ok((bytes, [slot.len, None]))
}

/// [`memory_in`] for a shared secret.
fn secret_in(slot: Slot<'_>, algorithm: Algorithm) -> Prepared<'_, &mut [u8; SHARED_SECRET_BYTES]> {
    let (bytes, lens) = memory_in(slot, algorithm, SHARED_SECRET_BYTES)?;
    Ok((bytes.try_into().map_err(|_| Refusal(Some(algorithm), PqcStatus::Internal))?, lens))
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
        run((algorithm.kind(), threads), &mut statuses, chunks, |_, statuses, places| {
            make_keys(algorithm, options, statuses, places);
        })?;
        handles.hand_out();
        verdict(statuses)
    })
}

/// Makes the keys of a chunk.
fn make_keys(algorithm: Algorithm, options: KeyOptions, statuses: &mut [i32], places: &mut [Place<PqcPrivateKey>]) {
    let start = start_of_times();
    let made = generate(algorithm, options, places.len());
    let time = time_each(start, places.len());
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
        let item = |number, (ciphertext, secret)| {
            let (key, algorithm) = public_key_of(&keys, Kind::Kem, number)?;
            let (ciphertext, [ciphertext_len, _]) = memory_in(ciphertext, algorithm, algorithm.ciphertext_bytes())?;
            let (secret, [secret_len, _]) = secret_in(secret, algorithm)?;
            let item = match key {
                ItemKey::Loaded(key) => Encapsulation::new(key, ciphertext, secret),
                ItemKey::Encoded(algorithm, options, bytes) => {
                    Encapsulation::with_encoded_key(algorithm, options, bytes, ciphertext, secret)
                }
            };
            Ok((item.map_err(|error| Refusal(Some(algorithm), error.into()))?, [ciphertext_len, secret_len]))
        };
        let chunks = ciphertexts.chunks(chunk(Kind::Kem)).zip(secrets.chunks(chunk(Kind::Kem)));
        run((Kind::Kem, threads), &mut statuses, chunks, |first, statuses, (ciphertexts, secrets)| {
            let items = (first..).zip(ciphertexts.zip(secrets)).map(|(number, slots)| item(number, slots));
            work(Action::Encapsulate, statuses, items, encapsulate_all);
        })?;
        ciphertexts.keep();
        secrets.keep();
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
        let item = |number, secret| {
            let (key, algorithm) = private_key_of(&keys, number)?;
            let refused = |status| Refusal(Some(algorithm), status);
            let ciphertext = ciphertexts.item(number).map_err(refused)?;
            let (secret, lens) = secret_in(secret, algorithm)?;
            let item = Decapsulation::new(key, ciphertext, secret).map_err(|error| refused(error.into()))?;
            Ok((item, lens))
        };
        let chunks = secrets.chunks(chunk(Kind::Kem));
        run((Kind::Kem, threads), &mut statuses, chunks, |first, statuses, secrets| {
            let items = (first..).zip(secrets).map(|(number, secret)| item(number, secret));
            work(Action::Decapsulate, statuses, items, decapsulate_all);
        })?;
        secrets.keep();
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
        let item = |number, signature| {
            let (key, algorithm) = private_key_of(&keys, number)?;
            let refused = |status| Refusal(Some(algorithm), status);
            let message = messages.item(number).map_err(refused)?;
            let context = contexts.item(number).map_err(refused)?;
            let (signature, lens) = memory_in(signature, algorithm, algorithm.signature_bytes())?;
            let item = Signing::new(key, message, context, signature).map_err(|error| refused(error.into()))?;
            Ok((item, lens))
        };
        let chunks = signatures.chunks(chunk(Kind::Signature));
        run((Kind::Signature, threads), &mut statuses, chunks, |first, statuses, signatures| {
            let items = (first..).zip(signatures).map(|(number, signature)| item(number, signature));
            let is_hedged = flags & PQC_SIGN_DETERMINISTIC == 0;
            work(Action::Sign, statuses, items, |items: &mut [Signing<'_>]| sign_all(items, is_hedged));
        })?;
        signatures.keep();
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
        let item = |number| {
            let (key, algorithm) = public_key_of(&keys, Kind::Signature, number)?;
            let refused = |status| Refusal(Some(algorithm), status);
            let message = messages.item(number).map_err(refused)?;
            let context = contexts.item(number).map_err(refused)?;
            let signature = signatures.item(number).map_err(refused)?;
            let item = match key {
                ItemKey::Loaded(key) => Verification::new(key, message, context, signature),
                ItemKey::Encoded(algorithm, options, bytes) => {
                    Verification::with_encoded_key(algorithm, options, bytes, message, context, signature)
                }
            };
            Ok((item.map_err(|error| refused(error.into()))?, Default::default()))
        };
        run((Kind::Signature, threads), &mut statuses, iter::repeat(()), |first, statuses, ()| {
            work(Action::Verify, statuses, (first..).take(statuses.len()).map(&item), verify_all);
        })?;
        verdict(statuses)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_one_chunk_leaves_no_success_of_another() {
        let size = chunk(Kind::Kem);
        let mut memory = vec![7; 3 * size];
        let out = memory.as_mut_ptr();
        let status = guard(|| {
            // SAFETY: there is memory for the statuses.
            let ((), mut statuses) = arguments((), unsafe { statuses(out, 3 * size) })?;
            run((Kind::Kem, 1), &mut statuses, iter::repeat(()), |first, statuses, ()| {
                assert!(first < 2 * size, "on purpose");
                statuses.fill(PqcStatus::Ok as i32);
            })?;
            verdict(statuses)
        });
        assert_eq!((status, memory), (PqcStatus::Panic, vec![PqcStatus::Internal as i32; 3 * size]));
    }
}
