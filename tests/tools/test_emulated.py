"""The page of instructions on aarch64: its table shows what was counted, and its paths are those that were counted."""

from __future__ import annotations

from emulated import HEAD, PAGE, PATHS, table

COUNTS = {
    "portable": {"ML-DSA-44 sign": 3000, "ML-DSA-44 load_public": 9},
    "neon": {"ML-DSA-44 sign": 1000, "ML-DSA-44 load_public": 9},
}


def test_a_row_has_all_counts() -> None:
    """An operation that the page does not show has no row."""
    head, _, *rows = table(COUNTS)
    assert head == "| Operation | portable | NEON |"
    assert rows == ["| ML-DSA-44: sign | 3.0 | 1.0 |"]


def test_the_page_is_the_one_that_is_written() -> None:
    """It says first that no speed was measured, and has a column for each path and a row for each operation."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert all(f" {title} |" in text for title in PATHS.values())
    assert text.count("\n| ML-") == 18
