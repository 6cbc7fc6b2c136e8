"""The settings of the process: the code path of keys made from now on, and whether operations are timed."""

from __future__ import annotations

from qynauth_pqc._keys.options import CODE_PATHS, number_of
from qynauth_pqc.errors import expect
from qynauth_pqc.native import check, engine, ffi, lib

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import TypedDict

    class Optimizations(TypedDict):
        """The settings of the process, and the engine of this build."""

        code_path: str
        engine: str
        timing: bool


__all__ = ["enable_optimizations", "optimizations"]


def enable_optimizations(
    code_path: str | None = None, *, timing: bool | None = None, warm_up: bool = False
) -> Optimizations:
    """Change the settings of the process, and return them.

    At first, keys take the best code path of this processor, and operations are timed. Keys keep the options that they
    were made with, and the options of a key override the settings of the process.

    Args:
        code_path: the instructions that keys made from now on use: "best", "avx512", "avx2", "neon-sha3", "neon" or
            "portable"; None leaves it as it is.
        timing: whether operations are timed; None leaves it as it is. They are always counted.
        warm_up: run every operation once now, except for SLH-DSA, which takes too long, so that the first call of a
            user does not wait for code to be loaded.

    Returns:
        The settings, as `optimizations` returns them.

    Raises:
        UnsupportedError: the code path is unknown, or the processor lacks it. Nothing was changed.

    >>> from qynauth_pqc import enable_optimizations
    >>> enable_optimizations("portable", timing=False)["code_path"]
    'portable'
    >>> enable_optimizations("best", timing=True, warm_up=True)["timing"]
    True
    """
    flags = number_of(CODE_PATHS, code_path, "code_path") if code_path is not None else 0
    if timing is not None:
        expect(timing, bool, "timing")
        flags |= lib.PQC_OPTIMIZE_TIMING_ON if timing else lib.PQC_OPTIMIZE_TIMING_OFF
    expect(warm_up, bool, "warm_up")
    if warm_up:
        flags |= lib.PQC_OPTIMIZE_WARM_UP
    check(lib.ffi_enable_optimizations(flags))
    return optimizations()


def optimizations() -> Optimizations:
    """Return the settings of the process: the code path by its name, and whether operations are timed.

    The engine of this build is among them.
    """
    timing = bool(lib.ffi_get_optimizations() & lib.PQC_OPTIMIZE_TIMING_ON)
    return {"code_path": code_path(), "engine": engine(), "timing": timing}


def code_path() -> str:
    """Return the code path of keys made now: "avx512", "avx2", "neon-sha3", "neon" or "portable"."""
    return ffi.string(lib.ffi_code_path()).decode("ascii")  # type: ignore[no-any-return]
