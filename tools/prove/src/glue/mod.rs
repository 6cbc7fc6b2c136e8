//! Tests of the code between the kernels: the operations as a caller sees them, on every backend.
//!
//! The inputs of a case follow from its number. The outputs of many cases are hashed, and the hash is compared with the hash of
//! the outputs of libcrux. That hash is stored here; the feature `libcrux` computes it again.

mod common;
#[cfg(feature = "libcrux")]
mod libcrux;
#[cfg(not(feature = "libcrux"))]
mod libcrux {
    //! Compiled without libcrux, which takes a minute.

    pub(crate) fn check_mlkem(_: [&str; 3]) {
        panic!("needs the feature libcrux");
    }

    pub(crate) fn check_mldsa(_: [&str; 3]) {
        panic!("needs the feature libcrux");
    }
}
mod mldsa;
mod mlkem;
mod wiping;

use pqc_simd::proofs::{Row, claim};
use sha2::{Digest, Sha256};

pub(crate) const ROWS: &[&[Row]] = &[mlkem::ROWS, mldsa::ROWS, common::ROWS, wiping::ROWS, wiping::SHIPPED_ROWS];

/// Pseudorandom numbers from a seed: `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(set: usize, case: usize) -> Self {
        Self((set as u64) << 32 | case as u64)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).expect("it is below a usize")
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.number().to_le_bytes()[..chunk.len()]);
        }
    }

    pub(crate) fn bytes<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.fill(&mut bytes);
        bytes
    }

    pub(crate) fn vec(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        bytes
    }

    /// The bytes with one bit flipped, in a part of them.
    pub(crate) fn flip(&mut self, bytes: &[u8], part: std::ops::Range<usize>) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        bytes[part.start + self.below(part.len())] ^= 1 << self.below(8);
        bytes
    }
}

/// A hash of outputs, each with its length.
#[derive(Default)]
pub(crate) struct Transcript(Sha256);

impl Transcript {
    pub(crate) fn add(&mut self, output: &[u8]) {
        self.0.update((output.len() as u64).to_le_bytes());
        self.0.update(output);
    }

    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn check(self, name: &str, expected: &str) {
        let found = self.finish();
        claim(found == expected, || format!("{name}: the outputs differ from libcrux: {found}"));
    }
}
