//! Which functions of the engine each row runs, by the counters that the compiler adds to a build.

use crate::Error;
use crate::rows::{Row, read_rows};
use crate::source::{self, Functions};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

const INTRODUCTION: &str = "\
# The functions of crates/pqc-simd/src that each row of the proofs runs, by file. Written by `make prove REACH=1`; do not edit.
# Of a slow row, which is ended after a while, only functions that it names in docs/results/proofs.md are here.
";

/// Rows by name, each with the functions that it runs.
pub(crate) type Reached = BTreeMap<String, BTreeSet<String>>;

/// Reads the file that [`write`] makes.
pub(crate) fn parse(text: &str) -> Result<Reached, Error> {
    let (mut reached, mut row) = (Reached::new(), None);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(line) = line.strip_prefix("  ") {
            let (file, names) = line.split_once(": ").ok_or_else(|| format!("no functions of a file: {line}"))?;
            let row = row.and_then(|row| reached.get_mut(row)).ok_or("functions without a row")?;
            row.extend(names.split(' ').map(|name| format!("{file}::{name}")));
        } else {
            reached.insert(line.to_owned(), BTreeSet::new());
            row = Some(line);
        }
    }
    Ok(reached)
}

fn print(reached: &Reached) -> Result<String, Error> {
    let mut text = INTRODUCTION.to_owned();
    for (row, functions) in reached {
        writeln!(text, "{row}")?;
        let mut files = BTreeMap::<_, Vec<_>>::new();
        for (file, name) in functions.iter().filter_map(|function| function.split_once("::")) {
            files.entry(file).or_default().push(name);
        }
        for (file, names) in files {
            writeln!(text, "  {file}: {}", names.join(" "))?;
        }
    }
    Ok(text)
}

/// The functions that a row names without running them.
///
/// Instructions are not functions of the source, and a `const` function may have run in the compiler.
pub(crate) fn missed<'a>(
    row: &'a Row,
    functions: &'a Functions,
    reached: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a str> {
    let is_missed = |name: &&String| {
        let places = functions.get(*name);
        places.is_some_and(|places| !places.iter().all(|place| place.is_const)) && !reached.contains(*name)
    };
    row.covers.iter().filter(is_missed).map(String::as_str)
}

/// Runs each row of each build in a separate process, writes the functions that ran to `out`, and fails with the
/// functions that a row names and does not run. `builds` are pairs: a file of rows, and the program with counters that
/// has these rows.
pub(crate) fn write(source: &Path, out: &Path, builds: &[&str]) -> Result<(), Error> {
    let (functions, _) = source::names(source)?;
    let mut programs = Vec::new();
    for build in builds.chunks(2) {
        let [rows, program] = build else { return Err("a file of rows without a program".into()) };
        programs.push((read_rows(&[rows])?, Counted::new(Path::new(program), &functions)?));
    }
    let rows: Vec<_> = programs.iter().flat_map(|(rows, program)| rows.iter().map(move |row| (row, program))).collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some((row, program)) = rows.get(next.fetch_add(1, Relaxed)) {
                    let result = program.run(row, &functions).map_err(|error| error.to_string());
                    results.lock().expect("no panic").insert(row.name.clone(), result);
                }
            });
        }
    });
    let (mut reached, mut errors) = (Reached::new(), String::new());
    for (row, result) in results.into_inner()? {
        match result {
            Ok(names) => drop(reached.insert(row, names)),
            Err(error) => writeln!(errors, "{error}: {row}")?,
        }
    }
    fs::write(out, print(&reached)?)?;
    let counted = rows.iter().map(|(row, _)| *row).filter(|row| reached.contains_key(&row.name));
    if let Err(error) = check(counted, &functions, &reached) {
        writeln!(errors, "{error}")?;
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.trim_end().into()) }
}

/// Fails with the functions that rows name and do not run according to the list. Prints a row that is not in the list.
pub(crate) fn check<'a>(
    rows: impl Iterator<Item = &'a Row>,
    functions: &Functions,
    reached: &Reached,
) -> Result<(), Error> {
    let mut errors = String::new();
    for row in rows {
        match reached.get(&row.name) {
            Some(names) => {
                for name in missed(row, functions, names) {
                    writeln!(errors, "{name} is named and does not run: {}", row.name)?;
                }
            }
            None => println!("NOT COUNTED, for lack of make prove REACH=1: {}", row.name),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.trim_end().into()) }
}

/// A build with counters.
struct Counted {
    program: PathBuf,
    /// The folder of the compiler's programs that read counters.
    tools: PathBuf,
    /// The functions of the engine by the compiler's symbols, which differ for each type.
    symbols: BTreeMap<String, Vec<String>>,
}

impl Counted {
    fn new(program: &Path, functions: &Functions) -> Result<Self, Error> {
        let ask = |what| output(Command::new("rustc").args(["--print", what])).map(|text| text.trim().to_owned());
        let tools = Path::new(&ask("sysroot")?).join("lib/rustlib").join(ask("host-tuple")?).join("bin");
        if !tools.join("llvm-cov").exists() {
            return Err("missing: llvm-cov (rustup component add llvm-tools)".into());
        }
        let mut export = Command::new(tools.join("llvm-cov"));
        let symbols =
            symbols(&output(export.args(["export", "--format=lcov", "--empty-profile"]).arg(program))?, functions);
        Ok(Self { program: program.to_owned(), tools, symbols })
    }

    /// Runs a row, and returns the functions of the engine that ran. A slow row is ended after a while, and runs again
    /// for longer until it has run the functions that it names.
    fn run(&self, row: &Row, functions: &Functions) -> Result<BTreeSet<String>, Error> {
        let mut seconds = 60;
        loop {
            let limit = if row.is_slow() { vec!["--seconds".to_owned(), seconds.to_string()] } else { Vec::new() };
            let (has_ended, reached) = self.run_once(row, &limit)?;
            if has_ended && !row.is_slow() {
                return Ok(reached);
            }
            if has_ended || missed(row, functions, &reached).next().is_none() {
                return Ok(reached.intersection(&row.covers).cloned().collect());
            }
            seconds *= 4;
        }
    }

    fn run_once(&self, row: &Row, limit: &[String]) -> Result<(bool, BTreeSet<String>), Error> {
        let counts = self.program.with_file_name(format!("{:?}.profraw", thread::current().id()));
        let printed = output(
            Command::new(&self.program).args(["--full", &row.name]).args(limit).env("LLVM_PROFILE_FILE", &counts),
        )?;
        let has_ended = printed.lines().last() == Some("1 rows, 0 failed");
        if !has_ended && limit.is_empty() {
            return Err(format!("not one row has run: {printed}").into());
        }
        let mut show = Command::new(self.tools.join("llvm-profdata"));
        let counted = output(show.args(["show", "--covered"]).arg(&counts))?;
        fs::remove_file(counts)?;
        Ok((has_ended, counted.lines().filter_map(|symbol| self.symbols.get(symbol)).flatten().cloned().collect()))
    }
}

/// The output of a program, if it succeeds.
fn output(command: &mut Command) -> Result<String, Error> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// The functions of the engine by their symbols, from lines of lcov's format: `SF:file`, then `FN:line,symbol` for each function in
/// it.
///
/// A function is found by its place. A kernel is also found by its symbol, since its place is in a macro.
fn symbols(counts: &str, functions: &Functions) -> BTreeMap<String, Vec<String>> {
    let (mut symbols, mut file) = (BTreeMap::<_, Vec<_>>::new(), None);
    for entry in counts.lines() {
        let (key, value) = entry.split_once(':').unwrap_or((entry, ""));
        if key == "SF" {
            file = value.split_once("crates/pqc-simd/src/").map(|(_, file)| file);
        }
        if let ("FN", Some(file), Some((line, symbol))) = (key, file, value.split_once(',')) {
            let function = line.parse().ok().and_then(|line| source::function_at(functions, file, line));
            let kernel = kernel_of(symbol).filter(|name| file == KERNELS && functions.contains_key(name));
            symbols.entry(symbol.to_owned()).or_default().extend(function.map(str::to_owned).into_iter().chain(kernel));
        }
    }
    symbols
}

/// The file of the macro that makes kernels.
const KERNELS: &str = "backend.rs";

/// The name of a method of a trait of the engine: `ntt16.rs::Ntt::ntt` for `<T as pqc_simd::ntt16::Ntt>::ntt`.
fn kernel_of(symbol: &str) -> Option<String> {
    let symbol = format!("{:#}", rustc_demangle::demangle(symbol));
    let (owner, method) = symbol.split_once(" as pqc_simd::")?.1.split_once(">::")?;
    let (module, owner) = owner.rsplit_once("::")?;
    Some(format!("{}.rs::{owner}::{}", module.replace("::", "/"), method.split("::").next()?))
}
