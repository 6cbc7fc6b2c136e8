"""The command `qynauth-pqc ssh` makes keys of OpenSSH and shows their fingerprints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_checks import (
    check_contents_are_not_repeated,
    check_empty_name_is_refused,
    check_input_is_not_replaced,
    check_key_as_a_name_is_not_repeated,
    contents,
    files,
)
from command_line import call, folder

from qynauth_pqc import CompositePrivateKey, UnsupportedError, ssh
from qynauth_pqc.cli import encodings, table
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey

__all__ = ["contents", "files", "folder"]

COMMENT = "frodo@shire.example"


@pytest.mark.parametrize("password", [None, b"password"])
def test_keygen_writes_both_halves(password: bytes | None) -> None:
    """The halves are in two files; only the owner can read the private one."""
    Path("password").write_bytes(b"password\n")
    options = ["--password-file", "password"] if password else []
    done = call("ssh", "keygen", "id", "--comment", COMMENT, *options)
    assert done.exit_code == 0, done.output
    public = SSHPublicKey.load("id.pub")
    assert SSHPrivateKey.load("id", password).public_key == public
    assert (public.comment, Path("id").stat().st_mode & 0o777) == (COMMENT, 0o600)
    assert f"private key (OpenSSH{', encrypted' if password else ''}), " in done.output


def test_keygen_replaces_nothing_without_force() -> None:
    """Neither half is replaced."""
    Path("id.pub").write_text("kept")
    done = call("ssh", "keygen", "id")
    assert done.exit_code == 2
    assert "--force" in done.output
    assert (Path("id.pub").read_text(), Path("id").exists()) == ("kept", False)
    assert call("ssh", "keygen", "id", "--force").exit_code == 0


def test_fingerprint_shows_each_key() -> None:
    """The keys are shown as lines, or as JSON."""
    for name in ("one", "two"):
        assert call("ssh", "keygen", name, "--comment", name).exit_code == 0
    keys = [SSHPublicKey.load(f"{name}.pub") for name in ("one", "two")]
    lines = call("ssh", "fingerprint", "one.pub", "two.pub").output
    assert lines == "".join(f"{each.describe()}\n" for each in keys)
    found = json.loads(call("ssh", "fingerprint", "one.pub", "--json").output)
    expected = {
        "path": "one.pub",
        "fingerprint": keys[0].fingerprint(),
        "algorithm": keys[0].algorithm,
        "comment": "one",
    }
    assert found == [expected]


@pytest.mark.parametrize(
    "arguments", [["fingerprint", "message"], ["fingerprint", "none"], ["keygen", "id", "--comment", "\n"]]
)
def test_mistakes_are_errors_of_one_line(arguments: list[str]) -> None:
    """A file that is no public key, a missing file, and a comment of two lines write nothing."""
    done = call("ssh", *arguments)
    assert done.exit_code == 2
    assert done.output.startswith("error: ")
    assert not Path("id").exists()


def test_force_replaces_no_password(folder: Path) -> None:
    """The key would be written over the password that encrypts it."""
    check_input_is_not_replaced(folder, "ssh keygen password --password-file password", "password")


@pytest.mark.parametrize(
    "command",
    [["ssh", "keygen", ""], ["ssh", "keygen", "id", "--password-file", ""], ["ssh", "fingerprint", ""]],
)
def test_empty_name_is_refused(files: Path, command: list[str]) -> None:
    """A shell makes it of a variable that is not set; no other file takes its place."""
    check_empty_name_is_refused(files, command)


@pytest.mark.parametrize("before", ["", "\n"])
@pytest.mark.parametrize("command", [["ssh", "keygen"], ["ssh", "fingerprint"]])
@pytest.mark.usefixtures("files")
def test_key_in_the_place_of_a_name_is_not_repeated(command: list[str], before: str) -> None:
    """The key begins like an option, or with a line break."""
    check_key_as_a_name_is_not_repeated(command, before)


def test_contents_of_a_key_file_are_not_repeated(contents: str) -> None:
    """They are passed by mistake, as a command."""
    check_contents_are_not_repeated("ssh", contents)


def test_keys_of_openssh_without_the_package_are_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the package; all other keys are read."""
    line = CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512").public_key
    ssh_line = ssh.SSHPublicKey.from_key(line).to_line().encode()
    assert encodings.decode_public_key(ssh_line) == line
    monkeypatch.setitem(table.KEY_FILES, "openssh", "absent._command")
    with pytest.raises(UnsupportedError, match=r"qynauth_pqc\.ssh, which reads OpenSSH keys, is absent"):
        encodings.decode_public_key(ssh_line)
    assert encodings.decode_public_key(line.to_spki("PEM")) == line
