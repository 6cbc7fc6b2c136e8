//! The functions of FIPS 202 by RustCrypto, for the tests.

use sha3::{Digest, Sha3_256, Sha3_512};
use shake::digest::{ExtendableOutput, XofReader};
use shake::{Shake128, Shake256};

pub(crate) fn sha3_256(message: &[u8]) -> [u8; 32] {
    Sha3_256::digest(message).into()
}

pub(crate) fn sha3_512(message: &[u8]) -> [u8; 64] {
    Sha3_512::digest(message).into()
}

pub(crate) fn shake128<const LENGTH: usize>(message: &[u8]) -> [u8; LENGTH] {
    output(Shake128::default(), message)
}

pub(crate) fn shake256<const LENGTH: usize>(message: &[u8]) -> [u8; LENGTH] {
    output(Shake256::default(), message)
}

fn output<const LENGTH: usize>(function: impl ExtendableOutput, message: &[u8]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    function.chain(message).finalize_xof().read(&mut out);
    out
}
