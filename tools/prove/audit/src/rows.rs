//! The rows of the proofs, which the programs of the proofs write with `--rows`.

use crate::{Error, read};
use std::collections::BTreeSet;
use std::path::Path;

/// A row that ran, or that is too slow to run each time.
pub(crate) struct Row {
    pub(crate) build: String,
    pub(crate) label: String,
    pub(crate) part: String,
    pub(crate) obligations: String,
    pub(crate) name: String,
    pub(crate) covers: BTreeSet<String>,
}

impl Row {
    fn parse(line: &str) -> Result<Self, Error> {
        let [build, label, part, obligations, name, covers] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("no row: {line}").into());
        };
        let covers = covers.split_whitespace().map(str::to_owned).collect();
        let [build, label, part, obligations, name] = [build, label, part, obligations, name].map(str::to_owned);
        Ok(Self { build, label, part, obligations, name, covers })
    }

    /// Whether it runs only with `FULL=1`.
    pub(crate) fn is_slow(&self) -> bool {
        self.obligations == "slow"
    }

    /// The section of the table: the scheme at the start of the statement, or the scheme of the first function.
    pub(crate) fn section(&self) -> &'static str {
        let path = self.covers.first().map_or("", String::as_str);
        let is_section = |(title, prefixes): &&(&str, &[&str])| {
            self.name.starts_with(title) || prefixes.iter().any(|prefix| path.starts_with(prefix))
        };
        SECTIONS.iter().find(is_section).map_or("Common", |section| section.0)
    }
}

/// The sections in their order, and the paths of the rows that they list.
pub(crate) const SECTIONS: &[(&str, &[&str])] = &[
    ("ML-KEM", &["mlkem/", "ntt16"]),
    ("ML-DSA", &["mldsa/"]),
    ("SLH-DSA", &["slhdsa/"]),
    ("SHA-2", &["sha2/"]),
    ("SHA-3 and SHAKE", &["keccak/"]),
    ("Lane operations", &["backend/", "vec/"]),
    ("Instructions", &["arch/"]),
    ("Common", &[""]),
];

/// The rows of both builds.
pub(crate) fn read_rows(files: &[&str]) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for file in files {
        for line in read(Path::new(file))?.lines() {
            rows.push(Row::parse(line)?);
        }
    }
    Ok(rows)
}
