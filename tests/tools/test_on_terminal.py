"""The gate runs commands as a newcomer does, and a question for a password fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "tools" / "on_terminal.py"
VARIABLES = {
    "LANG": "de_DE.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_INDEX_URL": "index",
    "https_proxy": "proxy",
    "SSL_CERT_FILE": "certificates",
    "QYNAUTH_PQC_VECTORS": "/vectors",
}
OF_INSTALLERS = ("PIP_DISABLE_PIP_VERSION_CHECK", "PIP_INDEX_URL")


def on_terminal(*arguments: str) -> tuple[int, str]:
    """Run a command by the program, and return the exit code and the output."""
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments],
        env={"HOME": "/home/user", "PATH": os.environ["PATH"]} | VARIABLES,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["HOME", "PATH", "QYNAUTH_PQC_VECTORS"]),
        (["--install"], ["HOME", "PATH", *OF_INSTALLERS, "QYNAUTH_PQC_VECTORS", "SSL_CERT_FILE", "https_proxy"]),
    ],
)
def test_environment_is_a_newcomers(options: list[str], names: list[str]) -> None:
    """Only an installation sees the variables of installers."""
    code, output = on_terminal(*options, "env")
    assert (code, sorted(line.partition("=")[0] for line in output.splitlines())) == (0, names)


def test_command_has_a_terminal_of_24_lines() -> None:
    """It can be opened by its name, as a question for a password does."""
    assert on_terminal("sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty") == (0, "24 80\n")


def test_output_has_neither_colours_nor_what_was_overwritten() -> None:
    """A line of the log is what a person sees in the end, also without a line break; the exit code is the command's."""
    command = r"printf '10 %%\r\033[1;32m6 passed\033[0m in 1 s\nlast'; exit 3"
    assert on_terminal("sh", "-c", command) == (3, "6 passed in 1 s\nlast\n")


def test_question_for_a_password_fails() -> None:
    """Nobody is there to answer; a line that only mentions a password is none."""
    code, output = on_terminal(
        sys.executable, "-c", "import getpass; print('password: x'); getpass.getpass('Password: ')"
    )
    assert (code, output) == (1, "password: x\nPassword: \n")
