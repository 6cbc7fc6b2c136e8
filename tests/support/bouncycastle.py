"""Running a program in Java with Bouncy Castle and Netty, which `make interop` installs too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from interop.install import JAVA, JDK_LEAST, POM, InstallError, NotHereError, install_java, newer

from tools.languages import jdk_home

__all__ = ["java_command", "run_java"]


def java_command() -> list[str]:
    """Return the command of Java with the packages of `make interop`; skip the test if they cannot be installed."""
    try:
        if newer(POM, JAVA / "installed"):
            install_java(short=True)
    except (InstallError, NotHereError, OSError) as error:
        pytest.skip(f"no packages for Java: {error}")
    options = ["-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp", f"{JAVA}/lib/*"]
    return [f"{jdk_home(JDK_LEAST)}/bin/java", *options]


def run_java(program: Path, folder: Path, jobs: list[str]) -> dict[str, str]:
    """Run a program in a folder, and return the line that it prints for each job; skip the test if there is no Java."""
    (folder / "jobs").write_text("\n".join(jobs))
    command = [*java_command(), str(program), "jobs"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return dict(zip(jobs, result.stdout.splitlines(), strict=True))
