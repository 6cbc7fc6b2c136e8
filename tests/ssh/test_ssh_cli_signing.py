"""The commands `sign`, `verify` and `fingerprint` take the format ssh and keys of OpenSSH."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import COMMAND, call, folder, keygen, run, write_password
from elsewhere import Elsewhere
from signing_commands import (
    COMPOSITE,
    check_large_file_is_signed,
    check_signature_of_another_key_is_not_written,
    check_usage_is_refused,
    signers,
)

from qynauth_pqc import load_public_key_file
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey, verify

__all__ = ["folder", "signers"]  # pytest uses the folder for every test here

SSH = ("--format", "ssh", "--namespace", "file@shire.example")


@pytest.fixture
def ssh_keygen_key() -> SSHPublicKey:
    """Return the public key of a key pair of OpenSSH in id and id.pub."""
    assert call("ssh", "keygen", "id").exit_code == 0
    return SSHPublicKey.load("id.pub")


def test_ssh_format_is_read_by_the_package_and_the_program_for_git(ssh_keygen_key: SSHPublicKey) -> None:
    """The signature has the form that ssh-keygen writes."""
    assert call("sign", "--key", "id", *SSH, "message").exit_code == 0
    text = Path("message.sig").read_bytes()
    verify(b"message\n", text, namespace="file@shire.example", signers=ssh_keygen_key)
    program = [str(COMMAND.with_name("qynauth-pqc-git")), "-Y", "check-novalidate", "-n", "file@shire.example"]
    done = subprocess.run([*program, "-s", "message.sig"], input=b"message\n", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", ["id.pub", "key.public"])
@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ([], 0, ""),
        (["--namespace", "file"], 1, "for the namespace 'file@shire.example', not 'file'"),
        (["--key", "other.pub"], 1, "signed by another key"),
        (["--signature", "message"], 2, "expected the header -----BEGIN SSH SIGNATURE-----"),
    ],
)
@pytest.mark.usefixtures("ssh_keygen_key")
def test_ssh_format_names_what_is_wrong(key: str, change: list[str], code: int, said: str) -> None:
    """The key may be in either encoding; a file that is no signature is bad input."""
    assert call("ssh", "keygen", "other").exit_code == 0
    assert call("convert", "--key", "id", "--public", "key.public").exit_code == 0
    call("sign", "--key", "id", *SSH, "message")
    result = call("verify", "--key", key, *SSH, "message", *change)
    assert result.exit_code == code
    assert said in result.stderr


@pytest.mark.parametrize(
    ("line", "principal", "code", "said"),
    [
        ("*@shire", "frodo@shire", 0, ""),
        ('*@shire namespaces="file@shire.example"', "frodo@shire", 0, ""),
        ("*@shire", "gandalf", 1, "principal"),
        ("*", "", 2, "expected a name"),
        ('*@shire namespaces="git"', "frodo@shire", 1, "namespace"),
        ('*@shire valid-before="20200101Z"', "frodo@shire", 1, "not valid after 2020"),
        ('*@shire nonsense="1"', "frodo@shire", 1, "warning: signers: allowed signers, line 1: expected the name of"),
    ],
)
@pytest.mark.usefixtures("ssh_keygen_key")
def test_ssh_format_takes_allowed_signers(line: str, principal: str, code: int, said: str) -> None:
    """The line of the key decides, as for `ssh-keygen -Y verify`."""
    Path("signers").write_text(f"{line} {Path('id.pub').read_text()}", encoding="ascii")
    assert call("sign", "--key", "id", *SSH, "message").exit_code == 0
    result = call("verify", "--allowed-signers", "signers", "--principal", principal, *SSH, "message")
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert "classical" not in result.stderr


@pytest.mark.usefixtures("ssh_keygen_key")
def test_key_of_openssh_is_a_key_like_any_other() -> None:
    """It signs in the raw format and is converted, also with a password."""
    assert call("sign", "--key", "id", "message").exit_code == 0
    assert call("verify", "--key", "id.pub", "message").stdout == f"message: {COMPOSITE} signature is valid\n"
    password = str(write_password())
    assert call("ssh", "keygen", "locked", "--password-file", password).exit_code == 0
    arguments = ["--key", "locked", "--password-file", password]
    assert call("convert", *arguments, "--private", "k", "--public", "p", "--no-encryption").exit_code == 0
    assert call("sign", *arguments, *SSH, "message", "--force").exit_code == 0
    assert call("verify", "--key", "p", *SSH, "message").exit_code == 0
    assert run("sign", "--key", "locked", "message", "--force").returncode == 2  # no terminal to ask on


def test_classical_key_of_openssh_signs_in_its_format_alone(root: Path) -> None:
    """It has only the fingerprint of OpenSSH."""
    key = root / "tests/ssh/files/ed25519"
    public = SSHPublicKey.load(f"{key}.pub")
    private = SSHPrivateKey.load(key)
    assert private.public_key == public
    assert call("sign", "--key", key, *SSH, "message").exit_code == 0
    result = call("verify", "--key", f"{key}.pub", *SSH, "message", "--json")
    assert json.loads(result.stdout) == {
        "message": "message",
        "valid": True,
        "algorithm": "ssh-ed25519",
        "classical": True,
    }
    assert (
        result.stderr == "warning: message: ssh-ed25519 is classical: a quantum computer could forge this signature\n"
    )
    for arguments in (["sign", "--key", key, "message"], ["verify", "--key", f"{key}.pub", "message"]):
        result = call(*arguments)
        assert (result.exit_code, "a key of ssh-ed25519 is for --format ssh only" in result.stderr) == (2, True)
    for path in (key, f"{key}.pub"):
        assert call("fingerprint", path).stdout == f"{public.fingerprint()}  ssh-ed25519  {path}\n"


@pytest.mark.parametrize("path", ["id", "id.pub", "key.public"])
def test_fingerprint_shows_both_forms(ssh_keygen_key: SSHPublicKey, path: str) -> None:
    """It shows the forms of the library and of OpenSSH, or one for a set that OpenSSH lacks."""
    assert call("convert", "--key", "id", "--public", "key.public").exit_code == 0
    key = load_public_key_file("key.public")
    ours = f"{key.fingerprint()}  {COMPOSITE}  {path}\n"
    assert call("fingerprint", path).stdout == ours + f"{ssh_keygen_key.fingerprint()}  ssh-mldsa44-ed25519  {path}\n"
    objects = [json.loads(line) for line in call("fingerprint", path, "--json").stdout.splitlines()]
    assert objects[1] == {"algorithm": "ssh-mldsa44-ed25519", "fingerprint": ssh_keygen_key.fingerprint()}
    keygen("MLDSA65-Ed25519-SHA512", "--force")
    assert len(call("fingerprint", "key.private").stdout.splitlines()) == 1


@pytest.mark.nightly
def test_gigabyte_is_signed_in_little_memory() -> None:
    """A gigabyte takes as much as a megabyte."""
    check_large_file_is_signed(COMPOSITE, SSH, 1 << 30)


def test_signer_elsewhere_receives_the_hash_of_the_message(signers: dict[str, Elsewhere]) -> None:
    """The namespace is before it."""
    assert call("sign", "--signer", f"far:{COMPOSITE}", *SSH, "message").exit_code == 0
    signers[COMPOSITE].public_key.save("key.public")
    assert call("verify", "--key", "key.public", *SSH, "message").exit_code == 0
    assert signers[COMPOSITE].received[0].startswith(b"SSHSIG\0\0\0\x12file@shire.example")


def test_signature_of_a_signer_with_another_key_is_not_written(signers: dict[str, Elsewhere]) -> None:
    """Nobody could verify it."""
    check_signature_of_another_key_is_not_written(signers, *SSH)


def test_advice_does_not_depend_on_the_name_of_a_file() -> None:
    """The first reason is a file that has changed."""
    assert call("ssh", "keygen", "release").exit_code == 0
    Path("other").write_bytes(b"other\n")
    for name in ("changed", "expected"):
        assert call("sign", "message", "--key", "release", "--format", "ssh", "--out", name).exit_code == 0
        result = call("verify", "other", "--key", "release.pub", "--format", "ssh", "--signature", name)
        assert (result.exit_code, "other may have changed" in result.stderr) == (1, True), result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "message", "--signer", "far:ML-DSA-44", *SSH], f"--format ssh is for keys of {COMPOSITE}"),
        (["sign", "message", "--key", "key.private", *SSH], f"--format ssh is for keys of {COMPOSITE}"),
        (["verify", "message", "--key", "key.public", *SSH], f"--format ssh is for keys of {COMPOSITE}"),
        (["sign", "message", "--key", "key.private", *SSH, "--context", "x"], "--context is not for --format ssh"),
        (["verify", "message", *SSH], "pass either --key or --allowed-signers"),
        (["verify", "message", *SSH, "--allowed-signers", "x"], "pass --allowed-signers and --principal, or neither"),
        (["verify", "message", *SSH, "--key", "key.public", "--principal", "x"], "and --principal, or neither"),
        (["sign", "message", "--key", "key.private", "--namespace", "x"], "--namespace is not for --format raw"),
        (
            ["verify", "message", "--allowed-signers", "x", "--principal", "x"],
            "--allowed-signers is not for --format raw",
        ),
    ],
)
@pytest.mark.usefixtures("signers")
def test_wrong_usage_says_what_to_do(arguments: list[str], said: str) -> None:
    """Wrong usage leads to exit code 2, and nothing is written."""
    check_usage_is_refused(arguments, said)
