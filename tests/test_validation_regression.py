"""Part 1 of the validation: it calls every function of the header, and finds what is wrong with them."""

from __future__ import annotations

import gc
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from conftest import MLDSA, MLKEM
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from test_header import functions

from qynauth_pqc import MLKEMPrivateKey, enable_optimizations, optimizations
from qynauth_pqc._ffi import lib
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.validation.functions import FUNCTIONS
from qynauth_pqc.validation.material import material
from qynauth_pqc.validation.process import kept_settings
from qynauth_pqc.validation.regression import header_functions, regression

if TYPE_CHECKING:
    from collections.abc import Callable


class Library:
    """The functions of the header, recorded, with some of them replaced by faulty ones."""

    def __init__(self, **faults: Callable[..., Any]) -> None:
        """Replace each named function by one that takes the right one and the arguments."""
        self.faults = faults
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        """Return a function, or a constant."""
        found = getattr(lib, name)
        return partial(self.call, name, found) if callable(found) else found

    def call(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function, or what replaces it."""
        self.calls[name] += 1
        return self.faults[name](function, *arguments) if name in self.faults else function(*arguments)


def test_every_function_of_the_header_is_called() -> None:
    """The regression part passes, with real calls of all of them, and leaves no handle and no buffer alive."""
    gc.collect()  # what earlier tests have left in cycles would go away meanwhile
    library, before = Library(), snapshot()
    result = regression(library)
    after = snapshot()
    assert (result.failures, result.passed) == ((), True)
    assert set(library.calls) == functions() == header_functions()
    assert (after.live_handles, after.live_buffers) == (before.live_handles, before.live_buffers)


def test_settings_are_put_back_after_the_regression_part() -> None:
    """Also if they were not those of the start."""
    try:
        before = enable_optimizations("portable", timing=False)
        assert regression().passed
        assert optimizations() == before
    finally:
        enable_optimizations("best", timing=True)


def test_best_path_is_kept_for_either_engine() -> None:
    """The best path of the engine "simd" is AVX-512 where there is one, which a key of "libcrux" refuses by name."""
    before = optimizations()["engine"]
    try:
        enable_optimizations("best", engine="simd")
        with kept_settings():
            enable_optimizations("portable")
        assert MLKEMPrivateKey.generate(engine="libcrux").engine == "libcrux"
    finally:
        enable_optimizations("best", engine=before)


def test_function_without_a_row_fails_the_regression_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a function that the header gains cannot be forgotten."""
    rows = tuple(row for row in FUNCTIONS["mlkem"] if row.name != "mlkem_keypair_parameter_set")
    monkeypatch.setitem(FUNCTIONS, "mlkem", rows)
    [failure] = regression().failures
    assert failure == "mlkem_keypair_parameter_set was not called: give it a row in validation/functions.py"


def accept_all(_function: Any, *_arguments: Any) -> int:
    """Verify without looking."""
    return int(lib.PQC_STATUS_OK)


def cut_seed(function: Any, parameter_set: int, flags: int, seed: Any, _length: int, out: Any) -> Any:
    """Take a seed of any length."""
    return function(parameter_set, flags, seed, lib.MLKEM_SEEDBYTES, out) if seed else function(0, 0, seed, 0, out)


def ignore_the_first_byte() -> Callable[..., Any]:
    """Return a function that decapsulates what it has seen before, if only the first byte is another."""
    seen: dict[bytes, bytes] = {}

    def decapsulate(function: Any, pair: Any, ciphertext: Any, length: int, out: Any) -> Any:
        known = seen.setdefault(ciphertext[1:], ciphertext) if isinstance(ciphertext, bytes) else ciphertext
        return function(pair, known, length, out)

    return decapsulate


def keep_output(function: Any, key: Any, buffer: Any) -> Any:
    """Leave an output as it was when there is no key."""
    return function(key, buffer) if key or not buffer else lib.PQC_STATUS_NULL_POINTER


def ignore_flags(function: Any, *arguments: Any) -> Any:
    """Sign with fresh randomness, whatever the flags."""
    return function(*arguments[:5], 0, arguments[6])


def other_bytes(function: Any, key: Any, buffer: Any) -> Any:
    """Give a public key with a bit flipped."""
    status = function(key, buffer)
    if not status:
        buffer.data[0] ^= 1
    return status


def free_without_emptying(function: Any, buffer: Any) -> None:
    """Leave the size in the struct."""
    function(buffer)
    if buffer:
        buffer.len = 1


FAULTS: dict[str, tuple[dict[str, Callable[..., Any]], str]] = {
    "bad signatures are valid": ({"mldsa_verify": accept_all}, "PQC_STATUS_OK instead of PQC_STATUS_INVALID_SIGNATURE"),
    "a length is not checked": (
        {"mlkem_keypair_from_seed": cut_seed},
        "a seed that is one byte short with PQC_STATUS_",
    ),
    "tampering has no effect": (
        {"mlkem_decapsulate": ignore_the_first_byte()},
        "a tampered ciphertext gives the secret",
    ),
    "an output stays filled": (
        {"mldsa_keypair_seed_bytes": keep_output},
        "left an output filled after NULL for the key",
    ),
    "flags are ignored": ({"mldsa_sign": ignore_flags}, "a deterministic signature is not that with"),
    "unknown flags are taken": ({"mldsa_sign": ignore_flags}, "answered the number 2147483648 with PQC_STATUS_OK"),
    "an encoding is wrong": ({"mlkem_public_key_bytes": other_bytes}, "gave another result than known"),
    "known answers change": ({"mlkem_keypair_public_key_bytes": other_bytes}, "the known answers have changed"),
    "a buffer is not emptied": ({"ffi_buffer_free": free_without_emptying}, "does not empty the struct"),
    "settings stay": ({"ffi_enable_optimizations": accept_all}, "settings are not what was chosen"),
    "a size is wrong": ({"mldsa_signature_size": lambda _function, _set: 1}, "mldsa_signature_size(44) is not that of"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_in_the_library_fails_the_regression_part(name: str) -> None:
    """Faulty functions in front of the right ones are found, each with a sentence that says what is wrong."""
    faults, expected = FAULTS[name]
    result = regression(Library(**faults))
    assert not result.passed
    assert [failure for failure in result.failures if expected in failure] != []


def test_known_bytes_are_those_of_another_implementation() -> None:
    """OpenSSL makes the same keys of the seeds, decapsulates the ciphertexts, and accepts the signatures."""
    for name in [each.name for each in (*MLKEM, *MLDSA) if each.name != "ML-KEM-512"]:
        with material(lib, name) as made:
            module = mlkem if made.family == "mlkem" else mldsa
            theirs = getattr(module, f"{name.replace('-', '')}PrivateKey").from_seed_bytes(made.data["seed"])
            assert theirs.public_key().public_bytes_raw() == made.data["public key"]
            if made.family == "mlkem":
                assert theirs.decapsulate(made.data["ciphertext"]) == made.data["shared secret"]
            else:
                signed = (made.data[part] for part in ("signature", "message", "context"))
                theirs.public_key().verify(*signed)
