//! The operations of ML-KEM, ML-DSA and SLH-DSA in two layers below Python, ready to be timed or counted.
//!
//! [`call`] makes the keys and inputs of one operation and returns a closure that does nothing else than the operation.
//! Keys come from seeds of zeros and message `i` is the number `i` in 8 bytes, little endian, as in bench/python_time.py,
//! so that all layers sign the same messages with the same number of rejections.

mod c_abi;
mod core_layer;

use pqc_core::{Algorithm, KeyOptions};

/// The longest seed; each algorithm takes as many bytes as it needs.
pub(crate) static SEED: [u8; 64] = [0; 64];
/// The randomness `m` of encapsulation where each run must do the same.
pub(crate) const M: [u8; 32] = [0; 32];

/// An operation that is ready to run, with the number of the message to sign; false if it fails.
pub type Call = Box<dyn Fn(u64) -> bool>;

/// A result, or a description of the failure.
pub type Outcome<T> = Result<T, String>;

/// The layers, lowest first.
pub const LAYERS: [&str; 2] = ["core", "c"];

/// The families, with the ids of their parameter sets and their operations.
///
/// "load" makes a key pair of a seed and "encapsulate_derand" takes its randomness from the caller: they do the same at
/// every run, which "keygen" and "encapsulate" do not. "load_public" reads a public key.
pub const FAMILIES: [(&[u32], &[&str]); 3] = [
    (&[512, 768, 1024], &["keygen", "load", "load_public", "encapsulate", "encapsulate_derand", "decapsulate"]),
    (&[44, 65, 87], &["keygen", "load", "load_public", "sign", "verify"]),
    // SLH-DSA-SHA2-128f and SLH-DSA-SHAKE-128f.
    (&[205_021, 205_027], &["keygen", "load", "sign", "verify"]),
];

/// The batches of the C interface, of [`BATCH`] items on one thread, with the id of the parameter set.
pub const BATCHES: [(u32, &[&str]); 2] =
    [(768, &["encapsulate_batch", "decapsulate_batch"]), (65, &["sign_batch", "verify_batch"])];

/// Items of a batch.
pub const BATCH: usize = 8;

/// The algorithm with an id.
pub fn algorithm(id: u32) -> Outcome<Algorithm> {
    Algorithm::from_id(id).ok_or_else(|| format!("no algorithm is {id}"))
}

/// Prepares an operation of a layer with a parameter set, for keys with some options.
pub fn call(layer: &str, operation: &str, algorithm: Algorithm, options: KeyOptions) -> Outcome<Call> {
    let prepare = match layer {
        "core" => core_layer::prepare,
        "c" => c_abi::prepare,
        _ => return Err(format!("no layer is called {layer}")),
    };
    prepare(operation, algorithm, options)
}

pub(crate) fn message(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

pub(crate) fn unknown<T>(operation: &str) -> Outcome<T> {
    Err(format!("no operation is called {operation}"))
}
