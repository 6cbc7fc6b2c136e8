"""The tree of exceptions and its tie to the status codes of the header."""

from __future__ import annotations

import pytest

from qynauth_pqc import errors
from qynauth_pqc.errors import STATUS_ERRORS, PQCError, status_error
from qynauth_pqc.native import ffi, lib

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


@pytest.mark.parametrize("name", ["InvalidKeyError", "InvalidCiphertextError", "InvalidLengthError", "ClosedError"])
def test_errors_about_a_value_are_value_errors(name: str) -> None:
    """Code that knows only the builtin exceptions catches them too."""
    assert issubclass(getattr(errors, name), ValueError)


def test_running_out_of_memory_is_a_memory_error() -> None:
    """Code that knows only MemoryError catches it."""
    assert issubclass(errors.OutOfMemoryError, MemoryError)


def test_messages_of_the_library_are_distinct() -> None:
    """Each status has a different message."""
    texts = {ffi.string(lib.ffi_status_message(code)) for code in STATUSES.values()}
    assert len(texts) == len(STATUSES)
