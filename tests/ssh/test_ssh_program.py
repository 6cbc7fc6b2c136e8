"""The program for git ends with the exit codes of its help on mistakes, closed streams and passwords."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from openssh import our_program
from programs import Done, run
from ssh_fixtures import LINE, MESSAGE, SIGNATURE, private_key
from terminal import on_terminal

VERIFY = "-Y verify -n git -f allowed -I frodo -s message.sig"


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the program, in a folder with a key, a signature and the allowed signers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "never")
    private_key().save("id")
    Path("message").write_bytes(MESSAGE)
    Path("message.sig").write_bytes(SIGNATURE)
    Path("allowed").write_text(f"frodo {LINE}\n", encoding="ascii")
    return our_program(tmp_path)


def shell(command: str, **variables: str) -> Done:
    """Run the program with the streams that a shell sets up."""
    return run("/bin/sh", "-c", f"./qynauth-pqc-git {command}", environment=variables)


@pytest.mark.parametrize(
    "command",
    [
        f"{VERIFY} < message > /dev/full",
        f"{VERIFY} < message >&-",
        f"{VERIFY} <&-",
        f"{VERIFY} < id > /dev/full",
        "-Y sign -n git -f id < message > /dev/full",
        "-Y sign -n git -f id < message >&-",
        "-Y sign -n git -f id <&-",
        "-Y find-principals -f allowed -s message.sig >&-",
        "--help > /dev/full",
        "--help >&-",
    ],
)
def test_stream_that_cannot_be_used_is_an_error(command: str) -> None:
    """It is one line, and no wrong argument, which exit code 1 means."""
    done = shell(command)
    assert done.code == 255
    assert done.error.splitlines()[-1].partition("[Errno ")[2]
    assert "Traceback" not in done.error


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(("command", "code"), [(f"{VERIFY} < message", 0), (f"{VERIFY} < id", 255), ("-Y other", 1)])
def test_exit_code_says_it_where_standard_error_does_not(command: str, code: int, stream: str) -> None:
    """Git reads it."""
    assert shell(f"{command} {stream}").code == code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ('"$(cat id)"', 1),
        ('-O "$(cat id)"', 1),
        ('-Y "$(cat id)"', 1),
        ('-Y sign -n git -f id -O "$(cat id)" message', 255),
        ('-Y sign -n git -f "$(cat id)" message', 1),
        (f'{VERIFY} -r "$(cat id)" < message', 1),
    ],
)
def test_key_as_an_argument_is_refused_and_not_repeated(command: str, code: int) -> None:
    """It is passed instead of the name of its file."""
    done = shell(command)
    assert (done.code, done.out) == (code, "")
    assert len(done.error.splitlines()) == 1
    assert not any(line in done.error for line in Path("id").read_text(encoding="ascii").splitlines())


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [(b"\x04", 255, b"no password was entered"), (b"\xff\n", 255, b"is not UTF-8"), (b"\x03", 130, b"")],
    ids=["end of file", "not UTF-8", "interrupt"],
)
def test_password_that_is_not_typed_is_no_traceback(program: Path, typed: bytes, code: int, message: bytes) -> None:
    """The end of input, a byte that is no text, and Ctrl-C."""
    pytest.importorskip("bcrypt")
    Path("locked").write_bytes(bytes(private_key().to_bytes(b"password", rounds=1)))
    Path("locked").chmod(0o600)
    ended, shown = on_terminal([typed], program, *["-Y", "sign", "-n", "git", "-f", "locked", "message"])
    assert (ended, message in shown, b"Traceback" in shown) == (code, True, False)


def test_times_after_the_last_year_are_no_traceback(tmp_path: Path) -> None:
    """An offset from UTC leads to them."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[[accept]]\nalgorithm = "ssh-mldsa44-ed25519"\nsince = 9999-12-31T23:59:59-23:59\n')
    done = shell(f"{VERIFY} < message", QYNAUTH_PQC_SSH_POLICY=os.fspath(policy))
    assert done.code == 255
    assert "is accepted from 9999-12-31T23:59:59Z on" in done.error
    done = shell(f"{VERIFY} -O verify-time=99991231235959 < message", TZ="EST5")
    assert (done.code, "-Overify-time must be a time" in done.error) == (255, True)
