"""The command line reports closed standard streams, and names that name no file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_checks import (
    check_contents_are_not_repeated,
    check_empty_name_is_refused,
    check_key_as_a_name_is_not_repeated,
    check_report_is_missed,
    contents,
    files,
    shell,
)
from command_line import COMMAND, call, folder
from programs import link_changed, run

CLOSED = "error: standard input or output is closed; name a file, or redirect it\n"

__all__ = ["contents", "files", "folder"]

pytestmark = pytest.mark.usefixtures("files")


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


@pytest.mark.parametrize("stream", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "command",
    [
        "sign message --key key.private -o made",
        "sign message --key key.private -o made --json",
        "keygen ML-DSA-44 --private made --public p",
    ],
)
def test_missing_report_of_finished_work_says_that_it_is_finished(command: str, stream: str) -> None:
    """The files are written, so nobody needs to repeat the command."""
    check_report_is_missed(command, stream)


@pytest.mark.parametrize("force", ["", "--force"])
def test_output_to_a_pipe_by_a_path_names_the_hyphen(force: str) -> None:
    """The system has a path for standard output, but not for its file if that is a pipe."""
    done = shell(f"keygen ML-DSA-44 --private made --public /dev/stdout {force}")
    expected = "error: /dev/stdout: a pipe without a name; use - for standard output\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("/dev/stdout", "| cat >> copy"),
        ("/dev/stdout", ">> copy"),
        ("/dev/stderr", "2>> copy"),
        ("stream", "| cat >> copy"),
    ],
)
def test_signature_is_written_to_a_stream_by_its_path(name: str, output: str) -> None:
    """It is opened as it is: a pipe, a file that has something already, or the link to a pipe."""
    Path("stream").symlink_to("/dev/stdout")
    Path("copy").write_bytes(b"first\n")
    done = shell(f"sign message --key key.private -o {name} {output}")
    assert done.returncode == 0, done.stderr
    written = Path("copy").read_bytes()
    assert written.startswith(b"first\n")
    Path("made.sig").write_bytes(written[6:][:2420])
    assert shell("verify message --key key.public --signature made.sig").returncode == 0
    assert shell("sign message --key key.private -o /dev/null").returncode == 0


@pytest.mark.parametrize("force", ["", "--force"])
@pytest.mark.parametrize("target", ["message", "absent", "loop"])
def test_signature_is_written_through_no_link(force: str, target: str) -> None:
    """It would replace a file somewhere else."""
    Path("link").symlink_to(target)
    before = Path("message").read_bytes()
    done = shell(f"sign message --key key.private -o link {force}")
    expected = "error: link: a symbolic link; name the file that it leads to\n"
    assert (done.returncode, done.stderr, Path("link").is_symlink()) == (2, expected, True)
    assert (Path("message").read_bytes(), Path("absent").exists()) == (before, False)


def test_link_that_changes_before_it_is_opened_leaves_the_file() -> None:
    """It led to a pipe when it was checked."""
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    before = Path("message").read_bytes()
    program = "from qynauth_pqc.cli.commands import app; app(['sign', 'message', '--key', 'key.private', '-o', 'link'])"
    done = run(sys.executable, "-c", link_changed(Path("link"), "message") + program)
    assert (done.code, done.error) == (2, "error: link: a symbolic link; name the file that it leads to\n")
    assert Path("message").read_bytes() == before


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("verify key.public --key key.public --signature message.sig", 1),
        ("verify message --key key.public", 0),
        ("sign absent --key key.private", 2),
        ("", 2),
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
        ["metrics", "--file", ""],
    ],
)
def test_empty_name_is_refused(files: Path, command: list[str]) -> None:
    """A shell makes it of a variable that is not set; no other file takes its place."""
    check_empty_name_is_refused(files, command)


@pytest.mark.parametrize("before", ["", "\n"])
@pytest.mark.parametrize("command", [["sign"], ["sign", "message", "--key"], ["verify", "--key"]])
def test_key_in_the_place_of_a_name_is_not_repeated(command: list[str], before: str) -> None:
    """The key begins like an option, or with a line break."""
    check_key_as_a_name_is_not_repeated(command, before)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "keygen",
        "fingerprint key.public",
        "sign message --signer",
        "sign message --key key.private --prehash",
        "sign message --key key.private --algorithm=",
        "sign message --key key.private --no-such-option-",
        "sign message --key key.private --format",
        "metrics --serve",
        "metrics --file",
        "validate --limit",
    ],
)
def test_contents_of_a_key_file_are_not_repeated(command: str, contents: str) -> None:
    """They are passed by mistake, as an argument or after the name of an option."""
    check_contents_are_not_repeated(command, contents)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("keygen X-Wing --private a --public loop", "error: loop: exists already; --force replaces it"),
        ("keygen X-Wing --private a --public loop --force", "error: loop: Too many levels of symbolic links; check"),
        ("sign message --key key.private -o loop --force", "error: loop: a symbolic link; name the file"),
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

    monkeypatch.setattr("qynauth_pqc.cli.overview.facts", fail)
    result = call("info")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: internal error: LookupError in test_cli_streams.py, line ")
    assert "SENTINEL" not in result.stderr
