"""Fills the matrix: every implementation with every parameter set and every row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from interop import ours
from interop.cells import Pair, rows
from interop.offers import Implementation
from interop.peer import NotOffered, Peer

__all__ = ["EMPTY", "FAILED", "NOT_OFFERED", "PASSED", "Column", "Outcome", "expected", "fill", "judge"]

PASSED, NOT_OFFERED, FAILED, EMPTY = "passed", "not offered", "failed", "EMPTY"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one cell, and the reason if it did not pass."""

    word: str
    why: str = ""


@dataclass
class Column:
    """The outcomes with one implementation, by parameter set and row; the version is empty if it did not run."""

    implementation: Implementation
    version: str = ""
    cells: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    absent: str = ""

    def outcome(self, name: str, row: str) -> Outcome:
        """Return the outcome of a cell, empty if nobody tried it."""
        return self.cells.get((name, row), Outcome(EMPTY, "nobody tried it"))

    def bad(self, sets: Sequence[str]) -> list[tuple[str, str, Outcome]]:
        """Return the cells that failed or are empty; none if the implementation is not here."""
        cells = [(name, row, self.outcome(name, row)) for name in sets for row in rows(name)]
        return [] if self.absent else [cell for cell in cells if cell[2].word in {FAILED, EMPTY}]

    def count(self, word: str) -> int:
        """Return how many cells have an outcome."""
        return sum(outcome.word == word for outcome in self.cells.values())


def judge(implementation: Implementation, name: str, row: str, attempt: Callable[[], None]) -> Outcome:
    """Try a cell, and compare its outcome with what the implementation is known to offer."""
    gap = implementation.gap(name, row)
    try:
        attempt()
    except NotOffered as refusal:
        if gap is None:
            return Outcome(FAILED, str(refusal))
        if not re.fullmatch(gap.answer, str(refusal)):
            return Outcome(FAILED, f"not offered ({gap.reason}), but for another reason: {refusal}")
        return Outcome(NOT_OFFERED, gap.reason)
    except Exception as error:  # noqa: BLE001 -- a difference of any kind fails the cell, and no other
        return Outcome(FAILED, f"{type(error).__name__}: {error}")
    # A version newer than the table knows may have more.
    if gap is not None and implementation.pinned:
        return Outcome(FAILED, f"offered, though offers.py says: {gap.reason}")
    return Outcome(PASSED)


def fill(column: Column, peer: Peer, sets: Sequence[str]) -> None:
    """Try every cell of an implementation."""
    implementation = column.implementation
    column.version = peer.ask("about")["version"]
    for name in sets:
        forms = implementation.forms(name)
        pair = Pair(peer, name, ours.generate(name), *forms, bare=name not in implementation.hpke_only)
        for row, attempt in rows(name).items():
            column.cells[name, row] = judge(implementation, name, row, partial(attempt, pair))


def expected(implementation: Implementation, version: str) -> Column:
    """Return the column that offers.py promises."""
    column = Column(implementation, version)
    for name in ours.SETS:
        for row in rows(name):
            gap = implementation.gap(name, row)
            column.cells[name, row] = Outcome(NOT_OFFERED, gap.reason) if gap else Outcome(PASSED)
    return column
