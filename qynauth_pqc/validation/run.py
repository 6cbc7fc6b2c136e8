"""The five parts in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qynauth_pqc.errors import PQCError, expect
from qynauth_pqc.validation import baseline as _baseline
from qynauth_pqc.validation import memory, monitoring, optimization, performance, regression
from qynauth_pqc.validation.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qynauth_pqc.validation.baseline import Baseline

PARTS = (regression.TITLE, performance.TITLE, monitoring.TITLE, memory.TITLE, optimization.TITLE)
"""The titles of the parts, in their order."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The results of a validation.

    Attributes:
        parts: the results of the five parts, in the order of `PARTS`.
        times_ns: the times of part 2 in nanoseconds, by the name of the operation.
        comparison: the comparison with the baseline, if there was one.
    """

    parts: tuple[Result, ...]
    times_ns: Mapping[str, list[int]]
    comparison: Result | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """All results."""
        return self.parts if self.comparison is None else (*self.parts, self.comparison)

    @property
    def passed(self) -> bool:
        """Whether every part passed, and the comparison too."""
        return all(result.passed for result in self.results)

    @property
    def medians_us(self) -> dict[str, float]:
        """The median time of each operation, in microseconds."""
        return {name: performance.median_of(series) for name, series in self.times_ns.items()}

    def as_dict(self) -> dict[str, object]:
        """Return everything but the single times as plain data."""
        comparison = None if self.comparison is None else self.comparison.as_dict()
        return {"passed": self.passed, "parts": [part.as_dict() for part in self.parts], "baseline": comparison}


def validate(
    *,
    limit_ms: float = performance.LIMIT_MS,
    baseline: Baseline | None = None,
    factor: float = _baseline.FACTOR,
    announce: Callable[[str], object] = lambda _title: None,
) -> Validation:
    """Run the five parts. Nothing else in this process may use the library at the same time.

    The settings of the process are restored afterwards. The validation takes a few seconds.

    Args:
        limit_ms: the limit for the median of every operation, in milliseconds.
        baseline: medians to compare with.
        factor: how much slower than in the baseline an operation may be.
        announce: called with the title of each part before it begins.

    Returns:
        The results. A part that ends with an error has failed with the message of the error.
    """
    expect(limit_ms, (int, float), "limit_ms")
    expect(baseline, (_baseline.Baseline, type(None)), "baseline")
    expect(factor, (int, float), "factor")
    times: dict[str, list[int]] = {}

    def measure_and_judge() -> Result:
        times.update(performance.measure())
        return performance.performance(times, limit_ms)

    runs: tuple[Callable[[], Result], ...] = (
        regression.regression,
        measure_and_judge,
        monitoring.monitoring,
        memory.memory,
        optimization.optimization,
    )
    results = []
    for title, run in zip(PARTS, runs, strict=True):
        announce(title)
        results.append(_run(title, run))
    done = Validation(tuple(results), times)
    if baseline is None:
        return done
    return Validation(done.parts, times, _baseline.compare(baseline, done.medians_us, factor))


def _run(title: str, run: Callable[[], Result]) -> Result:
    try:
        return run()
    except PQCError as error:
        return Result(title, "ended with an error", (f"{type(error).__name__}: {error}",))
