"""The result of a part of the validation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one part.

    Attributes:
        title: the name of the part.
        summary: its figures in one line.
        failures: the failed checks, a sentence each, without a byte of any input; empty if the part passed.
        figures: counts and measurements, as plain data; the names of times and sizes end with their unit.
    """

    title: str
    summary: str
    failures: tuple[str, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    def shown_failures(self) -> list[str]:
        """Return the first failures, and the number of further ones."""
        more = len(self.failures) - _SHOWN
        return [*self.failures[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data."""
        return {
            "title": self.title,
            "passed": self.passed,
            "summary": self.summary,
            "failures": [*self.failures],
            "figures": dict(self.figures),
        }


@dataclass(slots=True)
class Checks:
    """Count checks, and keep the failures."""

    done: int = 0
    failures: list[str] = field(default_factory=list)

    def that(self, holds: object, otherwise: str) -> None:
        """Check something."""
        self.done += 1
        if not holds:
            self.failures.append(otherwise)
