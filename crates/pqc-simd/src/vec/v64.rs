//! Vectors of 64-bit lanes, for Keccak-f: each lane is a word of another state.

/// The vectors that a backend uses for one, four and eight states.
pub(crate) trait Machine64: Copy {
    type One: Lanes64<Self>;
    type Four: Lanes64<Self>;
    type Eight: Lanes64<Self>;
    /// The number of states that are best permuted at once: 1, 4 or 8.
    const STATES: usize;
}

/// One word of `WIDTH` states.
pub(crate) trait Lanes64<M>: Copy {
    const WIDTH: usize;
    /// Whether `xor3` is one instruction.
    const HAS_XOR3: bool;

    /// Loads the first `WIDTH` words.
    fn load(machine: M, words: &[u64]) -> Self;
    fn store(self, words: &mut [u64]);
    fn xor_constant(self, constant: u64) -> Self;
    fn xor(self, other: Self) -> Self;
    fn xor3(self, second: Self, third: Self) -> Self;
    /// `self ^ (!second & third)`, the step chi.
    fn chi(self, second: Self, third: Self) -> Self;
    fn rotate_left<const BITS: i32>(self) -> Self;
}

impl<M> Lanes64<M> for u64 {
    const WIDTH: usize = 1;
    const HAS_XOR3: bool = false;

    #[inline(always)]
    fn load(_: M, words: &[u64]) -> Self {
        words[0]
    }
    #[inline(always)]
    fn store(self, words: &mut [u64]) {
        words[0] = self;
    }
    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        self ^ constant
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        self ^ second ^ third
    }
    #[inline(always)]
    fn chi(self, second: Self, third: Self) -> Self {
        self ^ (!second & third)
    }
    #[inline(always)]
    fn rotate_left<const BITS: i32>(self) -> Self {
        u64::rotate_left(self, BITS.unsigned_abs())
    }
}
