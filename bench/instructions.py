#!/usr/bin/env python3
"""Counts the instructions of every operation of the C interface, and compares them with instructions.json.

Each operation runs under callgrind with fixed keys and messages, on the portable and on the AVX2 path, and so do
batches of eight items, so that nothing depends on the clock or on other work of the machine. Only the code of this
program counts, from the call of the function to its end: the instructions with which the C library copies and clears
memory depend on the machine.

With another compiler than the baseline's the counts differ a little, so the limit is wider.
"""
# ruff: noqa: S603, S607, T201 - it runs cargo and valgrind, and prints what it finds

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "bench" / "rust" / "Cargo.toml"
TARGET_DIR = ROOT / "target" / "ct"
"""Shared with tools/ct, which compiles the same libraries with the same flags."""

PROGRAM = TARGET_DIR / "release" / "pqc-bench"
BASELINE = ROOT / "bench" / "instructions.json"
COUNTED = "pqc_bench::counted"
PATHS = ("portable", "avx2")
"""The code paths that are counted."""

LIMIT, LIMIT_OF_ANOTHER_COMPILER = 0.01, 0.10
"""The share of the baseline by which a count may be higher."""

SLACK = 20
"""The instructions by which a count may also be higher, for operations that do almost nothing."""

Counts = dict[str, int]


@dataclass(frozen=True)
class Comparison:
    """Counts compared with the baseline.

    Attributes:
        failures: the failures, a sentence each.
        notes: other remarks.
    """

    failures: tuple[str, ...]
    notes: tuple[str, ...]


def build() -> None:
    """Build the program in the profile of a release."""
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed: apt-get install valgrind")
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(MANIFEST)]
    # graviola demands ADX, which valgrind executes and does not report; with the second variable it does not ask.
    added = {"CARGO_TARGET_DIR": str(TARGET_DIR), "VALGRIND_BUG_494162": "1"}
    subprocess.run(command, env={**os.environ, **added}, check=True)


def compiler() -> str:
    """Return the version of the compiler."""
    return subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def count(path: str) -> Counts:
    """Return the instructions of one call of each operation on a code path."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--toggle-collect={COUNTED}"]
        command += [f"--dump-after={COUNTED}", str(PROGRAM), "count", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"callgrind did not count: {done.stderr[-1000:]}")
        names = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
        parts = [out.with_name(f"{out.name}.{number}") for number in range(1, len(names) + 1)]
        own = [own_instructions(part.read_text(encoding="utf-8"), PROGRAM.name) for part in parts]
    if not all(own):
        sys.exit(f"callgrind counted nothing in {COUNTED}: has the function been inlined?")
    return {name: round(total / int(calls)) for (name, calls), total in zip(names, own, strict=True)}


def own_instructions(profile: str, program: str) -> int:
    """Return the instructions that a profile of callgrind has for one object file.

    Args:
        profile: the text, with positions by line.
        program: the name of the object's file.
    """
    names: dict[str, str] = {}
    current, total, inclusive = "", 0, False
    for line in profile.splitlines():
        found = re.match(r"(c?)ob=\((\d+)\)(?: (.*))?$", line)
        if found:
            called, number, name = found.groups()
            names.setdefault(number, name or "")
            current = current if called else names[number]
        elif line.startswith("calls="):
            inclusive = True  # the next line has the cost of the called function
        elif re.match(r"[+*\d-]", line):
            if not inclusive and Path(current).name == program:
                total += int(line.split()[-1])
            inclusive = False
    return total


def compare(baseline: Mapping[str, Any], counts: Mapping[str, Counts], rustc: str) -> Comparison:
    """Compare counts with a baseline.

    Args:
        baseline: `rustc`, and `counts` by code path and operation.
        counts: the current ones, by code path and operation.
        rustc: the current compiler.
    """
    failures, notes, limit = [], [], LIMIT
    if baseline["rustc"] != rustc:
        limit = LIMIT_OF_ANOTHER_COMPILER
        notes.append(f"the baseline is of {baseline['rustc']}, and this is {rustc}: the limit is {limit:.0%}")
    for path, now in counts.items():
        before = baseline["counts"].get(path, {})
        failures += [f"{path}: {name} is not counted any more" for name in before if name not in now]
        failures += [f"{path}: {name} is not in the baseline" for name in now if name not in before]
        for name in before.keys() & now.keys():
            change = now[name] / before[name] - 1
            if now[name] > before[name] * (1 + limit) + SLACK:
                failures.append(f"{path}: {name} takes {change:+.1%} instructions, {before[name]:,} before")
            elif now[name] < before[name] * (1 - limit) - SLACK:
                notes.append(
                    f"{path}: {name} takes {change:+.1%} instructions: `make instructions-baseline` keeps that"
                )
    return Comparison(tuple(sorted(failures)), tuple(sorted(notes)))


def table(baseline: Mapping[str, Any], counts: Mapping[str, Counts]) -> Iterable[str]:
    """Yield a line for each operation: its instructions on each path, and the change against the baseline."""
    yield f"{'instructions a call':32}" + "".join(f"{path:>18}{'change':>8}" for path in counts)
    for name in next(iter(counts.values())):
        cells = ""
        for path, now in counts.items():
            before = baseline.get("counts", {}).get(path, {}).get(name)
            change = f"{now[name] / before - 1:+.1%}" if before else "new"
            cells += f"{now[name]:18,}{change:>8}"
        yield f"{name:32}{cells}"


def has_path(path: str) -> bool:
    """Return whether this processor supports a code path."""
    return path == "portable" or path in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()


def main() -> int:
    """Count and compare, or count and write the baseline."""
    parser = argparse.ArgumentParser(description="Compare the instructions of each operation with the baseline.")
    parser.add_argument("--write", action="store_true", help="write a new baseline")
    arguments = parser.parse_args()
    build()
    for path in PATHS:
        if not has_path(path):
            print(f"{path} is not counted: this processor does not have it")
    counts = {path: count(path) for path in PATHS if has_path(path)}
    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    print(*table(baseline, counts), sep="\n")
    if arguments.write:
        BASELINE.write_text(json.dumps({"rustc": compiler(), "counts": counts}, indent=2) + "\n", encoding="utf-8")
        return 0
    result = compare(baseline, counts, compiler())
    print(*(f"note: {note}" for note in result.notes), *(f"FAILED: {failure}" for failure in result.failures), sep="\n")
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
