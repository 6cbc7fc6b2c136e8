"""The command `qynauth-pqc keyring` manages a ring from its creation on, and reports its errors and a missing extra."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_checks import (
    check_contents_are_not_repeated,
    check_entry_points_replace_nothing,
    check_report_is_missed,
    completed,
    contents,
    files,
    shell,
)
from command_line import COMMAND, call, folder, write_password

from qynauth_pqc._extras import install_command
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.integrations.jose_composite import DRAFT

__all__ = ["contents", "files", "folder"]  # pytest uses the folder for every test here

PASSWORD = ("--password-file", "password")
AT_ONCE = ("--max-age", 0, "--skew", 0, "--token-lifetime", 0)
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture(autouse=True)
def password(folder: Path) -> Path:
    """Write a file with the password of the ring."""
    return write_password(folder=folder)


def keyring(*arguments: object, error: str = "") -> list[str]:
    """Run a command with the password, and return the lines that it prints."""
    result = call("keyring", *arguments[:1], *PASSWORD, *arguments[1:])
    assert (result.stderr.split("\n")[0], result.exit_code) == (f"error: {error}" if error else "", 2 if error else 0)
    return result.stdout.splitlines()


def kids() -> list[str]:
    """Return the kids of the ring."""
    with KeyRing.open("ring", b"correct horse") as ring:
        return [each.kid for each in ring.keys]


@pytest.mark.parametrize("command", [["keyring", "jwks", "ring"], ["cbom", "--keyring", "ring"]])
@pytest.mark.parametrize("name", ["manifest", "new"])
def test_no_file_is_written_into_a_ring(command: list[str], name: str) -> None:
    """One of the ring would be lost."""
    keyring("create", *AT_ONCE, "ring", "EdDSA")
    before = {each: each.read_bytes() for each in Path("ring").iterdir()}
    result = call(*command, *PASSWORD, "--output", f"ring/{name}", "--force")
    assert result.stderr == f"error: ring/{name}: also an input of this command; write the result to another file\n"
    assert ({each: each.read_bytes() for each in Path("ring").iterdir()}, result.exit_code) == (before, 2)


def test_ring_is_made_rotated_and_cleaned_up() -> None:
    """Each command reports the states of the keys, and the next possible steps."""
    made = keyring("create", *AT_ONCE, "ring", "EdDSA", "ml-dsa-44")
    first, second = kids()
    assert made == [f"ring: EdDSA key {first} is active", f"ring: ML-DSA-44 key {second} is active"]
    line = keyring("rotate", "ring", "eddsa")
    third = kids()[2]
    assert line == [f"ring: EdDSA key {third} is next; activate now"]
    assert keyring("activate", "ring", "EdDSA") == [f"ring: EdDSA key {third} is active"]
    assert keyring("remove", "ring", first) == [f"ring: key {first} is removed"]
    keyring("rotate", "ring", "EdDSA")
    fourth = kids()[-1]
    assert keyring("revoke", "ring", fourth) == [f"ring: EdDSA key {fourth} is revoked; remove now"]
    assert kids() == [second, third, fourth]


def test_name_of_a_ring_adds_no_line_to_a_report() -> None:
    """It is escaped as the names of other files are."""
    name, shown = "ring\nring: state 9, 9 keys, no problem", r"ring\nring: state 9, 9 keys, no problem"
    assert keyring("create", name) == [f"{shown}: the ring is empty; import a key, or rotate"]
    for command in (["rotate", name, "EdDSA"], ["check", name], ["set", "--max-age", 60, name]):
        [line] = keyring(*command)
        assert line.startswith(f"{shown}: ")


def test_show_prints_two_lines_for_each_key() -> None:
    """They have the kid, even in a narrow terminal, the state and its time, and the next step and its time."""
    keyring("create", "ring", "EdDSA", "ES256")
    keyring("rotate", "ring", "EdDSA")
    first, second, third = kids()
    lines = keyring("show", "ring")
    assert lines[:3] == ["max age         300 seconds", "skew            60 seconds", "token lifetime  600 seconds"]
    patterns = [
        *("", first, rf"  EdDSA, active since {TIME}; its next key waits"),
        *("", second, rf"  ES256, active since {TIME}; rotate at any time"),
        *("", third, rf"  EdDSA, next since {TIME}; activate from {TIME}"),
    ]
    assert all(re.fullmatch(pattern, line) for pattern, line in zip(patterns, lines[3:], strict=True))


def test_revoking_the_active_key_warns() -> None:
    """No key signs then, and the warning says what to do; revoking a waiting key prints no warning."""
    keyring("create", *AT_ONCE, "ring", "EdDSA")
    keyring("rotate", "ring", "EdDSA")
    active, following = kids()
    for kid, steps in ((active, "activate the next key"), (following, "rotate, and activate the new key")):
        result = call("keyring", "revoke", *PASSWORD, "ring", kid)
        assert (result.stderr, result.exit_code) == (f"warning: nothing signs with EdDSA now; {steps}\n", 0)
    keyring("rotate", "ring", "EdDSA")
    keyring("activate", "ring", "EdDSA")
    keyring("rotate", "ring", "EdDSA")
    assert keyring("revoke", "ring", kids()[-1])


def test_show_prints_json() -> None:
    """The JSON has every time, and when the next step is allowed."""
    keyring("create", "ring", "ES256")
    keyring("rotate", "ring", "ES256")
    [line] = keyring("show", "ring", "--json")
    shown: dict[str, Any] = json.loads(line)
    active, following = shown.pop("keys")
    settings = {"max_age": 300.0, "skew": 60.0, "token_lifetime": 600.0, "experimental": None}
    assert shown == {"counter": 2, **settings}
    assert (active["kid"], active["state"], active["earliest_next_step"]) == (kids()[0], "active", None)
    published, earliest = (datetime.fromisoformat(following[name]) for name in ("published", "earliest_next_step"))
    assert earliest - published == timedelta(seconds=360)
    assert following["activated"] is following["retired"] is following["revoked"] is None


def test_jwks_is_printed_or_written() -> None:
    """Both are the same set; a file is replaced with --force only, and everyone may read it."""
    keyring("create", "--experimental", DRAFT, "ring", "EdDSA", "ML-DSA-44-Ed25519")
    printed = json.loads("\n".join(keyring("jwks", "ring")))
    assert [each["kid"] for each in printed["keys"]] == kids()
    assert keyring("jwks", "ring", "--output", "jwks.json") == []
    assert json.loads(Path("jwks.json").read_text()) == printed
    assert stat.S_IMODE(Path("jwks.json").stat().st_mode) & stat.S_IRUSR
    keyring("jwks", "ring", "--output", "jwks.json", error="jwks.json: exists already; --force replaces it")
    keyring("jwks", "ring", "--output", "jwks.json", "--force")


def test_errors_say_what_to_do() -> None:
    """Each error is one line, with exit code 2."""
    keyring("create", "ring", "EdDSA")
    [kid] = kids()
    another = "holds a key ring already; open it, or name another directory"
    keyring("create", "ring", "EdDSA", error=f"ring: {another}")
    keyring("show", "absent", error="absent: holds no key ring; create one, or check the path")
    keyring("activate", "ring", "EdDSA", error="EdDSA has no next key; rotate first")
    keyring("remove", "ring", kid, error="the key is active; activate the next key first, or revoke it")
    keyring(
        "revoke", "ring", "other", error="the ring has no key with this kid; `qynauth-pqc keyring show` lists its keys"
    )
    keyring(
        "create",
        "new",
        "EdDSA",
        "--skew",
        "nan",
        error="expected max_age, skew and token_lifetime of 0 to 31622400 seconds",
    )
    keyring(
        "create", "new", "ML-DSA-44-ES256", error=f"hybrid algorithms are experimental; pass --experimental {DRAFT}"
    )
    keyring(
        "rotate", "ring", "ML-DSA-44-ES256", error=f"hybrid algorithms are experimental; pass --experimental {DRAFT}"
    )
    keyring(
        "create", "new", "EdDSA", "--experimental", "other", error=f"unknown draft: expected experimental='{DRAFT}'"
    )
    assert keyring_error("rotate", "ring", "RSA").startswith(
        "error: invalid value for 'ALGORITHM': 'RSA' is unknown; use "
    )
    assert keyring_error("rotate", "ring", "ML-KEM-512").startswith(
        "error: invalid value for 'ALGORITHM': 'ML-KEM-512' is"
    )
    Path("password").write_bytes(b"wrong\n")
    keyring("show", "ring", error="ring: wrong password, or the manifest is damaged or was changed; check the password")


def keyring_error(*arguments: object) -> str:
    """Return the standard error of a command that fails."""
    result = call("keyring", *arguments, *PASSWORD)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_activation_that_is_too_early_names_the_time() -> None:
    """The time is in UTC."""
    keyring("create", "ring", "EdDSA")
    keyring("rotate", "ring", "EdDSA")
    message = keyring_error("activate", "ring", "EdDSA")
    assert re.fullmatch(rf"error: verifiers may lack the next key before {TIME}; try again then\n", message)


@pytest.mark.parametrize("kid", ["-hAAA", "--AAA", "-", "-AAA"])
def test_kid_that_begins_like_an_option_is_a_kid(kid: str) -> None:
    """A thumbprint may begin with a hyphen."""
    keyring("create", "ring", "EdDSA")
    for command in ("revoke", "remove"):
        keyring(
            command, "ring", kid, error="the ring has no key with this kid; `qynauth-pqc keyring show` lists its keys"
        )


def test_password_is_asked_for_on_a_terminal_only() -> None:
    """Without a terminal, the error names the option."""
    keyring("create", "ring", "EdDSA")
    for command in ("show", "ring"), ("create", "new", "EdDSA"):
        done = subprocess.run(
            [COMMAND, "keyring", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        expected = f"error: {command[1]}: no terminal for a password prompt; use --password-file\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.parametrize("package", ["cryptography"])
@pytest.mark.parametrize("command", ["create ring EdDSA", "rotate ring EdDSA", "show ring", "jwks ring"])
def test_missing_extra_is_reported(package: str, command: str) -> None:
    """Commands that need the extra report it; the others work."""
    code = f"import sys; sys.modules[{package!r}] = None; from qynauth_pqc.cli import main; main()"
    arguments = ["keyring", *command.split(), *PASSWORD]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    expected = f"error: this command needs {package}: {install_command('auth')}\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)
    others = subprocess.run([sys.executable, "-c", code, "keyring", "--help"], capture_output=True, check=False)
    assert (others.returncode, others.stderr) == (0, b"")


@pytest.mark.parametrize("stream", [">&-", ">/dev/full"])
def test_missing_report_of_finished_work_says_that_it_is_finished(stream: str) -> None:
    """The ring is written, so nobody needs to repeat the command."""
    check_report_is_missed("keyring create made EdDSA --password-file password", stream)


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
def test_exit_code_says_it_where_standard_error_does_not(stream: str) -> None:
    """Code 1 is for an invalid signature, and for nothing else."""
    assert shell(f"keyring {stream}").returncode == 2


@pytest.mark.parametrize("command", ["keyring create ring", "keyring create ring --max-age", "keyring rotate ring"])
def test_contents_of_a_key_file_are_not_repeated(command: str, contents: str) -> None:
    """They are passed by mistake, as an argument or after the name of an option."""
    check_contents_are_not_repeated(command, contents)


def test_algorithms_are_completed() -> None:
    """They are found in any letter case."""
    assert completed("keyring", "rotate", "ring", "es") == ["plain,ES256", "plain,ES384"]


def test_entry_points_replace_no_command(tmp_path: Path) -> None:
    """A package with the name of the command offers a signer of that name alone."""
    check_entry_points_replace_nothing(tmp_path, "keyring", "--help")
