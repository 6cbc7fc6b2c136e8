"""HPKE in base mode (RFC 9180) from a shared secret, since some implementations have X-Wing inside HPKE only.

The KEM is this library's; the KDF is HKDF-SHA256 and the AEAD AES-128-GCM.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

__all__ = ["INFO", "KEM_IDS", "open_sealed", "seal"]

KEM_IDS = {"ML-KEM-512": 0x0040, "ML-KEM-768": 0x0041, "ML-KEM-1024": 0x0042, "X-Wing": 0x647A}
_HKDF_SHA256 = _AES_128_GCM = 1
INFO = b"interop"


def _key_and_nonce(kem: str, shared_secret: bytes) -> tuple[bytes, bytes]:
    """Run the key schedule (RFC 9180, 5.1)."""
    suite = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (KEM_IDS[kem], _HKDF_SHA256, _AES_128_GCM))

    def extract(salt: bytes, label: bytes, key: bytes) -> bytes:
        return hmac.digest(salt, b"HPKE-v1" + suite + label + key, hashlib.sha256)

    def expand(label: bytes, length: int) -> bytes:
        info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return HKDFExpand(SHA256(), length, info).derive(secret)

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", INFO)
    secret = extract(shared_secret, b"secret", b"")
    return expand(b"key", 16), expand(b"base_nonce", 12)


def seal(kem: str, shared_secret: bytes, plaintext: bytes) -> bytes:
    """Encrypt the first message of a sender."""
    key, nonce = _key_and_nonce(kem, shared_secret)
    return AESGCM(key).encrypt(nonce, plaintext, None)


def open_sealed(kem: str, shared_secret: bytes, sealed: bytes) -> bytes:
    """Decrypt the first message of a sender."""
    key, nonce = _key_and_nonce(kem, shared_secret)
    return AESGCM(key).decrypt(nonce, sealed, None)
