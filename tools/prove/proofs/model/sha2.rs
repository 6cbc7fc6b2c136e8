//! The instructions of x86-64 for SHA-256.

use super::*;

/// A sum of rotations and perhaps a shift, FIPS 180-4, section 4.1.2.
pub(super) fn sigma(word: &[Bit], rotations: &[i32], shift: Option<i32>) -> Word {
    let rotated = rotations.iter().map(|by| rotated_right(word, *by));
    rotated.chain(shift.map(|by| right(word, by))).reduce(|a, b| xor_bits(&a, &b)).expect("a rotation")
}
fn word_of(register: &[Bit], i: usize) -> &[Bit] {
    &register[32 * i..][..32]
}
/// SHA256MSG1: the words 0 to 3, each plus sigma0 of the next.
pub(super) fn first_schedule(a: &[Bit], b: &[Bit]) -> Word {
    let both = [a, &b[..32]].concat();
    (0..4).flat_map(|i| add(word_of(&both, i), &sigma(word_of(&both, i + 1), &[7, 18], Some(3)))).collect()
}
/// SHA256MSG2: sigma1 of the words two before; the first two of them are the last of `b`.
pub(super) fn second_schedule(a: &[Bit], b: &[Bit]) -> Word {
    let mut words: Word = b[64..].into();
    for i in 0..4 {
        let sum = add(word_of(a, i), &sigma(&words[32 * i..][..32], &[17, 19], Some(10)));
        words.extend(sum);
    }
    words[64..].into()
}
/// Rounds of SHA-256 on the working variables, with sums of words and constants.
pub(super) fn rounds([mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h]: [Word; 8], sums: &[Word]) -> [Word; 8] {
    for sum in sums {
        let chosen: Word = (0..32).map(|bit| choose(e[bit], f[bit], g[bit])).collect();
        let first = add(&add(&h, sum), &add(&chosen, &sigma(&e, &[6, 11, 25], None)));
        let both = |x: &Word, y: &Word| and_bits(x, y);
        let majority = xor_bits(&xor_bits(&both(&a, &b), &both(&a, &c)), &both(&b, &c));
        let second = add(&majority, &sigma(&a, &[2, 13, 22], None));
        (h, g, f, e) = (g, f, e, add(&d, &first));
        (d, c, b, a) = (c, b, a, add(&first, &second));
    }
    [a, b, c, d, e, f, g, h]
}
/// SHA256RNDS2: two rounds on c, d, g, h and a, b, e, f, from the highest lane on.
pub(crate) unsafe fn _mm_sha256rnds2_epu32(cdgh: __m128i, abef: __m128i, sums: __m128i) -> __m128i {
    let word = |register: &__m128i, i: usize| Word::from(word_of(&register.0, i));
    let [a, b, e, f] = [3, 2, 1, 0].map(|i| word(&abef, i));
    let [c, d, g, h] = [3, 2, 1, 0].map(|i| word(&cdgh, i));
    let [a, b, _, _, e, f, _, _] = rounds([a, b, c, d, e, f, g, h], &sums.words(32)[..2]);
    Reg::new([f, e, b, a])
}
