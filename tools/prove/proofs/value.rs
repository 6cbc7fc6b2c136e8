//! The known facts about a number: an interval that contains it, and a polynomial of the inputs, of degree at most two,
//! to which it is congruent modulo q.
//!
//! Both hold for all inputs. An operation on values returns the interval and the form of the results of the scalar
//! operation for all numbers of the intervals, and fails if a result does not fit into its lane.

use super::{checked, claim};
use crate::vec::Element;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// An interval and a form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) low: i64,
    pub(crate) high: i64,
    pub(crate) form: Form,
}

/// A polynomial modulo q: the index of its terms in an arena, so that values can be copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form(usize);

/// Monomials, in ascending order, and their coefficients in `1..q`.
pub(crate) type Terms = Vec<(u32, i64)>;

const ZERO: Form = Form(0);

thread_local! {
    static FORMS: RefCell<Vec<Terms>> = const { RefCell::new(Vec::new()) };
    static MODULUS: Cell<i64> = const { Cell::new(1) };
}

/// Begins a proof modulo q, and forgets all forms.
pub(crate) fn begin(modulus: i64) {
    MODULUS.set(modulus);
    FORMS.with_borrow_mut(|forms| {
        forms.clear();
        forms.push(Vec::new());
    });
}

/// The number of forms, for [`forget`].
pub(crate) fn forms() -> usize {
    FORMS.with_borrow(Vec::len)
}

/// Forgets the forms that were made after the first `count`.
pub(crate) fn forget(count: usize) {
    FORMS.with_borrow_mut(|forms| forms.truncate(count));
}

/// The modulus.
pub(crate) fn q() -> i64 {
    MODULUS.get()
}

/// A power modulo q.
pub(crate) fn power(base: i64, mut exponent: u64) -> i64 {
    let (q, mut result, mut base) = (q(), 1, base.rem_euclid(q()));
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % q;
        }
        base = base * base % q;
        exponent >>= 1;
    }
    result
}

/// The inverse modulo q, a prime.
pub(crate) fn inverse(number: i64) -> i64 {
    power(number, q().cast_unsigned() - 2)
}

/// The monomial 1.
const ONE: u32 = 0;

/// The monomial of a variable.
pub(crate) fn variable(number: usize) -> u32 {
    u32::try_from(number + 1).unwrap()
}

/// The product of two monomials.
pub(crate) fn monomial(a: u32, b: u32) -> u32 {
    match (a.min(b), a.max(b)) {
        (ONE, b) => b,
        (a, b) => {
            assert!(b < 1 << 15, "a form has degree two at most");
            1 << 31 | b << 15 | a
        }
    }
}

impl Form {
    fn new(terms: Terms) -> Self {
        FORMS.with_borrow_mut(|forms| {
            forms.push(terms);
            Self(forms.len() - 1)
        })
    }

    /// The sum of terms in any order.
    pub(crate) fn of(mut terms: Terms) -> Self {
        terms.sort_unstable();
        let mut merged = Terms::new();
        for (monomial, c) in terms {
            match merged.last_mut() {
                Some(last) if last.0 == monomial => last.1 = (last.1 + c).rem_euclid(q()),
                _ => merged.push((monomial, c.rem_euclid(q()))),
            }
        }
        merged.retain(|term| term.1 != 0);
        Self::new(merged)
    }

    pub(crate) fn terms(self) -> Terms {
        FORMS.with_borrow(|forms| forms[self.0].clone())
    }

    /// `self + factor * other`
    fn add_times(self, other: Self, factor: i64) -> Self {
        let (a, b, q) = (self.terms(), other.terms(), q());
        let (mut sum, mut i, mut j) = (Terms::with_capacity(a.len() + b.len()), 0, 0);
        while i < a.len() || j < b.len() {
            let (m, n) = (a.get(i).map_or(u32::MAX, |term| term.0), b.get(j).map_or(u32::MAX, |term| term.0));
            let mut c = 0;
            if m <= n {
                c += a[i].1;
                i += 1;
            }
            if n <= m {
                c += b[j].1 * factor % q;
                j += 1;
            }
            if c.rem_euclid(q) != 0 {
                sum.push((m.min(n), c.rem_euclid(q)));
            }
        }
        Self::new(sum)
    }

    fn times(self, other: Self) -> Self {
        let (a, b) = (self.terms(), other.terms());
        Self::of(a.iter().flat_map(|(m, c)| b.iter().map(move |(n, d)| (monomial(*m, *n), c * d % q()))).collect())
    }
}

impl Element for Value {
    const ZERO: Self = Self { low: 0, high: 0, form: ZERO };

    fn is_within(self, low: i32, high: i32) -> bool {
        i64::from(low) <= self.low && self.high <= i64::from(high)
    }
}

impl Value {
    pub(crate) fn constant(number: i64) -> Self {
        Self { low: number, high: number, form: Form::of(vec![(ONE, number)]) }
    }

    /// Any number from `-bound` to `bound`: a variable.
    pub(crate) fn any(number: usize, bound: i64) -> Self {
        Self { low: -bound, high: bound, form: Form::of(vec![(variable(number), 1)]) }
    }

    /// The number of a constant.
    pub(crate) fn number(self) -> i64 {
        assert!(self.low == self.high, "{self:?} is no constant");
        self.low
    }

    /// The same value, which fits a signed lane.
    #[track_caller]
    fn in_lane(self, bits: u32) -> Self {
        let bound = 1_i128 << (bits - 1);
        let fits = -bound <= i128::from(self.low) && i128::from(self.high) < bound;
        claim(fits, || format!("{}..={} overflows {bits} bits", self.low, self.high));
        self
    }

    #[track_caller]
    pub(crate) fn add(self, other: Self, bits: u32) -> Self {
        let form = self.form.add_times(other.form, 1);
        Self { low: self.low + other.low, high: self.high + other.high, form }.in_lane(bits)
    }

    #[track_caller]
    pub(crate) fn subtract(self, other: Self, bits: u32) -> Self {
        let form = self.form.add_times(other.form, q() - 1);
        Self { low: self.low - other.high, high: self.high - other.low, form }.in_lane(bits)
    }

    #[track_caller]
    pub(crate) fn times(self, other: Self, bits: u32) -> Self {
        let ends = [self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high];
        let (low, high) = ends.iter().fold((i64::MAX, i64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        Self { low, high, form: self.form.times(other.form) }.in_lane(bits)
    }

    /// A number of an interval that is congruent to this one times a factor.
    #[track_caller]
    pub(crate) fn scaled(self, factor: i64, (low, high): (i64, i64), bits: u32) -> Self {
        let form = ZERO.add_times(self.form, factor.rem_euclid(q()));
        Self { low, high, form }.in_lane(bits)
    }
}

/// The image of an interval under a function with parameters: tries each number, once for each interval.
pub(crate) fn image(
    name: &'static str,
    parameters: (i64, i64),
    value: Value,
    function: impl Fn(i64) -> i64,
) -> (i64, i64) {
    type Key = (&'static str, (i64, i64), i64, i64);
    thread_local!(static SEEN: RefCell<HashMap<Key, (i64, i64)>> = RefCell::default());
    let (low, high) = (value.low, value.high);
    let key = (name, parameters, low, high);
    if let Some(found) = SEEN.with_borrow(|seen| seen.get(&key).copied()) {
        return found;
    }
    checked((high - low + 1).cast_unsigned());
    let found = (low..=high).map(function).fold((i64::MAX, i64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    SEEN.with_borrow_mut(|seen| seen.insert(key, found));
    found
}
