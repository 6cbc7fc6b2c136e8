"""The bytes that a key signs for an envelope: the encoding itself, or the message of securesystemslib."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.extend import input_memory
from qynauth_pqc.mldsa import MLDSAParameterSet

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc import SignaturePublicKey
    from qynauth_pqc.extend import BytesLike

KEY_TYPE = "ml-dsa"
SCHEMES: dict[str, str] = {str(each): f"{each.lower()}/1" for each in MLDSAParameterSet}
"""The names of TAP 21 for the schemes of ML-DSA, by the names of the standard."""

CLASSICAL = ("Ed25519", "ECDSA-P256", "ECDSA-P384", "ECDSA-P521")


class Scheme(StrEnum):
    """The signed message. An ML-DSA signature is valid in one scheme only; classical ones are the same."""

    PAE = "pae"
    """The pre-authentication encoding (PAE) of the envelope, by DSSE: the plain signature of each algorithm,
    with an empty context."""
    SECURESYSTEMSLIB = "securesystemslib"
    """The message of the Python package securesystemslib: an ML-DSA key signs "tuf", the byte 1 and SHA-512 of the
    PAE (TAP 21, `ml-dsa-44/1`, `ml-dsa-65/1`, `ml-dsa-87/1`), and a classical key the PAE. It has no other keys."""

    def message(self, algorithm: str, encoded: bytes) -> bytes:
        """Return the bytes that a key of an algorithm signs.

        Raises:
            UnsupportedError: the scheme has no such keys.
        """
        if self is Scheme.PAE or algorithm in CLASSICAL:
            return encoded
        if algorithm not in SCHEMES:
            raise UnsupportedError(f"the scheme {self} has no keys of {algorithm}: expected {', '.join(SCHEMES)}")
        return tap21(encoded)

    def keyid(self, public_key: SignaturePublicKey) -> str:
        """Return the name of a key, a hint: its fingerprint, or the keyid that securesystemslib would compute."""
        if self is Scheme.PAE:
            return public_key.fingerprint()
        return default_keyid(public_key)


def scheme_of(name: str) -> Scheme:
    """Return a scheme by its name."""
    expect(name, str, "scheme")
    try:
        return Scheme(name)
    except ValueError:
        raise UnsupportedError(f"unknown scheme: expected {' or '.join(Scheme)}") from None


def tap21(data: BytesLike) -> bytes:
    """Return the bytes that an ML-DSA key signs for data (TAP 21, version 1)."""
    import hashlib  # it loads OpenSSL; the other scheme does not need it

    return b"tuf\x01" + hashlib.sha512(input_memory(data, "data")).digest()


def default_keyid(public_key: SignaturePublicKey) -> str:
    """Return SHA-256 of an ML-DSA key in canonical JSON, where a line end is no escape sequence."""
    import hashlib  # as above

    pem = public_key.to_spki().decode("ascii")
    scheme = SCHEMES[public_key.parameter_set]
    text = f'{{"keytype":"{KEY_TYPE}","keyval":{{"public":"{pem}"}},"scheme":"{scheme}"}}'
    return hashlib.sha256(text.encode("ascii")).hexdigest()
