"""PKCS#8 with any contents and any encryption, assembled by hand, so that it shares nothing with the tested code."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["AES_256_CBC", "encrypt", "octet_string", "pbkdf2", "pkcs8", "scrypt"]

AES_256_CBC = "2.16.840.1.101.3.4.1.42"
_HMAC_SHA_256 = "1.2.840.113549.2.9"


def encrypt(plain: bytes, derivation: bytes, key: bytes, vector: bytes, cipher: str = AES_256_CBC) -> bytes:
    """Return an EncryptedPrivateKeyInfo (RFC 5958, section 3) of PBES2 (RFC 8018, appendix A.4)."""
    padding = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    data = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    scheme = _sequence(_oid(cipher), octet_string(vector))
    return _sequence(_sequence(_oid("1.2.840.113549.1.5.13"), _sequence(derivation, scheme)), octet_string(data))


def pkcs8(algorithm: str, private_key: bytes) -> bytes:
    """Return a PrivateKeyInfo (RFC 5958, section 2) of an algorithm without parameters."""
    return _sequence(_integer(0), _sequence(_oid(algorithm)), octet_string(private_key))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return _value(0x04, content)


def pbkdf2(salt: bytes, iterations: int, prf: str = _HMAC_SHA_256) -> bytes:
    """Return the identifier of PBKDF2 with its parameters (RFC 8018, appendix A.2)."""
    parameters = _sequence(octet_string(salt), _integer(iterations), _sequence(_oid(prf), b"\x05\x00"))
    return _sequence(_oid("1.2.840.113549.1.5.12"), parameters)


def scrypt(salt: bytes, n: int, r: int, p: int) -> bytes:
    """Return the identifier of scrypt with its parameters (RFC 7914, section 7)."""
    parameters = _sequence(octet_string(salt), *map(_integer, (n, r, p)))
    return _sequence(_oid("1.3.6.1.4.1.11591.4.11"), parameters)


def _value(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x80 | (size.bit_length() + 7) // 8])
    return bytes([tag]) + length + (b"" if size < 128 else size.to_bytes(length[0] & 0x7F, "big")) + content


def _sequence(*parts: bytes) -> bytes:
    return _value(0x30, *parts)


def _integer(value: int) -> bytes:
    return _value(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    encoded = bytes([first * 40 + second])
    for number in rest:
        groups = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)][::-1]
        encoded += bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])
    return _value(0x06, encoded)
