"""The command `qynauth-pqc metrics`: of a service that shares its metrics, or of a sample of work."""

from __future__ import annotations

import json
import os
import select
import sys
import termios
import time
import tty
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.signature import SignaturePrivateKey
from qynauth_pqc.cli.demo import public_copy
from qynauth_pqc.cli.files import INPUT, printable
from qynauth_pqc.errors import SharedMetricsError
from qynauth_pqc.ffi_performance_monitor import FFIPerformanceMonitor
from qynauth_pqc.metrics._report_table import fitting_rows, notes, text_table
from qynauth_pqc.metrics._reports import each_figures, totals
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.metrics.shared import share_metrics
from qynauth_pqc.mlkem import KEMPrivateKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import CollectorRegistry

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc.metrics._reports import Report, Totals

_LOOPBACK = "127.0.0.1"
_SECONDS = 1.0

SAMPLES = 50
"""The number of times that a sample calls each operation of each algorithm, except for those that sign slowly."""


@dataclass(frozen=True, slots=True)
class Source:
    """The metrics to show, by a name."""

    name: str
    report: Callable[[], Report | Totals]
    repeat: Callable[[], None]


@click.command(
    epilog=f"Without --file, the command calls each operation of each algorithm {SAMPLES} times, except for those "
    "that sign slowly, and shows its own metrics; the live view and --serve repeat the calls once a second."
)
@click.option(
    "--file", "path", type=INPUT, help="Show the metrics that a service shares in FILE (share_metrics in Python)."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "openmetrics"]),
    help="Print the current metrics once.",
)
@click.option(
    "--serve",
    "port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help=f"Serve the metrics to Prometheus on {_LOOPBACK} until Ctrl-C, and print the address; 0 selects a free port.",
)
def metrics(*, path: str | None, form: Literal["text", "json", "openmetrics"] | None, port: int | None) -> None:
    """Show the number of calls of each operation, their times and their errors.

    Each process counts its own calls. --file shows the metrics that a service shares in a file, while it runs or later.

    On a terminal, this is a live view; q or Ctrl-C ends it. Elsewhere, the metrics are printed once as text.
    """
    if form and port is not None:
        raise click.UsageError("--format and --serve exclude each other; pass one of them.")
    registry = _registry() if form == "openmetrics" or port is not None else None
    source = _sample_source() if path is None else _shared_source(path)
    if port is not None and registry:
        _serve(source, registry, port)
    elif form is None and sys.stdout.isatty():
        _watch(source)
    else:
        _print(source, form, registry)


def _shared_source(path: str) -> Source:
    """Return the source of the processes that share their metrics in a file."""
    name, file = printable(path), Path(path)
    if not file.exists() or file.stat().st_size == 0:
        what = "the file is empty" if file.exists() else "there is no such file"
        raise SharedMetricsError(f"{name}: {what}; start a process that shares its metrics there")
    share_metrics(path, create=False)
    return Source(f"metrics shared in {name}", lambda: totals(snapshot()), lambda: None)


def _sample_source() -> Source:
    """Return a source that has done a sample of work in this process."""
    monitor = FFIPerformanceMonitor()
    monitor.start_monitoring()
    for _ in range(SAMPLES):
        _work()
    return Source(f"a sample of {SAMPLES} rounds in this process", monitor.get_performance_report, _work)


def in_sample(chosen: ParameterSet) -> bool:
    """Return whether a set is quick enough for a sample."""
    return chosen.first_items >= SAMPLES


def _work() -> None:
    """Call each operation of each algorithm of a sample once."""
    for kem_class, kem in loadable(KEMPrivateKey):
        with kem_class.generate(kem) as private_key:
            ciphertext, sent = public_copy(private_key).encapsulate()
            with sent, private_key.decapsulate(ciphertext):
                pass
    for dsa_class, dsa in loadable(SignaturePrivateKey):
        if in_sample(dsa):
            with dsa_class.generate(dsa) as signer:
                public_copy(signer).verify(b"sample", signer.sign(b"sample"))


def _registry() -> CollectorRegistry:
    """Return a registry with this library's metrics and no others."""
    with extra("prometheus", "OpenMetrics needs prometheus-client", "prometheus_client"):
        from prometheus_client import CollectorRegistry  # an extra that only some formats need

        from qynauth_pqc.integrations.prometheus import PQCCollector
    registry = CollectorRegistry()
    registry.register(PQCCollector())
    return registry


def _print(source: Source, form: str | None, registry: CollectorRegistry | None) -> None:
    if registry:
        from prometheus_client.openmetrics.exposition import generate_latest  # as above

        text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
        click.echo(text, nl=False)
    elif form == "json":
        click.echo(json.dumps({"source": source.name, **source.report()}))
    else:
        click.echo(f"{source.name}\n{text_table(source.report())}")


def _serve(source: Source, registry: CollectorRegistry, port: int) -> None:
    from prometheus_client import start_http_server  # as above

    try:
        server, _ = start_http_server(port, _LOOPBACK, registry)
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{_LOOPBACK}:{port}") from error
    try:
        click.echo(f"http://{_LOOPBACK}:{server.server_port}/metrics")
        while True:
            time.sleep(1)
            source.repeat()
    finally:
        server.shutdown()
        server.server_close()


def _watch(source: Source) -> None:
    """Show a source on the terminal, once a second, until "q" is pressed or the terminal is gone."""
    console = Console(highlight=False)
    report, clock = source.report(), time.monotonic()
    with _keyboard() as wait_for_key, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(_view(source.name, report, console), refresh=True)
            if wait_for_key(_SECONDS) in {b"q", b"Q", b""}:
                return
            source.repeat()
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
