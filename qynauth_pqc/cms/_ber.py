"""Messages in BER (RFC 5652, 2), as Bouncy Castle and `openssl cms -stream` write them, turned into DER in one pass.

`cryptography` reads DER alone, and no package that this one needs reads BER. So this pass changes the form of elements
(X.690, 8 and 10): their lengths, the segments of an octet string, and the order of a set. Their meaning is left to the
decoder of `cryptography`, which reads the result. Certificates and signed attributes keep their bytes, which signatures
cover, and must be DER (RFC 5652, 5.3): OpenSSL verifies those bytes too, and encodes no attribute again.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_LEVELS = 32
"""The most elements inside each other."""

_ELEMENTS, _BYTES_OF_ANOTHER = 1 << 14, 512
"""The most elements, and the bytes for which there may be one more: Bouncy Castle writes segments of 1,000."""

_LENGTH_BYTES = 4
"""The most bytes of a long length. Bouncy Castle takes no more either."""

_OCTET_STRING, _SEGMENTS, _SEQUENCE, _SET = 0x04, 0x24, 0x30, 0x31
_TAGGED_0, _TAGGED_1 = 0xA0, 0xA1
_CONSTRUCTED, _NUMBER, _CLASS = 0x20, 0x1F, 0xC0
_INDEFINITE = 0x80


class _Form(Enum):
    """The form in which an element is written."""

    DER = auto()
    DEFINITE = auto()
    """It keeps its bytes, and an indefinite length becomes definite: for values that no signer's signature covers."""
    KEPT = auto()
    """It keeps its bytes, and must have a definite length."""


class _Shape(NamedTuple):
    """An element: its form, elements inside by their tags, all others inside, and whether it is a SET with a tag."""

    form: _Form = _Form.DER
    inside: Mapping[int, _Shape] = {}
    others: _Shape | None = None
    is_set: bool = False


_ATTRIBUTES = _Shape(others=_Shape(_Form.KEPT))
_CERTIFICATES = _Shape(others=_Shape(_Form.KEPT), is_set=True)
_UNSIGNED = _Shape(others=_Shape(inside={_SET: _Shape(others=_Shape(_Form.DEFINITE))}), is_set=True)
_SIGNER = _Shape(inside={_TAGGED_0: _ATTRIBUTES, _TAGGED_1: _UNSIGNED})
_SIGNED_DATA = _Shape(inside={_TAGGED_0: _CERTIFICATES, _TAGGED_1: _CERTIFICATES, _SET: _Shape(others=_SIGNER)})
_CONTENT_INFO = _Shape(inside={_TAGGED_0: _Shape(inside={_SEQUENCE: _SIGNED_DATA})})


def to_der(message: bytes) -> bytes:
    """Return a message in DER, in time and memory that grow linearly with it.

    Raises:
        FormatError: it is not BER, or has more than 32 levels, or too many elements for its size.
    """
    return _Pass(message).result()


def _tlv(tag: int, contents: bytes | bytearray) -> bytes:
    """Return an element with a minimal length."""
    length = len(contents)
    if length < _INDEFINITE:
        return bytes([tag, length]) + contents
    counted = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, _INDEFINITE | len(counted)]) + counted + contents


class _Pass:
    """One pass over a message."""

    __slots__ = ("_at", "_data", "_left")

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._left = data, 0, _ELEMENTS + len(data) // _BYTES_OF_ANOTHER

    def result(self) -> bytes:
        found = self._element(len(self._data), _CONTENT_INFO, 1)
        if self._at != len(self._data):
            raise self._error("trailing data")
        return found

    def _error(self, rule: str) -> FormatError:
        return FormatError.at("BER", rule, self._at)

    def _header(self, end: int, level: int) -> tuple[int, int | None]:
        """Read a tag and a length, and return the tag and the end of the contents; None if the length is indefinite."""
        self._left -= 1
        if self._left < 0:
            raise self._error(f"expected at most {_ELEMENTS} elements, and one more for each {_BYTES_OF_ANOTHER} bytes")
        if level > _MOST_LEVELS:
            raise self._error(f"expected at most {_MOST_LEVELS} levels")
        tag, length = self._bytes(2, end)
        if tag == 0 or tag & _NUMBER == _NUMBER:
            raise self._error("expected an element with a tag number up to 30")
        if length == _INDEFINITE:
            if not tag & _CONSTRUCTED:
                raise self._error("the length of a primitive element is indefinite")
            return tag, None
        if length > _INDEFINITE:
            if (count := length - _INDEFINITE) > _LENGTH_BYTES:
                raise self._error(f"expected a length of at most {_LENGTH_BYTES} bytes, found {count}")
            length = int.from_bytes(self._bytes(count, end))
        if length > end - self._at:
            raise self._error(f"expected {length} bytes, found {end - self._at}")
        return tag, self._at + length

    def _bytes(self, count: int, end: int) -> bytes:
        """Read so many bytes before the end."""
        if count > end - self._at:
            raise self._error(f"expected {count} bytes, found {end - self._at}")
        self._at += count
        return self._data[self._at - count : self._at]

    def _limits(self, stop: int | None, end: int) -> Iterator[int]:
        """Return, for each element up to `stop` or to the end-of-contents, where it must end at the latest."""
        while self._at != stop:
            if stop is None and self._data.startswith(b"\0\0", self._at, end):
                self._at += 2
                return
            yield end if stop is None else stop

    def _element(self, end: int, shape: _Shape, level: int) -> bytes:
        """Read an element, and return it in its form."""
        start = self._at
        tag, stop = self._header(end, level)
        if shape.form is not _Form.DER and stop is not None:
            self._at = stop
            return self._data[start:stop]
        if shape.form is _Form.KEPT:
            raise self._error("the length of a certificate or a signed attribute is indefinite: expected DER")
        if not tag & _CONSTRUCTED:
            return _tlv(tag, self._bytes(stop - self._at, end))  # type: ignore[operator]  # it is definite
        if shape.form is _Form.DER and not tag & _CLASS and tag not in {_SEQUENCE, _SET}:
            return _tlv(_OCTET_STRING, self._string(tag, stop, end, level, bytearray()))
        others = shape.others or _Shape(shape.form)
        inside = [
            self._element(limit, shape.inside.get(self._data[self._at] if self._at < limit else 0, others), level + 1)
            for limit in self._limits(stop, end)
        ]
        if shape.form is _Form.DER and (tag == _SET or shape.is_set):
            inside.sort()
        return _tlv(tag, b"".join(inside))

    def _string(self, tag: int, stop: int | None, end: int, level: int, found: bytearray) -> bytearray:
        """Read the contents of an octet string, with the segments of segments, and add its bytes to those found."""
        if tag == _OCTET_STRING:
            found += self._bytes(stop - self._at, end)  # type: ignore[operator]  # it is definite
        elif tag == _SEGMENTS:
            for limit in self._limits(stop, end):
                inner_tag, inner_stop = self._header(limit, level + 1)
                self._string(inner_tag, inner_stop, limit, level + 1, found)
        else:
            raise self._error("expected an octet string")
        return found
