//! Arithmetic, shifts and comparisons of words.

use super::*;

/// The operands of a commutative operation.
fn sorted(a: &[Bit], b: &[Bit]) -> Vec<Word> {
    if a <= b { vec![a.into(), b.into()] } else { vec![b.into(), a.into()] }
}

pub(crate) fn extended(word: &[Bit], bits: usize, is_signed: bool) -> Word {
    let top = if is_signed { word[word.len() - 1] } else { ZERO };
    (0..bits).map(|i| *word.get(i).unwrap_or(&top)).collect()
}

/// Shifted to the left, or to the right where `by` is negative, with zeros on the right and `fill` on the left.
pub(crate) fn shifted(word: &[Bit], by: i32, fill: Bit) -> Word {
    (0..word.len() as i32).map(|i| if i < by { ZERO } else { *word.get((i - by) as usize).unwrap_or(&fill) }).collect()
}

/// Modulo 2^bits. If the words have no bits in common, the sum has the bits of both.
pub(crate) fn add(a: &[Bit], b: &[Bit]) -> Word {
    if let (Some(a_value), Some(b_value)) = (value(a), value(b)) {
        return constant(a_value.wrapping_add(b_value), a.len());
    }
    if a.iter().zip(b).all(|(a, b)| *a == ZERO || *b == ZERO) {
        return a.iter().zip(b).map(|(a, b)| Bit(a.0 | b.0)).collect();
    }
    ARENA.with_borrow_mut(|arena| {
        let (a_multiples, b_multiples) = (arena.multiples_of(a), arena.multiples_of(b));
        arena.sum(&a_multiples, &b_multiples, a.len())
    })
}

impl Arena {
    fn word_number(&mut self, word: &[Bit]) -> u32 {
        if let Some(number) = self.word_numbers.get(word) {
            return *number;
        }
        self.words.push(word.into());
        let number = self.words.len() as u32 - 1;
        self.word_numbers.insert(word.into(), number);
        number
    }

    /// The words with this word as their sum, perhaps only the word itself.
    fn multiples_of(&mut self, word: &[Bit]) -> Multiples {
        if let Some(value) = value(word) {
            return vec![(self.word_number(&constant(1, word.len())), value)];
        }
        if let Node::Result(sum, 0) = self.nodes[word[0].0 as usize]
            && let Some((bits, multiples)) = self.multiples.get(&sum)
            && *bits == word.len()
            && (0..)
                .zip(word)
                .all(|(i, bit)| matches!(self.nodes[bit.0 as usize], Node::Result(of, at) if (of, at) == (sum, i)))
        {
            return multiples.clone();
        }
        vec![(self.word_number(word), 1)]
    }

    /// The sum modulo 2^bits: each word occurs once, in order.
    fn sum(&mut self, a: &Multiples, b: &Multiples, bits: usize) -> Word {
        let (mut merged, mask, mut i, mut j) = (Multiples::new(), u128::MAX >> (128 - bits), 0, 0);
        while i < a.len() || j < b.len() {
            let (m, n) = (a.get(i).map_or(u32::MAX, |x| x.0), b.get(j).map_or(u32::MAX, |x| x.0));
            let mut count = 0_u128;
            if m <= n {
                count = count.wrapping_add(a[i].1);
                i += 1;
            }
            if n <= m {
                count = count.wrapping_add(b[j].1);
                j += 1;
            }
            if count & mask != 0 {
                merged.push((m.min(n), count & mask));
            }
        }
        match merged[..] {
            [] => return constant(0, bits),
            [(word, 1)] => return self.words[word as usize].clone(),
            [(word, count)] if value(&self.words[word as usize]) == Some(1) => return constant(count, bits),
            _ => {}
        }
        let key = (bits, merged);
        let number = self.sums.get(&key).copied().unwrap_or_else(|| {
            let number = self.applications.len() as u32;
            self.applications.push((Operation::Sum, Vec::new()));
            self.multiples.insert(number, key.clone());
            self.sums.insert(key, number);
            number
        });
        (0..bits as u32).map(|bit| self.number(Node::Result(number, bit))).collect()
    }
}

/// Modulo 2^bits.
pub(crate) fn subtract(a: &[Bit], b: &[Bit]) -> Word {
    match (value(a), value(b)) {
        (Some(a_value), Some(b_value)) => constant(a_value.wrapping_sub(b_value), a.len()),
        (_, Some(0)) => a.into(),
        _ => apply(Operation::Subtract, vec![a.into(), b.into()], a.len()),
    }
}

/// The whole product, of twice as many bits.
pub(crate) fn multiply(a: &[Bit], b: &[Bit], is_signed: bool) -> Word {
    let bits = 2 * a.len();
    match (number_of(a, is_signed), number_of(b, is_signed)) {
        (Some(a), Some(b)) => constant((a * b).cast_unsigned(), bits),
        (Some(0), _) | (_, Some(0)) => constant(0, bits),
        // A power of two shifts.
        (_, Some(power)) if power > 0 && power.count_ones() == 1 => {
            shifted(&extended(a, bits, is_signed), power.trailing_zeros() as i32, ZERO)
        }
        (Some(power), _) if power > 0 && power.count_ones() == 1 => multiply(b, a, is_signed),
        _ => apply(if is_signed { Operation::MultiplySigned } else { Operation::Multiply }, sorted(a, b), bits),
    }
}

/// The lower half of a product, which is the same with and without signs. A power of two shifts, also -2^(bits - 1).
pub(crate) fn multiply_low(a: &[Bit], b: &[Bit]) -> Word {
    for (a, b) in [(a, b), (b, a)] {
        if let Some(power) = value(b).filter(|b| b.is_power_of_two()) {
            return shifted(a, power.trailing_zeros() as i32, ZERO);
        }
    }
    low(&multiply(a, b, true))
}

pub(crate) fn low(word: &[Bit]) -> Word {
    word[..word.len() / 2].into()
}

pub(crate) fn high(word: &[Bit]) -> Word {
    word[word.len() / 2..].into()
}

/// `a > b`, as an unsigned comparison with the highest bit apart where it is known, so that the instructions of both
/// kinds agree.
pub(crate) fn greater(a: &[Bit], b: &[Bit], is_signed: bool) -> Bit {
    let ((a_top, a_rest), (b_top, b_rest)) = (top(a), top(b));
    if is_signed {
        return above((not(a_top), a_rest), (not(b_top), b_rest));
    }
    above((a_top, a_rest), (b_top, b_rest))
}

/// The highest bit, and those below it.
fn top(word: &[Bit]) -> (Bit, &[Bit]) {
    (word[word.len() - 1], &word[..word.len() - 1])
}

fn above((a_top, a): (Bit, &[Bit]), (b_top, b): (Bit, &[Bit])) -> Bit {
    let rest = || match (value(a), value(b)) {
        (Some(a), Some(b)) => constant(u128::from(a > b), 1)[0],
        (Some(0), _) => ZERO,
        _ => apply(Operation::Greater, vec![a.into(), b.into()], 1)[0],
    };
    match (a_top, b_top) {
        (ZERO, ZERO) | (ONE, ONE) if a.len() > 1 => above(top(a), top(b)),
        (ZERO, b_top) => and(not(b_top), rest()),
        (ONE, b_top) => or(not(b_top), rest()),
        (a_top, ZERO) => or(a_top, rest()),
        (a_top, ONE) => and(a_top, rest()),
        _ => apply(Operation::Greater, vec![[a, &[a_top]].concat(), [b, &[b_top]].concat()], 1)[0],
    }
}

/// A signed number, limited to half as many bits.
pub(crate) fn saturated(a: &[Bit]) -> Word {
    let half = a.len() / 2;
    match number_of(a, true) {
        Some(number) => constant(number.clamp(-(1 << (half - 1)), (1 << (half - 1)) - 1).cast_unsigned(), half),
        None if a.iter().all(|bit| *bit == a[0]) => a[..half].into(),
        None => apply(Operation::Saturate, vec![a.into()], half),
    }
}
