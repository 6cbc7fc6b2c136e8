//! Changes of a key or ciphertext that know its fields.

use super::bits;
use super::random::Random;
use core::ops::Range;

/// The fields of an encoding.
pub(crate) struct Layout {
    /// Where each field begins, and where the last one ends.
    pub(crate) bounds: Vec<usize>,
    /// The fields of packed coefficients: which one, the bits of a coefficient, and the largest that is allowed.
    pub(crate) packed: Vec<(usize, usize, u32)>,
}

impl Layout {
    /// rho, K, tr, s1, s2 and t0 of an expanded ML-DSA private key (FIPS 204, algorithm 24).
    pub(crate) fn mldsa_private_key(id: u32, length: usize) -> Self {
        let (k, l, width, limit) = match id {
            44 => (4, 4, 3, 4),
            65 => (6, 5, 4, 8),
            _ => (8, 7, 3, 4),
        };
        let [s2, t0] = [l, l + k].map(|polynomials| 128 + polynomials * 32 * width);
        Self { bounds: vec![0, 32, 64, 128, s2, t0, length], packed: vec![(3, width, limit), (4, width, limit)] }
    }

    pub(crate) fn field(&self, number: usize) -> Range<usize> {
        self.bounds[number]..self.bounds[number + 1]
    }

    /// Changes one field, each of them as often, or a coefficient to one near the limit.
    pub(crate) fn change(&self, random: &mut Random, mutant: &mut [u8], other: &[u8]) {
        if !self.packed.is_empty() && random.below(2) == 0 {
            let (field, width, limit) = random.pick(&self.packed);
            let field = &mut mutant[self.field(field)];
            let value = random.pick(&[0, limit - 1, limit, limit + 1, (1 << width) - 1]);
            return bits::set(field, width, random.below(bits::count(field, width)), value);
        }
        let field = self.field(random.below(self.bounds.len() - 1));
        random.change(&mut mutant[field.clone()], &other[field]);
    }

    /// The first field with a coefficient beyond its limit.
    pub(crate) fn out_of_range(&self, bytes: &[u8]) -> Option<usize> {
        let is_beyond = |(field, width, limit): &(usize, usize, u32)| {
            let field = &bytes[self.field(*field)];
            (0..bits::count(field, *width)).any(|index| bits::get(field, *width, index) > *limit)
        };
        self.packed.iter().find(|packed| is_beyond(packed)).map(|(field, ..)| *field)
    }

    /// Whether two encodings are the same in all of these fields.
    pub(crate) fn agree(&self, fields: &[usize], left: &[u8], right: &[u8]) -> bool {
        fields.iter().all(|field| left[self.field(*field)] == right[self.field(*field)])
    }
}
