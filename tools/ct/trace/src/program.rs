//! Names and lines of this program's code, for pins and reports.

use std::process::Command;

/// The functions of the program.
pub(crate) struct Program {
    path: String,
    /// The address of its first byte.
    base: u64,
    /// Names and addresses of functions.
    functions: Vec<(String, u64)>,
}

impl Program {
    pub(crate) fn load() -> Result<Self, String> {
        let path = std::env::current_exe().map_err(|error| error.to_string())?.display().to_string();
        let maps = std::fs::read_to_string("/proc/self/maps").map_err(|error| error.to_string())?;
        let first = maps.lines().find(|line| line.ends_with(&path)).and_then(|line| line.split('-').next());
        let base = first.and_then(|base| u64::from_str_radix(base, 16).ok()).ok_or("the program is not mapped")?;
        let functions = run(Command::new("nm").args(["--demangle", "--defined-only", &path]))?;
        let functions = functions.lines().filter_map(|line| {
            let (address, rest) = line.split_once(' ')?;
            Some((rest.get(2..)?.to_owned(), base + u64::from_str_radix(address, 16).ok()?))
        });
        Ok(Self { functions: functions.collect(), path, base })
    }

    /// The entries of all functions with a path like `::sample_small`, of every backend.
    pub(crate) fn entries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = u64> + 'a {
        let is_named = move |function: &str| function.split("::").any(|part| part == name);
        self.functions.iter().filter(move |(function, _)| is_named(function)).map(|(_, address)| *address)
    }

    /// The functions that an instruction was compiled from, the innermost first, with their lines.
    pub(crate) fn describe(&self, address: u64) -> String {
        let relative = format!("{:#x}", address.wrapping_sub(self.base));
        let arguments = ["--functions", "--inlines", "--demangle", "--basenames", "--pretty-print", "--exe"];
        let lines = run(Command::new("addr2line").args(arguments).args([&self.path, &relative]));
        lines.unwrap_or_else(|error| error).trim().replace('\n', "\n      ")
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(format!("{command:?} failed"))
    }
}
