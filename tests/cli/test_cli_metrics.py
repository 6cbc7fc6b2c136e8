"""The command `metrics` reads, serves and watches the metrics that a service shares."""

from __future__ import annotations

import errno
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from command_line import COMMAND, folder, run
from metrics_service import Service, service
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from report_parts import counts

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc.cli.metrics import SAMPLES, in_sample
from qynauth_pqc.metrics._snapshot import ACTIONS, OPERATIONS

__all__ = ["folder", "service"]  # pytest uses them here

QUICK = {str(each) for _, each in loadable(PrivateKey) if in_sample(each)}
SECONDS = 300  # a server that does nothing new for this time has failed


def test_sample_has_every_operation_of_every_algorithm_that_signs_quickly() -> None:
    """Without a service, the sample has figures and no errors."""
    result = run("metrics", "--format", "json")
    report = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, b"")
    assert report["source"] == f"a sample of {SAMPLES} rounds in this process"
    quick = Counter(action for action, algorithm in OPERATIONS if algorithm in QUICK)
    assert counts(report) == {action: (count * SAMPLES, 0) for action, count in quick.items()}
    algorithms = Counter(action for action, algorithm in OPERATIONS if algorithm)
    assert {action: len(report[action]["by_algorithm"]) for action in ACTIONS} == algorithms
    assert report["memory"]["rss_bytes"] > 0


def test_text_is_the_table_and_the_default_in_a_pipe() -> None:
    """The text is plain, with a line for each action and each of its algorithms."""
    for result in (run("metrics"), run("metrics", "--format", "text")):
        lines = result.stdout.decode("ascii").splitlines()
        assert lines[1].split()[:2] == ["calls", "errors"]
        assert [line.split()[0] for line in lines[2:] if not line.startswith(" ")][: len(ACTIONS)] == [*ACTIONS]
        assert len([line for line in lines[2:] if line.startswith("  ")]) == len(
            [each for each in OPERATIONS if each[1] in QUICK]
        )
        assert lines[-2].startswith("memory: ")


def test_file_shows_the_counts_of_another_process(service: Service) -> None:
    """It shows all counts since the file was made; unknown figures of the processes are null."""
    first = json.loads(run("metrics", "--file", "metrics", "--format", "json").stdout)
    service.decapsulate(4)
    report = json.loads(run("metrics", "--file", "metrics", "--format", "json").stdout)
    assert counts(first)["decapsulate"] == (3, 0)
    assert counts(report) == {"generate": (1, 0), "encapsulate": (1, 0), "decapsulate": (7, 0)}
    assert (report["source"], report["memory"], report["seconds"]) == ("metrics shared in metrics", None, None)
    assert report["decapsulate"]["ops_per_second"] is None
    assert report["decapsulate"]["p50_time_ms"] > 0


def test_file_is_read_after_the_service_has_ended(service: Service) -> None:
    """The text names the actions that had no calls."""
    service.process.kill()
    service.process.wait()
    lines = run("metrics", "--file", "metrics").stdout.decode("ascii").splitlines()
    assert lines[0] == "metrics shared in metrics"
    assert [line.split()[:3] for line in lines if line.startswith("decapsulate")] == [["decapsulate", "3", "0"]]
    assert len([line for line in lines if line.endswith("no calls")]) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, b"error: file: there is no such file; start a process that shares its metrics there\n"),
        (b"", b"error: file: the file is empty; start a process that shares its metrics there\n"),
        (b"text", b"error: file: not shared metrics of this version; name a new file: expected "),
    ],
    ids=["missing", "empty", "text"],
)
def test_file_of_something_else_is_refused_and_left_as_it_is(content: bytes | None, message: bytes) -> None:
    """A typing error must not overwrite or create a file."""
    if content is not None:
        Path("file").write_bytes(content)
    result = run("metrics", "--file", "file")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(message)
    assert (Path("file").read_bytes() if Path("file").exists() else None) == content


def test_commands_of_the_documentation_work(root: Path, service: Service) -> None:
    """The commands in the block of the page run in order, in a pipe."""
    assert service
    Path("metrics").rename("qynauth_pqc.metrics")
    page = (root / "docs" / "monitoring.md").read_text(encoding="utf-8")
    commands = re.findall(r"^qynauth-pqc (metrics .*)$", page, re.MULTILINE)
    results = [run(*command.split()) for command in commands]
    assert [(result.returncode, result.stderr) for result in results] == [(0, b"")] * 3
    assert [result.stdout.splitlines()[0][:25] for result in results] == [
        b"metrics shared in qynauth",
        b'{"source": "metrics share',
        b"# HELP qynauth_pqc_operat",
    ]


def test_openmetrics_is_what_prometheus_parses(service: Service) -> None:
    """Prometheus parses the whole exposition, with the counts of the service."""
    service.decapsulate(1)
    result = run("metrics", "--file", "metrics", "--format", "openmetrics")
    assert (result.returncode, result.stderr) == (0, b"")
    assert decapsulations(result.stdout.decode()) == 4
    assert result.stdout.endswith(b"# EOF\n")


def decapsulations(text: str) -> float:
    """Return how many decapsulations an exposition counts."""
    families: Iterable[Metric] = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "qynauth_pqc_operations_total" and sample.labels["action"] == "decapsulate"
    )


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command with --serve on a free port.

    Yields:
        The process and the address that it printed.
    """
    command = [str(COMMAND), "metrics", "--serve", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, line_of(process.stdout)
        finally:
            process.kill()


def line_of(stream: IO[str] | None) -> str:
    """Return the next line of a pipe."""
    assert stream
    return stream.readline().rstrip("\n")


def scrape(address: str) -> str:
    """Return the response to a scrape of Prometheus."""
    request = Request(address, headers={"Accept": "application/openmetrics-text"})  # noqa: S310 - on loopback
    with urlopen(request, timeout=SECONDS) as response:  # noqa: S310
        text: str = response.read().decode()
    return text


def test_scrape_over_http_follows_the_service(service: Service) -> None:
    """Each scrape has the current counts, and Ctrl-C ends the server silently with exit code 130."""
    with serving("--file", "metrics") as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", address)
        assert decapsulations(scrape(address)) == 3
        service.decapsulate(2)
        assert decapsulations(scrape(address)) == 5
        process.send_signal(signal.SIGINT)
        assert (process.wait(SECONDS), process.communicate()) == (130, ("", ""))
    with pytest.raises(URLError):
        scrape(address)


def test_server_is_not_reached_by_another_address() -> None:
    """It does not answer on another loopback address, as a server on all addresses would."""
    with serving() as (_, address), socket.socket() as client:
        port = int(re.findall(r":(\d+)/", address)[0])
        assert client.connect_ex(("127.0.0.2", port)) == errno.ECONNREFUSED


def test_serving_without_a_service_goes_on_with_the_sample() -> None:
    """A trial dashboard shows changing figures."""
    with serving() as (_, address):
        first = now = decapsulations(scrape(address))
        end = time.monotonic() + SECONDS
        while now == first and time.monotonic() < end:
            time.sleep(0.1)
            now = decapsulations(scrape(address))
    assert first >= 3 * SAMPLES
    assert now > first


def test_port_that_is_taken_is_one_line() -> None:
    """The error is one line with the address."""
    with serving() as (_, address):
        port = address.removesuffix("/metrics").rpartition(":")[2]
        result = run("metrics", "--serve", port)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode() == f"error: 127.0.0.1:{port}: Address already in use; use another port\n"


@pytest.mark.parametrize("options", [["--serve", "65536"], ["--format", "xml"], ["--serve", "0", "--format", "json"]])
def test_wrong_options_are_errors_of_usage(options: list[str]) -> None:
    """A port out of range, an unknown format, and two outputs at once are refused."""
    result = run("metrics", *options)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"error: ")


@pytest.mark.parametrize("options", [["--format", "openmetrics"], ["--serve", "0"]])
def test_missing_extra_of_openmetrics_is_named(options: list[str]) -> None:
    """The rest of the command does not need it."""
    code = "import sys; sys.modules['prometheus_client'] = None; from qynauth_pqc.cli import main; main()"
    command = [sys.executable, "-c", code, "metrics"]
    result = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    expected = "error: OpenMetrics needs prometheus-client: pip install 'prometheus-client>=0.20'\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, "", expected)
    assert subprocess.run([*command, "--format", "json"], capture_output=True, check=False).returncode == 0
