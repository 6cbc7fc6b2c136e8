"""Turns include/pqc_ffi.h, and the C code in qynauth_pqc/native, into the cffi extension `qynauth_pqc._native`.

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
# The first is of the binding on cffi alone; PyPy has no other. Each uses those before it.
ACCELERATOR = ["private", "handle", "memory", "inputs", "bytes", "crossings", "small_batches", "module"]
SOURCES = ["owners", *(ACCELERATOR if sys.implementation.name != "pypy" else ())]
HELPERS = [ROOT / "qynauth_pqc" / "native" / f"{name}.c" for name in SOURCES]
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
ffibuilder.cdef("""
    typedef struct { size_t count; void *handles[]; } PqcHandles;
    typedef struct { uint8_t bytes[1073741824]; } PqcView;
    void *owner_alloc(size_t size);
    void owner_free_private_key(void *owner);
    void owner_free_public_key(void *owner);
    void owner_free_mu_hasher(void *owner);
    void owner_free_buffer(void *owner);
    void owner_move(PqcHandles *from, size_t number, PqcHandles *to);
    PqcStatus owner_copy(const FFIBuffer *from, size_t begin, size_t len, FFIBuffer *to);
    void owner_stay(void *owner, void *memory);
""")
if sys.implementation.name != "pypy":
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
