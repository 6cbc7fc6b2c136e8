"""Reading TOML at a bounded cost."""

from __future__ import annotations

import re
import tomllib

# The time of tomllib grows with the square of the number of names in a dotted key, and on some Pythons with the square
# of the digits of a number. A policy needs neither. Strings and comments are removed first, also unterminated ones,
# which tomllib reports.
_TEXTS = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+(?:"{3,5})?'
    r"|'''(?:[^']|'{1,2}(?!'))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_COSTLY = re.compile(r"(?:\.[^\n.,=\]}]*+){4}|[0-9_]{100}")


def parse(text: str) -> dict[str, object]:
    """Return the values in TOML.

    Raises:
        ValueError: it is not TOML, is nested too deep, or has keys or numbers that are too costly.
    """
    if _COSTLY.search(_TEXTS.sub("", text)):
        raise ValueError("expected keys with fewer than 4 dots, and numbers with fewer than 100 digits")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
