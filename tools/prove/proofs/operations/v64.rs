//! The operations on 64-bit lanes.

use super::*;
use crate::keccak::f1600::ROUND_CONSTANTS;
use crate::proofs::specification::lanes64;
use crate::vec::v64::Lanes64;

pub(super) fn lanes_64<M: Copy, L: Lanes64<M>>(m: M, vector: impl Fn(Vec<Word>) -> L, words: impl Fn(L) -> Vec<Word>) {
    let [a, b, c] = [0, 8, 16].map(|from| variables(from, L::WIDTH, 64));
    let [va, vb, vc] = [&a, &b, &c].map(|words| vector(words.clone()));
    let found = |lane: L| words(lane)[..L::WIDTH].to_vec();
    let bits = |f: &dyn Fn(usize) -> Bit| (0..64).map(f).collect::<Word>();
    same("xor", &found(va.xor(vb)), |i| bits(&|bit| xor(a[i][bit], b[i][bit])));
    same("xor3", &found(va.xor3(vb, vc)), |i| bits(&|bit| lanes64::xor3(a[i][bit], b[i][bit], c[i][bit])));
    same("chi", &found(va.chi(vb, vc)), |i| bits(&|bit| lanes64::chi(a[i][bit], b[i][bit], c[i][bit])));
    for number in ROUND_CONSTANTS.into_iter().chain([0, u64::MAX]) {
        same("xor_constant", &found(va.xor_constant(number)), |i| {
            bits(&|bit| lanes64::constant(a[i][bit], number, bit))
        });
    }
    macro_rules! rotations {
        ($($by:literal)+) => {$(
            let by = |bit: usize| (bit + 64 - $by) % 64;
            same("rotate_left", &found(va.rotate_left::<$by>()), |i| bits(&|bit| a[i][by(bit)]));
            same("xor_rotate", &found(va.xor_rotate::<$by>(vb)), |i| bits(&|bit| xor(a[i][by(bit)], b[i][by(bit)])));
        )+};
    }
    rotations! { 1 2 3 6 8 10 14 15 18 20 21 25 27 28 36 39 41 43 44 45 55 56 61 62 }
    same("xor_rotated", &found(va.xor_rotated(vb)), |i| bits(&|bit| xor(a[i][bit], b[i][(bit + 63) % 64])));
    let (mut from, mut to) = ([0_u64; 9], [0_u64; 9]);
    put(&mut from[..L::WIDTH], &a);
    let loaded = L::load(m, &from);
    same("load", &found(loaded), |i| a[i].clone());
    loaded.store(&mut to);
    same("store", &stored(&to[..L::WIDTH]), |i| a[i].clone());
    claim(to[L::WIDTH..].iter().all(|word| *word == 0), || "store writes one vector".into());
}
