//! The instructions of aarch64, bit by bit according to Arm's manual.

use super::*;

pub(crate) type int16x4_t = Reg<64>;
pub(crate) type int32x2_t = Reg<64>;
pub(crate) type int16x8_t = Reg<128>;
pub(crate) type int32x4_t = Reg<128>;
pub(crate) type int64x2_t = Reg<128>;
pub(crate) type uint8x16_t = Reg<128>;
pub(crate) type uint32x4_t = Reg<128>;
pub(crate) type uint64x2_t = Reg<128>;

/// An unsigned comparison.
fn less_lane(a: &[Bit], b: &[Bit]) -> Word {
    all(greater(b, a, false), a.len())
}
/// The difference of signed numbers, halved and rounded down.
fn subtract_and_halve(a: &[Bit], b: &[Bit]) -> Word {
    let wide = |word: &[Bit]| extended(word, word.len() + 1, true);
    subtract(&wide(a), &wide(b))[1..].into()
}
/// Whether a word may be the least signed number, the only one with a doubled square that does not fit.
fn may_be_least(word: &[Bit]) -> bool {
    let (top, rest) = (word[word.len() - 1], &word[..word.len() - 1]);
    top != ZERO && !rest.contains(&ONE)
}
/// The upper half of a doubled product and twice a summand. The instructions saturate the doubled square of the least
/// number, so two factors that may both be the least number are refused.
fn multiply_doubled(a: &[Bit], b: &[Bit], summand: u128) -> Word {
    let bits = a.len();
    if may_be_least(a) && may_be_least(b) {
        assert!(value(a).is_some() && value(b).is_some(), "a doubled product may not fit");
        return constant((1 << (bits - 1)) - 1, bits);
    }
    add(&multiply(a, b, true), &constant(summand, 2 * bits))[bits - 1..2 * bits - 1].into()
}
/// A shift to the left, or an unsigned shift to the right where the lowest byte of `by` is negative.
fn shift_by(a: &[Bit], by: &[Bit]) -> Word {
    shifted(a, (number(&by[..8]) as u8).cast_signed().into(), ZERO)
}
/// Every other word, from `first` on.
fn every_other(a: &[Bit], bits: usize, first: usize) -> impl Iterator<Item = &[Bit]> {
    a.chunks(bits).skip(first).step_by(2)
}
fn transposed(a: &[Bit], b: &[Bit], bits: usize, first: usize) -> Word {
    every_other(a, bits, first).zip(every_other(b, bits, first)).flat_map(|(a, b)| [a, b].concat()).collect()
}
fn unzipped(a: &[Bit], b: &[Bit], bits: usize, first: usize) -> Word {
    every_other(a, bits, first).chain(every_other(b, bits, first)).flatten().copied().collect()
}
fn add_pairs(a: &[Bit], b: &[Bit], bits: usize) -> Word {
    a.chunks(2 * bits).chain(b.chunks(2 * bits)).flat_map(|pair| add(&pair[..bits], &pair[bits..])).collect()
}
/// The bytes of `from` with these indices, or zero.
fn lookup(from: &[Bit], indices: &[Bit]) -> Word {
    let byte = |index: &[Bit]| match number(index) {
        index @ 0..16 => from[8 * index..][..8].into(),
        _ => constant(0, 8),
    };
    indices.chunks(8).flat_map(byte).collect()
}

binary! {
    128 of 128 by and_bits => vandq_s16 vandq_u8 vandq_u16 vandq_u32 vandq_u64;
    128 of 128 by or_bits => vorrq_u16 vorrq_u64;
    128 of 128 by xor_bits => veorq_u64;
    128 of 128 by |a, b| and_not_bits(b, a) => vbicq_u64;
    16 of 128 by add => vaddq_s16;
    32 of 128 by add => vaddq_s32 vaddq_u32;
    64 of 128 by add => vaddq_u64;
    16 of 128 by subtract => vsubq_s16;
    32 of 128 by subtract => vsubq_s32;
    16 of 128 by subtract_and_halve => vhsubq_s16;
    16 of 128 by multiply_low => vmulq_s16;
    32 of 128 by multiply_low => vmulq_s32;
    16 of 128 by |a, b| multiply_doubled(a, b, 0) => vqdmulhq_s16;
    16 of 128 by |a, b| multiply_doubled(a, b, 1 << 14) => vqrdmulhq_s16;
    32 of 128 by minimum_unsigned => vminq_u32;
    16 of 128 by greater_lane => vcgtq_s16;
    8 of 128 by less_lane => vcltq_u8;
    16 of 128 by less_lane => vcltq_u16;
    32 of 128 by |a, b| greater_lane(b, a) => vcltq_s32;
    16 of 128 by shift_by => vshlq_u16;
    32 of 128 by shift_by => vshlq_u32;
    64 of 128 by shift_by => vshlq_u64;
    128 of 128 by |a, b| transposed(a, b, 16, 0) => vtrn1q_s16;
    128 of 128 by |a, b| transposed(a, b, 16, 1) => vtrn2q_s16;
    128 of 128 by |a, b| transposed(a, b, 32, 0) => vtrn1q_s32;
    128 of 128 by |a, b| transposed(a, b, 32, 1) => vtrn2q_s32;
    128 of 128 by |a, b| transposed(a, b, 64, 0) => vtrn1q_s64;
    128 of 128 by |a, b| transposed(a, b, 64, 1) => vtrn2q_s64;
    128 of 128 by |a, b| unzipped(a, b, 8, 0) => vuzp1q_u8;
    128 of 128 by |a, b| unzipped(a, b, 16, 0) => vuzp1q_u16;
    128 of 128 by |a, b| unzipped(a, b, 32, 0) => vuzp1q_s32;
    128 of 128 by |a, b| unzipped(a, b, 16, 1) => vuzp2q_s16;
    128 of 128 by |a, b| unzipped(a, b, 32, 1) => vuzp2q_s32;
    128 of 128 by |a, b| low_words(a, b, 8) => vzip1q_u8;
    128 of 128 by |a, b| high_words(a, b, 8) => vzip2q_u8;
    128 of 128 by |a, b| add_pairs(a, b, 8) => vpaddq_u8;
    128 of 128 by |a, b| add_pairs(a, b, 32) => vpaddq_s32;
    128 of 128 by lookup => vqtbl1q_u8;
    64 of 128 by |a, b| xor_bits(a, &rotated(b, 1)) => vrax1q_u64;
}

constant_shift! {
    16 of 128 by right_signed (i32) => vshrq_n_s16;
    8 of 128 by right (i32) => vshrq_n_u8;
    64 of 128 by left (i32) => vshlq_n_u64;
}

set1! {
    8 of 128 from u8 => vdupq_n_u8;
    16 of 128 from i16 => vdupq_n_s16;
    16 of 128 from u16 => vdupq_n_u16;
    32 of 128 from i32 => vdupq_n_s32;
    32 of 128 from u32 => vdupq_n_u32;
    64 of 128 from i64 => vdupq_n_s64;
}
pub(crate) unsafe fn vdupq_n_u64(a: u64) -> uint64x2_t {
    Reg::new(vec![constant(a.into(), 64); 2])
}
pub(crate) unsafe fn vdupq_laneq_u64<const LANE: i32>(a: uint64x2_t) -> uint64x2_t {
    expect_tested("vdupq_laneq_u64", LANE.into());
    shuffle(a, a, 128, 64, |_| LANE as usize)
}
pub(crate) unsafe fn vgetq_lane_u16<const LANE: i32>(a: uint8x16_t) -> u16 {
    expect_tested("vgetq_lane_u16", LANE.into());
    decide(&a.0[16 * LANE as usize..][..16]) as u16
}
pub(crate) unsafe fn vrev32q_s16(a: int16x8_t) -> int16x8_t {
    map(a, 32, |a| rotated(a, 16))
}
pub(crate) unsafe fn vnegq_s32(a: int32x4_t) -> int32x4_t {
    map(a, 32, |a| subtract(&constant(0, 32), a))
}

macro_rules! unchanged {
    ($($name:ident)+) => {$(
        pub(crate) unsafe fn $name(a: Reg<128>) -> Reg<128> { a }
    )+};
}
unchanged! {
    vreinterpretq_s16_s32 vreinterpretq_s16_u8 vreinterpretq_s16_u16 vreinterpretq_s32_s16 vreinterpretq_s32_s64
    vreinterpretq_s32_u8 vreinterpretq_s32_u32 vreinterpretq_s64_s32 vreinterpretq_s64_u8 vreinterpretq_u8_s16
    vreinterpretq_u8_s32 vreinterpretq_u8_u16 vreinterpretq_u8_u32 vreinterpretq_u8_u64 vreinterpretq_u16_s16 vreinterpretq_u16_s32
    vreinterpretq_u16_u8 vreinterpretq_u32_s16 vreinterpretq_u32_s32 vreinterpretq_u32_u8 vreinterpretq_u64_u8
    vreinterpretq_u64_u32
}

fn lower(a: Reg<128>) -> Reg<64> {
    Reg::new([a.0[..64].into()])
}
fn upper(a: Reg<128>) -> Reg<64> {
    Reg::new([a.0[64..].into()])
}
pub(crate) unsafe fn vget_low_s16(a: int16x8_t) -> int16x4_t {
    lower(a)
}
pub(crate) unsafe fn vget_low_s32(a: int32x4_t) -> int32x2_t {
    lower(a)
}

/// The products of lanes of `bits` bits, twice as wide.
fn products(a: Reg<64>, b: Reg<64>, bits: usize) -> Reg<128> {
    Reg::new(a.0.chunks(bits).zip(b.0.chunks(bits)).map(|(a, b)| multiply(a, b, true)))
}
pub(crate) unsafe fn vmull_s16(a: int16x4_t, b: int16x4_t) -> int32x4_t {
    products(a, b, 16)
}
pub(crate) unsafe fn vmull_high_s16(a: int16x8_t, b: int16x8_t) -> int32x4_t {
    products(upper(a), upper(b), 16)
}
pub(crate) unsafe fn vmull_s32(a: int32x2_t, b: int32x2_t) -> int64x2_t {
    products(a, b, 32)
}
pub(crate) unsafe fn vmull_high_s32(a: int32x4_t, b: int32x4_t) -> int64x2_t {
    products(upper(a), upper(b), 32)
}
pub(crate) unsafe fn vmlal_s32(sum: int64x2_t, a: int32x2_t, b: int32x2_t) -> int64x2_t {
    zip(sum, products(a, b, 32), 64, add)
}
pub(crate) unsafe fn vmlal_high_s32(sum: int64x2_t, a: int32x4_t, b: int32x4_t) -> int64x2_t {
    zip(sum, products(upper(a), upper(b), 32), 64, add)
}
pub(crate) unsafe fn vmlsl_s32(sum: int64x2_t, a: int32x2_t, b: int32x2_t) -> int64x2_t {
    zip(sum, products(a, b, 32), 64, subtract)
}
pub(crate) unsafe fn vmlsl_high_s32(sum: int64x2_t, a: int32x4_t, b: int32x4_t) -> int64x2_t {
    zip(sum, products(upper(a), upper(b), 32), 64, subtract)
}

fn each_of_three(a: Reg<128>, b: Reg<128>, c: Reg<128>, f: impl Fn(Bit, Bit, Bit) -> Bit) -> Reg<128> {
    Reg(std::array::from_fn(|i| f(a.0[i], b.0[i], c.0[i])))
}
pub(crate) unsafe fn vbslq_u32(mask: Reg<128>, a: Reg<128>, b: Reg<128>) -> Reg<128> {
    each_of_three(mask, a, b, choose)
}
pub(crate) unsafe fn vbslq_u64(mask: Reg<128>, a: Reg<128>, b: Reg<128>) -> Reg<128> {
    each_of_three(mask, a, b, choose)
}
pub(crate) unsafe fn veor3q_u64(a: uint64x2_t, b: uint64x2_t, c: uint64x2_t) -> uint64x2_t {
    each_of_three(a, b, c, |a, b, c| xor(a, xor(b, c)))
}
pub(crate) unsafe fn vbcaxq_u64(a: uint64x2_t, b: uint64x2_t, c: uint64x2_t) -> uint64x2_t {
    each_of_three(a, b, c, |a, b, c| xor(a, and(b, not(c))))
}
pub(crate) unsafe fn vxarq_u64<const BY: i32>(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    expect_tested("vxarq_u64", BY.into());
    zip(a, b, 64, |a, b| rotated(&xor_bits(a, b), 64 - BY))
}
/// The bits of `b` moved down, below the highest bits of `a`.
pub(crate) unsafe fn vsriq_n_u64<const BY: i32>(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    expect_tested("vsriq_n_u64", BY.into());
    zip(a, b, 64, |a, b| [&b[BY as usize..], &a[64 - BY as usize..]].concat())
}
/// The lanes of `a`, then of `b`, from lane BY on.
pub(crate) unsafe fn vextq_u64<const BY: i32>(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    expect_tested("vextq_u64", BY.into());
    shuffle(a, b, 128, 64, |i| i + BY as usize)
}

/// SHA256hash of Arm's manual: four rounds on a, b, c, d and e, f, g, h.
fn four_rounds(abcd: uint32x4_t, efgh: uint32x4_t, sums: uint32x4_t) -> [uint32x4_t; 2] {
    let variables = [abcd, efgh].iter().flat_map(|register| register.words(32)).collect::<Vec<_>>();
    let [a, b, c, d, e, f, g, h] = rounds(variables.try_into().unwrap(), &sums.words(32));
    [Reg::new([a, b, c, d]), Reg::new([e, f, g, h])]
}
pub(crate) unsafe fn vsha256hq_u32(abcd: uint32x4_t, efgh: uint32x4_t, sums: uint32x4_t) -> uint32x4_t {
    four_rounds(abcd, efgh, sums)[0]
}
pub(crate) unsafe fn vsha256h2q_u32(efgh: uint32x4_t, abcd: uint32x4_t, sums: uint32x4_t) -> uint32x4_t {
    four_rounds(abcd, efgh, sums)[1]
}
pub(crate) unsafe fn vsha256su0q_u32(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    zip(a, Reg::new([Word::from(&a.0[32..]), b.0[..32].into()]), 32, |a, next| add(a, &sigma(next, &[7, 18], Some(3))))
}
pub(crate) unsafe fn vsha256su1q_u32(a: uint32x4_t, b: uint32x4_t, c: uint32x4_t) -> uint32x4_t {
    let (a, mut words) =
        (zip(a, Reg::new([Word::from(&b.0[32..]), c.0[..32].into()]), 32, add), c.words(32).split_off(2));
    for (i, word) in a.words(32).iter().enumerate() {
        words.push(add(word, &sigma(&words[i], &[17, 19], Some(10))));
    }
    Reg::new(words.split_off(2))
}

fn majority(a: &[Bit], b: &[Bit], c: &[Bit]) -> Word {
    xor_bits(&xor_bits(&and_bits(a, b), &and_bits(a, c)), &and_bits(b, c))
}
/// SHA512H: Ch and the sum of e for two rounds, with two words that have the rest; b is f and g, c is d and e.
pub(crate) unsafe fn vsha512hq_u64(a: uint64x2_t, b: uint64x2_t, c: uint64x2_t) -> uint64x2_t {
    let half = |e: &Word, f: &[Bit], g: &[Bit], rest: &[Bit]| {
        let chosen: Word = (0..64).map(|bit| choose(e[bit], f[bit], g[bit])).collect();
        add(&add(&chosen, &sigma(e, &[14, 18, 41], None)), rest)
    };
    let ([low, high], [f, g], [d, e]) = (halves(a), halves(b), halves(c));
    let first = half(&e, &f, &g, &high);
    let second = half(&add(&first, &d), &e, &f, &low);
    Reg::new([second, first])
}
/// SHA512H2: Maj and the sum of a for two rounds, with the words of SHA512H; the lower half of b is c, and c is a and b.
pub(crate) unsafe fn vsha512h2q_u64(a: uint64x2_t, b: uint64x2_t, c: uint64x2_t) -> uint64x2_t {
    let half = |a: &Word, b: &[Bit], c: &[Bit], rest: &[Bit]| {
        add(&add(&majority(a, b, c), &sigma(a, &[28, 34, 39], None)), rest)
    };
    let ([low, high], [third, _], [first, second]) = (halves(a), halves(b), halves(c));
    let new = half(&first, &second, &third, &high);
    let newer = half(&new, &first, &second, &low);
    Reg::new([newer, new])
}
fn halves(a: uint64x2_t) -> [Word; 2] {
    [a.0[..64].into(), a.0[64..].into()]
}
pub(crate) unsafe fn vsha512su0q_u64(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    zip(a, Reg::new([Word::from(&a.0[64..]), b.0[..64].into()]), 64, |a, next| add(a, &sigma(next, &[1, 8], Some(7))))
}
pub(crate) unsafe fn vsha512su1q_u64(a: uint64x2_t, b: uint64x2_t, c: uint64x2_t) -> uint64x2_t {
    zip(zip(a, c, 64, add), b, 64, |sum, word| add(sum, &sigma(word, &[19, 61], Some(6))))
}
