//! Batches of ML-KEM (FIPS 203): many keys made, secrets encapsulated and decapsulated in one call.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; columns.rs turns them into references")]

use crate::batch::{Refusal, Room, Rows, run, verdict, work};
use crate::boundary::{arguments, guard, slot};
use crate::calls::{count_items, start_of_times, time_each};
use crate::columns::{Column, Keys, PqcColumn, column, keys};
use crate::memory::FFIBuffer;
use crate::mlkem_ffi::{self, MLKEM_SHAREDSECRETBYTES, MlKemKeyPair, MlKemPublicKey};
use crate::operation::Action;
use crate::rooms::{PqcRooms, output_slots};
use crate::settings::key_options;
use crate::slots::{Place, new_handles, statuses};
use crate::status::PqcStatus;
use pqc_core::batch::{
    Decapsulation, Encapsulation, KEM_CHUNK as MLKEM_PIECE, decapsulate_all, encapsulate_all, generate as generate_all,
};
use pqc_core::{Algorithm, KeyOptions, Kind, Memory};

/// Makes many key pairs from the system's randomness, as `mlkem_keypair_generate` makes one.
///
/// @param parameter_set  512, 768 or 1024
/// @param flags          0 or PQC_KEY_*, for each of them
/// @param count          how many
/// @param threads        how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param key_pairs      receives `count` handles, NULL for one that could not be made; end each with `mlkem_keypair_free`
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
pub unsafe extern "C" fn mlkem_keypair_generate_batch(
    parameter_set: u32,
    flags: u32,
    count: usize,
    threads: u32,
    key_pairs: *mut *mut MlKemKeyPair,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let outputs = (new_handles(key_pairs, count), self::statuses(statuses, count));
        let ((), (mut handles, mut statuses)) = arguments((), outputs)?;
        let set = mlkem_ffi::set_of(parameter_set)?;
        let options = key_options(flags)?.checked()?;
        let pieces = statuses.chunks_mut(MLKEM_PIECE).zip(handles.places().chunks_mut(MLKEM_PIECE));
        run(threads, count, MLKEM_PIECE, pieces, |(statuses, places)| generate(set, options, statuses, places))?;
        handles.hand_out();
        verdict(statuses)
    })
}

/// Makes the key pairs of a piece.
fn generate(set: Algorithm, options: KeyOptions, statuses: &mut [i32], places: &mut [Place<MlKemKeyPair>]) {
    let start = start_of_times();
    let made = generate_all(set, options, places.len());
    let time = time_each(start, places.len());
    for ((pair, place), status) in made.into_iter().zip(places).zip(statuses) {
        let handle = pair.map_err(PqcStatus::from).and_then(MlKemKeyPair::shared);
        let outcome = handle.map_or_else(|status| status, |handle| place.put(handle));
        *status = outcome as i32;
        count_items(Action::Generate, Some(set), outcome, 1, time);
    }
}

/// Makes many shared secrets and their ciphertexts, as `mlkem_encapsulate` makes one, with one key or with a key for each.
///
/// Both results are rows of one buffer each, in the order of the items. A row of ciphertexts has as many bytes as the
/// longest ciphertext of the batch, which is `ciphertexts->len / count`; a shared secret has 32. The rows of an item which
/// failed are zeros. The shared secrets are secret.
///
/// @param public_keys     the encapsulation keys
/// @param key_count       how many: 1, or as many as there are items
/// @param count           how many items there are
/// @param threads         how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param ciphertexts     receives the ciphertexts; free them with `ffi_buffer_free`
/// @param shared_secrets  receives the shared secrets; free them with `ffi_buffer_free`
/// @param statuses        receives the status of each item, `count` numbers, as `mlkem_encapsulate` would return it
/// @return PQC_STATUS_OK                 all were made
/// @return PQC_STATUS_BATCH_ITEMS        some were not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_BATCH_COUNT        key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT       threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG     what is to be returned is greater than any object can be
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory for the rows
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate_batch(
    public_keys: *const *const MlKemPublicKey,
    key_count: usize,
    count: usize,
    threads: u32,
    ciphertexts: *mut FFIBuffer,
    shared_secrets: *mut FFIBuffer,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let outputs = ((slot(ciphertexts), slot(shared_secrets)), self::statuses(statuses, count));
        let (keys, ((ciphertexts, shared_secrets), mut statuses)) =
            arguments(keys(public_keys, key_count, count), outputs)?;
        let keys = keys?;
        let row = keys.iter().map(|key| key.key.algorithm().ciphertext_bytes()).max().unwrap_or(1);
        let mut made = Encapsulated::zeroed(memory_for(keys.iter().map(|key| key.key.options())), count, row)?;
        encapsulate(
            threads,
            &mut statuses,
            made.ciphertexts.pieces(MLKEM_PIECE),
            made.secrets.pieces(MLKEM_PIECE),
            with(&keys),
        )?;
        ciphertexts.put(made.ciphertexts.into_ffi());
        shared_secrets.put(made.secrets.into_ffi());
        verdict(statuses)
    })
}

/// Makes many shared secrets and their ciphertexts as `mlkem_encapsulate_batch` does, into memory of the caller, which the
/// library neither allocates nor frees.
///
/// @param public_keys     the encapsulation keys
/// @param key_count       how many: 1, or as many as there are items
/// @param count           how many items there are
/// @param threads         how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param ciphertexts     where each ciphertext of MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes goes
/// @param shared_secrets  where each shared secret of MLKEM_SHAREDSECRETBYTES (32) bytes goes, secret: wipe them after use
/// @param statuses        receives the status of each item, `count` numbers, as `mlkem_encapsulate_into` would return it;
///                        both outputs of an item which failed are zeros
/// @return PQC_STATUS_OK                 all were made
/// @return PQC_STATUS_BATCH_ITEMS        some were not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_BATCH_COUNT        key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT       threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG     the keys or the items are more than any array can hold
/// @return PQC_STATUS_OUTPUT_LENGTH      the stride is below len, or the rooms are greater than any object can be
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate_batch_into(
    public_keys: *const *const MlKemPublicKey,
    key_count: usize,
    count: usize,
    threads: u32,
    ciphertexts: *const PqcRooms,
    shared_secrets: *const PqcRooms,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let slots = (output_slots(ciphertexts, count), output_slots(shared_secrets, count));
        let (keys, ((mut ciphertexts, mut secrets), mut statuses)) =
            arguments(keys(public_keys, key_count, count), (slots, self::statuses(statuses, count)))?;
        let keys = keys?;
        encapsulate(threads, &mut statuses, ciphertexts.pieces(MLKEM_PIECE), secrets.pieces(MLKEM_PIECE), with(&keys))?;
        ciphertexts.keep();
        secrets.keep();
        verdict(statuses)
    })
}

/// Makes many shared secrets and their ciphertexts as `mlkem_encapsulate_batch` does, with an encoded encapsulation key for
/// each, whose length tells its parameter set.
///
/// @param flags           0 or PQC_KEY_*, for the keys
/// @param public_keys     the encoded keys, of MLKEM*_PUBLICKEYBYTES (800, 1184 or 1568) bytes
/// @param count           how many items there are
/// @param threads         how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param ciphertexts     receives the ciphertexts; free them with `ffi_buffer_free`
/// @param shared_secrets  receives the shared secrets; free them with `ffi_buffer_free`
/// @param statuses        receives the status of each item, `count` numbers: that of loading its key or of
///                        `mlkem_encapsulate`
/// @return PQC_STATUS_OK                     all were made
/// @return PQC_STATUS_BATCH_ITEMS            some were not: see statuses, where other returns leave INTERNAL
/// @return PQC_STATUS_NULL_POINTER           a pointer is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two code paths
/// @return PQC_STATUS_THREAD_COUNT           threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG         the column, or what is to be returned, is greater than any object can be
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor lacks the code path
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory for the rows
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT      no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate_encoded_batch(
    flags: u32,
    public_keys: *const PqcColumn,
    count: usize,
    threads: u32,
    ciphertexts: *mut FFIBuffer,
    shared_secrets: *mut FFIBuffer,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let outputs = ((slot(ciphertexts), slot(shared_secrets)), self::statuses(statuses, count));
        let (keys, ((ciphertexts, shared_secrets), mut statuses)) = arguments(column(public_keys, count), outputs)?;
        let keys = keys?;
        let options = key_options(flags)?.checked()?;
        let sets = (0..count).filter_map(|number| set_of(keys.item(number).ok()?));
        let row = sets.map(Algorithm::ciphertext_bytes).max().unwrap_or(1);
        let mut made = Encapsulated::zeroed(options.memory, count, row)?;
        let item = with_encoded(&keys, options);
        encapsulate(
            threads,
            &mut statuses,
            made.ciphertexts.pieces(MLKEM_PIECE),
            made.secrets.pieces(MLKEM_PIECE),
            item,
        )?;
        ciphertexts.put(made.ciphertexts.into_ffi());
        shared_secrets.put(made.secrets.into_ffi());
        verdict(statuses)
    })
}

/// Makes many shared secrets and their ciphertexts as `mlkem_encapsulate_encoded_batch` does, into memory of the caller, which
/// the library neither allocates nor frees.
///
/// @param flags           0 or PQC_KEY_*, for the keys; where the secrets are is for the caller to say
/// @param public_keys     the encoded keys, of MLKEM*_PUBLICKEYBYTES (800, 1184 or 1568) bytes
/// @param count           how many items there are
/// @param threads         how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param ciphertexts     where each ciphertext of MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes goes
/// @param shared_secrets  where each shared secret of MLKEM_SHAREDSECRETBYTES (32) bytes goes, secret: wipe them after use
/// @param statuses        receives the status of each item, `count` numbers: that of loading its key or of
///                        `mlkem_encapsulate_into`; both outputs of an item which failed are zeros
/// @return PQC_STATUS_OK                     all were made
/// @return PQC_STATUS_BATCH_ITEMS            some were not: see statuses, where other returns leave INTERNAL
/// @return PQC_STATUS_NULL_POINTER           a pointer is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two code paths
/// @return PQC_STATUS_THREAD_COUNT           threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG         the column or an array of count values is greater than any object can be
/// @return PQC_STATUS_OUTPUT_LENGTH          the stride is below len, or the rooms are greater than any object can be
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor lacks the code path
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate_encoded_batch_into(
    flags: u32,
    public_keys: *const PqcColumn,
    count: usize,
    threads: u32,
    ciphertexts: *const PqcRooms,
    shared_secrets: *const PqcRooms,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let slots = (output_slots(ciphertexts, count), output_slots(shared_secrets, count));
        let (keys, ((mut ciphertexts, mut secrets), mut statuses)) =
            arguments(column(public_keys, count), (slots, self::statuses(statuses, count)))?;
        let keys = keys?;
        let item = with_encoded(&keys, key_options(flags)?.checked()?);
        encapsulate(threads, &mut statuses, ciphertexts.pieces(MLKEM_PIECE), secrets.pieces(MLKEM_PIECE), item)?;
        ciphertexts.keep();
        secrets.keep();
        verdict(statuses)
    })
}

/// The set of an encoded key.
fn set_of(key: &[u8]) -> Option<Algorithm> {
    Algorithm::of_public_key(Kind::Kem, key.len())
}

/// What both functions that encapsulate into their own memory give.
struct Encapsulated {
    ciphertexts: Rows,
    secrets: Rows,
}

impl Encapsulated {
    /// Rows of zeros, those of the ciphertexts of `row` bytes.
    fn zeroed(memory: Memory, count: usize, row: usize) -> Result<Self, PqcStatus> {
        let ciphertexts = Rows::zeroed(Memory::Heap, count, row)?;
        Ok(Self { ciphertexts, secrets: Rows::zeroed(memory, count, MLKEM_SHAREDSECRETBYTES)? })
    }
}

/// What makes an item of its number and of the rooms for its ciphertext and its secret, with a key.
fn with<'a>(
    keys: &Keys<'a, MlKemPublicKey>,
) -> impl Fn(usize, [Room<'a>; 2]) -> Result<Encapsulation<'a>, Refusal> + Sync {
    |number, rooms| {
        let key = &keys.item(number).map_err(|status| Refusal(None, status))?.key;
        let (ciphertext, secret) = outputs_in(rooms, key.algorithm())?;
        Encapsulation::new(key, ciphertext, secret).map_err(|error| Refusal(Some(key.algorithm()), error.into()))
    }
}

/// The same with an encoded key.
fn with_encoded<'a>(
    keys: &Column<'a>,
    options: KeyOptions,
) -> impl Fn(usize, [Room<'a>; 2]) -> Result<Encapsulation<'a>, Refusal> + Sync {
    move |number, rooms| {
        let key = keys.item(number).map_err(|status| Refusal(None, status))?;
        let set = set_of(key).ok_or(Refusal(None, PqcStatus::PublicKeyLength))?;
        let (ciphertext, secret) = outputs_in(rooms, set)?;
        let made = Encapsulation::with_encoded_key(set, options, key, ciphertext, secret);
        made.map_err(|error| Refusal(Some(set), error.into()))
    }
}

/// The outputs of an item, of the sizes that they have.
fn outputs_in<'a>(
    [ciphertext, secret]: [Room<'a>; 2],
    set: Algorithm,
) -> Result<(&'a mut [u8], &'a mut Secret), Refusal> {
    let refused = |status| Refusal(Some(set), status);
    let ciphertext = ciphertext.map_err(refused)?.get_mut(..set.ciphertext_bytes());
    let secret = secret.map_err(refused)?.first_chunk_mut();
    ciphertext.zip(secret).ok_or(refused(PqcStatus::OutputLength))
}

/// Encapsulates for the items.
fn encapsulate<'a>(
    threads: u32,
    statuses: &mut [i32],
    ciphertexts: impl Iterator<Item: Iterator<Item = Room<'a>>> + Send,
    secrets: impl Iterator<Item: Iterator<Item = Room<'a>>> + Send,
    item: impl Fn(usize, [Room<'a>; 2]) -> Result<Encapsulation<'a>, Refusal> + Sync,
) -> Result<(), PqcStatus> {
    let count = statuses.len();
    let pieces = statuses.chunks_mut(MLKEM_PIECE).zip(ciphertexts.zip(secrets)).enumerate();
    run(threads, count, MLKEM_PIECE, pieces, |(piece, (statuses, (ciphertexts, secrets)))| {
        let rooms = ciphertexts.zip(secrets).enumerate();
        let items = rooms.map(|(place, (ciphertext, secret))| item(piece * MLKEM_PIECE + place, [ciphertext, secret]));
        work::<_, MLKEM_PIECE>(Action::Encapsulate, statuses, items, encapsulate_all);
    })
}

/// Memory for a shared secret.
type Secret = [u8; MLKEM_SHAREDSECRETBYTES];

/// The memory of secrets that several keys hand out together: locked if any of the keys asks for that.
fn memory_for(mut options: impl Iterator<Item = KeyOptions>) -> Memory {
    if options.any(|options| options.memory == Memory::Locked) { Memory::Locked } else { Memory::Heap }
}

/// Recovers the shared secrets of many ciphertexts, as `mlkem_decapsulate` does for one, with one key or with a key for each.
///
/// The shared secrets are rows of 32 bytes of one buffer, one for each item in the order of the items; that of an item which
/// failed is zeros. They are secret. A ciphertext that was tampered with does not fail (implicit rejection).
///
/// @param key_pairs       the key pairs
/// @param key_count       how many: 1, or as many as there are items
/// @param ciphertexts     the ciphertexts
/// @param count           how many items there are
/// @param threads         how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param shared_secrets  receives the shared secrets; free them with `ffi_buffer_free`
/// @param statuses        receives the status of each item, `count` numbers, as `mlkem_decapsulate` would return it
/// @return PQC_STATUS_OK                 all were recovered
/// @return PQC_STATUS_BATCH_ITEMS        some were not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_BATCH_COUNT        key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT       threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG     the column, or what is to be returned, is greater than any object can be
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory for the rows
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_decapsulate_batch(
    key_pairs: *const *const MlKemKeyPair,
    key_count: usize,
    ciphertexts: *const PqcColumn,
    count: usize,
    threads: u32,
    shared_secrets: *mut FFIBuffer,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let inputs = (keys(key_pairs, key_count, count), column(ciphertexts, count));
        let ((keys, ciphertexts), (shared_secrets, mut statuses)) =
            arguments(inputs, (slot(shared_secrets), self::statuses(statuses, count)))?;
        let (keys, ciphertexts) = (keys?, ciphertexts?);
        let memory = memory_for(keys.iter().map(|key| key.key.options()));
        let mut secrets = Rows::zeroed(memory, count, MLKEM_SHAREDSECRETBYTES)?;
        decapsulate(threads, &mut statuses, (&keys, &ciphertexts), secrets.pieces(MLKEM_PIECE))?;
        shared_secrets.put(secrets.into_ffi());
        verdict(statuses)
    })
}

/// Recovers the shared secrets of many ciphertexts as `mlkem_decapsulate_batch` does, into memory of the caller, which the
/// library neither allocates nor frees.
///
/// @param key_pairs       the key pairs
/// @param key_count       how many: 1, or as many as there are items
/// @param ciphertexts     the ciphertexts
/// @param count           how many items there are
/// @param threads         how many threads may work, 1 to 256; 0 leaves it to QYNAUTH_PQC_THREADS or the processors
/// @param shared_secrets  where each shared secret of MLKEM_SHAREDSECRETBYTES (32) bytes goes, secret: wipe them after use;
///                        zeros for an item which failed
/// @param statuses        receives the status of each item, `count` numbers, as `mlkem_decapsulate_into` would return it
/// @return PQC_STATUS_OK                 all were recovered
/// @return PQC_STATUS_BATCH_ITEMS        some were not: see statuses, where other returns leave PQC_STATUS_INTERNAL
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_BATCH_COUNT        key_count is neither 1 nor count
/// @return PQC_STATUS_THREAD_COUNT       threads, or the variable, is not a number in these bounds
/// @return PQC_STATUS_INPUT_TOO_LONG     the column or an array of count values is greater than any object can be
/// @return PQC_STATUS_OUTPUT_LENGTH      the stride is below len, or the rooms are greater than any object can be
///
/// # Safety
/// Each pointer is NULL or valid for its type and for `count` or `key_count` values during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_decapsulate_batch_into(
    key_pairs: *const *const MlKemKeyPair,
    key_count: usize,
    ciphertexts: *const PqcColumn,
    count: usize,
    threads: u32,
    shared_secrets: *const PqcRooms,
    statuses: *mut i32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let inputs = (keys(key_pairs, key_count, count), column(ciphertexts, count));
        let ((keys, ciphertexts), (mut secrets, mut statuses)) =
            arguments(inputs, (output_slots(shared_secrets, count), self::statuses(statuses, count)))?;
        let (keys, ciphertexts) = (keys?, ciphertexts?);
        decapsulate(threads, &mut statuses, (&keys, &ciphertexts), secrets.pieces(MLKEM_PIECE))?;
        secrets.keep();
        verdict(statuses)
    })
}

/// Decapsulates the items.
fn decapsulate<'a>(
    threads: u32,
    statuses: &mut [i32],
    (keys, ciphertexts): (&Keys<'a, MlKemKeyPair>, &Column<'a>),
    secrets: impl Iterator<Item: Iterator<Item = Room<'a>>> + Send,
) -> Result<(), PqcStatus> {
    let item = |number, secret: Room<'a>| {
        let key = &keys.item(number).map_err(|status| Refusal(None, status))?.key;
        let refused = |status| Refusal(Some(key.algorithm()), status);
        let ciphertext = ciphertexts.item(number).map_err(refused)?;
        let secret = secret.map_err(refused)?.first_chunk_mut().ok_or(refused(PqcStatus::OutputLength))?;
        Decapsulation::new(key, ciphertext, secret).map_err(|error| refused(error.into()))
    };
    let count = statuses.len();
    let pieces = statuses.chunks_mut(MLKEM_PIECE).zip(secrets).enumerate();
    run(threads, count, MLKEM_PIECE, pieces, |(piece, (statuses, secrets))| {
        let items = secrets.enumerate().map(|(place, secret)| item(piece * MLKEM_PIECE + place, secret));
        work::<_, MLKEM_PIECE>(Action::Decapsulate, statuses, items, decapsulate_all);
    })
}
