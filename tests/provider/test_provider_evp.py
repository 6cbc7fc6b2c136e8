"""The provider through EVP, in each OpenSSL: the checks are in evp.c."""

from __future__ import annotations

from pathlib import Path

import provider_fixtures
import pytest
from provider_programs import compiled, configuration, run_alone

version, headers = provider_fixtures.version, provider_fixtures.headers
pytestmark = pytest.mark.usefixtures("headers")


@pytest.fixture
def program(version: str, tmp_path: Path) -> list[str | Path]:
    """Return the command that runs the checks in an OpenSSL, which prefers the provider to its own code."""
    return compiled("evp.c", tmp_path, "crypto", version=version)


def test_operations_work_and_refuse(program: list[str | Path]) -> None:
    """Keys, exchanges, signatures, threads, and two contexts of the library one after the other."""
    done = run_alone(*program)
    assert (done.code, done.error) == (0, "")


def test_keys_in_locked_memory_do_not_leave_the_provider(program: list[str | Path], tmp_path: Path) -> None:
    """Neither as parameters nor by an export; signing works."""
    path = configuration(tmp_path / "locked", settings="locked-memory = yes", properties="?provider=qynauth")
    done = run_alone(*program, path)
    assert (done.code, done.error) == (0, "")
