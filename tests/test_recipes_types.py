"""Pages to a user with a type checker: strict mypy and pyright accept the recipes, without an unknown type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from recipe_pages import write_files
from test_docs import TEXTS, in_place

OTHERS = {"README.md", "docs/jose.md", "docs/migration.md", "docs/token-sizes.md"}
PAGES = [name for name in TEXTS if name.startswith("docs/recipes/") or name in OTHERS]

# Packages whose annotations are incomplete, and pages that use them. Their unknown types are not ours to repair.
INCOMPLETE = {"docs/recipes/webauthn.md": "fido2"}
LENIENT = "\n# pyright: reportUnknownMemberType=false\n"

WRONG = """
from qynauth_pqc import MLDSAPrivateKey

MLDSAPrivateKey.generate("ML-DSA-65").sign("text")
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the program and the files of each page, and a program that is wrong."""
    folder = tmp_path_factory.mktemp("programs")
    for name in PAGES:
        program = in_place(TEXTS[name], "python") + (LENIENT if name in INCOMPLETE else "\n")
        (folder / f"{Path(name).stem.replace('-', '_')}.py").write_text(program, encoding="utf-8")
        write_files(name, folder)
    (folder / "wrong.py").write_text(WRONG, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    """Run a module of this Python in a folder, where it finds the package, and return what it prints."""
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    result = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert result.stderr == ""
    return result.stdout


def test_pages_switch_no_check_off() -> None:
    """A reader would copy the comment."""
    assert [name for name in PAGES if "type: ignore" in TEXTS[name] or "pyright:" in TEXTS[name]] == []


def test_mypy_accepts_the_pages_and_refuses_a_wrong_program(programs: Path) -> None:
    """In strict mode, all in one process."""
    pytest.importorskip("mypy", reason="mypy is not installed: pip install 'qynauth-pqc[lint]'")
    output = run(programs, "mypy", "--strict", "--config-file=", "--follow-imports=silent", ".")
    errors = [line for line in output.splitlines() if ": error: " in line]
    assert [line for line in errors if not line.startswith("wrong.py:")] == []
    assert [line.rpartition(" ")[2] for line in errors] == ["[arg-type]"]


def test_pyright_accepts_the_pages_and_refuses_a_wrong_program(programs: Path) -> None:
    """In strict mode, where a type that is unknown or unannotated is an error."""
    pytest.importorskip("pyright", reason="pyright is not installed: pip install 'qynauth-pqc[lint]'")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)]}
    (programs / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    output = run(programs, "pyright", "--outputjson", "--pythonpath", sys.executable)
    found = [(Path(each["file"]).name, each) for each in json.loads(output)["generalDiagnostics"]]
    assert [each for name, each in found if name != "wrong.py"] == []
    assert [each["rule"] for _, each in found] == ["reportArgumentType"]
