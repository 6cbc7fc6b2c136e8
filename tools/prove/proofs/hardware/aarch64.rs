//! The instructions of aarch64, which `make prove` runs on an emulator.

use super::*;
use crate::backend::Backend;
use core::arch::aarch64::{
    int16x4_t, int16x8_t, int32x2_t, int32x4_t, int64x2_t, uint8x16_t, uint16x8_t, uint32x4_t, uint64x2_t,
};

/// The file of the instructions.
macro_rules! arch {
    () => {
        "arch/aarch64.rs"
    };
}

pub(in super::super) const ROWS: &[Row] = &[
    row("NEON: the model of each instruction of one operand agrees with an emulator", || {
        with_a_tenth(|| all_of(1..=1))
    }),
    row("NEON: the model of each instruction of two operands agrees with an emulator", || {
        with_a_tenth(|| all_of(2..=2))
    }),
    row("NEON: the model of each instruction of three operands agrees with an emulator", || {
        with_a_tenth(|| all_of(3..=3))
    }),
    row("NEON: the model of each load and store agrees with an emulator", || with_a_tenth(others)),
    Row {
        is_slow: true,
        ..row("Instructions of NEON: the same on ten times as many operands", || {
            all_of(1..=3);
            others();
        })
    },
];

/// Runs a check with a tenth of the operands, since the emulator is slow.
fn with_a_tenth(check: fn()) {
    DIVISOR.set(10);
    check();
}

registers! {
    int16x4_t 64 int32x2_t 64 int16x8_t 128 int32x4_t 128 int64x2_t 128 uint8x16_t 128 uint16x8_t 128 uint32x4_t 128
    uint64x2_t 128
}

neon_instructions!(tests);

/// Whether an instruction is one of SHA-2 or SHA-3.
fn is_of_sha(name: &str) -> bool {
    ["vbcaxq", "veor3q", "vrax1q", "vxarq", "vsha"].iter().any(|part| name.contains(part))
}

/// The functions that a macro defines.
fn function_of(name: &'static str) -> &'static str {
    if is_of_sha(name) { "arch/aarch64.rs::$name" } else { name }
}

/// Whether the processor has an instruction; fails if it does not.
pub(super) fn has_instruction(name: &str) -> bool {
    let has_it = if is_of_sha(name) { Backend::NeonSha3.is_available() } else { Backend::Neon.is_available() };
    claim(has_it, || format!("this processor lacks {name}"));
    has_it
}

/// The loads and stores.
pub(super) const OTHERS: &[Others] = &[
    (
        &[
            "arch/aarch64.rs::load_64",
            "arch/aarch64.rs::store_64",
            "arch/aarch64.rs::vcombine_u8",
            "arch/aarch64.rs::vdup_n_u8",
            "arch/aarch64.rs::vget_low_u8",
            "arch/aarch64.rs::vld1_u8",
            "arch/aarch64.rs::vst1_u8",
        ],
        || of_size!(8 load_64 store_64),
    ),
    (
        &[
            "arch/aarch64.rs::load_128",
            "arch/aarch64.rs::store_128",
            "arch/aarch64.rs::vld1q_u8",
            "arch/aarch64.rs::vst1q_u8",
        ],
        || of_size!(16 load_128 store_128),
    ),
    (&["arch/aarch64.rs::copy_bytes"], copies),
];
