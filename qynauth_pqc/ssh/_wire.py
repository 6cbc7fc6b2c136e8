"""The data types of SSH (RFC 4251, section 5): reading, with the rule and the position in each error, and writing."""

from __future__ import annotations

from qynauth_pqc.errors import FormatError

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import NoReturn


class Reader:
    """A reader of the fields of a value. A field of a memoryview is a memoryview, which copies no secret."""

    __slots__ = ("_data", "_what", "position")

    def __init__(self, data: bytes | memoryview, what: str, position: int = 0) -> None:
        self._data, self._what, self.position = data, what, position

    def refuse(self, rule: str, position: int | None = None) -> NoReturn:
        """Raise the error for a broken rule, by default at the current position."""
        raise FormatError.at(self._what, rule, self.position if position is None else position)

    def fixed(self, size: int, name: str) -> bytes | memoryview:
        end = self.position + size
        if end > len(self._data):
            self.refuse(f"{name} of {size} bytes goes beyond the end")
        field = self._data[self.position : end]
        self.position = end
        return field

    def number(self, size: int, name: str) -> int:
        """Return a byte, a uint32 or a uint64, by its size in bytes."""
        return int.from_bytes(self.fixed(size, name), "big")

    def string(self, name: str) -> bytes | memoryview:
        """Return the contents of a string."""
        start = self.position + 4
        end = start + int.from_bytes(self._data[self.position : start], "big")
        if end > len(self._data):
            self.refuse(f"{name} goes beyond the end")
        self.position = end
        return self._data[start:end]

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        """Return a string that holds UTF-8 without control characters, and is not empty."""
        start = self.position
        try:
            text = str(self.string(name), "utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if not text.isprintable() or not (text or may_be_empty):
            self.refuse(f"{name} must be printable UTF-8{'' if may_be_empty else ' and not empty'}", start)
        return text

    def mpint(self, name: str) -> int:
        """Return an mpint, which must be positive and canonical."""
        start = self.position
        data = self.string(name)
        if not data or data[0] >= 0x80 or (data[0] == 0 and (len(data) == 1 or data[1] < 0x80)):  # noqa: PLR2004
            self.refuse(f"{name} must be a positive mpint without needless zeros", start)
        return int.from_bytes(data, "big")

    def rest(self) -> bytes | memoryview:
        return self.fixed(len(self._data) - self.position, "rest")

    def is_done(self) -> bool:
        return self.position == len(self._data)

    def end(self) -> None:
        """Refuse trailing data."""
        if not self.is_done():
            self.refuse(f"{len(self._data) - self.position} bytes of trailing data")


def string(data: bytes | memoryview) -> bytes:
    """Return the encoding of a string."""
    return len(data).to_bytes(4, "big") + data
