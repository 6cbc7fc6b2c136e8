"""Every status of an error has its exception in one tree."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from add_ons import ADD_ONS, found
from public_modules import PUBLIC_MODULES

from qynauth_pqc import errors
from qynauth_pqc.errors import STATUS_ERRORS, PQCError
from qynauth_pqc.native import ffi, lib, status_error

STATUSES = {name: code for code, name in ffi.typeof("PqcStatus").elements.items()}
FAILURES = sorted(set(STATUSES) - {"PQC_STATUS_OK"})


def test_every_status_has_an_exception() -> None:
    """The table has every value of the header's enum, and no others."""
    assert sorted(STATUS_ERRORS) == FAILURES


@pytest.mark.parametrize("name", FAILURES)
def test_status_becomes_its_exception_with_the_text_of_the_library(name: str) -> None:
    """The message comes from ffi_status_message, followed by the detail."""
    text = ffi.string(lib.ffi_status_message(STATUSES[name])).decode()
    plain, detailed = status_error(STATUSES[name]), status_error(STATUSES[name], "detail")
    assert type(plain) is STATUS_ERRORS[name]
    assert (str(plain), str(detailed)) == (text, f"{text}: detail")


def test_unknown_status_is_an_internal_error() -> None:
    """A library that is newer than this package must not be mistaken for success."""
    error = status_error(12345)
    assert type(error) is errors.InternalError
    assert str(error) == "unknown status"


def test_every_error_is_in_the_tree() -> None:
    """One except clause catches everything but TypeError."""
    kinds = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(kind, PQCError) for kind in kinds)


def test_formats_share_the_errors_of_formats_and_of_verification() -> None:
    """One except clause serves all formats, and finds the rule; of a format, the position too."""
    packages = [import_module(f"qynauth_pqc.{name}") for name in ADD_ONS]
    for what, position, unit, text in (
        ("envelope", "payloadType", "byte", "envelope, payloadType: rule"),
        ("public key", 7, "byte", "public key, byte 7: rule"),
        ("revoked keys", 7, "line", "revoked keys, line 7: rule"),
        ("", "SignedData.crls", "byte", "SignedData.crls: rule"),
    ):
        error = errors.FormatError.at(what, "rule", position, unit)
        assert (str(error), error.rule, error.position) == (text, "rule", position)
    for package in packages:
        exported: list[Any] = [getattr(package, name) for name in package.__all__ if name.endswith("VerificationError")]
        assert len(exported) == hasattr(package, "Rule")
        for refusal in exported:
            assert issubclass(refusal, errors.VerificationError)
            assert [refusal("text", rule).rule for rule in package.Rule] == [*package.Rule]


@pytest.mark.parametrize("name", ["InvalidKeyError", "InvalidCiphertextError", "InvalidLengthError", "ClosedError"])
def test_errors_about_a_value_are_value_errors(name: str) -> None:
    """Code that knows only the builtin exceptions catches them too."""
    assert issubclass(getattr(errors, name), ValueError)


def test_running_out_of_memory_is_a_memory_error() -> None:
    """Code that knows only MemoryError catches it."""
    assert issubclass(errors.OutOfMemoryError, MemoryError)


def every_error(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    """Yield the classes of the package below a class."""
    for each in kind.__subclasses__():
        yield from every_error(each)
        if each.__module__.startswith("qynauth_pqc"):
            yield each


ARGUMENTS: dict[str, tuple[object, ...]] = {
    "BatchError": ([None], {0: errors.InvalidKeyError("text")}),
    "DatasetError": ("text", {"file": "text"}),
    **{name: value for each in found("errors").values() for name, value in each.ARGUMENTS.items()},
}
"""The arguments of constructors with more than a text."""


def test_every_error_is_copied_and_pickled() -> None:
    """A process of a pool sends its errors by pickle: one that cannot be read would leave the caller waiting."""
    for each in PUBLIC_MODULES:
        import_module(each)
    kinds: set[Any] = {PQCError, *every_error(PQCError)}
    assert {kind.__name__ for kind in kinds} >= {*ARGUMENTS, *errors.__all__}
    for kind in kinds:
        error = kind(*ARGUMENTS.get(kind.__name__, ("text",)))
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - made here
            assert type(again) is kind
            assert str(again).endswith(str(error))  # an error of joserfc puts its code before it once more
            assert str(vars(again)) == str(vars(error))


def test_messages_of_the_library_are_distinct() -> None:
    """Each status has a different message."""
    texts = {ffi.string(lib.ffi_status_message(code)) for code in STATUSES.values()}
    assert len(texts) == len(STATUSES)
