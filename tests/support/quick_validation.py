"""A validation with one set of SLH-DSA, since the others take most of its time and differ in numbers alone."""

from __future__ import annotations

from typing import Any

import pytest

from qynauth_pqc._keys.key import loadable
from qynauth_pqc.native import ffi
from qynauth_pqc.validation import monitoring, optimization, regression
from qynauth_pqc.validation.functions import check_algorithm


def _is_left_out(name: str) -> bool:
    return name.startswith("SLH-DSA") and name != "SLH-DSA-SHA2-128f"


@pytest.fixture
def one_slhdsa(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the other sets out of the three parts that use every algorithm."""

    def check_most(calls: Any, row: Any) -> None:
        if not _is_left_out(ffi.string(row.name).decode()):
            check_algorithm(calls, row)

    monkeypatch.setattr(regression, "check_algorithm", check_most)
    for part in (monitoring, optimization):
        monkeypatch.setattr(
            part, "loadable", lambda kind: [each for each in loadable(kind) if not _is_left_out(each[1])]
        )
