"""Reports as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.metrics._reports import each_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qynauth_pqc.metrics._reports import Report, SetFigures, Totals

ALL_COLUMNS: dict[str, str] = {
    "calls": "count",
    "errors": "errors",
    "avg ms": "avg_time_ms",
    "min ms": "min_time_ms",
    "p50 ms": "p50_time_ms",
    "p90 ms": "p90_time_ms",
    "p99 ms": "p99_time_ms",
    "p99.9 ms": "p99_9_time_ms",
    "max ms": "max_time_ms",
    "per second": "ops_per_second",
}
"""The titles of the columns and the keys of their figures."""

FEW_COLUMNS: dict[str, str] = {
    title: ALL_COLUMNS[title] for title in ("calls", "errors", "avg ms", "p50 ms", "p99 ms", "max ms", "per second")
}
"""The columns that fit a terminal of 80 columns."""

_MIB = 1 << 20


def rows(report: Report | Totals, columns: dict[str, str], *, sets: bool = True) -> list[list[str]]:
    """Return a row for each operation, and one below it for each parameter set that was called."""
    shown = (
        (f"  {parameter_set}" if parameter_set else key, each)
        for key, parameter_set, each in each_figures(report)
        if not parameter_set or (sets and each["count"])
    )
    return [[name, *_cells(each, [*columns.values()])] for name, each in shown]


def _cells(figures: SetFigures, keys: list[str]) -> list[str]:
    if not figures["count"]:
        return ["no calls", *[""] * (len(keys) - 1)]
    named: Mapping[str, object] = figures
    cells = [_cell(key, named[key]) for key in keys]
    if not figures["timed"]:
        cells[keys.index("avg_time_ms")] = "untimed"
    return cells


def _cell(key: str, value: object) -> str:
    if value is None:
        return "-"
    decimals = {"count": 0, "errors": 0, "ops_per_second": 1}.get(key, 4)
    return f"{value:.{decimals}f}"


def notes(report: Report | Totals) -> list[str]:
    """Return a line for each kind of error, and one for the memory if the report knows of any."""
    lines = [
        f"errors: {key} {parameter_set}: {count} {status}"
        for key, parameter_set, each in each_figures(report)
        if parameter_set
        for status, count in each["errors_by_status"].items()
    ]
    memory = report["memory"]
    if memory:
        peak = "unknown" if memory["rss_peak_bytes"] is None else _mib(memory["rss_peak_bytes"])
        now, growth = _mib(memory["rss_bytes"]), _mib(memory["rss_growth_bytes"])
        live = f"{memory['live_handles']} handles, {memory['live_buffers']} buffers"
        lines.append(f"memory: {now}, growth {growth}, peak of the process {peak}")
        lines.append(f"live: {live}; wiped: {memory['bytes_wiped']} bytes")
    return lines


def _mib(size: int) -> str:
    return f"{size / _MIB:.1f} MiB"


def text_table(report: Report | Totals) -> str:
    """Return a report as lines of plain text, with names to the left and figures to the right."""
    table = [["", *ALL_COLUMNS], *rows(report, ALL_COLUMNS)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join([*(_line(row, widths) for row in table), *notes(report)])


def _line(row: Iterable[str], widths: list[int]) -> str:
    name, *cells = row
    figures = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
    return "  ".join([name.ljust(widths[0]), *figures]).rstrip()
