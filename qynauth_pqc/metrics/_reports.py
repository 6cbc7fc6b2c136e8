"""Reports: the figures that people and programs read, as plain data made from counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qynauth_pqc.errors import MonitorError, expect
from qynauth_pqc.metrics._snapshot import BOUNDS_NS, OPERATIONS, Counts, Snapshot, add_up, end_of, percentile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Figures: TypeAlias = dict[str, Any]
    Report: TypeAlias = dict[str, Any]

_WORDS = {"mlkem": "kyber", "mldsa": "dilithium", "encapsulate": "encap", "decapsulate": "decap"}

REPORT_KEYS: dict[str, str] = {
    "_".join(_WORDS.get(word, word) for word in name.split("_")): name for name in OPERATIONS
}
"""The keys of a report and the operations that they stand for."""

UNKNOWN = "unknown"
"""The parameter set of calls that failed before they named one."""

_PERCENTILES = {"p50_time_ms": 0.5, "p90_time_ms": 0.9, "p99_time_ms": 0.99, "p99_9_time_ms": 0.999}
_NS_PER_MS = 1_000_000
_BUCKET_OF = {lower: number for number, (lower, _) in enumerate(BOUNDS_NS)}


def operation_figures(after: Snapshot, before: Snapshot | None, seconds: float | None) -> dict[str, Figures]:
    """Return the figures of every operation, by the keys of a report."""
    report: dict[str, Figures] = {}
    for key, name in REPORT_KEYS.items():
        sets = {each: counts for (operation, each), counts in after.operations.items() if operation == name}
        if before is not None:
            sets = {each: counts - before.operations[name, each] for each, counts in sets.items()}
        unknown = sets.pop("", Counts.none())  # X-Wing has no set to name
        by_set = {UNKNOWN: unknown} if unknown.calls else {}
        report[key] = _with_sets({**sets, **by_set}, seconds)
    return report


def _with_sets(by_set: dict[str, Counts], seconds: float | None) -> Figures:
    total = add_up(by_set.values())
    return {
        **figures(total, seconds),
        "by_parameter_set": {parameter_set: figures(counts, seconds) for parameter_set, counts in by_set.items()},
    }


def figures(counts: Counts, seconds: float | None) -> Figures:
    """Return the figures of one operation, with None for each that nothing is known about."""
    filled = [number for number, count in enumerate(counts.buckets) if count]
    times: dict[str, float | None] = dict.fromkeys(("avg_time_ms", "min_time_ms", "max_time_ms", *_PERCENTILES))
    if filled:
        times["avg_time_ms"] = counts.total_ns / counts.timed / _NS_PER_MS
        times["min_time_ms"] = BOUNDS_NS[filled[0]][0] / _NS_PER_MS
        times["max_time_ms"] = end_of(*BOUNDS_NS[filled[-1]]) / _NS_PER_MS
        times |= {name: percentile(counts.buckets, share) / _NS_PER_MS for name, share in _PERCENTILES.items()}
    return {
        "count": counts.calls,
        "errors": counts.errors,
        "errors_by_status": {name: count for name, count in counts.by_status.items() if name != "ok"},
        "timed": counts.timed,
        **times,
        "ops_per_second": counts.calls / seconds if seconds else None,
        "total_time_ns": counts.total_ns,
        "histogram_ns": [[BOUNDS_NS[number][0], counts.buckets[number]] for number in filled],
    }


def totals(now: Snapshot) -> Report:
    """Return a report of all that was ever counted, by processes of which nothing else is known."""
    about = {"process_id": None, "started_at": None, "seconds": None}
    return {**about, **operation_figures(now, None, None), "memory": None}


def each_figures(report: Report) -> Iterator[tuple[str, str, Figures]]:
    """Go through a report."""
    for key in REPORT_KEYS:
        yield key, "", report[key]
        for parameter_set, of_set in report[key]["by_parameter_set"].items():
            yield key, parameter_set, of_set


def difference(later: Report, earlier: Report) -> Report:
    """Return what happened between two reports of the same interval, as a report."""
    expect(later, dict, "later")
    expect(earlier, dict, "earlier")
    try:
        return _difference(later, earlier)
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, OverflowError) as error:
        msg = "the difference needs two reports of a monitor: a figure is missing, or has another type"
        raise MonitorError(msg) from error


def _difference(later: Report, earlier: Report) -> Report:
    """Return the difference of two dicts that should be reports."""
    seconds = later["seconds"] - earlier["seconds"]
    same = all(later[key] == earlier[key] for key in ("process_id", "started_at"))
    if not same or seconds < 0:
        msg = "the difference needs a later and an earlier report of one monitor, in this order, and one start of it"
        raise MonitorError(msg)
    operations = {key: _figures_between(later[key], earlier[key], seconds) for key in REPORT_KEYS}
    return {
        "process_id": later["process_id"],
        "started_at": earlier["started_at"] + earlier["seconds"],
        "seconds": seconds,
        **operations,
        "memory": _memory_between(later["memory"], earlier["memory"]),
    }


def _figures_between(later: Figures, earlier: Figures, seconds: float) -> Figures:
    before = {name: _counts(of_set) for name, of_set in earlier["by_parameter_set"].items()}
    after = {name: _counts(of_set) for name, of_set in later["by_parameter_set"].items()}
    by_set = {name: counts - before.get(name, Counts.none()) for name, counts in after.items()}
    return _with_sets({name: counts for name, counts in by_set.items() if name != UNKNOWN or counts.calls}, seconds)


def _counts(of_set: Figures) -> Counts:
    """Return the counts that figures were made from."""
    buckets = [0] * len(BOUNDS_NS) if of_set["histogram_ns"] else []
    for lower, count in of_set["histogram_ns"]:
        buckets[_BUCKET_OF[lower]] = count
    succeeded = of_set["count"] - of_set["errors"]
    by_status = {"ok": succeeded} if succeeded else {}
    return Counts(by_status | of_set["errors_by_status"], of_set["total_time_ns"], tuple(buckets))


def _memory_between(later: dict[str, int], earlier: dict[str, int]) -> dict[str, int]:
    return later | {
        "rss_growth_bytes": later["rss_bytes"] - earlier["rss_bytes"],
        "bytes_wiped": later["bytes_wiped"] - earlier["bytes_wiped"],
    }
