#!/usr/bin/env python3
"""How fast our own arithmetic is on each backend of this processor, next to libcrux and aws-lc, all in Rust.

It runs the benchmarks of tools/differential, which divan times, on one core, for docs/results/benchmarks.md.
"""
# ruff: noqa: S603, T201 - it runs cargo, and prints its results

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from page import fill, markdown
from results import machine

from qynauth_pqc import MLDSAParameterSet, MLKEMParameterSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "tools/differential/Cargo.toml"
RESULTS = "docs/results/benchmarks/engine.json"
PAGE = "docs/results/benchmarks.md"
SECONDS_OF_A_BENCHMARK = "0.3"

LINE = re.compile(r"(?P<indent>[│ ]*)[├╰]─ (?P<name>\w+)(?: +(?P<times>\d.*))?")
UNITS = {"ns": 1e-3, "µs": 1.0, "ms": 1e3, "s": 1e6}
ITEMS = {"ML-DSA sign": 4000, "batch of eight": 8, "batches of sixteen": 96}
"""How many items a round of a benchmark has, by a substring of its name, unless it is one."""
SETS = [*(str(each) for each in MLKEMParameterSet), *(str(each) for each in MLDSAParameterSet)]
OPERATIONS = ["keygen", "encapsulate", "decapsulate", "sign", "verify"]
PEERS = {"libcrux": "libcrux", "aws_lc": "aws-lc"}


def run(family: str) -> str:
    """Return the output of divan for the benchmarks of a family."""
    cargo = ["cargo", "bench", "--quiet", "--locked", "--manifest-path", MANIFEST, "--bench", family, "--"]
    command = [*cargo, "--min-time", SECONDS_OF_A_BENCHMARK, "--max-time", SECONDS_OF_A_BENCHMARK, "--color", "never"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def leaves(text: str) -> Iterator[tuple[list[str], dict[str, float]]]:
    """Yield the path of each benchmark in divan's tree and its times in microseconds."""
    path: list[str] = []
    for line in text.splitlines():
        if not (found := LINE.match(line)):
            continue
        path = [*path[: len(found["indent"]) // 3], found["name"]]
        if found["times"]:
            fastest, _, middle, *_ = (each.split() for each in found["times"].split("│"))
            yield path, {"fastest": _microseconds(*fastest), "median": _microseconds(*middle)}


def _microseconds(value: str, unit: str) -> float:
    return float(value) * UNITS[unit]


def collect(text: str, family: str) -> dict[str, dict[str, dict[str, float]]]:
    """Return the times of an item, by operation and by backend or peer.

    This engine's benchmarks are at OPERATION/SET/BACKEND, the peers' at PEER_SET/OPERATION.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for path, times in leaves(text):
        if len(path) == 3:  # noqa: PLR2004 - ours
            operation, parameter_set, column = path
        else:
            peer, operation = path
            column, parameter_set = PEERS[peer.rpartition("_")[0]], peer
        size = re.sub(r"\D", "", parameter_set)
        operation = operation.removesuffix("_hot").replace("_", " ")
        kind = f"{family} {operation}"
        items = next((count for name, count in ITEMS.items() if name in kind), 1)
        each = {name: round(value / items, 3) for name, value in times.items()}
        found.setdefault(f"{family}-{size} {operation}", {})[column] = each
    return found


def order(name: str) -> tuple[int, int, str]:
    """Return the key that sorts the names of operations."""
    parameter_set, operation, *_ = name.split()
    return (SETS.index(parameter_set), OPERATIONS.index(operation), name)


def regions(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of a run for docs/results/benchmarks.md, by the names of their regions."""
    columns = [*document["backends"], *PEERS.values()]
    rows = [[name, *(_cell(each.get(column)) for column in columns)] for name, each in document["times"].items()]
    described = document["machine"]
    table = markdown(["", *columns], rows)
    return {"engine": f"{table}\n\nMeasured on {described['processor']}, {described['cores']} cores."}


def _cell(times: Mapping[str, float] | None) -> str:
    return f"{times['median']:.2f} / {times['fastest']:.2f}" if times else "-"


def main() -> None:
    """Measure, print, and write docs."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    times = {**collect(run("mlkem"), "ML-KEM"), **collect(run("mldsa"), "ML-DSA")}
    peers = PEERS.values()
    backends = list(dict.fromkeys(column for each in times.values() for column in each if column not in peers))
    document = {
        "machine": machine(),
        "backends": backends,
        "times": {name: times[name] for name in sorted(times, key=order)},
    }
    text = regions(document)
    print(text["engine"])
    (ROOT / RESULTS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    page = ROOT / PAGE
    page.write_text(fill(page.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
