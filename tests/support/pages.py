"""The pages of the documentation as a reader uses them: their code, commands and tables, and the files they show."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from conftest import ROOT

import qynauth_pqc

__all__ = [
    "ENVIRONMENT",
    "TEXTS",
    "blocks",
    "commands",
    "lacks_package",
    "run_shell",
    "section",
    "table",
    "write_files",
    "write_program",
]

ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
"""The environment of a user who has activated the one that the tests run in."""

_PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in _PAGES}
"""The texts of the pages, by path."""


def section(page: str, title: str) -> str:
    """Return the text below a heading of the second level."""
    text = TEXTS[page].partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert text, title
    return text


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a page that are in exactly this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _in_place(text: str) -> str:
    """Return the Python of a page as one program, with each line at its number on the page."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        starts, ends = line == "```python", line == "```"
        lines.append(line if inside and not ends else "")
        inside = starts or (inside and not ends)
    return "\n".join(lines)


def table(text: str) -> list[list[str]]:
    """Return the cells of every row of every table, without code marks."""
    rows = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip(" `") for cell in row.split("|")] for row in rows]


def run_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run commands of a page like a user in the activated environment."""
    shell = ["sh", "-e", "-c", script]
    return subprocess.run(shell, cwd=folder, env=ENVIRONMENT, text=True, capture_output=True, check=False)


def lacks_package(page: str) -> bool:
    """Return whether the Python of a page imports a package that is not in this copy of the tree."""
    used = set()
    for node in ast.walk(ast.parse(_in_place(TEXTS[page]))):
        if isinstance(node, ast.Import):
            used |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            used |= {f"{node.module}.{each.name}" for each in node.names}
    names = {each.split(".")[1] for each in used if each.startswith("qynauth_pqc.")}
    return not all(hasattr(qynauth_pqc, name) or find_spec(f"qynauth_pqc.{name}") for name in names)


def write_program(page: str, folder: Path) -> Path:
    """Write the Python of a page as a new file, and return its path."""
    program = folder / f"{Path(page).stem.replace('-', '_')}.py"
    with program.open("x", encoding="utf-8") as file:
        file.write(_in_place(TEXTS[page]))
    return program


def write_files(page: str, folder: Path) -> None:
    """Write each block that has a title as the file of this name; no two pages that share a folder have the same."""
    for name, content in re.findall(r'^```\w+ title="([\w.]+)"\n(.*?)^```$', TEXTS[page], re.DOTALL | re.MULTILINE):
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(content)


def commands(text: str) -> list[tuple[list[str], str]]:
    """Return the commands of a text in order, each with its comment."""
    lines = [line.partition("  # ") for script in blocks(text, "sh") for line in script.splitlines()]
    return [(shlex.split(command), comment) for command, _, comment in lines]
