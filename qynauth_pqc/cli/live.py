"""The live view of `qynauth-pqc metrics`."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from qynauth_pqc.metrics._report_table import fitting_rows, notes
from qynauth_pqc.metrics._reports import each_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qynauth_pqc.cli.sources import Source
    from qynauth_pqc.metrics._reports import Report, Totals

_SECONDS = 1.0


def watch(source: Source) -> None:
    """Show a source on the terminal, once a second, until "q" is pressed or the terminal is gone."""
    console = Console(highlight=False)
    report, clock = source.report(), time.monotonic()
    with _keyboard() as wait_for_key, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(_view(source.name, report, console), refresh=True)
            if wait_for_key(_SECONDS) in {b"q", b"Q", b""}:
                return
            source.go_on()
            earlier, report, before, clock = report, source.report(), clock, time.monotonic()
            _set_rates(report, earlier, clock - before)


@contextmanager
def _keyboard() -> Iterator[Callable[[float], bytes | None]]:
    """Read keys one by one and without echo, if standard input is a terminal."""
    if not sys.stdin.isatty():
        yield time.sleep
        return
    keyboard = sys.stdin.fileno()
    settings = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    try:
        yield lambda seconds: os.read(keyboard, 1) if select.select([keyboard], [], [], seconds)[0] else None
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, settings)


def _set_rates(report: Report | Totals, earlier: Report | Totals, seconds: float) -> None:
    """Replace the mean rates of a report by the rates between the last two reports."""
    before = {(action, algorithm): each["count"] for action, algorithm, each in each_figures(earlier)}
    for action, algorithm, each in each_figures(report):
        each["ops_per_second"] = (each["count"] - before.get((action, algorithm), 0)) / seconds


def _view(name: str, report: Report | Totals, console: Console) -> Group:
    """Return a view that fits the terminal: fewer columns if it is narrow, and no algorithms if it is low."""
    title, below = Text.assemble((f"{name}   ", "bold"), ("q quits", "dim")), notes(report)
    lines = fitting_rows(report, console.width, algorithms=True)
    if len(lines) + len(below) + 1 > console.height:
        lines = fitting_rows(report, console.width, algorithms=False)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    first, *titles = lines[0]
    table.add_column(first, no_wrap=True)
    for column in titles:
        table.add_column(column, justify="right", no_wrap=True)
    for line in lines[1:]:
        table.add_row(*line, style="" if line[0].startswith(" ") else "cyan")
    return Group(title, table, *map(Text, below))
