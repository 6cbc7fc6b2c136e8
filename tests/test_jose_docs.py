"""The pages on tokens: their code passes type checkers, and their numbers are those that it makes."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from test_docs import TEXTS, in_place, table

import qynauth_pqc.pyjwt

PAGES = sorted(name for name, text in TEXTS.items() if "from qynauth_pqc.pyjwt import" in in_place(text, "python"))
SIZES = "docs/token-sizes.md"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the code of each page that signs tokens, next to the package as a user has it installed."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "site").mkdir()
    (folder / "site" / "qynauth_pqc").symlink_to(ROOT / "qynauth_pqc")
    for name in PAGES:
        program = folder / name.replace("/", "_").replace("-", "_").replace(".md", ".py")
        program.write_text(in_place(TEXTS[name], "python") + "\n", encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": ["site"], "exclude": ["site"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def test_pages_that_sign_tokens_are_known() -> None:
    """The type checkers below have something to check."""
    assert {"docs/jose.md", SIZES} <= set(PAGES)


def test_code_of_the_pages_passes_mypy(programs: Path) -> None:
    """In its strict mode, and without a comment that switches it off."""
    pytest.importorskip("mypy")
    assert not [name for name in PAGES if "type: ignore" in in_place(TEXTS[name], "python")]
    files = sorted(path.name for path in programs.glob("*.py"))
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", *files]
    environment = {**os.environ, "MYPYPATH": str(programs / "site")}
    result = subprocess.run(command, cwd=programs, env=environment, text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout


def test_code_of_the_pages_passes_pyright(programs: Path) -> None:
    """In its strict mode; it runs where pyright and Node are."""
    pytest.importorskip("pyright")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    if subprocess.run([*command, "--version"], cwd=programs, capture_output=True, check=False).returncode:
        pytest.skip("pyright cannot fetch its program")
    result = subprocess.run(command, cwd=programs, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout


def test_sizes_on_the_page_are_those_that_its_program_makes(tmp_path: Path) -> None:
    """And a token fits where the page says so."""
    program = tmp_path / "sizes.py"
    program.write_text(in_place(TEXTS[SIZES], "python"), encoding="utf-8")
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
