"""Strict JSON (RFC 8259). Python's json accepts NaN too, and keeps the last of several members with one name."""

from __future__ import annotations

import json

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import NoReturn


def _unique_members(members: list[tuple[str, object]]) -> dict[str, object]:
    """Return the members of an object; their names must be unique (RFC 8259, section 4; RFC 7517, section 4)."""
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("an object has two members of one name")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


decode = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_no_constant).decode
"""Return the value of a text, or raise a ValueError or, if it is nested too deeply, a RecursionError."""
