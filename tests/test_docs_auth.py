"""The guide to the migration kit: its commands run, and its tables have the names and defaults of the code."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pages import TEXTS, blocks, table, write_files
from test_docs import run_shell

from qynauth_pqc.auth.algorithms import ALGORITHMS, Mode
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import PolicyRow

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = TEXTS["docs/auth.md"]


def default(function: Callable[..., object], name: str) -> object:
    """Return the default of a parameter."""
    found: object = inspect.signature(function).parameters[name].default
    return found


def section(title: str) -> str:
    """Return the text below a heading, without line breaks."""
    text = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return " ".join(text.split())


def test_commands_of_the_guide_work(tmp_path: Path) -> None:
    """In order, in an empty folder with the policy and a password."""
    write_files("docs/auth.md", tmp_path)
    (tmp_path / "password.txt").write_text("correct horse battery staple\n", encoding="utf-8")
    result = run_shell("".join(blocks(PAGE, "sh")), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_algorithms_of_the_guide_are_those_of_the_kit() -> None:
    """By mode; the page on JOSE lists the hybrid ones."""
    listed = PAGE.partition("A token has one signature.")[2].partition("\n\n")[0]
    for name, algorithm in ALGORITHMS.items():
        assert name in (TEXTS["docs/jose.md"] if algorithm.mode is Mode.HYBRID else listed)
    assert all(f"**{mode}**" in listed for mode in Mode)


def test_members_of_a_policy_are_those_of_the_guide() -> None:
    """Each in one row of the table."""
    cells = [row[0] for row in table(PAGE.partition("\n## The policy\n")[2].partition("\n## ")[0])[2:]]
    named = re.findall(r"\w+_?\w*", " ".join(cells).replace("above the rows", ""))
    assert sorted(named) == sorted([*(field.name for field in dataclasses.fields(PolicyRow)), "experimental"])


def test_times_of_a_ring_are_those_of_the_guide() -> None:
    """The defaults of `create`, in seconds."""
    text = section("Keys and their times")
    for name in ("max_age", "token_lifetime", "skew"):
        [said] = re.findall(rf"`{name}` (\d+)(?:,| and| seconds)", text)
        assert float(said) == default(KeyRing.create, name)


def test_defaults_of_the_cache_are_those_of_the_guide() -> None:
    """The first column of the table has the parameters, the second the values."""
    for names, values in (row[:2] for row in table(PAGE) if "`" not in row[0] or row[0].startswith("max_")):
        for name, value in zip(re.findall(r"\w+", names), re.findall(r"\d+", values), strict=False):
            function = JWKSCache.from_url if name == "timeout" else JWKSCache
            if name in inspect.signature(function).parameters:
                assert float(value) == default(function, name), name
