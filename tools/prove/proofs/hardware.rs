//! The model of the instructions against the processor, on extreme and random operands.
#![allow(unsafe_code, reason = "instructions, and the bytes of registers")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the processor has the instructions, as `has_instruction` has found"
)]
#![allow(clippy::cast_possible_truncation, reason = "random numbers of any size, and known bytes")]

use super::Label::Tested;
use super::model::{self, Reg, put, read};
use super::terms::{Word, constant, value};
use super::{Row, checked, claim, covered};
use crate::arch as real;
use std::cell::Cell;

/// The number of random operands of each instruction, and of the operands before them, which are extreme or, as
/// distances of shifts, small.
const INPUTS: u64 = 10_000;
const EXTREMES: u64 = 4_000;

thread_local! {
    /// The divisor of the numbers of operands in the row of this thread.
    static DIVISOR: Cell<u64> = const { Cell::new(1) };
}

const fn row(name: &'static str, check: fn()) -> Row {
    Row { name, label: Tested, covers: &[], is_slow: false, check }
}

/// Random numbers, the same in each run.
struct Random {
    state: u64,
    is_extreme: bool,
}

impl Random {
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// The bytes of an operand: random, or lanes of some width that are at the ends of their range or near zero.
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        if !self.is_extreme {
            bytes.chunks_mut(8).for_each(|lane| lane.copy_from_slice(&self.next().to_le_bytes()[..lane.len()]));
            return bytes;
        }
        let width = 1 << (self.next() >> 62);
        for lane in bytes.chunks_mut(width) {
            let (kind, small) = (self.next() >> 61, self.next() >> 57);
            let top = 1_u64 << (8 * lane.len() - 1);
            let number = match kind {
                0 => top,
                1 => top - 1,
                2 => top.wrapping_add(small),
                3 => 0_u64.wrapping_sub(small),
                4 => u64::MAX,
                5 => 0,
                _ => small,
            };
            lane.copy_from_slice(&number.to_le_bytes()[..lane.len()]);
        }
        bytes
    }
}

/// An operand for the model, and the same for the processor.
trait Operand<R>: Sized {
    fn draw(random: &mut Random) -> (Self, R);
}

/// A result of the model, and of the processor.
trait Outcome<R> {
    fn agrees(&self, real: R) -> bool;
}

fn register<const N: usize>(bytes: &[u8]) -> Reg<N> {
    Reg::new(bytes.iter().map(|byte| constant((*byte).into(), 8)))
}

macro_rules! registers {
    ($($real:ident $bits:literal)+) => {$(
        impl Operand<$real> for Reg<$bits> {
            fn draw(random: &mut Random) -> (Self, $real) {
                let bytes: [u8; $bits / 8] = random.bytes();
                // SAFETY: a register is any bytes.
                (register(&bytes), unsafe { std::mem::transmute::<[u8; $bits / 8], $real>(bytes) })
            }
        }
        impl Outcome<$real> for Reg<$bits> {
            fn agrees(&self, real: $real) -> bool {
                // SAFETY: a register is any bytes.
                let bytes = unsafe { std::mem::transmute::<$real, [u8; $bits / 8]>(real) };
                self.0.chunks(64).zip(bytes.chunks(8)).all(|(bits, bytes)| {
                    let mut word = [0; 8];
                    word.copy_from_slice(bytes);
                    value(bits) == Some(u64::from_le_bytes(word).into())
                })
            }
        }
    )+};
}
macro_rules! numbers {
    ($($number:ty)+) => {$(
        impl Operand<$number> for $number {
            fn draw(random: &mut Random) -> (Self, $number) {
                let number = <$number>::from_le_bytes(random.bytes());
                (number, number)
            }
        }
        impl Outcome<$number> for $number {
            fn agrees(&self, real: $number) -> bool {
                *self == real
            }
        }
    )+};
}
numbers! { i8 i16 i32 i64 u8 u16 u32 u64 }

impl<const N: usize> Operand<Self> for [u8; N] {
    fn draw(random: &mut Random) -> (Self, Self) {
        let bytes = random.bytes();
        (bytes, bytes)
    }
}

impl<const N: usize> Outcome<Self> for [u8; N] {
    fn agrees(&self, real: Self) -> bool {
        *self == real
    }
}

/// Calls both functions with the same operands.
macro_rules! tests_of_arity {
    ($($test:ident ($($operand:ident $real:ident)+);)+) => {$(
        fn $test<$($operand: Operand<$real>, $real,)+ O: Outcome<RO>, RO>(
            name: &str,
            model: unsafe fn($($operand),+) -> O,
            real: unsafe fn($($real),+) -> RO,
        ) {
            let mut random = Random { state: 88_172_645_463_325_252, is_extreme: true };
            let (extremes, inputs) = (EXTREMES / DIVISOR.get(), (EXTREMES + INPUTS) / DIVISOR.get());
            for input in 0..inputs {
                random.is_extreme = input < extremes;
                $(
                    #[allow(non_snake_case, reason = "named as their types")]
                    let ($operand, $real) = $operand::draw(&mut random);
                )+
                let agree = unsafe { model($($operand),+).agrees(real($($real),+)) };
                assert!(agree, "{name}, input {input}");
            }
            checked(inputs);
        }
    )+};
}
tests_of_arity! {
    test_1(A RA);
    test_2(A RA B RB);
    test_3(A RA B RB C RC);
}

macro_rules! test {
    (1 $($rest:tt)+) => { test_1($($rest)+) };
    (2 $($rest:tt)+) => { test_2($($rest)+) };
    (3 $($rest:tt)+) => { test_3($($rest)+) };
    (4 $($rest:tt)+) => { test_4($($rest)+) };
    (8 $($rest:tt)+) => { test_8($($rest)+) };
}

macro_rules! tests {
    ($($operands:tt { $($name:ident $($immediate:literal)*;)+ })+) => {
        fn all_of(operands: std::ops::RangeInclusive<usize>) {
            $(if operands.contains(&$operands) { $(tests!(@ $operands $name $($immediate)*);)+ })+
        }
    };
    (@ $operands:tt $name:ident $($immediate:literal)*) => {
        if has_instruction(stringify!($name)) {
            tests!(@ $operands $name, $($immediate)*);
            covered(function_of(concat!(arch!(), "::", stringify!($name))));
        }
    };
    (@ $operands:tt $name:ident,) => { test!($operands stringify!($name), model::$name, real::$name) };
    (@ $operands:tt $name:ident, $($immediate:literal)+) => {
        $(test!($operands stringify!($name $immediate), model::$name::<$immediate>, real::$name::<$immediate>);)+
    };
}

/// The bytes of memory that the model has filled with constants.
fn known_bytes<const N: usize>(memory: &[u8; N]) -> [u8; N] {
    let bits = read(memory);
    std::array::from_fn(|i| value(&bits[8 * i..][..8]).map_or(0, |byte| byte as u8))
}

/// The result of a function of the model for memory with these bytes.
fn filled<const N: usize, O>(bytes: &[u8; N], f: impl FnOnce(&[u8; N]) -> O) -> O {
    let mut memory = [0; N];
    fill(&mut memory, bytes);
    f(&memory)
}

/// The bytes that the model leaves in memory that had these bytes.
fn after<const N: usize>(bytes: &[u8; N], change: impl FnOnce(&mut [u8; N])) -> [u8; N] {
    let mut memory = [0; N];
    fill(&mut memory, bytes);
    change(&mut memory);
    known_bytes(&memory)
}

fn changed<const N: usize>(mut bytes: [u8; N], change: impl FnOnce(&mut [u8; N])) -> [u8; N] {
    change(&mut bytes);
    bytes
}

fn fill(memory: &mut [u8], bytes: &[u8]) {
    put(memory, &bytes.iter().map(|byte| constant((*byte).into(), 8)).collect::<Vec<Word>>());
}

/// The tests of loads and stores of a size, with two more bytes in memory.
macro_rules! of_size {
    ($bytes:literal $load:ident $store:ident) => {{
        test_1(
            stringify!($load),
            |bytes: [u8; $bytes]| filled(&bytes, |memory| unsafe { model::$load(memory) }),
            |bytes: [u8; $bytes]| unsafe { real::$load(&bytes) },
        );
        test_2(
            stringify!($store),
            |bytes, register| after(&bytes, |memory| unsafe { model::$store(&mut memory[1..=$bytes], register) }),
            |bytes: [u8; $bytes + 2], register| {
                changed(bytes, |memory| unsafe { real::$store(&mut memory[1..=$bytes], register) })
            },
        );
    }};
}

fn copies() {
    test_2(
        "copy_bytes",
        |bytes, from| after(&bytes, |memory| filled(&from, |from| model::copy_bytes(from, &mut memory[1..8]))),
        |bytes: [u8; 9], from: [u8; 7]| changed(bytes, |memory| real::copy_bytes(&from, &mut memory[1..8])),
    );
}

/// The names of instructions, and their test.
type Others = (&'static [&'static str], fn());

fn others() {
    for (names, test) in OTHERS {
        if names.iter().all(|name| has_instruction(name)) {
            test();
            names.iter().for_each(|name| covered(name));
        }
    }
}

#[cfg_attr(target_arch = "aarch64", path = "hardware/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "hardware/x86_64.rs")]
mod processor;

pub(super) use processor::ROWS;
use processor::{OTHERS, has_instruction};
