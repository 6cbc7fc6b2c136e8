"""The packages of npm that programs in JavaScript need, for tests that run such programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def install(folder: Path) -> None:
    """Install what package-lock.json names, unless it is there. Skip the test where that is impossible."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if shutil.which("npm") is None:
        pytest.skip("npm is not here")
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(command, cwd=folder, text=True, stderr=subprocess.PIPE, check=False)
    if result.returncode != 0:
        pytest.skip(f"npm cannot install the packages of {folder.name}: {result.stderr}")
