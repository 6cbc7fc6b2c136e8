#!/usr/bin/env python3
"""The provider for OpenSSL next to OpenSSL's own code, next to oqs-provider, and next to the C interface alone.

It measures in each OpenSSL that is here: the system's, and those in target/programs, which tests/support/programs.sh
and tests/interop/openssl/build.sh make. Peers take turns, and each figure is processor time, which other programs on
the machine change least. A rate of handshakes is for a server and a client with a processor each. The results go to the
terminal.
"""
# ruff: noqa: S603, S607, T201 - it runs cc and openssl, and prints its results

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from page import markdown

import qynauth_pqc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "target" / "programs"
LIBRARY = Path(qynauth_pqc.__file__).resolve().parent / "lib"
MODULE = LIBRARY / "ossl-modules" / "qynauth.so"
OURS, OQS, BUILT_IN, C = "qynauth", "oqsprovider", "default", "C"
KEMS, SIGNATURES = ["ML-KEM-768"], ["ML-DSA-44", "ML-DSA-65"]
GROUPS = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"]
NATIVE_SINCE = (3, 5)
GROUP = "X25519MLKEM768"

CONFIGURATION = """config_diagnostics = 1
openssl_conf = all
[all]
providers = providers
ssl_conf = ssl
alg_section = algorithms
[providers]
default = active
{module} = active
[active]
activate = 1
[ssl]
system_default = system
[system]
Groups = {group}
[algorithms]
default_properties = ?provider={module}
"""

Times = dict[tuple[str, str, str], float]
"""Microseconds of an algorithm, an operation and a provider."""


@dataclass(frozen=True)
class OpenSSL:
    """A version of OpenSSL: its command, how a program is compiled with it, and how that program is started."""

    name: str
    command: Path
    compile: list[str]
    start: list[str] = field(default_factory=list)

    @property
    def is_native(self) -> bool:
        """Whether it has the algorithms itself."""
        return tuple(map(int, self.name.split("."))) >= NATIVE_SINCE


def versions() -> Iterator[OpenSSL]:
    """Yield the versions that are here, the oldest first."""
    found = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    yield OpenSSL(".".join(found.split(".")[:2]), Path("openssl"), ["-lcrypto"])
    for folder in sorted(PROGRAMS.glob("openssl-[0-9]*")):
        compile_ = [f"-isystem{folder}/include", f"{folder}/lib/libcrypto.a", "-ldl", "-pthread"]
        yield OpenSSL(folder.name.removeprefix("openssl-"), folder / "openssl", compile_)
    for loader in (PROGRAMS / "root").glob("usr/lib/*-linux-*/ld-linux*"):
        include, lib = PROGRAMS / "root/usr/include", loader.parent
        compile_ = [f"-isystem{include}", f"-isystem{include / lib.name}", f"-L{lib}", "-l:libcrypto.so.3"]
        start = [str(loader), "--library-path", str(lib)]
        yield OpenSSL("3.6", PROGRAMS / "openssl", [*compile_, "-Wl,--allow-shlib-undefined"], start)


@dataclass(frozen=True)
class Bench:
    """Where modules and programs are, and how long is measured."""

    folder: Path
    seconds: float
    rounds: int

    @property
    def modules(self) -> Path:
        """The folder of the modules."""
        return self.folder / "modules"

    def times(self, version: OpenSSL, oqs: Path) -> Times:
        """Return the times of operations in a version, through each provider that is here."""
        sources = [OURS, C, *([BUILT_IN] if version.is_native else [])]
        if oqs.exists() and not version.is_native:
            (self.modules / oqs.name).unlink(missing_ok=True)
            (self.modules / oqs.name).symlink_to(oqs.resolve())
            sources.append(OQS)
        program = self.folder / "provider"
        ours = [f"-L{LIBRARY}", "-l:libpqc_ffi.so", f"-Wl,-rpath,{LIBRARY}", f"-I{ROOT / 'include'}"]
        source = ["cc", "-O2", "-std=c11", "-D_DEFAULT_SOURCE", str(ROOT / "bench/provider.c"), "-o", str(program)]
        subprocess.run([*source, *version.compile, *ours], check=True)
        algorithms = [*KEMS, *SIGNATURES, *GROUPS]
        total = self.seconds * len(algorithms) * len(sources) * 3
        environment = {**os.environ, "OPENSSL_CONF": os.devnull, "OPENSSL_MODULES": str(self.modules)}
        command = [*version.start, str(program), str(total), ",".join(sources), *algorithms]
        lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split("\n")
        split = (line.split() for line in lines if line)
        return {(algorithm, operation, name): float(value) for algorithm, operation, name, value in split}

    def rates(self, version: OpenSSL, algorithm: str, sides: Sequence[tuple[str, str]]) -> list[float]:
        """Return how many handshakes a second each pair of a module and a group makes."""
        found: list[list[float]] = [[] for _ in sides]
        for _ in range(self.rounds):
            for rates, side in zip(found, sides, strict=True):
                rates.append(self._rate(version, algorithm, *side))
        return [median(each) for each in found]

    def _rate(self, version: OpenSSL, algorithm: str, module: str, group: str) -> float:
        configuration, key, certificate = (self.folder / name for name in ("openssl.cnf", "key.pem", "cert.pem"))
        configuration.write_text(CONFIGURATION.format(module=module, group=group), encoding="utf-8")
        environment = {**os.environ, "OPENSSL_CONF": str(configuration), "OPENSSL_MODULES": str(self.modules)}
        name = ["-subj", "/CN=localhost", "-config", str(self.folder / "req.cnf"), "-nodes"]
        curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if algorithm == "ec" else []
        command = [str(version.command), "req", "-x509", "-newkey", algorithm, *curve, *name, "-keyout", str(key)]
        subprocess.run([*command, "-out", str(certificate)], env=environment, check=True, capture_output=True)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        serve = ["s_server", "-quiet", "-accept", str(port), "-cert", str(certificate), "-key", str(key), "-tls1_3"]
        connect = [
            "s_time",
            "-connect",
            f"127.0.0.1:{port}",
            "-new",
            "-tls1_3",
            "-time",
            str(round(self.seconds * 6) or 1),
        ]
        # s_server ends with its input, and reports that s_time closes connections without a word.
        streams: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}

        def started(arguments: list[str]) -> subprocess.Popen[str]:
            return subprocess.Popen([str(version.command), *arguments], env=environment, **streams)

        _, start_of_client = _finished(started(connect))  # nothing listens yet
        server = started(serve)
        try:
            _wait_for(port)
            start_of_server = time.clock_gettime((~server.pid << 3) | 2)  # as clock_getcpuclockid has it
            output, of_client = _finished(started(connect))
        finally:
            server.terminate()
            _, of_server = _finished(server)
        shown = re.search(r"(\d+) connections in .*?real seconds", output)
        if shown is None or shown[1] == "0":
            message = f"no handshake: {output}"
            raise AssertionError(message)
        return int(shown[1]) / max(of_client - start_of_client, of_server - start_of_server)


def _finished(process: subprocess.Popen[str]) -> tuple[str, float]:
    """Wait for a process, and return its output and its processor time."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return output, used.ru_utime + used.ru_stime


def _wait_for(port: int) -> None:
    for _ in range(6000):  # five minutes at least: only a server that hangs fails
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    message = f"nothing listens on port {port}"
    raise AssertionError(message)


def compared(times: Times, peer: str, *, is_ratio: bool) -> list[list[str]]:
    """Return a row for each algorithm and operation that we and a peer have."""
    rows = []
    for (algorithm, operation, source), value in times.items():
        other = times.get((algorithm, operation, peer))
        if source == OURS and other is not None:
            result = f"{other / value:.1f}" if is_ratio else f"{value - other:+.2f}"
            rows.append([algorithm, operation, f"{value:.2f}", f"{other:.2f}", result])
    return rows


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, unless it is empty."""
    if rows:
        print(f"\n{title}\n\n{markdown(heads, rows, 2)}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oqs", type=Path, default=PROGRAMS, help="a folder with VERSION/oqsprovider.so")
    parser.add_argument("--quick", action="store_true", help="measure for a short time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), 0.05 if options.quick else 0.5, 1 if options.quick else 5)
        bench.modules.mkdir()
        (bench.modules / MODULE.name).symlink_to(MODULE)
        (bench.folder / "libpqc_ffi.so").symlink_to(LIBRARY / "libpqc_ffi.so")  # where the module searches for it
        (bench.folder / "req.cnf").write_text("[req]\ndistinguished_name = name\n[name]\n", encoding="utf-8")
        for version in versions():
            times = bench.times(version, options.oqs / version.name / "oqsprovider.so")
            head = ["Algorithm", "Operation", "qynauth, us"]
            overhead = [row for row in compared(times, C, is_ratio=False) if row[0] in {"ML-KEM-768", "ML-DSA-44"}]
            show(f"OpenSSL {version.name}: EVP and the C interface", [*head, "C, us", "difference, us"], overhead)
            for peer, title in ((BUILT_IN, "built in"), (OQS, "oqs-provider")):
                rows = compared(times, peer, is_ratio=True)
                show(f"OpenSSL {version.name}: {title}", [*head, f"{title}, us", "ratio"], rows)
            handshakes(bench, version)


def handshakes(bench: Bench, version: OpenSSL) -> None:
    """Print rates of handshakes: with ML-DSA where OpenSSL has it too, and else with ECDSA."""
    if version.is_native:
        algorithm, sides = "ML-DSA-65", [(OURS, GROUP), (BUILT_IN, GROUP)]
    else:
        algorithm, sides = "ec", [(OURS, GROUP), (OURS, "X25519")]
    rates = bench.rates(version, algorithm, sides)
    title = f"OpenSSL {version.name}: handshakes a second, certificate of {algorithm}"
    rows = [[*side, f"{rate:.0f}", f"{rates[0] / rate:.2f}"] for side, rate in zip(sides, rates, strict=True)]
    show(title, ["Provider", "Group", "Rate", "Ratio"], rows)


if __name__ == "__main__":
    main()
