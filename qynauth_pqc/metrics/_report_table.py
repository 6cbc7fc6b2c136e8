"""Reports as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.metrics._reports import each_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qynauth_pqc.metrics._reports import Figures, Report, Totals

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

_LESS_NEEDED = ("p99.9 ms", "min ms", "p90 ms", "max ms", "p50 ms", "errors")
"""The columns that a narrow table drops, in this order."""

_MIB = 1 << 20


def rows(report: Report | Totals, columns: dict[str, str], *, algorithms: bool = True) -> list[list[str]]:
    """Return a row for each action, and below it a row for each algorithm that it was called with."""
    shown = (
        (f"  {algorithm}" if algorithm else action, each)
        for action, algorithm, each in each_figures(report)
        if not algorithm or (algorithms and each["count"])
    )
    return [[name, *_cells(each, [*columns.values()])] for name, each in shown]


def fitting_rows(report: Report | Totals, width: int, *, algorithms: bool) -> list[list[str]]:
    """Return the titles, and rows of as many columns as fit a width with a space between them."""
    columns = dict(ALL_COLUMNS)
    less_needed = iter(_LESS_NEEDED)
    while True:
        table = [["", *columns], *rows(report, columns, algorithms=algorithms)]
        if sum(_widths(table)) + len(columns) <= width or (title := next(less_needed, None)) is None:
            return table
        del columns[title]


def _widths(table: list[list[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _cells(figures: Figures, keys: list[str]) -> list[str]:
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
    if key in {"count", "errors"}:
        return f"{value}"
    # Times have five digits, so that a long time is no wider.
    return f"{value:.1f}" if key == "ops_per_second" else f"{value:.{max(0, 5 - len(f'{value:.0f}'))}f}"


def notes(report: Report | Totals) -> list[str]:
    """Return a line for each kind of error, and a line for the memory if it is in the report."""
    lines = [
        f"errors: {action} {algorithm}: {count} {status}"
        for action, algorithm, each in each_figures(report)
        if algorithm
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
    widths = _widths(table)
    return "\n".join([*(_line(row, widths) for row in table), *notes(report)])


def _line(row: Iterable[str], widths: list[int]) -> str:
    name, *cells = row
    figures = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
    return "  ".join([name.ljust(widths[0]), *figures]).rstrip()
