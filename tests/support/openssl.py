"""The openssl that tests compare with: 3.5 or newer, of OPENSSL or PATH, or one that programs.sh unpacked.

Where there is none, tests are skipped, or fail if the environment variable QYNAUTH_PQC_REQUIRE_PROGRAMS is set.
"""

from __future__ import annotations

import os
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT
from programs import FOLDER, run

LEAST = (3, 5)


@cache
def openssl() -> Path:
    """Return an openssl that is new enough, or skip the test."""
    for candidate in (os.environ.get("OPENSSL"), shutil.which("openssl"), FOLDER / "openssl"):
        if candidate and Path(candidate).exists():
            version = re.match(r"OpenSSL (\d+)\.(\d+)", run(str(candidate), "version").out)
            if version and (int(version[1]), int(version[2])) >= LEAST:
                return Path(candidate)
    message = "no openssl 3.5 or newer: sh tests/support/programs.sh target/programs unpacks one of Debian"
    if os.environ.get("QYNAUTH_PQC_REQUIRE_PROGRAMS"):
        pytest.fail(message)
    pytest.skip(message)


@cache
def built(version: str) -> Path:
    """Return the folder of a static OpenSSL: its command, lib and include. It is built once, in minutes."""
    folder = FOLDER / f"openssl-{version}"
    if not (folder / "openssl").exists():
        done = run("sh", ROOT / "tests" / "interop" / "openssl" / "build.sh", folder, version)
        assert done.code == 0, done.error
    return folder
