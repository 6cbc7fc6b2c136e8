//! The operations of the C interface, together with the frees that belong to them.
#![allow(unsafe_code, reason = "the measured interface takes raw pointers")]

use crate::{BATCH, Call, M, Outcome, SEED, message, unknown};
use core::ptr;
use pqc_core::{Algorithm, KeyOptions};
use pqc_ffi::batch_ffi::{pqc_decapsulate_batch, pqc_encapsulate_batch, pqc_sign_batch, pqc_verify_batch};
use pqc_ffi::buffer_ffi::ffi_buffer_free;
use pqc_ffi::inputs::{PqcColumn, PqcPublicKeys};
use pqc_ffi::kem_ffi::{pqc_decapsulate, pqc_encapsulate};
use pqc_ffi::key_ffi::*;
use pqc_ffi::known_answer_ffi::pqc_encapsulate_derand;
use pqc_ffi::memory::FFIBuffer;
use pqc_ffi::outputs::PqcMutColumn;
use pqc_ffi::public_key_ffi::*;
use pqc_ffi::signature_ffi::{PQC_SIGN_DETERMINISTIC, pqc_sign, pqc_verify};
use pqc_ffi::status::PqcStatus;
use std::cell::RefCell;

fn check(status: PqcStatus) -> Outcome<()> {
    if status == PqcStatus::Ok { Ok(()) } else { Err(format!("{status:?}")) }
}

fn flags(options: KeyOptions) -> u32 {
    options.path.flag()
}

/// The rows of a column; with a stride of 0, one row for all items.
const fn column(bytes: &[u8], len: usize, stride: usize) -> PqcColumn {
    PqcColumn { slices: ptr::null(), data: bytes.as_ptr(), len, stride }
}

/// Output slots of one length, one behind the other.
fn slots(memory: &mut [u8]) -> PqcMutColumn {
    let len = memory.len() / BATCH;
    PqcMutColumn { slices: ptr::null(), data: memory.as_mut_ptr(), len, stride: len, lens: ptr::null_mut() }
}

const NOTHING: PqcColumn = column(&[], 0, 0);

/// Runs a function with an empty buffer, and frees the result.
fn with_buffer(fill: impl FnOnce(*mut FFIBuffer) -> PqcStatus) -> PqcStatus {
    let mut buffer = FFIBuffer { data: ptr::null_mut(), len: 0, reserved: 0 };
    let status = fill(&raw mut buffer);
    // SAFETY: the library filled the buffer, which is not used again.
    unsafe { ffi_buffer_free(&raw mut buffer) };
    status
}

/// The bytes that a function puts into an empty buffer.
fn bytes(fill: impl FnOnce(*mut FFIBuffer) -> PqcStatus) -> Outcome<Vec<u8>> {
    let mut copy = Vec::new();
    check(with_buffer(|buffer| {
        let status = fill(buffer);
        if status == PqcStatus::Ok {
            // SAFETY: the library filled the buffer with so many bytes.
            copy = unsafe { core::slice::from_raw_parts((*buffer).data, (*buffer).len) }.to_vec();
        }
        status
    }))?;
    Ok(copy)
}

/// The handles of a private key and of its public key, needed until the process ends and so never freed.
struct Keys {
    id: u32,
    flags: u32,
    seed: &'static [u8],
    private: *mut PqcPrivateKey,
    public: *mut PqcPublicKey,
}

// One `unsafe` block a method: the handles are alive, the inputs readable and the outputs writable.
impl Keys {
    fn new(algorithm: Algorithm, options: KeyOptions) -> Outcome<Self> {
        let (id, seed) = (algorithm.id(), &SEED[..algorithm.seed_bytes()]);
        let mut keys = Self { id, flags: flags(options), seed, private: ptr::null_mut(), public: ptr::null_mut() };
        // SAFETY: see above.
        unsafe {
            check(pqc_private_key_from_seed(id, keys.flags, seed.as_ptr(), seed.len(), &raw mut keys.private))?;
            check(pqc_private_key_public_key(keys.private, &raw mut keys.public))?;
        }
        Ok(keys)
    }

    fn generate(&self) -> PqcStatus {
        let mut key = ptr::null_mut();
        // SAFETY: see above.
        unsafe {
            let status = pqc_private_key_generate(self.id, self.flags, &raw mut key);
            pqc_private_key_free(key);
            status
        }
    }

    fn load(&self) -> PqcStatus {
        let mut key = ptr::null_mut();
        // SAFETY: see above.
        unsafe {
            let seed = (self.seed.as_ptr(), self.seed.len());
            let status = pqc_private_key_from_seed(self.id, self.flags, seed.0, seed.1, &raw mut key);
            pqc_private_key_free(key);
            status
        }
    }

    fn load_public(&self, encoded: &[u8]) -> PqcStatus {
        let mut key = ptr::null_mut();
        // SAFETY: see above.
        unsafe {
            let status = pqc_public_key_from_bytes(self.id, self.flags, encoded.as_ptr(), encoded.len(), &raw mut key);
            pqc_public_key_free(key);
            status
        }
    }

    fn public_keys(&self, handle: &*const PqcPublicKey) -> PqcPublicKeys {
        PqcPublicKeys {
            handles: ptr::from_ref(handle),
            handle_count: 1,
            encodings: NOTHING,
            algorithms: ptr::null(),
            algorithm_count: 0,
            flags: 0,
        }
    }

    fn encapsulate(&self) -> PqcStatus {
        // SAFETY: see above.
        with_buffer(|ciphertext| with_buffer(|secret| unsafe { pqc_encapsulate(self.public, ciphertext, secret) }))
    }

    fn encapsulate_derand(&self, ciphertext: *mut FFIBuffer) -> PqcStatus {
        // SAFETY: see above.
        with_buffer(|secret| unsafe { pqc_encapsulate_derand(self.public, M.as_ptr(), M.len(), ciphertext, secret) })
    }

    fn decapsulate(&self, ciphertext: &[u8]) -> PqcStatus {
        // SAFETY: see above.
        with_buffer(|secret| unsafe { pqc_decapsulate(self.private, ciphertext.as_ptr(), ciphertext.len(), secret) })
    }

    fn encapsulate_batch(&self, ciphertexts: &mut [u8]) -> PqcStatus {
        let (mut secrets, mut statuses, handle) = ([0; 32 * BATCH], [0; BATCH], self.public.cast_const());
        let (keys, ciphertexts, secrets) = (self.public_keys(&handle), slots(ciphertexts), slots(&mut secrets));
        // SAFETY: see above.
        unsafe {
            let (keys, out) = (&raw const keys, (&raw const ciphertexts, &raw const secrets));
            pqc_encapsulate_batch(keys, BATCH, 1, out.0, out.1, statuses.as_mut_ptr())
        }
    }

    fn decapsulate_batch(&self, ciphertext: &[u8]) -> PqcStatus {
        let (mut secrets, mut statuses, keys) = ([0; 32 * BATCH], [0; BATCH], [self.private.cast_const()]);
        let (column, secrets) = (column(ciphertext, ciphertext.len(), 0), slots(&mut secrets));
        // SAFETY: see above.
        unsafe {
            let (column, secrets) = (&raw const column, &raw const secrets);
            pqc_decapsulate_batch(keys.as_ptr(), 1, column, BATCH, 1, secrets, statuses.as_mut_ptr())
        }
    }

    fn sign(&self, number: u64, signature: *mut FFIBuffer) -> PqcStatus {
        let m = message(number);
        // SAFETY: see above.
        unsafe { pqc_sign(self.private, m.as_ptr(), m.len(), ptr::null(), 0, PQC_SIGN_DETERMINISTIC, signature) }
    }

    fn verify(&self, signature: &[u8]) -> PqcStatus {
        let m = message(0);
        // SAFETY: see above.
        unsafe { pqc_verify(self.public, m.as_ptr(), m.len(), ptr::null(), 0, signature.as_ptr(), signature.len()) }
    }

    fn sign_batch(&self, signatures: &mut [u8]) -> PqcStatus {
        let mut messages = [0; BATCH * size_of::<u64>()];
        for (number, row) in (0..).zip(messages.chunks_exact_mut(size_of::<u64>())) {
            row.copy_from_slice(&message(number));
        }
        let (keys, mut statuses, signatures) = ([self.private.cast_const()], [0; BATCH], slots(signatures));
        let m = column(&messages, size_of::<u64>(), size_of::<u64>());
        let (flags, out) = (PQC_SIGN_DETERMINISTIC, statuses.as_mut_ptr());
        // SAFETY: see above.
        unsafe {
            let (m, c, signatures) = (&raw const m, ptr::from_ref(&NOTHING), &raw const signatures);
            pqc_sign_batch(keys.as_ptr(), 1, m, c, BATCH, flags, 1, signatures, out)
        }
    }

    fn verify_batch(&self, signature: &[u8]) -> PqcStatus {
        let (m, mut statuses, handle) = (message(0), [0; BATCH], self.public.cast_const());
        let (keys, m, s) = (self.public_keys(&handle), column(&m, m.len(), 0), column(signature, signature.len(), 0));
        // SAFETY: see above.
        unsafe {
            let (keys, m, c, s) = (&raw const keys, &raw const m, ptr::from_ref(&NOTHING), &raw const s);
            pqc_verify_batch(keys, m, c, s, BATCH, 1, statuses.as_mut_ptr())
        }
    }
}

pub(crate) fn prepare(operation: &str, algorithm: Algorithm, options: KeyOptions) -> Outcome<Call> {
    let keys = Keys::new(algorithm, options)?;
    // SAFETY: the handle is alive and the output writable.
    let encoded = bytes(|out| unsafe { pqc_public_key_bytes(keys.public, out) })?;
    let output = match operation {
        "decapsulate" | "decapsulate_batch" => bytes(|out| keys.encapsulate_derand(out))?,
        "verify" | "verify_batch" => bytes(|out| keys.sign(0, out))?,
        _ => Vec::new(),
    };
    let outputs = RefCell::new(vec![0; (algorithm.ciphertext_bytes() + algorithm.signature_bytes()) * BATCH]);
    let call: Box<dyn Fn(u64) -> PqcStatus> = match operation {
        "keygen" => Box::new(move |_| keys.generate()),
        "load" => Box::new(move |_| keys.load()),
        "load_public" => Box::new(move |_| keys.load_public(&encoded)),
        "encapsulate" => Box::new(move |_| keys.encapsulate()),
        "encapsulate_derand" => Box::new(move |_| with_buffer(|out| keys.encapsulate_derand(out))),
        "decapsulate" => Box::new(move |_| keys.decapsulate(&output)),
        "encapsulate_batch" => Box::new(move |_| keys.encapsulate_batch(&mut outputs.borrow_mut())),
        "decapsulate_batch" => Box::new(move |_| keys.decapsulate_batch(&output)),
        "sign" => Box::new(move |number| with_buffer(|out| keys.sign(number, out))),
        "verify" => Box::new(move |_| keys.verify(&output)),
        "sign_batch" => Box::new(move |_| keys.sign_batch(&mut outputs.borrow_mut())),
        "verify_batch" => Box::new(move |_| keys.verify_batch(&output)),
        _ => return unknown(operation),
    };
    Ok(Box::new(move |number| call(number) == PqcStatus::Ok))
}
