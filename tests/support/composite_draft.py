"""Composite ML-DSA signatures, read from draft-ietf-lamps-pq-composite-sigs-19 without the library under test.

The package cryptography makes and checks the two halves. This file only joins them.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = [
    "CURVES",
    "ROWS",
    "Row",
    "generate",
    "identifier",
    "message_representative",
    "private_halves",
    "private_key",
    "public_key",
    "sign",
    "verify",
]

_PREFIX = b"CompositeAlgorithmSignatures2025"  # section 2.2
_SEED = 32  # bytes of the ML-DSA half of a private key: section 4, table 1
_SIZES = {44: (1312, 2420), 65: (1952, 3309), 87: (2592, 4627)}
CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
_ECDSA = {"P-256": ec.ECDSA(hashes.SHA256()), "P-384": ec.ECDSA(hashes.SHA384())}  # section 6
# The DER of an ECPrivateKey before and after the number: version 1, OCTET STRING, [0] namedCurve, no publicKey.
_EC_PRIVATE_KEY = {
    "P-256": (bytes.fromhex("30310201010420"), bytes.fromhex("a00a06082a8648ce3d030107")),
    "P-384": (bytes.fromhex("303e0201010430"), bytes.fromhex("a00706052b81040022")),
}


@dataclass(frozen=True)
class Row:
    """One algorithm of section 6 of the draft.

    Attributes:
        name: the name of the draft, without "id-".
        oid: the object identifier.
        parameter_set: 44, 65 or 87, of ML-DSA.
        curve: "P-256" or "P-384" of ECDSA, or None for Ed25519.
        pre_hash: the name of PH in hashlib.

    """

    name: str
    oid: str
    parameter_set: int
    curve: str | None
    pre_hash: str

    @property
    def label(self) -> bytes:
        """The signature label, which is also the context of the ML-DSA half."""
        return f"COMPSIG-{self.name}".encode()

    @property
    def public_key_size(self) -> int:
        """The size of the ML-DSA public key, in bytes."""
        return _SIZES[self.parameter_set][0]

    @property
    def signature_size(self) -> int:
        """The size of the ML-DSA signature, in bytes."""
        return _SIZES[self.parameter_set][1]


_TABLE = (
    ("MLDSA44-Ed25519-SHA512", 39, 44, None, "sha512"),
    ("MLDSA44-ECDSA-P256-SHA256", 40, 44, "P-256", "sha256"),
    ("MLDSA65-ECDSA-P256-SHA512", 45, 65, "P-256", "sha512"),
    ("MLDSA65-ECDSA-P384-SHA512", 46, 65, "P-384", "sha512"),
    ("MLDSA65-Ed25519-SHA512", 48, 65, None, "sha512"),
    ("MLDSA87-ECDSA-P384-SHA512", 49, 87, "P-384", "sha512"),
)
ROWS = {name: Row(name, f"1.3.6.1.5.5.7.6.{arc}", *rest) for name, arc, *rest in _TABLE}


def identifier(row: Row, behind: bytes = b"") -> bytes:
    """Return the AlgorithmIdentifier in DER, which has only the object identifier (section 5.3)."""
    content = bytes.fromhex("06082b060105050706") + bytes([int(row.oid.rpartition(".")[2])]) + behind
    return bytes([0x30, len(content)]) + content


def message_representative(row: Row, message: bytes, context: bytes) -> bytes:
    """Return M', which both halves sign (section 2.2): Prefix || Label || len(ctx) || ctx || PH(M)."""
    if len(context) > 255:
        raise ValueError("The context is longer than 255 bytes.")
    return _PREFIX + row.label + bytes([len(context)]) + context + hashlib.new(row.pre_hash, message).digest()


def sign(row: Row, private_key_bytes: bytes, message: bytes, context: bytes) -> bytes:
    """Return the signature of a message (sections 3.2 and 4.3): ML-DSA's, then Ed25519's or ECDSA's in DER."""
    lattice, traditional = private_halves(row, private_key_bytes)
    representative = message_representative(row, message, context)
    algorithm = [] if row.curve is None else [_ECDSA[row.curve]]
    second: bytes = traditional.sign(representative, *algorithm)
    return bytes(lattice.sign(representative, row.label)) + second


def verify(row: Row, public_key_bytes: bytes, message: bytes, context: bytes, signature: bytes) -> bool:
    """Return whether both halves of a signature are valid (section 3.3). A malformed key or half is not valid."""
    representative = message_representative(row, message, context)
    lattice, traditional = public_key_bytes[: row.public_key_size], public_key_bytes[row.public_key_size :]
    first, second = signature[: row.signature_size], signature[row.signature_size :]
    try:
        key: Any = getattr(mldsa, f"MLDSA{row.parameter_set}PublicKey").from_public_bytes(lattice)
        key.verify(first, representative, row.label)
        if row.curve is None:
            ed25519.Ed25519PublicKey.from_public_bytes(traditional).verify(second, representative)
        elif traditional[:1] != b"\x04":  # section 4: the point is uncompressed
            return False
        else:
            point = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[row.curve], traditional)
            point.verify(second, representative, _ECDSA[row.curve])
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key(row: Row, private_key_bytes: bytes) -> bytes:
    """Return the public key of a private key (section 4.1): ML-DSA's, then Ed25519's or an uncompressed point."""
    lattice, traditional = private_halves(row, private_key_bytes)
    first: bytes = lattice.public_key().public_bytes_raw()
    if row.curve is None:
        return first + bytes(traditional.public_key().public_bytes_raw())
    return first + bytes(traditional.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def generate(row: Row) -> bytes:
    """Return a new private key (sections 3.1 and 4.2): a seed, then Ed25519's or an ECPrivateKey (RFC 5915) in DER."""
    if row.curve is None:
        secret = secrets.token_bytes(32)
    else:
        number = ec.generate_private_key(CURVES[row.curve]).private_numbers().private_value
        secret = number.to_bytes(CURVES[row.curve].key_size // 8, "big")
    return private_key(row, secrets.token_bytes(_SEED), secret)


def private_key(row: Row, seed: bytes, secret: bytes) -> bytes:
    """Return the private key of an ML-DSA seed and an Ed25519 key or the number of an ECPrivateKey (section 4.2)."""
    before, after = _EC_PRIVATE_KEY[row.curve] if row.curve else (b"", b"")
    return seed + before + secret + after


def private_halves(row: Row, private_key_bytes: bytes) -> tuple[Any, Any]:
    """Return the two keys that a private key consists of, as keys of `cryptography`."""
    seed, rest = private_key_bytes[:_SEED], private_key_bytes[_SEED:]
    lattice = getattr(mldsa, f"MLDSA{row.parameter_set}PrivateKey").from_seed_bytes(seed)
    if row.curve is None:
        return lattice, ed25519.Ed25519PrivateKey.from_private_bytes(rest)
    curve, (before, after) = CURVES[row.curve], _EC_PRIVATE_KEY[row.curve]
    number = rest[len(before) : len(before) + curve.key_size // 8]
    if rest != before + number + after:
        raise ValueError("The second half is not the ECPrivateKey of section 4.")
    return lattice, ec.derive_private_key(int.from_bytes(number, "big"), curve)
