"""The binding on cffi alone counts the uses of a handle and frees it, for PyPy. The tests run on every Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from conftest import IS_PYPY, only_on_cpython
from interruptions import interrupt

from qynauth_pqc import ClosedError
from qynauth_pqc._keys.slices import complete
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native import ffi, lib
from qynauth_pqc.native.cffi_binding import Handle, begin_uses, close_handle, end_uses
from qynauth_pqc.native.cffi_operations import generate, public_key_of, sign


class ClosedMeanwhile(Handle):
    """A handle that another thread closes right after the first question whether it is closed."""

    __slots__ = ("asked",)

    asked: int

    @property
    def _closed(self) -> bool:
        self.asked += 1
        if self.asked > 1:
            return True
        self._release_if_unused()
        return False

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
    assert begin_uses([handle], "a use")
    assert snapshot().live_handles == start + 1
    end_uses([handle], "a use")
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
    """It is freed even if two users end one use, and then by the end of the other one."""
    start, handle = snapshot().live_handles, generate(512, 0, None)
    assert isinstance(handle, Handle)
    for use in ("of a thread", "of another one"):
        assert begin_uses([handle, None], use)[1] == ffi.NULL
    for _ in range(2):
        end_uses([handle, None], "of a thread")
    close_handle(handle)
    assert snapshot().live_handles == start + 1
    end_uses([handle], "of another one")
    assert snapshot().live_handles == start


class OneStep:
    """A batch of one step, which uses a handle until it is released."""

    count, done = 1, 0

    def __init__(self, handle: Handle) -> None:
        """Take the handle."""
        self._handles: list[Handle | None] = [handle]

    def step(self) -> int:
        """Begin the use."""
        begin_uses(self._handles, self)
        self.done = 1
        return 1

    def release(self) -> None:
        """End the use."""
        end_uses(self._handles, self)

    def finish(self) -> None:
        """Return no results."""


def complete_a_batch(handle: Handle, _: Handle) -> None:
    """Use a handle in a batch."""
    batch: Any = OneStep(handle)
    complete(batch, None)


USES: dict[str, Callable[[Handle, Handle], object]] = {
    "batch": complete_a_batch,
    "call": lambda kem, _: kem.call(lib.pqc_private_key_algorithm, ffi.new("uint32_t *")),
    "operation": lambda kem, _: public_key_of(kem, None),
    "operation with inputs": lambda _, signer: sign(signer, b"message", b"", 0),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_interrupted_use_ends(use: Callable[[Handle, Handle], object]) -> None:
    """An exception between any two instructions leaves no use, so that closing frees the handles."""
    number, has_more = 0, True
    while has_more:
        start = snapshot().live_handles
        handles = generate(512, 0, None), generate(44, 0, None)
        has_more = interrupt(lambda: use(*handles), number)  # type: ignore[arg-type] # noqa: B023 - it is called at once
        for handle in handles:
            close_handle(handle)  # type: ignore[arg-type]
        assert snapshot().live_handles == start, number
        number += 1
    assert number > 10


WITHOUT_MEMORY = """
import _testcapi
from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native.cffi_binding import Memory, hold

key, failed, start = MLDSAPrivateKey.generate("ML-DSA-44"), 0, snapshot().live_buffers
for use in (Memory._view, hold):
    for number in range(20):
        secret = key.seed()
        _testcapi.set_nomemory(number, number + 1)
        try:
            use(secret)
        except MemoryError:
            failed += 1
        finally:
            _testcapi.remove_mem_hooks()
        used = use(secret)
        _testcapi.set_nomemory(0)
        del used, secret
        _testcapi.remove_mem_hooks()
        assert snapshot().live_buffers == start, (use, number)
print(failed > 10)
"""


@only_on_cpython("fails the allocations of CPython")
def test_buffer_without_memory_keeps_nothing() -> None:
    """Each allocation fails in turn, and then all while the buffer is freed, which has nobody to report an error to."""
    pytest.importorskip("_testcapi", reason="needs the test modules of CPython")
    environment = {**os.environ, "QYNAUTH_PQC_BINDING": "cffi"}
    command = [sys.executable, "-c", WITHOUT_MEMORY]
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert (run.stdout, run.stderr) == ("True\n", "")


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
