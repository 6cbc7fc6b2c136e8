"""The page on the sizes of tokens: its numbers are those that its program makes."""

from __future__ import annotations

import runpy
from pathlib import Path

from pages import TEXTS, table, write_program

import qynauth_pqc.pyjwt

SIZES = "docs/token-sizes.md"


def test_sizes_on_the_page_are_those_that_its_program_makes(tmp_path: Path) -> None:
    """And a token fits where the page says so."""
    program = write_program(SIZES, tmp_path)
    try:
        measured: dict[str, list[int]] = runpy.run_path(str(program))["measured"]
    finally:
        qynauth_pqc.pyjwt.unregister()
    rows = table(TEXTS[SIZES])
    assert {row[0]: list(map(int, row[1:])) for row in rows if row[0] in measured} == measured
    limits = [row for row in rows if row[1].isdigit() and row[0] not in measured]
    sets = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
    assert len(limits) == 7
    for row in limits:
        assert [each == "fits" for each in row[3:]] == [measured[name][0] < int(row[1]) for name in sets], row
