//! The compression functions of SHA-256 and SHA-512, FIPS 180-4, sections 6.2.2 and 6.4.2, on one block of several messages.

use super::constants::{K256, K512};
use crate::vec::word::{Pairs, Word};

/// The vectors that a backend uses for SHA-256 and for SHA-512.
pub(crate) trait MachineSha2: Copy {
    type W32: Word<Self, Int = u32>;
    type W64: Pairs<Self>;
    /// Up to this number of messages, the SHA-256 instructions of the processor, if it has them, are faster than vectors.
    #[cfg_attr(
        not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))),
        allow(dead_code, reason = "the other architectures use none")
    )]
    const INSTRUCTIONS_UP_TO: usize;

    /// The compression of SHA-256, with `SKIP` from the working variables after four rounds.
    #[inline(always)]
    fn compress_256_after<const SKIP: bool>(
        self,
        hash: [Self::W32; 8],
        variables: [Self::W32; 8],
        block: [Self::W32; 16],
    ) -> [Self::W32; 8] {
        compress_256_after::<Self, Self::W32, SKIP>(self, hash, variables, block)
    }

    /// The compression of SHA-512.
    #[inline(always)]
    fn compress_512(self, hash: [Self::W64; 8], block: [Self::W64; 16]) -> [Self::W64; 8] {
        compress_512(self, hash, block)
    }
}

/// A round (step 3 of sections 6.2.2 and 6.4.2), with the sum of its word and its constant. It changes two variables;
/// the next round renames them instead of exchanging their values.
macro_rules! round {
    (
        $va:ident $vb:ident $vc:ident $vd:ident $ve:ident $vf:ident $vg:ident $vh:ident, $word:expr,
        [$s0a:literal $s0b:literal $s0c:literal] [$s1a:literal $s1b:literal $s1c:literal]
    ) => {
        let s1 = $ve.rotate_right::<$s1a>().xor3($ve.rotate_right::<$s1b>(), $ve.rotate_right::<$s1c>());
        let t1 = $vh.add($word).add($ve.choose($vf, $vg)).add(s1);
        let s0 = $va.rotate_right::<$s0a>().xor3($va.rotate_right::<$s0b>(), $va.rotate_right::<$s0c>());
        $vd = $vd.add(t1);
        $vh = t1.add(s0.add($va.majority($vb, $vc)));
    };
}

/// The next word of the schedule (step 1), which replaces the word sixteen before it; the last amount of each three is
/// a shift.
macro_rules! next_word {
    (
        $w:ident, $i:literal,
        [$g0a:literal $g0b:literal $g0c:literal] [$g1a:literal $g1b:literal $g1c:literal]
    ) => {
        let (x, y) = ($w[($i + 1) % 16], $w[($i + 14) % 16]);
        let g0 = x.rotate_right::<$g0a>().xor3(x.rotate_right::<$g0b>(), x.shift_right::<$g0c>());
        let g1 = y.rotate_right::<$g1a>().xor3(y.rotate_right::<$g1b>(), y.shift_right::<$g1c>());
        $w[$i] = $w[$i].add($w[($i + 9) % 16]).add(g0.add(g1));
    };
}

/// A compression function: the sizes of its words and constants, and the amounts of its six functions of section 4.1.
macro_rules! compression {
    (
        $compress:ident, $after:ident, $int:ty, $constants:ident, $sixteens:literal,
        sum $sum0:tt $sum1:tt sigma $sigma0:tt $sigma1:tt
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
            macro_rules! next {
                ($i:literal) => {
                    next_word!(w, $i, $sigma0 $sigma1);
                };
            }
            macro_rules! given {
                ($i:literal) => {};
            }
            macro_rules! word {
                ($t:expr, $i:literal) => {
                    w[$i].add(V::splat(machine, $constants[$t + $i]))
                };
            }
            macro_rules! four_rounds {
                ($t:expr, $make:ident, $w0:literal $w1:literal $w2:literal $w3:literal, even) => {
                    $make!($w0); round!(a b c d e f g h, word!($t, $w0), $sum0 $sum1);
                    $make!($w1); round!(h a b c d e f g, word!($t, $w1), $sum0 $sum1);
                    $make!($w2); round!(g h a b c d e f, word!($t, $w2), $sum0 $sum1);
                    $make!($w3); round!(f g h a b c d e, word!($t, $w3), $sum0 $sum1);
                };
                ($t:expr, $make:ident, $w0:literal $w1:literal $w2:literal $w3:literal, odd) => {
                    $make!($w0); round!(e f g h a b c d, word!($t, $w0), $sum0 $sum1);
                    $make!($w1); round!(d e f g h a b c, word!($t, $w1), $sum0 $sum1);
                    $make!($w2); round!(c d e f g h a b, word!($t, $w2), $sum0 $sum1);
                    $make!($w3); round!(b c d e f g h a, word!($t, $w3), $sum0 $sum1);
                };
            }
            if !SKIP {
                four_rounds!(0, given, 0 1 2 3, even);
            }
            four_rounds!(0, given, 4 5 6 7, odd);
            four_rounds!(0, given, 8 9 10 11, even);
            four_rounds!(0, given, 12 13 14 15, odd);
            // In chains, these sixteen stand alone, so that the zeros of the padding cost nothing. Where a rotation
            // takes three instructions, that would be too much code.
            let stands_alone = SKIP && V::ROTATES;
            if stands_alone {
                four_rounds!(16, next, 0 1 2 3, even);
                four_rounds!(16, next, 4 5 6 7, odd);
                four_rounds!(16, next, 8 9 10 11, even);
                four_rounds!(16, next, 12 13 14 15, odd);
            }
            for sixteen in 1 + usize::from(stands_alone)..$sixteens {
                four_rounds!(16 * sixteen, next, 0 1 2 3, even);
                four_rounds!(16 * sixteen, next, 4 5 6 7, odd);
                four_rounds!(16 * sixteen, next, 8 9 10 11, even);
                four_rounds!(16 * sixteen, next, 12 13 14 15, odd);
            }
            total([a, b, c, d, e, f, g, h], hash)
        }
    };
}

/// The hash value and the working variables, added (step 4).
#[inline(always)]
fn total<M, V: Word<M>>(variables: [V; 8], hash: [V; 8]) -> [V; 8] {
    let mut sums = hash;
    for i in 0..8 {
        sums[i] = variables[i].add(hash[i]);
    }
    sums
}

compression!(
    compress_256, compress_256_after, u32, K256, 4,
    sum [2 13 22] [6 11 25] sigma [7 18 3] [17 19 10]
);
compression!(
    compress_512, compress_512_after, u64, K512, 5,
    sum [28 34 39] [14 18 41] sigma [1 8 7] [19 61 6]
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
    // The other rounds rename the variables instead of exchanging their values.
    [e, f, g, h, a, b, c, d]
}

/// The words of the schedule of SHA-512 with the constants added, from the lane `first` on. They depend on the block
/// alone, so the lanes may hold the blocks of one message; [`rounds_512`] then takes one block after the other.
#[inline(always)]
pub(crate) fn schedule_512<M: Copy, V: Word<M, Int = u64>, const LANES: usize>(
    machine: M,
    block: [V; 16],
    words: &mut [[u64; LANES]; 80],
    first: usize,
) {
    let mut w = block;
    for sixteen in 0..5 {
        macro_rules! words {
            ($($i:literal)+) => {$(
                if sixteen > 0 {
                    next_word!(w, $i, [1 8 7] [19 61 6]);
                }
                w[$i].add(V::splat(machine, K512[16 * sixteen + $i])).store(&mut words[16 * sixteen + $i][first..]);
            )+};
        }
        words!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }
}

/// The hash value of SHA-512 after a block, with the words of [`schedule_512`] from the lane `first` on.
#[inline(always)]
pub(crate) fn rounds_512<M: Copy, V: Word<M, Int = u64>, const LANES: usize>(
    machine: M,
    hash: [V; 8],
    words: &[[u64; LANES]; 80],
    first: usize,
) -> [V; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = hash;
    for eight in words.as_chunks::<8>().0 {
        macro_rules! rounds {
            ($($i:literal $va:ident $vb:ident $vc:ident $vd:ident $ve:ident $vf:ident $vg:ident $vh:ident,)+) => {$(
                round!($va $vb $vc $vd $ve $vf $vg $vh, V::load(machine, &eight[$i][first..]), [28 34 39] [14 18 41]);
            )+};
        }
        rounds!(
            0 a b c d e f g h, 1 h a b c d e f g, 2 g h a b c d e f, 3 f g h a b c d e,
            4 e f g h a b c d, 5 d e f g h a b c, 6 c d e f g h a b, 7 b c d e f g h a,
        );
    }
    total([a, b, c, d, e, f, g, h], hash)
}
