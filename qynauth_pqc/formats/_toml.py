"""Reading TOML, with a bound on what that costs."""

from __future__ import annotations

import re
import tomllib

# tomllib takes time in proportion to the square of the names in a dotted key, and some Pythons to that of the digits of
# a number, and a policy has no use for either. Strings and comments are left out first, also those without an end: an
# error of theirs is for tomllib to report.
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
    """Return what TOML holds.

    Raises:
        ValueError: it is not TOML, is nested too deep, or has keys or numbers that are too costly.
    """
    if _COSTLY.search(_TEXTS.sub("", text)):
        raise ValueError("expected keys with fewer than 4 dots, and numbers with fewer than 100 digits")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
