"""The provider in the programs of OpenSSL: the system's, from 3.0 on, and one that has the algorithms itself."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from conftest import ROOT
from openssl import built, openssl
from programs import FOLDER as PROGRAMS
from programs import Done, run

import qynauth_pqc

__all__ = [
    "FOLDER",
    "GROUPS",
    "MODULE",
    "SETS",
    "Program",
    "compiled",
    "configuration",
    "free_port",
    "handshake",
    "new",
    "old",
    "run_alone",
    "server",
    "static",
    "tool",
    "wait_for",
]

FOLDER = Path(qynauth_pqc.__file__).resolve().parent / "lib" / "ossl-modules"
MODULE = FOLDER / "qynauth.so"
GROUPS = ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024")
SETS = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")

_SECTIONS = """config_diagnostics = 1
openssl_conf = all
[all]
providers = providers
ssl_conf = ssl
alg_section = algorithms
[providers]
default = own
qynauth = ours
[own]
activate = 1
[ours]
activate = 1
{settings}
[ssl]
system_default = system
[system]
Groups = {groups}
[algorithms]
{properties}
"""


def configuration(
    folder: Path, groups: str = "X25519MLKEM768:x25519", settings: str = "", properties: str = ""
) -> Path:
    """Write a configuration that activates the provider next to OpenSSL's own."""
    folder.mkdir(exist_ok=True)
    path = folder / "openssl.cnf"
    lines = f"default_properties = {properties}" if properties else ""
    path.write_text(_SECTIONS.format(groups=groups, settings=settings, properties=lines), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Program:
    """An openssl with its environment."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, stdin: bytes = b"") -> Done:
        """Run it, whether it fails or not."""
        return run(self.path, *arguments, stdin=stdin, environment=self.environment)

    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> str:
        """Run it, which must succeed."""
        done = self.run(*arguments, stdin=stdin)
        assert done.code == 0, done.error
        return done.out

    def with_provider(self, path: Path) -> Program:
        """Return the program with the provider, by a configuration."""
        return Program(self.path, {"OPENSSL_CONF": str(path), "OPENSSL_MODULES": str(FOLDER)})


def _plain(path: Path) -> Program:
    return Program(path, {"OPENSSL_CONF": "/dev/null"})


def old() -> Program:
    """Return the system's openssl without the provider, if it is of OpenSSL 3."""
    path = shutil.which("openssl")
    if path is None or not run(path, "version").out.startswith("OpenSSL 3."):
        pytest.skip("the system has no OpenSSL 3")
    return _plain(Path(path))


def new() -> Program:
    """Return an openssl that has the algorithms itself, without the provider."""
    return _plain(openssl())


def static(version: str) -> Program:
    """Return the openssl of a static build, without the provider."""
    return _plain(built(version) / "openssl")


def tool(name: str) -> str:
    """Return a program that Debian has, which may be where users do not search, or skip the test."""
    path = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    if path is None:
        message = f"there is no {name}: apt-get install {name}"
        if os.environ.get("QYNAUTH_PQC_REQUIRE_PROGRAMS"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until a server listens on a port."""
    for _ in range(6000):  # five minutes at least: only a server that hangs fails
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        sleep(0.05)
    pytest.fail(f"nothing listens on port {port}")


_CFLAGS = ["-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror", "-pthread"]


def _options(version: str, libraries: tuple[str, ...]) -> tuple[list[str], list[str | Path]]:
    """Return the options for a version of OpenSSL, and how its programs start: the new one has a newer libc."""
    if version == "old":
        return [f"-l{each}" for each in libraries], []
    if version == "new":
        root = PROGRAMS / "root"
        (lib,) = root.glob("usr/lib/*-linux-*")
        headers = [f"-isystem{root / 'usr/include'}", f"-isystem{root / 'usr/include' / lib.name}"]
        link = [f"-L{lib}", *(f"-l:lib{each}.so.3" for each in libraries), "-Wl,--allow-shlib-undefined"]
        return [*headers, *link], [next(lib.glob("ld-linux*")), "--library-path", lib]
    folder = built(version)
    return [f"-isystem{folder / 'include'}", *(f"{folder}/lib/lib{each}.a" for each in libraries)], []


def compiled(source: str, folder: Path, *libraries: str, version: str = "old") -> list[str | Path]:
    """Compile a program of tests/provider, and return its command.

    The version is "old" for the system's OpenSSL, "new" for one of Debian's next release, or that of a static build.
    """
    program = folder / source.removesuffix(".c")
    options, start = _options(version, libraries)
    subprocess.run(["cc", *_CFLAGS, f"tests/provider/{source}", "-o", program, *options], cwd=ROOT, check=True)
    return [*start, program]


def run_alone(*command: str | Path) -> Done:
    """Run a program with the module, without a configuration of the system."""
    return run(*command, environment={"OPENSSL_CONF": os.devnull, "OPENSSL_MODULES": str(FOLDER)})


@contextmanager
def server(program: Program, certificate: Path, key: Path, *options: str) -> Iterator[int]:
    """Run s_server on a free port, and return the port."""
    command = [str(program.path), "s_server", "-accept", "0", "-cert", str(certificate), "-key", str(key), *options]
    environment = {**os.environ, **program.environment}
    streams: Any = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
    }  # it ends with its input
    with subprocess.Popen(command, env=environment, text=True, **streams) as process:
        try:
            assert process.stdout is not None
            ports = (re.match(r"ACCEPT .*:(\d+)", line) for line in process.stdout)
            yield int(next(match for match in ports if match)[1])
        finally:
            process.kill()


def handshake(program: Program, port: int, ca: Path, *options: str) -> Done:
    """Connect to a server on this machine, and close the connection at once."""
    return program.run(
        "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", ca, "-verify_return_error", "-tlsextdebug", *options
    )
