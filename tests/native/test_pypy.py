"""The binding on cffi alone counts the uses of a handle and frees it, for PyPy. The tests run on every Python."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import IS_PYPY

from qynauth_pqc import ClosedError
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import lib
from qynauth_pqc.native.cffi_binding import Handle, close_handle, end_uses
from qynauth_pqc.native.cffi_operations import generate


class ClosedMeanwhile(Handle):
    """A handle that is closed after the first question whether it is."""

    __slots__ = ("asked",)

    asked: int

    @property
    def _closed(self) -> bool:
        self.asked += 1
        return self.asked > 1

    @_closed.setter
    def _closed(self, _closed: bool) -> None:
        self.asked = 0


def made(kind: type[Handle] = Handle) -> Handle:
    """Return the handle of a new private key."""
    handle = kind("private_key")
    assert lib.pqc_private_key_generate(512, 0, handle.slot) == 0
    return handle


def test_use_that_begins_as_it_is_closed_has_an_end() -> None:
    """The handle lives until each use that has begun ends."""
    start, handle = snapshot().live_handles, made(ClosedMeanwhile)
    assert handle.pointer
    assert snapshot().live_handles == start + 1
    end_uses([handle])
    assert snapshot().live_handles == start


def test_use_after_closing_does_not_begin() -> None:
    """It leaves nothing behind."""
    start, handle = snapshot().live_handles, made()
    close_handle(handle)
    for use in (lambda: handle.pointer, lambda: handle.call(lib.pqc_private_key_algorithm, None)):
        with pytest.raises(ClosedError, match=r"^private key is closed$"):
            use()
    assert not handle._uses
    assert snapshot().live_handles == start


def test_handle_is_freed_by_the_last_of_those_who_use_it() -> None:
    """It is freed even if two users end the use that one of them began."""
    start, handle = snapshot().live_handles, generate(512, 0, None)
    assert isinstance(handle, Handle)
    assert handle.pointer  # of a thread
    assert handle.pointer  # of another one
    taken: list[Handle | None] = [handle]
    end_uses(taken)
    end_uses(taken)
    close_handle(handle)
    assert snapshot().live_handles == start + 1
    end_uses([handle])
    assert snapshot().live_handles == start


def test_handles_that_are_split_have_one_owner() -> None:
    """Each is freed once, by its new owner."""
    start, handles = snapshot().live_handles, Handle("private_key", 3)
    assert lib.pqc_private_key_generate(512, 0, handles.slot) == 0
    first, *others = handles.split()
    assert others == [None, None]
    close_handle(handles)
    assert snapshot().live_handles == start + 1
    close_handle(first)
    assert snapshot().live_handles == start


@pytest.mark.parametrize(("chosen", "result"), [(None, not IS_PYPY), ("cffi", False)])
def test_binding_is_the_one_that_was_chosen(chosen: str | None, result: bool) -> None:  # noqa: FBT001 - it is a value
    """The environment variable decides; the default is the binding in C, if it exists."""
    environment = {name: value for name, value in os.environ.items() if name != "QYNAUTH_PQC_BINDING"}
    environment |= {} if chosen is None else {"QYNAUTH_PQC_BINDING": chosen}
    command = [sys.executable, "-c", "from qynauth_pqc.native import IS_ACCELERATED; print(IS_ACCELERATED)"]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert run.stdout == f"{result}\n"


def test_unknown_binding_is_refused() -> None:
    """It is refused when the package is imported."""
    command = [sys.executable, "-c", "import qynauth_pqc"]
    environment = {**os.environ, "QYNAUTH_PQC_BINDING": "C"}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert run.stderr.endswith("ImportError: QYNAUTH_PQC_BINDING must be cffi or not set\n")
