"""The extension module, after a check that it runs with the library that it was built with."""

import sys

if sys.platform == "win32":
    import os
    from pathlib import Path

    os.add_dll_directory(str(Path(__file__).parent / "lib"))

try:
    from qynauth_pqc._native import ffi, lib
except ModuleNotFoundError:
    raise
except ImportError as error:
    from qynauth_pqc._foreign_library import namesake

    raise ImportError(f"{error}{namesake()}") from error

__version__: str = ffi.string(lib.ffi_version()).decode("ascii")

_built_with = (ffi.string(lib.python_library_version).decode("ascii"), lib.PQC_ABI_VERSION)
_found = (__version__, lib.ffi_abi_version())
if _found != _built_with:
    from qynauth_pqc._foreign_library import mismatch

    raise ImportError(mismatch(_built_with, _found, lib.python_library_address()))

# What owns and lends memory, of which cffi knows nothing, comes into the module by a call: each Python has its own.
if sys.implementation.name == "pypy":
    from qynauth_pqc._pypy import install
else:
    from qynauth_pqc._cpython import install
install()

__all__ = ["__version__", "ffi", "lib"]
