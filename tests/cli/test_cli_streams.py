"""The command line with closed standard streams, and with names that name no file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from command_line import COMMAND, call, folder, keygen

CLOSED = "error: standard input or output is closed; name a file, or redirect it\n"

__all__ = ["folder"]


@pytest.fixture(autouse=True)
def files(folder: Path) -> Path:
    """A key pair, a signature of the message, and a link to itself."""
    keygen("ML-DSA-44")
    assert call("sign", "message", "--key", "key.private").exit_code == 0
    (folder / "loop").symlink_to("loop")
    return folder


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command with the streams that a shell sets up."""
    return subprocess.run(
        ["/bin/sh", "-c", f'"{COMMAND}" {command}'],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "command",
    [
        "sign - --key key.private <&-",
        "sign - --key key.private --prehash SHA-512 <&-",
        "verify - --key key.public --signature message.sig <&-",
        "info >&-",
        pytest.param("demo message >&-", marks=pytest.mark.nightly),
        "metrics >&-",
        "sign message --key key.private -o - >&-",
        "verify message --key key.public >&-",
        "--help >&-",
    ],
)
def test_closed_stream_is_an_error(command: str) -> None:
    """Nothing is signed without an input, and no success is reported without an output."""
    done = shell(command)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", CLOSED)


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("verify key.public --key key.public --signature message.sig", 1),
        ("verify message --key key.public", 0),
        ("sign absent --key key.private", 2),
    ],
)
def test_exit_code_says_it_where_standard_error_does_not(command: str, code: int, stream: str) -> None:
    """Code 1 is for an invalid signature, and for nothing else."""
    assert shell(f"{command} {stream}").returncode == code


def test_file_takes_no_number_of_a_closed_stream() -> None:
    """Otherwise the output would go into the file."""
    done = shell("sign message --key key.private -o out --json 0<&- 1>&- 2>&-")
    assert done.returncode == 2
    assert len(Path("out").read_bytes()) == 2420


def test_message_that_is_not_there_yet_is_no_end(files: Path) -> None:
    """A pipe that does not block may have no bytes at the moment."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    command: list[str | Path] = [COMMAND, "sign", "-", "--key", files / "key.private", "--prehash", "SHA-512"]
    done = subprocess.run(command, stdin=reader, capture_output=True, check=False)
    os.close(reader)
    os.close(writer)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no more bytes yet; set it to blocking mode" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["sign", "message", "--key", "key.private", "--out", ""],
        ["sign", "", "--key", "key.private"],
        ["verify", "message", "--key", "key.public", "--signature", ""],
        ["keygen", "ML-DSA-44", "--private", "a", "--public", ""],
        ["policy", "check", ""],
        ["cbom", "--output", ""],
        ["metrics", "--file", ""],
        ["ssh", "keygen", ""],
        ["ssh", "keygen", "id", "--password-file", ""],
        ["ssh", "fingerprint", ""],
    ],
)
def test_empty_name_is_refused(files: Path, command: list[str]) -> None:
    """A shell makes it of a variable that is not set; no other file takes its place."""
    before = sorted(files.iterdir())
    result = call(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected the name of a file, got an empty one" in result.stderr
    assert sorted(files.iterdir()) == before


@pytest.mark.parametrize("before", ["", "\n"])
@pytest.mark.parametrize(
    "command", [["sign"], ["sign", "message", "--key"], ["verify", "--key"], ["ssh", "keygen"], ["ssh", "fingerprint"]]
)
def test_key_in_the_place_of_a_name_is_not_repeated(files: Path, command: list[str], before: str) -> None:
    """It begins as an option does, or not."""
    pem = before + (files / "key.private").read_text(encoding="ascii")
    result = call(*command, pem)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "name of a file" in result.stderr
    assert pem.split()[3][:20] not in result.stderr


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sign message --key key.private -o loop", "error: loop: exists already; --force replaces it"),
        ("sign message --key key.private -o loop --force", "error: loop: Too many levels of symbolic links; check its"),
        ("sign message --key loop", "error: loop: Too many levels of symbolic links; check its links"),
        ("keygen X-Wing --private loop/a --public b", "error: loop/a: Too many levels of symbolic links; check its"),
        ("validate --save loop --plot loop.png", "error: loop"),
    ],
)
def test_link_to_itself_is_an_error(files: Path, command: str, message: str) -> None:
    """It stays, and nothing is written."""
    before = sorted(files.iterdir())
    result = call(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert sorted(files.iterdir()) == before


def test_error_of_the_command_line_itself_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a traceback, Python would exit with 1, which means "not valid"."""

    def fail() -> None:
        raise LookupError("SENTINEL")

    monkeypatch.setattr("qynauth_pqc.cli.commands.facts", fail)
    result = call("info")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: internal error: LookupError in test_cli_streams.py, line ")
    assert "SENTINEL" not in result.stderr
