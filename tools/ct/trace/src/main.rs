//! Traces every operation of a parameter set with several secrets: `pqc-trace BACKEND FAMILY-SET SECRETS [batches]`.
//! `pqc-trace has BACKEND` reports whether this processor has a backend.
//!
//! Every instruction and every address must be the same for all secrets. `trace.sh` starts this program for each set.

mod compare;
mod leaks;
mod mldsa;
mod mlkem;
mod program;
mod random;
mod reference;
mod slhdsa;
mod tracer;

use compare::{Comparison, Pin};
use pqc_simd::Backend;
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024};
use pqc_simd::slhdsa::ParameterSet;
use program::Program;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("pqc-trace: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    let (backend, set, secrets, has_batches) = match arguments {
        ["has", backend] => return find(backend).map(|_| ()),
        [backend, set, secrets] => (backend, set, secrets, false),
        [backend, set, secrets, "batches"] => (backend, set, secrets, true),
        _ => return Err("usage: pqc-trace BACKEND FAMILY-SET SECRETS [batches] | pqc-trace has BACKEND".into()),
    };
    let backend = find(backend)?;
    let secrets = secrets.parse().map_err(|_| format!("{secrets} is not a number"))?;
    let program = Program::load()?;
    let mut comparison = Comparison { program: &program, steps: 0 };
    leaks::check(&mut comparison)?;
    let mut run = Run { comparison, title: format!("{set} {}", backend.name()), secrets, has_batches, failures: 0 };
    match *set {
        "mlkem-512" => mlkem::run::<MlKem512>(&mut run, backend),
        "mlkem-768" => mlkem::run::<MlKem768>(&mut run, backend),
        "mlkem-1024" => mlkem::run::<MlKem1024>(&mut run, backend),
        "mldsa-44" => mldsa::run::<MlDsa44>(&mut run, backend),
        "mldsa-65" => mldsa::run::<MlDsa65>(&mut run, backend),
        "mldsa-87" => mldsa::run::<MlDsa87>(&mut run, backend),
        "slhdsa-sha2-128f" => slhdsa::run(&mut run, backend, ParameterSet::Sha2_128f),
        "slhdsa-shake-128f" => slhdsa::run(&mut run, backend, ParameterSet::Shake128f),
        _ => return Err(format!("no parameter set is called {set}")),
    }
    println!("{}: {} steps in all", run.title, run.comparison.steps);
    if run.failures == 0 { Ok(()) } else { Err(format!("{} traces depend on secrets", run.failures)) }
}

/// The backend with this name, if this processor has it.
fn find(name: &str) -> Result<Backend, String> {
    let backend = Backend::available().find(|backend| backend.name() == name);
    backend.ok_or_else(|| format!("this processor has no backend that is called {name}"))
}

/// The operations of a parameter set on a backend.
struct Run<'a> {
    comparison: Comparison<'a>,
    title: String,
    /// The number of secrets to compare.
    secrets: usize,
    /// Whether batches, and more rejections, are traced too.
    has_batches: bool,
    failures: usize,
}

impl Run<'_> {
    /// Fails if the inputs do not have an intended property.
    fn require(&mut self, holds: bool, what: &str) {
        if !holds {
            println!("{}: FAILED: {what}", self.title);
            self.failures += 1;
        }
    }

    /// Compares the traces of an operation with different secrets, and prints a line.
    fn check<S: Clone>(&mut self, operation: &str, secret: &dyn Fn(usize) -> S, run: &mut dyn FnMut(&S), pins: &[Pin]) {
        let secrets: Vec<_> = (0..self.secrets).map(secret).collect();
        match self.comparison.compare(&secrets, run, pins) {
            Ok(steps) => println!("{} {operation}: {steps} steps, the same for {} secrets", self.title, self.secrets),
            Err(report) => {
                println!("{} {operation}: FAILED: {report}", self.title);
                self.failures += 1;
            }
        }
    }
}
