"""The command `qynauth-pqc ssh` makes keys of OpenSSH and shows their fingerprints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import call, folder

from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey

__all__ = ["folder"]

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
