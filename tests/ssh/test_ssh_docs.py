"""The commands of the page on SSH run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import TEXTS, blocks, run_shell

pytestmark = pytest.mark.slow


def test_commands_of_the_page_on_ssh_work(tmp_path: Path) -> None:
    """The commands run in order, with only the settings of git on the page."""
    isolated = f"export HOME='{tmp_path}' GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat\n"
    result = run_shell(isolated + "".join(blocks(TEXTS["docs/artefacts/ssh.md"], "sh")), tmp_path)
    assert result.returncode == 0, result.stderr
    lines = re.findall(
        r'Good "(\w+)" signature (?:for frodo@shire.example )?with MLDSA44-ED25519 key', result.stdout + result.stderr
    )
    assert lines == ["git", "file", "git", "git"]  # of the log and the file, and of the two commands that print errors
