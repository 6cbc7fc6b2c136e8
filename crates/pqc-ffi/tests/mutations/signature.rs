//! Changes of an ML-DSA signature that know its structure: `c~ || z || hints` (FIPS 204, algorithm 26).

use super::bits;
use super::random::Random;

/// The numbers of FIPS 204, table 1, on which the encoding depends.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    commitment: usize,
    l: usize,
    k: usize,
    omega: usize,
    /// Bits of a coefficient of z, which is stored as `gamma1 - z` and at most `gamma1 - beta - 1`.
    width: usize,
    beta: u32,
}

impl Shape {
    pub(crate) fn of(id: u32) -> Self {
        match id {
            44 => Self { commitment: 32, l: 4, k: 4, omega: 80, width: 18, beta: 78 },
            65 => Self { commitment: 48, l: 5, k: 6, omega: 55, width: 20, beta: 196 },
            _ => Self { commitment: 64, l: 7, k: 8, omega: 75, width: 20, beta: 120 },
        }
    }

    /// Changes one of the three fields.
    pub(crate) fn change(self, random: &mut Random, signature: &mut [u8]) {
        let (commitment, rest) = signature.split_at_mut(self.commitment);
        let (z, hints) = rest.split_at_mut(self.l * 256 * self.width / 8);
        match random.below(8) {
            0 => commitment[random.below(self.commitment)] ^= 1 << random.below(8),
            1 | 2 => self.change_z(random, z),
            3 => self.change_counts(random, hints),
            4 => self.change_padding(random, hints),
            _ => self.change_hints(random, hints),
        }
    }

    /// Moves a coefficient of z by one, or to the bound, beyond it, or as far as the encoding goes.
    fn change_z(self, random: &mut Random, z: &mut [u8]) {
        let gamma1 = 1 << (self.width - 1);
        let index = random.below(bits::count(z, self.width));
        let present = bits::get(z, self.width, index);
        let limits = [self.beta - 1, self.beta, self.beta + 1, 0, gamma1];
        let value = match random.below(3) {
            0 => random.pick(&[present.saturating_sub(1), present + 1]),
            1 => random.pick(&limits),
            _ => 2 * gamma1 - random.pick(&limits[..3]),
        };
        bits::set(z, self.width, index, value.min(2 * gamma1 - 1));
    }

    /// Changes how many hints a polynomial has, without changing the hints.
    fn change_counts(self, random: &mut Random, hints: &mut [u8]) {
        let count = &mut hints[self.omega + random.below(self.k)];
        *count = match random.below(4) {
            0 => count.wrapping_add(1),
            1 => count.wrapping_sub(1),
            2 => random.byte(),
            _ => self.omega.to_le_bytes()[0] + 1,
        };
    }

    /// Puts something between the last hint and the counts.
    fn change_padding(self, random: &mut Random, hints: &mut [u8]) {
        let used = usize::from(hints[self.omega + self.k - 1]);
        let position = (used + random.below(self.omega + 1 - used)).min(self.omega - 1);
        hints[position] = hints[position].wrapping_add(1 + random.byte() % 255);
    }

    /// Changes the positions of hints, mostly to what an encoder that is not careful could write.
    fn change_hints(self, random: &mut Random, hints: &mut [u8]) {
        let mut polynomials = self.decode(hints);
        let which = random.below(self.k);
        let next = (which + 1) % self.k;
        let polynomial = &mut polynomials[which];
        let Some(last) = polynomial.len().checked_sub(1) else { return };
        let position = random.below(polynomial.len());
        match random.below(7) {
            // The same hints in another order, or a hint twice: the same signature to a lax decoder.
            0 => polynomial.swap(position, random.below(last + 1)),
            1 => polynomial.reverse(),
            2 => polynomial.insert(position, polynomial[position]),
            3 => polynomial[position] = polynomial[position.saturating_sub(1)],
            // Well-formed signatures with a hint less, elsewhere or of another polynomial.
            4 => drop(polynomial.remove(position)),
            5 => {
                polynomial[position] = random.byte();
                polynomial.sort_unstable();
            }
            _ => {
                let moved = polynomial.remove(last);
                polynomials[next].push(moved);
                polynomials[next].sort_unstable();
            }
        }
        self.encode(&polynomials, hints);
    }

    fn decode(self, hints: &[u8]) -> Vec<Vec<u8>> {
        let ends = hints[self.omega..].iter().map(|end| usize::from(*end));
        let starts = [0].into_iter().chain(ends.clone());
        starts.zip(ends).map(|(start, end)| hints[start..end].to_vec()).collect()
    }

    /// Writes the hints; where there are too many, the last ones are left out to keep the length.
    fn encode(self, polynomials: &[Vec<u8>], hints: &mut [u8]) {
        hints.fill(0);
        let mut used = 0;
        for (polynomial, end) in polynomials.iter().zip(self.omega..) {
            for position in polynomial.iter().take(self.omega - used) {
                hints[used] = *position;
                used += 1;
            }
            hints[end] = used.to_le_bytes()[0];
        }
    }
}
