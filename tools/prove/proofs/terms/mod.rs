//! Bits as terms: each bit of a register is a function of variables, in a form in which equal functions often have the
//! same term.
//!
//! Moves of bits disappear, sums modulo 2 are sets, conjunctions are pairs, and the result of arithmetic on words is a
//! new term; its bits are taken one by one. Two bits with the same number are equal for every assignment of the
//! variables. Two bits with different numbers may still be equal; then a row fails, and nothing false is ever proved.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "words have at most 1024 bits")]

#[cfg(not(model))]
pub(super) mod check;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
pub(crate) use words::*;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Bit(u32);

pub(crate) const ZERO: Bit = Bit(0);
pub(crate) const ONE: Bit = Bit(1);

/// The lowest bit first.
pub(crate) type Word = Vec<Bit>;

/// An operation on words. Only one fact about it is known: equal operands have equal results.
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

/// A name for a bit, which makes it one summand instead of many. Equal bits have equal names.
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
