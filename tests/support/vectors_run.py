"""Trying the cases of a file, noting them in the table, and describing failures."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from vectors_checks import Answer, Refusal, actual_answer, expected_answer
from vectors_files import Case
from vectors_table import ROWS, Row


def try_cases(name: str, path: str, cases: Iterable[Case]) -> tuple[Row, list[str]]:
    """Try every case, and return the file's row of the table and a text for each case that failed."""
    row, failures = Row(name, path), []
    ROWS.append(row)
    for case in cases:
        row.cases += 1
        if failure := failure_of(case, path):
            failures.append(failure)
        else:
            row.passed += 1
    return row, failures


def failure_of(case: Case, path: str) -> str:
    """Return a text that says how a case failed, or an empty one."""
    expected, actual = expected_answer(case), actual_answer(case, path)
    if expected == actual:
        return ""
    return f"case {case.number} ({case.kind}): expected {_text(expected)}, got {_text(actual)}"


def _text(answer: Answer) -> str:
    """Describe an answer: an error in full, values by their digests."""
    if isinstance(answer, Refusal):
        return f"{answer.error.__name__}({answer.message!r})"
    values = (f"{len(value)} bytes with SHA-256 {sha256(value).hexdigest()[:16]}..." for value in answer)
    return " and ".join(values) or "no error"
