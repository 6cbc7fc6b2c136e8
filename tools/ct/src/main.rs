//! Runs one operation on secrets that are marked for valgrind: `pqc-ct FAMILY OPERATION SET,... PATH`, or `pqc-ct leak NAME`.
//!
//! Inputs are marked secret; outputs are made public before they are compared. In between, memcheck reports every branch and
//! address that depends on a secret. `run.sh` starts this program for each operation and path, and judges the reports.

mod composite;
mod hybrid;
mod leaks;
mod mldsa;
mod mlkem;
mod slhdsa;
mod valgrind;

use pqc_core::CodePath;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("pqc-ct: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    if !valgrind::is_watching() {
        return Err("not under valgrind, so nothing would be checked".into());
    }
    match arguments {
        ["leak", name] => leaks::run(name),
        [family, operation, sets, path] => {
            for set in sets.split(',') {
                let id = set.parse().map_err(|_| format!("{set} is not a number"))?;
                let options = code_path(path)?.into();
                let taken = match *family {
                    "mlkem" => mlkem::run(operation, id, options)?,
                    "mldsa" => mldsa::run(operation, id, options)?,
                    "composite" => composite::run(operation, id, options)?,
                    "slhdsa" => slhdsa::run(operation, id, options)?,
                    "hybrid" => hybrid::run(operation, id, options)?,
                    _ => return Err(format!("no family is called {family}")),
                };
                if taken.path.name() != *path {
                    return Err(format!("{set} took {}", taken.path.name()));
                }
            }
            Ok(())
        }
        _ => Err("usage: pqc-ct FAMILY OPERATION SET,... PATH | pqc-ct leak NAME".into()),
    }
}

/// The code path with this name. The keys refuse a path that this processor lacks under valgrind.
fn code_path(name: &str) -> Result<CodePath, String> {
    CodePath::ALL.into_iter().find(|path| path.name() == name).ok_or_else(|| format!("no code path is called {name}"))
}

/// The failure of an operation, in words.
fn failed(error: pqc_core::Error) -> String {
    format!("the operation failed: {error}")
}
