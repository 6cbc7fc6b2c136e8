"""Known answers of ACVP and Wycheproof, on every code path of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from vectors_checks import PATHS
from vectors_files import FILES, VectorFile, read_cases
from vectors_run import try_cases


def test_every_file_is_known(vectors: Path) -> None:
    """A file that is new or gone is not overlooked."""
    found = {f"{folder}/{path.name}" for folder in ("acvp", "wycheproof") for path in (vectors / folder).iterdir()}
    assert found == {file.name for file in FILES}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("file", [pytest.param(file, id=file.name) for file in FILES])
def test_known_answers(vectors: Path, file: VectorFile, path: str) -> None:
    """Every case has its values or its exact error."""
    claimed, cases = read_cases(vectors / file.name)
    row, failures = try_cases(file.name, path, cases)
    assert failures == []
    assert file.cases == claimed == row.cases == row.passed
