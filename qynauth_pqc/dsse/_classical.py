"""Classical keys by `cryptography`: Ed25519 (RFC 8032), and ECDSA in DER with the hash function of its curve."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.extend import check_ed25519_public

if TYPE_CHECKING:
    from typing import TypeAlias

    ClassicalKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

_CURVES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("ECDSA-P256", hashes.SHA256()),
    "secp384r1": ("ECDSA-P384", hashes.SHA384()),
    "secp521r1": ("ECDSA-P521", hashes.SHA512()),
}
_checked = lru_cache(64)(check_ed25519_public)


def identity(key: object) -> tuple[str, bytes] | None:
    """Return the algorithm of a classical key and its encoding, or None for another object.

    Raises:
        UnsupportedError: it is a key of RSA, since nothing names the padding, or a key on another curve.
        InvalidKeyError: it is a key of Ed25519 for which anyone can sign.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", _checked(key.public_bytes_raw())
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            raise UnsupportedError(f"ECDSA on {key.curve.name} is not supported: expected {', '.join(_CURVES)}")
        return _CURVES[key.curve.name][0], key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        raise UnsupportedError("RSA is not supported, since an envelope does not say which padding it signed with")
    return None


def is_valid(key: ClassicalKey, message: bytes, signature: bytes) -> bool:
    """Return whether a signature is valid."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ec.ECDSA(_CURVES[key.curve.name][1]))
    except InvalidSignature:
        return False
    return True
