"""The options of a key as flags of the C interface, and the names that flags stand for."""

from __future__ import annotations

from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.native import check, ffi, lib

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc.options import KeyOptions


CODE_PATHS: dict[str, int] = {
    "best": lib.PQC_KEY_BEST,
    "avx512": lib.PQC_KEY_AVX512,
    "avx2": lib.PQC_KEY_AVX2,
    "neon-sha3": lib.PQC_KEY_NEON_SHA3,
    "neon": lib.PQC_KEY_NEON,
    "portable": lib.PQC_KEY_PORTABLE,
}
"""The names of the code paths, the preferred first, and their flags, the same for a key and for the process."""

_OPTIONS = {"code_path", "fault_check", "locked_memory", "parallel", "precompute"}


def number_of(names: dict[str, int], name: str, what: str) -> int:
    """Return the number that the C interface has for a name."""
    expect(name, str, what)
    if name not in names:
        raise UnsupportedError(f"unknown {what.replace('_', ' ')}: expected one of {', '.join(names)}")
    return names[name]


def key_flags(options: KeyOptions, function: str) -> int:
    """Return the flags for the keyword arguments that a public function has collected; an error names the function."""
    if not options.keys() <= _OPTIONS:
        unknown = next(name for name in options if name not in _OPTIONS)
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown!r}")
    code_path, precompute = options.get("code_path"), options.get("precompute")
    locked_memory = options.get("locked_memory", False)
    fault_check = options.get("fault_check", True)
    parallel = options.get("parallel", False)
    expect(locked_memory, bool, "locked_memory")
    expect(fault_check, bool, "fault_check")
    expect(parallel, bool, "parallel")
    flags: int = lib.PQC_KEY_LOCKED_MEMORY if locked_memory else 0
    if not fault_check:
        flags |= lib.PQC_KEY_NO_FAULT_CHECK
    if parallel:
        flags |= lib.PQC_KEY_PARALLEL
    if code_path is not None:
        flags |= number_of(CODE_PATHS, code_path, "code_path")
    if precompute is not None:
        expect(precompute, bool, "precompute")
        flags |= lib.PQC_KEY_PRECOMPUTE if precompute else lib.PQC_KEY_NO_PRECOMPUTE
    return flags


def path_of_new_key(flags: int) -> str:
    """Return the name of the code path that a key made now with these flags will use."""
    out = ffi.new("uint32_t *")
    check(lib.ffi_key_options(flags, out))
    return name_of_flag(CODE_PATHS, out[0])


def name_of_flag(names: dict[str, int], flags: int) -> str:
    """Return the name of the flag that is among these."""
    return next(name for name, flag in names.items() if flags & flag)


def sign_flags(*, deterministic: bool) -> int:
    """Return the flags of the C interface for a signature."""
    if deterministic is False:
        return 0
    expect(deterministic, bool, "deterministic")
    return lib.PQC_SIGN_DETERMINISTIC  # type: ignore[no-any-return]
