//! Compares the traces of an operation with different secrets.

use crate::program::Program;
use crate::tracer::{Entries, Input, Observer, Step, decode, trace};
use std::ops::ControlFlow;

/// More steps than any operation takes; an operation with as many does not end.
const MAX_STEPS: usize = 40_000_000;

/// A function with an input, the bytes that one of its arguments points to, in which public values are made equal.
///
/// The inputs of the first trace are recorded. In the other traces, `merge` receives the input of the same call in the first
/// trace, the number of the secret, and the input to change.
pub(crate) struct Pin {
    /// The name of the function.
    pub(crate) function: &'static str,
    /// The argument, counted in registers from 0.
    pub(crate) argument: usize,
    /// The bytes of its input.
    pub(crate) length: usize,
    /// Whether the pin applies to a call with this input.
    pub(crate) applies: fn(&[u8]) -> bool,
    /// Makes the public values of an input equal.
    pub(crate) merge: fn(first: &[u8], secret: usize, input: &mut [u8]),
}

/// The state that all comparisons share.
pub(crate) struct Comparison<'a> {
    pub(crate) program: &'a Program,
    /// All steps so far.
    pub(crate) steps: usize,
}

impl Comparison<'_> {
    /// Traces an operation with each of some secrets, and returns its number of steps; an error reports the first difference.
    pub(crate) fn compare<S: Clone>(
        &mut self,
        secrets: &[S],
        operation: &mut dyn FnMut(&S),
        pins: &[Pin],
    ) -> Result<usize, String> {
        let Some(first) = secrets.first() else { return Err("there are no secrets".into()) };
        let entries = self.entries(pins);
        // Every secret lies at the same address, and there is one call of `trace`, so that the stack is the same too.
        let mut place = Box::new(first.clone());
        let mut watch = Watch::new(pins);
        for (number, secret) in secrets.iter().enumerate() {
            *place = secret.clone();
            watch.begin(number);
            trace(&mut || operation(&place), &entries, &mut watch)?;
            self.steps += watch.at;
            if watch.at == MAX_STEPS || watch.inputs.iter().any(Vec::is_empty) {
                return Err("the operation does not end, or it did not call a function with an input to replace".into());
            }
            if watch.at != watch.steps.len() {
                return Err(self.report(&watch));
            }
        }
        Ok(watch.steps.len())
    }

    /// The functions with an input to replace, for every backend.
    fn entries(&self, pins: &[Pin]) -> Entries {
        let mut entries = Entries::new();
        for (number, pin) in pins.iter().enumerate() {
            entries.extend(
                self.program
                    .entries(pin.function)
                    .map(|entry| (entry, Input { number, argument: pin.argument, length: pin.length })),
            );
        }
        entries
    }

    /// Describes the first difference: its place, and the instruction before it, which may have been the jump.
    fn report(&self, watch: &Watch<'_>) -> String {
        let (at, first) = (watch.at, &watch.steps);
        let mut lines = format!("secret {} differs from secret 0 at step {at} of {}", watch.secret, first.len());
        let before = at.checked_sub(1).and_then(|before| first.get(before)).copied();
        for (what, step) in [("before", before), ("secret 0", first.get(at).copied()), ("this one", watch.difference)] {
            let Some(Step { instruction, address }) = step else {
                lines += &format!("\n    {what}: the end");
                continue;
            };
            let (text, place) = (decode(instruction), self.program.describe(instruction));
            lines += &format!("\n    {what}: {text}, address {address:#x}, in {place}");
        }
        lines
    }
}

/// Records the first trace with the inputs to replace, and compares the others with it.
struct Watch<'a> {
    pins: &'a [Pin],
    steps: Vec<Step>,
    inputs: Vec<Vec<Vec<u8>>>,
    /// The number of the secret, 0 for the first trace.
    secret: usize,
    /// The equal steps so far, and the calls with a replaced input.
    at: usize,
    calls: Vec<usize>,
    difference: Option<Step>,
}

impl<'a> Watch<'a> {
    fn new(pins: &'a [Pin]) -> Self {
        let (steps, inputs, calls) = (vec![], vec![vec![]; pins.len()], vec![0; pins.len()]);
        Self { pins, steps, inputs, secret: 0, at: 0, calls, difference: None }
    }

    fn begin(&mut self, secret: usize) {
        (self.secret, self.at) = (secret, 0);
        self.calls.fill(0);
    }
}

impl Observer for Watch<'_> {
    fn enter(&mut self, number: usize, input: &mut [u8]) {
        let pin = &self.pins[number];
        if !(pin.applies)(input) {
            return;
        }
        if self.secret == 0 {
            self.inputs[number].push(input.to_vec());
        }
        // An additional call differs from the first trace there too.
        if let Some(first) = self.inputs[number].get(self.calls[number]) {
            (pin.merge)(first, self.secret, input);
        }
        self.calls[number] += 1;
    }

    fn step(&mut self, step: Step) -> ControlFlow<()> {
        if self.secret == 0 {
            self.steps.push(step);
        } else if self.steps.get(self.at) != Some(&step) {
            self.difference = Some(step);
            return ControlFlow::Break(());
        }
        self.at += 1;
        if self.at < MAX_STEPS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
