//! Every function on terms against numbers, for values of the variables.

use super::*;

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

/// The number of a word, unsigned and signed.
fn evaluated_word(word: &[Bit], variables: &impl Fn(u32, u32) -> bool) -> (i128, i128) {
    let known: Word = word.iter().map(|bit| Bit(evaluated(*bit, variables).into())).collect();
    (number_of(&known, false).unwrap_or_default(), number_of(&known, true).unwrap_or_default())
}

/// The results of the operations; the proofs need not know them.
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

/// Checks every function on terms: short words of constants, variables and other bits, for all values of the variables.
pub(in super::super) fn check_terms() {
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
            super::super::claim(known(found) == expected, || format!("function {i} of {a:?}, {b:?}, {c:?}, {by}"));
        }
    }
}

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

/// The same results for the numbers, unsigned and signed.
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
