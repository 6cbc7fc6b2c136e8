"""Handshakes that end early or badly, and contexts and processes that share the provider: see handshakes.c."""

from __future__ import annotations

import shutil
from pathlib import Path

import provider_fixtures
import pytest
from conftest import ROOT
from provider_programs import compiled, run_alone

ours, version, headers = provider_fixtures.ours, provider_fixtures.version, provider_fixtures.headers
pytestmark = pytest.mark.usefixtures("headers")

SUPPRESSED = ROOT / "tests" / "provider" / "valgrind.supp"
PARTS = ("aborts", "alerts", "reload", "child", "fork", "exit")


@pytest.fixture(scope="session")
def program(version: str, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """Return the command of the program in an OpenSSL; a new one has certificates of ML-DSA."""
    return compiled("handshakes.c", tmp_path_factory.mktemp("handshakes"), "ssl", "crypto", version=version)


@pytest.mark.parametrize("part", PARTS)
def test_handshakes_end_as_they_should(program: list[str | Path], part: str) -> None:
    """After any half of a record; with an alert and a reason; in contexts and processes that come and go."""
    done = run_alone(*program, part)
    assert (done.code, done.out, done.error) == (0, "", "")


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("part", ["alerts", "child"])
def test_valgrind_finds_nothing_in_handshakes(tmp_path: Path, part: str) -> None:
    """No error, and no block that is lost, in the system's OpenSSL."""
    (program,) = compiled("handshakes.c", tmp_path, "ssl", "crypto")
    options = ["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]
    done = run_alone("valgrind", *options, f"--suppressions={SUPPRESSED}", program, part)
    assert (done.code, done.error) == (0, "")
