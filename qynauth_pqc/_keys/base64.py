"""Canonical base64, by the rules of each format. The module `base64` would import more, and accepts more."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

_URL_SAFE, _STANDARD = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


def from_base64(text: bytes, *, url_safe: bool | None = False, padded: bool = True) -> bytes:
    """Return the bytes that a text stands for.

    Args:
        text: the characters, without spaces and line ends.
        url_safe: the alphabet: False for the standard one (RFC 4648, section 4), as OpenSSH has it; True for the
            URL-safe one (section 5), as JOSE has it; None for either, but not both in a text, as DSSE allows.
        padded: whether the text has its padding, or none.

    Raises:
        ValueError: it is no such text, or the unused bits of its last character are not zero (section 3.5). The message
            is the rule.
    """
    standard, other = b"+" in text or b"/" in text, b"-" in text or b"_" in text
    if standard and other and url_safe is None:
        raise ValueError("base64 mixes two alphabets")
    if (standard and url_safe) or (other and url_safe is False) or (not padded and b"=" in text):
        raise ValueError("expected base64")
    digits = text.translate(_STANDARD) if other else text
    if not padded:
        digits += b"=" * (-len(text) % 4)
    try:
        data = a2b_base64(digits, strict_mode=True)
    except ValueError:
        raise ValueError("expected base64") from None
    # Python checks neither the unused bits of the last character nor padding after a whole group.
    if b2a_base64(data[-(len(data) % 3 or 3) :], newline=False) != digits[-4:]:
        raise ValueError("base64 is not canonical")
    return data


def from_base64url(text: bytes) -> bytes:
    """Return the bytes that base64url without padding stands for (RFC 7515, section 2). Raises a ValueError."""
    return from_base64(text, url_safe=True, padded=False)


def to_base64url(data: bytes | memoryview) -> str:
    """Return bytes in base64url without padding (RFC 7515, section 2)."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_URL_SAFE).decode("ascii")
