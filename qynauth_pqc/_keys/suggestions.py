"""The name that a caller may have meant, for the error about an unknown one."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 40

_PREDECESSORS = {
    r"(?:CRYSTALS)?KYBER(512|768|1024|)(?:90S)?": "ML-KEM-{}",
    r"(?:CRYSTALS)?DILITHIUM([235]?)(?:AES|R)?": "ML-DSA-{}",
    r"SPHINCS(?:PLUS)?((?:SHA2|SHAKE)(?:128|192|256)[SF]|)(?:SIMPLE|ROBUST)?": "SLH-DSA-{}",
    r"SPHINCS(?:PLUS)?HARAKA(?:128|192|256)?[SF]?(?:SIMPLE|ROBUST)?()": "SLH-DSA-{}",
}
"""The letters and digits of the names of the drafts, and the names of the standards."""

_LEVELS = {"2": "44", "3": "65", "5": "87"}


def letters(name: str) -> str:
    """Return the letters and digits of a name, in upper case."""
    return "".join(filter(str.isalnum, name)).upper()


def suggestion(wanted: str, names: Iterable[str]) -> str:
    """Return what to use in place of an unknown name, or an empty text if no name is similar: the text may be a key.

    A name that differs only in signs and letter case is the only suggestion. Otherwise, the two nearest are.
    """
    if len(wanted) > _LONGEST:
        return ""
    if successor := _successor(wanted):
        return f"it is now {successor}, and old keys do not carry over"
    from difflib import get_close_matches  # few programs need it

    by_upper = {name.upper(): name for name in names}
    same = [name for name in by_upper if letters(name) == letters(wanted)]
    near = [by_upper[each] for each in same or get_close_matches(wanted.upper(), by_upper, 2)]
    return f"did you mean {' or '.join(near)}" if near else ""


def _successor(wanted: str) -> str:
    """Return the standard's name for the name of a draft, or an empty text for another name."""
    import re  # few programs need it

    for pattern, name in _PREDECESSORS.items():
        if found := re.fullmatch(pattern, letters(wanted)):
            digits = _LEVELS.get(found[1], found[1])
            digits = re.sub(r"^(SHA2|SHAKE)(\d+)(.)$", lambda part: f"{part[1]}-{part[2]}{part[3].lower()}", digits)
            return name.format(digits).removesuffix("-")
    return ""
