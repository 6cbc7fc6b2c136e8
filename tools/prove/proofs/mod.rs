//! Proofs about the engine, compiled under `--cfg prove` alone and run by `make prove`.
//!
//! The generic code runs on intervals, linear forms and terms of bits in place of integers. Under `--cfg model`, the
//! backends run on a model of their instructions. A [`Row`] states a property and how far the check establishes it;
//! `docs/results/proofs.md` lists all rows. Debug assertions are on: they are the contracts of the functions.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a proof that cannot go on has failed")]
#![allow(clippy::cast_possible_truncation, reason = "the low bits of a number are meant")]

#[macro_use]
mod instructions;
#[cfg(not(model))]
#[macro_use]
mod placement;

#[cfg(not(model))]
mod bounds;
#[cfg(not(model))]
mod compression;
#[cfg(not(model))]
mod extremes;
#[cfg(not(model))]
mod glue;
#[cfg(not(model))]
mod hardware;
#[cfg(not(model))]
mod hints;
#[cfg(not(model))]
mod keccak;
#[cfg(not(model))]
mod lanes;
#[cfg(not(model))]
mod lanes16;
#[cfg(not(model))]
mod lanes32;
#[cfg(not(model))]
mod machine;
#[cfg(not(model))]
mod mldsa_lanes;
#[cfg(not(model))]
mod mlkem_lanes;
#[cfg_attr(not(model), allow(dead_code, reason = "the plain build tests the instructions alone"))]
pub(crate) mod model;
#[cfg(not(model))]
mod ntt16;
#[cfg(not(model))]
mod ntt32;
#[cfg(not(model))]
mod opaque;
#[cfg(model)]
mod operations;
#[cfg(not(model))]
mod packing;
#[cfg(not(model))]
mod rounding;
#[cfg(not(model))]
mod sampling;
#[cfg(not(model))]
mod sha2;
#[cfg(model)]
mod sha2_lanes;
#[cfg(not(model))]
mod slhdsa;
#[cfg(not(model))]
mod slhdsa_arbitrary;
#[cfg(not(model))]
mod slhdsa_trees;
#[cfg(model)]
mod specification;
#[cfg(not(model))]
mod sponge;
#[cfg(not(model))]
mod standard;
#[allow(dead_code, reason = "each build uses a part")]
mod terms;
#[cfg(not(model))]
mod value;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{catch_unwind, set_hook};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The rows of each file for the build on real instructions, in the order of the table.
#[cfg(not(model))]
const ROWS: &[&[Row]] = &[
    ntt16::ROWS,
    ntt32::ROWS,
    keccak::ROWS,
    sponge::ROWS,
    sampling::ROWS,
    hints::ROWS,
    rounding::scalar::ROWS,
    rounding::kernels::ROWS,
    packing::ROWS,
    compression::ROWS,
    lanes::v16::ROWS,
    lanes::ROWS,
    lanes::v32::ROWS,
    bounds::mldsa::ROWS,
    bounds::mlkem::ROWS,
    mlkem_lanes::ROWS,
    mldsa_lanes::ROWS,
    sha2::ROWS,
    slhdsa::ROWS,
    slhdsa_trees::ROWS,
    glue::ROWS,
    extremes::ROWS,
    hardware::ROWS,
];
/// The rows of each file for the build on the model of the instructions.
#[cfg(model)]
const ROWS: &[&[Row]] = &[operations::ROWS, operations::neon::ROWS, sha2_lanes::ROWS];

/// A property of the engine.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The statement, in plain English, with the clause of the standard.
    pub name: &'static str,
    /// How much of the statement the check establishes.
    pub label: Label,
    /// The functions of the source that it covers: `path::[Trait or Type::]name`, with the path from `crates/pqc-simd/src`.
    pub covers: &'static [&'static str],
    /// Whether the row runs only with FULL=1.
    pub is_slow: bool,
    /// Panics if the statement does not hold.
    pub check: fn(),
}

/// How much of a statement a check establishes.
#[derive(Clone, Copy, Debug)]
pub enum Label {
    /// All inputs: by intervals, linear forms, terms of bits, or exhaustion of the whole domain.
    Proved,
    /// All inputs of the named part of the domain.
    ExhaustedInPart(&'static str),
    /// Some inputs.
    Tested,
}

impl Label {
    /// As in the table.
    const fn name(self) -> &'static str {
        match self {
            Self::Proved => "PROVED",
            Self::ExhaustedInPart(_) => "EXHAUSTED-IN-PART",
            Self::Tested => "TESTED",
        }
    }

    const fn part(self) -> &'static str {
        match self {
            Self::ExhaustedInPart(part) => part,
            Self::Proved | Self::Tested => "",
        }
    }
}

thread_local! {
    /// The obligations that the row of this thread has checked.
    static OBLIGATIONS: Cell<u64> = const { Cell::new(0) };
    /// The functions that the row of this thread has reported with [`covered`].
    static COVERED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    /// The message and the place of the last panic of this thread.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Counts an obligation.
///
/// # Panics
/// If it does not hold.
#[track_caller]
pub fn claim(holds: bool, what: impl FnOnce() -> String) {
    assert!(holds, "{}", what());
    checked(1);
}

/// Counts the inputs of a loop that were checked one by one.
pub fn checked(inputs: u64) {
    OBLIGATIONS.set(OBLIGATIONS.get() + inputs);
}

/// Adds a function to those that the running row covers, at the place where it is checked.
pub fn covered(function: &'static str) {
    COVERED.with_borrow_mut(|covered| covered.insert(function));
}

/// The stack of a row in bytes: terms are walked by recursion.
const STACK_BYTES: usize = 64 << 20;

/// The outcome of a row.
struct Outcome {
    obligations: u64,
    covered: BTreeSet<&'static str>,
    time: Duration,
    failure: Option<String>,
}

impl Row {
    /// Runs the check on a new thread, so that nothing is left of earlier rows.
    fn run(&'static self) -> Outcome {
        let check = move || {
            let start = Instant::now();
            let is_ok = catch_unwind(self.check).is_ok();
            let (obligations, time) = (OBLIGATIONS.get(), start.elapsed());
            let failure = match (is_ok, obligations) {
                (true, 0) => Some("nothing was checked: the row is vacuous".to_owned()),
                (true, _) => None,
                (false, _) => Some(PANIC.take()),
            };
            Outcome { obligations, covered: COVERED.take(), time, failure }
        };
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(check).expect("a thread");
        thread.join().expect("the panics of a check are caught")
    }

    /// The line for human readers.
    fn report(&self, outcome: &Outcome) -> String {
        let (name, seconds) = (self.name, outcome.time.as_secs_f64());
        match &outcome.failure {
            Some(failure) => format!("FAILED {name}\n    {failure}"),
            None => format!("{} {name} ({}, {seconds:.2} s)", self.label.name(), outcome.obligations),
        }
    }

    /// The line for the program that makes the table. For a slow row it shows no number, whether the row has run or
    /// not.
    fn line(&self, outcome: Option<&Outcome>) -> String {
        let outcome = outcome.filter(|_| !self.is_slow);
        let build = match () {
            () if cfg!(model) => "model",
            () if cfg!(target_arch = "x86_64") => "plain",
            () => "emulator",
        };
        let obligations = outcome.map_or_else(|| "slow".to_owned(), |outcome| outcome.obligations.to_string());
        let mut line = [build, self.label.name(), self.label.part(), &obligations, self.name, ""].join("\t");
        let covered = outcome.iter().flat_map(|outcome| &outcome.covered);
        for function in self.covers.iter().chain(covered).collect::<BTreeSet<_>>() {
            let _ = write!(line, "{function} ");
        }
        line
    }
}

/// The options of the command line.
#[derive(Default)]
struct Options {
    /// Parts of the names of rows to run; empty for all.
    names: Vec<String>,
    /// `--full`: slow rows too.
    is_full: bool,
    /// `--rows FILE`: where to write the lines for the table.
    rows: Option<String>,
    /// `--seconds NUMBER`: when to end, whatever still runs.
    limit: Option<Duration>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Self {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--full" => options.is_full = true,
                "--seconds" => {
                    let seconds = arguments.next().and_then(|number| number.parse().ok());
                    options.limit = Some(Duration::from_secs(seconds.expect("--seconds takes a number")));
                }
                "--rows" => options.rows = Some(arguments.next().expect("--rows takes a file")),
                _ => options.names.push(argument),
            }
        }
        options
    }

    /// Whether a row is selected, if only to be listed.
    fn lists(&self, row: &Row) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| row.name.contains(name))
    }

    fn runs(&self, row: &Row) -> bool {
        self.lists(row) && (self.is_full || !row.is_slow)
    }
}

/// Runs rows, prints a line for each, and returns whether all hold: the rows of this crate and `more`, or, with
/// arguments, the rows with names that contain one of the arguments. `--full` runs the slow ones too; `--rows FILE`
/// writes the input of the table; `--seconds NUMBER` ends the process successfully after a time, whatever still runs.
///
/// # Panics
/// If two rows have one name, or the file cannot be written.
#[must_use]
pub fn run(more: &[&'static [Row]], arguments: impl Iterator<Item = String>) -> ExitCode {
    let options = Options::parse(arguments);
    let all: Vec<&'static Row> = ROWS.iter().chain(more).flat_map(|rows| rows.iter()).collect();
    let names: BTreeSet<_> = all.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), all.len(), "two rows have one name");
    // Compiled in, so that a control can tell which tree it runs.
    if let Some(tree) = option_env!("QYNAUTH_PQC_PROVE_TREE") {
        println!("tree {tree}");
    }
    if let Some(limit) = options.limit {
        thread::spawn(move || {
            thread::sleep(limit);
            // Not with a signal, which would lose the counters of the build.
            std::process::exit(0)
        });
    }
    let selected: Vec<_> = all.iter().copied().filter(|row| options.runs(row)).collect();
    let outcomes = run_all(&selected);
    if let Some(path) = &options.rows {
        let line = |row: &&Row| row.line(outcomes.get(row.name)) + "\n";
        let rows = all.iter().filter(|row| options.lists(row)).map(line).collect::<String>();
        std::fs::write(path, rows).expect("the file of rows is written");
    }
    let failed = outcomes.values().filter(|outcome| outcome.failure.is_some()).count();
    for row in all.iter().filter(|row| options.lists(row) && !options.runs(row)) {
        println!("NOT RUN without FULL=1: {}", row.name);
    }
    println!("{} rows, {failed} failed", outcomes.len());
    if failed > 0 || outcomes.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs rows on every core, and reports them in their order.
fn run_all(rows: &[&'static Row]) -> BTreeMap<&'static str, Outcome> {
    set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
    let (next, (sender, receiver)) = (AtomicUsize::new(0), mpsc::channel());
    let mut outcomes = BTreeMap::new();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sender.send((row.name, row.run())).expect("the receiver waits for all rows");
                }
            });
        }
        for row in rows {
            while !outcomes.contains_key(row.name) {
                outcomes.extend([receiver.recv().expect("every row is run")]);
            }
            println!("{}", row.report(&outcomes[row.name]));
        }
    });
    outcomes
}
