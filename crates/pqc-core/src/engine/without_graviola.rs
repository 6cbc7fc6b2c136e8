//! The functions of graviola for processors that it does not know: they do nothing.

use crate::CodePath;

pub(super) fn x25519_public_key(_: CodePath, _: &[u8; 32], _: &mut [u8; 32]) -> Option<()> {
    None
}

pub(super) fn x25519(_: CodePath, _: &[u8; 32], _: &[u8; 32], _: &mut [u8; 32]) -> Option<()> {
    None
}

pub(super) fn p256_multiple(_: CodePath, _: &[u8]) -> Option<[u8; 65]> {
    None
}

pub(super) fn p256_exchange(_: CodePath, _: &[u8], _: &[u8]) -> Option<[u8; 32]> {
    None
}

pub(super) fn p256_verify(_: CodePath, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
    None
}

pub(super) fn p384_multiple(_: CodePath, _: &[u8]) -> Option<[u8; 97]> {
    None
}

pub(super) fn p384_exchange(_: CodePath, _: &[u8], _: &[u8]) -> Option<[u8; 48]> {
    None
}

pub(super) fn p384_verify(_: CodePath, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
    None
}
