"""Batches: items are processed in time slices of about 100 ms, between which the caller can act."""

from __future__ import annotations

import os
from itertools import repeat
from time import perf_counter
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import Key, loadable
from qynauth_pqc.errors import BatchError, ClosedError, UnsupportedError, expect
from qynauth_pqc.native import SMALL_BATCH, begin_uses, end_uses, ffi, lib, status_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from qynauth_pqc.batch._inputs import Input
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.native import Handle

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


def thread_count(threads: int | None) -> int:
    """Return a number of threads as the C interface takes it."""
    if threads is None:
        return 0
    expect(threads, int, "threads")
    if not 1 <= threads <= MOST_THREADS:
        raise UnsupportedError(f"threads must be 1 to {MOST_THREADS}, not {threads}")
    return threads


def default_threads() -> int:
    """Return how many threads a batch uses by default: see QYNAUTH_PQC_THREADS."""
    named = os.environ.get("QYNAUTH_PQC_THREADS", "").strip()
    if named.isdecimal():  # C refuses anything that is no number of threads
        return min(int(named), MOST_THREADS)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Keys:
    """The keys of a batch: one key for all items, or a key for each.

    Attributes:
        name: their name in an error.
        count: the number of keys, one for each item; None if one key serves all.
        refused: the errors of the keys that are closed, by their index.
    """

    __slots__ = ("_array", "_array_type", "_handles", "_keys", "_options", "_used", "count", "name", "refused")

    def __init__(self, kind: type[Key], keys: Key | Iterable[Key], name: str) -> None:
        """Take the handles, so that the keys may be closed during the batch."""
        one = isinstance(keys, kind)
        is_view = isinstance(keys, memoryview)  # a sequence too, but with items that may not be readable
        self._keys: list[Any] = [keys] if isinstance(keys, Key) or is_view else list(keys)
        for other in set(map(type, self._keys)):
            if not issubclass(other, kind):
                names = dict.fromkeys(each.__name__ for each, _ in loadable(kind))
                raise TypeError(f"{name} must be {' or '.join(names)} objects, not {other.__name__}")
        self.name, self.count = name, None if one else len(self._keys)
        self.refused: dict[int, PQCError] = {}
        self._handles = [keys._use()] if one else self._open_handles()  # type: ignore[union-attr]
        self._used: list[Handle | None] = []
        self._array: Any = None
        self._array_type, self._options = kind._array_type, kind._options_of

    def _open_handles(self) -> list[Handle | None]:
        """Return the handles, with None for a closed key, which is refused."""
        handles = [key._handle for key in self._keys]
        for index in [index for index, handle in enumerate(handles) if handle is None]:
            self.refused[index] = ClosedError(f"{type(self._keys[index]).__name__} is closed")
        return handles

    def chunk(self, begin: int, end: int) -> tuple[Any, int]:
        """Return the keys of the items from `begin` to before `end`, and their number."""
        if self._array is None:  # after `begin_uses`: `release` ends the uses
            pointers = begin_uses(self._handles)
            self._used += self._handles
            self._array = _new(self._array_type, pointers)
        return (self._array, 1) if self.count is None else (self._array + begin, end - begin)

    def memory_flags(self) -> int:
        """Return PQC_KEY_LOCKED_MEMORY if any key keeps its secrets in locked memory, or else 0."""
        out, flag, options = _new("uint32_t *"), lib.PQC_KEY_LOCKED_MEMORY, self._options
        handles = (handle for handle in self._handles if handle is not None)
        locked = (handle.call(options, out) == lib.PQC_STATUS_OK and out[0] & flag for handle in handles)
        return flag if any(locked) else 0

    def release(self) -> None:
        """Return the handles, so that keys that were closed in the meantime are freed."""
        end_uses(self._used)

    def parameter_set(self, index: int) -> Any:
        """Return the parameter set of the key of an item."""
        return self._keys[0 if self.count is None else index]._parameter_set

    def sizes(self, begin: int, end: int, name: str) -> Iterable[int]:
        """Return a size, an attribute of the parameter sets, for the keys of the items from `begin` to before `end`."""
        if self.count is None:
            return repeat(getattr(self._keys[0]._parameter_set, name), end - begin)
        return [getattr(key._parameter_set, name) for key in self._keys[begin:end]]

    def parameter_sets(self) -> set[Any]:
        """Return the parameter sets of all keys."""
        return {key._parameter_set for key in self._keys}

    @property
    def first_items(self) -> int:
        """The number of items in the first time slice."""
        return first_items_of(key._parameter_set for key in self._keys[:SMALL_BATCH])


def first_items_of(parameter_sets: Iterable[Any]) -> int:
    """Return the number of items in the first time slice: enough for several threads, if the operations are short."""
    return min((each.first_items for each in parameter_sets), default=SMALL_BATCH)


class Batch:
    """A batch in progress.

    Attributes:
        count: how many items it has.
        done: how many of them were processed.
        errors: the error of each item that failed, by its index.
    """

    def __init__(self, count: int, threads: int | None, inputs: Sequence[Input | Keys], first_items: int) -> None:
        """Check the number of threads, and note which items cannot be processed."""
        self.count, self.done = count, 0
        self.threads = thread_count(threads)
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
        """Note the error of an item that failed."""
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

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        """Process the items from `begin` to before `end`, keep the results, and return the status."""
        raise NotImplementedError

    def _detail(self, index: int, status: int) -> str:
        """Return more about the error of an item."""
        raise NotImplementedError

    def _results(self) -> Any:
        """Return the results of all items."""
        raise NotImplementedError


def complete(batch: Batch, progress: Callable[[int], object] | None) -> Any:
    """Process all items of a batch, and return its results."""
    try:
        while batch.done < batch.count:
            items = batch.step()
            if progress is not None:
                progress(items)
    finally:
        batch.release()
    return batch.finish()
