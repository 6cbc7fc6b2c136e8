"""Other programs that tests compare with. `sh tests/support/programs.sh target/programs` unpacks those of Debian."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from conftest import ROOT

FOLDER = ROOT / "target" / "programs"


class Done(NamedTuple):
    """The exit code and the output of a program."""

    code: int
    out: str
    error: str


def run(*arguments: str | Path, stdin: bytes = b"", environment: dict[str, str] | None = None) -> Done:
    """Run a program."""
    done = subprocess.run(
        arguments, input=stdin, capture_output=True, env={**os.environ, **(environment or {})}, check=False
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
