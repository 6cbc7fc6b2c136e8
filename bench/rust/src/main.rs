//! `pqc-bench time PATH` answers lines of its input with times; `pqc-bench count PATH` runs each operation for callgrind;
//! `pqc-bench machine PATH` prints the rate of the time stamp counter and the time of a permutation.

mod machine;

use pqc_bench::{BATCHES, Call, FAMILIES, Outcome, algorithm, call};
use pqc_core::{Algorithm, CodePath, Family, KeyOptions};
use std::collections::BTreeMap;
use std::io::stdin;
use std::process::ExitCode;
use std::time::Instant;

/// Calls before the clock starts, since the other processes have used the caches meanwhile.
const WARM_UP: u64 = 5;

/// Messages that are signed for one count of ML-DSA: the rejection loop runs once for some and several times for others.
const SIGNATURES: u64 = 16;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["time", path] => time_lines(path),
        ["count", path] => count(path),
        ["machine", path] => code_path(path).map(machine::print),
        _ => Err("usage: pqc-bench time PATH | pqc-bench count PATH | pqc-bench machine PATH".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("pqc-bench: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Answers each line `<layer> <operation> <parameter set> <calls>` with the nanoseconds that so many calls took.
fn time_lines(path: &str) -> Outcome<()> {
    let (path, mut prepared) = (code_path(path)?, BTreeMap::new());
    for line in stdin().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let [layer, operation, id, calls] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("not four words: {line}"));
        };
        let key = (layer.to_owned(), operation.to_owned(), number(id)?);
        if !prepared.contains_key(&key) {
            let ready = call(layer, operation, algorithm(key.2)?, path.into())?;
            prepared.insert(key.clone(), ready);
        }
        println!("{}", nanoseconds(&prepared[&key], number(calls)?)?);
    }
    Ok(())
}

fn code_path(name: &str) -> Outcome<CodePath> {
    CodePath::ALL.into_iter().find(|each| each.name() == name).ok_or_else(|| format!("no code path is called {name}"))
}

fn number<N: core::str::FromStr>(word: &str) -> Outcome<N> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

fn nanoseconds(call: &Call, calls: u64) -> Outcome<u128> {
    let run = |calls| if (0..calls).all(call) { Ok(()) } else { Err("the operation failed".to_owned()) };
    run(WARM_UP)?;
    let start = Instant::now();
    run(calls)?;
    Ok(start.elapsed().as_nanos())
}

/// Runs the operations of the C interface that do the same at every run, in the order of the names that it prints.
fn count(path: &str) -> Outcome<()> {
    let options = KeyOptions::from(code_path(path)?);
    for (ids, operations) in FAMILIES {
        for id in ids {
            for operation in operations.iter().filter(|name| !matches!(**name, "keygen" | "encapsulate")) {
                count_one(algorithm(*id)?, operation, options)?;
            }
        }
    }
    for (id, operations) in BATCHES {
        operations.iter().try_for_each(|operation| count_one(algorithm(id)?, operation, options))?;
    }
    Ok(())
}

/// Counts an operation from its third run on: in its second, a key may compute an expanded form that it keeps.
fn count_one(algorithm: Algorithm, operation: &str, options: KeyOptions) -> Outcome<()> {
    let (name, call) = (algorithm.name(), call("c", operation, algorithm, options)?);
    let calls = if operation == "sign" && algorithm.family() == Family::MlDsa { SIGNATURES } else { 1 };
    if !(call(0) && call(0) && counted(&call, calls)) {
        return Err(format!("{name} {operation} failed"));
    }
    println!("{name} {operation} {calls}");
    Ok(())
}

/// The function that callgrind finds by its name: each call ends one count and begins the next.
#[inline(never)]
fn counted(call: &Call, calls: u64) -> bool {
    (0..calls).all(call)
}
