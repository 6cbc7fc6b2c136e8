"""The command `qynauth-pqc validate`."""

from __future__ import annotations

import errno
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, TextColumn
from rich.table import Table
from rich.text import Text

from qynauth_pqc.cli.app import EXIT_INVALID, force_option, json_option
from qynauth_pqc.cli.files import FILE, INPUT, STDIO, NewFile, check_outputs, printable, read_input, write_files
from qynauth_pqc.cli.show import progress_bar, render
from qynauth_pqc.validation.baseline import FACTOR, Baseline, BaselineError
from qynauth_pqc.validation.performance import LIMIT_MS
from qynauth_pqc.validation.plot import FORMATS, MissingPlotExtraError, check_plot_extra, plot_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from qynauth_pqc.validation.result import Result
    from qynauth_pqc.validation.run import Validation

_TITLE_COLUMNS = 46
_COLUMNS = {"mean": "mean_us", "p50": "p50_us", "p99": "p99_us"}


def _named_file(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value == STDIO:
        raise click.BadParameter("expected a named file.")
    return value


_LONGEST_BASELINE = 1 << 20


def _read_baseline(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Baseline | None:
    path = _named_file(ctx, parameter, value)
    if path is None:
        return None
    try:
        return Baseline.from_json(read_input(path, _LONGEST_BASELINE, "the limit for a baseline"))
    except BaselineError as error:
        raise click.BadParameter(f"{printable(path)}: {error}.") from error


def _picture(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return the path of a picture after checking that it can be drawn; the suffix is its kind."""
    path = _named_file(ctx, parameter, value)
    if path is None:
        return None
    if _kind(path) not in FORMATS:
        raise click.BadParameter(f"the name must end with .{' or .'.join(FORMATS)}.")
    try:
        check_plot_extra()
    except MissingPlotExtraError as error:
        raise click.UsageError(str(error), ctx) from error
    return path


def _kind(path: str) -> str:
    return Path(path).suffix[1:].lower()


@click.command()
@click.option(
    "--limit",
    metavar="MS",
    type=click.FloatRange(min=0, min_open=True),
    default=LIMIT_MS,
    show_default=True,
    help="Fail if the median time of an operation reaches MS milliseconds.",
)
@click.option(
    "--baseline",
    type=INPUT,
    callback=_read_baseline,
    help="Fail if an operation is slower than in FILE, which --save wrote.",
)
@click.option(
    "--factor",
    metavar="N",
    type=click.FloatRange(min=1),
    default=FACTOR,
    show_default=True,
    help="Allow an operation to be N x slower than in the baseline.",
)
@click.option("--save", type=FILE, callback=_named_file, help="Write the medians to FILE as a new baseline.")
@click.option("--plot", type=FILE, callback=_picture, help="Draw the times to FILE, a .png or .svg.")
@force_option
@json_option
@click.pass_context
def validate(  # noqa: PLR0913 - one parameter per option
    ctx: click.Context,
    *,
    limit: float,
    baseline: Baseline | None,
    factor: float,
    save: str | None,
    plot: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Check the installed library in five parts.

    The parts are every function of the C interface, times, metrics, memory and code paths. The check takes some
    seconds; on a busy machine, the times are longer. The exit code is 1 if a part fails.
    """
    from qynauth_pqc.validation import run  # it takes long to import; other commands do not need it

    _check_outputs([path for path in (save, plot) if path], force=force)
    with _progress(run.PARTS) as announce:
        done = run.validate(limit_ms=limit, baseline=baseline, factor=factor, announce=announce)
    click.echo(json.dumps(done.as_dict()) if as_json else _text(done))
    files = []
    if save and done.times_ns:
        files.append(NewFile("baseline", save, Baseline.of(done.medians_us).to_json().encode()))
    if plot and done.times_ns:
        files.append(NewFile("plot", plot, plot_times(done.times_ns, _kind(plot))))
    write_files(files, force=force)
    ctx.exit(0 if done.passed else EXIT_INVALID)


def _check_outputs(paths: list[str], *, force: bool) -> None:
    """Refuse output files that cannot be written, before the work begins."""
    check_outputs(paths)
    for path in map(Path, paths):
        if os.path.lexists(path) and not force:
            raise FileExistsError(errno.EEXIST, "exists already; --force replaces it", str(path))
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "its directory does not exist; make it first", str(path))


@contextmanager
def _progress(parts: Sequence[str]) -> Iterator[Callable[[str], object]]:
    """Show a bar with the title of the part that runs."""
    with progress_bar(BarColumn(), TextColumn("{task.description}")) as bar:
        task = bar.add_task("", total=len(parts))

        def announce(title: str) -> None:
            bar.update(task, description=title, completed=parts.index(title), refresh=True)

        yield announce


def _text(done: Validation) -> str:
    """Return a line for each part, its failures, and a table of the operations."""
    lines = []
    for number, result in enumerate(done.parts, 1):
        lines += _lines(f"{number}. {result.title}", result)
    if done.comparison:
        lines += _lines(f"   {done.comparison.title}", done.comparison)
    failed = sum(not result.passed for result in done.results)
    verdict = f"{failed} of {len(done.results)} FAILED." if failed else f"All {len(done.results)} parts passed."
    style = "bold red" if failed else "bold green"
    return render(*lines, Text(), _table(done), Text(f"\n{verdict}", style=style))


def _lines(title: str, result: Result) -> list[Text]:
    mark = Text("PASSED", style="green") if result.passed else Text("FAILED", style="bold red")
    line = Text.assemble(f"{title}: ", mark)
    line.pad_right(max(1, _TITLE_COLUMNS - len(line.plain)))
    return [line.append(result.summary, "dim"), *(Text(f"     {each}", "red") for each in result.shown_failures())]


def _table(done: Validation) -> Table:
    """Return the times of part 2, next to the ratios of part 5 and of the comparison."""
    parts: list[Any] = [part.figures for part in done.parts]
    _, performance, _, _, optimization = parts
    table = Table(box=None, show_edge=False, pad_edge=False)
    table.add_column("microseconds", style="cyan", no_wrap=True)
    for title in (*_COLUMNS, "portable/best", *(["now/baseline"] if done.comparison else [])):
        table.add_column(title, justify="right", no_wrap=True)
    of_paths = optimization.get("ratios", {})
    of_baseline: Any = done.comparison.figures["ratios"] if done.comparison else None
    for name, figures in performance.get("operations", {}).items():
        cells = [f"{figures[key]:.1f}" for key in _COLUMNS.values()]
        cells += [_ratio(ratios, name) for ratios in (of_paths, of_baseline) if ratios is not None]
        table.add_row(name, *cells)
    return table


def _ratio(ratios: dict[str, float], name: str) -> str:
    return f"{ratios[name]:.2f}" if name in ratios else "-"
