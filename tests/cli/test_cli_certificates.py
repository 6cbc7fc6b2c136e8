"""The command line handles certificates that break a rule of X.509, wherever it reads a certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from certificates import self_signed
from command_line import call, folder, keygen, run
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import MLDSAPrivateKey

__all__ = ["folder"]  # pytest uses it for every test here

BREAKS = {
    "version": (bytes.fromhex("a003020102020101"), bytes.fromhex("a003020109020101")),
    "serial number": (bytes.fromhex("a003020102020101"), bytes.fromhex("a003020102020100")),
    "name": (b"\x0c\x04name", b"\x0c\x04na\xffe"),
}
COMMANDS = [
    "fingerprint certificate",
    "convert --key certificate --public out",
    "verify message --key certificate",
    "sign message --key key.private --format cms --certificate certificate",
    "verify message --format cms --trust certificate --purpose any --subject anyone --signature message.p7s",
    "cbom --certificate certificate",
]


def write_certificate(rule: str) -> None:
    """Make a key and its signatures, and its certificate that breaks a rule."""
    keygen("ML-DSA-44")
    assert call("sign", "message", "--key", "key.private").exit_code == 0
    der = self_signed(MLDSAPrivateKey.load("key.private")).public_bytes(Encoding.DER)
    old, new = BREAKS[rule]
    assert der.count(old) == (2 if rule == "name" else 1)
    Path("certificate").write_text(ssl.DER_cert_to_PEM_cert(der.replace(old, new)), encoding="ascii")


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_version_is_an_error_of_the_file(command: str) -> None:
    """It is no internal error."""
    write_certificate("version")
    result = call(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: certificate: ")
    assert "expected a certificate" in result.stderr or "check that the file is complete" in result.stderr


def test_issuer_that_is_not_text_cannot_be_named_in_a_message() -> None:
    """CMS names a certificate by its issuer; everything else reads the key alone."""
    write_certificate("name")
    assert [call(*command.split()).exit_code for command in COMMANDS[:3]] == [0, 0, 0]
    result = call(*COMMANDS[3].split())
    assert (result.exit_code, result.stderr) == (2, "error: certificate has an unreadable issuer\n")


def test_serial_number_of_zero_is_not_warned_of() -> None:
    """The warning of `cryptography` is for programmers."""
    write_certificate("serial number")
    for command in COMMANDS[:4]:
        done = run(*command.split())
        assert (done.returncode, done.stderr) == (0, b"")
