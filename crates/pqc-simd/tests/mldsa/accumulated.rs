//! The digests of many deterministic cases. In tools/differential, libcrux computes them too.

use sha3::{Digest, Sha3_256};
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};

/// The numbers of cases after which there is a digest. `QYNAUTH_PQC_CASES` can set the maximum number.
const CASES: [u32; 3] = [10, 1_000, 10_000];

/// The digests of ML-DSA-44, ML-DSA-65 and ML-DSA-87.
pub(crate) const DIGESTS: [[&str; 3]; 3] = [
    [
        "5bd1bb60b61baf88bfd6867da15d08e3a67bc2372a0507578b802f2d9e74b360",
        "2d9eed2e5f9665c612fc748040e14239eb9defd6086a76f5596d80d2b0735983",
        "d018326380162994034e7195b1277103cd105102b17502e56969372e2b6fb768",
    ],
    [
        "ad3271eff5aeadc483396423f2261f508f780ef7053884d992d4b153c347d5f0",
        "e1691f97092149326013914820d460654db000c0a456abca9f09b64aa49fe291",
        "3c784fa7a64d20d782e6fbd14264240659898b448af06d32a086b166617ccd16",
    ],
    [
        "ac313bc0e5c925a95b07cc0b8e0faea6cf5f1d54f696707b27ab3ff8c32e8d88",
        "4acfec765874bc9cdcf0c855045f2a3b99b1c8ecc818df91a59cbfe75b61a8b4",
        "ff2bc21705e8a615858644d61c5027bea74a82d370eff9a45b5856d93f15cb17",
    ],
];

/// The seed of a case, which is also its message.
fn seed(case: u32) -> [u8; 32] {
    let mut seed = [0; 32];
    Shake256::default().chain(case.to_le_bytes()).finalize_xof().read(&mut seed);
    seed
}

/// Hashes the private key, public key and deterministic signature of every case; of at most `most` unless the variable is set.
pub(crate) fn accumulate(most: u32, mut make: impl FnMut(&[u8; 32]) -> [Vec<u8>; 3]) -> Vec<String> {
    let most = std::env::var("QYNAUTH_PQC_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(most);
    let (mut digest, mut digests) = ([0; 32], Vec::new());
    for case in 0..CASES.into_iter().rfind(|cases| *cases <= most).unwrap_or(CASES[0]) {
        digest = Sha3_256::digest([digest.to_vec(), make(&seed(case)).concat()].concat()).into();
        if CASES.contains(&(case + 1)) {
            digests.push(digest.map(|byte| format!("{byte:02x}")).concat());
        }
    }
    digests
}
