//! The table of the rows, docs/results/proofs.md, and the names that it must contain.

use crate::rows::{Row, SECTIONS, read_rows};
use crate::source::{self, Functions};
use crate::{Error, digest, reach, read};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The source of the engine, and the list of the functions that each row runs, in the tree.
pub(crate) const SOURCE: &str = "crates/pqc-simd/src";
pub(crate) const REACHED: &str = "tools/prove/reached.txt";

const INTRODUCTION: &str = "\
# Proofs

<!-- Written by `make prove`; do not edit. -->

`make prove` runs the rows below on the source of `crates/pqc-simd`, with debug assertions, and writes this page. It fails if a
row fails or checks nothing, if a function of the engine has no row, if a row names a function that does not run in it, if an
instruction has no test against the processor or an emulator, or if this page changes. A row labelled `FULL=1` runs only with
`make prove FULL=1`. That command, or `make prove REACH=1`, also runs each row with the compiler's counters, and lists the
functions that have run in `tools/prove/reached.txt`. Every run compares the names below with that list. Functions that the
compiler evaluates are not counted.

Any change of the engine, of its tests or of the proofs, except for comments, needs another run: a test fails unless DIGEST
is the digest of their tokens, of the crates and flags that they are built with, and of the compiler, COMPILER.

| Label | Meaning |
|---|---|
| PROVED | holds for all inputs: by intervals, linear forms, terms of bits, or by exhaustion of the whole domain |
| EXHAUSTED-IN-PART | holds for all inputs of the named part of the domain |
| TESTED | holds for as many inputs as the table says |

The rows of the lane operations concern the source on a model of the instructions. The model is tested against the processor,
for NEON against an emulator, qemu. A row about each backend tried the backends of x86-64, unless it names NEON. `FULL=1` repeats
the rows on kernels as compiled in the profile that ships, and for NEON on the emulator. There it adds one row: no operation uses more
stack than it wipes. `docs/assurance.md` says what is trusted.
";

/// Checks that the rows cover the source and run the functions that they name, and writes the table.
pub(crate) fn write(root: &Path, out: &Path, compiler: &str, files: &[&str]) -> Result<(), Error> {
    let rows = read_rows(files)?;
    let (functions, instructions) = source::names(&root.join(SOURCE))?;
    check_coverage(&rows, &functions, &instructions)?;
    // The emulator has no counters; its rows name instructions.
    let counted = rows.iter().filter(|row| row.build != "emulator");
    reach::check(counted, &functions, &reach::parse(&read(&root.join(REACHED))?)?)?;
    let digest = format!("`{}`", digest::of(root, compiler)?);
    let page = table(&rows)?.replacen("DIGEST", &digest, 1).replacen("COMPILER", &format!("`{compiler}`"), 1);
    fs::write(out, page)?;
    Ok(())
}

/// Fails with all names that are missing or wrong.
pub(crate) fn check_coverage(
    rows: &[Row],
    functions: &Functions,
    instructions: &BTreeSet<String>,
) -> Result<(), Error> {
    let covered: BTreeSet<_> = rows.iter().flat_map(|row| &row.covers).cloned().collect();
    // The model is not a processor.
    let real = rows.iter().filter(|row| row.build != "model");
    let tested: BTreeSet<_> = real.flat_map(|row| &row.covers).cloned().collect();
    let mut errors = String::new();
    for name in functions.keys().filter(|name| !covered.contains(*name) && !name.starts_with("arch/")) {
        writeln!(errors, "no row covers {name}")?;
    }
    let wrappers = functions.keys().filter(|name| name.starts_with("arch/"));
    for name in instructions.iter().chain(wrappers).filter(|name| !tested.contains(*name)) {
        writeln!(errors, "no test against the processor for {name}")?;
    }
    for row in rows {
        for name in row.covers.iter().filter(|name| !functions.contains_key(*name) && !instructions.contains(*name)) {
            writeln!(errors, "{name} does not exist: {}", row.name)?;
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.trim_end().into()) }
}

fn table(rows: &[Row]) -> Result<String, Error> {
    let mut page = INTRODUCTION.to_owned();
    for (section, _) in SECTIONS {
        let rows: Vec<_> = rows.iter().filter(|row| row.section() == *section).collect();
        if rows.is_empty() {
            continue;
        }
        write!(page, "\n## {section}\n\n| Statement | Label | Checked | Functions |\n|---|---|---|---|\n")?;
        for row in rows {
            let place = if row.build == "emulator" { "on an emulator" } else { "" };
            let part = [place, &row.part].into_iter().filter(|part| !part.is_empty()).map(|part| format!(": {part}"));
            let covers = row.covers.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            writeln!(
                page,
                "| {} | {}{}{} | {} | {covers} |",
                row.name.replace('|', "\\|"),
                row.label,
                if row.is_slow() { " with `FULL=1`" } else { "" },
                part.collect::<String>(),
                if row.is_slow() { "not run" } else { &row.obligations }
            )?;
        }
    }
    writeln!(page, "\n## Counts\n\n| Label | Rows that run | Rows with `FULL=1` |\n|---|---|---|")?;
    for label in ["PROVED", "EXHAUSTED-IN-PART", "TESTED"] {
        let (slow, run): (Vec<_>, Vec<_>) = rows.iter().filter(|row| row.label == label).partition(|row| row.is_slow());
        writeln!(page, "| {label} | {} | {} |", run.len(), slow.len())?;
    }
    Ok(page)
}
