#!/usr/bin/env python3
"""Every operation of ML-KEM, X-Wing and ML-DSA, compared with other packages of Python: the program of `make bench`.

All packages are measured in turns in one process, on one core. The results go to the terminal, to a JSON file and, as
pictures and tables, to docs; with --quick they are few, and docs is not changed. Each machine and code path has a
separate file. The method is in docs/results/benchmarks.md.
"""

# ruff: noqa: S603 - it runs the program in Rust

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import batch_sizes
from adapters import DSA_SETS, KEM_SETS, XWING, available
from costs import THREADED, import_times, key_memory, memory, own_threads, throughputs
from key_checks import refusals
from measure import FULL, QUICK, interleave, pinned
from operations import NAMES, timings
from overhead import RUST_PROGRAM
from page import fill_page, terminal_tables
from plots import pictures
from results import FOLDER, about, check_complete, documents, file_name, machine, shown
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from targets import missed

from qynauth_pqc import enable_optimizations
from qynauth_pqc.optimizations import code_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters import Package
    from measure import Plan

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/results/benchmarks.md", "README.md")
WIDTH = 170  # of tables that go to a file


def measure(packages: Sequence[Package], plan: Plan, progress: Progress, *, quick: bool) -> dict[str, Any]:
    """Measure the packages.

    Args:
        packages: the packages to measure, with this package.
        plan: the amount of measurements.
        progress: the display of the progress.
        quick: whether costs and threads are measured briefly too.
    """
    task = progress.add_task("times", total=len(NAMES) * plan.rounds)
    with pinned():
        times = _times(packages, plan, progress, task)
    progress.update(task, description="import and memory")
    imports = import_times(packages, 2 if quick else 15)
    used = memory(packages, 0.5 if quick else 5)
    costs = {name: {"import_ms": imports[name], "memory": used[name]} for name in imports}
    threads = progress.add_task("threads", total=len(THREADED))
    rates = throughputs(packages, 1 if quick else 3, 0.02 if quick else 0.15, advance=lambda: progress.advance(threads))
    own = own_threads(1 if quick else 5, 0.02 if quick else 0.1)
    progress.update(threads, description="batches")
    batch = batch_sizes.rates(batch_sizes.SIZES[:3], 1, 0.01) if quick else batch_sizes.rates(batch_sizes.SIZES, 3, 0.1)
    return {
        "times": times,
        "memory": key_memory(),
        "costs": costs,
        "own_threads": own,
        "threads": rates,
        "batch": batch,
    }


def clocks(path: str) -> dict[str, float]:
    """Return the rate of the time stamp counter in GHz, where there is one, and the nanoseconds of permutations."""
    with pinned():
        printed = subprocess.run([RUST_PROGRAM, "machine", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in printed.splitlines())}


def _times(packages: Sequence[Package], plan: Plan, progress: Progress, task: Any) -> dict[str, Any]:
    """Return the statistics of every operation, by operation and package."""
    found = {}
    for parameter_set in (*KEM_SETS, XWING, *DSA_SETS):
        made = [timings(package, parameter_set, plan.messages) for package in packages]
        for name in made[0]:
            progress.update(task, description=f"{parameter_set} {name}")
            ready = [each[name] for each in made if name in each]
            interleave(ready, plan, advance=lambda: progress.advance(task))
            found[f"{parameter_set} {name}"] = {timing.package: timing.summary() for timing in ready}
    return found


def write(document: dict[str, Any], root: Path) -> None:
    """Write a run to its file, and draw the pages again."""
    (root / FOLDER / file_name(document)).write_text(to_json(document), encoding="utf-8")
    redraw(root)


def redraw(root: Path) -> None:
    """Write the tables of all runs into docs and the README."""
    runs = documents(root / FOLDER)
    for name, picture in pictures(shown(runs)).items():
        (root / FOLDER / name).write_bytes(picture)
    for name in PAGES:
        page = root / name
        page.write_text(fill_page(page.read_text(encoding="utf-8"), runs), encoding="utf-8")


def to_json(document: dict[str, Any]) -> str:
    """Return a document as text with a line for each package of an operation, for readable changes."""
    lines = json.dumps(document, indent=1).splitlines()
    joined: list[str] = []
    for line in lines:
        deep = len(line) - len(line.lstrip()) > 3  # noqa: PLR2004 - the depth of a package
        joined[-1:] = [f"{joined[-1]} {line.strip()}"] if deep and joined else [*joined[-1:], line]
    return "\n".join(joined) + "\n"


def main() -> int:
    """Measure, show, and write."""
    parser = argparse.ArgumentParser(description="Measure every operation and compare with the other packages.")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file too")
    parser.add_argument("--layers", type=Path, metavar="FILE", help="what overhead.py wrote")
    parser.add_argument("--redraw", action="store_true", help="write the docs from the results, and measure nothing")
    parser.add_argument("--code-path", default="best", help="the instructions that our keys use (default: %(default)s)")
    arguments = parser.parse_args()
    if not (arguments.redraw or arguments.layers):
        parser.error("--layers is needed")
    if arguments.redraw:
        redraw(ROOT)
        return 0
    enable_optimizations(arguments.code_path)
    begin = clocks(code_path())
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    load = os.getloadavg()[0]
    packages, missing = available()
    for name, reason in missing.items():
        console.print(f"{name} is not measured: {reason}")
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        found = measure(packages, QUICK if arguments.quick else FULL, progress, quick=arguments.quick)
    end = clocks(code_path())
    document = {
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "load": round(load, 1),
        "code_path": code_path(),
        "clock": {name: (begin[name] + end[name]) / 2 for name in ("tsc_ghz",) if name in begin},
        "permutation_ns": {
            each: min(begin[f"permutation_{each}"], end[f"permutation_{each}"]) for each in ("1", "4", "8")
        },
        "packages": about(packages),
        "missing": missing,
        "checks": refusals(packages),
        "layers": json.loads(arguments.layers.read_text(encoding="utf-8")),
        **found,
    }
    for table in terminal_tables(document):
        console.print(table)
    if arguments.json:
        arguments.json.write_text(to_json(document), encoding="utf-8")
    check_complete(document)
    if not arguments.quick:
        for sentence in missed(document):
            console.print(f"missed: {sentence}")
        write(document, ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
