//! Changes of byte strings that know nothing of their meaning, the same in every run.

/// The splitmix64 generator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.byte());
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Changes `bytes`, perhaps to bytes of `other`, and leaves their number as it is.
    pub(crate) fn change(&mut self, bytes: &mut [u8], other: &[u8]) {
        let start = self.below(bytes.len());
        let run = start..bytes.len().min(start + 1 + self.below(64));
        match self.below(8) {
            0..=2 => (0..1 << self.below(4)).for_each(|_| bytes[self.below(bytes.len())] ^= 1 << self.below(8)),
            3 => bytes[start] = self.byte(),
            4 => bytes[run].fill(self.pick(&[0x00, 0xff])),
            5 => self.fill(&mut bytes[run]),
            6 => bytes[start..].copy_from_slice(&other[start..]),
            _ => bytes[run].reverse(),
        }
    }

    /// Changes the number of bytes.
    pub(crate) fn resize(&mut self, bytes: &mut Vec<u8>) {
        match self.below(4) {
            0 => bytes.push(self.byte()),
            1 => bytes.extend_from_within(..),
            2 => bytes.truncate(bytes.len() - 1),
            _ => bytes.truncate(self.below(bytes.len())),
        }
    }
}

/// Passes `count` strings to `read` that differ from `original`, half of them changed by `aware`, and returns how many of
/// them it took for valid.
pub(crate) fn mutate(
    count: usize,
    [original, other]: [&[u8]; 2],
    aware: impl Fn(&mut Random, &mut [u8]),
    mut read: impl FnMut(&[u8]) -> bool,
) -> usize {
    let mut random = Random::new(original.iter().fold(0, |seed, byte| seed * 3 % 0xffff_ffff + u64::from(*byte)));
    let mut mutant = |number: usize| {
        let mut mutant = original.to_vec();
        while mutant == original {
            match (number / 2 % 2, random.below(4)) {
                (0, _) => aware(&mut random, &mut mutant),
                (_, 0) => random.resize(&mut mutant),
                _ => random.change(&mut mutant, other),
            }
        }
        mutant
    };
    (0..count).filter(|number| read(&mutant(*number))).count()
}
