"""Mutated keys, certificates and handshakes end in an error or another result, under sanitizers: see mutated.c.

`make sanitize` has more of them, in a library that has the sanitizers too.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import provider_fixtures
import pytest
from conftest import ROOT
from programs import run
from provider_programs import FOLDER

ours, headers = provider_fixtures.ours, provider_fixtures.headers
pytestmark = pytest.mark.usefixtures("headers")

SANITIZERS = [
    "-std=c11",
    "-D_DEFAULT_SOURCE",
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program, next to a module that has the sanitizers too."""
    folder = tmp_path_factory.mktemp("sanitized")
    (folder / "ossl-modules").mkdir()
    library, module = FOLDER.parent / "libpqc_ffi.so", folder / "ossl-modules" / "qynauth.so"
    options = ["-fPIC", "-shared", "-fvisibility=hidden", "-Iinclude", f"-Wl,-rpath,{library.parent}"]
    sources = sorted(map(str, (ROOT / "provider").glob("*.c")))
    link = [f"-L{library.parent}", f"-l:{library.name}"]
    subprocess.run(["cc", *SANITIZERS, *options, *sources, "-o", module, *link], cwd=ROOT, check=True)
    command: list[str | Path] = [
        "cc",
        *SANITIZERS,
        "tests/provider/mutated.c",
        "-o",
        folder / "mutated",
        "-lssl",
        "-lcrypto",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder / "mutated"


def survives(program: Path, what: str, count: int) -> int:
    """Run so many mutations, and return how many were accepted."""
    environment = {"OPENSSL_CONF": os.devnull, "OPENSSL_MODULES": str(program.parent / "ossl-modules")}
    done = run(program, what, str(count), "7", environment=environment)
    assert (done.code, done.error) == (0, "")
    return int(done.out)


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("what", ["keys", "certificates", "handshakes"])
def test_nothing_crashes(program: Path, what: str) -> None:
    """Neither the provider nor OpenSSL; the program itself checks that it accepts what is not mutated."""
    assert survives(program, what, 300) < 300
