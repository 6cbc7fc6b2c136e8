#!/usr/bin/env python3
"""What the Python layer adds to each call of the C interface, and what importing the package costs.

Two programs time the same calls: python_time.py through the package, and abi_time.rs the C functions with the frees
that belong to them. Both run on one core and take turns every few milliseconds, so that what slows the machine down
slows down both. Where the memory of a process happens to lie moves a signature by a microsecond or two, so both are
started anew many times.

What Python adds is the median of the differences between neighbouring measurements; the difference of the minima stands
beside it. Where the two disagree, the machine was too busy to tell.
"""
# ruff: noqa: S603, T201 - it runs cargo, its own programs and Python, and prints what it finds

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, cast

from qynauth_pqc import MLDSAParameterSet, MLKEMParameterSet, __version__
from qynauth_pqc._ffi import ffi, lib

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
TARGET_DIR = ROOT / "target"
ABI_TIME = [str(TARGET_DIR / "release" / "examples" / "abi_time")]
PYTHON_TIME = [sys.executable, str(Path(__file__).with_name("python_time.py"))]

# Calls in one measurement: a few milliseconds.
KEM_CALLS = {"keygen": 150, "encapsulate": 400, "decapsulate": 250}
DSA_CALLS = {"keygen": 50, "sign": 25, "verify": 50}
ROUNDS_OF_A_PROCESS = 5

# The most that Python may add: microseconds to a call, milliseconds to the start of an interpreter.
TARGETS = {
    "ML-KEM-768 keygen": 0.5,
    "ML-KEM-768 encapsulate": 1.2,
    "ML-KEM-768 decapsulate": 0.9,
    "ML-DSA-65 keygen": 0.5,
    "ML-DSA-65 sign": 1.0,
    "ML-DSA-65 verify": 1.0,
    "import": 15.0,
}


@dataclass
class Comparison:
    """Measurements of one thing without and with Python."""

    name: str
    base: list[float] = field(default_factory=list)
    python: list[float] = field(default_factory=list)

    def measure(self, base: Callable[[], float], python: Callable[[], float]) -> None:
        """Measure both sides, now the one first and now the other."""
        if len(self.base) % 2:
            self.base.append(base())
            self.python.append(python())
        else:
            self.python.append(python())
            self.base.append(base())

    def summary(self) -> dict[str, float]:
        """Return the minima, the medians, and what Python adds by each."""
        return {
            "base_min": min(self.base),
            "base_median": median(self.base),
            "python_min": min(self.python),
            "python_median": median(self.python),
            "added_min": min(self.python) - min(self.base),
            "added_median": median(python - base for base, python in zip(self.base, self.python, strict=True)),
        }


def build() -> None:
    """Build the program that times the C functions, in the profile and the folder of setup.py."""
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--package", "pqc-ffi", "--example", "abi_time"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET_DIR)}, check=True)


def start(command: list[str]) -> subprocess.Popen[str]:
    """Start a program that times calls. It ends when its input does."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def time_calls(program: subprocess.Popen[str], query: str, calls: int) -> float:
    """Return the microseconds of a call."""
    print(query, calls, file=cast("IO[str]", program.stdin), flush=True)
    return int(cast("IO[str]", program.stdout).readline()) / calls / 1e3


def compare_calls(processes: int) -> list[Comparison]:
    """Compare every operation of every parameter set."""
    cases = [
        (Comparison(f"{parameter_set} {operation}"), f"{operation} {parameter_set.id}", calls)
        for parameter_sets, operations in ((MLKEMParameterSet, KEM_CALLS), (MLDSAParameterSet, DSA_CALLS))
        for parameter_set in parameter_sets
        for operation, calls in operations.items()
    ]
    for _ in range(processes):
        with start(ABI_TIME) as base, start(PYTHON_TIME) as python:
            for comparison, query, calls in cases * ROUNDS_OF_A_PROCESS:
                comparison.measure(partial(time_calls, base, query, calls), partial(time_calls, python, query, calls))
    return [comparison for comparison, _, _ in cases]


def time_interpreter(code: str) -> float:
    """Return the milliseconds that a new interpreter takes to run some code."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    return (time.perf_counter() - begin) * 1e3


def compare_import(rounds: int) -> Comparison:
    """Compare an interpreter that imports the package with one that does nothing."""
    comparison = Comparison("import")
    for _ in range(rounds):
        comparison.measure(partial(time_interpreter, "pass"), partial(time_interpreter, "import qynauth_pqc"))
    return comparison


def show(comparisons: list[Comparison]) -> None:
    """Print the table."""
    print(f"{'':24}{'without Python':>18}{'with Python':>18}{'Python adds':>18}")
    print(f"{'':24}{3 * '      min   median'}{'target':>9}")
    for comparison in comparisons:
        numbers = comparison.summary()
        target = TARGETS.get(comparison.name)
        verdict = "" if target is None else f"{target:9.1f}  {'met' if numbers['added_median'] <= target else 'missed'}"
        print(f"{comparison.name:24}{''.join(f'{value:9.2f}' for value in numbers.values())}{verdict}")


def main() -> None:
    """Measure, print, and write JSON if that is asked for."""
    parser = argparse.ArgumentParser(description="Measure what Python adds to the C interface, and the import.")
    parser.add_argument("--processes", type=int, default=20, help="fresh processes a side (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file too")
    arguments = parser.parse_args()
    build()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    comparisons = [*compare_calls(arguments.processes), compare_import(arguments.processes * ROUNDS_OF_A_PROCESS)]
    about = {
        "package": __version__,
        "code path": ffi.string(lib.ffi_code_path()).decode(),
        "python": platform.python_version(),
        "processes": arguments.processes,
    }
    print(*(f"{key} {value}" for key, value in about.items()), sep=", ")
    print("Calls in microseconds, the import in milliseconds.")
    show(comparisons)
    if arguments.json:
        results = {comparison.name: comparison.summary() for comparison in comparisons}
        document = {**about, "targets": TARGETS, "results": results}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
