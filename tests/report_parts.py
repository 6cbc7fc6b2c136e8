"""What the tests of reports share."""

from __future__ import annotations

from typing import Any

from qynauth_pqc.metrics._reports import REPORT_KEYS, each_figures

TIMES = ["min_time_ms", "p50_time_ms", "p90_time_ms", "p99_time_ms", "p99_9_time_ms", "max_time_ms"]
"""The times of a report that are in order."""


def counts(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return calls and errors of the operations that were called."""
    return {key: (report[key]["count"], report[key]["errors"]) for key in REPORT_KEYS if report[key]["count"]}


def untimed(report: dict[str, Any]) -> list[object]:
    """Return all that does not depend on how long anything took."""
    keys = ("count", "errors", "errors_by_status", "timed")
    return [(key, name, [each[part] for part in keys]) for key, name, each in each_figures(report)]
