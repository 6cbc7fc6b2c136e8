"""Reports: the figures that people and programs read, as plain data made from counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from qynauth_pqc._keys.parameter_sets import FAMILIES
from qynauth_pqc.errors import MonitorError, expect
from qynauth_pqc.metrics._snapshot import ACTIONS, BOUNDS_NS, NO_COUNTS, Counts, Snapshot, add_up, end_of, percentiles

if TYPE_CHECKING:
    from collections.abc import Iterator


class Figures(TypedDict):
    """The figures of an action with one algorithm; the documentation of the monitor describes them."""

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


class ActionFigures(Figures):
    """The figures of an action, with all algorithms and with each."""

    by_algorithm: dict[str, Figures]


# The figures of all actions, and of some of their algorithms under the names that QynAuth uses.
Actions = TypedDict(
    "Actions",
    {
        "generate": ActionFigures,
        "import": ActionFigures,
        "encapsulate": ActionFigures,
        "decapsulate": ActionFigures,
        "sign": ActionFigures,
        "verify": ActionFigures,
        "kyber_keygen": ActionFigures,
        "kyber_encap": ActionFigures,
        "kyber_decap": ActionFigures,
        "dilithium_keygen": ActionFigures,
        "dilithium_sign": ActionFigures,
        "dilithium_verify": ActionFigures,
    },
)


class MemoryFigures(TypedDict):
    """The memory of the process, and the library's share of it."""

    rss_bytes: int
    rss_growth_bytes: int
    rss_peak_bytes: int | None
    live_handles: int
    live_buffers: int
    bytes_wiped: int


class SelfTestFigures(TypedDict):
    """The self tests of the process. No time of an action includes them."""

    count: int
    total_time_ns: int


class Report(Actions):
    """The figures of an interval."""

    process_id: int
    started_at: float
    seconds: float
    memory: MemoryFigures
    self_tests: SelfTestFigures


class Totals(Actions):
    """All counts so far, of processes about which nothing else is known."""

    process_id: None
    started_at: None
    seconds: None
    memory: None
    self_tests: None


QYNAUTH_NAMES: dict[str, tuple[str, str]] = {
    "kyber_keygen": ("generate", "ML-KEM"),
    "kyber_encap": ("encapsulate", "ML-KEM"),
    "kyber_decap": ("decapsulate", "ML-KEM"),
    "dilithium_keygen": ("generate", "ML-DSA"),
    "dilithium_sign": ("sign", "ML-DSA"),
    "dilithium_verify": ("verify", "ML-DSA"),
}
"""The names that QynAuth uses: the action, and the family of the algorithms."""

UNKNOWN = "unknown"
"""The name for calls that failed before they named an algorithm."""

_SHARES = (0.5, 0.9, 0.99, 0.999)
_NS_PER_MS = 1_000_000
_BUCKET_OF = {lower: number for number, (lower, _) in enumerate(BOUNDS_NS)}


def action_figures(after: Snapshot, before: Snapshot | None, seconds: float | None) -> Actions:
    """Return the figures of every action."""
    counts = after.operations
    if before is not None:
        earlier = before.operations
        counts = {
            name: NO_COUNTS if now.by_status == earlier[name].by_status else now - earlier[name]
            for name, now in counts.items()
        }
    by_action = {
        name: {algorithm or UNKNOWN: each for (action, algorithm), each in counts.items() if action == name}
        for name in ACTIONS
    }
    return _all_figures(by_action, seconds)


def _all_figures(by_action: dict[str, dict[str, Counts]], seconds: float | None) -> Actions:
    """Return the figures of counts by action and algorithm, and the figures under the names that QynAuth uses."""
    named = {
        name: {
            algorithm: counts for algorithm, counts in by_action[action].items() if FAMILIES.get(algorithm) == family
        }
        for name, (action, family) in QYNAUTH_NAMES.items()
    }
    none = figures(NO_COUNTS, seconds)
    return cast("Actions", {name: _with_each(counts, none, seconds) for name, counts in (by_action | named).items()})


def _with_each(counts_of: dict[str, Counts], none: Figures, seconds: float | None) -> ActionFigures:
    shown = {name: counts for name, counts in counts_of.items() if name != UNKNOWN or counts.by_status}
    by_algorithm: dict[str, Figures] = {
        name: figures(counts, seconds) if counts.by_status else {**none, "errors_by_status": {}, "histogram_ns": []}
        for name, counts in {"": add_up(shown.values()), **shown}.items()
    }
    return {**by_algorithm.pop(""), "by_algorithm": by_algorithm}


def figures(counts: Counts, seconds: float | None) -> Figures:
    """Return the figures of one operation, with None for each unknown figure."""
    filled = [number for number, count in enumerate(counts.buckets) if count]
    calls, timed = sum(counts.by_status.values()), sum(counts.buckets)
    shares: list[float | None] = [None] * len(_SHARES)
    if filled:
        shares = [each / _NS_PER_MS for each in percentiles(counts.buckets, _SHARES)]
    p50, p90, p99, p99_9 = shares
    return {
        "count": calls,
        "errors": calls - counts.by_status.get("ok", 0),
        "errors_by_status": {name: count for name, count in counts.by_status.items() if name != "ok"},
        "timed": timed,
        "avg_time_ms": counts.total_ns / timed / _NS_PER_MS if filled else None,
        "min_time_ms": BOUNDS_NS[filled[0]][0] / _NS_PER_MS if filled else None,
        "max_time_ms": end_of(*BOUNDS_NS[filled[-1]]) / _NS_PER_MS if filled else None,
        "p50_time_ms": p50,
        "p90_time_ms": p90,
        "p99_time_ms": p99,
        "p99_9_time_ms": p99_9,
        "ops_per_second": calls / seconds if seconds else None,
        "total_time_ns": counts.total_ns,
        "histogram_ns": [[BOUNDS_NS[number][0], counts.buckets[number]] for number in filled],
    }


def totals(now: Snapshot) -> Totals:
    """Return the figures of all counts so far."""
    actions = action_figures(now, None, None)
    return {"process_id": None, "started_at": None, "seconds": None, **actions, "memory": None, "self_tests": None}


def figures_of(report: Actions, action: str) -> ActionFigures:
    """Return the figures of an action, by one of `ACTIONS`."""
    return report[action]  # type: ignore[literal-required,no-any-return]


def each_figures(report: Actions) -> Iterator[tuple[str, str, Figures]]:
    """Go through a report: each action, followed by each of its algorithms."""
    for action in ACTIONS:
        of_all = figures_of(report, action)
        yield action, "", of_all
        for algorithm, each in of_all["by_algorithm"].items():
            yield action, algorithm, each


def difference(later: Report, earlier: Report) -> Report:
    """Return a report on the time between two reports of the same interval."""
    expect(later, dict, "later")
    expect(earlier, dict, "earlier")
    try:
        seconds = later["seconds"] - earlier["seconds"]
        same = later["process_id"] == earlier["process_id"] and later["started_at"] == earlier["started_at"]
        if not same or seconds < 0:
            msg = "a later and an earlier report of the same monitor, in this order, without a restart between them"
            raise MonitorError(f"expected {msg}")
        by_action = {name: _counts_between(figures_of(later, name), figures_of(earlier, name)) for name in ACTIONS}
        memory, memory_before = later["memory"], earlier["memory"]
        tests, tests_before = later["self_tests"], earlier["self_tests"]
        return {
            "process_id": later["process_id"],
            "started_at": earlier["started_at"] + earlier["seconds"],
            "seconds": seconds,
            **_all_figures(by_action, seconds),
            "memory": {
                **memory,
                "rss_growth_bytes": memory["rss_bytes"] - memory_before["rss_bytes"],
                "bytes_wiped": memory["bytes_wiped"] - memory_before["bytes_wiped"],
            },
            "self_tests": {
                "count": tests["count"] - tests_before["count"],
                "total_time_ns": tests["total_time_ns"] - tests_before["total_time_ns"],
            },
        }
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, OverflowError) as error:
        msg = "expected two reports of a monitor; a figure is missing or has another type"
        raise MonitorError(msg) from error


def _counts_between(later: ActionFigures, earlier: ActionFigures) -> dict[str, Counts]:
    before = {name: _counts(each) for name, each in earlier["by_algorithm"].items()}
    after = {name: _counts(each) for name, each in later["by_algorithm"].items()}
    return {name: counts - before.get(name, NO_COUNTS) for name, counts in after.items()}


def _counts(each: Figures) -> Counts:
    buckets = [0] * len(BOUNDS_NS) if each["histogram_ns"] else []
    for lower, count in each["histogram_ns"]:
        buckets[_BUCKET_OF[lower]] = count
    succeeded = each["count"] - each["errors"]
    by_status = {"ok": succeeded} if succeeded else {}
    return Counts(by_status | each["errors_by_status"], each["total_time_ns"], tuple(buckets))
