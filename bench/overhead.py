#!/usr/bin/env python3
"""The time that each layer adds to an operation: the core, the C interface, cffi, and the classes; and the import.

Two programs time the same calls: python_time.py through the classes and through cffi alone, and rust/src/main.rs the C
functions with the frees that belong to them, and the core below. All run on one core and take turns every few
milliseconds, so that a slowdown of the machine affects all of them. The memory layout of a process changes a signature
by a microsecond or two, so both are restarted many times.

The time that a layer adds is the median of the differences between neighbouring measurements. If the difference of the
minima contradicts it, the machine was too busy for a verdict.
"""
# ruff: noqa: S603, T201 - it runs cargo, its own programs and Python, and prints its results

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
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, Any, cast

from qynauth_pqc import MLDSAParameterSet, MLKEMParameterSet, __version__, enable_optimizations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
TARGET_DIR = ROOT / "target" / "ct"  # shared with tools/ct, which compiles the same libraries with the same flags
MANIFEST = ROOT / "bench" / "rust" / "Cargo.toml"
RUST_PROGRAM = str(TARGET_DIR / "release" / "pqc-bench")
RUST_TIME = [RUST_PROGRAM, "time"]
PYTHON_TIME = [sys.executable, str(Path(__file__).with_name("python_time.py"))]

LAYERS = ("core", "c", "cffi", "class")
"""Lowest first. The first two are in the program in Rust."""

# Calls in one measurement: a few milliseconds.
KEM_CALLS = {"keygen": 150, "encapsulate": 400, "decapsulate": 250}
DSA_CALLS = {"keygen": 50, "sign": 25, "verify": 50}
ROUNDS_OF_A_PROCESS = 10

# The most microseconds that the class may add to the call through cffi, which has its output structures beforehand; and
# the most milliseconds that the import may add to the start of an interpreter.
TARGETS = {
    "ML-KEM-768 keygen": 0.45,
    "ML-KEM-768 encapsulate": 0.5,
    "ML-KEM-768 decapsulate": 0.35,
    "ML-DSA-65 keygen": 0.5,
    "ML-DSA-65 verify": 0.25,
    "import": 15.0,
}


@dataclass
class Comparison:
    """Measurements of one operation in several layers, lowest first."""

    name: str
    times: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, measures: Mapping[str, Callable[[], float]]) -> None:
        """Measure every layer, beginning with a different layer each time."""
        layers = list(measures)
        first = len(self.times.get(layers[0], ())) % len(layers)
        for layer in (*layers[first:], *layers[:first]):
            self.times.setdefault(layer, []).append(measures[layer]())

    def minimum(self, layer: str) -> float:
        """Return the least time of a layer."""
        return min(self.times[layer])

    def median(self, layer: str) -> float:
        """Return the median time of a layer."""
        return median(self.times[layer])

    def added(self, layer: str, base: str) -> float:
        """Return the time that a layer adds to another."""
        return median(upper - lower for lower, upper in zip(self.times[base], self.times[layer], strict=True))

    def summary(self) -> dict[str, Any]:
        """Return the minima and medians of the layers, and the time that each adds to the one below."""
        layers = [layer for layer in (*LAYERS, "bare", "package") if layer in self.times]
        return {
            "minimum": {layer: self.minimum(layer) for layer in layers},
            "median": {layer: self.median(layer) for layer in layers},
            "added": {upper: self.added(upper, lower) for lower, upper in pairwise(layers)},
        }


def build() -> None:
    """Build the program in Rust, in the profile of a release."""
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(MANIFEST)]
    subprocess.run(command, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET_DIR)}, check=True)


def start(command: list[str]) -> subprocess.Popen[str]:
    """Start a program that times calls. It ends when its input does."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def time_calls(program: subprocess.Popen[str], query: str, calls: int) -> float:
    """Return the microseconds of a call."""
    print(query, calls, file=cast("IO[str]", program.stdin), flush=True)
    return int(cast("IO[str]", program.stdout).readline()) / calls / 1e3


def compare_calls(processes: int, path: str) -> list[Comparison]:
    """Compare every operation of every parameter set on a code path."""
    cases = [
        (Comparison(f"{parameter_set} {operation}"), f"{operation} {parameter_set.id}", calls)
        for parameter_sets, operations in ((MLKEMParameterSet, KEM_CALLS), (MLDSAParameterSet, DSA_CALLS))
        for parameter_set in parameter_sets
        for operation, calls in operations.items()
    ]
    for _ in range(processes):
        with start([*RUST_TIME, path]) as rust, start([*PYTHON_TIME, path]) as python:
            programs = dict(zip(LAYERS, (rust, rust, python, python), strict=True))
            for comparison, query, calls in cases * ROUNDS_OF_A_PROCESS:
                comparison.measure(
                    {
                        layer: partial(time_calls, program, f"{layer} {query}", calls)
                        for layer, program in programs.items()
                    }
                )
    return [comparison for comparison, _, _ in cases]


def time_interpreter(code: str) -> float:
    """Return the milliseconds that a new interpreter takes to run code."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    return (time.perf_counter() - begin) * 1e3


def compare_import(rounds: int) -> Comparison:
    """Compare an interpreter that imports the package with one that does nothing."""
    comparison = Comparison("import")
    code = {"bare": "pass", "package": "import qynauth_pqc"}
    for _ in range(rounds):
        comparison.measure({layer: partial(time_interpreter, each) for layer, each in code.items()})
    return comparison


def show(calls: Sequence[Comparison], imported: Comparison) -> None:
    """Print the medians of the layers, the time that each adds, and whether the time of the class is on target."""
    print("Medians, and what each layer adds to the one below, in microseconds; in brackets the minimum of the class.")
    print(f"{'':24}{'core':>9}{'C':>9}{'cffi':>9}{'class':>9}{'(min)':>11}{'+C':>7}{'+cffi':>7}{'+class':>7}")
    for each in calls:
        medians = "".join(f"{each.median(layer):9.2f}" for layer in LAYERS)
        added = "".join(f"{each.added(upper, lower):7.2f}" for lower, upper in pairwise(LAYERS))
        least = f"({each.minimum('class'):.2f})"
        print(f"{each.name:24}{medians}{least:>11}{added}{verdict(each.name, each.added('class', 'cffi'))}")
    of_import = imported.added("package", "bare")
    print(f"{'import, milliseconds':24}{of_import:7.2f}{verdict(imported.name, of_import)}")


def verdict(name: str, added: float) -> str:
    """Return whether the added time is at most the target, if there is one."""
    target = TARGETS.get(name)
    return "" if target is None else f"  target {target} {'met' if added <= target else 'missed'}"


def main() -> None:
    """Measure, print, and write JSON to the file of --json."""
    parser = argparse.ArgumentParser(description="Measure what each layer adds to an operation, and the import.")
    parser.add_argument("--processes", type=int, default=20, help="fresh processes a side (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file too")
    parser.add_argument("--code-path", default="best", help="the instructions that keys use (default: %(default)s)")
    arguments = parser.parse_args()
    path = enable_optimizations(arguments.code_path)["code_path"]
    build()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    calls, imported = compare_calls(arguments.processes, path), compare_import(arguments.processes * 2)
    about = {
        "package": __version__,
        "code path": path,
        "python": platform.python_version(),
        "processes": arguments.processes,
    }
    print(*(f"{key} {value}" for key, value in about.items()), sep=", ")
    show(calls, imported)
    if arguments.json:
        results = {comparison.name: comparison.summary() for comparison in (*calls, imported)}
        document = {**about, "targets": TARGETS, "results": results}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
