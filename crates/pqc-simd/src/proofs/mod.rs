//! Proofs of the arithmetic, by the engine's own source on other lanes than numbers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a proof that cannot go on has failed")]
#![allow(clippy::cast_possible_truncation, reason = "the low bits of a number are meant")]

mod lanes16;
mod lanes32;
#[cfg(model)]
pub(crate) mod model;

mod ntt16;
mod ntt32;
mod value;

use std::cell::Cell;
use std::panic::catch_unwind;

/// How much of its statement a row shows.
#[derive(Clone, Copy, Debug)]
pub enum Label {
    /// All of it, for all inputs.
    Proved,
    /// All of a part of its inputs: which part.
    ExhaustedInPart(&'static str),
    /// It, on examples.
    Tested,
}

/// A statement about the engine, and its proof.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The statement, with the clause of the standard.
    pub name: &'static str,
    /// How much of it the check shows.
    pub label: Label,
    /// The functions of the source that it covers: `path::[Trait or Type::]name`.
    pub covers: &'static [&'static str],
    /// Whether the row runs only with FULL=1.
    pub is_slow: bool,
    /// Panics if the statement does not hold.
    pub check: fn(),
}

thread_local! {
    static OBLIGATIONS: Cell<u64> = const { Cell::new(0) };
    static INPUTS: Cell<u64> = const { Cell::new(0) };
}

/// Counts an obligation.
///
/// # Panics
/// If it does not hold.
#[track_caller]
pub(crate) fn claim(holds: bool, what: impl FnOnce() -> String) {
    OBLIGATIONS.set(OBLIGATIONS.get() + 1);
    assert!(holds, "{}", what());
}

/// Counts inputs of an exhaustive loop or a test.
pub(crate) fn checked(inputs: u64) {
    INPUTS.set(INPUTS.get() + inputs);
}

/// Runs the rows whose name contains a string, and returns whether all hold.
#[must_use]
pub fn run(filter: &str) -> bool {
    let mut all_hold = true;
    for row in ROWS.iter().copied().flatten().filter(|row| row.name.contains(filter)) {
        let start = std::time::Instant::now();
        (OBLIGATIONS.set(0), INPUTS.set(0));
        let holds = catch_unwind(row.check).is_ok() && OBLIGATIONS.get() + INPUTS.get() > 0;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{} {:?} {} ({seconds:.2} s, {} + {})",
            if holds { "ok" } else { "FAILED" },
            row.label,
            row.name,
            OBLIGATIONS.get(),
            INPUTS.get()
        );
        all_hold &= holds;
    }
    all_hold
}

const ROWS: &[&[Row]] = &[ntt16::ROWS, ntt32::ROWS];
