"""Turns include/pqc_ffi.h, and the helpers for Python in build_ffi*.c, into the cffi extension `qynauth_pqc._native`.

setup.py hands `ffibuilder` to cffi once the Rust static library exists.
"""

import os
import re
import sys
import sysconfig
from pathlib import Path
from typing import Any

from cffi import FFI

ROOT = Path(__file__).resolve().parent
HEADER = ROOT / "include" / "pqc_ffi.h"
# For CPython; what PyPy has instead is qynauth_pqc/_pypy.py.
HELPERS = [ROOT / f"build_ffi{part}.c" for part in ("", "_calls", "_batches") if sys.implementation.name != "pypy"]
CARGO_TARGET_DIR = ROOT / "target"
PROFILE = CARGO_TARGET_DIR / os.environ.get("CARGO_BUILD_TARGET", "") / "release"
STATIC_LIBRARY = PROFILE / ("pqc_ffi.lib" if sys.platform == "win32" else "libpqc_ffi.a")

# What Rust's standard library needs of the system; the first line's flags keep its symbols out of the extension.
LINK: dict[str, dict[str, Any]] = {
    "linux": {
        "extra_link_args": ["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,-s"],
        "libraries": ["pthread", "dl", "m"],
    },
    "darwin": {"extra_link_args": ["-Wl,-dead_strip"]},
    "win32": {"libraries": ["bcrypt", "kernel32", "ntdll", "userenv", "ws2_32"]},
}


def cdef(header: str) -> str:
    """Return the declarations of the header in the form that cffi parses.

    Spans for C++ go, and so do preprocessor lines other than `#define NAME <number>` and the attribute of a status.
    """
    without_cpp = re.sub(r"^#ifdef __cplusplus$.*?^#endif.*?$", "", header, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^#(?!define \w+ \d+$).*$", "", without_cpp.replace("PQC_MUST_USE", ""), flags=re.MULTILINE)


ffibuilder = FFI()
ffibuilder.cdef(cdef(HEADER.read_text(encoding="utf-8")))
if HELPERS:
    ffibuilder.cdef("int python_slices_of_bytes(void *tuple, PqcSlice *slices, size_t count);")
    ffibuilder.cdef("int python_bytes_for_slots(void *list, size_t begin, PqcMutSlice *slots, size_t count);")
    ffibuilder.cdef("int python_install(void *module_dict);")
ffibuilder.set_source(
    "qynauth_pqc._native",
    "\n".join([f'#include "{HEADER.name}"', *(each.read_text(encoding="utf-8") for each in HELPERS)]),
    # Python without a GIL has no limited API before 3.15.
    define_macros=[] if sysconfig.get_config_var("Py_GIL_DISABLED") else [("Py_LIMITED_API", "0x030b0000")],
    include_dirs=[str(HEADER.parent)],
    extra_objects=[str(STATIC_LIBRARY)],
    depends=[str(HEADER), *map(str, HELPERS), str(STATIC_LIBRARY)],
    **LINK.get(sys.platform, {}),
)
