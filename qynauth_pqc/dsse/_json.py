"""JSON and base64 in envelopes and statements: each error names the rule and the place."""

from __future__ import annotations

from binascii import b2a_base64
from json import JSONDecodeError

from qynauth_pqc.errors import FormatError
from qynauth_pqc.extend import decode_json

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

LONGEST = 1 << 24
"""The longest text that is read, in bytes."""

_KINDS: dict[type, str] = {str: "a string", list: "an array", dict: "an object"}


def read_object(data: bytes, what: str) -> dict[str, object]:
    """Return the members of the object in a text in UTF-8."""
    if len(data) > LONGEST:
        raise FormatError.at(what, f"text is longer than {LONGEST} bytes", f"byte {LONGEST}")
    text, place = "", 0
    try:
        text = str(data, "utf-8")
        found = decode_json(text)
    except UnicodeDecodeError as error:
        rule, place = "expected UTF-8", error.start
    except JSONDecodeError as error:
        rule = "trailing data" if error.msg == "Extra data" else "expected JSON"
        place = len(text[: error.pos].encode())
    except ValueError as error:
        rule = "an integer has too many digits" if "digits" in str(error) else str(error)
    except RecursionError:
        rule = "nested too deeply"
    else:
        return of_type(found, dict, what, "byte 0")
    raise FormatError.at(what, rule, f"byte {place}")


def member(members: dict[str, object], name: str, kind: type[T], what: str, where: str = "") -> T:
    """Return a required member of the object at a place in the text, which ends with a dot."""
    return of_type(members.get(name), kind, what, where + name)


def of_type(value: object, kind: type[T], what: str, where: str) -> T:
    if type(value) is kind:
        return value
    raise FormatError.at(what, f"expected {_KINDS[kind]}", where)


def to_base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")
