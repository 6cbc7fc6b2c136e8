"""The commands that check a policy and write the cryptographic bill of materials."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import call, folder, run

__all__ = ["folder"]  # pytest uses it here

ROW = '[[accept]]\nissuer = "https://login.example"\naudience = "orders"\nalgorithm = "ML-DSA-65"\n'
QUIET = ROW + "sign_from = 2026-01-01T00:00:00Z\n"
SENTENCE = (
    "For tokens of https://login.example for orders, ML-DSA-65 (post-quantum) is accepted without a deadline; "
    "the issuer signs with it from 1 January 2026 00:00 UTC on."
)
WARNING = "tokens of https://login.example for orders: nobody signs them now"


def test_policy_is_explained() -> None:
    """From a file or standard input, as text or JSON."""
    Path("policy.toml").write_text(QUIET)
    for result in (run("policy", "check", "policy.toml"), run("policy", "check", "-", stdin=QUIET.encode())):
        assert (result.returncode, result.stdout.decode(), result.stderr) == (0, f"{SENTENCE}\n", b"")
    read = json.loads(call("policy", "check", "--json", "--strict", "policy.toml").stdout)
    assert read == {"sentences": [SENTENCE], "warnings": []}


def test_warnings_follow_and_fail_on_request() -> None:
    """With --strict, the exit code says that there are some."""
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
        ("#" * 65537, "error: policy.toml: longer than 65536 bytes, the limit for a policy\n"),
    ],
)
def test_invalid_policy_is_an_error_that_names_the_file(text: str, message: str) -> None:
    """The exit code is that of bad input."""
    Path("policy.toml").write_text(text)
    result = call("policy", "check", "policy.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["policy", "check", "policy.toml"]])
def test_missing_extra_is_reported_by_the_commands_that_need_it(arguments: list[str]) -> None:
    """All others work without it."""
    Path("policy.toml").write_text(QUIET)
    program = "import sys; sys.modules['joserfc'] = None; from qynauth_pqc.cli import main; main()"
    done, info = (
        subprocess.run([sys.executable, "-c", program, *words], text=True, capture_output=True, check=False)
        for words in (arguments, ["info"])
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: this command needs joserfc: pip install 'qynauth-pqc[auth]'\n"
    assert info.returncode == 0
