"""The programs and packages that tests in JavaScript need.

Where they are missing, a test is skipped, or fails if the environment variable QYNAUTH_PQC_REQUIRE_NPM is set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def program(name: str) -> str:
    """Return the path of a program."""
    return shutil.which(name) or _unavailable(f"{name} is not installed")


def install(folder: Path) -> None:
    """Install the packages of package-lock.json, unless they are there."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    npm = program("npm")
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(command, cwd=folder, text=True, stderr=subprocess.PIPE, check=False)
    if result.returncode != 0:
        _unavailable(f"npm cannot install the packages of {folder.name}: {result.stderr}")


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("QYNAUTH_PQC_REQUIRE_NPM"):
        pytest.fail(reason)
    pytest.skip(reason)
