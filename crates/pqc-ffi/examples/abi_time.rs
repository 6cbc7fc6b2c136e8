//! Times calls of the C interface, together with the frees that belong to them, for bench/overhead.py.
//!
//! Answers each line `<operation> <parameter set> <iterations>` with the nanoseconds that so many calls took. As in
//! bench/overhead.py, keys come from seeds of zeros and message `i` is the number `i` in 8 bytes, little endian, so that
//! both sides sign the same messages with the same number of rejections.
#![allow(unsafe_code, reason = "the interface that is timed takes raw pointers")]

use core::ptr;
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free};
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::status::PqcStatus;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::stdin;
use std::time::Instant;

/// Calls before the clock starts, since the other process has used the caches meanwhile.
const WARM_UP: u64 = 5;
const KEM_SEED: [u8; MLKEM_SEEDBYTES] = [0; MLKEM_SEEDBYTES];
const DSA_SEED: [u8; MLDSA_SEEDBYTES] = [0; MLDSA_SEEDBYTES];

type Outcome<T> = Result<T, String>;

fn check(status: PqcStatus) -> Outcome<()> {
    if status == PqcStatus::Ok { Ok(()) } else { Err(format!("{status:?}")) }
}

fn empty() -> FFIBuffer {
    FFIBuffer { data: ptr::null_mut(), len: 0, reserved: 0 }
}

fn message(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

/// The nanoseconds that `iterations` calls take.
fn time(iterations: u64, call: impl Fn(u64) -> PqcStatus) -> Outcome<u128> {
    for number in 0..WARM_UP {
        check(call(number))?;
    }
    let start = Instant::now();
    for number in 0..iterations {
        check(call(number))?;
    }
    Ok(start.elapsed().as_nanos())
}

/// Keys and inputs of one parameter set, needed until the process ends and so never freed.
trait Keys {
    fn time(&self, operation: &str, iterations: u64) -> Outcome<u128>;
}

struct Kem {
    id: u32,
    pair: *mut MlKemKeyPair,
    public_key: *mut MlKemPublicKey,
    ciphertext: FFIBuffer,
}

impl Kem {
    fn new(id: u32) -> Outcome<Self> {
        let (mut pair, mut public_key) = (ptr::null_mut(), ptr::null_mut());
        let (mut ciphertext, mut secret) = (empty(), empty());
        // SAFETY: the seed is readable, the outputs are writable, and the handles come from the library.
        unsafe {
            check(mlkem_keypair_from_seed(id, 0, KEM_SEED.as_ptr(), KEM_SEED.len(), &raw mut pair))?;
            check(mlkem_keypair_public_key(pair, &raw mut public_key))?;
            check(mlkem_encapsulate(public_key, &raw mut ciphertext, &raw mut secret))?;
            ffi_buffer_free(&raw mut secret);
        }
        Ok(Self { id, pair, public_key, ciphertext })
    }

    fn generate(&self) -> PqcStatus {
        let mut pair = ptr::null_mut();
        // SAFETY: the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status = mlkem_keypair_generate(self.id, 0, &raw mut pair);
            mlkem_keypair_free(pair);
            status
        }
    }

    fn encapsulate(&self) -> PqcStatus {
        let (mut ciphertext, mut secret) = (empty(), empty());
        // SAFETY: the handle is alive, the outputs are writable, and what they receive is not used again.
        unsafe {
            let status = mlkem_encapsulate(self.public_key, &raw mut ciphertext, &raw mut secret);
            ffi_buffer_free(&raw mut ciphertext);
            ffi_buffer_free(&raw mut secret);
            status
        }
    }

    fn decapsulate(&self) -> PqcStatus {
        let mut secret = empty();
        // SAFETY: the handle is alive, the ciphertext readable, the output writable, and what it receives not used again.
        unsafe {
            let status = mlkem_decapsulate(self.pair, self.ciphertext.data, self.ciphertext.len, &raw mut secret);
            ffi_buffer_free(&raw mut secret);
            status
        }
    }
}

impl Keys for Kem {
    fn time(&self, operation: &str, iterations: u64) -> Outcome<u128> {
        match operation {
            "keygen" => time(iterations, |_| self.generate()),
            "encapsulate" => time(iterations, |_| self.encapsulate()),
            "decapsulate" => time(iterations, |_| self.decapsulate()),
            _ => Err(format!("ML-KEM has no operation {operation}")),
        }
    }
}

struct Dsa {
    id: u32,
    pair: *mut MlDsaKeyPair,
    public_key: *mut MlDsaPublicKey,
    signature: FFIBuffer,
}

impl Dsa {
    fn new(id: u32) -> Outcome<Self> {
        let mut this = Self { id, pair: ptr::null_mut(), public_key: ptr::null_mut(), signature: empty() };
        // SAFETY: the seed is readable, the outputs are writable, and the handle comes from the library.
        unsafe {
            check(mldsa_keypair_from_seed(id, 0, DSA_SEED.as_ptr(), DSA_SEED.len(), &raw mut this.pair))?;
            check(mldsa_keypair_public_key(this.pair, &raw mut this.public_key))?;
        }
        let mut signature = empty();
        check(this.sign_to(0, &mut signature))?;
        Ok(Self { signature, ..this })
    }

    fn generate(&self) -> PqcStatus {
        let mut pair = ptr::null_mut();
        // SAFETY: the output is writable, and the handle that it receives is not used again.
        unsafe {
            let status = mldsa_keypair_generate(self.id, 0, &raw mut pair);
            mldsa_keypair_free(pair);
            status
        }
    }

    fn sign_to(&self, number: u64, signature: &mut FFIBuffer) -> PqcStatus {
        let m = message(number);
        // SAFETY: the handle is alive, the message readable and the output writable.
        unsafe { mldsa_sign(self.pair, m.as_ptr(), m.len(), ptr::null(), 0, MLDSA_SIGN_DETERMINISTIC, signature) }
    }

    fn sign(&self, number: u64) -> PqcStatus {
        let mut signature = empty();
        let status = self.sign_to(number, &mut signature);
        // SAFETY: the library filled the buffer, which is not used again.
        unsafe { ffi_buffer_free(&raw mut signature) };
        status
    }

    fn verify(&self) -> PqcStatus {
        let (m, signature) = (message(0), &self.signature);
        // SAFETY: the handle is alive and the inputs are readable.
        unsafe { mldsa_verify(self.public_key, m.as_ptr(), m.len(), ptr::null(), 0, signature.data, signature.len) }
    }
}

impl Keys for Dsa {
    fn time(&self, operation: &str, iterations: u64) -> Outcome<u128> {
        match operation {
            "keygen" => time(iterations, |_| self.generate()),
            "sign" => time(iterations, |number| self.sign(number)),
            "verify" => time(iterations, |_| self.verify()),
            _ => Err(format!("ML-DSA has no operation {operation}")),
        }
    }
}

/// The answer to a line.
fn answer(keys: &BTreeMap<u32, Box<dyn Keys>>, line: &str) -> Result<u128, Box<dyn Error>> {
    let [operation, id, iterations] = line.split(' ').collect::<Vec<_>>()[..] else {
        return Err(format!("not three words: {line}").into());
    };
    let keys = keys.get(&id.parse()?).ok_or_else(|| format!("unknown parameter set {id}"))?;
    Ok(keys.time(operation, iterations.parse()?)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut keys = BTreeMap::<u32, Box<dyn Keys>>::new();
    for id in [512, 768, 1024] {
        keys.insert(id, Box::new(Kem::new(id)?));
    }
    for id in [44, 65, 87] {
        keys.insert(id, Box::new(Dsa::new(id)?));
    }
    for line in stdin().lines() {
        println!("{}", answer(&keys, &line?)?);
    }
    Ok(())
}
