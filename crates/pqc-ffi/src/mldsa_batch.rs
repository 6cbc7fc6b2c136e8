//! Batches of ML-DSA (FIPS 204): many keys made, messages signed and signatures verified in one call.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; columns.rs turns them into references")]

use crate::batch::{Refusal, Room, Rows, run, verdict, work};
use crate::boundary::{arguments, check_flags, guard, slot};
use crate::calls::{count_items, start_of_times, time_each};
use crate::columns::{Column, Keys, PqcColumn, column, keys};
use crate::memory::FFIBuffer;
use crate::mldsa_ffi::{MLDSA_SIGN_DETERMINISTIC, MlDsaKeyPair, MlDsaPublicKey, set_of};
use crate::operation::Action;
use crate::rooms::{PqcRooms, output_slots};
use crate::settings::key_options;
use crate::slots::{NewStatuses, Place, new_handles, statuses};
use crate::status::PqcStatus;
use pqc_core::batch::{
    SIGNATURE_CHUNK as MLDSA_PIECE, Signing, Verification, generate as generate_all, sign_all, verify_all,
};
use pqc_core::{Algorithm, KeyOptions, Kind, Memory};

/// Makes many key pairs from the system's randomness, as `mldsa_keypair_generate` makes one.
///
/// @param parameter_set  44, 65 or 87
/// @param flags          0 or PQC_KEY_*, for each of them
/// @param count          how many
/// @param threads        how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param key_pairs      receives `count` handles, NULL for one that could not be made; end each with `mldsa_keypair_free`
/// @param statuses       receives the status of each
/// @return PQC_STATUS_OK                     all were made
/// @return PQC_STATUS_BATCH_ITEMS            some could not be made: see statuses, where other returns leave INTERNAL
/// @return PQC_STATUS_NULL_POINTER           key_pairs or statuses is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two code paths
/// @return PQC_STATUS_THREAD_COUNT           threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG         count is greater than any array can be
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor lacks the code path
///
/// # Safety
/// Each output is NULL or writable for `count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_generate_batch(
    parameter_set: u32,
    flags: u32,
    count: usize,
    threads: u32,
    key_pairs: *mut *mut MlDsaKeyPair,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let outputs = (new_handles(key_pairs, count), self::statuses(statuses, count));
        let ((), (mut handles, mut statuses)) = arguments((), outputs)?;
        let set = set_of(parameter_set)?;
        let options = key_options(flags)?.checked()?;
        let pieces = statuses.chunks_mut(MLDSA_PIECE).zip(handles.places().chunks_mut(MLDSA_PIECE));
        run(threads, count, MLDSA_PIECE, pieces, |(statuses, places)| generate(set, options, statuses, places))?;
        handles.hand_out();
        verdict(statuses)
    })
}

/// Makes the key pairs of a piece.
fn generate(set: Algorithm, options: KeyOptions, statuses: &mut [i32], places: &mut [Place<MlDsaKeyPair>]) {
    let start = start_of_times();
    let made = generate_all(set, options, places.len());
    let time = time_each(start, places.len());
    for ((pair, place), status) in made.into_iter().zip(places).zip(statuses) {
        let handle = pair.map_err(PqcStatus::from).and_then(MlDsaKeyPair::shared);
        let outcome = handle.map_or_else(|status| status, |handle| place.put(handle));
        *status = outcome as i32;
        count_items(Action::Generate, Some(set), outcome, 1, time);
    }
}

/// Signs many messages, as `mldsa_sign` signs one, with one key or with a key for each.
///
/// The signatures are rows of one buffer, one for each item in the order of the items. A row has as many bytes as the
/// longest signature that a key of the batch makes, which is `signatures->len / count`; that of an item which failed is
/// zeros.
///
/// @param key_pairs   the key pairs
/// @param key_count   how many: 1, or as many as there are items
/// @param messages    the messages
/// @param contexts    the contexts, of 0 to 255 bytes
/// @param count       how many items there are
/// @param flags       0 or MLDSA_SIGN_DETERMINISTIC
/// @param threads     how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param signatures  receives the rows; free them with `ffi_buffer_free`
/// @param statuses    receives the status of each item, `count` numbers, as `mldsa_sign` would return it
/// @return PQC_STATUS_OK              all were signed
/// @return PQC_STATUS_BATCH_ITEMS     some were not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER    a pointer is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS   flags has another bit
/// @return PQC_STATUS_BATCH_COUNT     key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT    threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG  a column, or what is to be returned, is greater than any object can be
/// @return PQC_STATUS_OUT_OF_MEMORY   no memory for the rows
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_batch(
    key_pairs: *const *const MlDsaKeyPair,
    key_count: usize,
    messages: *const PqcColumn,
    contexts: *const PqcColumn,
    count: usize,
    flags: u32,
    threads: u32,
    signatures: *mut FFIBuffer,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let inputs = (keys(key_pairs, key_count, count), [column(messages, count), column(contexts, count)]);
        let ((keys, columns), (signatures, mut statuses)) =
            arguments(inputs, (slot(signatures), self::statuses(statuses, count)))?;
        let batch = ToSign::new(keys, columns, flags)?;
        let row = batch.keys.iter().map(|key| key.key.algorithm().signature_bytes()).max().unwrap_or(1);
        let mut rows = Rows::zeroed(Memory::Heap, count, row)?;
        batch.sign(threads, &mut statuses, rows.pieces(MLDSA_PIECE))?;
        signatures.put(rows.into_ffi());
        verdict(statuses)
    })
}

/// Signs many messages as `mldsa_sign_batch` does, into memory of the caller, which the library neither allocates nor frees.
///
/// @param key_pairs   the key pairs
/// @param key_count   how many: 1, or as many as there are items
/// @param messages    the messages
/// @param contexts    the contexts, of 0 to 255 bytes
/// @param count       how many items there are
/// @param flags       0 or MLDSA_SIGN_DETERMINISTIC
/// @param threads     how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param signatures  where each signature of MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes goes; zeros for an item which
///                    failed
/// @param statuses    receives the status of each item, `count` numbers, as `mldsa_sign_into` would return it
/// @return PQC_STATUS_OK              all were signed
/// @return PQC_STATUS_BATCH_ITEMS     some were not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER    a pointer is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS   flags has another bit
/// @return PQC_STATUS_BATCH_COUNT     key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT    threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG  a column or an array of count values is greater than any object can be
/// @return PQC_STATUS_OUTPUT_LENGTH   the stride is below len, or the rooms are greater than any object can be
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_batch_into(
    key_pairs: *const *const MlDsaKeyPair,
    key_count: usize,
    messages: *const PqcColumn,
    contexts: *const PqcColumn,
    count: usize,
    flags: u32,
    threads: u32,
    signatures: *const PqcRooms,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let inputs = (keys(key_pairs, key_count, count), [column(messages, count), column(contexts, count)]);
        let ((keys, columns), (mut signatures, mut statuses)) =
            arguments(inputs, (output_slots(signatures, count), self::statuses(statuses, count)))?;
        let batch = ToSign::new(keys, columns, flags)?;
        batch.sign(threads, &mut statuses, signatures.pieces(MLDSA_PIECE))?;
        signatures.keep();
        verdict(statuses)
    })
}

/// What both functions that sign have in common: all but where the signatures go.
struct ToSign<'a> {
    keys: Keys<'a, MlDsaKeyPair>,
    messages: Column<'a>,
    contexts: Column<'a>,
    hedged: bool,
}

impl<'a> ToSign<'a> {
    fn new(
        keys: Result<Keys<'a, MlDsaKeyPair>, PqcStatus>,
        [messages, contexts]: [Result<Column<'a>, PqcStatus>; 2],
        flags: u32,
    ) -> Result<Self, PqcStatus> {
        let (keys, messages, contexts) = (keys?, messages?, contexts?);
        check_flags(flags, MLDSA_SIGN_DETERMINISTIC)?;
        Ok(Self { keys, messages, contexts, hedged: flags & MLDSA_SIGN_DETERMINISTIC == 0 })
    }

    /// Signs the items.
    fn sign(
        &self,
        threads: u32,
        statuses: &mut [i32],
        rooms: impl Iterator<Item: Iterator<Item = Room<'a>>> + Send,
    ) -> Result<(), PqcStatus> {
        let count = statuses.len();
        let pieces = statuses.chunks_mut(MLDSA_PIECE).zip(rooms).enumerate();
        run(threads, count, MLDSA_PIECE, pieces, |(piece, (statuses, rooms))| {
            let items = rooms.enumerate().map(|(place, room)| self.item(piece * MLDSA_PIECE + place, room));
            let sign = |items: &mut [Signing<'_>]| sign_all(items, self.hedged);
            work::<_, MLDSA_PIECE>(Action::Sign, statuses, items, sign);
        })
    }

    fn item(&self, number: usize, room: Room<'a>) -> Result<Signing<'a>, Refusal> {
        let key = &self.keys.item(number).map_err(|status| Refusal(None, status))?.key;
        let set = key.algorithm();
        let refused = |status| Refusal(Some(set), status);
        let message = self.messages.item(number).map_err(refused)?;
        let context = self.contexts.item(number).map_err(refused)?;
        let room = room.map_err(refused)?.get_mut(..set.signature_bytes());
        Signing::new(key, message, context, room.ok_or(refused(PqcStatus::OutputLength))?)
            .map_err(|error| refused(error.into()))
    }
}

/// Verifies many signatures, as `mldsa_verify` verifies one, with one key or with a key for each.
///
/// @param public_keys  the public keys
/// @param key_count    how many: 1, or as many as there are items
/// @param messages     the messages
/// @param contexts     the contexts, of 0 to 255 bytes
/// @param signatures   the signatures
/// @param count        how many items there are
/// @param threads      how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param statuses     receives the status of each item, `count` numbers, as `mldsa_verify` would return it
/// @return PQC_STATUS_OK              every signature is valid
/// @return PQC_STATUS_BATCH_ITEMS     some are not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER    a pointer is NULL
/// @return PQC_STATUS_BATCH_COUNT     key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT    threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG  a column or an array of count values is greater than any object can be
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_verify_batch(
    public_keys: *const *const MlDsaPublicKey,
    key_count: usize,
    messages: *const PqcColumn,
    contexts: *const PqcColumn,
    signatures: *const PqcColumn,
    count: usize,
    threads: u32,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let signed = [messages, contexts, signatures].map(|inputs| column(inputs, count));
        let ((keys, signed), statuses) =
            arguments((keys(public_keys, key_count, count), signed), self::statuses(statuses, count))?;
        let (keys, signed) = (keys?, Signed::new(signed)?);
        verify(threads, statuses, |number| {
            let key = &keys.item(number).map_err(|status| Refusal(None, status))?.key;
            let refused = |status| Refusal(Some(key.algorithm()), status);
            let [message, context, signature] = signed.item(number).map_err(refused)?;
            Verification::new(key, message, context, signature).map_err(|error| refused(error.into()))
        })
    })
}

/// Verifies many signatures as `mldsa_verify_batch` does, with an encoded key for each, whose length tells its parameter set.
///
/// For tables that hold keys and signatures. A key that is used more than a few times is better loaded once.
///
/// @param flags        0 or PQC_KEY_*, for the keys
/// @param public_keys  the encoded public keys, of MLDSA*_PUBLICKEYBYTES (1312, 1952 or 2592) bytes
/// @param messages     the messages
/// @param contexts     the contexts, of 0 to 255 bytes
/// @param signatures   the signatures
/// @param count        how many items there are
/// @param threads      how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param statuses     receives the status of each item, `count` numbers: that of loading its key or of `mldsa_verify`
/// @return PQC_STATUS_OK                     every signature is valid
/// @return PQC_STATUS_BATCH_ITEMS            some are not: see statuses, where other returns leave INTERNAL
/// @return PQC_STATUS_NULL_POINTER           a pointer is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two code paths
/// @return PQC_STATUS_THREAD_COUNT           threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG         a column or an array of count values is greater than any object can be
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor lacks the code path
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_verify_encoded_batch(
    flags: u32,
    public_keys: *const PqcColumn,
    messages: *const PqcColumn,
    contexts: *const PqcColumn,
    signatures: *const PqcColumn,
    count: usize,
    threads: u32,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let signed = [messages, contexts, signatures].map(|inputs| column(inputs, count));
        let ((keys, signed), statuses) =
            arguments((column(public_keys, count), signed), self::statuses(statuses, count))?;
        let (keys, signed) = (keys?, Signed::new(signed)?);
        let options = key_options(flags)?.checked()?;
        verify(threads, statuses, |number| {
            let key = keys.item(number).map_err(|status| Refusal(None, status))?;
            let set = Algorithm::of_public_key(Kind::Signature, key.len())
                .ok_or(Refusal(None, PqcStatus::PublicKeyLength))?;
            let refused = |status| Refusal(Some(set), status);
            let [message, context, signature] = signed.item(number).map_err(refused)?;
            Verification::with_encoded_key(set, options, key, message, context, signature)
                .map_err(|error| refused(error.into()))
        })
    })
}

/// What both functions that verify have in common: the inputs besides the keys.
struct Signed<'a>([Column<'a>; 3]);

impl<'a> Signed<'a> {
    fn new([messages, contexts, signatures]: [Result<Column<'a>, PqcStatus>; 3]) -> Result<Self, PqcStatus> {
        Ok(Self([messages?, contexts?, signatures?]))
    }

    /// Message, context and signature of an item.
    fn item(&self, number: usize) -> Result<[&'a [u8]; 3], PqcStatus> {
        let [messages, contexts, signatures] = &self.0;
        Ok([messages.item(number)?, contexts.item(number)?, signatures.item(number)?])
    }
}

/// Verifies the items.
fn verify<'a>(
    threads: u32,
    mut statuses: NewStatuses<'_>,
    item: impl Fn(usize) -> Result<Verification<'a>, Refusal> + Sync,
) -> Result<(), PqcStatus> {
    let count = statuses.len();
    let pieces = statuses.chunks_mut(MLDSA_PIECE).enumerate();
    run(threads, count, MLDSA_PIECE, pieces, |(piece, statuses)| {
        let items = (piece * MLDSA_PIECE..).take(statuses.len()).map(&item);
        work::<_, MLDSA_PIECE>(Action::Verify, statuses, items, verify_all);
    })?;
    verdict(statuses)
}
