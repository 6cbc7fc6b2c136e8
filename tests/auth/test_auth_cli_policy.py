"""Two commands check a policy and write the cryptographic bill of materials."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from certificates import self_signed
from command_checks import (
    check_contents_are_not_repeated,
    check_empty_name_is_refused,
    check_unknown_version_is_an_error,
    contents,
    files,
)
from command_line import call, folder, run, write_password
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc._extras import install_command

__all__ = ["contents", "files", "folder"]  # pytest uses the folder for every test here

ROW = '[[accept]]\nissuer = "https://login.example"\naudience = "orders"\nalgorithm = "ML-DSA-65"\n'
QUIET = ROW + "sign_from = 2026-01-01T00:00:00Z\n"
SENTENCE = (
    "For tokens of https://login.example for orders, ML-DSA-65 (post-quantum) is accepted without a deadline; "
    "the issuer signs with it from 1 January 2026 00:00 UTC on."
)
WARNING = "tokens of https://login.example for orders: nobody signs them now"


def test_policy_is_explained() -> None:
    """The policy comes from a file or standard input, and is explained as text or JSON."""
    Path("policy.toml").write_text(QUIET)
    for result in (run("policy", "check", "policy.toml"), run("policy", "check", "-", stdin=QUIET.encode())):
        assert (result.returncode, result.stdout.decode(), result.stderr) == (0, f"{SENTENCE}\n", b"")
    read = json.loads(call("policy", "check", "--json", "--strict", "policy.toml").stdout)
    assert read == {"sentences": [SENTENCE], "warnings": [], "first_failure": None}


def test_warnings_follow_and_fail_on_request() -> None:
    """With --strict, warnings lead to exit code 1."""
    Path("policy.toml").write_text(ROW)
    plain, strict = (call("policy", "check", "policy.toml", *option) for option in ((), ("--strict",)))
    assert (plain.exit_code, strict.exit_code) == (0, 1)
    assert plain.stdout == strict.stdout
    assert plain.stdout.splitlines()[1:] == [f"warning: {WARNING}"]
    assert json.loads(call("policy", "check", "policy.toml", "--json").stdout)["warnings"] == [WARNING]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ROW + "untill = 5",
            "error: policy.toml: row 1: unknown member 'untill': expected issuer, audience, algorithm, ",
        ),
        ("#" * 4194305, "error: policy.toml: longer than 4194304 bytes, the limit for a policy\n"),
    ],
)
def test_invalid_policy_is_an_error_that_names_the_file(text: str, message: str) -> None:
    """The exit code is 2."""
    Path("policy.toml").write_text(text)
    result = call("policy", "check", "policy.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


def keyring_files() -> None:
    """Make a ring, its password, a policy and two certificates."""
    write_password()
    Path("policy.toml").write_text(QUIET)
    assert call("keyring", "create", "ring", "EdDSA", "--password-file", "password").exit_code == 0
    made = [self_signed(MLDSAPrivateKey.generate(name)) for name in ("ML-DSA-44", "ML-DSA-87")]
    Path("chain.pem").write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in made))
    Path("one.der").write_bytes(made[0].public_bytes(Encoding.DER))


def test_cbom_lists_ring_policy_and_certificates() -> None:
    """It goes to standard output or a file, which is replaced on request only."""
    keyring_files()
    words = ["cbom", "--keyring", "ring", "--password-file", "password", "--policy", "policy.toml"]
    words += ["--certificate", "chain.pem", "--certificate", "one.der"]
    result = run(*words)
    assert (result.returncode, result.stderr) == (0, b"")
    found = [each["bom-ref"].partition(":")[0] for each in json.loads(result.stdout)["components"]]
    assert Counter(found) == {"algorithm": 4, "key": 1, "certificate": 4}
    assert [call(*words, "-o", "cbom.json", *force).exit_code for force in ((), (), ("--force",))] == [0, 2, 0]
    assert json.loads(Path("cbom.json").read_text())["components"] == json.loads(result.stdout)["components"]


MISTAKES = {
    "cbom": "missing option '--keyring', '--policy' or '--certificate'",
    "cbom --policy policy.toml --password-file password": "--password-file needs --keyring",
    "cbom --policy password": "password: policy is not TOML: ",
    "cbom --policy absent": "absent: No such file or directory; check the path",
    "cbom --certificate password": "password: expected a certificate in PEM or DER",
    "cbom --certificate ring/manifest": "ring/manifest: expected a certificate in PEM or DER",
    "cbom --certificate cut.pem": "cut.pem: expected a certificate in PEM or DER",
    "cbom --keyring ring --password-file policy.toml": "ring: ",
}


def test_cbom_needs_valid_files() -> None:
    """Each mistake is one error, without output."""
    keyring_files()
    Path("cut.pem").write_bytes(Path("chain.pem").read_bytes()[:100])
    for words, message in MISTAKES.items():
        result = call(*words.split())
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {message}")


@pytest.mark.parametrize("package", ["cryptography", "cyclonedx"])
def test_missing_extra_is_reported_by_the_commands_that_need_it(package: str) -> None:
    """All other commands work without the extra."""
    Path("policy.toml").write_text(QUIET)
    program = f"import sys; sys.modules[{package!r}] = None; from qynauth_pqc.cli import main; main()"
    keyring_files()
    check = ["policy", "check", "policy.toml"]
    commands = (
        ["cbom", "--policy", "policy.toml"],
        [*check, "--keyring", "ring", "--password-file", "password"],
        check,
        ["info"],
    )
    cbom, with_ring, *others = (
        subprocess.run([sys.executable, "-c", program, *words], text=True, capture_output=True, check=False)
        for words in commands
    )
    message = f"error: this command needs {package}: {install_command('auth')}\n"
    assert (cbom.returncode, cbom.stdout, cbom.stderr) == (2, "", message)
    assert (with_ring.returncode, with_ring.stderr) == ((1, "") if package == "cyclonedx" else (2, message))
    assert [(each.returncode, each.stderr) for each in others] == [(0, "")] * 2


def test_unknown_version_of_a_certificate_is_an_error_of_the_file() -> None:
    """It is no internal error."""
    check_unknown_version_is_an_error("cbom --certificate certificate")


@pytest.mark.parametrize("command", [["policy", "check", ""], ["cbom", "--output", ""]])
def test_empty_name_is_refused(files: Path, command: list[str]) -> None:
    """A shell makes it of a variable that is not set; no other file takes its place."""
    check_empty_name_is_refused(files, command)


def test_contents_of_a_key_file_are_not_repeated(contents: str) -> None:
    """They are passed by mistake, after the name of an option."""
    check_contents_are_not_repeated("cbom --policy message -o", contents)
