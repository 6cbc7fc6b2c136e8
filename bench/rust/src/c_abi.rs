//! The operations of the C interface, together with the frees that belong to them.
#![allow(unsafe_code, reason = "the interface that is measured takes raw pointers")]

use crate::{Call, DSA_SEED, KEM_SEED, M, Outcome, message, unknown};
use core::ptr;
use pqc_core::CodePath;
use pqc_ffi::key_flags::{PQC_KEY_AVX2, PQC_KEY_AVX512, PQC_KEY_PORTABLE};
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free};
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::status::PqcStatus;

fn check(status: PqcStatus) -> Outcome<()> {
    if status == PqcStatus::Ok { Ok(()) } else { Err(format!("{status:?}")) }
}

fn flags(path: CodePath) -> u32 {
    match path {
        CodePath::Portable => PQC_KEY_PORTABLE,
        CodePath::Avx2 => PQC_KEY_AVX2,
        CodePath::Avx512 => PQC_KEY_AVX512,
    }
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
    fn new(id: u32, path: CodePath) -> Outcome<Self> {
        let mut keys = Self { id, flags: flags(path), pair: ptr::null_mut(), public_key: ptr::null_mut() };
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

    fn decapsulate(&self, ciphertext: &[u8]) -> PqcStatus {
        with_buffer(|secret| {
            // SAFETY: the handle is alive, the ciphertext readable and the output writable.
            unsafe { mlkem_decapsulate(self.pair, ciphertext.as_ptr(), ciphertext.len(), secret) }
        })
    }
}

pub(crate) fn kem(operation: &str, id: u32, path: CodePath) -> Outcome<Call> {
    let keys = Kem::new(id, path)?;
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
        _ => return unknown(operation),
    };
    Ok(Box::new(move |_| call() == PqcStatus::Ok))
}

type Dsa = Keys<MlDsaKeyPair, MlDsaPublicKey>;

impl Dsa {
    fn new(id: u32, path: CodePath) -> Outcome<Self> {
        let mut keys = Self { id, flags: flags(path), pair: ptr::null_mut(), public_key: ptr::null_mut() };
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

    fn verify(&self, signature: &[u8]) -> PqcStatus {
        let m = message(0);
        // SAFETY: the handle is alive and the inputs are readable.
        unsafe {
            mldsa_verify(self.public_key, m.as_ptr(), m.len(), ptr::null(), 0, signature.as_ptr(), signature.len())
        }
    }
}

pub(crate) fn dsa(operation: &str, id: u32, path: CodePath) -> Outcome<Call> {
    let keys = Dsa::new(id, path)?;
    // SAFETY: the handle is alive and the output writable.
    let encoded = bytes(|out| unsafe { mldsa_public_key_bytes(keys.public_key, out) })?;
    let signature = bytes(|out| keys.sign(0, out))?;
    let call: Box<dyn Fn(u64) -> PqcStatus> = match operation {
        "keygen" => Box::new(move |_| keys.generate()),
        "load" => Box::new(move |_| keys.load()),
        "load_public" => Box::new(move |_| keys.load_public(&encoded)),
        "sign" => Box::new(move |number| with_buffer(|out| keys.sign(number, out))),
        "verify" => Box::new(move |_| keys.verify(&signature)),
        _ => return unknown(operation),
    };
    Ok(Box::new(move |number| call(number) == PqcStatus::Ok))
}
