"""The formats of artefacts have words in common, and the page on the command line shows their commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import TEXTS, blocks, run_shell

from qynauth_pqc import cms, extend, ssh

pytestmark = pytest.mark.slow


def test_any_signer_is_one_word() -> None:
    """A caller imports it from any of the packages."""
    assert ssh.ANYONE is cms.ANYONE is extend.ANYONE


def test_commands_of_the_page_on_the_command_line_work(tmp_path: Path) -> None:
    """They run in order, among the commands for the plain format."""
    result = run_shell("".join(blocks(TEXTS["docs/command-line.md"], "sh")), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
