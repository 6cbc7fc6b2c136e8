"""The provider through EVP, in the system's OpenSSL and in a new one: the checks are in evp.c."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import provider_fixtures
import pytest
from conftest import ROOT
from programs import FOLDER, Done, run
from provider_programs import FOLDER as MODULES
from provider_programs import Program, configuration

ours, plain, headers = provider_fixtures.ours, provider_fixtures.plain, provider_fixtures.headers
pytestmark = pytest.mark.usefixtures("headers")

NEW = FOLDER / "root"
OPTIONS = ["-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror", "-pthread"]


def built(folder: Path, *options: str) -> Path:
    """Compile the program."""
    program = folder / "evp"
    subprocess.run(["cc", *OPTIONS, "tests/provider/evp.c", "-o", program, *options], cwd=ROOT, check=True)
    return program


def in_new(folder: Path) -> list[str | Path]:
    """Return the command that runs the program with the new OpenSSL, which has a newer libc."""
    (lib,) = NEW.glob("usr/lib/*-linux-*")
    headers = [f"-isystem{NEW / 'usr/include'}", f"-isystem{NEW / 'usr/include' / lib.name}"]
    program = built(folder, *headers, f"-L{lib}", "-l:libcrypto.so.3", "-Wl,--allow-shlib-undefined")
    return [next(lib.glob("ld-linux*")), "--library-path", lib, program]


def checked(*command: str | Path) -> Done:
    """Run the program without a configuration of the system."""
    return run(*command, environment={"OPENSSL_CONF": os.devnull, "OPENSSL_MODULES": str(MODULES)})


def in_old(folder: Path) -> list[str | Path]:
    """Return the command that runs the program with the system's OpenSSL."""
    return [built(folder, "-lcrypto")]


@pytest.fixture(params=[in_old, in_new], ids=["old", "new"])
def program(ours: Program, plain: Program, tmp_path: Path, request: pytest.FixtureRequest) -> list[str | Path]:
    """Return the command that runs the checks in an OpenSSL; the new one prefers the provider to its own code."""
    assert ours
    assert plain
    command: list[str | Path] = request.param(tmp_path)
    return command


def test_operations_work_and_refuse(program: list[str | Path]) -> None:
    """Keys, exchanges, signatures, threads, and two contexts of the library one after the other."""
    done = checked(*program)
    assert (done.code, done.error) == (0, "")


def test_keys_in_locked_memory_do_not_leave_the_provider(program: list[str | Path], tmp_path: Path) -> None:
    """Neither as parameters nor by an export; signing works."""
    path = configuration(tmp_path / "locked", settings="locked-memory = yes", properties="?provider=qynauth")
    done = checked(*program, path)
    assert (done.code, done.error) == (0, "")
