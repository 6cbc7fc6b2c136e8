"""Checks of the functions `ffi_*`, which are about the process and not about a parameter set."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qynauth_pqc._ffi import __version__, ffi, lib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.validation.result import Checks

_UNKNOWN = 1 << 31
_ITERATIONS = 600_000
_PATHS = {"portable", "avx2", "avx512", "neon"}
_ALL_PATHS = (
    lib.PQC_OPTIMIZE_PORTABLE
    | lib.PQC_OPTIMIZE_AVX2
    | lib.PQC_OPTIMIZE_AVX512
    | lib.PQC_OPTIMIZE_NEON
    | lib.PQC_OPTIMIZE_BEST
)
_METRICS, _BUCKET = ffi.sizeof("FFIMetrics"), ffi.sizeof("FFIHistogramBucket")


def check_process(library: Any, checks: Checks) -> None:
    """Check the functions of the process. Its settings are afterwards what they were before.

    Args:
        library: the functions of the header.
        checks: what counts the checks.
    """
    _check_names(library, checks)
    _check_metrics(library, checks)
    _check_histogram(library, checks)
    _check_shared_metrics(library, checks)
    _check_encryption(library, checks)
    _check_key_options(library, checks)
    _check_buffers(library, checks)
    before = library.ffi_get_optimizations()
    with kept_settings(library):
        _check_settings(library, checks)
    checks.that(library.ffi_get_optimizations() == before, "the settings of the process cannot be restored")


@contextmanager
def kept_settings(library: Any = lib) -> Iterator[None]:
    """Restore the settings of the process at the end.

    The best path is restored as PQC_OPTIMIZE_BEST: by its name it would be refused to keys of an engine that lacks it.
    """
    change, read = library.ffi_enable_optimizations, library.ffi_get_optimizations
    before = read()
    change(lib.PQC_OPTIMIZE_BEST)
    restored = before & ~_ALL_PATHS | lib.PQC_OPTIMIZE_BEST if read() == before else before
    change(before)
    try:
        yield
    finally:
        change(restored)


def _check_names(library: Any, checks: Checks) -> None:
    checks.that(library.ffi_abi_version() == lib.PQC_ABI_VERSION, "the library's ABI is not the header's")
    checks.that(_text(library.ffi_version()) == __version__, "ffi_version has changed since the import")
    checks.that(_text(library.ffi_code_path()) in _PATHS, "ffi_code_path is no known path")
    checks.that(_text(library.ffi_engine()) in {"libcrux", "simd"}, "ffi_engine is no known engine")
    for function, enum in ((library.ffi_status_message, "PqcStatus"), (library.ffi_operation_name, "PqcOperation")):
        numbers = ffi.typeof(enum).elements
        texts = {_text(function(number)) for number in numbers}
        unknown = _text(function(max(numbers) + 1))
        checks.that(
            len(texts) == len(numbers) and "" not in texts, f"two numbers of {enum} have the same text, or none"
        )
        checks.that(unknown.startswith("unknown ") and unknown not in texts, f"{enum}: an unknown number has a text")
    unknown = _text(library.ffi_status_message(-1))
    checks.that(unknown == "unknown status", "a negative status has a text")


def _check_metrics(library: Any, checks: Checks) -> None:
    metrics, read = ffi.new("FFIMetrics *"), library.ffi_get_performance_metrics
    checks.that(read(metrics, _METRICS) == lib.PQC_STATUS_OK, "the metrics cannot be read")
    checks.that(metrics.size == _METRICS, "the metrics have another size than in the header")
    checks.that(any(each.calls for each in metrics.operations), "no operation was counted")
    checks.that(read(ffi.NULL, _METRICS) == lib.PQC_STATUS_NULL_POINTER, "metrics go to NULL")
    checks.that(read(metrics, 7) == lib.PQC_STATUS_OUTPUT_LENGTH, "metrics go into 7 bytes")


def _check_histogram(library: Any, checks: Checks) -> None:
    buffer, read = ffi.new("FFIBuffer *"), library.ffi_get_latency_histogram
    sets = {"MLKEM": (512, 768, 1024), "MLDSA": (44, 65, 87), "XWING": (768,)}
    for operation, name in ffi.typeof("PqcOperation").elements.items():
        family = name.split("_")[2]
        for number in sets[family]:
            status = read(operation, number, buffer)
            whole = buffer.len > 0 and buffer.len % _BUCKET == 0
            checks.that(status == lib.PQC_STATUS_OK and whole, f"there is no histogram of {name} with {number}")
            library.ffi_buffer_free(buffer)
        for number in {0, 1, *sets["MLDSA"], *sets["MLKEM"]}.difference(sets[family]):
            refused = read(operation, number, buffer) == lib.PQC_STATUS_UNKNOWN_PARAMETER_SET
            checks.that(refused, f"there is a histogram of {name} with {number}")
    unknown = max(ffi.typeof("PqcOperation").elements) + 1
    checks.that(read(unknown, 512, buffer) == lib.PQC_STATUS_UNKNOWN_OPERATION, "an unknown operation has a histogram")
    checks.that(read(0, 512, ffi.NULL) == lib.PQC_STATUS_NULL_POINTER, "a histogram goes to NULL")


def _check_shared_metrics(library: Any, checks: Checks) -> None:
    """Check refusals only: a process shares one memory until it ends."""
    size, memory = library.ffi_shared_metrics_bytes(), ffi.new("uint8_t[]", 256)
    aligned = memory + (-int(ffi.cast("uintptr_t", memory)) % 128)
    checks.that(size > 0, "shared metrics need no memory")
    checks.that(library.ffi_share_metrics(ffi.NULL, size) == lib.PQC_STATUS_NULL_POINTER, "metrics are shared at NULL")
    for place, given, what in ((aligned, 128, "too small"), (aligned + 1, 127, "not aligned")):
        status = library.ffi_share_metrics(place, given)
        checks.that(status == lib.PQC_STATUS_SHARED_MEMORY, f"metrics are shared in memory that is {what}")


def _check_encryption(library: Any, checks: Checks) -> None:
    """Check that an encrypted key opens with its password only; the functions of a family are in functions.py."""
    pair, encrypted, cost = ffi.new("MlDsaKeyPair **"), ffi.new("FFIBuffer *"), ffi.new("uint64_t *")
    outs = ffi.new("MlKemKeyPair **"), pair
    ok, der = lib.PQC_STATUS_OK, lib.PQC_ENCODING_DER
    made = library.mldsa_keypair_generate(44, 0, pair) == ok
    made = made and library.mldsa_keypair_to_pkcs8(pair[0], b"password", 8, 1, der, encrypted) == ok
    library.mldsa_keypair_free(pair[0])
    checks.that(made, "a key cannot be encrypted")
    key = encrypted.data, encrypted.len
    is_told = library.ffi_key_kdf_cost(*key, cost) == ok and cost[0] == _ITERATIONS
    checks.that(is_told, f"opening an encrypted key is said to cost {cost[0]} instead of {_ITERATIONS}")
    for password, size, ceiling, expected in (
        (b"password", 8, 0, ok),
        (b"password", 8, _ITERATIONS, ok),
        (b"password", 8, _ITERATIONS - 1, lib.PQC_STATUS_KEY_ENCRYPTION_COST),
        (b"Password", 8, 0, lib.PQC_STATUS_PASSWORD_WRONG),
        (b"password", 7, 0, lib.PQC_STATUS_PASSWORD_WRONG),
        (ffi.NULL, 0, 0, lib.PQC_STATUS_PASSWORD_REQUIRED),
        (ffi.NULL, 1, 0, lib.PQC_STATUS_NULL_POINTER),
    ):
        status = library.ffi_private_key_from_pkcs8(0, *key, password, size, ceiling, *outs)
        checks.that(status == expected, f"an encrypted key answered a password with {status} instead of {expected}")
        checks.that((pair[0] == ffi.NULL) == bool(status), "loading left a handle filled or empty")
        library.mldsa_keypair_free(pair[0])
    library.ffi_buffer_free(encrypted)


def _check_key_options(library: Any, checks: Checks) -> None:
    """Check what keys are told to be that would be made with some flags."""
    out, read = ffi.new("uint32_t *"), library.ffi_key_options
    whole = lib.PQC_KEY_SIMD | lib.PQC_KEY_PORTABLE | lib.PQC_KEY_LOCKED_MEMORY | lib.PQC_KEY_PRECOMPUTE
    checks.that(read(whole, out) == lib.PQC_STATUS_OK and out[0] == whole, "a key is told to be another than asked for")
    checks.that(read(0, out) == lib.PQC_STATUS_OK and out[0] != 0, "a key of no flags is not known")
    lacking = lib.PQC_KEY_LIBCRUX | lib.PQC_KEY_AVX512
    for flags, status in (
        (_UNKNOWN, lib.PQC_STATUS_UNKNOWN_FLAGS),
        (lib.PQC_KEY_LIBCRUX | lib.PQC_KEY_SIMD, lib.PQC_STATUS_UNKNOWN_FLAGS),
        (lacking, lib.PQC_STATUS_CODE_PATH_UNAVAILABLE),
    ):
        checks.that(read(flags, out) == status and out[0] == 0, f"a key of the flags {flags} is known")
    checks.that(read(0, ffi.NULL) == lib.PQC_STATUS_NULL_POINTER, "the options of a key go to NULL")


def _check_buffers(library: Any, checks: Checks) -> None:
    """Check buffers of zeros, on the heap and in locked memory."""
    out, make = ffi.new("FFIBuffer *"), library.ffi_buffer_zeroed
    for flags in (0, lib.PQC_KEY_LOCKED_MEMORY):
        made = make(flags, 100, out) == lib.PQC_STATUS_OK and ffi.buffer(out.data, out.len)[:] == bytes(100)
        checks.that(made, "a buffer of zeros is none")
        library.ffi_buffer_free(out)
        checks.that(make(flags, 0, out) == lib.PQC_STATUS_OK and out.data == ffi.NULL, "a buffer of no bytes has some")
    for flags, size, status in (
        (_UNKNOWN, 100, lib.PQC_STATUS_UNKNOWN_FLAGS),
        (0, 2 ** (8 * ffi.sizeof("size_t")) - 1, lib.PQC_STATUS_INPUT_TOO_LONG),
    ):
        refused = make(flags, size, out) == status and out.data == ffi.NULL
        checks.that(refused, f"a buffer of {size} bytes and the flags {flags} is made")
    checks.that(make(0, 100, ffi.NULL) == lib.PQC_STATUS_NULL_POINTER, "a buffer of zeros goes to NULL")


def _check_settings(library: Any, checks: Checks) -> None:
    change, read = library.ffi_enable_optimizations, library.ffi_get_optimizations
    libcrux, simd = lib.PQC_OPTIMIZE_LIBCRUX, lib.PQC_OPTIMIZE_SIMD
    portable, best, warm_up = lib.PQC_OPTIMIZE_PORTABLE, lib.PQC_OPTIMIZE_BEST, lib.PQC_OPTIMIZE_WARM_UP
    timing_on, timing_off = lib.PQC_OPTIMIZE_TIMING_ON, lib.PQC_OPTIMIZE_TIMING_OFF
    for engine, name in ((simd, "simd"), (libcrux, "libcrux")):
        chosen = engine | portable | timing_off
        checks.that(change(chosen) == lib.PQC_STATUS_OK, f"the engine {name} cannot be chosen on the portable path")
        checks.that(read() == chosen and _text(library.ffi_engine()) == name, "settings are not what was chosen")
    checks.that(_text(library.ffi_code_path()) == "portable", "ffi_code_path is not the path that was chosen")
    for flags in (_UNKNOWN, portable | lib.PQC_OPTIMIZE_AVX2, libcrux | simd, timing_on | timing_off):
        checks.that(change(flags) == lib.PQC_STATUS_UNKNOWN_FLAGS, f"the settings {flags} are accepted")
    lacking = change(lib.PQC_OPTIMIZE_AVX512) == lib.PQC_STATUS_CODE_PATH_UNAVAILABLE
    checks.that(lacking, "a code path is accepted that the engine lacks")
    checks.that(read() == chosen, "settings were changed by flags that were refused")
    checks.that(change(best | timing_on | warm_up) == lib.PQC_STATUS_OK, "the best path cannot be chosen")
    checks.that(read() & timing_on and not read() & timing_off, "timing cannot be turned on")
    checks.that(change(0) == lib.PQC_STATUS_OK, "no change at all is refused")


def _text(pointer: Any) -> str:
    return str(ffi.string(pointer).decode("ascii"))
