"""The fields of a token algorithm, for the modules of its keys."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Mode(StrEnum):
    """The protection of a token against forgery: a classical, hybrid or post-quantum signature."""

    CLASSICAL = "classical"
    HYBRID = "hybrid"
    POST_QUANTUM = "post-quantum"


class Row(NamedTuple):
    """See `Algorithm`."""

    name: str
    mode: Mode
    key_type: str = "AKP"
    curve: str | None = None
    experimental: str | None = None
