//! One operation on secrets that valgrind knows: `pqc-ct FAMILY OPERATION SET ENGINE-PATH`, or `pqc-ct leak NAME`.
//!
//! What goes in is marked secret, what comes out is made public before it is compared. In between, memcheck reports
//! whatever looks at a secret; `run.sh` starts this program once for each combination and judges the reports.

mod composite;
mod leaks;
mod mldsa;
mod mlkem;
mod valgrind;
mod xwing;

use pqc_core::{CodePath, Engine, KeyOptions};
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
        [family, operation, set, path] => {
            let id = set.parse().map_err(|_| format!("{set} is not a number"))?;
            let options = choice(path)?;
            let taken = match *family {
                "mlkem" => mlkem::run(operation, id, options)?,
                "mldsa" => mldsa::run(operation, id, options)?,
                "composite" => composite::run(operation, id, options)?,
                "xwing" => xwing::run(operation, options)?,
                _ => return Err(format!("no family is called {family}")),
            };
            println!("{}", name(taken));
            Ok(())
        }
        _ => Err("usage: pqc-ct FAMILY OPERATION SET ENGINE-PATH | pqc-ct leak NAME".into()),
    }
}

/// What a choice is called, such as `simd-avx2`.
fn name(options: KeyOptions) -> String {
    format!("{}-{}", options.engine.name(), options.path.name())
}

/// The choice with this name. A code path that this processor, as valgrind shows it, does not have is refused by the keys.
fn choice(called: &str) -> Result<KeyOptions, String> {
    let all = Engine::ALL.into_iter().flat_map(|engine| CodePath::ALL.map(|path| KeyOptions::from((engine, path))));
    let choice = all.into_iter().find(|options| name(*options) == called);
    choice.ok_or_else(|| format!("no engine and code path are called {called}"))
}

/// The failure of an operation, in words.
fn failed(error: pqc_core::Error) -> String {
    format!("the operation failed: {error}")
}
