"""The encryption of private keys of OpenSSH: AES-256 by `cryptography`, with a key derived by bcrypt_pbkdf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bcrypt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR, GCM

from qynauth_pqc.errors import PasswordError
from qynauth_pqc.extend import input_memory, wipe

if TYPE_CHECKING:
    from qynauth_pqc.extend import BytesLike

_KEY_BYTES = 32
_IV_BYTES = {"aes256-ctr": 16, "aes256-gcm@openssh.com": 12}


def _derive(name: str, password: BytesLike, salt: bytes, rounds: int) -> tuple[bytes, bytes]:
    """Return the key and the IV."""
    secret = bytes(input_memory(password, "password"))  # bcrypt takes only bytes
    derived = bcrypt.kdf(secret, salt, _KEY_BYTES + _IV_BYTES[name], rounds, ignore_few_rounds=True)
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def decrypt(name: str, password: BytesLike, salt: bytes, rounds: int, text: bytes, tag: bytes) -> bytearray:
    """Return the decrypted text, for the caller to wipe."""
    key, iv = _derive(name, password, salt, rounds)
    decryptor = Cipher(AES256(key), GCM(iv, tag) if tag else CTR(iv)).decryptor()
    plain = bytearray(len(text))
    try:
        decryptor.update_into(text, plain)
        decryptor.finalize()
    except InvalidTag:
        wipe(plain)
        raise PasswordError("password is wrong, or the private key is damaged") from None
    return plain


def encrypt(name: str, password: BytesLike, salt: bytes, rounds: int, plain: memoryview) -> tuple[bytes, bytes]:
    """Return the encrypted text, and its tag if the cipher has one."""
    key, iv = _derive(name, password, salt, rounds)
    if name == "aes256-ctr":
        stream = Cipher(AES256(key), CTR(iv)).encryptor()
        return stream.update(plain) + stream.finalize(), b""
    encryptor = Cipher(AES256(key), GCM(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize(), encryptor.tag
