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


def link_changed(link: Path, target: str) -> str:
    """Return the start of a program in which a link leads somewhere else as soon as it is opened."""
    return f"""import os, sys
def change(event, arguments):
    if event == "open" and arguments[0] == {str(link)!r}:
        os.unlink({str(link)!r})
        os.symlink({target!r}, {str(link)!r})
sys.addaudithook(change)
"""
