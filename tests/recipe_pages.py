"""The recipes as a reader uses them: the files that a page names, and its commands."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

from conftest import ROOT

__all__ = ["ENVIRONMENT", "commands", "write_files"]

ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


def write_files(page: str, folder: Path) -> None:
    """Write each block that has a title as the file of this name; no two pages that share a folder have the same."""
    for name, content in re.findall(r'^```\w+ title="([\w.]+)"\n(.*?)^```$', _text(page), re.DOTALL | re.MULTILINE):
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(content)


def commands(page: str) -> list[tuple[list[str], str]]:
    """Return the commands of a page in order, each with its comment."""
    scripts = re.findall(r"^```sh\n(.*?)^```$", _text(page), re.DOTALL | re.MULTILINE)
    lines = [line.partition("  # ") for script in scripts for line in script.splitlines()]
    return [(shlex.split(command), comment) for command, _, comment in lines]


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")
