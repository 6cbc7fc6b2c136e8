"""Part 1 of the validation calls every function of the header, and finds faulty ones."""

from __future__ import annotations

import gc
import runpy
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import MLDSA, MLKEM, ROOT
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from header import functions
from quick_validation import one_slhdsa

from qynauth_pqc import enable_optimizations, optimizations
from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import ffi, lib
from qynauth_pqc.validation import _known_answers
from qynauth_pqc.validation.functions import Calls
from qynauth_pqc.validation.regression import header_functions, regression
from qynauth_pqc.validation.result import Checks

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["one_slhdsa"]  # pytest uses it


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
        """Call a function, or its replacement."""
        self.calls[name] += 1
        return self.faults[name](function, *arguments) if name in self.faults else function(*arguments)


def test_every_function_of_the_header_is_called() -> None:
    """The regression part passes, with real calls of all of them, and leaves no handle and no buffer alive."""
    gc.collect()  # cycles of earlier tests would be collected in between
    library, before = Library(), snapshot()
    result = regression(library)
    after = snapshot()
    assert (result.failures, result.passed) == ((), True)
    assert set(library.calls) == functions() == header_functions()
    assert (after.live_handles, after.live_buffers) == (before.live_handles, before.live_buffers)


@pytest.mark.usefixtures("one_slhdsa")
def test_settings_are_put_back_after_the_regression_part() -> None:
    """They are restored even if they were changed before."""
    try:
        before = enable_optimizations("best", timing=False)
        assert regression().passed
        assert optimizations() == before
    finally:
        enable_optimizations("best", timing=True)


@pytest.mark.parametrize("missing", ["ML-KEM-512", "X-Wing", "MLDSA44-Ed25519-SHA512"])
def test_known_answers_are_written_by_the_tool(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It computes the answers of an algorithm that has none, and keeps the others, whatever they are."""
    recorded = Path(_known_answers.__file__).read_text(encoding="utf-8")
    right = _known_answers.KNOWN["ML-DSA-44"]
    monkeypatch.delitem(_known_answers.KNOWN, missing)
    monkeypatch.setitem(_known_answers.KNOWN, "ML-DSA-44", "0" * 64)
    runpy.run_path(str(ROOT / "tools" / "header" / "known_answers.py"))["main"](tmp_path / "answers.py")
    assert (tmp_path / "answers.py").read_text(encoding="utf-8") == recorded.replace(right, "0" * 64)
    assert [*ROWS] == [name for name in ROWS if f'    "{name}": ' in recorded]


@pytest.mark.usefixtures("one_slhdsa")
def test_function_that_is_not_called_fails_the_regression_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a new function of the header cannot be forgotten."""
    monkeypatch.setattr("qynauth_pqc.validation.regression.check_encryption", lambda _calls: None)
    [failure] = regression().failures
    assert failure == "ffi_key_kdf_cost was not called: call it in validation/functions.py"


def accept_all(_function: Any, *_arguments: Any) -> int:
    """Verify without looking."""
    return int(lib.PQC_STATUS_OK)


def ignore_the_first_byte() -> Callable[..., Any]:
    """Return a function that decapsulates a known ciphertext even if its first byte differs."""
    seen: dict[bytes, bytes] = {}

    def decapsulate(function: Any, pair: Any, ciphertext: Any, length: int, out: Any) -> Any:
        known = seen.setdefault(ciphertext[1:], ciphertext) if isinstance(ciphertext, bytes) else ciphertext
        return function(pair, known, length, out)

    return decapsulate


def ignore_flags(function: Any, *arguments: Any) -> Any:
    """Sign with fresh randomness under any flags."""
    return function(*arguments[:5], 0, arguments[6])


def never_hedge(function: Any, *arguments: Any) -> Any:
    """Sign without randomness under any flags."""
    return function(*arguments[:5], lib.PQC_SIGN_DETERMINISTIC, arguments[6])


def other_bytes(function: Any, *arguments: Any) -> Any:
    """Return the contents of a buffer, such as a public key, with a bit flipped."""
    status = function(*arguments)
    if not status:
        arguments[-1].data[0] ^= 1
    return status


def other_secret(function: Any, *arguments: Any) -> Any:
    """Write a shared secret with a bit flipped."""
    status = function(*arguments)
    arguments[-3][0] ^= 1
    return status


def other_key(_function: Any, *arguments: Any) -> Any:
    """Load another key than the encoded one."""
    return lib.pqc_private_key_generate(lib.PQC_ALGORITHM_MLKEM512, 0, arguments[-1])


def free_without_clearing(function: Any, buffer: Any) -> None:
    """Leave the size in the struct."""
    function(buffer)
    if buffer:
        buffer.len = 1


def fail(_function: Any, *_arguments: Any) -> int:
    """Fail where success is due."""
    return int(lib.PQC_STATUS_INTERNAL)


def other_lengths(function: Any, *arguments: Any) -> Any:
    """Sign a batch and report other lengths."""
    status = function(*arguments)
    arguments[7].lens[0] += 1
    return status


def without_slow_rows(function: Any, index: int) -> Any:
    """Return a row of the table, which ends before SLH-DSA here."""
    return function(index) if index < len(MLKEM) + len(MLDSA) else ffi.NULL


FAULTS: dict[str, tuple[dict[str, Callable[..., Any]], str]] = {
    "bad signatures are valid": ({"pqc_verify": accept_all}, "pqc_verify accepts a tampered signature"),
    "bad signatures of a batch are valid": ({"pqc_verify_batch": accept_all}, "ML-DSA-44: pqc_verify_batch: (0, "),
    "tampering has no effect": (
        {"pqc_decapsulate": ignore_the_first_byte()},
        "a tampered ciphertext has the same secret",
    ),
    "signatures are not hedged": ({"pqc_sign": never_hedge}, "a hedged signature is the deterministic one"),
    "a mu is signed otherwise": (
        {"pqc_sign_mu_derand": other_bytes},
        "ML-DSA-44: mu and its message have different signatures",
    ),
    "secrets differ": ({"pqc_decapsulate_into": other_secret}, "the two sides of an exchange have different secrets"),
    "a batch does nothing": ({"pqc_decapsulate_batch": accept_all}, "pqc_decapsulate_batch recovers other secrets"),
    "all keys are equal": (
        {"pqc_public_key_equal": lambda function, one, _other, out: function(one, one, out)},
        "pqc_public_key_equal is 1 instead of 0",
    ),
    "no keys are equal": ({"pqc_public_key_equal": accept_all}, "pqc_public_key_equal is 0 instead of 1"),
    "another key is loaded": ({"pqc_private_key_from_pkcs8": other_key}, "ML-DSA-44: PKCS#8 holds another key"),
    "a key is not recognised": ({"ffi_key_algorithm": accept_all}, "ffi_key_algorithm does not recognise a public key"),
    "a key has no size": ({"pqc_public_key_resident_bytes": accept_all}, "a key takes no memory"),
    "flags are ignored": ({"pqc_sign": ignore_flags}, "pqc_sign_into makes another signature than pqc_sign"),
    "an encoding is wrong": ({"pqc_public_key_bytes": other_bytes}, "pqc_public_key_bytes is not what was loaded"),
    "known answers change": ({"pqc_private_key_seed": other_bytes}, "ML-KEM-512: a key returns another seed"),
    "a call fails": ({"pqc_encapsulate": fail}, "check_algorithm: "),
    "lengths are wrong": ({"pqc_sign_batch": other_lengths}, "pqc_sign_batch reports the lengths"),
    "a buffer is not cleared": ({"ffi_buffer_free": free_without_clearing}, "does not clear the struct"),
    "settings stay": ({"ffi_enable_optimizations": accept_all}, "settings are not what was chosen"),
    "a row is wrong": ({"pqc_algorithm_info": lambda function, _id: function(44)}, "ML-KEM-512: pqc_algorithm_info"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_in_the_library_fails_the_regression_part(name: str) -> None:
    """Each faulty function in front of the right one is found and reported in a sentence."""
    faults, expected = FAULTS[name]
    result = regression(Library(pqc_algorithm_at=without_slow_rows, **faults))
    assert [failure for failure in result.failures if expected in failure] != []


def test_known_answers_match_another_implementation() -> None:
    """OpenSSL makes the same keys of the seeds, decapsulates the ciphertexts, and accepts the signatures."""
    calls, rnd = Calls(lib, Checks()), bytes(range(100, 132))
    for name in [each.name for each in (*MLKEM, *MLDSA) if each.name != "ML-KEM-512"]:
        row = ROWS[name]
        seed, module = bytes(range(row.seed_bytes)), mlkem if row.kind == lib.PQC_KIND_KEM else mldsa
        private = calls.handle("private_key", "pqc_private_key_from_seed", row.algorithm, 0, seed)
        public = calls.handle("public_key", "pqc_private_key_public_key", private)
        theirs = getattr(module, f"{name.replace('-', '')}PrivateKey").from_seed_bytes(seed)
        assert theirs.public_key().public_bytes_raw() == calls.buffer("pqc_public_key_bytes", public)
        if module is mlkem:
            ciphertext, secret = calls.buffers("pqc_encapsulate_derand", public, rnd, outputs=2)
            assert theirs.decapsulate(ciphertext) == secret
        else:
            signature = calls.buffer("pqc_sign_derand", private, b"message", b"context", rnd)
            theirs.public_key().verify(signature, b"message", b"context")
    calls.free()
