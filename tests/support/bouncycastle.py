"""Running a program in Java with Bouncy Castle, which `make interop` installs too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from interop.install import JAVA, JDK_LEAST, InstallError, NotHereError, install_java

from tools.languages import jdk_home

__all__ = ["run_java"]


def run_java(program: Path, folder: Path, jobs: list[str]) -> dict[str, str]:
    """Run a program in a folder, and return the line that it prints for each job; skip the test if there is no Java."""
    try:
        if not (JAVA / "lib").exists():
            install_java(short=True)
    except (InstallError, NotHereError, OSError) as error:
        pytest.skip(f"no Bouncy Castle: {error}")
    (folder / "jobs").write_text("\n".join(jobs))
    command = [
        f"{jdk_home(JDK_LEAST)}/bin/java",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        f"{JAVA}/lib/*",
        str(program),
        "jobs",
    ]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return dict(zip(jobs, result.stdout.splitlines(), strict=True))
