//! The stack after an operation.

#[path = "../../../../crates/pqc-simd/tests/stack/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod stack;

use pqc_simd::mldsa::{self, MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{self, MlKem512, MlKem768, MlKem1024};
use pqc_simd::proofs::{Label, Row, checked, claim};
use pqc_simd::{Backend, Bytes, on_wiped_stack};
use stack::registers::Registers;
use stack::{OTHER_BYTES, PAINT, check_registers, read_registers, stack_after};
use std::hint::black_box;
use std::panic::catch_unwind;

/// The rows that hold only in the product's profile: with debug assertions, operations use more stack.
pub(crate) const SHIPPED_ROWS: &[Row] = if cfg!(debug_assertions) {
    &[]
} else {
    &[Row {
        name: "wiping: key generation, encapsulation, decapsulation, signing and the check of a private key use no more stack than \
               they wipe, and leave nothing there, on each backend",
        label: Label::Tested,
        covers: &["wipe.rs::on_wiped_stack"],
        is_slow: false,
        check: || {
            for backend in Backend::available() {
                check_mlkem::<MlKem512>(backend);
                check_mlkem::<MlKem768>(backend);
                check_mlkem::<MlKem1024>(backend);
                check_mldsa::<MlDsa44>(backend);
                check_mldsa::<MlDsa65>(backend);
                check_mldsa::<MlDsa87>(backend);
            }
        },
    }]
};

pub(crate) const ROWS: &[Row] = &[Row {
    name: "wiping: the bytes that an operation wrote to the stack are gone when it returns and when it panics, and the \
           vector and mask registers are zeros when it returns",
    label: Label::Tested,
    covers: &[
        "registers.rs::clear_registers",
        "wipe.rs::Drop::drop",
        "wipe.rs::in_own_frame",
        "wipe.rs::on_wiped_stack",
    ],
    is_slow: false,
    check: check_stack,
}];

/// Claims that an operation leaves no more than return addresses, lengths and pointers, and nothing next to its deepest bytes.
fn leaves_nothing(name: &str, backend: Backend, operation: impl FnOnce()) {
    let stack = stack_after(operation);
    let left = stack.iter().filter(|byte| ![0, PAINT].contains(byte)).count();
    let is_deep = stack[128..1024].iter().any(|byte| *byte != 0);
    claim(left < OTHER_BYTES && !is_deep, || format!("{name} on {} leaves {left} bytes", backend.name()));
}

fn check_mlkem<P: mlkem::ParameterSet>(backend: Backend) {
    let (mut private_key, mut ciphertext, mut secret) = (P::PrivateKey::ZERO, P::Ciphertext::ZERO, [0; 32]);
    leaves_nothing("keygen", backend, || mlkem::keygen::<P>(backend, &[0x5a; 64], &mut private_key));
    let public_key = &private_key.as_ref()[384 * P::K..][..P::PUBLIC_KEY_BYTES];
    let public_key = P::PublicKey::from_slice(public_key).expect("its size");
    leaves_nothing("encapsulate", backend, || {
        mlkem::encapsulate::<P>(backend, public_key, &[0x3c; 32], &mut ciphertext, &mut secret);
    });
    leaves_nothing("decapsulate", backend, || {
        mlkem::decapsulate::<P>(backend, &private_key, &ciphertext, &mut secret);
    });
}

fn check_mldsa<P: mldsa::ParameterSet>(backend: Backend) {
    let (mut private_key, mut public_key, mut signature) =
        (P::PrivateKey::ZERO, P::PublicKey::ZERO, P::Signature::ZERO);
    leaves_nothing("keygen", backend, || {
        mldsa::keygen::<P>(backend, &[0x5a; 32], &mut private_key, &mut public_key);
    });
    leaves_nothing("the check of a private key", backend, || {
        let _ = mldsa::public_key_from_private::<P>(backend, &private_key, &mut public_key);
    });
    leaves_nothing("sign_mu", backend, || {
        let _ = mldsa::sign_mu::<P>(backend, &private_key, &[0x3c; 64], &[0x69; 32], &mut signature);
    });
}

/// The byte that the operation leaves, and how many: more than a panic overwrites.
const SECRET: u8 = 0x5c;
const BYTES: usize = 12 << 10;

#[inline(never)]
fn operation() {
    let mut buffer = [SECRET; BYTES];
    black_box(&mut buffer);
}

fn check_stack() {
    let left = |operation: &dyn Fn()| stack_after(operation).iter().filter(|byte| **byte == SECRET).count();
    // A panic and the reader have bytes of that value too.
    const OTHER: usize = 256;
    claim(left(&operation) > BYTES - OTHER, || "the operation leaves nothing".to_owned());
    claim(left(&|| on_wiped_stack::<16384, _>(operation)) < OTHER, || "bytes are left".to_owned());
    let panics = || {
        operation();
        panic!("on the wiped stack");
    };
    claim(left(&|| drop(catch_unwind(panics))) > OTHER, || "a panic overwrites the stack".to_owned());
    let caught = || drop(catch_unwind(|| on_wiped_stack::<16384, _>(panics)));
    claim(left(&caught) < OTHER, || "bytes are left after a panic".to_owned());
    let mut registers = [Registers::ZERO; 2];
    read_registers(&mut registers, || on_wiped_stack::<16384, _>(operation));
    check_registers("an operation", &registers);
    checked(1);
}
