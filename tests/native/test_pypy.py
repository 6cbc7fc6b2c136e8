"""What PyPy has in the place of the C code for Python: who uses a handle, and who frees it. It runs on every Python."""

from __future__ import annotations

import pytest

from qynauth_pqc import ClosedError
from qynauth_pqc._ffi import lib
from qynauth_pqc._pypy import Handle, _Uses, generate, give_back, let_go
from qynauth_pqc.metrics._snapshot import snapshot


class ClosedMeanwhile(_Uses):
    """Uses of something that is closed when it has been asked once whether it is."""

    asked = 0

    @property
    def _closed(self) -> bool:
        self.asked += 1
        return self.asked > 1

    @_closed.setter
    def _closed(self, _closed: bool) -> None:
        pass


def test_use_that_begins_as_it_is_closed_has_an_end() -> None:
    """What is released waits for the end of each use that begins."""
    released: list[bool] = []
    uses = ClosedMeanwhile(lambda: released.append(True))
    if uses.begin():
        assert not released
        uses.end()
    assert released


def test_use_after_closing_does_not_begin() -> None:
    """And leaves nothing behind."""
    released: list[bool] = []
    uses = _Uses(lambda: released.append(True))
    uses.close()
    assert not uses.begin()
    assert not uses._running
    assert released


def test_handle_is_freed_by_the_last_of_those_who_use_it() -> None:
    """Also where two give back what one of them took."""
    start, handle = snapshot().live_handles, generate(512, 0, None)
    assert isinstance(handle, Handle)
    assert handle.pointer  # of a thread
    assert handle.pointer  # of another one
    taken: list[Handle | None] = [handle]
    give_back(taken)
    give_back(taken)
    let_go(handle)
    assert snapshot().live_handles == start + 1
    give_back([handle])
    assert snapshot().live_handles == start


def test_handles_that_are_split_have_one_owner() -> None:
    """Each is freed once, by its new owner."""
    start, handles = snapshot().live_handles, Handle("private_key", 3)
    assert lib.pqc_private_key_generate(512, 0, handles.slot) == 0
    first, *others = handles.split()
    assert others == [None, None]
    let_go(handles)
    assert snapshot().live_handles == start + 1
    let_go(first)
    assert snapshot().live_handles == start


def test_closed_handle_is_refused() -> None:
    """With the error that CPython's has too."""
    handle = Handle("public_key")
    let_go(handle)
    with pytest.raises(ClosedError, match=r"^the handle is closed$"):
        _ = handle.pointer
