"""Messages in BER for tests: the same message with other lengths, segments and orders, and damage to them."""

from __future__ import annotations

from random import Random
from typing import TypeAlias

Element: TypeAlias = "bytes | tuple[int, bytes | list[Element]]"
"""An element that keeps its bytes, or a tag with contents or elements inside."""

_OCTET_STRING = 0x04
_KEPT = {(0x30, 0xA0, 0x30, 0xA0), (0x30, 0xA0, 0x30, 0x31, 0x30, 0xA0)}
"""The tags around certificates and signed attributes, which are DER in BER too."""


def read(data: bytes, path: tuple[int, ...] = ()) -> list[Element]:
    """Return the elements of contents in DER. The path has the tags around them."""
    found: list[Element] = []
    at = 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start])
        inside = data[start : start + length]
        if path in _KEPT:
            found.append(data[at : start + length])
        else:
            found.append((tag, read(inside, (*path, tag)) if tag & 0x20 else inside))
        at = start + length
    return found


class Writer:
    """Writes elements in BER by chance; with damage, some of them in no encoding."""

    def __init__(self, seed: int, damage: float = 0) -> None:
        """Take the seed, and how probable damage is for each element."""
        self._random, self._damage = Random(seed), damage  # noqa: S311 - a test must be the same each time

    def write(self, element: Element) -> bytes:
        """Return an element with everything inside."""
        if isinstance(element, bytes):
            start = 2 + (element[1] & 0x7F if element[1] & 0x80 else 0)
            return b"\x30\x80" + element[start:] + b"\0\0" if self._is_damaged() else element
        tag, inside = element
        if isinstance(inside, list):
            written = [self.write(each) for each in inside]
            if self._is_damaged():
                written.insert(self._random.randrange(len(written) + 1), b"\0\0")
            if tag == 0x31 and self._random.random() < 0.5:
                self._random.shuffle(written)
            return self._constructed(tag, b"".join(written))
        if tag == _OCTET_STRING and self._random.random() < 0.5:
            return self._segments(inside, 1)
        if self._is_damaged():
            return self._random.choice([bytes([tag, 0x80]) + inside + b"\0\0", bytes([tag | 0x20, 0x80]) + inside])
        return bytes([tag]) + self._length(len(inside)) + inside

    def _is_damaged(self) -> bool:
        return self._random.random() < self._damage

    def _length(self, length: int) -> bytes:
        if length < 0x80 and self._random.random() < 0.7:
            return bytes([length])
        count = self._random.randint(max(1, (length.bit_length() + 7) // 8), 4) + self._is_damaged()
        return bytes([0x80 | count]) + length.to_bytes(count)

    def _constructed(self, tag: int, inside: bytes) -> bytes:
        if self._random.random() < 0.5:
            return bytes([tag, 0x80]) + inside + (b"" if self._is_damaged() else b"\0\0")
        return bytes([tag]) + self._length(len(inside)) + inside

    def _segments(self, contents: bytes, depth: int) -> bytes:
        """Return an octet string in up to four segments, empty ones too, which may have segments themselves."""
        cuts = sorted(self._random.choices(range(len(contents) + 1), k=self._random.randrange(4)))
        written = b""
        for start, end in zip([0, *cuts], [*cuts, len(contents)], strict=True):
            if depth < 3 and self._random.random() < 0.3:
                written += self._segments(contents[start:end], depth + 1)
            else:
                tag = self._random.choice([0x03, 0x0C, 0x80]) if self._is_damaged() else _OCTET_STRING
                written += bytes([tag]) + self._length(end - start) + contents[start:end]
        return self._constructed(_OCTET_STRING | 0x20, written)


def in_ber(message: bytes, seed: int, damage: float = 0) -> bytes:
    """Return a message in DER in another form."""
    [element] = read(message)
    return Writer(seed, damage).write(element)
