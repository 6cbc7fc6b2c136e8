"""Reports: the figures that people and programs read, as plain data made from counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from qynauth_pqc.errors import MonitorError, expect
from qynauth_pqc.metrics._snapshot import BOUNDS_NS, OPERATIONS, Counts, Snapshot, add_up, end_of, percentile

if TYPE_CHECKING:
    from collections.abc import Iterator


class SetFigures(TypedDict):
    """The figures of an operation with one parameter set; the documentation of the monitor describes them."""

    count: int
    errors: int
    errors_by_status: dict[str, int]
    timed: int
    avg_time_ms: float | None
    min_time_ms: float | None
    max_time_ms: float | None
    p50_time_ms: float | None
    p90_time_ms: float | None
    p99_time_ms: float | None
    p99_9_time_ms: float | None
    ops_per_second: float | None
    total_time_ns: int
    histogram_ns: list[list[int]]


class OperationFigures(SetFigures):
    """The figures of an operation, of all parameter sets and of each."""

    by_parameter_set: dict[str, SetFigures]


class Operations(TypedDict):
    """The figures of all operations, of some under two names."""

    mlkem_keygen: OperationFigures
    mlkem_encapsulate: OperationFigures
    mlkem_decapsulate: OperationFigures
    mlkem_import: OperationFigures
    mldsa_keygen: OperationFigures
    mldsa_sign: OperationFigures
    mldsa_verify: OperationFigures
    mldsa_import: OperationFigures
    xwing_keygen: OperationFigures
    xwing_encapsulate: OperationFigures
    xwing_decapsulate: OperationFigures
    xwing_import: OperationFigures
    composite_keygen: OperationFigures
    composite_sign: OperationFigures
    composite_verify: OperationFigures
    composite_import: OperationFigures
    kyber_keygen: OperationFigures
    kyber_encap: OperationFigures
    kyber_decap: OperationFigures
    dilithium_keygen: OperationFigures
    dilithium_sign: OperationFigures
    dilithium_verify: OperationFigures


class MemoryFigures(TypedDict):
    """The memory of the process, and what the library holds of it."""

    rss_bytes: int
    rss_growth_bytes: int
    rss_peak_bytes: int | None
    live_handles: int
    live_buffers: int
    bytes_wiped: int


class Report(Operations):
    """What happened in an interval."""

    process_id: int
    started_at: float
    seconds: float
    memory: MemoryFigures


class Totals(Operations):
    """All that was ever counted, by processes of which nothing else is known."""

    process_id: None
    started_at: None
    seconds: None
    memory: None


ALIASES: dict[str, str] = {
    "kyber_keygen": "mlkem_keygen",
    "kyber_encap": "mlkem_encapsulate",
    "kyber_decap": "mlkem_decapsulate",
    "dilithium_keygen": "mldsa_keygen",
    "dilithium_sign": "mldsa_sign",
    "dilithium_verify": "mldsa_verify",
}
"""QynAuth's own names of operations, under which a report has their figures too."""

UNKNOWN = "unknown"
"""The parameter set of calls that failed before they named one."""

_PERCENTILES: dict[str, float] = {"p50_time_ms": 0.5, "p90_time_ms": 0.9, "p99_time_ms": 0.99, "p99_9_time_ms": 0.999}
_NS_PER_MS = 1_000_000
_BUCKET_OF = {lower: number for number, (lower, _) in enumerate(BOUNDS_NS)}


def operation_figures(after: Snapshot, before: Snapshot | None, seconds: float | None) -> Operations:
    """Return the figures of every operation."""
    report: dict[str, OperationFigures] = {}
    for name in OPERATIONS:
        sets = {each: counts for (operation, each), counts in after.operations.items() if operation == name}
        if before is not None:
            sets = {each: counts - before.operations[name, each] for each, counts in sets.items()}
        unknown = sets.pop("", Counts.none())  # X-Wing has no set to name
        by_set = {UNKNOWN: unknown} if unknown.calls else {}
        report[name] = _with_sets({**sets, **by_set}, seconds)
    return _with_aliases(report)


def _with_aliases(report: dict[str, OperationFigures]) -> Operations:
    return cast("Operations", report | {alias: report[name] for alias, name in ALIASES.items()})


def _with_sets(by_set: dict[str, Counts], seconds: float | None) -> OperationFigures:
    return {
        **figures(add_up(by_set.values()), seconds),
        "by_parameter_set": {parameter_set: figures(counts, seconds) for parameter_set, counts in by_set.items()},
    }


def figures(counts: Counts, seconds: float | None) -> SetFigures:
    """Return the figures of one operation, with None for each that nothing is known about."""
    filled = [number for number, count in enumerate(counts.buckets) if count]
    shares = {
        name: percentile(counts.buckets, share) / _NS_PER_MS if filled else None for name, share in _PERCENTILES.items()
    }
    return {
        "count": counts.calls,
        "errors": counts.errors,
        "errors_by_status": {name: count for name, count in counts.by_status.items() if name != "ok"},
        "timed": counts.timed,
        "avg_time_ms": counts.total_ns / counts.timed / _NS_PER_MS if filled else None,
        "min_time_ms": BOUNDS_NS[filled[0]][0] / _NS_PER_MS if filled else None,
        "max_time_ms": end_of(*BOUNDS_NS[filled[-1]]) / _NS_PER_MS if filled else None,
        "p50_time_ms": shares["p50_time_ms"],
        "p90_time_ms": shares["p90_time_ms"],
        "p99_time_ms": shares["p99_time_ms"],
        "p99_9_time_ms": shares["p99_9_time_ms"],
        "ops_per_second": counts.calls / seconds if seconds else None,
        "total_time_ns": counts.total_ns,
        "histogram_ns": [[BOUNDS_NS[number][0], counts.buckets[number]] for number in filled],
    }


def totals(now: Snapshot) -> Totals:
    """Return the figures of all that was ever counted."""
    operations = operation_figures(now, None, None)
    return {"process_id": None, "started_at": None, "seconds": None, **operations, "memory": None}


def figures_of(report: Operations, operation: str) -> OperationFigures:
    """Return the figures of an operation, by one of `OPERATIONS`."""
    return report[operation]  # type: ignore[literal-required,no-any-return]


def each_figures(report: Operations) -> Iterator[tuple[str, str, SetFigures]]:
    """Go through a report: each operation, and behind it each of its parameter sets."""
    for name in OPERATIONS:
        of_all = figures_of(report, name)
        yield name, "", of_all
        for parameter_set, of_set in of_all["by_parameter_set"].items():
            yield name, parameter_set, of_set


def difference(later: Report, earlier: Report) -> Report:
    """Return what happened between two reports of the same interval, as a report."""
    expect(later, dict, "later")
    expect(earlier, dict, "earlier")
    try:
        return _difference(later, earlier)
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, OverflowError) as error:
        msg = "expected two reports of a monitor; a figure is missing or has another type"
        raise MonitorError(msg) from error


def _difference(later: Report, earlier: Report) -> Report:
    """Return the difference of two dicts that should be reports."""
    seconds = later["seconds"] - earlier["seconds"]
    same = later["process_id"] == earlier["process_id"] and later["started_at"] == earlier["started_at"]
    if not same or seconds < 0:
        msg = (
            "expected a later and an earlier report of the same monitor, in this order, without a restart between them"
        )
        raise MonitorError(msg)
    operations = {
        name: _figures_between(figures_of(later, name), figures_of(earlier, name), seconds) for name in OPERATIONS
    }
    return {
        "process_id": later["process_id"],
        "started_at": earlier["started_at"] + earlier["seconds"],
        "seconds": seconds,
        **_with_aliases(operations),
        "memory": _memory_between(later["memory"], earlier["memory"]),
    }


def _figures_between(later: OperationFigures, earlier: OperationFigures, seconds: float) -> OperationFigures:
    before = {name: _counts(of_set) for name, of_set in earlier["by_parameter_set"].items()}
    after = {name: _counts(of_set) for name, of_set in later["by_parameter_set"].items()}
    by_set = {name: counts - before.get(name, Counts.none()) for name, counts in after.items()}
    return _with_sets({name: counts for name, counts in by_set.items() if name != UNKNOWN or counts.calls}, seconds)


def _counts(of_set: SetFigures) -> Counts:
    """Return the counts that figures were made from."""
    buckets = [0] * len(BOUNDS_NS) if of_set["histogram_ns"] else []
    for lower, count in of_set["histogram_ns"]:
        buckets[_BUCKET_OF[lower]] = count
    succeeded = of_set["count"] - of_set["errors"]
    by_status = {"ok": succeeded} if succeeded else {}
    return Counts(by_status | of_set["errors_by_status"], of_set["total_time_ns"], tuple(buckets))


def _memory_between(later: MemoryFigures, earlier: MemoryFigures) -> MemoryFigures:
    return {
        **later,
        "rss_growth_bytes": later["rss_bytes"] - earlier["rss_bytes"],
        "bytes_wiped": later["bytes_wiped"] - earlier["bytes_wiped"],
    }
