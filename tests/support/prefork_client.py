"""Helpers of the tests of metrics: a server of several processes, and its answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.request import urlopen

from conftest import ROOT
from prometheus_client.parser import text_string_to_metric_families

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def values_of(text: str) -> Values:
    """Return the values of a scrape by name and labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return the key by which a value of a scrape is found."""
    return f"qynauth_pqc_{name}", frozenset(labels.items())


@dataclass(frozen=True)
class Server:
    """A running prefork_server.py."""

    port: int
    workers: list[int]
    commands: IO[str]
    answers: IO[str]

    def get(self, path: str) -> str:
        """Return the answer of any worker."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=300) as answer:
            body: bytes = answer.read()
        return body.decode()

    def kill(self, worker: int) -> None:
        """End a worker by SIGKILL and wait until it is gone."""
        self.commands.write(f"{worker}\n")
        self.commands.flush()
        assert self.answers.readline() == "killed\n"


@contextmanager
def running(method: str, workers: int, folder: Path) -> Iterator[Server]:
    """Run a server until the end of the block."""
    command = [
        sys.executable,
        "-W",
        "error",
        str(ROOT / "tests" / "support" / "prefork_server.py"),
        method,
        str(workers),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port, *numbers = map(int, process.stdout.readline().split())
        yield Server(port, numbers, process.stdin, process.stdout)
        process.stdin.close()
        assert process.wait() == 0
