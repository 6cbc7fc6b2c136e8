"""Base64 between a header and a footer, as in signatures and private keys of OpenSSH.

A secret is decoded and encoded in memory that can be wiped: binascii returns bytes, which Python never wipes.
"""

from __future__ import annotations

from binascii import b2a_base64

from qynauth_pqc import extend
from qynauth_pqc.errors import FormatError
from qynauth_pqc.extend import join_secret, wipe

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc import SecretBytes

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_DIGIT = 0xFF
_VALUES = bytes(_ALPHABET.find(each) & _NO_DIGIT for each in range(256))
_LINE = 70  # characters of a line, as ssh-keygen writes


def from_base64(text: bytes, what: str, position: int = 0) -> bytes:
    """Return the bytes of base64, which must be canonical, with its padding and without line ends."""
    try:
        return extend.from_base64(text)
    except ValueError as error:
        rule = str(error)
    raise FormatError.at(what, rule, position if rule == "expected base64" else position + len(text) - 4)


class LastSignature:
    """The beginning of the last signature of a key: another signature that begins with it has the same fields.

    Comparing the beginning is faster than decoding its base64 in each.

    Attributes:
        head: the bytes before the signature itself.
        size: the size of all its bytes.
        fields: its namespace, hash function and algorithm.
        data: the bytes of the head, up to the end of its last whole group of base64.
        text: these bytes in base64.
    """

    __slots__ = ("data", "fields", "head", "size", "text")

    def __init__(self, data: bytes, raw_size: int, fields: tuple[str, str, str]) -> None:
        self.head, self.size, self.fields = data[: len(data) - raw_size], len(data), fields
        self.data = self.head[: len(self.head) // 3 * 3]
        self.text = b2a_base64(self.data, newline=False)


def dearmor(text: bytes, label: str, known: LastSignature | None = None) -> bytes:
    """Return the bytes between the header and the footer of a text, which probably begin as another signature did."""
    start, end = _body(text, label)
    body = text[start:end].replace(b"\n", b"")
    if b"\r" in text:
        body = body.replace(b"\r", b"")
    if known is not None and body.startswith(known.text):
        return known.data + from_base64(body[len(known.text) :], label, start)
    return from_base64(body, label, start)


def dearmor_secret(text: bytearray, label: str) -> bytearray:
    """Return the result of `dearmor`, in memory for the caller to wipe."""
    start, end = _body(text, label)
    body = text[start:end]
    digits = body.translate(None, b"\r\n")
    values = digits.translate(_VALUES)
    try:
        padding = 2 if digits[-2:] == b"==" else int(digits[-1:] == b"=")
        count = len(digits) - padding
        if len(digits) % 4 or not count or values.find(_NO_DIGIT, 0, count) >= 0:
            raise FormatError.at(label, "expected base64", start)
        values[count:] = bytes(padding)
        data = bytearray(len(values) // 4 * 3)
        for group in range(len(values) // 4):
            # Each is below 256, so that Python makes no new int from a secret.
            first, second, third, fourth = values[4 * group : 4 * group + 4]
            data[3 * group] = first << 2 | second >> 4
            data[3 * group + 1] = (second & 15) << 4 | third >> 2
            data[3 * group + 2] = (third & 3) << 6 | fourth
        if padding:
            if any(data[-padding:]):
                wipe(data)
                raise FormatError.at(label, "base64 is not canonical", end - 4)
            del data[-padding:]
        return data
    finally:
        wipe(body, digits, values)


def _body(text: bytes | bytearray, label: str) -> tuple[int, int]:
    """Return the start and the end of the lines between header and footer."""
    header, footer = f"-----BEGIN {label}-----".encode(), f"\n-----END {label}-----".encode()
    if not text.startswith(header):
        raise FormatError.at(label, f"expected the header {header.decode()}", 0)
    if not text.startswith((b"\n", b"\r\n"), len(header)):
        raise FormatError.at(label, "expected the end of the line of the header", len(header))
    start, end = text.index(b"\n", len(header)) + 1, text.find(footer, len(header))
    if end < start:
        raise FormatError.at(label, f"expected base64 and the footer {footer.decode().strip()}", start)
    after = end + len(footer)
    if text[after:] not in (b"", b"\n", b"\r\n"):
        raise FormatError.at(label, "trailing data", after)
    if b"\r" in text and text.count(b"\r", start, end + 1) != text.count(b"\r\n", start, end + 1):
        raise FormatError.at(label, "expected lines of base64", start)
    return start, end


def armor(data: bytes, label: str) -> bytes:
    """Return data between header and footer, as ssh-keygen writes it."""
    text = b2a_base64(data, newline=False)
    lines = (text[start : start + _LINE] + b"\n" for start in range(0, len(text), _LINE))
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), b"".join(lines), label.encode())


def armor_secret(data: bytearray | memoryview, label: str) -> SecretBytes:
    """Return the result of `armor`."""
    padding = -len(data) % 3
    digits = bytearray((len(data) + padding) // 3 * 4)
    for group in range(len(digits) // 4):
        first, second, third = (data[place] if place < len(data) else 0 for place in range(3 * group, 3 * group + 3))
        digits[4 * group] = _ALPHABET[first >> 2]
        digits[4 * group + 1] = _ALPHABET[(first & 3) << 4 | second >> 4]
        digits[4 * group + 2] = _ALPHABET[(second & 15) << 2 | third >> 6]
        digits[4 * group + 3] = _ALPHABET[third & 63]
    if padding:
        digits[-padding:] = b"=" * padding
    head, foot = f"-----BEGIN {label}-----\n".encode(), f"-----END {label}-----\n".encode()
    view = memoryview(digits)
    lines = [each for start in range(0, len(digits), _LINE) for each in (view[start : start + _LINE], b"\n")]
    try:
        return join_secret(head, *lines, foot)
    finally:
        wipe(digits)
