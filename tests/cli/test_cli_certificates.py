"""The command line handles certificates that break a rule of X.509, wherever it reads a certificate."""

from __future__ import annotations

import pytest
from command_checks import check_unknown_version_is_an_error, write_certificate
from command_line import call, folder, run

__all__ = ["folder"]  # pytest uses it for every test here

COMMANDS = ["fingerprint certificate", "convert --key certificate --public out", "verify message --key certificate"]


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_version_is_an_error_of_the_file(command: str) -> None:
    """It is no internal error."""
    check_unknown_version_is_an_error(command)


def test_issuer_that_is_not_text_is_not_read() -> None:
    """The commands read the key alone."""
    write_certificate("name")
    assert [call(*command.split()).exit_code for command in COMMANDS] == [0, 0, 0]


def test_serial_number_of_zero_is_not_warned_of() -> None:
    """The warning of `cryptography` is for programmers."""
    write_certificate("serial number")
    for command in COMMANDS:
        done = run(*command.split())
        assert (done.returncode, done.stderr) == (0, b"")
