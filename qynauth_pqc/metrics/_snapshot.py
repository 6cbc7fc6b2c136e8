"""Snapshots of the metrics of the library. Only this module reads `FFIMetrics` and `FFIOperationMetrics`."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields
from itertools import accumulate
from operator import add, sub
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.metrics.shared import shared_file
from qynauth_pqc.native import Memory, copy_of, ffi, lib, new_memory, status_error
from qynauth_pqc.native.inputs import input_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_SIZE, _SIZE_EACH = ffi.sizeof("FFIMetrics"), ffi.sizeof("FFIOperationMetrics")
_NO_BOUND = 2**64 - 1
_NAMES: dict[int, str] = ffi.typeof("PqcStatus").elements
_ALGORITHMS = {row.algorithm: name for name, row in ROWS.items()}

ACTIONS: tuple[str, ...] = tuple(
    ffi.string(lib.ffi_action_name(number)).decode("ascii") for number in sorted(ffi.typeof("PqcAction").elements)
)
"""The names of all actions, such as "sign", in the order of their numbers."""

STATUSES: dict[int, str] = {number: name.removeprefix("PQC_STATUS_").lower() for number, name in sorted(_NAMES.items())}
"""The names of all statuses, such as "ok" and "invalid_signature"."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of an operation, which add and subtract."""

    by_status: dict[str, int]  # ended calls by the name of their status, without zeros
    total_ns: int  # the sum of the times of the calls that were timed
    buckets: tuple[int, ...]  # the histogram of the times, a count for each of `BOUNDS_NS`; empty if no call was timed

    @property
    def calls(self) -> int:
        """Ended calls."""
        return sum(self.by_status.values())

    @property
    def timed(self) -> int:
        """Calls that were timed: successful calls while timing was on."""
        return sum(self.buckets)

    def __sub__(self, earlier: Counts) -> Counts:
        """Return the counts since an earlier snapshot."""
        return self._combined(sub, earlier)

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both."""
        return self._combined(add, other)

    def _combined(self, combine: Callable[[int, int], int], other: Counts) -> Counts:
        by_status = {}
        for name in STATUSES.values():
            count = combine(self.by_status.get(name, 0), other.by_status.get(name, 0))
            if count:
                by_status[name] = count
        none = (0,) * max(len(self.buckets), len(other.buckets))
        buckets = tuple(map(combine, self.buckets or none, other.buckets or none))
        return Counts(by_status, combine(self.total_ns, other.total_ns), buckets)


NO_COUNTS = Counts({}, 0, ())
"""The counts of an operation that was never called."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The metrics at one moment: of all processes that share them, and of this process alone from `live_handles` on."""

    operations: dict[tuple[str, str], Counts]  # for each of `OPERATIONS`, with zeros for those without a call
    live_handles: int  # handles of keys that are not freed
    live_buffers: int  # buffers of secrets that are not freed
    bytes_wiped: int  # bytes of buffers and private keys; taking a snapshot wipes its buffer, which is counted
    self_tests: int  # one for each parameter set and code path before its first use
    self_test_ns: int  # the sum of their times, which no time of an operation includes


def add_up(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    return sum((each for each in counts if each.by_status), NO_COUNTS)


def snapshot() -> Snapshot:
    """Read all metrics, in one call of the library."""
    process, buffer = ffi.new("FFIMetrics *"), new_memory(Memory)
    _check(lib.ffi_metrics_report(process, _SIZE, buffer._slot))
    lent = input_array(copy_of(buffer))
    called = ffi.cast("FFIOperationMetrics *", lent)
    operations = dict.fromkeys(OPERATIONS, NO_COUNTS)
    for index in range(len(lent) // _SIZE_EACH):
        entry, by_status = called[index], {}
        counts = ffi.unpack(entry.by_status, lib.FFI_METRICS_STATUSES)
        for number, name in STATUSES.items():
            if counts[number]:
                by_status[name] = counts[number]
        buckets = tuple(ffi.unpack(entry.buckets, lib.FFI_METRICS_BUCKETS)) if entry.timed else ()
        operations[_operation(entry)] = Counts(by_status, entry.total_ns, buckets)
    own = (getattr(process, field.name) for field in fields(Snapshot)[1:])
    return Snapshot(operations, *own)


def _operation(entry: Any) -> tuple[str, str]:
    return ACTIONS[entry.action], _ALGORITHMS.get(entry.algorithm, "")


def _check(status: int) -> None:
    if status == lib.PQC_STATUS_SHARED_MEMORY:
        raise status_error(status, f"{shared_file()} is damaged; remove it while no process uses it")
    if status:
        raise status_error(status)


def _operations() -> Iterator[tuple[str, str]]:
    entry = ffi.new("FFIOperationMetrics *")
    for index in range(lib.ffi_metrics_count()):
        _check(lib.ffi_metrics_at(index, entry))
        yield _operation(entry)


OPERATIONS: tuple[tuple[str, str], ...] = tuple(_operations())
"""Action and algorithm of everything that is counted; the algorithm is "" for calls that named no algorithm."""

BOUNDS_NS: tuple[tuple[int, int], ...] = tuple(
    (lib.ffi_metrics_bucket_ns(bucket), lib.ffi_metrics_bucket_ns(bucket + 1))
    for bucket in range(lib.FFI_METRICS_BUCKETS)
)
"""Least time of each bucket of a histogram, and of the next bucket, in nanoseconds."""


def end_of(lower: int, upper: int) -> int:
    """Return the upper bound of a bucket in nanoseconds; for the last bucket, twice its least time."""
    return upper if upper < _NO_BOUND else 2 * lower


_MIDDLES_NS = tuple((lower + end_of(lower, upper) - 1) / 2 for lower, upper in BOUNDS_NS)


def percentiles(buckets: Sequence[int], shares: Iterable[float]) -> list[float]:
    """Return the times in nanoseconds that these shares of the calls did not exceed, each within 5 %."""
    passed = [*accumulate(buckets)]
    if not any(passed):
        raise ValueError("no call in the histogram")
    return [_MIDDLES_NS[bisect_left(passed, share * passed[-1])] for share in shares]
