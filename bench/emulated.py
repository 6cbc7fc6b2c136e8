#!/usr/bin/env python3
"""Counts the instructions of every operation on aarch64 under qemu, and writes docs/results/instructions.md.

The program of bench/instructions.py is compiled for aarch64. As there, the third call of each operation with fixed keys
and messages is counted, without the C library. A plugin of qemu counts in place of callgrind.
"""
# ruff: noqa: S603, S607 - it runs cargo, cc and qemu

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from instructions import MANIFEST, ROOT, Counts, compiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TARGET = "aarch64-unknown-linux-gnu"
TARGET_DIR = ROOT / "target" / "ct"
PROGRAM = TARGET_DIR / TARGET / "release" / "pqc-bench"
PLUGIN = TARGET_DIR / "count_plugin.so"
PAGE = ROOT / "docs" / "results" / "instructions.md"
SYSTEM = "/usr/aarch64-linux-gnu"
"""Where Debian's packages have the libraries of aarch64."""

PATHS = {
    "portable": "portable",
    "neon": "NEON",
    "neon-sha3": "NEON and SHA-3",
}
"""The code paths that are counted, and their titles."""

OPERATIONS = {
    "load": "make a key pair from a seed",
    "encapsulate_derand": "encapsulate",
    "decapsulate": "decapsulate",
    "sign": "sign",
    "verify": "verify",
}
"""The operations that the page shows, and their titles."""

HEAD = """\
# Instructions on aarch64

The table shows the instructions of each operation of the C interface on aarch64, in thousands, counted in an emulator.
**No speed was measured**: no such processor was available, and an instruction may take a fraction of a cycle or several
cycles. A code path with fewer instructions is probably faster, but this is not known.

Each count is for the third call of the operation, with keys that keep their expanded form; for signing with ML-DSA, it
is the mean of 16 messages. It excludes the C library, which copies and clears memory. Every aarch64 processor has NEON,
so the compiler uses it for the portable code too. With NEON, SLH-DSA uses the SHA-256 instructions; with SHA-3, also
the SHA-512 instructions. Signing with SLH-DSA includes the check against faults.
"""


def build() -> None:
    """Build the program in the profile of a release, and the plugin."""
    for tool, package in (("qemu-aarch64", "qemu-user"), ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu")):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed: apt-get install {package}")
    linker = {"CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER": "aarch64-linux-gnu-gcc"}
    environment = {**os.environ, **linker, "CARGO_TARGET_DIR": str(TARGET_DIR)}
    cargo = ["cargo", "build", "--quiet", "--release", "--locked", "--target", TARGET, "--manifest-path", str(MANIFEST)]
    subprocess.run(cargo, env=environment, check=True)
    source = ROOT / "bench" / "count_plugin.c"
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", PLUGIN, source], check=True)


def emulator() -> str:
    """Return the version of qemu."""
    text = subprocess.run(["qemu-aarch64", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return text.partition("(")[0].strip()


def count(path: str) -> Counts:
    """Return the instructions of one call of each operation on a code path."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = ["qemu-aarch64", "-cpu", "max", "-L", SYSTEM, "-d", "plugin", "-D", str(log), "-plugin", str(PLUGIN)]
        done = subprocess.run([*command, PROGRAM, "count", path], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{path} was not counted: {done.stderr[-1000:]}")
        counted = [int(line) for line in log.read_text(encoding="utf-8").splitlines()]
    names = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    return {name: round(total / int(calls)) for (name, calls), total in zip(names, counted, strict=True)}


def table(counts: Mapping[str, Counts]) -> Iterator[str]:
    """Yield a table: the counts of each operation."""
    yield "| Operation |" + "".join(f" {PATHS[path]} |" for path in counts)
    yield "|---|" + "--:|" * len(counts)
    for name in next(iter(counts.values())):
        algorithm, operation = name.split()
        if operation in OPERATIONS:
            cells = "".join(f" {counts[path][name] / 1000:,.1f} |" for path in counts)
            yield f"| {algorithm}: {OPERATIONS[operation]} |{cells}"


def main() -> None:
    """Count, and write the page."""
    build()
    counts = {path: count(path) for path in PATHS}
    made = f"Written by `make instructions-aarch64`, with {emulator()} and {compiler()}."
    PAGE.write_text("\n".join([HEAD, *table(counts), "", made, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
