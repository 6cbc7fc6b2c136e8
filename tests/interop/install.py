"""Installs the peers from the registries into target/interop, and knows how to start them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.languages import jdk_home

__all__ = ["PROGRAMS", "InstallError", "NotHereError", "command", "python"]

HERE = Path(__file__).resolve().parent
WORK = HERE.parent.parent / "target" / "interop"
PYTHON, NODE, GO, JAVA, OPENSSL = (WORK / name for name in ("python", "node", "go", "java", "openssl"))
POM = HERE / "java" / "pom.xml"
JDK_LEAST, OPENSSL_LEAST = 24, (3, 5)
TIMEOUT = 1800  # seconds; a busy machine takes ten minutes for OpenSSL


class NotHereError(Exception):
    """The machine lacks a tool that this script does not install."""


class InstallError(Exception):
    """Installing failed; the text is the output."""


def run(*arguments: str | Path, folder: Path = HERE, environment: dict[str, str] | None = None) -> str:
    """Run a command and return its output."""
    result = subprocess.run(
        arguments,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if result.returncode != 0:
        raise InstallError(result.stdout)
    return result.stdout


def newer(source: Path, stamp: Path) -> bool:
    """Return whether a file changed after its content was installed."""
    return not stamp.exists() or source.stat().st_mtime > stamp.stat().st_mtime


def install_python(*, short: bool) -> None:  # noqa: ARG001 -- the same for both
    """Make an environment with the packages of requirements.txt."""
    requirements, stamp = HERE / "python" / "requirements.txt", PYTHON / "installed"
    if newer(requirements, stamp):
        run(sys.executable, "-m", "venv", "--clear", PYTHON)
        run(PYTHON / "bin" / "pip", "install", "--quiet", "--requirement", requirements)
        stamp.touch()


def install_node(*, short: bool) -> None:  # noqa: ARG001
    """Install the packages of package-lock.json. Scripts of packages do not run."""
    shutil.copytree(HERE / "node", NODE, dirs_exist_ok=True)
    if newer(NODE / "package-lock.json", NODE / "node_modules" / ".package-lock.json"):
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=NODE)


def install_go(*, short: bool) -> None:  # noqa: ARG001
    """Build the programs with the modules of go.sum."""
    GO.mkdir(parents=True, exist_ok=True)
    run("go", "build", "-mod=readonly", "-o", f"{GO}/", "./...", folder=HERE / "go")


def install_java(*, short: bool) -> None:  # noqa: ARG001
    """Build the program with the libraries of pom.xml, if there is a JDK."""
    home = jdk_home(JDK_LEAST)
    if home is None:
        message = f"no JDK {JDK_LEAST} or newer in JAVA_HOME, PATH or /usr/lib/jvm"
        raise NotHereError(message)
    # Libraries of Maven use functions that newer JDKs warn of.
    options = "--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
    environment = {"JAVA_HOME": str(home), "MAVEN_OPTS": options}
    arguments = ("--quiet", "--batch-mode", f"-Dinterop.build={JAVA}", "process-classes")
    run("mvn", *arguments, folder=HERE / "java", environment=environment)
    (JAVA / "installed").touch()


def openssl() -> Path | None:
    """Return a new enough command of OpenSSL: the one of OPENSSL or the path, or one built here."""
    for candidate in (os.environ.get("OPENSSL") or shutil.which("openssl"), OPENSSL / "openssl"):
        if candidate and Path(candidate).exists():
            version = re.match(r"OpenSSL (\d+)\.(\d+)", run(str(candidate), "version"))
            if version and (int(version[1]), int(version[2])) >= OPENSSL_LEAST:
                return Path(candidate)
    return None


def install_openssl(*, short: bool) -> None:
    """Build the command from its source, which takes minutes, unless there is one."""
    if openssl() is None and short:
        message = "no OpenSSL 3.5 or newer in OPENSSL or PATH; without JOBS=short one is built"
        raise NotHereError(message)
    if openssl() is None:
        run(HERE / "openssl" / "build.sh", OPENSSL, "3.6")


def python(module: str, interpreter: Path = PYTHON / "bin" / "python") -> list[str]:
    """Return the command of a peer in Python."""
    return ["env", f"PYTHONPATH={HERE.parent}", str(interpreter), "-m", f"interop.python.{module}"]


def node(script: str) -> list[str]:
    """Return the command of a peer in Node, which warns that WebCrypto's algorithms are experimental."""
    return [str(NODE / "node_modules" / ".bin" / "node"), "--no-warnings", str(NODE / script)]


def java(implementation: str) -> list[str]:
    """Return the command of a peer in Java."""
    home = jdk_home(JDK_LEAST)
    return [f"{home}/bin/java", "-cp", f"{JAVA}/classes:{JAVA}/lib/*", "interop.Peer", implementation]


# The peers: how each is installed, and how it is started.
PROGRAMS: dict[str, tuple[Callable[..., None], Callable[[], list[str]]]] = {
    "cryptography": (install_python, lambda: python("openssl_in_cryptography")),
    "openssl": (install_openssl, lambda: ["env", f"OPENSSL={openssl()}", *python("openssl_command")]),
    "go": (install_go, lambda: [str(GO / "std")]),
    "circl": (install_go, lambda: [str(GO / "circl")]),
    "jdk": (install_java, lambda: java("jdk")),
    "bouncycastle": (install_java, lambda: java("bouncycastle")),
    "node_crypto": (install_node, lambda: node("node_crypto.js")),
    "webcrypto": (install_node, lambda: node("webcrypto.js")),
    "noble": (install_node, lambda: node("noble.js")),
    "pure_python": (install_python, lambda: python("pure_python")),
}


def command(program: str) -> list[str]:
    """Return how a peer is started."""
    return PROGRAMS[program][1]()
