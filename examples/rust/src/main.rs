//! ML-KEM and ML-DSA on files, from Rust.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::ExitCode;

use pqc::{Buffer, DsaKeyPair, DsaPublicKey, DsaSet, KemKeyPair, KemPublicKey, KemSet};

mod demo;

type Outcome = Result<bool, Box<dyn Error>>;

const USAGE: &str = "usage: pqc-demo-rust public SET SEED OUT | sign SET SEED MESSAGE CONTEXT OUT | \
    verify SET PUBLIC MESSAGE CONTEXT SIGNATURE | encapsulate SET PUBLIC CIPHERTEXT SECRET | \
    decapsulate SET SEED CIPHERTEXT SECRET | demo";

fn kem(set: &str) -> Result<KemSet, String> {
    match set {
        "512" => Ok(KemSet::MlKem512),
        "768" => Ok(KemSet::MlKem768),
        "1024" => Ok(KemSet::MlKem1024),
        _ => Err(format!("{set:?} is no parameter set of ML-KEM")),
    }
}

fn dsa(set: &str) -> Result<DsaSet, String> {
    match set {
        "44" => Ok(DsaSet::MlDsa44),
        "65" => Ok(DsaSet::MlDsa65),
        "87" => Ok(DsaSet::MlDsa87),
        _ => Err(format!("{set:?} is no parameter set of ML-DSA")),
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{path}: {error}"))
}

/// A seed that was read. It is overwritten at the end of the command.
struct Seed(Vec<u8>);

impl Seed {
    fn read(path: &str) -> Result<Self, String> {
        read(path).map(Seed)
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

/// Writes a file, with access for its owner alone if it is secret.
fn write(path: &str, bytes: &Buffer, mode: u32) -> Outcome {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(|error| format!("{path}: {error}"))?;
    Ok(true)
}

const PUBLIC: u32 = 0o666;
const SECRET: u32 = 0o600;

fn public(set: &str, seed: &Seed) -> Result<Buffer, Box<dyn Error>> {
    Ok(match dsa(set) {
        Ok(set) => DsaKeyPair::from_seed(set, &seed.0)?.public_key()?.to_bytes()?,
        Err(_) => KemKeyPair::from_seed(kem(set)?, &seed.0)?.public_key()?.to_bytes()?,
    })
}

/// Runs a command. What it returns is false for a signature that is not valid.
fn run(arguments: &[&str]) -> Outcome {
    match *arguments {
        ["public", set, seed, out] => write(out, &public(set, &Seed::read(seed)?)?, PUBLIC),
        ["sign", set, seed, message, context, out] => {
            let pair = DsaKeyPair::from_seed(dsa(set)?, &Seed::read(seed)?.0)?;
            write(out, &pair.sign(&read(message)?, context.as_bytes())?, PUBLIC)
        }
        ["verify", set, key, message, context, signature] => {
            let key = DsaPublicKey::from_bytes(dsa(set)?, &read(key)?)?;
            Ok(key.verify(&read(message)?, context.as_bytes(), &read(signature)?)?)
        }
        ["encapsulate", set, key, ciphertext, secret] => {
            let (carried, shared) = KemPublicKey::from_bytes(kem(set)?, &read(key)?)?.encapsulate()?;
            write(ciphertext, &carried, PUBLIC)?;
            write(secret, &shared, SECRET)
        }
        ["decapsulate", set, seed, ciphertext, secret] => {
            let pair = KemKeyPair::from_seed(kem(set)?, &Seed::read(seed)?.0)?;
            write(secret, &pair.decapsulate(&read(ciphertext)?)?, SECRET)
        }
        ["demo"] => demo::run(),
        _ => Err(USAGE.into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = if pqc::abi_matches() { run(&arguments) } else { Err("the library has another ABI version".into()) };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("pqc-demo-rust: {error}");
            ExitCode::from(2)
        }
    }
}
