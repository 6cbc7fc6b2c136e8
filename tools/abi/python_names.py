"""The public names of the Python package and of its command line: `python_names.py` writes them to python_names.txt.

The names of an add-on are in a file of the same name in the folder of its tests. A test compares the names with these
files. docs/versioning.md has the rules.
"""

from __future__ import annotations

import enum
import inspect
import re
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import api_pages
import click

from qynauth_pqc import c_config
from qynauth_pqc.cli import table
from qynauth_pqc.cli.commands import app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CORE = Path(__file__).with_suffix(".txt")
ADD_ONS = {each.partition(".")[0] for each in (table.COMMANDS | table.SIGNATURES).values()} - {"cli"}
PAGE = ROOT / "docs" / "versioning.md"
DEPRECATION = re.compile(r"^\| `([^`]+)` \| ([\d.]+) \| ([\d.]+) \|", re.MULTILINE)
"""A row of the page: a name, the version that deprecates it and the one that removes it."""


def parameters(name: str, function: object) -> Iterator[str]:
    """Yield a callable with each parameter that a program can name."""
    try:
        found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):  # not a callable, or one of C without a signature
        return
    nameable = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    yield from (f"{name}({each.name})" for each in found if each.kind in nameable and each.name not in {"self", "_"})


def members(name: str, owner: object) -> Iterator[str]:
    """Yield a name with its parameters, and the members that a class has from this package with theirs."""
    yield name
    if not isinstance(owner, enum.EnumMeta):  # its parameters depend on the version of Python
        yield from parameters(name, owner)
    if inspect.isclass(owner):
        own = [base for base in owner.__mro__ if base.__module__.startswith(api_pages.PACKAGE)]
        for member in {member for base in own for member in vars(base) if not member.startswith("_")}:
            yield f"{name}.{member}"
            yield from parameters(f"{name}.{member}", getattr(owner, member))


def options(name: str, command: click.Command) -> Iterator[str]:
    """Yield a command, its options, and its commands."""
    yield name
    yield from (f"{name} {option}" for each in command.params for option in each.opts if option.startswith("-"))
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for word in command.list_commands(ctx):
            if each := command.get_command(ctx, word):
                yield from options(f"{name} {word}", each)


def names() -> set[str]:
    """Return the public names: imports, with members and parameters, and commands, with options."""
    found = set(options("qynauth-pqc", app)) | {f"qynauth-pqc-config --{name}" for name in c_config.answers()}
    for page in api_pages.pages(ROOT / api_pages.PACKAGE):
        for name in page.names if not page.module.startswith("extend") else ():  # provisional
            module, _, attribute = name.rpartition(".")
            found |= set(members(name, getattr(import_module(module), attribute)))
    return found


def home(name: str) -> Path:
    """Return the file of a name, which begins with a module of the package or with a command."""
    first, second = re.split(r"[. (]", f"{name}.")[:2]
    package = second if first == api_pages.PACKAGE else table.COMMANDS.get(second, "").partition(".")[0]
    return ROOT / "tests" / package / CORE.name if package in ADD_ONS else CORE


def baseline() -> dict[Path, set[str]]:
    """Return the recorded names of each file."""
    files = [CORE, *sorted((ROOT / "tests").glob(f"*/{CORE.name}"))]
    return {path: set(path.read_text(encoding="utf-8").splitlines()) for path in files}


def number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, which compare as versions do."""
    return tuple(map(int, version.split(".")))


def removed(page: str, version: str) -> list[str]:
    """Return the names that an earlier version deprecated and that a major version up to this one removes."""
    return [
        name
        for name, since, until in DEPRECATION.findall(page)
        if number(since) < number(until) <= number(version) and until.endswith(".0.0")
    ]


def missing(baseline: set[str], found: set[str], ended: list[str]) -> list[str]:
    """Return the disappeared names, except names with an ended deprecation and their members and parameters."""
    gone = re.compile("|".join(rf"{re.escape(name)}(?![\w-])" for name in ended) or "$")
    return sorted(name for name in baseline - found if not gone.match(name))


if __name__ == "__main__":
    for path, of_file in groupby(sorted(names(), key=lambda name: (home(name), name)), home):
        path.write_text("".join(f"{name}\n" for name in of_file), encoding="utf-8")
