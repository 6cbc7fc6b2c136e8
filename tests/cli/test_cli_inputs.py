"""The command line bounds inputs without an end, and warns of private key files that others can read."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from io import FileIO
from pathlib import Path

import pytest
from command_line import COMMAND, call, folder, keygen, run

from qynauth_pqc._keys.paths import open_path
from qynauth_pqc.cli import files

__all__ = ["folder"]  # pytest uses it for every test here

MEMORY = 1 << 29
"""The address space of a command that must not read all of its input; it needs a quarter of this space."""


def run_in_little_memory(*arguments: str, stdin: str = "/dev/null") -> subprocess.CompletedProcess[bytes]:
    """Run the installed command with limited memory and a file as standard input."""
    with Path(stdin).open("rb") as file:
        return subprocess.run(
            [COMMAND, *arguments],
            stdin=file,
            capture_output=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )


@pytest.mark.parametrize("endless", ["/dev/zero", "-"])
@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        (
            "verify --key {} --signature message message",
            2,
            "1048576 bytes, the limit for a public key or a certificate",
        ),
        ("verify --key key.public --signature {} message", 1, "49856 bytes, the longest signature"),
        ("verify --key key.public --signature {} --prehash sha-512 message", 1, "49856 bytes, the longest signature"),
        (
            "encapsulate --key {} --ciphertext c --secret s",
            2,
            "1048576 bytes, the limit for a public key or a certificate",
        ),
        (
            "decapsulate --key kem.private --ciphertext {} --secret s",
            2,
            "1665 bytes, the longest",
        ),
    ],
)
def test_input_without_an_end_is_read_to_its_bound(endless: str, command: str, status: int, message: str) -> None:
    """For a device or a pipe, the error says how long the input may be."""
    keygen("ML-DSA-44")
    call("keygen", "ML-KEM-512", "--private", "kem.private", "--public", "kem.public")
    named = "standard input" if endless == "-" else endless
    result = run_in_little_memory(*command.format(endless).split(), stdin="/dev/zero")
    assert (result.returncode, result.stdout) == (status, b"")
    assert result.stderr.startswith(f"error: {named}: longer than {message}".encode())
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", ["sign --key key.private", "verify --key key.public --signature message"])
def test_input_that_does_not_wait_is_no_shorter_one(command: str) -> None:
    """A non-blocking pipe without bytes looks like its end, and its start is no message."""
    keygen("ML-DSA-44")
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb"):
        os.set_blocking(reader, False)
        os.write(writer, b"the start of a message")
        result = subprocess.run([COMMAND, *command.split(), "-"], stdin=stdin, capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr == b"error: standard input: no more bytes yet; set it to blocking mode\n"


@pytest.mark.parametrize(
    "command",
    [
        "convert --key /dev/zero --public p",
        "sign --key /dev/zero message",
        "sign --key key.private --password-file /dev/zero message",
        "validate --baseline /dev/zero",
        "metrics --file /dev/zero",
        "sign --key key.private -o s /dev/zero",
        "verify --key key.public --signature message /dev/zero",
        "demo /dev/zero",
    ],
)
def test_device_is_an_error_of_one_line_wherever_a_file_is_read(command: str) -> None:
    """The error names the limit, but a command that may read a message of 1 GiB may run out of memory first."""
    keygen("ML-DSA-44")
    result = run_in_little_memory(*command.split())
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.splitlines()[-1].lower().startswith(b"error: ")
    assert b"Traceback" not in result.stderr


def test_message_in_a_pipe_has_a_bound_that_the_error_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe is read whole up to the bound, which is lowered here. A file has no bound."""
    keygen("SLH-DSA-SHA2-128f")
    monkeypatch.setattr(files, "_LONGEST_MESSAGE", 8)
    Path("message").write_bytes(bytes(9))
    assert call("sign", "--key", "key.private", "message").exit_code == 0
    assert call("verify", "--key", "key.public", "message").exit_code == 0
    for size, code in ((8, 0), (9, 2)):
        arguments = ["sign", "--key", "key.private", "-o", "signature", "--force", "-"]
        result = call(*arguments, stdin=bytes(size))
        expected = (
            "standard input: longer than 8 bytes, the limit for a pipe or a device, unless it is hashed in chunks"
        )
        assert (result.exit_code, result.stderr) == (code, f"error: {expected}\n" if code else "")


def test_message_in_a_named_pipe_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its writer writes once, and a second reader may wait for another writer."""
    keygen("SLH-DSA-SHA2-128f")
    os.mkfifo("pipe")
    opened = []

    def counted(path: str) -> FileIO:
        opened.append(path)
        return open_path(path)

    monkeypatch.setattr(files, "open_path", counted)
    for command in ("sign pipe --key key.private -o signature", "verify pipe --key key.public --signature signature"):
        writer = threading.Thread(target=Path("pipe").write_bytes, args=(b"message\n",), daemon=True)
        writer.start()
        result = call(*command.split())
        assert (result.exit_code, result.stderr) == (0, "")
        writer.join()
    assert opened.count("pipe") == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o444])
def test_private_key_that_others_can_read_is_warned_of_once(mode: int) -> None:
    """The command does its work, and says what to do."""
    keygen("ML-DSA-44")
    Path("key.private").chmod(mode)
    for arguments in ("sign --force message", "convert --force --private copy --public p"):
        command, *rest = arguments.split()
        result = run(command, "--key", "key.private", "--json", *rest)
        text = f"warning: key.private: mode {mode:04o} lets others read this private key; run: chmod 600 key.private\n"
        assert (result.returncode, result.stderr) == (0, text.encode())


def test_warning_holds_no_command_that_does_something_else() -> None:
    """The name of a file may have spaces, and words of the shell."""
    keygen("ML-DSA-44")
    name = "key; true"
    Path("key.private").rename(name)
    Path(name).chmod(0o644)
    result = run("sign", "--key", name, "message")
    assert result.stderr.endswith(b"; run: chmod 600 'key; true'\n")


def test_private_key_for_its_owner_and_public_keys_are_not_warned_of() -> None:
    """There is no warning of a file that is not regular either."""
    keygen("ML-DSA-44")
    Path("key.private").chmod(0o600)
    signed = run("sign", "--key", "key.private", "message")
    verified = run("verify", "--key", "key.public", "message")
    converted = run("convert", "--key", "key.public", "--public", "copy", "--format", "pem")
    assert [(each.returncode, each.stderr) for each in (signed, verified, converted)] == [(0, b"")] * 3
