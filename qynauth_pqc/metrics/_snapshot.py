"""Snapshots of the metrics of the library. Only this module reads `FFIMetrics` and `FFIOperationMetrics`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.metrics.shared import shared_file
from qynauth_pqc.native import Memory, copy_of, ffi, lib, new_memory, status_error
from qynauth_pqc.native.inputs import input_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    """The counts of an operation, which add and subtract.

    Attributes:
        by_status: ended calls by the name of their status, without zeros.
        total_ns: sum of the times of the calls that were timed, in nanoseconds.
        buckets: the histogram of the times, one count for each of `BOUNDS_NS`, or nothing if no call was timed.
    """

    by_status: dict[str, int]
    total_ns: int
    buckets: tuple[int, ...]

    @property
    def calls(self) -> int:
        """Ended calls."""
        return sum(self.by_status.values())

    @property
    def errors(self) -> int:
        """Ended calls with another status than "ok"."""
        return self.calls - self.by_status.get("ok", 0)

    @property
    def timed(self) -> int:
        """Calls that were timed: successful calls while timing was on."""
        return sum(self.buckets)

    def __sub__(self, earlier: Counts) -> Counts:
        """Return the counts since an earlier snapshot."""
        by_status = {name: count - earlier.by_status.get(name, 0) for name, count in self.by_status.items()}
        return Counts(
            {name: count for name, count in by_status.items() if count},
            self.total_ns - earlier.total_ns,
            _combine(self.buckets, [-count for count in earlier.buckets]),
        )

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both."""
        names = [name for name in STATUSES.values() if name in self.by_status or name in other.by_status]
        return Counts(
            {name: self.by_status.get(name, 0) + other.by_status.get(name, 0) for name in names},
            self.total_ns + other.total_ns,
            _combine(self.buckets, other.buckets),
        )

    @classmethod
    def none(cls) -> Counts:
        """Return counts of zero."""
        return cls({}, 0, ())


def _combine(first: Sequence[int], second: Sequence[int]) -> tuple[int, ...]:
    if not first or not second:
        return tuple(first or second)
    return tuple(a + b for a, b in zip(first, second, strict=True))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The metrics at one moment: of this process, or of all processes that share them.

    Attributes:
        operations: counts by the name of the action and of the algorithm, which is "" for calls that failed before they
            named an algorithm. Operations without a call have counts of zero.
        live_handles: handles of keys of this process that are not freed.
        live_buffers: buffers of secrets of this process that are not freed.
        bytes_wiped: bytes of buffers and private keys that this process has wiped. Taking a snapshot wipes its buffer,
            which is counted.
        self_tests: self tests that this process has run, one for each parameter set and code path before its first
            use.
        self_test_ns: sum of their times in nanoseconds. No time of an operation includes them.
    """

    operations: dict[tuple[str, str], Counts]
    live_handles: int
    live_buffers: int
    bytes_wiped: int
    self_tests: int
    self_test_ns: int

    def total(self, action: str) -> Counts:
        """Return the counts of an action over all algorithms."""
        return add_up(counts for (name, _), counts in self.operations.items() if name == action)


def add_up(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    return sum(counts, Counts.none())


def snapshot() -> Snapshot:
    """Read all metrics, in one call of the library."""
    process, buffer = ffi.new("FFIMetrics *"), new_memory(Memory)
    _check(lib.ffi_metrics_report(process, _SIZE, buffer._slot))
    lent = input_array(copy_of(buffer))
    called = ffi.cast("FFIOperationMetrics *", lent)
    counts = {_operation(called[index]): _counts(called[index]) for index in range(len(lent) // _SIZE_EACH)}
    operations = dict.fromkeys(OPERATIONS, Counts.none()) | counts
    own = (getattr(process, field.name) for field in fields(Snapshot)[1:])
    return Snapshot(operations, *own)


def _operation(entry: Any) -> tuple[str, str]:
    return ACTIONS[entry.action], _ALGORITHMS.get(entry.algorithm, "")


def _counts(entry: Any) -> Counts:
    all_statuses = ffi.unpack(entry.by_status, lib.FFI_METRICS_STATUSES)
    by_status = {name: all_statuses[number] for number, name in STATUSES.items() if all_statuses[number]}
    buckets = tuple(ffi.unpack(entry.buckets, lib.FFI_METRICS_BUCKETS)) if entry.timed else ()
    return Counts(by_status, entry.total_ns, buckets)


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


def percentile(buckets: Sequence[int], share: float) -> float:
    """Return the time in nanoseconds that a share of the calls did not exceed, within 5 %."""
    rank, passed = share * sum(buckets), 0
    for (lower, upper), count in zip(BOUNDS_NS, buckets, strict=True):
        passed += count
        if count and passed >= rank:
            return (lower + end_of(lower, upper) - 1) / 2
    raise ValueError("no call in the histogram")
