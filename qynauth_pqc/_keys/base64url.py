"""Base64url without padding (RFC 7515, section 2), in its one form. The module `base64` would import more."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

# The last character holds bits that stand for nothing, which must be zero (RFC 4648, section 3.5).
_ENDINGS = {0: (b"", None), 2: (b"==", frozenset(b"AQgw")), 3: (b"=", frozenset(b"AEIMQUYcgkosw048"))}


def from_base64url(text: bytes) -> bytes:
    """Return the bytes that a text stands for. Raises a ValueError."""
    if len(text) % 4 == 1 or b"+" in text or b"/" in text or b"=" in text:
        raise ValueError
    padding, endings = _ENDINGS[len(text) % 4]
    if endings is not None and text[-1] not in endings:
        raise ValueError
    return a2b_base64(text.replace(b"-", b"+").replace(b"_", b"/") + padding, strict_mode=True)


def to_base64url(data: bytes | memoryview) -> str:
    """Return the text that stands for bytes."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_URL_SAFE).decode("ascii")
