"""What the binding on cffi alone adds for PyPy: who uses a handle, and who frees it. It runs on every Python."""

from __future__ import annotations

import pytest

from qynauth_pqc import ClosedError
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import lib
from qynauth_pqc.native.cffi_binding import Handle, close_handle, end_uses, generate


class ClosedMeanwhile(Handle):
    """A handle that is closed when it has been asked once whether it is."""

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
    """The handle lives until the end of each use that begins."""
    start, handle = snapshot().live_handles, made(ClosedMeanwhile)
    assert handle.pointer
    assert snapshot().live_handles == start + 1
    end_uses([handle])
    assert snapshot().live_handles == start


def test_use_after_closing_does_not_begin() -> None:
    """And leaves nothing behind."""
    start, handle = snapshot().live_handles, made()
    close_handle(handle)
    for use in (lambda: handle.pointer, lambda: handle.call(lib.pqc_private_key_algorithm, None)):
        with pytest.raises(ClosedError, match=r"^the handle is closed$"):
            use()
    assert not handle._uses
    assert snapshot().live_handles == start


def test_handle_is_freed_by_the_last_of_those_who_use_it() -> None:
    """Also where two end what one of them began."""
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
