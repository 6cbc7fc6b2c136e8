"""Medians of an earlier validation, kept in a file, for comparison with new ones."""

from __future__ import annotations

import json
import math
import platform
from dataclasses import dataclass
from statistics import geometric_mean
from typing import TYPE_CHECKING

from qynauth_pqc.native import __version__, engine
from qynauth_pqc.optimizations import code_path
from qynauth_pqc.validation.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "Baseline Comparison"
FACTOR = 5.0
"""How much slower than in the baseline an operation may be: far more than the effect of a busy machine."""

_FORMAT, _VERSION = "qynauth-pqc validation baseline", 1


class BaselineError(ValueError):
    """A file is not a baseline of this version."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The contents of a baseline file.

    Attributes:
        library: the version of the library.
        code_path: the engine and the code path that were measured, such as "simd avx512".
        machine: the kind of processor, such as "x86_64".
        medians_us: the median time of each operation, in microseconds.
    """

    library: str
    code_path: str
    machine: str
    medians_us: Mapping[str, float]

    @classmethod
    def of(cls, medians_us: Mapping[str, float]) -> Baseline:
        """Return a baseline of medians measured just now on this machine, in microseconds."""
        return cls(__version__, f"{engine()} {code_path()}", platform.machine(), medians_us)

    def to_json(self) -> str:
        """Return the text of a baseline file."""
        document = {
            "format": _FORMAT,
            "version": _VERSION,
            "library": self.library,
            "code_path": self.code_path,
            "machine": self.machine,
            "medians_us": dict(self.medians_us),
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Baseline:
        """Read the text of a baseline file.

        Raises:
            BaselineError: the text is no baseline, or of another version.
        """
        try:
            document = json.loads(text)
            found, version, medians = document["format"], document["version"], document["medians_us"]
            medians = {str(name): float(value) for name, value in medians.items()}
            library, path, machine = (str(document[name]) for name in ("library", "code_path", "machine"))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BaselineError(_NOT_ONE) from error
        if found != _FORMAT or not medians or not all(0 < value < math.inf for value in medians.values()):
            raise BaselineError(_NOT_ONE)
        if version != _VERSION:
            raise BaselineError(
                f"expected a baseline of version {_VERSION}, got {version!r:.20}; write a new one with --save"
            )
        return cls(library, path, machine, medians)


_NOT_ONE = "not a baseline of qynauth-pqc validate; write one with --save"


def compare(baseline: Baseline, medians_us: Mapping[str, float], factor: float = FACTOR) -> Result:
    """Compare medians with a baseline."""
    ratios = {name: medians_us[name] / value for name, value in baseline.medians_us.items() if name in medians_us}
    failures = [f"{name} is no longer measured" for name in baseline.medians_us if name not in medians_us]
    failures += [
        f"{name} is {ratio:.2f} x slower than in the baseline" for name, ratio in ratios.items() if ratio > factor
    ]
    made_by = f"{baseline.library}, {baseline.code_path}, {baseline.machine}"
    summary = f"{len(ratios)} operations, limit {factor:g} times, baseline of {made_by}"
    if ratios:
        least, most = min(ratios.values()), max(ratios.values())
        summary = f"{geometric_mean(ratios.values()):.2f} x the time, from {least:.2f} to {most:.2f}; {summary}"
    return Result(TITLE, summary, tuple(failures), {"factor": factor, "ratios": ratios})
