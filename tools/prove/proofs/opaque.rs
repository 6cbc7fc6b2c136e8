//! The proof that the operations between the kernels inspect no coefficient, by the words of their source.
//!
//! Polynomials are tuples, which every module of the crate may open. Each form of access has a word: a field, a
//! pattern, a method, or the path of a function that computes with coefficients. Every line of an operation with such a
//! word is listed here. So operations copy polynomials and pass them to kernels, and do not depend on coefficients.

use super::claim;
use std::collections::BTreeSet;

/// A file, and its lines with one of the words, each listed once.
pub(super) struct File {
    name: &'static str,
    source: &'static str,
    words: &'static [&'static str],
    lines: &'static [&'static str],
}

/// The words that open a polynomial or a factor, or name a function on them that is not a kernel.
const OPENING: &[&str] = &[
    ".0",
    "Poly(",
    "Poly {",
    "Factor {",
    "constant",
    "linear",
    "coefficients",
    "is_within",
    "assert_within",
    "as_flattened",
    "accepted",
    "unsafe",
    "transmute",
    "include",
    "macro_rules",
    "kernels::",
    "packing::",
    "rejection::",
    "rounding::",
    "poly::",
    "ntt::",
    "oracle::",
    "vec::",
    "arch::",
];

/// The words that define a method, in the files of the types.
const DEFINING: &[&str] = &["impl", "self"];

/// The operations of ML-DSA, and its polynomials.
pub(super) const MLDSA: &[File] = &[
    File {
        name: "mldsa/keygen.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/keygen.rs"),
        words: OPENING,
        lines: &["use super::kernels::Machine;", "use super::poly::Poly;"],
    },
    File {
        name: "mldsa/signing.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/signing.rs"),
        words: OPENING,
        lines: &[
            "use super::kernels::Machine;",
            // Hints are bytes.
            "use super::packing::pack_hints;",
            "use super::poly::{N, Poly};",
            "pub(crate) const fn challenge(&mut self) -> &mut Poly {",
        ],
    },
    File {
        name: "mldsa/verifying.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/verifying.rs"),
        words: OPENING,
        lines: &[
            "use super::kernels::Machine;",
            // Positions are bytes.
            "use super::packing::Hints;",
            "use super::poly::{N, Poly};",
            // UseHint of each number in 0..q is in the range of high bits, by the row on algorithm 40.
            "use super::rounding::use_hint;",
            "(high[position] = use_hint(w.coefficients()[position], P::GAMMA2) as u8);",
            "pub(super) fn challenge(&mut self) -> &mut Poly {",
        ],
    },
    File {
        name: "mldsa/batch.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/batch.rs"),
        words: OPENING,
        lines: &["use super::kernels::Machine;"],
    },
    File {
        name: "mldsa/small.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/small.rs"),
        words: OPENING,
        lines: &["use super::kernels::Machine;", "use super::poly::Poly;"],
    },
    File {
        name: "mldsa/sampling.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/sampling.rs"),
        words: OPENING,
        lines: &[
            "use super::kernels::Machine;",
            "use super::poly::{N, Poly};",
            "use super::rejection::{SMALL_BYTES, UNIFORM_BYTES, small_coefficient};",
            "use crate::vec::v32::Q;",
            // Samplers; other rows prove the range of their results.
            "for &[a, b, c] in block.as_chunks::<3>().0 {",
            "out.coefficients_mut()[count] = candidate;",
            "out.coefficients_mut()[count] = small_coefficient(candidate, eta);",
            "let c = out.coefficients_mut();",
        ],
    },
    File {
        name: "mldsa/mu.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/mu.rs"),
        words: OPENING,
        lines: &[],
    },
    File {
        name: "mldsa/poly.rs",
        source: include_str!("../../../crates/pqc-simd/src/mldsa/poly.rs"),
        words: DEFINING,
        lines: &[
            "impl<E: Element> Poly<E> {",
            "pub(crate) fn coefficients(&self) -> &[E] {",
            "self.0.as_flattened()",
            "pub(crate) fn coefficients_mut(&mut self) -> &mut [E] {",
            "self.0.as_flattened_mut()",
            "pub(crate) fn debug_assert_within(&self, low: i32, high: i32) {",
            "debug_assert!(self.coefficients().iter().all(|c| c.is_within(low, high)), \"a coefficient beyond its bounds\");",
            "impl Zero for Poly {",
        ],
    },
];

/// The operations of ML-KEM, and the polynomials of both schemes.
pub(super) const MLKEM: &[File] = &[
    File {
        name: "mlkem/kem.rs",
        source: include_str!("../../../crates/pqc-simd/src/mlkem/kem.rs"),
        words: OPENING,
        lines: &["use super::kernels::{Machine, SAMPLE_BLOCKS};"],
    },
    File {
        name: "mlkem/keys.rs",
        source: include_str!("../../../crates/pqc-simd/src/mlkem/keys.rs"),
        words: OPENING,
        lines: &["use super::kernels::{Machine, SAMPLE_BLOCKS};"],
    },
    File {
        name: "mlkem/pke.rs",
        source: include_str!("../../../crates/pqc-simd/src/mlkem/pke.rs"),
        words: OPENING,
        lines: &[
            "use super::kernels::{Machine, SAMPLE_BLOCKS};",
            // Noise is bytes.
            "batch.squeeze_interleaved(machine, 64 * P::ETA1, P::K, &mut noise.0, in_first);",
            "batch.squeeze_interleaved(machine, 128, rest.len(), &mut noise.0[8..], other);",
            "noise.0[nonce] = *out;",
            "let bytes = &self.0[nonce][..64 * eta];",
            "state.copy_to(lane + i, 0, &mut self.noise.0[self.next + i][bytes.clone()]);",
        ],
    },
    File {
        name: "mlkem/batch.rs",
        source: include_str!("../../../crates/pqc-simd/src/mlkem/batch.rs"),
        words: OPENING,
        lines: &[
            "use super::kernels::Machine;",
            // Seeds are bytes.
            "let seeds = seeds.each_ref().map(|seeds| seeds.0[P::K * i + j]);",
        ],
    },
    File {
        name: "mlkem/matrix.rs",
        source: include_str!("../../../crates/pqc-simd/src/mlkem/matrix.rs"),
        words: OPENING,
        lines: &[
            "use super::kernels::{ACCEPTED, Machine, SAMPLE_BLOCKS, SAMPLE_BYTES};",
            // Seeds are bytes.
            "for seeds in seeds.0[..P::K * P::K].chunks(8) {",
            "let seeds = &seeds.0[..P::K * P::K];",
            "sample::<M, N>(machine, &seeds.0[entries], polynomials, filler);",
            // Accepted candidates are passed on; the sampler for long samples, which has a separate row, continues them.
            "let (mut accepted, mut counts) = ([[0; ACCEPTED]; 2], [0; 2]);",
            "counts[lane % 2] = machine.accept(output, &mut accepted[lane % 2]);",
            "let (accepted, count) = (&accepted[lane % 2], counts[lane % 2]);",
            "machine.take_accepted(accepted, polynomial);",
            "sample_long(machine, &mut sponge, accepted, count, polynomial);",
            "accepted: &[i16; ACCEPTED],",
            "polynomial.0[..count].copy_from_slice(&accepted[..count]);",
            "for three in block.as_chunks::<3>().0 {",
            "polynomial.0[count] = number;",
        ],
    },
    File {
        name: "ntt16.rs",
        source: include_str!("../../../crates/pqc-simd/src/ntt16.rs"),
        words: DEFINING,
        lines: &[
            "impl<E: Element> Poly<E> {",
            "pub(crate) fn is_within(&self, bound: i16) -> bool {",
            "self.0.iter().all(|coefficient| coefficient.is_within(-i32::from(bound), bound.into()))",
            "impl<E: Element> Factor<E> {",
            "impl Zero for Poly {",
            "impl Zero for Factor {",
        ],
    },
];

/// Claims that the files have these lines with these words, and no others.
pub(super) fn check(files: &[File]) {
    for File { name, source, words, lines } in files {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default().lines();
        let code = code.map(|line| line.split("//").next().unwrap_or_default().trim());
        let found: BTreeSet<_> = code.filter(|line| words.iter().any(|word| line.contains(word))).collect();
        let known = lines.iter().copied().collect();
        let differing: Vec<_> = found.symmetric_difference(&known).collect();
        claim(differing.is_empty(), || format!("{name}: lines that open a polynomial: {differing:?}"));
    }
}
