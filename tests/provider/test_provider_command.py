"""The commands `qynauth-pqc openssl config` and `check`, with the system's openssl and Python's `ssl`."""

from __future__ import annotations

import json
import os
import ssl
import sys
from pathlib import Path

import provider_fixtures
import pytest
from programs import Done, run
from provider_programs import MODULE, old

from qynauth_pqc.cli.commands import app

module = provider_fixtures.module

pytestmark = [
    pytest.mark.skipif(not MODULE.exists(), reason="this build has no provider"),
    pytest.mark.skipif(ssl.OPENSSL_VERSION_INFO[0] != 3, reason="Python has no shared OpenSSL 3"),
]


def command(*arguments: str | Path, configuration: str | Path = os.devnull, path: Path | None = None) -> Done:
    """Run a command of the group."""
    folders = [*([str(path)] if path else []), os.environ["PATH"]]
    environment = {
        "OPENSSL_CONF": str(configuration),
        "PATH": os.pathsep.join(folders),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return run(sys.executable, "-m", "qynauth_pqc", "openssl", *arguments, environment=environment)


@pytest.fixture(autouse=True)
def has_openssl() -> None:
    """Skip the tests where the system has no OpenSSL 3."""
    old()


def written(folder: Path, *options: str | Path) -> Path:
    """Return a file with the configuration that the command prints."""
    done = command("config", *options)
    assert (done.code, done.error) == (0, "")
    path = folder / "openssl.cnf"
    path.write_text(done.out, encoding="utf-8")
    return path


def test_check_tells_a_post_quantum_handshake_from_a_classical_one(tmp_path: Path) -> None:
    """By its exit code, its text and its JSON, which name what loads the provider."""
    classical = command("check", "--json")
    assert classical.code == 1
    assert json.loads(classical.out)["group"] == "x25519"
    assert "not post-quantum" in classical.error
    done = command("check", "--json", configuration=written(tmp_path))
    assert (done.code, done.error) == (0, "")
    facts = json.loads(done.out)
    assert facts["group"] == "X25519MLKEM768"
    assert facts["python"] == f"{ssl.OPENSSL_VERSION}, with the provider"
    assert facts["openssl"].startswith("OpenSSL 3.")
    assert facts["openssl"].endswith("/openssl), with the provider")
    text = command("check", configuration=tmp_path / "openssl.cnf")
    assert (text.code, text.out.splitlines()[-1].split()) == (0, ["group", "X25519MLKEM768"])


@pytest.mark.parametrize(
    ("options", "group", "code"),
    [
        (["--groups", "MLKEM1024", "--require"], "MLKEM1024", 0),
        (["--groups", "SecP256r1MLKEM768", "--prefer"], "SecP256r1MLKEM768", 0),
        (["--groups", "secp384r1:X25519MLKEM768"], "secp384r1", 1),
    ],
)
def test_check_shows_the_preferred_group(tmp_path: Path, options: list[str], group: str, code: int) -> None:
    """The configuration has the groups in the order of the option."""
    done = command("check", "--json", configuration=written(tmp_path, *options))
    assert (done.code, json.loads(done.out)["group"]) == (code, group)


def test_check_notices_a_module_that_does_not_load(tmp_path: Path, module: Path) -> None:
    """OpenSSL says nothing, even if post-quantum groups are required."""
    configuration = written(tmp_path, "--require", "--module", module)
    assert command("check", configuration=configuration).code == 0
    module.write_bytes(b"not a module")
    done = command("check", "--json", configuration=configuration)
    facts = json.loads(done.out)
    assert (done.code, facts["group"]) == (1, "x25519")
    assert "without the provider" in facts["python"]
    assert "without the provider" in facts["openssl"]


def test_check_shows_that_there_is_no_handshake(tmp_path: Path) -> None:
    """The server accepts post-quantum groups alone, and the client has none."""
    program, required = tmp_path / "openssl", written(tmp_path, "--require")
    program.write_text(f'#!/bin/sh\nOPENSSL_CONF={required} exec {old().path} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    done = command("check", "--json", path=tmp_path)
    assert done.code == 1
    assert json.loads(done.out)["group"].startswith("no handshake: ")


def test_system_accepts_files_of_root_alone(
    module: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of the user is accepted without the option."""
    user = os.geteuid() or 65534
    os.chown(module, user, -1)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    arguments = ["openssl", "config", "--module", str(module)]
    assert app.main(arguments, standalone_mode=False) in {None, 0}
    assert f"module = {module}\n" in capsys.readouterr().out
    with pytest.raises(Exception, match="others than root can write to it"):
        app.main([*arguments, "--system"], standalone_mode=False)


@pytest.mark.parametrize("arguments", [["config"], ["check"]])
def test_commands_need_an_openssl_on_the_path(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """It knows the folder of its configuration, and is the server."""
    monkeypatch.setenv("PATH", "/nowhere")
    done = command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("error: there is no `openssl` on the path")


def test_an_unknown_group_is_an_error_of_the_command() -> None:
    """OpenSSL would ignore the list."""
    done = command("config", "--groups", "X25519MLKEM769")
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("error: unknown group 'X25519MLKEM769'; the groups are X25519MLKEM768, ")
