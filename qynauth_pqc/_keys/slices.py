"""Batches: items are processed in time slices of about 100 ms, between which the caller can act.

Only the batches of new key pairs are here, for `generate_many` of the classes of private keys: the others have inputs,
which are the matter of `qynauth_pqc.batch`.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from qynauth_pqc.errors import BatchError, InvalidLengthError, UnsupportedError, expect
from qynauth_pqc.native import ffi, lib, new_private_key, status_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from qynauth_pqc._keys.key import Key
    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.native import Failure

    K = TypeVar("K", bound=Key)

SLICE_SECONDS = 0.1
"""The target length of a time slice.

The Python code between two slices takes some 60 microseconds for any number of items, since the caches are cold by
then. If it last ran less than 5 ms ago, it takes 6.
"""

_MOST_GROWTH = 16

MOST_THREADS: int = lib.PQC_MAX_THREADS

# Bound once: between two time slices the caches are cold, and each look-up costs microseconds.
_new = ffi.new
STATUSES = ffi.typeof("int32_t[]")
DONE = lib.PQC_STATUS_OK, lib.PQC_STATUS_BATCH_ITEMS


def default_threads() -> int:
    """Return how many threads a batch uses by default: see QYNAUTH_PQC_THREADS."""
    named = os.environ.get("QYNAUTH_PQC_THREADS", "").strip()
    if named.isdecimal():  # C refuses anything that is no number of threads
        return min(int(named), MOST_THREADS)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checked_count(count: Any) -> int:
    """Return a number of items."""
    expect(count, int, "count")
    number = int.__index__(count)  # a subclass may calculate differently, and this number sizes memory
    if not 0 <= number <= sys.maxsize:
        raise InvalidLengthError(f"count must be 0 to {sys.maxsize}: got {number}")
    return number


def errors_of(failure: Failure, detail: Callable[[int, int], str]) -> dict[int, PQCError]:
    """Return the error of each item that failed, by its index; raise the error of a batch that failed as a whole."""
    status, statuses, _ = failure
    if status != lib.PQC_STATUS_BATCH_ITEMS:
        raise status_error(status)
    return {index: status_error(each, detail(index, each)) for index, each in enumerate(statuses) if each}


class Batch:
    """A batch of `count` items in progress, of which `done` were processed, with the errors of those that failed."""

    _call: Callable[[int, int, Any], int]  # process the items from one to before another, and return the status
    _results: Callable[[], Any]

    def __init__(self, count: int, threads: int | None, inputs: Sequence[Any], first_items: int) -> None:
        """Check the number of threads, and note which items cannot be processed."""
        self.count, self.done = count, 0
        if threads is not None:
            expect(threads, int, "threads")
            if not 1 <= threads <= MOST_THREADS:
                raise UnsupportedError(f"threads must be 1 to {MOST_THREADS}, not {threads}")
        self.threads = threads or 0  # which is the default of C
        self.errors: dict[int, PQCError] = {}
        self._inputs = inputs
        self._working = self._abandoned = False
        # An operation that takes longer than a time slice shares the slice with operations of the other threads.
        self._least = self.threads or default_threads() if first_items == 1 else 1
        self._next = max(first_items, self._least)
        self._most = max(count, 1)
        self._statuses = _new(STATUSES, 0)

    def step(self) -> int:
        """Work for one time slice, and return the number of items in it: none if the batch was abandoned."""
        # Each of two threads sets its own flag before it reads the other's, so that no input is returned to its
        # owner while C reads it.
        try:
            self._working = True
            return 0 if self._abandoned else self._step()
        finally:
            self._working = False
            if self._abandoned:
                self.release()

    def _step(self) -> int:
        begin, end = self.done, min(self.done + self._next, self.count)
        start = perf_counter()
        if len(self._statuses) < end - begin:
            self._statuses = _new(STATUSES, end - begin)
        statuses = self._statuses
        status = self._call(begin, end, statuses)
        if status not in DONE:
            raise status_error(status)
        if status:
            for index, failed in enumerate(ffi.unpack(statuses, end - begin), begin):
                if failed and not any(index in each.refused for each in self._inputs):
                    self._fail(index, failed)
        self.done = end
        rate = (end - begin) / max(perf_counter() - start, 1e-9)
        self._next = max(self._least, min(int(rate * SLICE_SECONDS), (end - begin) * _MOST_GROWTH, self._most))
        return end - begin

    def _fail(self, index: int, status: int) -> None:
        self.errors[index] = status_error(status, self._detail(index, status))

    def release(self) -> None:
        """Release the memory of the inputs, also if the batch ends early."""
        for each in self._inputs:
            each.release()

    def abandon(self) -> None:
        """Release the batch when the time slice of another thread ends, if there is one, and let no other slice begin.

        An event loop may drop a coroutine that waits for the thread.
        """
        self._abandoned = True
        if not self._working:
            self.release()

    def finish(self) -> Any:
        """Return the results after all items were processed."""
        for each in self._inputs:
            self.errors.update(each.refused)
        results = self._results()
        if self.errors:
            raise BatchError(results, self.errors)
        return results

    def _detail(self, _index: int, _status: int) -> str:
        return ""


def later(_items: int) -> None:
    """Stand for the progress of a batch that the caller of `complete` processes, in an event loop."""


def complete(batch: Batch, progress: Callable[[int], object] | None) -> Any:
    """Process all items of a batch, and return its results; if progress is `later`, return the batch itself."""
    if progress is later:
        return batch
    try:
        try:
            while batch.done < batch.count:
                items = batch.step()
                if progress is not None:
                    progress(items)
        finally:
            batch.release()
    finally:  # again, for an exception between the instructions of the first
        batch.release()
    return batch.finish()


def generate_small(kind: type[K], chosen: ParameterSet, count: Any, threads: Any, flags: int) -> list[K] | None:
    """Make keys by one call of C; return None, before anything is done, for a large batch or a wrong argument."""
    if type(count) is not int or not 1 <= count <= chosen.first_items:
        return None
    if threads is not None and (type(threads) is not int or not 1 <= threads <= MOST_THREADS):
        return None
    handles, statuses = new_private_key(count), ffi.new(STATUSES, count)
    status = lib.pqc_private_key_generate_batch(chosen.id, flags, count, threads or 0, handles.slot, statuses)
    made: list[Any] = [None if handle is None else kind._own(handle, chosen) for handle in handles.split()]
    if status:
        raise BatchError(made, errors_of((status, list(statuses), ()), lambda _index, _status: ""))
    return made


class Generation(Batch):
    """Key pairs to be made."""

    def __init__(self, kind: type[Key], chosen: ParameterSet, count: int, threads: int | None, flags: int) -> None:
        """Take the arguments of `generate_many`, with the options as flags."""
        super().__init__(checked_count(count), threads, (), chosen.first_items)
        self._class, self._set = kind, chosen
        self._flags = flags
        self._made: list[Any] = []

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        handles, count = new_private_key(end - begin), end - begin
        status: int = lib.pqc_private_key_generate_batch(
            self._set.id, self._flags, count, self.threads, handles.slot, statuses
        )
        own, made = self._class._own, handles.split()
        self._made += [None if handle is None else own(handle, self._set) for handle in made]
        return status

    def _results(self) -> list[Any]:
        return self._made
