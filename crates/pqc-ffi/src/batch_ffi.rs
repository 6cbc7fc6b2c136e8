//! Batches: many keys made, secrets encapsulated and decapsulated, messages signed and signatures verified in one call.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; inputs.rs turns them into references")]

use crate::batch::{
    ItemKey, memory_in, order_by_private_key, order_by_public_key, private_key_of, public_key_of, run, run_items,
    secret_in, signing_chunk, verdict,
};
use crate::boundary::{arguments, check_flags, guard};
use crate::counting::{Clock, count_items};
use crate::inputs::{PqcColumn, PqcPublicKeys, column, keys, public_keys};
use crate::key_ffi::PqcPrivateKey;
use crate::operation::Action;
use crate::outputs::{HandleSlot, PqcMutColumn, new_handles, output_slots, statuses};
use crate::settings::key_options;
use crate::signature_ffi::PQC_SIGN_DETERMINISTIC;
use crate::status::PqcStatus;
use arrayvec::ArrayVec;
use core::iter;
use pqc_core::batch::{
    self, CHUNK, Decapsulation, Encapsulation, Signing, Verification, chunk, chunk_of_private, decapsulate_all,
    encapsulate_all, generate, sign_all, verify_all,
};
use pqc_core::{Algorithm, Error, KeyOptions, Kind, PrivateKey};

/// The most threads that work on a batch.
pub const PQC_MAX_THREADS: u32 = 256;
const _: () = assert!(PQC_MAX_THREADS as usize == batch::MAX_THREADS);

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
        let size = chunk_of_private(algorithm);
        let chunks = handles.chunks_mut(size);
        run((size, threads), &mut statuses, chunks, |clock, _, statuses, slots| {
            make_keys(algorithm, options, clock, statuses, slots);
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
    slots: &mut [HandleSlot<PqcPrivateKey>],
) {
    let keys = generate(algorithm, options, slots.len());
    let time = clock.time_each(slots.len());
    hand_out_keys(algorithm, keys, time, statuses, slots);
}

/// A separate frame, so that the keys that move through it take no stack while they are made.
#[inline(never)]
fn hand_out_keys(
    algorithm: Algorithm,
    keys: ArrayVec<Result<PrivateKey, Error>, CHUNK>,
    time: Option<u64>,
    statuses: &mut [i32],
    slots: &mut [HandleSlot<PqcPrivateKey>],
) {
    for ((key, slot), status) in keys.into_iter().zip(slots).zip(statuses) {
        let handle = key.map_err(PqcStatus::from).and_then(PqcPrivateKey::shared);
        let outcome = handle.map_or_else(|status| status, |handle| slot.put(handle));
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
        let prepare = |number, (ciphertext, secret), item_algorithm: &mut _| {
            let (key, algorithm) = public_key_of(&keys, Kind::Kem, number, item_algorithm)?;
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
        run_items(
            Action::Encapsulate,
            (chunk(Kind::Kem), threads, &order),
            &mut statuses,
            chunks,
            prepare,
            encapsulate_all,
        )?;
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
        let prepare = |number, secret, item_algorithm: &mut _| {
            let key = private_key_of(&keys, Kind::Kem, number, item_algorithm)?;
            let ciphertext = ciphertexts.copied_item(number)?;
            let (secret, len) = secret_in(secret)?;
            Ok((Decapsulation::new(key, ciphertext, secret)?, [len, None]))
        };
        let order = order_by_private_key(&keys, count);
        let chunks = secrets.chunks(chunk(Kind::Kem), &order);
        run_items(
            Action::Decapsulate,
            (chunk(Kind::Kem), threads, &order),
            &mut statuses,
            chunks,
            prepare,
            decapsulate_all,
        )?;
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
        let prepare = |number, signature, item_algorithm: &mut _| {
            let key = private_key_of(&keys, Kind::Signature, number, item_algorithm)?;
            let (message, context) = (messages.item(number)?, contexts.item(number)?);
            let (signature, len) = memory_in(signature, key.algorithm().signature_bytes())?;
            Ok((Signing::new(key, message, context, signature)?, [len, None]))
        };
        let order = order_by_private_key(&keys, count);
        let size = signing_chunk(&keys);
        let chunks = signatures.chunks(size, &order);
        run_items(Action::Sign, (size, threads, &order), &mut statuses, chunks, prepare, |items| {
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
        let prepare = |number, (), item_algorithm: &mut _| {
            let (key, algorithm) = public_key_of(&keys, Kind::Signature, number, item_algorithm)?;
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
        run_items(
            Action::Verify,
            (chunk(Kind::Signature), threads, &order),
            &mut statuses,
            no_slots,
            prepare,
            verify_all,
        )?;
        order.restore(&mut statuses);
        verdict(statuses)
    })
}
