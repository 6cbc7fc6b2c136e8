//! The operations on 32-bit lanes.

use super::*;

/// Sixteen words as a row.
pub(super) trait Rows: Lanes32<Element = i32> {
    fn row(words: &[Word]) -> Self::Row;
    fn words(row: Self::Row) -> Vec<Word>;
}

impl Rows for Avx2 {
    fn row(words: &[Word]) -> Self::Row {
        [Reg::new(words[..8].iter().cloned()), Reg::new(words[8..].iter().cloned())]
    }
    fn words(row: Self::Row) -> Vec<Word> {
        row.iter().flat_map(|register| register.words(32)).collect()
    }
}

impl Rows for Avx512 {
    fn row(words: &[Word]) -> Self::Row {
        Reg::new(words.iter().cloned())
    }
    fn words(row: Self::Row) -> Vec<Word> {
        row.words(32)
    }
}

impl Rows for Neon {
    fn row(words: &[Word]) -> Self::Row {
        std::array::from_fn(|i| Reg::new(words[4 * i..][..4].iter().cloned()))
    }
    fn words(row: Self::Row) -> Vec<Word> {
        row.iter().flat_map(|register| register.words(32)).collect()
    }
}

pub(super) fn arithmetic_32<M: Rows>(m: M) {
    let [a, b, c, d] = [0, 16, 32, 48].map(|from| variables(from, 16, 32));
    let [row_a, row_b, row_c, row_d] = [&a, &b, &c, &d].map(|words| M::row(words));
    same("add", &M::words(m.add(row_a, row_b)), |i| Number::add(&a[i], &b[i], 32));
    same("subtract", &M::words(m.subtract(row_a, row_b)), |i| Number::subtract(&a[i], &b[i], 32));
    same("multiply", &M::words(m.multiply(row_a, row_b, row_c)), |i| lanes32::multiply(&a[i], &b[i], &c[i]));
    same("canonical", &M::words(m.canonical(row_a)), |i| lanes32::canonical(&a[i]));
    let (pairs, mut sums) = ([(&a, &b, row_a, row_b), (&c, &d, row_c, row_d), (&a, &d, row_a, row_d)], m.no_sums());
    let mut expected = vec![constant(0, 64); 16];
    same("reduce of no products", &M::words(m.reduce(sums)), |i| lanes32::reduce(&expected[i]));
    // More products than any sum has: products of vectors and matrices have up to seven, and the pair after them.
    for (left, right, row, factor) in pairs.into_iter().cycle().take(9) {
        sums = m.multiply_add(sums, row, m.factor(factor));
        expected = (0..16).map(|i| lanes32::multiply_add(&expected[i], &left[i], &right[i])).collect();
        same("reduce of a sum of products", &M::words(m.reduce(sums)), |i| lanes32::reduce(&expected[i]));
    }
}

pub(super) fn splats_32<M: Rows>(m: M) {
    let bits = (0..32).map(|bit| 1_i32 << bit);
    for number in bits.clone().chain(bits.map(|bit| !bit)).chain(-1000..=1000) {
        same("splat", &M::words(m.splat(number)), |_| integer(number.into(), 32));
    }
}

pub(super) fn moves_32<M: Rows>(m: M) {
    let words = variables(0, 256, 32);
    let (mut from, mut to) = ([0_i32; 16], [0_i32; 16]);
    put(&mut from, &words[..16]);
    let row = m.load(&from);
    same("load", &M::words(row), |i| words[i].clone());
    same("load_constants", &M::words(m.load_constants(&from)), |i| words[i].clone());
    m.store(row, &mut to);
    same("store", &stored(&to), |i| words[i].clone());
    let mut rows: [M::Row; 16] = std::array::from_fn(|i| M::row(&words[16 * i..][..16]));
    m.transpose(&mut rows);
    for (i, row) in rows.into_iter().enumerate() {
        same("transpose", &M::words(row), |j| words[16 * j + i].clone());
    }
    fn unpack<M: Rows, const STEP: usize, const BITS: usize>(m: M) {
        forget();
        let (mut bytes, terms) = ([0_u8; 64], variables(0, 64, 8));
        put(&mut bytes, &terms);
        let bits = terms.concat();
        let expected = |i: usize| extended(&bits[STEP * i..][..BITS], 32, false);
        same("unpack", &M::words(m.unpack::<STEP, BITS>(&bytes)), expected);
    }
    unpack::<M, 24, 23>(m);
    unpack::<M, 3, 3>(m);
    unpack::<M, 4, 4>(m);
    unpack::<M, 10, 10>(m);
    unpack::<M, 13, 13>(m);
    unpack::<M, 18, 18>(m);
    unpack::<M, 20, 20>(m);
}

pub(super) fn write_below<M: Rows>(m: M) {
    let words = variables(0, 16, 32);
    let row = M::row(&words);
    let is_below: Vec<Bit> = words.iter().map(|word| greater(&integer(Q.into(), 32), word, true)).collect();
    for mask in 0..1 << 16 {
        forget();
        plan(mask);
        let mut to = [0_i32; 16];
        let count = m.write_below(row, Q, &mut to);
        kept("write_below", mask, &words, count, &stored(&to[..count]), &is_below);
    }
}

pub(super) fn write_nibbles_below<M: Rows>(m: M) {
    let (mut bytes, terms) = ([0_u8; 16], variables(0, 16, 8));
    let nibbles: Vec<Word> = words_of(&terms.concat(), 4);
    let words: Vec<Word> = nibbles.iter().map(|nibble| extended(nibble, 8, false)).collect();
    for bound in [15_u8, 9] {
        let bound_term = constant(bound.into(), 8);
        let is_below: Vec<Bit> = words.iter().map(|word| greater(&bound_term, word, false)).collect();
        for (group, before, mask) in (0..4).flat_map(|group| {
            (0..=8 * group).flat_map(move |before| (0..256_u64).map(move |mask| (group, before, mask)))
        }) {
            // The first `before` nibbles, the mask of the group, and the same mask again.
            let mask = (((1 << before) - 1) | ((mask * 0x0101_0101) << (8 * group))) & 0xffff_ffff;
            forget();
            put(&mut bytes, &terms);
            plan(mask);
            let mut to = [0_u8; 32];
            let count = m.write_nibbles_below(&bytes, bound, &mut to);
            kept("write_nibbles_below", mask, &words, count, &words_of(&read(&to[..count]), 8), &is_below);
        }
    }
}
