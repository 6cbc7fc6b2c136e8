"""The settings of the process: the code path of keys made from now on, and whether operations are timed."""

from __future__ import annotations

from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._keys import path_flag
from qynauth_pqc.errors import status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import TypedDict

    class Optimizations(TypedDict):
        """The settings of the process."""

        code_path: str
        timing: bool


__all__ = ["enable_optimizations", "optimizations"]


def enable_optimizations(
    code_path: str | None = None, *, timing: bool | None = None, warm_up: bool = False
) -> Optimizations:
    """Change the settings of the process, and say what they are then.

    From the start, keys take the best code path that the processor has, and operations are timed. Keys keep the path
    that they were made with, and a key that is asked to take another takes that.

    Args:
        code_path: the instructions that keys made from now on use: "best", "avx2", "neon" or "portable"; None leaves
            it as it is.
        timing: whether operations are timed; None leaves it as it is. They are counted in any case.
        warm_up: run every operation once now, so that the first one of a user does not wait for code to be loaded.

    Returns:
        The settings, as `optimizations` returns them.

    Raises:
        UnsupportedError: the code path is unknown, or the processor lacks it. Nothing was changed.

    >>> from qynauth_pqc import enable_optimizations
    >>> enable_optimizations("portable", timing=False)
    {'code_path': 'portable', 'timing': False}
    >>> enable_optimizations("best", timing=True, warm_up=True)["timing"]
    True
    """
    flags = path_flag(code_path) if code_path is not None else 0
    if timing is not None:
        flags |= lib.PQC_OPTIMIZE_TIMING_ON if timing else lib.PQC_OPTIMIZE_TIMING_OFF
    if warm_up:
        flags |= lib.PQC_OPTIMIZE_WARM_UP
    status = lib.ffi_enable_optimizations(flags)
    if status:
        raise status_error(status)
    return optimizations()


def optimizations() -> Optimizations:
    """Return the settings of the process: the code path by its name, and whether operations are timed."""
    timing = bool(lib.ffi_get_optimizations() & lib.PQC_OPTIMIZE_TIMING_ON)
    return {"code_path": code_path(), "timing": timing}


def code_path() -> str:
    """Return the code path of keys made now: "avx2" or "portable"."""
    return ffi.string(lib.ffi_code_path()).decode("ascii")  # type: ignore[no-any-return]
