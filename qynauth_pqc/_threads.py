"""How many threads a batch may ask for."""

from __future__ import annotations

from qynauth_pqc.errors import UnsupportedError

_MOST_THREADS = 256


def thread_count(threads: int | None) -> int:
    """Return a number of threads as the C interface takes it.

    Raises:
        UnsupportedError: it is not 1 to 256.
        TypeError: it is no number.
    """
    if threads is None:
        return 0
    if not isinstance(threads, int):
        msg = f"threads must be a number, not {type(threads).__name__}"
        raise TypeError(msg)
    if not 1 <= threads <= _MOST_THREADS:
        msg = f"threads must be 1 to {_MOST_THREADS}, not {threads}"
        raise UnsupportedError(msg)
    return threads
