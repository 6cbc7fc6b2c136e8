//! The operations on 16-bit lanes.

use super::*;

pub(super) trait Vectors: Lanes16<Element = i16> {
    fn vector(words: &[Word]) -> Self;
    fn words(self) -> Vec<Word>;
    fn wide(wide: Self::Wide) -> Vec<Word>;
}

macro_rules! vectors {
    ($($name:ty)+) => {$(
        impl Vectors for $name {
            fn vector(words: &[Word]) -> Self {
                Self(Reg::new(words.iter().cloned()))
            }
            fn words(self) -> Vec<Word> {
                self.0.words(16)
            }
            fn wide(wide: Self::Wide) -> Vec<Word> {
                wide.words(32)
            }
        }
    )+};
}
vectors! { I16x16 I16x32 }

impl Vectors for NeonI16x16<Neon> {
    fn vector(words: &[Word]) -> Self {
        Self([Reg::new(words[..8].iter().cloned()), Reg::new(words[8..].iter().cloned())], PhantomData)
    }
    fn words(self) -> Vec<Word> {
        self.0.iter().flat_map(|register| register.words(16)).collect()
    }
    fn wide(wide: Self::Wide) -> Vec<Word> {
        wide.iter().flat_map(|register| register.words(32)).collect()
    }
}

pub(super) fn arithmetic_16<V: Vectors>(m: V::Machine) {
    let [a, b, c] = [0, 32, 64].map(|from| variables(from, V::LANES, 16));
    let [va, vb, vc] = [&a, &b, &c].map(|words| V::vector(words));
    same("add", &va.add(vb).words(), |i| Number::add(&a[i], &b[i], 16));
    same("sub", &va.sub(vb).words(), |i| Number::subtract(&a[i], &b[i], 16));
    same("wrapping_sub", &va.wrapping_sub(vb).words(), |i| Number::subtract(&a[i], &b[i], 16));
    same("and", &va.and(vb).words(), |i| Number::and(&a[i], &b[i]));
    same("greater", &va.greater(vb).words(), |i| Number::greater(&a[i], &b[i], 16));
    same("multiply_low", &va.multiply_low(vb).words(), |i| lanes16::multiply_low(&a[i], &b[i]));
    same("multiply_high", &va.multiply_high(vb).words(), |i| lanes16::multiply_high(&a[i], &b[i]));
    same("reduce", &va.reduce(m).words(), |i| lanes16::reduce(&a[i]));
    let pair = |x: &[Word], y: &[Word], i: usize| {
        lanes16::multiply_pairs([&x[2 * i], &x[2 * i + 1]], [&y[2 * i], &y[2 * i + 1]])
    };
    let (even, odd) = (va.multiply_pairs(vb), va.multiply_pairs(vc));
    same("multiply_pairs", &V::wide(even), |i| pair(&a, &b, i));
    let sum = |i: usize| Number::add(&pair(&a, &b, i), &pair(&a, &c, i), 32);
    same("add_wide", &V::wide(V::add_wide(even, odd)), sum);
    let wide = |i: usize| if i.is_multiple_of(2) { pair(&a, &b, i / 2) } else { pair(&a, &c, i / 2) };
    same("reduce_wide", &V::reduce_wide(m, even, odd).words(), |i| lanes16::reduce_wide(&wide(i)));
    let (lows, highs) = V::halves(even, odd);
    same("low halves", &lows.words(), |i| low(&wide(i)));
    same("high halves", &highs.words(), |i| high(&wide(i)));
    same("swap_pairs", &va.swap_pairs().words(), |i| a[i ^ 1].clone());
    macro_rules! shifts {
        ($($by:literal)+) => {$(
            same("shift_right", &va.shift_right::<$by>().words(), |i| Number::shift_right(&a[i], $by, 16));
        )+};
    }
    shifts! { 1 2 3 15 }
}

pub(super) fn products_16<V: Vectors>(m: V::Machine) {
    let [a, b, c] = [0, 32, 64].map(|from| variables(from, V::LANES, 16));
    let [va, vb, vc] = [&a, &b, &c].map(|words| V::vector(words));
    same("multiply_round", &va.multiply_round(vb).words(), |i| lanes16::multiply_round(&a[i], &b[i]));
    same("multiply", &va.multiply(m, vb, vc).words(), |i| lanes16::multiply(&a[i], &b[i], &c[i]));
}

/// The same for NEON, where instructions saturate a product of -2^15 and -2^15: a number differs from -2^15 if its sign
/// is not set, or another bit is.
pub(super) fn products_of_neon() {
    let m = token::<Neon>();
    let [a, b, c] = [0, 32, 64].map(|from| variables(from, 16, 16));
    let [va, vc] = [&a, &c].map(|words| NeonI16x16::vector(words));
    for (bit, known) in (0..15).map(|bit| (bit, ONE)).chain([(15, ZERO)]) {
        let mut b = b.clone();
        b.iter_mut().for_each(|word| word[bit] = known);
        let vb = NeonI16x16::vector(&b);
        for (name, found) in [("multiply_round", va.multiply_round(vb)), ("the same", vb.multiply_round(va))] {
            same(name, &found.words(), |i| lanes16::multiply_round(&a[i], &b[i]));
        }
        same("multiply", &va.multiply(m, vb, vc).words(), |i| lanes16::multiply_doubled(&a[i], &b[i], &c[i]));
    }
}

pub(super) fn moves_16<V: Vectors>(m: V::Machine) {
    let lanes = V::LANES;
    let words = variables(0, 8 * lanes, 16);
    let before: [V; 8] = std::array::from_fn(|i| V::vector(&words[lanes * i..][..lanes]));
    let word = |vector: usize, row: usize, lane: usize| words[lanes * vector + 16 * row + lane].clone();
    let mut v = before;
    V::transpose(&mut v);
    for (i, found) in v.into_iter().enumerate() {
        same("transpose", &found.words(), |lane| word(lane / 2 % 8, lane / 16, 2 * i + lane % 2));
    }
    let mut v = before;
    V::rows_to_vectors(&mut v);
    for (i, found) in v.into_iter().enumerate() {
        same("rows_to_vectors", &found.words(), |lane| {
            if lanes == 16 { word(i, 0, lane) } else { word(i / 2 + lane / 16 * 4, i % 2, lane % 16) }
        });
    }
    V::vectors_to_rows(&mut v);
    for (i, found) in v.into_iter().enumerate() {
        same("vectors_to_rows", &found.words(), |lane| word(i, lane / 16, lane % 16));
    }
    let (mut from, mut to) = ([0_i16; 32], [0_i16; 32]);
    put(&mut from[..lanes], &words[..lanes]);
    let loaded = V::load(m, &from);
    same("load", &loaded.words(), |i| words[i].clone());
    same("load_constants", &V::load_constants(m, &from).words(), |i| words[i].clone());
    loaded.store(&mut to);
    same("store", &stored(&to[..lanes]), |i| words[i].clone());
    claim(to[lanes..].iter().all(|number| *number == 0), || "store writes one vector".into());
}

pub(super) fn all_bits<V: Vectors>(m: V::Machine) {
    bits::<V, 1>(m);
    bits::<V, 4>(m);
    bits::<V, 5>(m);
    bits::<V, 6>(m);
    bits::<V, 10>(m);
    bits::<V, 11>(m);
    bits::<V, 12>(m);
}

/// Each vector of a polynomial alone, in memory of other bytes, and all in their order.
pub(super) fn bits<V: Vectors, const BITS: usize>(m: V::Machine) {
    let size = V::LANES * BITS / 8;
    let (mut bytes, terms, lanes) =
        (vec![0_u8; 32 * BITS], variables(0, 32 * BITS, 8), variables(1000, 256, BITS as u32));
    let vectors: Vec<V> = lanes
        .chunks(V::LANES)
        .map(|lanes| V::vector(&lanes.iter().map(|lane| extended(lane, 16, false)).collect::<Vec<_>>()))
        .collect();
    for (i, vector) in vectors.iter().enumerate() {
        let at = size * i;
        forget();
        put(&mut bytes, &terms);
        let packed = terms.concat();
        same(&format!("load_bits of {BITS}"), &V::load_bits::<BITS>(m, &bytes, at).words(), |lane| {
            extended(&packed[8 * at + BITS * lane..][..BITS], 16, false)
        });
        vector.store_bits::<BITS>(&mut bytes, at);
        let found = words_of(&read(&bytes[at..at + size]), BITS);
        same(&format!("store_bits of {BITS}"), &found, |lane| lanes[V::LANES * i + lane].clone());
        same("the bytes before", &words_of(&read(&bytes[..at]), 8), |byte| terms[byte].clone());
    }
    vectors.iter().enumerate().for_each(|(i, vector)| vector.store_bits::<BITS>(&mut bytes, size * i));
    same(&format!("a polynomial of {BITS} bits"), &words_of(&read(&bytes), BITS), |lane| lanes[lane].clone());
}

/// The masks of at most two lanes and of all but at most two, all masks of each half, and others.
pub(super) fn masks_of_32() -> impl Iterator<Item = u64> {
    let pairs = (0..32).flat_map(|a| (0..=a).map(move |b| 1_u64 << a | 1 << b));
    let few = pairs.chain([0]).flat_map(|mask| [mask, !mask & 0xffff_ffff]);
    let halves = (0..1 << 16).flat_map(|mask: u64| [mask | (mask & 1) << 31, mask << 16 | mask >> 15]);
    few.chain(halves).chain((1..=1 << 15).map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32))
}

pub(super) fn append_below<V: Vectors>(_: V::Machine, masks: impl Iterator<Item = u64>) {
    let words = variables(0, V::LANES, 16);
    let vector = V::vector(&words);
    let is_kept: Vec<Bit> =
        words.iter().map(|word| and(not(word[15]), greater(&integer(Q16.into(), 16), word, true))).collect();
    for mask in masks {
        forget();
        plan(mask);
        // The shortest slice that the operation may take, after values that stay unchanged.
        let first = mask as usize % 3;
        let mut values = vec![7_i16; first + V::LANES];
        let count = vector.append_below(Q16, &mut values, first) - first;
        kept("append_below", mask, &words, count, &stored(&values[first..first + count]), &is_kept);
        claim(values[..first].iter().all(|value| *value == 7), || "the values before stay".into());
    }
}

pub(super) fn splats_16<V: Vectors>(m: V::Machine) {
    for number in i16::MIN..=i16::MAX {
        same("splat", &V::splat(m, number).words(), |_| integer(number.into(), 16));
    }
}
