"""Strict JSON (RFC 8259). Python's json accepts NaN too, and keeps the last of several members with one name."""

from __future__ import annotations

import json
import re
from itertools import accumulate

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any, NoReturn

MOST_LEVELS = 100
"""How deep a text may be nested. How deep CPython itself goes depends on its version and on the stack."""

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?')  # also one without an end, in linear time
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(set(range(256)) - _STEPS.keys())


def _unique_members(members: list[tuple[str, object]]) -> dict[str, object]:
    """Return the members of an object; their names must be unique (RFC 8259, section 4; RFC 7517, section 4)."""
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("an object has two members with the same name")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_decode = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_no_constant).decode


def _check_levels(text: str) -> None:
    """Raise a RecursionError if a text is nested too deeply."""
    brackets = _STRING.sub("", text).encode("ascii", "replace").translate(None, _OTHERS)
    if any(level > MOST_LEVELS for level in accumulate(map(_STEPS.__getitem__, brackets))):
        raise RecursionError


def decode(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is not JSON, has NaN or Infinity, or an object has two members with the same name. Python's error
            holds the text: drop it if that may be a secret.
        RecursionError: it is nested deeper than 100 levels.
    """
    if text.count("[") + text.count("{") > MOST_LEVELS:
        _check_levels(text)
    return _decode(text)
