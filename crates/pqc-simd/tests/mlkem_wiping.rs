//! What ML-KEM leaves on the stack: nothing.
//!
//! The stack below is painted, an operation runs there, and what it used is read through `/proc/self/mem`. An operation
//! overwrites all of its stack with zeros; what is neither paint nor zero was left, or lies deeper than the wiping goes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]
#![cfg(target_os = "linux")]

mod mlkem;

use mlkem::{backends, encapsulate, keygen, public_key};
use pqc_simd::Backend;
use pqc_simd::mlkem::{
    ExpandedPrivateKey, Keys, MlKem512, MlKem768, MlKem1024, ParameterSet, decapsulate, decapsulate_batch,
    encapsulate_batch,
};
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;

/// The part of the stack that is painted and read, and how far below its reader it begins.
const WATCHED_BYTES: usize = 256 << 10;
const DISTANCE_BYTES: usize = 16 << 10;

const PAINT: u8 = 0xa7;

/// Return addresses, lengths and pointers in the frames above the operation's own.
const OTHER_BYTES: usize = 400;

/// Runs a function far enough below the caller's frame that what the caller does next does not overwrite its stack.
#[inline(never)]
fn below<R>(function: impl FnOnce() -> R) -> R {
    let mut distance = [0_u8; DISTANCE_BYTES];
    black_box(&mut distance);
    let result = function();
    black_box(&mut distance);
    result
}

#[inline(never)]
fn paint() {
    let mut stack = [PAINT; WATCHED_BYTES];
    black_box(&mut stack);
}

/// The stack that an operation has used, from its deepest byte up.
#[inline(never)]
fn stack_after(operation: impl FnOnce()) -> Vec<u8> {
    let memory = File::open("/proc/self/mem").expect("Linux has it");
    let here = 0_u8;
    let mut stack = vec![0; WATCHED_BYTES - DISTANCE_BYTES];
    below(paint);
    below(operation);
    let low = std::ptr::from_ref(black_box(&here)).addr() - WATCHED_BYTES;
    memory.read_exact_at(&mut stack, low as u64).expect("the stack can be read");
    let unused = stack.iter().take_while(|byte| **byte == PAINT).count();
    assert!(unused > 0, "the operation uses all that is watched");
    stack.split_off(unused)
}

fn check(name: &str, operation: impl FnOnce()) {
    let stack = stack_after(operation);
    let left = stack.iter().filter(|byte| ![0, PAINT].contains(byte)).count();
    println!("{name}: {} bytes wiped, {left} left", stack.len());
    assert!(left < OTHER_BYTES, "{name} leaves {left} bytes");
    // The deepest bytes are the return address of what writes the zeros.
    assert!(stack[128..1024].iter().all(|byte| *byte == 0), "{name} uses more stack than it wipes");
}

fn check_all<P: ParameterSet>(backend: Backend) {
    let name = |operation: &str| format!("ML-KEM-{} {operation} on {}", 256 * P::K, backend.name());
    let private_key = keygen::<P>(backend, &[0x5a; 64]);
    let (ciphertext, _) = encapsulate::<P>(backend, public_key::<P>(&private_key), &[0x3c; 32]);
    let mut key = ExpandedPrivateKey::<P>::default();
    key.expand(backend, &private_key);
    let (mut again, mut out, mut secret) = (private_key.clone(), ciphertext.clone(), [0; 32]);
    let (mut outs, ciphertexts, mut secrets) = (ciphertext.repeat(8), ciphertext.repeat(8), [[0; 32]; 8]);
    check(&name("keygen"), || pqc_simd::mlkem::keygen::<P>(backend, &[0x5a; 64], &mut again));
    check(&name("expand"), || ExpandedPrivateKey::expand(&mut key, backend, &private_key));
    check(&name("encapsulate"), || key.public_key().encapsulate(backend, &[0x3c; 32], &mut out, &mut secret));
    check(&name("decapsulate"), || key.decapsulate(backend, &ciphertext, &mut secret));
    let public_key = public_key::<P>(&private_key);
    let encapsulate = pqc_simd::mlkem::encapsulate::<P>;
    check(&name("fresh encapsulate"), || encapsulate(backend, public_key, &[0x3c; 32], &mut out, &mut secret));
    check(&name("fresh decapsulate"), || decapsulate::<P>(backend, &private_key, &ciphertext, &mut secret));
    let (all, encoded) = ([&private_key[..]; 8], [public_key; 8]);
    check(&name("encapsulate_batch"), || {
        encapsulate_batch::<P>(backend, Keys::Encoded(&encoded), &[[0x3c; 32]; 8], &mut outs, &mut secrets);
    });
    check(&name("decapsulate_batch"), || {
        decapsulate_batch::<P>(backend, Keys::Encoded(&all), &ciphertexts, &mut secrets);
    });
}

#[test]
fn test_no_operation_leaves_anything_on_the_stack() {
    for backend in backends() {
        check_all::<MlKem512>(backend);
        check_all::<MlKem768>(backend);
        check_all::<MlKem1024>(backend);
    }
}
