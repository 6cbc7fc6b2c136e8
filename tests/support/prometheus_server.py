"""A Prometheus for the tests, on loopback and at a port that the system chose."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

SECONDS = 300  # a Prometheus that finds nothing for this time has failed

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="needs prometheus and promtool (Debian package prometheus)",
)


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    port: int

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer."""
        with urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(parameters)}", timeout=SECONDS) as answer:
            body = json.load(answer)
        assert body["status"] == "success"
        return body["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and values of an expression's result."""
        result = self.get("query", query=expression)["result"]
        return [(each["metric"], float(each["value"][1])) for each in result]

    def wait(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return the result of an expression as soon as it has one."""
        deadline = time.monotonic() + SECONDS
        while not (found := self.query(expression)):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)
        return found


@contextmanager
def scraping(configuration: str, folder: Path) -> Iterator[Prometheus]:
    """Run a Prometheus with this configuration until the end of the block."""
    file, log = folder / "prometheus.yml", folder / "prometheus.log"
    file.write_text(configuration, encoding="utf-8")
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}"]
    with (
        log.open("w") as output,
        subprocess.Popen([*command, "--web.listen-address=127.0.0.1:0"], stderr=output) as process,
    ):
        try:
            yield Prometheus(_port_in(log))
        finally:
            process.terminate()


def _port_in(log: Path) -> int:
    """Return the port of a Prometheus as soon as it says that it is ready."""
    deadline = time.monotonic() + SECONDS
    while "Server is ready" not in (text := log.read_text()):
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    [port] = re.findall(r"Listening on.*address=127\.0\.0\.1:(\d+)", text)
    return int(port)
