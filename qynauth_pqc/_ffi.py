"""The extension module, after a check that it is the one this package was written for."""

from qynauth_pqc import _native
from qynauth_pqc._native import ffi, lib

if lib.ffi_abi_version() != lib.PQC_ABI_VERSION:
    msg = f"qynauth_pqc was built for ABI {lib.PQC_ABI_VERSION}, linked with ABI {lib.ffi_abi_version()}; reinstall it"
    raise ImportError(msg)

# The types that own memory, which cffi knows nothing of, come into the module by a call: see build_ffi.c.
if not lib.python_install(ffi.cast("void *", id(vars(_native)))):
    raise MemoryError

__all__ = ["__version__", "ffi", "lib"]

__version__: str = ffi.string(lib.ffi_version()).decode("ascii")
