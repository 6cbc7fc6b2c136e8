"""Output of the command line in several lines: with colour and rules on a terminal, plain in a pipe."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from qynauth_pqc.cli.demo import FAMILIES, SETS, Demo, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_PIPE_COLUMNS, _LEAST_COLUMNS = 200, 80
_LONGEST_IN_MICROSECONDS = 10_000


def progress_bar(*columns: ProgressColumn) -> Progress:
    """Return a bar on standard error, which shows nothing if that is not a terminal."""
    console = console_for(sys.stderr)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def with_progress(trials: Iterable[Trial]) -> Iterator[Trial]:
    """Pass trials through, with a bar while they run."""
    with progress_bar(TextColumn("{task.description}"), BarColumn()) as bar:
        task = bar.add_task("trying every parameter set", total=SETS)
        for trial in trials:
            bar.advance(task)
            yield trial


@contextmanager
def hashing(paths: Sequence[str]) -> Iterator[Callable[[int], object]]:
    """Show a bar while files are hashed."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with progress_bar(*columns) as bar:
        files = [Path(path) for path in paths]
        size = sum(each.stat().st_size for each in files) if all(each.is_file() for each in files) else None
        what = "hashing" if len(files) == 1 else f"hashing {len(files)} files"
        yield partial(bar.advance, bar.add_task(what, total=size))


def demo_text(demo: Demo, library: str) -> str:
    """Return the tables of a demonstration and the outcome of its checks."""
    checks = demo.checks()
    verdict = f"All {len(checks)} checks hold." if all(checks) else f"{checks.count(False)} of {len(checks)} FAILED."
    return render(
        Text(f"{demo.file}, {demo.file_bytes} bytes, with {library}"),
        *(
            line
            for name, (_, title) in FAMILIES.items()
            for line in _family_text(title, demo.families[name], demo.runs)
        ),
        Text(f"\n{verdict}", style="bold green" if all(checks) else "bold red"),
    )


def facts_text(facts: Mapping[str, object]) -> str:
    """Return facts as lines of a name and a value, or the values of a list side by side."""
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        grid.add_row(Text(name.replace("_", " "), style="cyan"), Text(text))
    return render(grid)


def _family_text(title: str, trials: list[Trial], runs: int) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold")
    yield Text(f"sizes in bytes; times in microseconds unless in ms, medians of up to {runs} runs", style="dim")
    first, terminal = trials[0], sys.stdout.isatty()
    lines = box.SIMPLE_HEAD if terminal else None
    table = Table(box=lines, show_edge=False, pad_edge=False, collapse_padding=terminal)
    table.add_column("set", style="cyan", no_wrap=True)
    for name in (*first.sizes, *first.microseconds):
        table.add_column(name.replace("_", "\n" if terminal else " "), justify="right", vertical="bottom", no_wrap=True)
    for trial in trials:
        table.add_row(trial.algorithm, *map(str, trial.sizes.values()), *map(_time, trial.microseconds.values()))
    yield from ("", table, "")
    for check in first.checks:
        failed = [trial.algorithm for trial in trials if not trial.checks[check]]
        mark = Text("FAILED", style="bold red") if failed else Text("ok", style="green")
        yield Text.assemble(mark, f"  {check.replace('_', ' ')}", f" (not for {', '.join(failed)})" if failed else "")


def _time(microseconds: float) -> str:
    """Return a time in microseconds, or a long one in ms."""
    return f"{microseconds / 1000:.1f} ms" if microseconds > _LONGEST_IN_MICROSECONDS else f"{microseconds:.1f}"


def console_for(stream: TextIO) -> Console:
    """Return the console of a stream: with colour on a terminal, and with neither colour nor wrapping elsewhere."""
    terminal = stream.isatty()
    console = Console(file=stream, force_terminal=terminal, highlight=False)
    console.width = max(console.width, _LEAST_COLUMNS) if terminal else _PIPE_COLUMNS
    return console


def render(*parts: RenderableType) -> str:
    """Return the text for standard output, so that an error of writing is reported like any other."""
    console = console_for(sys.stdout)
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
