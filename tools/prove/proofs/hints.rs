//! The encoding of hints (FIPS 204, 7.1, algorithms 20 and 21).

use super::machine::Random;
use super::{Label, Row, claim};
use crate::mldsa::packing::{Hints, pack_hints};
use crate::mldsa::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA: hints are encoded by their positions, unless there are more than omega (FIPS 204, algorithm 20)",
        label: Label::ExhaustedInPart(
            "each group of eight positions, its 256 values and each count before it; then random hints",
        ),
        covers: &["mldsa/packing.rs::pack_hints"],
        is_slow: false,
        check: packed,
    },
    Row {
        name: "ML-DSA: hints are decoded, and each malformed encoding is refused (FIPS 204, algorithm 21)",
        label: Label::ExhaustedInPart(
            "all encodings of three polynomials with positions below five and omega = 4; each byte of encodings of each set",
        ),
        covers: &["mldsa/packing.rs::Hints::parse", "mldsa/packing.rs::Hints::positions"],
        is_slow: false,
        check: parsed,
    },
    Row {
        name: "ML-DSA: hints have one encoding, which decodes to the same hints (FIPS 204, algorithms 20 and 21)",
        label: Label::Tested,
        covers: &[
            "mldsa/packing.rs::pack_hints",
            "mldsa/packing.rs::Hints::parse",
            "mldsa/packing.rs::Hints::positions",
        ],
        is_slow: false,
        check: round_trips,
    },
];

/// The number of polynomials in a signature, and the maximum number of hints.
const SETS: [(usize, usize); 3] =
    [(MlDsa44::K, MlDsa44::OMEGA), (MlDsa65::K, MlDsa65::OMEGA), (MlDsa87::K, MlDsa87::OMEGA)];

/// Algorithm 20, as in the standard, or `None` if there are more than omega hints.
fn standard_pack(h: &[[u8; 256]], omega: usize) -> Option<Vec<u8>> {
    let (mut y, mut index) = (vec![0; omega + h.len()], 0);
    for (i, h) in h.iter().enumerate() {
        for j in (0..=255).filter(|j| h[usize::from(*j)] != 0) {
            *y[..omega].get_mut(index)? = j;
            index += 1;
        }
        y[omega + i] = u8::try_from(index).expect("at most omega");
    }
    Some(y)
}

/// Algorithm 21, as in the standard.
fn standard_unpack(y: &[u8], omega: usize) -> Option<Vec<[u8; 256]>> {
    let mut h = vec![[0; 256]; y.len() - omega];
    let mut index = 0;
    for (i, h) in h.iter_mut().enumerate() {
        let end = usize::from(y[omega + i]);
        if end < index || end > omega {
            return None;
        }
        let first = index;
        while index < end {
            if index > first && y[index - 1] >= y[index] {
                return None;
            }
            h[usize::from(y[index])] = 1;
            index += 1;
        }
    }
    y[index..omega].iter().all(|unused| *unused == 0).then_some(h)
}

/// The packed bytes of a polynomial, and of a group of eight positions, depend on the count before it.
fn packed() {
    for (k, omega) in SETS {
        for (group, mask, before) in
            (0..32).flat_map(|group| (0..256).flat_map(move |mask| (0..=omega).map(move |count| (group, mask, count))))
        {
            let hints: [u8; 256] = from_fn(|i| u8::from(i / 8 == group && mask >> (i % 8) & 1 == 1));
            let (row, mut out) = (group % k, vec![0xaa; omega + k]);
            let count = pack_hints(&hints, row, omega, before, &mut out);
            let positions = (0..=255).filter(|i| hints[usize::from(*i)] == 1);
            let after = before + positions.clone().count();
            claim(count == (after <= omega).then_some(after), || format!("{count:?} of {omega}, {before} before"));
            if let Some(after) = count {
                let mut expected = vec![0xaa; omega + k];
                expected[before..after].iter_mut().zip(positions).for_each(|(to, position)| *to = position);
                expected[omega + row] = u8::try_from(after).expect("at most omega");
                claim(out == expected, || format!("positions {mask:b} of group {group}, {before} before"));
            }
        }
    }
    let random = &mut Random::new(20);
    for (k, omega) in SETS {
        for _ in 0..3000 {
            let h = random_hints(random, k, omega + 2);
            claim(pack(&h, omega) == standard_pack(&h, omega), || format!("random hints, omega = {omega}"));
        }
    }
}

/// Up to `max` hints in k polynomials.
fn random_hints(random: &mut Random, k: usize, max: usize) -> Vec<[u8; 256]> {
    let mut h = vec![[0; 256]; k];
    // Sometimes few hints, and often the maximum.
    let count = [random.below(max + 1), random.below(5), max - random.below(4)][random.below(3)];
    let polynomials = 1 + random.below(k);
    for _ in 0..count {
        h[random.below(polynomials)][random.below(256)] = 1;
    }
    h
}

/// The engine's encoding.
fn pack(h: &[[u8; 256]], omega: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; omega + h.len()];
    let mut rows = h.iter().enumerate();
    rows.try_fold(0, |count, (row, hints)| pack_hints(hints, row, omega, count, &mut out))?;
    Some(out)
}

/// The engine's decoding.
fn unpack(y: &[u8], omega: usize) -> Option<Vec<[u8; 256]>> {
    let hints = Hints::parse(y, omega)?;
    let polynomial = |row| {
        let mut h = [0; 256];
        hints.positions(row).iter().for_each(|position| h[usize::from(*position)] += 1);
        h
    };
    Some((0..y.len() - omega).map(polynomial).collect())
}

fn parsed() {
    let check = |y: &[u8], omega| {
        claim(unpack(y, omega) == standard_unpack(y, omega), || format!("{y:?}, omega = {omega}"));
    };
    for number in 0..5_u32.pow(4) * 6_u32.pow(3) {
        let (mut rest, mut y) = (number, [0; 7]);
        for (at, digit) in y.iter_mut().enumerate() {
            let base = if at < 4 { 5 } else { 6 };
            *digit = (rest % base).to_le_bytes()[0];
            rest /= base;
        }
        check(&y, 4);
    }
    let random = &mut Random::new(21);
    for ((k, omega), _) in SETS.into_iter().flat_map(|set| (0..20).map(move |i| (set, i))) {
        let y = loop {
            if let Some(y) = standard_pack(&random_hints(random, k, omega), omega) {
                break y;
            }
        };
        for (at, byte) in (0..omega + k).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
            let mut y = y.clone();
            y[at] = byte;
            check(&y, omega);
        }
    }
}

fn round_trips() {
    let random = &mut Random::new(22);
    for ((k, omega), _) in SETS.into_iter().flat_map(|set| (0..3000).map(move |i| (set, i))) {
        let h = random_hints(random, k, omega);
        let y = pack(&h, omega);
        claim(y.as_ref().and_then(|y| unpack(y, omega)) == Some(h), || format!("{y:?}, omega = {omega}"));
    }
}
