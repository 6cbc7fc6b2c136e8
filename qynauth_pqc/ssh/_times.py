"""Times in the files and options of OpenSSH and in errors, with conversion to Unix seconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_LENGTHS = (8, 12, 14)
_FIRST, LAST = -62135596800, 253402300799
"""The first and the last second of `datetime` in UTC. Offsets from UTC lead to others."""


def parse_time(text: str) -> int | None:
    """Return the time YYYYMMDD[HHMM[SS]][Z], in UTC with the Z, otherwise in local time; None for other texts."""
    zone = next((each for each in ("Z", "UTC") if text.upper().endswith(each)), "")
    digits = text[: len(text) - len(zone)]
    if len(digits) not in _LENGTHS or not digits.isascii() or not digits.isdigit():
        return None
    fields = [int(digits[:4]), *(int(digits[start : start + 2]) for start in range(4, len(digits), 2))]
    try:
        naive = datetime(*fields)  # type: ignore[arg-type]  # noqa: DTZ001 - its zone is below
        # As ssh-keygen, also for an hour that the clock skips.
        seconds = int(naive.replace(tzinfo=UTC).timestamp() if zone else time.mktime(naive.timetuple()))
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def seconds_of(when: datetime | None) -> int:
    """Return a time in seconds; None is now."""
    if when is None:
        return int(time.time())
    if not isinstance(when, datetime):
        raise TypeError(f"when must be datetime or None, not {type(when).__name__}")
    if when.tzinfo is None:
        raise TypeError("when must have a time zone")
    return int(when.timestamp())


def shown(seconds: int) -> str:
    """Return a time in the form for errors."""
    return f"{datetime.fromtimestamp(min(max(seconds, _FIRST), LAST), UTC):%Y-%m-%dT%H:%M:%SZ}"
