"""The settings of the process: engine and code path of keys made from now on, and whether operations are timed."""

from __future__ import annotations

from qynauth_pqc._key_options import engine_flag, path_flag
from qynauth_pqc.errors import expect, status_error
from qynauth_pqc.native import ffi, lib

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import TypedDict

    class Optimizations(TypedDict):
        """The settings of the process."""

        code_path: str
        engine: str
        timing: bool


__all__ = ["enable_optimizations", "optimizations"]


def enable_optimizations(
    code_path: str | None = None, *, engine: str | None = None, timing: bool | None = None, warm_up: bool = False
) -> Optimizations:
    """Change the settings of the process, and return them.

    At first, the engine is the value of the environment variable QYNAUTH_PQC_ENGINE, or else "simd"; keys take its
    best code path on this processor, and operations are timed. Keys keep the options that they were made with, and the
    options of a key go before the settings of the process.

    Args:
        code_path: the instructions that keys made from now on use: "best", "avx512", "avx2", "neon-sha3", "neon" or
            "portable"; None leaves it as it is.
        engine: whose implementation they use: "simd" or "libcrux"; None leaves it as it is.
        timing: whether operations are timed; None leaves it as it is. They are counted in any case.
        warm_up: run every operation once now, so that a user's first call does not wait for code to be loaded.

    Returns:
        The settings, as `optimizations` returns them.

    Raises:
        UnsupportedError: the code path or engine is unknown, or the processor or engine lacks the path, or
            QYNAUTH_PQC_ENGINE has another value and no engine was named. Nothing was changed.

    >>> from qynauth_pqc import enable_optimizations
    >>> enable_optimizations("portable", timing=False)["code_path"]
    'portable'
    >>> enable_optimizations("best", timing=True, warm_up=True)["timing"]
    True
    """
    flags = path_flag(code_path) if code_path is not None else 0
    if engine is not None:
        flags |= engine_flag(engine)
    if timing is not None:
        expect(timing, bool, "timing")
        flags |= lib.PQC_OPTIMIZE_TIMING_ON if timing else lib.PQC_OPTIMIZE_TIMING_OFF
    expect(warm_up, bool, "warm_up")
    if warm_up:
        flags |= lib.PQC_OPTIMIZE_WARM_UP
    status = lib.ffi_enable_optimizations(flags)
    if status:
        raise status_error(status)
    return optimizations()


def optimizations() -> Optimizations:
    """Return the settings of the process: code path and engine by their names, and whether operations are timed.

    Raises:
        UnsupportedError: QYNAUTH_PQC_ENGINE has another value than "simd" or "libcrux", and no engine was set.
    """
    timing = bool(lib.ffi_get_optimizations() & lib.PQC_OPTIMIZE_TIMING_ON)
    return {"code_path": code_path(), "engine": engine(), "timing": timing}


def code_path() -> str:
    """Return the code path of keys made now: "avx512", "avx2", "neon-sha3", "neon" or "portable"."""
    return ffi.string(lib.ffi_code_path()).decode("ascii")  # type: ignore[no-any-return]


def engine() -> str:
    """Return the engine of keys made now: "simd" or "libcrux".

    Raises:
        UnsupportedError: QYNAUTH_PQC_ENGINE has another value than "simd" or "libcrux", and no engine was set.
    """
    name: str = ffi.string(lib.ffi_engine()).decode("ascii")
    if not name:
        raise status_error(lib.PQC_STATUS_ENGINE_SETTING)
    return name
