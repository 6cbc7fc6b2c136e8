"""Patterns of OpenSSH (ssh_config, PATTERNS), in a time bounded by the product of their sizes."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable


def matches(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern, where * stands for any characters and ? for one."""
    place = start = 0
    star = -1
    for_star = 0
    while place < len(text):
        if start < len(pattern) and pattern[start] == "*":
            star, for_star = start, place
            start += 1
        elif start < len(pattern) and pattern[start] in ("?", text[place]):
            start, place = start + 1, place + 1
        elif star >= 0:
            for_star += 1
            start, place = star + 1, for_star
        else:
            return False
    return not pattern[start:].strip("*")


def matches_list(text: str, patterns: Iterable[str]) -> bool:
    """Return whether a text matches one of these patterns, and no pattern that begins with an exclamation mark."""
    found = False
    for pattern in patterns:
        if matches(text, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            found = True
    return found
