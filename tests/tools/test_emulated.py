"""The page of instructions on aarch64 shows the counts in its table, and its paths are the paths of the engines."""

from __future__ import annotations

from emulated import HEAD, PAGE, PATHS


def test_the_page_is_the_one_that_is_written() -> None:
    """It says first that no speed was measured, and has a column for each path and a row for each operation."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert all(f" {title} |" in text for title in PATHS.values())
    assert text.count("\n| ML-") == 18
    assert text.count("\n| SLH-DSA-") == 6
