"""The extension module, after a check that it is the one this package was written for."""

import sys

from qynauth_pqc._native import ffi, lib

if lib.ffi_abi_version() != lib.PQC_ABI_VERSION:
    msg = f"qynauth_pqc was built for ABI {lib.PQC_ABI_VERSION}, linked with ABI {lib.ffi_abi_version()}; reinstall it"
    raise ImportError(msg)

# What owns and lends memory, of which cffi knows nothing, comes into the module by a call: each Python has its own.
if sys.implementation.name == "pypy":
    from qynauth_pqc._pypy import install
else:
    from qynauth_pqc._cpython import install
install()

__all__ = ["__version__", "ffi", "lib"]

__version__: str = ffi.string(lib.ffi_version()).decode("ascii")
