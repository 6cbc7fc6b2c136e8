"""The table of known answers that ends a run of the tests."""

from __future__ import annotations

from dataclasses import dataclass

_TITLE = f"{'known answers':55} {'path':10} {'cases':>5} {'passed':>6}"


@dataclass
class Row:
    """The results of a file's cases on a code path."""

    file: str
    path: str
    cases: int = 0
    passed: int = 0
    note: str = ""

    def line(self) -> str:
        """Return the row as a line of the table."""
        return f"{self.file:55} {self.path:10} {self.cases:5} {self.passed:6}  {self.note}".rstrip()


ROWS: list[Row] = []


def lines() -> list[str]:
    """Return the table, with totals for each source and path; nothing if no known answer was tried."""
    if not ROWS:
        return []
    totals: dict[tuple[str, str], Row] = {}
    for row in ROWS:
        source = row.file.partition("/")[0]
        total = totals.setdefault((source, row.path), Row(f"total of {source}", row.path))
        total.cases += row.cases
        total.passed += row.passed
    return [_TITLE, *(row.line() for row in ROWS), *(total.line() for total in totals.values())]
