//! The compression functions of SHA-256 and SHA-512, FIPS 180-4, sections 6.2.2 and 6.4.2, on one block of several messages.

use super::constants::{K256, K512};
use crate::vec::word::Word;

/// A compression function: the sizes of its words and constants, and the amounts of its six functions of
/// section 4.1, the last of the `sigma` being shifts.
macro_rules! compression {
    (
        $compress:ident, $after:ident, $int:ty, $constants:ident, $sixteens:literal,
        sum0 [$s0a:literal $s0b:literal $s0c:literal] sum1 [$s1a:literal $s1b:literal $s1c:literal]
        sigma0 [$g0a:literal $g0b:literal $g0c:literal] sigma1 [$g1a:literal $g1b:literal $g1c:literal]
    ) => {
        /// The hash value after a block of sixteen words.
        #[inline(always)]
        pub(crate) fn $compress<M: Copy, V: Word<M, Int = $int>>(machine: M, hash: [V; 8], block: [V; 16]) -> [V; 8] {
            $after::<M, V, false>(machine, hash, hash, block)
        }

        /// The compression, with `SKIP` from the working variables after four rounds.
        #[inline(always)]
        pub(crate) fn $after<M: Copy, V: Word<M, Int = $int>, const SKIP: bool>(
            machine: M,
            hash: [V; 8],
            variables: [V; 8],
            block: [V; 16],
        ) -> [V; 8] {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = variables;
            let mut w = block;
            macro_rules! round {
                ($va:ident $vb:ident $vc:ident $vd:ident $ve:ident $vf:ident $vg:ident $vh:ident, $i:literal, $t:expr) => {
                    let s1 = $ve.rotate_right::<$s1a>().xor3($ve.rotate_right::<$s1b>(), $ve.rotate_right::<$s1c>());
                    let t1 = $vh.add(w[$i].add(V::splat(machine, $constants[$t + $i]))).add($ve.choose($vf, $vg)).add(s1);
                    let s0 = $va.rotate_right::<$s0a>().xor3($va.rotate_right::<$s0b>(), $va.rotate_right::<$s0c>());
                    $vd = $vd.add(t1);
                    $vh = t1.add(s0.add($va.majority($vb, $vc)));
                };
            }
            macro_rules! next_word {
                ($i:literal) => {
                    let (x, y) = (w[($i + 1) % 16], w[($i + 14) % 16]);
                    let g0 = x.rotate_right::<$g0a>().xor3(x.rotate_right::<$g0b>(), x.shift_right::<$g0c>());
                    let g1 = y.rotate_right::<$g1a>().xor3(y.rotate_right::<$g1b>(), y.shift_right::<$g1c>());
                    w[$i] = w[$i].add(w[($i + 9) % 16]).add(g0.add(g1));
                };
            }
            macro_rules! given_word {
                ($i:literal) => {};
            }
            macro_rules! four_rounds {
                ($t:expr, $word:ident, $w0:literal $w1:literal $w2:literal $w3:literal, even) => {
                    $word!($w0); round!(a b c d e f g h, $w0, $t);
                    $word!($w1); round!(h a b c d e f g, $w1, $t);
                    $word!($w2); round!(g h a b c d e f, $w2, $t);
                    $word!($w3); round!(f g h a b c d e, $w3, $t);
                };
                ($t:expr, $word:ident, $w0:literal $w1:literal $w2:literal $w3:literal, odd) => {
                    $word!($w0); round!(e f g h a b c d, $w0, $t);
                    $word!($w1); round!(d e f g h a b c, $w1, $t);
                    $word!($w2); round!(c d e f g h a b, $w2, $t);
                    $word!($w3); round!(b c d e f g h a, $w3, $t);
                };
            }
            if !SKIP {
                four_rounds!(0, given_word, 0 1 2 3, even);
            }
            four_rounds!(0, given_word, 4 5 6 7, odd);
            four_rounds!(0, given_word, 8 9 10 11, even);
            four_rounds!(0, given_word, 12 13 14 15, odd);
            for sixteen in 1..$sixteens {
                four_rounds!(16 * sixteen, next_word, 0 1 2 3, even);
                four_rounds!(16 * sixteen, next_word, 4 5 6 7, odd);
                four_rounds!(16 * sixteen, next_word, 8 9 10 11, even);
                four_rounds!(16 * sixteen, next_word, 12 13 14 15, odd);
            }
            [
                a.add(hash[0]),
                b.add(hash[1]),
                c.add(hash[2]),
                d.add(hash[3]),
                e.add(hash[4]),
                f.add(hash[5]),
                g.add(hash[6]),
                h.add(hash[7]),
            ]
        }
    };
}

compression!(
    compress_256, compress_256_after, u32, K256, 4,
    sum0 [2 13 22] sum1 [6 11 25] sigma0 [7 18 3] sigma1 [17 19 10]
);
compression!(
    compress_512, compress_512_after, u64, K512, 5,
    sum0 [28 34 39] sum1 [14 18 41] sigma0 [1 8 7] sigma1 [19 61 6]
);

/// The working variables of SHA-256 after the first four rounds, for [`compress_256_after`].
#[inline(always)]
pub(crate) fn first_rounds_256<M: Copy, V: Word<M, Int = u32>>(machine: M, hash: [V; 8], words: [V; 4]) -> [V; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = hash;
    for t in 0..4 {
        let s1 = e.rotate_right::<6>().xor3(e.rotate_right::<11>(), e.rotate_right::<25>());
        let t1 = h.add(words[t].add(V::splat(machine, K256[t]))).add(e.choose(f, g)).add(s1);
        let s0 = a.rotate_right::<2>().xor3(a.rotate_right::<13>(), a.rotate_right::<22>());
        (a, b, c, d, e, f, g, h) = (t1.add(s0.add(a.majority(b, c))), a, b, c, d.add(t1), e, f, g);
    }
    // The other rounds exchange names instead of values.
    [e, f, g, h, a, b, c, d]
}
