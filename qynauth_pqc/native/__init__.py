"""The border to C: the functions of the library, owners of handles and memory, and calls with them.

`cffi_binding` and `cffi_operations` implement all of it on cffi alone, and are the reference. CPython uses
`accelerator`, written in C: it is faster, and before Python 3.12 only its secrets are buffers. With the environment
variable QYNAUTH_PQC_BINDING=cffi CPython uses the reference too.
"""

import os
import sys

from qynauth_pqc.errors import STATUS_ERRORS, InternalError, PQCError

if sys.platform == "win32":
    from pathlib import Path

    os.add_dll_directory(str(Path(__file__).parent.parent / "lib"))

# Both distributions of this package have the same files, so the one that was installed last has replaced the other.
_distributions = set()
for _folder in sys.path:
    if _folder.endswith("-packages"):
        try:
            _files = os.listdir(_folder)  # noqa: PTH208 - of names only: pathlib takes longer
        except OSError:
            continue
        _distributions |= {name.split("-")[0] for name in _files if name.endswith(".dist-info")}
if {"qynauth_pqc", "qynauth_pqc_fips"} <= _distributions:
    msg = "qynauth-pqc and qynauth-pqc-fips are both installed here: uninstall both, and install the one that you want"
    raise ImportError(msg)

try:
    from qynauth_pqc._native import ffi, lib
except ModuleNotFoundError:
    raise
except ImportError as error:
    from qynauth_pqc.native._foreign_library import namesake

    raise ImportError(f"{error}{namesake()}") from error

__all__: list[str] = []  # only this package uses it

__version__: str = ffi.string(lib.ffi_version()).decode("ascii")

_built_with = (ffi.string(lib.python_library_version).decode("ascii"), lib.PQC_ABI_VERSION)
_found = (__version__, lib.ffi_abi_version())
if _found != _built_with:
    from qynauth_pqc.native._foreign_library import mismatch

    raise ImportError(mismatch(_built_with, _found, lib.python_library_address()))

if os.environ.get("QYNAUTH_PQC_BINDING", "cffi") != "cffi":
    msg = "QYNAUTH_PQC_BINDING must be cffi or not set"
    raise ImportError(msg)

from qynauth_pqc.native.inputs import IS_ACCELERATED, binding  # noqa: E402 - after the checks

_bindings = [binding]
if not IS_ACCELERATED:
    from qynauth_pqc.native import cffi_operations

    _bindings.append(cffi_operations)
for _each in _bindings:
    globals().update({name: each for name, each in vars(_each).items() if not name.startswith("_")})

# Made at import: without memory, a dict of this size could not be made, and another error would be raised.
_STATUSES: dict[int, str] = ffi.typeof("PqcStatus").elements


def status_error(status: int, detail: str = "") -> PQCError:
    """Return the exception for a status other than `PQC_STATUS_OK`, with the sizes or another detail."""
    name = _STATUSES.get(status, "")
    message = ffi.string(lib.ffi_status_message(status)).decode("ascii")
    return STATUS_ERRORS.get(name, InternalError)(f"{message}: {detail}" if detail else message)


def check(status: int) -> None:
    """Raise the exception for a status other than `PQC_STATUS_OK`."""
    if status:
        raise status_error(status)


def engine() -> str:
    """Return the engine that this library was built with, which does the arithmetic of all keys."""
    return ffi.string(lib.ffi_engine()).decode("ascii")
