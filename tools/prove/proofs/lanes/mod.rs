//! The operations on lanes against their scalar specification, on the processor: as each backend compiles them, in
//! separate kernels. For AVX2 and AVX-512 this is next to the proof on the model of the instructions; for the portable
//! backend, which has no instructions, it is the proof.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

pub(super) mod v16;
pub(super) mod v32;

use super::{Label, Row, claim};
use crate::backend::Backend;
use crate::vec::v64::Lanes64;

pub(super) const ROWS: &[Row] = &[Row {
    name: "64-bit words of the portable backend: load, store, xor, xor3, xor_constant, chi and rotate_left by each \
               offset of rho (FIPS 202, 3.2.2)",
    label: Label::ExhaustedInPart("each combination of bits at each position, next to zeros and next to ones"),
    covers: &[
        "vec/v64.rs::Lanes64::load",
        "vec/v64.rs::Lanes64::store",
        "vec/v64.rs::Lanes64::xor",
        "vec/v64.rs::Lanes64::xor3",
        "vec/v64.rs::Lanes64::xor_constant",
        "vec/v64.rs::Lanes64::chi",
        "vec/v64.rs::Lanes64::rotate_left",
    ],
    is_slow: false,
    check: check_words,
}];

fn available() -> Vec<Backend> {
    Backend::available().collect()
}
fn check_words() {
    fn rotate<M, const BITS: i32>(word: u64) {
        let bit = |i: usize| word >> ((64 + i - BITS.unsigned_abs() as usize) % 64) & 1;
        let expected = (0..64).map(|i| bit(i) << i).sum::<u64>();
        claim(<u64 as Lanes64<M>>::rotate_left::<BITS>(word) == expected, || format!("{word:#x} rotated by {BITS}"));
    }
    /// Each offset of rho modulo 64.
    fn rotate_by_each<M>(word: u64) {
        macro_rules! each {
            ($($bits:literal)*) => { $(rotate::<M, $bits>(word);)* };
        }
        each!(0 1 62 28 27 36 44 6 55 20 3 10 43 25 39 41 45 15 21 8 18 2 61 56 14);
    }
    fn check<M: Copy>(machine: M, a: u64, b: u64, c: u64) {
        let [x, y, z] = [a, b, c].map(|word| <u64 as Lanes64<M>>::load(machine, &[word, !word]));
        let found = [
            Lanes64::<M>::xor(x, y),
            Lanes64::<M>::xor3(x, y, z),
            Lanes64::<M>::xor_constant(x, b),
            Lanes64::<M>::chi(x, y, z),
        ];
        for (i, word) in found.into_iter().enumerate() {
            let mut stored = [0; 2];
            Lanes64::<M>::store(word, &mut stored);
            let expected = [a ^ b, a ^ b ^ c, a ^ b, a ^ ((b ^ u64::MAX) & c)][i];
            claim(stored == [expected, 0], || format!("operation {i} of {a:#x}, {b:#x} and {c:#x}"));
        }
    }
    let machine = ();
    for (position, set, others) in
        (0..64).flat_map(|i| (0..8_u64).flat_map(move |set| [(i, set, 0), (i, set, u64::MAX)]))
    {
        let [a, b, c] = [0, 1, 2].map(|word| (others & !(1 << position)) | (set >> word & 1) << position);
        check(machine, a, b, c);
        rotate_by_each::<()>(a);
    }
}
