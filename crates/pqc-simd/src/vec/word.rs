//! Vectors of words of 32 and 64 bits, for SHA-2: each lane is a word of another message.

/// One word of `WIDTH` messages.
pub(crate) trait Word<M>: Copy {
    type Int: Copy;
    const WIDTH: usize;
    /// Whether one instruction rotates all words of a vector.
    const ROTATES: bool;

    /// Loads the first `WIDTH` words.
    fn load(machine: M, from: &[Self::Int]) -> Self;
    fn store(self, to: &mut [Self::Int]);
    fn splat(machine: M, value: Self::Int) -> Self;
    /// Modulo 2^32 or 2^64.
    fn add(self, other: Self) -> Self;
    fn xor3(self, second: Self, third: Self) -> Self;
    /// `(self & second) ^ (!self & third)`, FIPS 180-4, section 4.1.2.
    fn choose(self, second: Self, third: Self) -> Self;
    /// `(self & second) ^ (self & third) ^ (second & third)`, FIPS 180-4, section 4.1.2.
    fn majority(self, second: Self, third: Self) -> Self;
    fn rotate_right<const BITS: i32>(self) -> Self;
    fn shift_right<const BITS: i32>(self) -> Self;
    /// The word that begins two bytes before the end of this one, when `next` follows: an address has 22 bytes.
    fn funnel(self, next: Self) -> Self;
}

/// A vector of 64-bit words, made of and divided into halves of 32 bits.
pub(crate) trait Pairs<M>: Word<M, Int = u64> {
    fn load_pair(machine: M, high: &[u32], low: &[u32]) -> Self;
    fn store_pair(self, high: &mut [u32], low: &mut [u32]);
}

macro_rules! scalar_word {
    ($int:ty) => {
        impl<M> Word<M> for $int {
            type Int = $int;
            const WIDTH: usize = 1;
            const ROTATES: bool = false;

            #[inline(always)]
            fn load(_: M, from: &[$int]) -> Self {
                from[0]
            }
            #[inline(always)]
            fn store(self, to: &mut [$int]) {
                to[0] = self;
            }
            #[inline(always)]
            fn splat(_: M, value: $int) -> Self {
                value
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                self ^ second ^ third
            }
            #[inline(always)]
            fn choose(self, second: Self, third: Self) -> Self {
                third ^ (self & (second ^ third))
            }
            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                (self & second) | (third & (self | second))
            }
            #[inline(always)]
            fn rotate_right<const BITS: i32>(self) -> Self {
                <$int>::rotate_right(self, BITS.unsigned_abs())
            }
            #[inline(always)]
            fn shift_right<const BITS: i32>(self) -> Self {
                self >> BITS
            }
            #[inline(always)]
            fn funnel(self, next: Self) -> Self {
                (self << 16) | (next >> (<$int>::BITS - 16))
            }
        }
    };
}
scalar_word!(u32);
scalar_word!(u64);

impl<M> Pairs<M> for u64 {
    #[inline(always)]
    fn load_pair(_: M, high: &[u32], low: &[u32]) -> Self {
        u64::from(high[0]) << 32 | u64::from(low[0])
    }
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    fn store_pair(self, high: &mut [u32], low: &mut [u32]) {
        high[0] = (self >> 32) as u32;
        low[0] = self as u32;
    }
}
