//! Compares the rows of the proofs with the source of the engine.
//!
//! `pqc-prove-audit table ROOT TABLE COMPILER ROWS...` reads the files that the proofs of the tree ROOT wrote with `--rows`,
//! and writes the table. It fails for a function of the source that no row covers, for a name in a row that is not a
//! function or does not run according to the list of such functions, and for an instruction without a test against the
//! processor.
//!
//! `pqc-prove-audit digest ROOT COMPILER` prints the digest that the table shows.
//!
//! `pqc-prove-audit functions SOURCE` prints the names.
//!
//! `pqc-prove-audit reach SOURCE REACHED (ROWS PROGRAM)...` runs each row in a program with counters, and writes the
//! list. It fails for a function that a row names and does not run.
//!
//! `pqc-prove-audit controls ROOT quick|full ROWS...` plants errors in copies of the tree, which rows must find.

mod controls;
mod digest;
mod reach;
mod rows;
mod source;
mod table;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

pub(crate) type Error = Box<dyn std::error::Error>;

/// The text of a file; an error names it.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["functions", source] => functions(Path::new(source)),
        ["table", root, out, compiler, rows @ ..] => table::write(Path::new(root), Path::new(out), compiler, rows),
        ["digest", root, compiler] => digest::of(Path::new(root), compiler).map(|digest| println!("{digest}")),
        ["reach", source, reached, builds @ ..] => reach::write(Path::new(source), Path::new(reached), builds),
        ["controls", root, extent @ ("quick" | "full"), rows @ ..] => {
            controls::run(Path::new(root), *extent == "full", rows)
        }
        _ => Err("unknown arguments".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn functions(source: &Path) -> Result<(), Error> {
    let (functions, instructions) = source::names(source)?;
    for name in functions.keys().chain(&instructions) {
        println!("{name}");
    }
    Ok(())
}
