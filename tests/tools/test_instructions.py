"""The gate that counts instructions reads profiles rightly, and fails when it should."""

from __future__ import annotations

import re

import instructions
from conftest import ROOT
from instructions import LIMIT, LIMIT_OF_ANOTHER_COMPILER, SLACK, compare, own_instructions

RUSTC = "rustc 1.95.0"
BEFORE = {"rustc": RUSTC, "counts": {"portable": {"sign": 100_000, "load": 500}}}

# Two objects. The first calls the second, which costs 7000: here as the cost of the call, and there as its own cost.
PROFILE = """\
version: 1
positions: line
events: Ir
summary: 7420

ob=(1) /somewhere/program
fl=(1) a.rs
fn=(1) counted
10 100
+2 20
cfi=(2)
cob=(2) /lib/libc.so.6
cfn=(2) memcpy
calls=3 0
* 7000
-1 300

ob=(2)
fl=(2)
fn=(2)
0 7000

ob=(1)
fn=(3) other
0 5
totals: 7425
"""


def test_only_the_code_of_the_program_counts() -> None:
    """Neither other objects nor the cost of a call in its caller count."""
    assert own_instructions(PROFILE, "program") == 100 + 20 + 300 + 5
    assert own_instructions(PROFILE, "libc.so.6") == 7000


def failures(counts: dict[str, int], rustc: str = RUSTC) -> tuple[str, ...]:
    """Return the failures of counts of the portable path."""
    return compare(BEFORE, {"portable": counts}, rustc).failures


def test_the_same_counts_pass() -> None:
    """Counts just within the limit pass too."""
    assert compare(BEFORE, BEFORE["counts"], RUSTC) == instructions.Comparison((), ())  # type: ignore[arg-type]
    assert failures({"sign": round(100_000 * (1 + LIMIT)), "load": 500 + SLACK}) == ()


def test_a_slower_operation_fails() -> None:
    """The message has its path, its name and the difference."""
    [failure] = failures({"sign": 102_000, "load": 500})
    assert failure == "portable: sign takes +2.0% instructions, 100,000 before"


def test_an_operation_that_comes_or_goes_fails() -> None:
    """So the baseline always matches the counted operations."""
    assert failures({"sign": 100_000, "verify": 1}) == (
        "portable: load is not counted any more",
        "portable: verify is not in the baseline",
    )


def test_another_compiler_widens_the_limit_and_is_named() -> None:
    """A change that no compiler makes is found all the same."""
    found = compare(BEFORE, {"portable": {"sign": 109_000, "load": 500}}, "rustc 1.96.0")
    assert found.failures == ()
    assert found.notes == (f"the baseline is of {RUSTC}, and this is rustc 1.96.0: the limit is 10%",)
    assert failures({"sign": round(100_000 * (1.01 + LIMIT_OF_ANOTHER_COMPILER)), "load": 500}, "rustc 1.96.0") != ()


def test_libraries_match_the_product() -> None:
    """The counted code is the shipped code: both lock files have the same versions."""
    ours, theirs = (
        dict(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in (ROOT / "bench" / "rust" / "Cargo.lock", ROOT / "Cargo.lock")
    )
    used = {"p256", "ed25519-dalek", "sha2", "x25519-dalek", "zeroize"}
    assert used <= ours.keys() & theirs.keys()
    assert {name: version for name, version in ours.items() if theirs.get(name, version) != version} == {}
