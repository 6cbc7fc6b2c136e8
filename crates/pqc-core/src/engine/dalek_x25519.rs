//! X25519 (RFC 7748, section 5) by the dalek crates, which have one implementation for every code path.

use crate::algorithm::X25519_BYTES;
use x25519_dalek::{PublicKey, StaticSecret};

/// Writes `X25519(scalar, X25519_BASE)`.
pub(crate) fn x25519_public_key(scalar: &[u8; X25519_BYTES], out: &mut [u8; X25519_BYTES]) {
    *out = PublicKey::from(&StaticSecret::from(*scalar)).to_bytes();
}

/// Writes `X25519(scalar, point)`. Zeros are a result like any other: the check of section 6.1 is not made.
pub(crate) fn x25519(scalar: &[u8; X25519_BYTES], point: &[u8; X25519_BYTES], out: &mut [u8; X25519_BYTES]) {
    *out = StaticSecret::from(*scalar).diffie_hellman(&PublicKey::from(*point)).to_bytes();
}
