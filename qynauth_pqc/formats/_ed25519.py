"""Checks of public keys of Ed25519: the composites refuse the same keys (RFC 8032, section 5.1.3)."""

from __future__ import annotations

from qynauth_pqc.errors import InvalidKeyError

_PUBLIC_BYTES = 32
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_EIGHT = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
_LOW_ORDER = frozenset((0, 1, _P - 1, _EIGHT, _P - _EIGHT))
"""The y coordinates of the eight points of an order that divides 8."""


def check_public(encoded: bytes) -> bytes:
    """Return a public key, unless it is not a point, not canonical, or of low order.

    Under a key of low order, anyone can make signatures that are valid for any message.

    Raises:
        InvalidKeyError: the key is refused, or does not have 32 bytes.
    """
    if len(encoded) != _PUBLIC_BYTES:
        raise InvalidKeyError(f"public key of Ed25519 must have {_PUBLIC_BYTES} bytes, got {len(encoded)}")
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    if y >= _P or y in _LOW_ORDER:  # x is 0 only in two of these, so a zero with the sign bit is refused too
        raise InvalidKeyError("public key of Ed25519 is of low order, or its encoding is not canonical")
    # x^2 = (y^2 - 1) / (d y^2 + 1) has a root if it is a square by Euler's criterion.
    if pow((y * y - 1) * (_D * y * y + 1), (_P - 1) // 2, _P) != 1:
        raise InvalidKeyError("public key of Ed25519 is not a point of its curve")
    return encoded
