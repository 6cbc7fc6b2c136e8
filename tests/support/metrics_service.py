"""A process that works on demand and shares its metrics, for the tests of the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

_PROGRAM = """
import sys
from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.metrics.shared import share_metrics
share_metrics("metrics")
key = MLKEMPrivateKey.generate()
ciphertext, secret = key.public_key.encapsulate()
for line in sys.stdin:
    for _ in range(int(line)):
        key.decapsulate(ciphertext)
    print("done", flush=True)
"""


class Service:
    """A process that decapsulates on demand and shares its metrics in the file "metrics"."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take the process."""
        self.process = process

    def decapsulate(self, times: int) -> None:
        """Let the service work."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{times}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture
def service(folder: object) -> Iterator[Service]:
    """Yield a service that has decapsulated three times, and has its file in the working folder."""
    assert folder
    command = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        made = Service(process)
        made.decapsulate(3)
        yield made
