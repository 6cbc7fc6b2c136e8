"""The command `qynauth-pqc metrics`."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Literal

import click

from qynauth_pqc._extras import install_command
from qynauth_pqc.cli.app import Failure
from qynauth_pqc.cli.files import INPUT
from qynauth_pqc.cli.live import watch
from qynauth_pqc.cli.sources import SAMPLES, Source, sample_source, shared_source
from qynauth_pqc.metrics._report_table import text_table

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_LOOPBACK = "127.0.0.1"
_EXTRA = "prometheus_client"


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
    source = sample_source() if path is None else shared_source(path)
    if port is not None and registry:
        _serve(source, registry, port)
    elif form is None and sys.stdout.isatty():
        watch(source)
    else:
        _print(source, form, registry)


def _registry() -> CollectorRegistry:
    """Return a registry with this library's metrics and no others."""
    try:
        from prometheus_client import CollectorRegistry  # an extra that only some formats need

        from qynauth_pqc.integrations.prometheus import PQCCollector
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != _EXTRA:
            raise
        raise Failure(f"OpenMetrics needs prometheus-client: {install_command('prometheus')}") from error
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
            source.go_on()
    finally:
        server.shutdown()
        server.server_close()
