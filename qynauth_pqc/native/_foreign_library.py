"""Say which library the extension found instead of the package's library; imported only when it is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cffi import FFI

__all__ = ["mismatch", "namesake"]

_OWN = next((Path(__file__).resolve().parent.parent / "lib").glob("*pqc_ffi.*"), Path("libpqc_ffi"))


def mismatch(expected: tuple[str, int], found: tuple[str, int], address: int) -> str:
    """Return the message about a library of another version or ABI, found by the address of a function in it."""
    file = _file_at(address)
    advice = "reinstall qynauth_pqc" if file == _OWN else f"its own is {_OWN}: {_advice(file)}"
    return "qynauth_pqc was built with libpqc_ffi {} (ABI {}), but this process has {} (ABI {}) in {}; {}".format(
        *expected, *found, file, advice
    )


def namesake() -> str:
    """Return the end of a message about an extension that was not loaded: the library that the loader mistook for ours.

    The loader fails on a library that lacks functions, before there is a version to compare. Empty if it found ours.
    """
    loaded_only = getattr(os, "RTLD_NOLOAD", None)
    if loaded_only is None:  # Windows has none, and nothing may be loaded just for a message
        return ""
    ffi: Any = FFI()
    ffi.cdef("const char *ffi_version(void); uint32_t ffi_abi_version(void);")
    try:
        library = ffi.dlopen(_OWN.name, loaded_only | os.RTLD_NOW)
        version, abi = ffi.string(library.ffi_version()).decode("ascii"), library.ffi_abi_version()
        file = _file_at(int(ffi.cast("uintptr_t", library.ffi_version)))
    except (AttributeError, OSError):
        return ""
    if file == _OWN:
        return ""
    return f"; instead of {_OWN}, this process has libpqc_ffi {version} (ABI {abi}) in {file}: {_advice(file)}"


def _advice(file: Path | str) -> str:
    return f"keep {file} out of this process (LD_PRELOAD, LD_LIBRARY_PATH, RTLD_GLOBAL, the libraries of the program)"


def _file_at(address: int) -> Path | str:
    """Return the file that is mapped at an address, as Linux reports it."""
    maps = Path("/proc/self/maps")
    for line in maps.read_text(encoding="utf-8").splitlines() if maps.exists() else ():
        span, *_, file = line.split(maxsplit=5)
        begin, end = (int(bound, 16) for bound in span.split("-"))
        if begin <= address < end:
            return Path(file)
    return "an unknown file"
