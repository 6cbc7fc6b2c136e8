"""Turns include/pqc_ffi.h, and the C code in qynauth_pqc/native, into the cffi extension `qynauth_pqc._native`.

setup.py hands `ffibuilder` to cffi once the Rust library exists.
"""

import os
import re
import sys
import sysconfig
from pathlib import Path
from typing import Any

from cffi import FFI

ROOT = Path(__file__).resolve().parent
VARIANT = os.environ.get("QYNAUTH_PQC_VARIANT", "")
if VARIANT not in {"", "fips"}:
    sys.exit("QYNAUTH_PQC_VARIANT must be fips or not set")
HEADER = ROOT / "include" / "pqc_ffi.h"
# The first file is part of the binding on cffi alone, the only file on PyPy. Each file uses the files before it.
ACCELERATOR = ["private", "handle", "memory", "inputs", "bytes", "crossings", "small_batches", "module"]
SOURCES = ["owners", *(ACCELERATOR if sys.implementation.name != "pypy" else ())]
HELPERS = [ROOT / "qynauth_pqc" / "native" / f"{name}.c" for name in SOURCES]
CARGO_TARGET_DIR = ROOT / "target" / VARIANT
PROFILE = CARGO_TARGET_DIR / os.environ.get("CARGO_BUILD_TARGET", "") / "release"
LIBRARY = {"darwin": "libpqc_ffi.dylib", "win32": "pqc_ffi.dll"}.get(sys.platform, "libpqc_ffi.so")

# The extension uses the library that is packaged in lib/, next to it. setup.py puts this path before the paths
# that Python was built with.
RPATH = {
    "darwin": ["-Wl,-rpath,@loader_path/lib"],
    "win32": [],  # qynauth_pqc/native names the folder
}.get(sys.platform, ["-Wl,-rpath,$ORIGIN/lib"])

# The loader of glibc searches a DT_RPATH before LD_LIBRARY_PATH, a DT_RUNPATH after it, hence no new tags. All symbols
# are bound when the extension is loaded, so that the check in qynauth_pqc/native covers every function: a library that
# is loaded later cannot replace any of them.
LINK: dict[str, Any] = {
    "darwin": {"libraries": ["pqc_ffi"]},
    "win32": {"libraries": ["pqc_ffi.dll"]},  # the import library pqc_ffi.dll.lib
}.get(
    sys.platform,
    {"libraries": ["pqc_ffi"], "extra_link_args": ["-Wl,--disable-new-dtags", "-Wl,-z,relro,-z,now", "-Wl,-s"]},
)

# The version of the library that the extension was built with, and the address of the function it is bound to.
LIBRARY_CHECK = """
static const char python_library_version[] = "%s";
static uintptr_t python_library_address(void) { return (uintptr_t)&ffi_version; }
"""


def version() -> str:
    """Return the version of the workspace, the only place that states it."""
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return str(re.findall(r'^version = "(.+)"$', manifest, re.MULTILINE)[0])


def cdef(header: str) -> str:
    """Return the declarations of the header in the form that cffi parses.

    It drops spans for C++, preprocessor lines other than `#define NAME <number>`, and the attribute of a status.
    """
    without_cpp = re.sub(r"^#ifdef __cplusplus$.*?^#endif.*?$", "", header, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^#(?!define \w+ \d+$).*$", "", without_cpp.replace("PQC_MUST_USE", ""), flags=re.MULTILINE)


ffibuilder = FFI()
ffibuilder.cdef(cdef(HEADER.read_text(encoding="utf-8")))
ffibuilder.cdef("static const char python_library_version[]; uintptr_t python_library_address(void);")
ffibuilder.cdef("""
    typedef struct { size_t count; void *handles[]; } PqcHandles;
    typedef struct { uint8_t bytes[1073741824]; } PqcView;
    void *owner_alloc(size_t size);
    void owner_free_private_key(void *owner);
    void owner_free_public_key(void *owner);
    void owner_free_mu_hasher(void *owner);
    void owner_free_exchange_key(void *owner);
    void owner_free_exchange_share(void *owner);
    void owner_free_buffer(void *owner);
    void owner_move(PqcHandles *from, size_t number, PqcHandles *to);
    PqcStatus owner_copy(const FFIBuffer *from, size_t begin, size_t len, FFIBuffer *to);
""")
if sys.implementation.name != "pypy":
    ffibuilder.cdef("int python_install(void *module_dict);")
ffibuilder.set_source(
    "qynauth_pqc._native",
    "\n".join(
        [
            f'#include "{HEADER.name}"',
            LIBRARY_CHECK % version(),
            *(each.read_text(encoding="utf-8") for each in HELPERS),
        ]
    ),
    # Python without a GIL has no limited API before 3.15.
    define_macros=[] if sysconfig.get_config_var("Py_GIL_DISABLED") else [("Py_LIMITED_API", "0x030b0000")],
    include_dirs=[str(HEADER.parent)],
    library_dirs=[str(PROFILE)],
    depends=[str(HEADER), *map(str, HELPERS), str(PROFILE / LIBRARY)],
    **LINK,
)
