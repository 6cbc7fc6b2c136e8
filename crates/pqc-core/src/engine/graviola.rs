//! X25519, and the slow steps of ECDH and ECDSA on P-256 and P-384, by graviola: assembly of s2n-bignum, each function of which was proven
//! by its authors. It needs a processor of about 2014 or later with x86-64, or aarch64 with instructions for AES.
//!
//! Every function returns `None` where it does nothing: on other processors and on the portable code path, which have the crates of
//! dalek and RustCrypto.

use crate::CodePath;
use graviola::hashing::{Sha256, Sha384};
use graviola::key_agreement::{p256, p384, x25519};
use graviola::signing::ecdsa::{P256, P384, VerifyingKey};
use graviola::util::is_cpu_supported;

/// Asked before each call, which would panic otherwise.
fn if_used(path: CodePath) -> Option<()> {
    (path != CodePath::Portable && is_cpu_supported()).then_some(())
}

/// Writes `X25519(scalar, X25519_BASE)`.
pub(super) fn x25519_public_key(path: CodePath, scalar: &[u8; 32], out: &mut [u8; 32]) -> Option<()> {
    if_used(path)?;
    *out = x25519::StaticPrivateKey::from_array(scalar).public_key().as_bytes();
    Some(())
}

/// Writes `X25519(scalar, point)`. Its only error is a result of zeros.
pub(super) fn x25519(path: CodePath, scalar: &[u8; 32], point: &[u8; 32], out: &mut [u8; 32]) -> Option<()> {
    if_used(path)?;
    let point = x25519::PublicKey::from_array(point);
    match x25519::StaticPrivateKey::from_array(scalar).diffie_hellman(&point) {
        Ok(secret) => *out = secret.0,
        Err(_) => *out = [0; 32],
    }
    Some(())
}

/// Declares the steps on a curve.
macro_rules! curve {
    ($multiple:ident, $exchange:ident, $verify:ident, $curve:ident, $name:ident, $hash:ident, $public_key_bytes:literal) => {
        /// A multiple of the base point that is not infinity, in its encoding without compression.
        pub(super) fn $multiple(path: CodePath, scalar: &[u8]) -> Option<[u8; $public_key_bytes]> {
            if_used(path)?;
            let scalar = $curve::StaticPrivateKey::from_bytes(scalar).ok()?;
            Some(scalar.public_key_uncompressed())
        }

        /// The x-coordinate of a multiple of a point. `None` also if an input is not a point or not a scalar.
        pub(super) fn $exchange(path: CodePath, scalar: &[u8], point: &[u8]) -> Option<[u8; $public_key_bytes / 2]> {
            if_used(path)?;
            let point = $curve::PublicKey::from_x962_uncompressed(point).ok()?;
            let scalar = $curve::StaticPrivateKey::from_bytes(scalar).ok()?;
            scalar.diffie_hellman(&point).ok().map(|secret| secret.0)
        }

        /// Whether `r || s` is a signature.
        pub(super) fn $verify(path: CodePath, public_key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
            if_used(path)?;
            let key = VerifyingKey::<$name>::from_x962_uncompressed(public_key).ok()?;
            Some(key.verify::<$hash>(&[message], signature).is_ok())
        }
    };
}

curve!(p256_multiple, p256_exchange, p256_verify, p256, P256, Sha256, 65);
curve!(p384_multiple, p384_exchange, p384_verify, p384, P384, Sha384, 97);
