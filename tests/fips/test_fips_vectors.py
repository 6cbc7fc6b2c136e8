"""The FIPS module computes the known answers of ACVP and Wycheproof. `make test-fips` runs this on the variant."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_fips import on_the_variant
from vectors_checks import Refusal, _accept, _load, actual_answer, expected_answer
from vectors_files import FILES, Case, VectorFile, read_cases
from vectors_table import ROWS, Row

from qynauth_pqc import NotApprovedError

PATH = "best"
OURS = [pytest.param(file, id=file.name) for file in FILES if "SLH-DSA" not in file.name]


def lacks(case: Case) -> bool:
    """Return whether the module has no function for a case: randomness of the caller, HashML-DSA, or M'."""
    if case.kind == "verification":
        return case.prehash is not None or case.interface == "internal"
    return case.kind in {"encapsulation", "signing"}


def is_right(case: Case) -> bool:
    """Return whether the module has the answer of a case, or refuses it because it has no function for it.

    A message that it cannot sign with the randomness of the case, it signs with its own.
    """
    actual = actual_answer(case, PATH)
    if not (isinstance(actual, Refusal) and actual.error is NotApprovedError):
        return bool(actual == expected_answer(case))
    if case.kind == "signing" and case.prehash is None and case.interface != "internal":
        key = _load(case, PATH)
        signature = (
            key.sign_mu(case["mu"]) if "mu" in case.fields else key.sign(case["message"], context=case.get("context"))
        )
        _accept(case, key.public_key, signature)
    return lacks(case)


@on_the_variant
@pytest.mark.parametrize("file", OURS)
def test_known_answers_of_the_module(vectors: Path, file: VectorFile) -> None:
    """Every case has its values, its exact error, or is refused since the module has no function for it."""
    _, cases = read_cases(vectors / file.name)
    assert [case.number for case in cases if not is_right(case)] == []
    answered = sum(not lacks(case) for case in cases)
    ROWS.append(Row(file.name, "fips", answered, answered, f"{len(cases) - answered} cases refused"))
