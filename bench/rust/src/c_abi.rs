//! The operations of the C interface, together with the frees that belong to them.
#![allow(unsafe_code, reason = "the interface that is measured takes raw pointers")]

use crate::{BATCH, Call, DSA_SEED, KEM_SEED, M, Outcome, message, unknown};
use core::ptr;
use pqc_core::{CodePath, Engine, KeyOptions};
use pqc_ffi::columns::PqcColumn;
use pqc_ffi::key_flags::{PQC_KEY_AVX2, PQC_KEY_AVX512, PQC_KEY_LIBCRUX, PQC_KEY_PORTABLE, PQC_KEY_SIMD};
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free};
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::status::PqcStatus;

fn check(status: PqcStatus) -> Outcome<()> {
    if status == PqcStatus::Ok { Ok(()) } else { Err(format!("{status:?}")) }
}

fn flags(options: KeyOptions) -> u32 {
    let engine = match options.engine {
        Engine::Libcrux => PQC_KEY_LIBCRUX,
        Engine::Simd => PQC_KEY_SIMD,
    };
    engine
        | match options.path {
            CodePath::Portable => PQC_KEY_PORTABLE,
            CodePath::Avx2 => PQC_KEY_AVX2,
            CodePath::Avx512 => PQC_KEY_AVX512,
        }
}

/// The rows of a column; with a stride of 0, one row for all items.
const fn column(bytes: &[u8], len: usize, stride: usize) -> PqcColumn {
    PqcColumn { slices: ptr::null(), data: bytes.as_ptr(), len, stride }
}

const fn empty() -> FFIBuffer {
    FFIBuffer { data: ptr::null_mut(), len: 0, reserved: 0 }
}

/// Runs a function with an empty buffer, and frees what it put there.
fn with_buffer(fill: impl FnOnce(*mut FFIBuffer) -> PqcStatus) -> PqcStatus {
    let mut buffer = empty();
    let status = fill(&raw mut buffer);
    // SAFETY: the library filled the buffer, which is not used again.
    unsafe { ffi_buffer_free(&raw mut buffer) };
    status
}

/// What a function puts into an empty buffer.
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

/// The handles of a pair and of its public key, needed until the process ends and so never freed.
struct Keys<Pair, Public> {
    id: u32,
    flags: u32,
    pair: *mut Pair,
    public_key: *mut Public,
}

type Kem = Keys<MlKemKeyPair, MlKemPublicKey>;

impl Kem {
    fn new(id: u32, options: KeyOptions) -> Outcome<Self> {
        let mut keys = Self { id, flags: flags(options), pair: ptr::null_mut(), public_key: ptr::null_mut() };
        // SAFETY: the seed is readable, the outputs are writable, and the handle comes from the library.
        unsafe {
            check(mlkem_keypair_from_seed(id, keys.flags, KEM_SEED.as_ptr(), KEM_SEED.len(), &raw mut keys.pair))?;
            check(mlkem_keypair_public_key(keys.pair, &raw mut keys.public_key))?;
        }
        Ok(keys)
    }

    fn generate(&self) -> PqcStatus {
        let mut pair = ptr::null_mut();
        // SAFETY: the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status = mlkem_keypair_generate(self.id, self.flags, &raw mut pair);
            mlkem_keypair_free(pair);
            status
        }
    }

    fn load(&self) -> PqcStatus {
        let mut pair = ptr::null_mut();
        // SAFETY: the seed is readable, the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status = mlkem_keypair_from_seed(self.id, self.flags, KEM_SEED.as_ptr(), KEM_SEED.len(), &raw mut pair);
            mlkem_keypair_free(pair);
            status
        }
    }

    fn load_public(&self, encoded: &[u8]) -> PqcStatus {
        let mut key = ptr::null_mut();
        // SAFETY: the input is readable, the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status =
                mlkem_public_key_from_bytes(self.id, self.flags, encoded.as_ptr(), encoded.len(), &raw mut key);
            mlkem_public_key_free(key);
            status
        }
    }

    fn encapsulate(&self) -> PqcStatus {
        with_buffer(|ciphertext| {
            // SAFETY: the handle is alive, and the outputs are writable.
            with_buffer(|secret| unsafe { mlkem_encapsulate(self.public_key, ciphertext, secret) })
        })
    }

    fn encapsulate_derand(&self, ciphertext: *mut FFIBuffer) -> PqcStatus {
        with_buffer(|secret| {
            // SAFETY: the handle is alive, the input is readable, and the outputs are writable.
            unsafe { mlkem_encapsulate_derand(self.public_key, M.as_ptr(), M.len(), ciphertext, secret) }
        })
    }

    fn encapsulate_batch(&self) -> PqcStatus {
        let (keys, mut statuses) = ([self.public_key.cast_const()], [0; BATCH]);
        with_buffer(|ciphertexts| {
            // SAFETY: the handle is alive, and the outputs are writable.
            with_buffer(|secrets| unsafe {
                mlkem_encapsulate_batch(keys.as_ptr(), 1, BATCH, 1, ciphertexts, secrets, statuses.as_mut_ptr())
            })
        })
    }

    fn decapsulate_batch(&self, ciphertext: &[u8]) -> PqcStatus {
        let (keys, mut statuses) = ([self.pair.cast_const()], [0; BATCH]);
        let column = column(ciphertext, ciphertext.len(), 0);
        // SAFETY: the handle is alive, the column readable, and the outputs are writable.
        with_buffer(|secrets| unsafe {
            mlkem_decapsulate_batch(keys.as_ptr(), 1, &raw const column, BATCH, 1, secrets, statuses.as_mut_ptr())
        })
    }

    fn decapsulate(&self, ciphertext: &[u8]) -> PqcStatus {
        with_buffer(|secret| {
            // SAFETY: the handle is alive, the ciphertext readable and the output writable.
            unsafe { mlkem_decapsulate(self.pair, ciphertext.as_ptr(), ciphertext.len(), secret) }
        })
    }
}

pub(crate) fn kem(operation: &str, id: u32, options: KeyOptions) -> Outcome<Call> {
    let keys = Kem::new(id, options)?;
    // SAFETY: the handle is alive and the output writable.
    let encoded = bytes(|out| unsafe { mlkem_public_key_bytes(keys.public_key, out) })?;
    let ciphertext = bytes(|out| keys.encapsulate_derand(out))?;
    let call: Box<dyn Fn() -> PqcStatus> = match operation {
        "keygen" => Box::new(move || keys.generate()),
        "load" => Box::new(move || keys.load()),
        "load_public" => Box::new(move || keys.load_public(&encoded)),
        "encapsulate" => Box::new(move || keys.encapsulate()),
        "encapsulate_derand" => Box::new(move || with_buffer(|out| keys.encapsulate_derand(out))),
        "decapsulate" => Box::new(move || keys.decapsulate(&ciphertext)),
        "encapsulate_batch" => Box::new(move || keys.encapsulate_batch()),
        "decapsulate_batch" => Box::new(move || keys.decapsulate_batch(&ciphertext)),
        _ => return unknown(operation),
    };
    Ok(Box::new(move |_| call() == PqcStatus::Ok))
}

type Dsa = Keys<MlDsaKeyPair, MlDsaPublicKey>;

impl Dsa {
    fn new(id: u32, options: KeyOptions) -> Outcome<Self> {
        let mut keys = Self { id, flags: flags(options), pair: ptr::null_mut(), public_key: ptr::null_mut() };
        // SAFETY: the seed is readable, the outputs are writable, and the handle comes from the library.
        unsafe {
            check(mldsa_keypair_from_seed(id, keys.flags, DSA_SEED.as_ptr(), DSA_SEED.len(), &raw mut keys.pair))?;
            check(mldsa_keypair_public_key(keys.pair, &raw mut keys.public_key))?;
        }
        Ok(keys)
    }

    fn generate(&self) -> PqcStatus {
        let mut pair = ptr::null_mut();
        // SAFETY: the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status = mldsa_keypair_generate(self.id, self.flags, &raw mut pair);
            mldsa_keypair_free(pair);
            status
        }
    }

    fn load(&self) -> PqcStatus {
        let mut pair = ptr::null_mut();
        // SAFETY: the seed is readable, the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status = mldsa_keypair_from_seed(self.id, self.flags, DSA_SEED.as_ptr(), DSA_SEED.len(), &raw mut pair);
            mldsa_keypair_free(pair);
            status
        }
    }

    fn load_public(&self, encoded: &[u8]) -> PqcStatus {
        let mut key = ptr::null_mut();
        // SAFETY: the input is readable, the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status =
                mldsa_public_key_from_bytes(self.id, self.flags, encoded.as_ptr(), encoded.len(), &raw mut key);
            mldsa_public_key_free(key);
            status
        }
    }

    fn sign(&self, number: u64, signature: *mut FFIBuffer) -> PqcStatus {
        let m = message(number);
        // SAFETY: the handle is alive, the message readable and the output writable.
        unsafe { mldsa_sign(self.pair, m.as_ptr(), m.len(), ptr::null(), 0, MLDSA_SIGN_DETERMINISTIC, signature) }
    }

    fn sign_batch(&self, signatures: *mut FFIBuffer) -> PqcStatus {
        let mut messages = [0; BATCH * size_of::<u64>()];
        for (number, room) in (0..).zip(messages.chunks_exact_mut(size_of::<u64>())) {
            room.copy_from_slice(&message(number));
        }
        let (keys, mut statuses) = ([self.pair.cast_const()], [0; BATCH]);
        let columns = [column(&messages, size_of::<u64>(), size_of::<u64>()), column(&[], 0, 0)];
        let [m, c] = columns.each_ref().map(ptr::from_ref);
        let out = statuses.as_mut_ptr();
        // SAFETY: the handle is alive, the columns are readable and the outputs writable.
        unsafe { mldsa_sign_batch(keys.as_ptr(), 1, m, c, BATCH, MLDSA_SIGN_DETERMINISTIC, 1, signatures, out) }
    }

    fn verify_batch(&self, signature: &[u8]) -> PqcStatus {
        let (m, keys, mut statuses) = (message(0), [self.public_key.cast_const()], [0; BATCH]);
        let columns = [column(&m, m.len(), 0), column(&[], 0, 0), column(signature, signature.len(), 0)];
        let [m, c, s] = columns.each_ref().map(ptr::from_ref);
        // SAFETY: the handle is alive, the columns are readable and the output writable.
        unsafe { mldsa_verify_batch(keys.as_ptr(), 1, m, c, s, BATCH, 1, statuses.as_mut_ptr()) }
    }

    fn verify(&self, signature: &[u8]) -> PqcStatus {
        let m = message(0);
        // SAFETY: the handle is alive and the inputs are readable.
        unsafe {
            mldsa_verify(self.public_key, m.as_ptr(), m.len(), ptr::null(), 0, signature.as_ptr(), signature.len())
        }
    }
}

pub(crate) fn dsa(operation: &str, id: u32, options: KeyOptions) -> Outcome<Call> {
    let keys = Dsa::new(id, options)?;
    // SAFETY: the handle is alive and the output writable.
    let encoded = bytes(|out| unsafe { mldsa_public_key_bytes(keys.public_key, out) })?;
    let signature = bytes(|out| keys.sign(0, out))?;
    let call: Box<dyn Fn(u64) -> PqcStatus> = match operation {
        "keygen" => Box::new(move |_| keys.generate()),
        "load" => Box::new(move |_| keys.load()),
        "load_public" => Box::new(move |_| keys.load_public(&encoded)),
        "sign" => Box::new(move |number| with_buffer(|out| keys.sign(number, out))),
        "verify" => Box::new(move |_| keys.verify(&signature)),
        "sign_batch" => Box::new(move |_| with_buffer(|out| keys.sign_batch(out))),
        "verify_batch" => Box::new(move |_| keys.verify_batch(&signature)),
        _ => return unknown(operation),
    };
    Ok(Box::new(move |number| call(number) == PqcStatus::Ok))
}
