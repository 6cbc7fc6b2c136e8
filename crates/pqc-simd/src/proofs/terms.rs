//! Bits as terms: each bit of a register is a function of variables, in a form where equal functions are often the
//! same.
//!
//! Moves of bits disappear, sums modulo 2 are sets, conjunctions are pairs, and the result of arithmetic on words is a
//! new term; its bits are taken one by one. Two bits with the same number are equal for every assignment of the
//! variables. Two bits with different numbers may still be equal; then a row fails, and nothing false is ever proved.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "words have at most 1024 bits")]

use std::cell::RefCell;
use std::collections::HashMap;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Bit(u32);

pub(crate) const ZERO: Bit = Bit(0);
pub(crate) const ONE: Bit = Bit(1);

/// The lowest bit first.
pub(crate) type Word = Vec<Bit>;

/// An operation on words about which only this is known: equal operands have equal results.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Operation {
    /// A sum of multiples of words, which the arena keeps instead of operands.
    Sum,
    Subtract,
    Multiply,
    MultiplySigned,
    Greater,
    Saturate,
    Name,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Node {
    Constant(bool),
    /// A bit of a variable.
    Variable(u32, u32),
    /// The sum modulo 2 of at least two bits, ascending; [`ONE`] may be among them.
    Xor(Vec<Bit>),
    And(Bit, Bit),
    /// A bit of an application of an operation.
    Result(u32, u32),
}

type Application = (Operation, Vec<Word>);

struct Arena {
    nodes: Vec<Node>,
    numbers: HashMap<Node, u32>,
    applications: Vec<Application>,
    application_numbers: HashMap<Application, u32>,
    /// The words that are added, and their numbers.
    words: Vec<Word>,
    word_numbers: HashMap<Word, u32>,
    /// The applications of sums of that many bits, and their multiples of words.
    sums: HashMap<(usize, Multiples), u32>,
    multiples: HashMap<u32, (usize, Multiples)>,
}

/// The numbers of words, ascending, and how often each is added. A constant is a multiple of 1.
type Multiples = Vec<(u32, u128)>;

thread_local!(static ARENA: RefCell<Arena> = RefCell::new(Arena::new()));

impl Arena {
    fn new() -> Self {
        let mut arena = Self {
            nodes: Vec::new(),
            numbers: HashMap::new(),
            applications: Vec::new(),
            application_numbers: HashMap::new(),
            words: Vec::new(),
            word_numbers: HashMap::new(),
            sums: HashMap::new(),
            multiples: HashMap::new(),
        };
        arena.number(Node::Constant(false));
        arena.number(Node::Constant(true));
        arena
    }

    fn number(&mut self, node: Node) -> Bit {
        if let Some(number) = self.numbers.get(&node) {
            return Bit(*number);
        }
        let number = self.nodes.len() as u32;
        self.nodes.push(node.clone());
        self.numbers.insert(node, number);
        Bit(number)
    }
}

/// Forgets all terms, to free their memory for the next part of a proof. No bit but [`ZERO`] and [`ONE`] may be used afterwards.
#[cfg(model)]
pub(super) fn forget_terms() {
    ARENA.set(Arena::new());
}

fn number(node: Node) -> Bit {
    ARENA.with_borrow_mut(|arena| arena.number(node))
}

/// The summands of a bit, ascending.
fn summands(bit: Bit) -> Vec<Bit> {
    ARENA.with_borrow(|arena| match &arena.nodes[bit.0 as usize] {
        Node::Constant(false) => Vec::new(),
        Node::Xor(bits) => bits.clone(),
        _ => vec![bit],
    })
}

pub(crate) fn xor(a: Bit, b: Bit) -> Bit {
    match (a, b) {
        (ZERO, other) | (other, ZERO) => return other,
        _ if a == b => return ZERO,
        _ => {}
    }
    let (mut all, mut sum) = (summands(a), Vec::<Bit>::new());
    all.extend(summands(b));
    all.sort_unstable();
    for bit in all {
        if sum.last() == Some(&bit) {
            sum.pop();
        } else {
            sum.push(bit);
        }
    }
    match sum[..] {
        [] => ZERO,
        [bit] => bit,
        _ => number(Node::Xor(sum)),
    }
}

pub(crate) fn not(a: Bit) -> Bit {
    xor(a, ONE)
}

/// Each product has one form: a negation is taken out, as `!a b = a b ^ b`, and a factor that stands in the other factor is
/// multiplied out, as `a (a ^ a b) = a ^ a b`.
pub(crate) fn and(a: Bit, b: Bit) -> Bit {
    match (a.min(b), a.max(b)) {
        (ZERO, _) => return ZERO,
        (ONE, b) => return b,
        (a, b) if a == b => return a,
        _ => {}
    }
    for (a, b) in [(a, b), (b, a)] {
        let summands = summands(b);
        if summands[0] == ONE {
            return xor(and(a, not(b)), a);
        }
        if summands.iter().any(|bit| has_factor(*bit, a)) {
            return summands
                .into_iter()
                .fold(ZERO, |sum, bit| xor(sum, if has_factor(bit, a) { bit } else { and(a, bit) }));
        }
    }
    number(Node::And(a.min(b), a.max(b)))
}

fn has_factor(product: Bit, factor: Bit) -> bool {
    let is_in =
        |arena: &Arena| matches!(arena.nodes[product.0 as usize], Node::And(a, b) if a == factor || b == factor);
    product == factor || ARENA.with_borrow(is_in)
}

pub(crate) fn or(a: Bit, b: Bit) -> Bit {
    xor(xor(a, b), and(a, b))
}

/// `a` where `c` is set, else `b`.
pub(crate) fn choose(c: Bit, a: Bit, b: Bit) -> Bit {
    xor(b, and(c, xor(a, b)))
}

/// A name for a bit, by which it is one summand instead of many. Equal bits have equal names.
pub(crate) fn named(bit: Bit) -> Bit {
    if bit <= ONE { bit } else { apply(Operation::Name, vec![vec![bit]], 1)[0] }
}

pub(crate) fn variable(name: u32, bits: u32) -> Word {
    (0..bits).map(|i| number(Node::Variable(name, i))).collect()
}

pub(crate) fn constant(value: u128, bits: usize) -> Word {
    (0..bits).map(|i| if i < 128 && value >> i & 1 == 1 { ONE } else { ZERO }).collect()
}

/// A constant of either sign.
pub(crate) fn integer(value: i64, bits: usize) -> Word {
    constant(i128::from(value).cast_unsigned(), bits)
}

/// The number of a word of constants.
pub(crate) fn value(word: &[Bit]) -> Option<u128> {
    word.iter().rev().try_fold(0, |value, bit| (*bit <= ONE).then(|| value << 1 | u128::from(bit.0)))
}

fn number_of(word: &[Bit], is_signed: bool) -> Option<i128> {
    let is_negative = is_signed && word.last() == Some(&ONE);
    value(word).map(|value| value.cast_signed() - if is_negative { 1 << word.len() } else { 0 })
}

fn apply(operation: Operation, operands: Vec<Word>, bits: usize) -> Word {
    ARENA.with_borrow_mut(|arena| {
        let key = (operation, operands);
        let application = arena.application_numbers.get(&key).copied().unwrap_or_else(|| {
            let number = arena.applications.len() as u32;
            arena.applications.push(key.clone());
            arena.application_numbers.insert(key, number);
            number
        });
        (0..bits as u32).map(|bit| arena.number(Node::Result(application, bit))).collect()
    })
}

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

/// Modulo 2^bits. Where no two bits meet, the sum has the bits of both.
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

/// The lower half of a product, which is the same with and without signs. A power of two shifts, -2^(bits - 1) too.
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

/// `a > b`. Without signs, and with the highest bit apart where it is known, so that the instructions of both kinds agree.
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

/// The value of a bit for these values of the variables.
fn evaluated(bit: Bit, variables: &impl Fn(u32, u32) -> bool) -> bool {
    let node = ARENA.with_borrow(|arena| arena.nodes[bit.0 as usize].clone());
    match node {
        Node::Constant(is_one) => is_one,
        Node::Variable(name, bit) => variables(name, bit),
        Node::Xor(bits) => bits.into_iter().fold(false, |sum, bit| sum ^ evaluated(bit, variables)),
        Node::And(a, b) => evaluated(a, variables) && evaluated(b, variables),
        Node::Result(application, bit) => {
            let (operation, operands) = ARENA.with_borrow(|arena| arena.applications[application as usize].clone());
            if operation == Operation::Sum {
                return evaluated_sum(application, variables) >> bit & 1 == 1;
            }
            let numbers: Vec<(i128, i128)> = operands.iter().map(|word| evaluated_word(word, variables)).collect();
            result(operation, &numbers, operands[0].len()) >> bit & 1 == 1
        }
    }
}

fn evaluated_sum(application: u32, variables: &impl Fn(u32, u32) -> bool) -> u128 {
    let words: Vec<(Word, u128)> = ARENA.with_borrow(|arena| {
        let multiples = &arena.multiples[&application].1;
        multiples.iter().map(|(word, count)| (arena.words[*word as usize].clone(), *count)).collect()
    });
    words.iter().fold(0, |sum: u128, (word, count)| {
        sum.wrapping_add(evaluated_word(word, variables).0.cast_unsigned().wrapping_mul(*count))
    })
}

/// The number of a word without and with a sign.
fn evaluated_word(word: &[Bit], variables: &impl Fn(u32, u32) -> bool) -> (i128, i128) {
    let known: Word = word.iter().map(|bit| Bit(evaluated(*bit, variables).into())).collect();
    (number_of(&known, false).unwrap_or_default(), number_of(&known, true).unwrap_or_default())
}

/// The operations, which the proofs need not know.
fn result(operation: Operation, numbers: &[(i128, i128)], bits: usize) -> i128 {
    let (unsigned, signed) = numbers[0];
    let (other, other_signed) = numbers.get(1).copied().unwrap_or_default();
    match operation {
        Operation::Sum => unreachable!("the arena has the words of a sum"),
        Operation::Subtract => unsigned - other,
        Operation::Multiply => unsigned * other,
        Operation::MultiplySigned => signed * other_signed,
        Operation::Greater => i128::from(unsigned > other),
        Operation::Saturate => signed.clamp(-(1 << (bits / 2 - 1)), (1 << (bits / 2 - 1)) - 1),
        Operation::Name => unsigned,
    }
}

/// Checks every function above: short words of constants, variables and other bits, for all values of the variables.
#[cfg(not(model))]
pub(super) fn check_terms() {
    const VARIABLES: u32 = 6;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |count: usize| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 33) as usize % count
    };
    let pool: Vec<Bit> = {
        let variables = variable(0, VARIABLES);
        let mut pool: Vec<Bit> = [ZERO, ONE].into_iter().chain(variables).collect();
        for i in 0..24 {
            let (a, b, c) = (pool[random(pool.len())], pool[random(pool.len())], pool[random(pool.len())]);
            pool.push([not(a), xor(a, b), and(a, b), or(a, b), choose(a, b, c), named(a)][i % 6]);
        }
        pool
    };
    for _ in 0..20_000 {
        let bits = 2 * (1 + random(4));
        let mut word = || (0..bits).map(|_| pool[random(pool.len())]).collect::<Word>();
        let (a, b) = (word(), word());
        let (c, by) = (pool[random(pool.len())], random(bits) as i32);
        let results = all_results(&a, &b, c, by);
        let assignment = random(1 << VARIABLES);
        let value_of = |_: u32, bit: u32| assignment >> bit & 1 == 1;
        let known = |word: &[Bit]| word.iter().map(|bit| Bit(evaluated(*bit, &value_of).into())).collect::<Word>();
        let numbers = [evaluated_word(&a, &value_of), evaluated_word(&b, &value_of)];
        let expected = all_numbers(numbers, evaluated(c, &value_of), by, bits as u32);
        for (i, (found, expected)) in results.iter().zip(expected).enumerate() {
            let expected = constant(expected.cast_unsigned(), found.len());
            super::claim(known(found) == expected, || format!("function {i} of {a:?}, {b:?}, {c:?}, {by}"));
        }
    }
}

#[cfg(not(model))]
fn all_results(a: &[Bit], b: &[Bit], c: Bit, by: i32) -> [Word; 17] {
    let each = |f: &dyn Fn(Bit, Bit) -> Bit| a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect::<Word>();
    [
        each(&xor),
        each(&and),
        each(&or),
        each(&|a, _| not(a)),
        each(&|a, b| choose(c, a, b)),
        each(&|a, _| named(a)),
        add(a, b),
        subtract(a, b),
        multiply(a, b, false),
        multiply(a, b, true),
        multiply_low(a, b),
        vec![greater(a, b, false)],
        vec![greater(a, b, true)],
        saturated(a),
        shifted(a, by, ZERO),
        shifted(a, -by, a[a.len() - 1]),
        extended(a, 2 * a.len(), true),
    ]
}

/// The same of the numbers, without and with a sign.
#[cfg(not(model))]
fn all_numbers([(a, a_signed), (b, b_signed)]: [(i128, i128); 2], c: bool, by: i32, bits: u32) -> [i128; 17] {
    let limit = 1 << (bits / 2 - 1);
    [
        a ^ b,
        a & b,
        a | b,
        !a,
        if c { a } else { b },
        a,
        a + b,
        a - b,
        a * b,
        a_signed * b_signed,
        a * b,
        (a > b).into(),
        (a_signed > b_signed).into(),
        a_signed.clamp(-limit, limit - 1),
        a << by,
        a_signed >> by,
        a_signed,
    ]
}
