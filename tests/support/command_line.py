"""Helpers of the tests of the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qynauth_pqc.cli.commands import app

COMMAND = Path(sysconfig.get_path("scripts")) / "qynauth-pqc"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder with a message in it."""
    monkeypatch.chdir(tmp_path)
    Path("message").write_bytes(b"message\n")
    return tmp_path


def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the installed command with its output in pipes, and without a terminal to ask questions on."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)], input=stdin, capture_output=True, check=False, start_new_session=True
    )


def call(*arguments: object, stdin: bytes = b"") -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [*map(str, arguments)], input=stdin)


def write_password(password: bytes = b"correct horse\n", folder: Path | None = None) -> Path:
    """Write a password into a file that only its owner can read."""
    path = (folder or Path.cwd()) / "password"
    path.touch(mode=0o600)
    path.write_bytes(password)
    return path


def keygen(algorithm: str, *options: str) -> None:
    """Make key.private and key.public."""
    assert call("keygen", algorithm, "--private", "key.private", "--public", "key.public", *options).exit_code == 0


def run_on_terminal(*arguments: str) -> tuple[int, bytes]:
    """Run the installed command on a terminal, and return its exit code and its output on the terminal."""
    controller, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80"}
    process = subprocess.Popen([COMMAND, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    received = b""
    try:
        while chunk := os.read(controller, 4096):
            received += chunk
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    os.close(controller)
    return process.wait(), received
