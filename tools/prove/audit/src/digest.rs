//! The digest of everything that a run of `make prove` depends on: the tokens of the engine, its tests and the proofs, the
//! crates that they are built with, profiles and flags, and the compiler. Comments, documentation and the program that reads
//! the source are not part of it.

use crate::{Error, read};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// The folders of the sources.
const SOURCES: [&str; 3] = ["crates/pqc-simd", "tools/prove/proofs", "tools/prove/src"];

/// Further files, which count without their comments. Flags for all builds would be in the last one.
const FILES: [&str; 4] =
    ["tools/prove/Cargo.toml", "tools/prove/reached.txt", "tools/prove/run.sh", ".cargo/config.toml"];

/// A line of a script that has one of these words is part of a build, and counts.
const BUILDING: [&str; 4] = ["cargo", "CARGO_", "RUSTFLAGS", "--cfg"];

/// The lock files, and the packages in them that are built.
const LOCKS: [(&str, &str); 2] = [("Cargo.lock", "pqc-simd"), ("tools/prove/Cargo.lock", "pqc-prove")];

/// The digest of the tree `root` with the output of `rustc --version`, in hexadecimal.
pub(crate) fn of(root: &Path, compiler: &str) -> Result<String, Error> {
    let mut hash = Hash(Sha256::new());
    hash.add(compiler);
    for source in SOURCES {
        hash.add_tree(root, source)?;
    }
    for file in FILES.into_iter().filter(|file| root.join(file).exists()) {
        hash.add_file(root, file)?;
    }
    let workspace: Table = read(&root.join("Cargo.toml"))?.parse()?;
    hash.add(&workspace.get("profile").ok_or("Cargo.toml has no profiles")?.to_string());
    for (file, package) in LOCKS {
        let lock: Table = read(&root.join(file))?.parse()?;
        let packages = lock.get("package").and_then(Value::as_array).ok_or("a lock file has packages")?;
        for entry in reached(packages, package) {
            hash.add(&entry);
        }
    }
    let digest = hash.0.finalize();
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The entries of a package and of all packages that it depends on, as text.
fn reached(packages: &[Value], name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut names = vec![name];
    while let Some(name) = names.pop() {
        // An entry names the version too, where a lock file has several of a package.
        let mut words = name.split(' ');
        let (name, version) = (words.next(), words.next());
        for package in packages {
            let field = |field| package.get(field).and_then(Value::as_str);
            if field("name") == name
                && (version.is_none() || field("version") == version)
                && found.insert(package.to_string())
            {
                let dependencies = package.get("dependencies").and_then(Value::as_array);
                names.extend(dependencies.into_iter().flatten().filter_map(Value::as_str));
            }
        }
    }
    found
}

struct Hash(Sha256);

impl Hash {
    /// Adds a text with its length, so that no two sequences of texts are hashed alike.
    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }

    fn add_tree(&mut self, root: &Path, folder: &str) -> Result<(), Error> {
        let entries = fs::read_dir(root.join(folder))?.map(|entry| Ok(entry?.file_name().into_string()));
        let mut names: Vec<_> = entries.collect::<Result<_, Error>>()?;
        names.sort();
        for name in names {
            let path = format!("{folder}/{}", name.map_err(|_| "a file name")?);
            if root.join(&path).is_dir() { self.add_tree(root, &path)? } else { self.add_file(root, &path)? }
        }
        Ok(())
    }

    fn add_file(&mut self, root: &Path, path: &str) -> Result<(), Error> {
        self.add(path);
        let text = read(&root.join(path))?;
        match path.rsplit('.').next() {
            Some("rs") => self.add_tokens(text.parse().map_err(|error| format!("{path}: {error}"))?),
            Some("toml") => self.add(&text.parse::<Table>()?.to_string()),
            Some("sh") => {
                let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
                code.filter(|line| BUILDING.iter().any(|word| line.contains(word))).for_each(|line| self.add(line));
            }
            _ => self.add(&text),
        }
        Ok(())
    }

    /// Adds tokens. A comment is none, and documentation is an attribute, `#[doc = "..."]`, which is left out.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => {
                    self.add(match group.delimiter() {
                        Delimiter::Parenthesis => "(",
                        Delimiter::Brace => "{",
                        Delimiter::Bracket => "[",
                        Delimiter::None => "",
                    });
                    self.add_tokens(group.stream());
                    self.add("end");
                }
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    let inner = tokens.next_if(|next| matches!(next, TokenTree::Punct(next) if next.as_char() == '!'));
                    if tokens.next_if(is_documentation).is_none() {
                        self.add(if inner.is_some() { "#!" } else { "#" });
                    }
                }
                token => self.add(&token.to_string()),
            }
        }
    }
}

fn is_documentation(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut words = group.stream().into_iter().map(|token| token.to_string());
    group.delimiter() == Delimiter::Bracket
        && words.next().as_deref() == Some("doc")
        && words.next().as_deref() == Some("=")
}
