"""Every code path of this machine computes the known answers of ACVP and Wycheproof."""

from __future__ import annotations

from hashlib import algorithms_available
from pathlib import Path

import pytest
from vectors_checks import PATHS
from vectors_files import FILES, VectorFile, quick_cases, read_cases
from vectors_run import try_cases

EACH = [
    pytest.param(
        file,
        path,
        id=f"{file.name}-{path}",
        marks=[pytest.mark.nightly] * ("SLH-DSA" in file.name and path == "portable"),
    )
    for file in FILES
    for path in PATHS
]
"""The files on each code path. The slowest are left to `make nightly`, and to the tests in Rust."""


def test_every_file_is_known(vectors: Path) -> None:
    """A file that is new or gone is not overlooked."""
    paths = (path for folder in ("acvp", "wycheproof") for path in (vectors / folder).iterdir())
    found = {f"{path.parent.name}/{path.name}" for path in paths}
    assert found == {file.name for file in FILES}


@pytest.mark.parametrize(("file", "path"), EACH)
def test_known_answers(vectors: Path, file: VectorFile, path: str) -> None:
    """Every case has its values or its exact error; only some signatures of SLH-DSA are made."""
    if "sha512_256" not in algorithms_available and file.name.startswith("acvp/") and "-sig" in file.name:
        pytest.skip("this Python lacks SHA-512/256, which some of ACVP's signatures use")
    claimed, cases = read_cases(vectors / file.name)
    chosen = quick_cases(cases)
    row, failures = try_cases(file.name, path, chosen)
    assert failures == []
    assert file.cases == claimed == len(cases)
    assert row.cases == row.passed == len(chosen)
