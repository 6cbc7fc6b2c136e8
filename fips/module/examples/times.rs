//! The time of each operation by the module's own functions, the least of many: a line of name and microseconds each.

use pqc_module::{Error, Key, KeyType};
use std::time::Instant;

const RUNS: usize = 3000;

fn least(name: &str, mut operation: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        operation()?;
        least = least.min(start.elapsed().as_secs_f64() * 1e6);
    }
    println!("{name} {least:.2}");
    Ok(())
}

fn main() -> Result<(), Error> {
    let (mut ciphertext, mut secret, mut signature) = ([0; 1088], [0; 32], [0; 3309]);
    let kem = Key::generate(KeyType::MlKem768)?;
    least("ML-KEM-768:generate", || Key::generate(KeyType::MlKem768).map(drop))?;
    least("ML-KEM-768:encapsulate", || kem.encapsulate(&mut ciphertext, &mut secret))?;
    least("ML-KEM-768:decapsulate", || kem.decapsulate(&ciphertext, &mut secret))?;
    let signer = Key::generate(KeyType::MlDsa65)?;
    least("ML-DSA-65:generate", || Key::generate(KeyType::MlDsa65).map(drop))?;
    least("ML-DSA-65:sign", || signer.sign(b"message", &mut signature).map(drop))?;
    least("ML-DSA-65:verify", || signer.verify(b"message", &signature).map(drop))
}
