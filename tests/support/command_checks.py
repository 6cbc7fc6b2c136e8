"""Checks that the tests of several commands make, each with the arguments of its own command."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from certificates import self_signed
from command_line import COMMAND, call, keygen, write_password
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.validation.baseline import Baseline

BREAKS = {
    "version": (bytes.fromhex("a003020102020101"), bytes.fromhex("a003020109020101")),
    "serial number": (bytes.fromhex("a003020102020101"), bytes.fromhex("a003020102020100")),
    "name": (b"\x0c\x04name", b"\x0c\x04na\xffe"),
}
ENTRY_POINTS = "[qynauth_pqc.signers]\nsign = another:command\nkeyring = another:command\n"


@pytest.fixture
def files(folder: Path) -> Path:
    """Write a key pair, a signature of the message, and a link to itself."""
    keygen("ML-DSA-44")
    assert call("sign", "message", "--key", "key.private").exit_code == 0
    (folder / "loop").symlink_to("loop")
    return folder


@pytest.fixture(params=["pem", "jwk", "openssh", "raw"])
def contents(request: pytest.FixtureRequest, files: Path) -> str:
    """Return the contents of a file of a private key."""
    if request.param == "raw":
        return os.fsdecode(bytes(range(128, 160)))
    if request.param == "openssh":
        key = Ed25519PrivateKey.generate()
        return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    assert call("convert", "--key", "key.private", "--private", "made", "--format", request.param).exit_code == 0
    return (files / "made").read_text(encoding="ascii")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command with the streams that a shell sets up."""
    return subprocess.run(
        ["/bin/sh", "-c", f'"{COMMAND}" {command}'],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def completed(*words: str) -> list[str]:
    """Return what bash offers for the last word, as click's script asks for it."""
    asked = {"COMP_WORDS": " ".join(("qynauth-pqc", *words)), "COMP_CWORD": str(len(words))}
    environment = os.environ | asked | {"_QYNAUTH_PQC_COMPLETE": "bash_complete"}
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def check_report_is_missed(command: str, stream: str) -> None:
    """Check that a command says that it has written `made`, if its report cannot be written."""
    write_password()
    done = shell(f"{command} {stream}")
    assert (done.returncode, done.stdout) == (2, "")
    error, note = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert note == "The command has done its work and written its files; only this report is missing."
    assert Path("made").exists()


def check_empty_name_is_refused(folder: Path, command: list[str]) -> None:
    """Check that a command takes no other file in the place of an empty name."""
    before = sorted(folder.iterdir())
    result = call(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected the name of a file, got an empty one" in result.stderr
    assert sorted(folder.iterdir()) == before


def check_key_as_a_name_is_not_repeated(command: list[str], before: str) -> None:
    """Check the error about a key in the place of the last argument, after a text."""
    pem = before + Path("key.private").read_text(encoding="ascii")
    result = call(*command, pem)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "name of a file" in result.stderr
    assert pem.split()[3][:20] not in result.stderr


def check_contents_are_not_repeated(command: str, contents: str) -> None:
    """Check the error about the contents of a file as the last argument, or as the end of it."""
    words = command.split()
    attached = words[-1:] if command.endswith(("=", "-")) else []
    result = call(*words[: len(words) - len(attached)], "".join(attached) + contents)
    assert (result.exit_code, result.stdout) == (2, "")
    for text in (contents, repr(contents)[1:-1]):
        assert not any(text[start : start + 10] in result.stderr for start in range(30, len(text) - 10))


def check_input_is_not_replaced(folder: Path, arguments: str, path: str) -> None:
    """Check that a command refuses to replace a key, a password or a message that it reads."""
    for prefix, algorithm in (("kem", "X-Wing"), ("dsa", "ML-DSA-44")):
        names = "--private", f"{prefix}.private", "--public", f"{prefix}.public"
        assert call("keygen", algorithm, *names).exit_code == 0
    write_password()
    Path("link").symlink_to("password")
    for name in ("ciphertext", "message.sig"):
        Path(name).write_bytes(bytes(1120))
    Path("baseline").write_text(Baseline.of({"ML-KEM-512 keygen": 5.0}).to_json())
    with MLDSAPrivateKey.load("dsa.private") as key:
        Path("both").write_bytes(Path("dsa.private").read_bytes() + self_signed(key).public_bytes(Encoding.PEM))
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    result = call(*arguments.split(), "--force")
    message = f"error: {path}: also an input of this command; write the result to another file\n"
    assert (result.exit_code, result.output) == (2, message)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def write_certificate(rule: str) -> None:
    """Make a key and its signatures, and its certificate that breaks a rule."""
    keygen("ML-DSA-44")
    assert call("sign", "message", "--key", "key.private").exit_code == 0
    der = self_signed(MLDSAPrivateKey.load("key.private")).public_bytes(Encoding.DER)
    old, new = BREAKS[rule]
    assert der.count(old) == (2 if rule == "name" else 1)
    Path("certificate").write_text(ssl.DER_cert_to_PEM_cert(der.replace(old, new)), encoding="ascii")


def check_unknown_version_is_an_error(command: str) -> None:
    """Check that a certificate of an unknown version is no internal error of a command."""
    write_certificate("version")
    result = call(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: certificate: ")
    assert "expected a certificate" in result.stderr or "check that the file is complete" in result.stderr


def with_entry_points(folder: Path) -> dict[str, str]:
    """Return an environment with a package that has entry points with the names of two commands."""
    (folder / "another.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    installed = folder / "another-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1\n", encoding="utf-8")
    (installed / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}


def check_entry_points_replace_nothing(folder: Path, *arguments: str) -> None:
    """Check that a command prints the same with the package as without it."""
    command = [sys.executable, "-m", "qynauth_pqc", *arguments]
    plain = subprocess.run(command, capture_output=True, check=True)
    changed = subprocess.run(command, capture_output=True, check=True, env=with_entry_points(folder))
    assert changed.stdout == plain.stdout
