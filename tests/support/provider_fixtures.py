"""Fixtures of the tests of the provider: programs, and a certificate."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from provider_programs import FOLDER, MODULE, Program, configuration, new, old, static

__all__ = ["Signer", "classical", "headers", "module", "ours", "plain", "preferred", "version"]


class Signer(NamedTuple):
    """A certificate that signs itself, and its key."""

    certificate: Path
    key: Path


@pytest.fixture(scope="session")
def headers() -> None:
    """Skip tests that compile against the system's OpenSSL, where its headers are missing."""
    command = ["cc", "-fsyntax-only", "-xc", "-"]
    done = subprocess.run(command, input=b"#include <openssl/core.h>\n", capture_output=True, check=False)
    if done.returncode != 0:
        message = "no headers of OpenSSL 3: the package libssl-dev of Debian has them"
        if os.environ.get("QYNAUTH_PQC_REQUIRE_PROGRAMS"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(
    scope="session", params=["old", "new", *(pytest.param(each, marks=pytest.mark.nightly) for each in ("3.4", "4.0"))]
)
def version(request: pytest.FixtureRequest) -> str:
    """Return the name of a version of OpenSSL, for `compiled`, in the builds that have the provider."""
    if not MODULE.exists():
        pytest.skip("this build has no provider")
    _of(request.param, old if request.param == "old" else new)  # which skips where it is missing
    return str(request.param)


def _of(version: str, usual: Callable[[], Program]) -> Program:
    return static(version) if version[0].isdigit() else usual()


@pytest.fixture(scope="session", params=["new", pytest.param("4.0", marks=pytest.mark.nightly)])
def plain(request: pytest.FixtureRequest) -> Program:
    """Return an openssl that has the algorithms built in, without the provider."""
    return _of(request.param, new)


@pytest.fixture(scope="session", params=["old", pytest.param("3.4", marks=pytest.mark.nightly)])
def ours(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Program:
    """Return an openssl that lacks the algorithms, with the provider, in the builds that have it."""
    if not MODULE.exists():
        pytest.skip("this build has no provider")
    return _of(request.param, old).with_provider(configuration(tmp_path_factory.mktemp("old")))


@pytest.fixture(scope="session")
def preferred(ours: Program, plain: Program, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return an openssl that has the algorithms built in, and prefers the provider."""
    assert ours
    return plain.with_provider(configuration(tmp_path_factory.mktemp("new"), properties="?provider=qynauth"))


def _self_signed(folder: Path, *key: str) -> Signer:
    signer = Signer(folder / "cert.pem", folder / "key.pem")
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files: list[str | Path] = ["-config", "/etc/ssl/openssl.cnf", "-keyout", signer.key, "-out", signer.certificate]
    old()("req", "-x509", "-nodes", *key, *name, *files)
    return signer


@pytest.fixture(scope="session")
def classical(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Return a certificate of ECDSA for localhost."""
    return _self_signed(tmp_path_factory.mktemp("ecdsa"), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@pytest.fixture(scope="session")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Return a certificate of RSA for localhost."""
    return _self_signed(tmp_path_factory.mktemp("rsa"), "-newkey", "rsa:2048")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """Return a copy of the module and its library in a folder of this user alone."""
    folder = tmp_path / "lib" / "ossl-modules"
    folder.mkdir(parents=True)
    shutil.copy(FOLDER.parent / "libpqc_ffi.so", folder.parent)
    return Path(shutil.copy(MODULE, folder))
