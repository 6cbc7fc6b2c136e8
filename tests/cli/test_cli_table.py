"""The commands are those of one fixed table, without the packages that are not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_checks import check_entry_points_replace_nothing, with_entry_points

from qynauth_pqc.cli.app import App
from qynauth_pqc.cli.commands import app


def test_commands_of_an_absent_package_are_not_there() -> None:
    """They are not listed, and naming one is naming an unknown command."""
    group = App("qynauth-pqc", modules={"sign": "cli.signing", "notes": "notes._command"})
    context = click.Context(group)
    assert group.list_commands(context) == ["sign"]
    assert group.get_command(context, "notes") is None
    assert group.get_command(context, "sign") is app.get_command(context, "sign")


@pytest.mark.parametrize("arguments", [["--help"], ["sign", "--help"]])
def test_entry_points_replace_no_command(arguments: list[str], tmp_path: Path) -> None:
    """A package with the name of a command offers a signer of that name alone."""
    check_entry_points_replace_nothing(tmp_path, *arguments)


def test_entry_point_is_imported_when_it_signs(tmp_path: Path) -> None:
    """It is not imported before its use."""
    signing = [sys.executable, "-m", "qynauth_pqc", "sign", "--signer", "sign", __file__]
    environment = with_entry_points(tmp_path)
    done = subprocess.run(signing, capture_output=True, text=True, check=False, env=environment)
    assert "imported" in done.stderr
