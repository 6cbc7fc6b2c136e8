//! X25519 (RFC 7748, section 5) by graviola, or by the dalek crates.

use super::graviola;
use crate::CodePath;
use x25519_dalek::{PublicKey, StaticSecret};

/// Writes `X25519(scalar, X25519_BASE)`.
pub(super) fn x25519_public_key(path: CodePath, scalar: &[u8; 32], out: &mut [u8; 32]) {
    if graviola::x25519_public_key(path, scalar, out).is_none() {
        *out = PublicKey::from(&StaticSecret::from(*scalar)).to_bytes();
    }
}

/// Writes `X25519(scalar, point)`. Zeros are a result like any other: the check of section 6.1 is not made.
pub(super) fn x25519(path: CodePath, scalar: &[u8; 32], point: &[u8; 32], out: &mut [u8; 32]) {
    if graviola::x25519(path, scalar, point, out).is_none() {
        *out = StaticSecret::from(*scalar).diffie_hellman(&PublicKey::from(*point)).to_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7748, 5.2: the second vector, with the high bit of its point set, and the result of a thousand iterations.
    #[test]
    fn vectors_of_the_rfc_are_reproduced_on_every_path() {
        const SCALAR: [u8; 32] = *b"\x4b\x66\xe9\xd4\xd1\xb4\x67\x3c\x5a\xd2\x26\x91\x95\x7d\x6a\xf5\xc1\x1b\x64\x21\xe0\xea\x01\xd4\x2c\xa4\x16\x9e\x79\x18\xba\x0d";
        const POINT: [u8; 32] = *b"\xe5\x21\x0f\x12\x78\x68\x11\xd3\xf4\xb7\x95\x9d\x05\x38\xae\x2c\x31\xdb\xe7\x10\x6f\xc0\x3c\x3e\xfc\x4c\xd5\x49\xc7\x15\xa4\x93";
        const OUT: [u8; 32] = *b"\x95\xcb\xde\x94\x76\xe8\x90\x7d\x7a\xad\xe4\x5c\xb4\xb8\x73\xf8\x8b\x59\x5a\x68\x79\x9f\xa1\x52\xe6\xf8\xf7\x64\x7a\xac\x79\x57";
        const ITERATED: [u8; 32] = *b"\x68\x4c\xf5\x9b\xa8\x33\x09\x55\x28\x00\xef\x56\x6f\x2f\x4d\x3c\x1c\x38\x87\xc4\x93\x60\xe3\x87\x5f\x2e\xb9\x4d\x99\x53\x2c\x51";
        let base: [u8; 32] = core::array::from_fn(|at| if at == 0 { 9 } else { 0 });
        for path in CodePath::available() {
            let mut out = [0; 32];
            x25519(path, &SCALAR, &POINT, &mut out);
            assert_eq!(out, OUT);
            let (mut scalar, mut point) = (base, base);
            for _ in 0..1000 {
                let mut public_key = [0; 32];
                x25519(path, &scalar, &base, &mut out);
                x25519_public_key(path, &scalar, &mut public_key);
                assert_eq!(out, public_key);
                x25519(path, &scalar, &point, &mut out);
                (point, scalar) = (scalar, out);
            }
            assert_eq!(scalar, ITERATED);
        }
    }
}
