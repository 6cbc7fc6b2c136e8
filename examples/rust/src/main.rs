//! All algorithms of the library on files, from Rust.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use pqc::{Algorithm, Buffer, KeyOptions, PrivateKey, PublicKey};

mod demo;

type Outcome = Result<(), Box<dyn Error>>;

const USAGE: &str = "usage: pqc-demo-rust public SET KEY OUT | sign SET KEY MESSAGE CONTEXT OUT | \
    verify SET PUBLIC MESSAGE CONTEXT SIGNATURE | encapsulate SET PUBLIC CIPHERTEXT SECRET | \
    decapsulate SET KEY CIPHERTEXT SECRET | demo; KEY is a seed, or a private key without one; --locked behind the command \
    keeps keys in locked memory";

fn read(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{path}: {error}"))
}

const PUBLIC: u32 = 0o666;
const SECRET: u32 = 0o600;

/// Writes a file. A secret goes to a new one, which is private from the start: an older one may be open to others.
fn write(path: &str, bytes: &Buffer, mode: u32) -> Outcome {
    let older = if mode == SECRET && Path::new(path).is_file() { fs::remove_file(path) } else { Ok(()) };
    let open = |()| fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path);
    let written = older.and_then(open).and_then(|mut file| file.write_all(bytes));
    Ok(written.map_err(|error| format!("{path}: {error}"))?)
}

fn algorithm(set: &str) -> Result<Algorithm, String> {
    let number: Option<u32> = set.parse().ok();
    number.and_then(|number| number.try_into().ok()).ok_or_else(|| format!("{set:?} is not a parameter set"))
}

/// Derives the key from the seed in a file, or loads it if its algorithm has no seeds, and overwrites what it read.
fn private_key(set: &str, options: KeyOptions, path: &str) -> Result<PrivateKey, Box<dyn Error>> {
    let algorithm = algorithm(set)?;
    let load = if algorithm.info()?.has_seed() { PrivateKey::from_seed } else { PrivateKey::from_bytes };
    let mut kept = read(path)?;
    let key = load(algorithm, options, &kept);
    kept.fill(0);
    std::hint::black_box(&kept);
    Ok(key?)
}

fn public_key(set: &str, options: KeyOptions, path: &str) -> Result<PublicKey, Box<dyn Error>> {
    Ok(PublicKey::from_bytes(algorithm(set)?, options, &read(path)?)?)
}

fn run(arguments: &[&str], options: KeyOptions) -> Outcome {
    match *arguments {
        [command, "--locked", ref rest @ ..] if options == KeyOptions::NONE => {
            run(&[&[command], rest].concat(), KeyOptions::LOCKED_MEMORY)
        }
        ["public", set, seed, out] => write(out, &private_key(set, options, seed)?.public_key()?.to_bytes()?, PUBLIC),
        ["sign", set, seed, message, context, out] => {
            write(out, &private_key(set, options, seed)?.sign(&read(message)?, context.as_bytes())?, PUBLIC)
        }
        ["verify", set, key, message, context, signature] => {
            let key = public_key(set, options, key)?;
            Ok(key.verify(&read(message)?, context.as_bytes(), &read(signature)?)?)
        }
        ["encapsulate", set, key, ciphertext, secret] => {
            let (carried, shared) = public_key(set, options, key)?.encapsulate()?;
            write(ciphertext, &carried, PUBLIC)?;
            write(secret, &shared, SECRET)
        }
        ["decapsulate", set, seed, ciphertext, secret] => {
            write(secret, &private_key(set, options, seed)?.decapsulate(&read(ciphertext)?)?, SECRET)
        }
        ["demo"] => demo::run(options),
        _ => Err(USAGE.into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments, KeyOptions::NONE) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.downcast_ref() == Some(&pqc::Error::INVALID_SIGNATURE) => ExitCode::from(1),
        Err(error) => {
            eprintln!("pqc-demo-rust: {error}");
            ExitCode::from(2)
        }
    }
}
