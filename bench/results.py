"""The results of a run of the benchmark: their file, and figures that follow from them."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters import DSA_SETS, KEM_SETS, OURS, XWING
from operations import LOADED, NAMES, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from adapters import Package

HEADLINES = [
    *("ML-KEM-768 handshake", "ML-KEM-768 fresh encapsulate", "ML-KEM-768 decapsulate"),
    *("ML-DSA-65 fresh verify", "ML-DSA-65 sign", "ML-DSA-65 verify"),
]
"""The operations in the README."""

LAYERED = [f"{each} {name}" for each in KEM_SETS for name in ("keygen", "encapsulate", "decapsulate")] + [
    f"{each} {name}" for each in DSA_SETS for name in ("keygen", "sign", "verify")
]
"""The operations of bench/overhead.py."""

FOLDER = "docs/results/benchmarks"
CODE_PATHS = ("portable", "neon", "neon-sha3", "avx2", "avx512")
"""The slowest first."""

MANY_ROUNDS = 20
"""The least number of rounds for a steady figure of a signature."""

LONGEST_LOADED = 1.1
"""How long an operation may take with a loaded key, against the same with a fresh one."""

VECTORS = {"avx2": "AVX2", "avx512f": "AVX-512"}


def machine() -> dict[str, Any]:
    """Describe this machine: its processor, cores and Python, but neither its name nor any path."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text, re.MULTILINE))
    flags = fields.get("flags", "").split()
    numbers = ", ".join(f"{name} {fields[name]}" for name in ("cpu family", "model", "stepping") if name in fields)
    return {
        "processor": f"{fields.get('model name', platform.machine())} ({numbers.replace('cpu ', '')})",
        "cores": os.cpu_count(),
        "vectors": [name for flag, name in VECTORS.items() if flag in flags],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def about(packages: Iterable[Package]) -> dict[str, Any]:
    """Describe the packages."""
    return {
        each.name: {"about": each.about, "version": each.versions(), "build": each.build, "wheel": each.wheel}
        for each in packages
    }


def file_name(document: Mapping[str, Any]) -> str:
    """Return the name of the file of a run: its processor and its code path."""
    processor = re.sub(r"\(\w+\)|,|family|model|stepping", " ", document["machine"]["processor"].lower())
    words = re.findall(r"[a-z0-9]+", f"{processor} {document['code_path']}")
    return f"{'-'.join(words)}.json"


def documents(folder: Path) -> list[dict[str, Any]]:
    """Return the runs in a folder, which has the results of other programs too; the newest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return sorted((each for each in found if "packages" in each), key=lambda each: str(each["date"]), reverse=True)


def shown(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the run that pages show in full: on the machine of the newest run, with its fastest code path."""
    processor = runs[0]["machine"]["processor"]
    same = [each for each in runs if each["machine"]["processor"] == processor]
    return max(same, key=lambda each: CODE_PATHS.index(each["code_path"]))


class IncompleteError(Exception):
    """A run is incomplete, or has impossible figures."""


def check_complete(document: Mapping[str, Any]) -> None:
    """Check the structure of a run: every operation, of all packages that have it, with statistics that fit together.

    Raises:
        IncompleteError: a check failed.
    """
    # A run of November 2026 or earlier has no X-Wing.
    has_xwing = any(name.startswith(XWING) for name in document["times"])
    names = [name for name in NAMES if has_xwing or not name.startswith(XWING)]
    faults = [f"{name} is missing" for name in names if OURS not in document["times"].get(name, {})]
    for name, packages in document["times"].items():
        faults += [f"{name} of {package} cannot be" for package, times in packages.items() if not fits(times)]
    for name in document["packages"]:
        cost = document["costs"].get(name)
        if not cost or cost["memory"]["import"] <= 0 or cost["memory"]["count"] <= 0:
            faults.append(f"the costs of {name} are missing")
    for name, methods in document["batch"].items():
        faults += [f"{name} by {method} has no rate" for method, rates in methods.items() if min(rates.values()) <= 0]
    for name, packages in document["threads"].items():
        faults += [f"{name} of {each} has no rate" for each, rates in packages.items() if min(rates.values()) <= 0]
    faults += [
        f"we did not refuse a key with a wrong {name}"
        for name, refused in document["checks"][OURS].items()
        if not refused
    ]
    faults += [f"the layers of {name} are missing" for name in LAYERED if name not in document["layers"]["results"]]
    faults += [
        f"the memory of {name} is missing" for name in names if is_loaded(name) and name not in document["memory"]
    ]
    faults += [f"{name} was not measured with two threads" for name in names if name not in document["own_threads"]]
    faults += [*_slow_when_loaded(document), *_peers_of_another_path(document)]
    if faults:
        raise IncompleteError("; ".join(faults))


def fits(times: Mapping[str, Any]) -> bool:
    """Return whether the statistics of an operation fit together."""
    quantiles = times["quantiles"]
    between = times["minimum"] <= times["median"] <= quantiles[-1] and times["minimum"] <= times["mean"]
    return bool(between and times["minimum"] > 0 and times["calls"] > 1 and quantiles == sorted(quantiles))


def _slow_when_loaded(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault if a loaded key of this package costs more than a fresh one: another process ran at that time.

    Some other packages take only bytes, without such a difference, and some vary as much.
    """
    for fresh in document["times"]:
        parameter_set, _, name = fresh.partition(" ")
        if not name.startswith("fresh "):
            continue
        loaded = f"{parameter_set} {name.removeprefix('fresh ').partition(',')[0]}"
        times, used = (document["times"].get(each, {}).get(OURS) for each in (fresh, loaded))
        if times is None or used is None or min(times.get("rounds", 0), used.get("rounds", 0)) < MANY_ROUNDS:
            continue
        if (share := figure(loaded, used) / figure(fresh, times)) > LONGEST_LOADED:
            yield f"{loaded} of {OURS} takes {share:.2f}x as long as {name}"


def _peers_of_another_path(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault for each library with AVX-512, by its options, compared with this package's keys on AVX2."""
    if document["code_path"] != "avx2":
        return
    for name, each in document["packages"].items():
        options = each["build"]
        wolfssl = "USE_INTEL_SPEEDUP" in options and "NO_AVX512_SUPPORT" not in options
        if wolfssl or "OQS_USE_SHA3_AVX512VL" in options:
            yield f"the library of {name} was built with AVX-512"


def is_steady(operation: str, times: Mapping[str, Any]) -> bool:
    """Return whether the figure of an operation has enough rounds, which only signatures need."""
    return " sign" not in operation or times.get("rounds", MANY_ROUNDS) >= MANY_ROUNDS


def figure(operation: str, times: Mapping[str, Any]) -> float:
    """Return the figure of an operation: the median of its calls.

    The figure of a signature is the median of the means of rounds: a mean counts every rejection, and the median leaves
    out rounds with another running process.
    """
    return float(times["round" if " sign" in operation else "median"])


def is_loaded(operation: str) -> bool:
    """Return whether an operation uses a key that was used before."""
    return operation.partition(" ")[2] in LOADED


def title(operation: str) -> str:
    """Return the title of an operation of a parameter set on pages."""
    parameter_set, _, name = operation.partition(" ")
    return f"{parameter_set} {TITLES.get(name, name)}"


def ratio(operation: str, times: Mapping[str, Any], package: str) -> float:
    """Return the ratio of a package's time to this package's."""
    return figure(operation, times[package]) / figure(operation, times[OURS])


def slowdown(value: float) -> str:
    """Return a ratio as text, with three digits."""
    return f"{value:.2f}x" if value < 10 else f"{value:,.0f}x"  # noqa: PLR2004 - ten times and more


def fastest_peer(times: Mapping[str, Any], operation: str) -> str | None:
    """Return the other package with the least time for an operation; None if no other package has it."""
    peers = [name for name in times if name != OURS]
    return min(peers, key=lambda name: figure(operation, times[name]), default=None)


def wheels(document: Mapping[str, Any]) -> list[str]:
    """Return the other packages that install as a wheel."""
    return [name for name, each in document["packages"].items() if each["wheel"] and name != OURS]


def fastest_wheel(document: Mapping[str, Any], operation: str) -> str:
    """Return the package with the least time for an operation, of this package and others that install as a wheel."""
    times = document["times"][operation]
    candidates = [name for name in (OURS, *wheels(document)) if name in times]
    return min(candidates, key=lambda name: figure(operation, times[name]))
