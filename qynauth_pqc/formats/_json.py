"""JSON as RFC 8259 defines it. Python reads NaN too, and of members of one name the last one."""

from __future__ import annotations

import json

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import NoReturn


def _unique_members(members: list[tuple[str, object]]) -> dict[str, object]:
    """Return the members of an object, whose names must be unique (RFC 8259, section 4; RFC 7517, section 4)."""
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("an object has two members of one name")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


decode = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_no_constant).decode
"""Returns what a text holds, or raises a ValueError or, if it is nested too deeply, a RecursionError."""
