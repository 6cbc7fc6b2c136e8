"""What a run of the benchmark found: how it is kept, and what follows from it."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters import ENGINES, OURS
from operations import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters import Package

LOADED = {
    "ML-KEM-768": ("keygen", "encapsulate", "decapsulate"),
    "ML-DSA-65": ("keygen", "sign", "verify"),
}
"""The operations in the README."""

LOADED_NAMES = [f"{each} {name}" for each, names in LOADED.items() for name in names]

VECTORS = {"avx2": "AVX2", "avx512f": "AVX-512"}


def machine() -> dict[str, Any]:
    """Describe this machine: its processor, cores and Python, and neither its name nor where anything lies."""
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
    return {each.name: {"about": each.about, "version": each.versions(), "wheel": each.wheel} for each in packages}


class IncompleteError(Exception):
    """A run left something out, or measured what cannot be."""


def check_complete(document: Mapping[str, Any]) -> None:
    """Check the structure of a run: every operation, of all packages that have it, with statistics that fit together.

    Raises:
        IncompleteError: it is not so.
    """
    faults = [f"{name} is missing" for name in NAMES if OURS not in document["times"].get(name, {})]
    for name, packages in document["times"].items():
        for package, times in packages.items():
            quantiles = times["quantiles"]
            between = times["minimum"] <= times["median"] <= quantiles[-1] and times["minimum"] <= times["mean"]
            if not (between and times["minimum"] > 0 and times["calls"] > 1 and quantiles == sorted(quantiles)):
                faults.append(f"{name} of {package} cannot be")
    for name in document["packages"]:
        cost = document["costs"].get(name)
        if not cost or cost["memory"]["import"] <= 0 or cost["memory"]["count"] <= 0:
            faults.append(f"the costs of {name} are missing")
    for name, methods in document["batch"].items():
        faults += [f"{name} by {method} has no rate" for method, rates in methods.items() if min(rates.values()) <= 0]
    for name, packages in document["threads"].items():
        faults += [f"{name} of {each} has no rate" for each, rates in packages.items() if min(rates.values()) <= 0]
    faults += [
        f"the layers of {name} are missing" for name in LOADED_NAMES if name not in document["layers"]["results"]
    ]
    if faults:
        raise IncompleteError("; ".join(faults))


def figure(operation: str, times: Mapping[str, Any]) -> float:
    """Return the figure of an operation: the median, and for a signature the mean, which counts every rejection."""
    return float(times["mean" if " sign" in operation else "median"])


def ratio(operation: str, times: Mapping[str, Any], package: str) -> float:
    """Return the ratio of a package's time to ours."""
    return figure(operation, times[package]) / figure(operation, times[OURS])


def slowdown(value: float) -> str:
    """Return a ratio as text, with three digits."""
    return f"{value:.2f}x" if value < 10 else f"{value:,.0f}x"  # noqa: PLR2004 - ten times and more


def against(document: Mapping[str, Any], package: str, operations: Sequence[str]) -> list[float]:
    """Return the ratio of a package's time to ours for each operation."""
    return [ratio(name, document["times"][name], package) for name in operations]


def wheels(document: Mapping[str, Any]) -> list[str]:
    """Return the packages other than ours that install as a wheel."""
    return [name for name, each in document["packages"].items() if each["wheel"] and name not in ENGINES]


def fastest_wheel(document: Mapping[str, Any], operation: str) -> str:
    """Return the package that takes least for an operation, of ours and the packages that install as a wheel."""
    times = document["times"][operation]
    candidates = [name for name in (OURS, *wheels(document)) if name in times]
    return min(candidates, key=lambda name: figure(operation, times[name]))
