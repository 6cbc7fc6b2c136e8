"""Helpers of the tests of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qynauth_pqc.metrics._reports import each_figures
from qynauth_pqc.metrics._snapshot import ACTIONS

TIMES = ["min_time_ms", "p50_time_ms", "p90_time_ms", "p99_time_ms", "p99_9_time_ms", "max_time_ms"]
"""The times of a report that are in order."""


def counts(report: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return calls and errors of the actions that were called."""
    return {key: (report[key]["count"], report[key]["errors"]) for key in ACTIONS if report[key]["count"]}


def untimed(report: Any) -> list[object]:
    """Return all that does not depend on how long anything took."""
    keys = ("count", "errors", "errors_by_status", "timed")
    figures: list[tuple[str, str, Any]] = [*each_figures(report)]
    return [(action, name, [each[key] for key in keys]) for action, name, each in figures]
