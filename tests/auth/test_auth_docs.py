"""The commands of the guide to the migration kit run, and its tables have the names and defaults of the code."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from pages import TEXTS, blocks, run_shell, section, table, write_files, write_program

from qynauth_pqc.auth import (
    AuthError,
    JWKSCache,
    KeyRing,
    MigrationPolicy,
    Mode,
    PolicyRow,
    TokenIssuer,
    TokenVerifier,
    Verdict,
)
from qynauth_pqc.auth.algorithms import ALGORITHMS

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE, KEYRING = "docs/auth.md", "docs/keyring.md"
TROUBLE = TEXTS["docs/troubleshooting.md"].partition("\n## The migration kit\n")[2]


def defaults(function: Callable[..., object]) -> dict[str, object]:
    """Return the defaults of the parameters of a function."""
    return {name: each.default for name, each in inspect.signature(function).parameters.items()}


def test_commands_of_the_guide_work(tmp_path: Path) -> None:
    """They run in order, in the folder of the page's Python; test_web_frameworks.py runs those of its section."""
    write_files(PAGE, tmp_path)
    subprocess.run([sys.executable, write_program(PAGE, tmp_path)], cwd=tmp_path, check=True)
    result = run_shell("".join(blocks(section(PAGE, "Migrate, step by step"), "sh")), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_commands_of_the_page_on_operation_work(tmp_path: Path) -> None:
    """They run in order, in an empty folder."""
    result = run_shell("".join(blocks(TEXTS[KEYRING], "sh")), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_algorithms_of_the_guide_are_those_of_the_kit() -> None:
    """The guide lists them by mode; the page on JOSE lists the hybrid ones."""
    listed = TEXTS[PAGE].partition("A token has one signature.")[2].partition("\n\n")[0]
    for name, algorithm in ALGORITHMS.items():
        assert name in (TEXTS["docs/jose.md"] if algorithm.mode is Mode.HYBRID else listed)
    assert all(f"**{mode}**" in listed for mode in Mode)


def test_members_of_a_policy_are_those_of_the_guide() -> None:
    """Each has one row of the table."""
    named = [
        name for row in table(section(PAGE, "The policy"))[2:] for name in re.findall(r"[a-z_]{5,}\b(?! rows)", row[0])
    ]
    fields = ["audience" if name == "audiences" else name for name in PolicyRow._fields]
    assert sorted(set(named) - {"above", "table"}) == sorted([*fields, "experimental", "not_before", "strict"])


def test_times_of_a_ring_are_those_of_the_guide() -> None:
    """The guide has the defaults of `create`, in seconds."""
    said = dict(re.findall(r"`(\w+)` (?:is )?(\d+)\b", section(KEYRING, "Keys and their times")))
    known = defaults(KeyRing.create)
    assert {name: float(value) for name, value in said.items()} == {name: known[name] for name in said}
    assert said.keys() == {"max_age", "token_lifetime", "skew"}


def test_defaults_of_a_service_are_those_of_the_guide() -> None:
    """The table has the defaults of the cache, and the text the defaults of the verifier."""
    rows = table(section(PAGE, "At a service"))[2:]
    known = {**defaults(JWKSCache.from_url), **defaults(JWKSCache)}
    assert {row[0]: float(row[1].removesuffix(" s")) for row in rows} == {row[0]: known[row[0]] for row in rows}
    assert {row[0] for row in rows} >= {"max_age", "cooldown", "max_bytes", "max_keys", "timeout"}
    text, verifier = " ".join(section(PAGE, "At a service").split()), defaults(TokenVerifier)
    assert f"a leeway of {verifier['leeway']:.0f} seconds" in text
    assert f"at most {verifier['max_token_bytes']} bytes" in text


def test_messages_of_mistakes_are_on_the_page_on_troubleshooting(tmp_path: Path) -> None:
    """A ring for EdDSA is used with a policy before its rows begin."""
    ring = KeyRing.create(tmp_path / "ring", b"password", ["EdDSA"])
    ring.rotate("ES256")
    policy = MigrationPolicy.parse('[[accept]]\nissuer = "i"\naudience = "a"\nalgorithm = "ES256"\n')
    mistakes: list[Callable[[], object]] = [
        lambda: KeyRing.open(tmp_path / "ring", b"another"),
        lambda: ring.activate("ES256"),
        lambda: ring.signing_key("ML-DSA-65"),
        lambda: TokenIssuer(ring, policy, "i").issue("frodo", "a"),
        lambda: JWKSCache(dict).key("2026-11"),
    ]
    said = [row[0].strip(" .") for row in table(TROUBLE.partition("\n### ")[0])]
    for mistake in mistakes:
        with pytest.raises(AuthError) as caught:
            mistake()
        assert any(each in str(caught.value) for each in said), caught.value


def test_verdicts_of_tokens_are_on_the_page_on_troubleshooting() -> None:
    """All verdicts are there in the order of the code, with cause and remedy."""
    rows = table(TROUBLE.partition("\n### Verdicts of tokens\n")[2].partition("\n## ")[0])[2:]
    assert [row[0] for row in rows] == list(Verdict)
    assert all(len(row) == 3 and all(row) for row in rows)


def test_service_needs_the_packages_of_its_extras() -> None:
    """Its requirements name them, since pip could take a stranger's package of our name from an index."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    needed = (ROOT / "examples" / "auth_service" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {*extras["auth"], *extras["cli"], *extras["prometheus"]} <= set(needed)
