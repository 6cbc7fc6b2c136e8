//! Controls: errors that are planted in copies of the source. A named row must find each of them.

use crate::rows::{Row, read_rows};
use crate::{Error, reach, read, source, table};
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// A planted error.
#[derive(Default)]
struct Control {
    /// The part of the name of the row that must fail.
    row: String,
    /// Whether the row belongs to the build on the model of the instructions.
    is_model: bool,
    /// Whether the row belongs to the build for aarch64, which an emulator runs.
    is_emulated: bool,
    /// Whether it is planted each time.
    is_quick: bool,
    /// Whether the row takes longer than an optimised build does.
    is_long: bool,
    file: String,
    text: String,
    replacement: String,
}

/// Reads `controls.txt`; the head of the file explains its form.
fn parse(file: &str) -> Result<Vec<Control>, Error> {
    let mut controls = Vec::new();
    for block in file.split("\n\n") {
        let mut control = Control::default();
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            match key {
                "row" => control.row = value.to_owned(),
                "file" => control.file = value.to_owned(),
                "model" => control.is_model = true,
                "emulator" => control.is_emulated = true,
                "quick" => control.is_quick = true,
                "long" => control.is_long = true,
                "-" => control.text += &format!("{value}\n"),
                "+" => control.replacement += &format!("{value}\n"),
                _ => return Err(format!("controls.txt: {line}").into()),
            }
        }
        if !control.file.is_empty() {
            control.text.truncate(control.text.trim_end().len());
            control.replacement.truncate(control.replacement.trim_end().len());
            controls.push(control);
        }
    }
    Ok(controls)
}

impl Control {
    /// The changed source.
    fn apply(&self, source: &str) -> Result<String, Error> {
        match source.matches(&self.text).count() {
            1 if !self.text.is_empty() && self.text != self.replacement => {
                Ok(source.replace(&self.text, &self.replacement))
            }
            count => Err(format!("{}: planted {count} times, not once: {}", self.file, self.text).into()),
        }
    }

    /// Builds a changed copy of the tree in a separate folder, and runs the row.
    fn run(&self, number: usize, root: &Path) -> Result<(), Error> {
        let folder = root.join(format!("tools/prove/target/controls/{number}"));
        let _ = fs::remove_dir_all(&folder);
        let tree = folder.join("tree");
        lay(root, &tree)?;
        let file = tree.join(&self.file);
        fs::write(&file, self.apply(&read(&file)?)?)?;
        let program = self.build(&tree, &folder.join("target"), number)?;
        let mut command = if self.is_emulated { Command::new(EMULATOR) } else { Command::new(&program) };
        if self.is_emulated {
            command.env("QEMU_CPU", "max").arg(&program);
        }
        let output = command.args(["--full", &self.row]).output()?;
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_right_tree = lines.lines().next() == Some(&format!("tree {number}"));
        let has_failed = lines.lines().any(|line| line.starts_with(&format!("FAILED {}", self.row)));
        fs::remove_dir_all(&folder)?;
        match (is_right_tree, has_failed) {
            (true, true) => Ok(()),
            (false, _) => Err(format!("{}: another tree has run", self.file).into()),
            (_, false) => {
                Err(format!("{}: not found by the row '{}': {}\n{lines}", self.file, self.row, self.text).into())
            }
        }
    }

    /// Builds the proofs of a tree, which print its number. Most rows take less time than their optimisation.
    fn build(&self, tree: &Path, target: &Path, number: usize) -> Result<PathBuf, Error> {
        let flags = match self {
            Self { is_model: true, .. } => "--cfg prove --cfg model",
            Self { is_emulated: true, .. } => "--cfg prove -C linker=rust-lld",
            _ => "--cfg prove",
        };
        let output = Command::new("cargo")
            .args(["build", "--quiet", "--locked", "--release", "--package", "pqc-prove", "--manifest-path"])
            .arg(tree.join("tools/prove/Cargo.toml"))
            .arg("--target-dir")
            .arg(target)
            .args(if self.is_emulated { &["--target", EMULATED][..] } else { &[] })
            .env("RUSTFLAGS", flags)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", if self.is_long { "1" } else { "0" })
            .env("QYNAUTH_PQC_PROVE_TREE", number.to_string())
            .output()?;
        if !output.status.success() {
            return Err(format!("control {number}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let folder = if self.is_emulated { target.join(EMULATED) } else { target.to_owned() };
        Ok(folder.join("release/pqc-prove"))
    }
}

/// As in tools/prove/run.sh.
const EMULATOR: &str = "qemu-aarch64-static";
const EMULATED: &str = "aarch64-unknown-linux-musl";

/// The files that the build of the proofs reads.
const INPUTS: [&str; 8] = [
    "Cargo.toml",
    "crates/pqc-simd",
    "tools/prove/Cargo.toml",
    "tools/prove/Cargo.lock",
    "tools/prove/proofs",
    "tools/prove/src",
    "tools/prove/audit/Cargo.toml",
    "tools/prove/audit/src",
];

/// Copies the sources of the proofs.
fn lay(root: &Path, tree: &Path) -> Result<(), Error> {
    for input in INPUTS {
        copy(&root.join(input), &tree.join(input))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        fs::create_dir_all(to.parent().ok_or("a file has a folder")?)?;
        // With a new date, so that cargo takes nothing as already compiled.
        fs::write(to, fs::read(from)?)?;
    }
    Ok(())
}

/// Plants errors in copies of the tree `root`: those marked `quick`, or all. Each must be found.
pub(crate) fn run(root: &Path, is_full: bool, rows: &[&str]) -> Result<(), Error> {
    let controls = parse(&read(&root.join("tools/prove/controls.txt"))?)?;
    // A text that no longer occurs is an error at once, not when its turn comes.
    for control in &controls {
        control.apply(&read(&root.join(&control.file))?)?;
    }
    check_stale()?;
    check_omissions(root, rows)?;
    check_claims(root, rows)?;
    let chosen: Vec<_> = controls.iter().enumerate().filter(|(_, control)| is_full || control.is_quick).collect();
    // A single crate keeps one core busy for most of its build time.
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some((number, control)) = chosen.get(next.fetch_add(1, Relaxed)) {
                    match control.run(*number, root) {
                        Ok(()) => {
                            println!(
                                "found  {}: {}",
                                control.file,
                                control.text.lines().next().unwrap_or_default().trim()
                            );
                        }
                        Err(error) => failures.lock().expect("no panic").push(error.to_string()),
                    }
                }
            });
        }
    });
    let (planted, failures) = (chosen.len(), failures.into_inner()?);
    println!("{planted} errors planted, {} not found", failures.len());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// A text that does not occur, or occurs twice, is an error.
fn check_stale() -> Result<(), Error> {
    let control = Control { text: "text".to_owned(), ..Control::default() };
    match (control.apply("none"), control.apply("text text"), control.apply("a text")) {
        (Err(_), Err(_), Ok(_)) => Ok(()),
        _ => Err("a stale control is no error".into()),
    }
}

/// A function without a row, and an instruction without a test, are errors.
fn check_omissions(root: &Path, rows: &[&str]) -> Result<(), Error> {
    let (mut functions, mut instructions) = source::names(&root.join(table::SOURCE))?;
    let rows = read_rows(rows)?;
    table::check_coverage(&rows, &functions, &instructions)?;
    let planted = "fn planted() {} macro_rules! m { () => { impl T { fn within() {} } } }";
    functions.extend(source::functions_of("planted.rs", planted)?);
    let planted = "pub(crate) use core::arch::x86_64::{_mm_planted, vplanted};";
    instructions.extend(source::instructions_of("arch.rs", planted)?);
    let Err(error) = table::check_coverage(&rows, &functions, &instructions) else {
        return Err("no row is missed".into());
    };
    let found = error.to_string();
    let expected = ["planted.rs::planted", "planted.rs::T::within", "arch.rs::_mm_planted", "arch.rs::vplanted"];
    if expected.iter().all(|name| found.contains(name)) { Ok(()) } else { Err("a missing row is not found".into()) }
}

/// A function that a row names and does not run is an error.
fn check_claims(root: &Path, rows: &[&str]) -> Result<(), Error> {
    let (functions, _) = source::names(&root.join(table::SOURCE))?;
    let reached = reach::parse(&read(&root.join(table::REACHED))?)?;
    let is_counted = |row: &Row| reached.contains_key(&row.name);
    let mut row = read_rows(rows)?.into_iter().find(is_counted).ok_or("no row is counted")?;
    reach::check(iter::once(&row), &functions, &reached)?;
    row.covers.extend(functions.keys().cloned());
    let is_found = reach::check(iter::once(&row), &functions, &reached).is_err();
    if is_found { Ok(()) } else { Err("a function that does not run is not missed".into()) }
}
