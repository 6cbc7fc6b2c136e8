"""`make gate` includes `make check`, which includes `make test`; the gate runs commands as a newcomer does."""

from __future__ import annotations

import os
import subprocess

import pytest
from conftest import ROOT

NEWCOMER = "python3 tools/on_terminal.py "


def commands(target: str) -> list[str]:
    """Return the commands that a target would run where nothing is built."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--always-make", "--dry-run", "--no-print-directory", "PYTHON=python3", target]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("smaller", "larger"), [("test", "check"), ("check", "gate")])
def test_target_includes_the_one_before(smaller: str, larger: str) -> None:
    """A commit that passes the larger one passes the smaller one."""
    included = [line.replace(NEWCOMER, "").replace("--install ", "") for line in commands(larger)]
    assert set(commands(smaller)) <= set(included)


@pytest.mark.parametrize("command", [".venv/bin/pip install", ".venv/bin/pytest", ".venv/bin/qynauth-pqc demo"])
def test_gate_runs_the_first_commands_on_a_terminal(command: str) -> None:
    """The demonstration, the tests and their installation are those of a newcomer."""
    found = [line for line in commands("gate") if f" {command}" in f" {line}"]
    assert found
    assert [line for line in found if NEWCOMER not in line] == []
