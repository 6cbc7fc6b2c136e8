"""The gate that counts instructions: it reads profiles rightly, and fails when it should."""

from __future__ import annotations

import json
import re

import instructions
import pytest
from conftest import ROOT
from instructions import LIMIT, LIMIT_OF_ANOTHER_COMPILER, SLACK, compare, own_instructions

RUSTC = "rustc 1.95.0"
BEFORE = {"rustc": RUSTC, "counts": {"portable": {"sign": 100_000, "load": 500}}}

# Two objects. The first calls the second, which costs 7000, counted here as the cost of the call and there as its own.
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
    """Neither what other objects do, nor the cost of a call as its caller sees it."""
    assert own_instructions(PROFILE, "program") == 100 + 20 + 300 + 5
    assert own_instructions(PROFILE, "libc.so.6") == 7000


def failures(counts: dict[str, int], rustc: str = RUSTC) -> tuple[str, ...]:
    """Return what is wrong with counts of the portable path."""
    return compare(BEFORE, {"portable": counts}, rustc).failures


def test_the_same_counts_pass() -> None:
    """And so do those just within the limit."""
    assert compare(BEFORE, BEFORE["counts"], RUSTC) == instructions.Comparison((), ())  # type: ignore[arg-type]
    assert failures({"sign": round(100_000 * (1 + LIMIT)), "load": 500 + SLACK}) == ()


def test_a_slower_operation_fails() -> None:
    """With its path, its name and by how much."""
    [failure] = failures({"sign": 102_000, "load": 500})
    assert failure == "portable: sign takes +2.0% instructions, 100,000 before"


def test_an_operation_that_comes_or_goes_fails() -> None:
    """So the baseline always has what is counted."""
    assert failures({"sign": 100_000, "verify": 1}) == (
        "portable: load is not counted any more",
        "portable: verify is not in the baseline",
    )


def test_a_path_that_the_baseline_lacks_fails() -> None:
    """Each of its operations is missing."""
    assert compare(BEFORE, {"avx2": {"sign": 1}}, RUSTC).failures == ("avx2: sign is not in the baseline",)


def test_another_compiler_widens_the_limit_and_is_named() -> None:
    """A change that no compiler makes is found all the same."""
    found = compare(BEFORE, {"portable": {"sign": 109_000, "load": 500}}, "rustc 1.96.0")
    assert found.failures == ()
    assert found.notes == (f"the baseline is of {RUSTC}, and this is rustc 1.96.0: the limit is 10%",)
    assert failures({"sign": round(100_000 * (1.01 + LIMIT_OF_ANOTHER_COMPILER)), "load": 500}, "rustc 1.96.0") != ()


def test_fewer_instructions_are_noted() -> None:
    """They do not fail; the command that keeps them is named."""
    found = compare(BEFORE, {"portable": {"sign": 50_000, "load": 500}}, RUSTC)
    assert found.failures == ()
    assert found.notes == ("portable: sign takes -50.0% instructions: `make instructions-baseline` keeps that",)


def test_libraries_match_the_product() -> None:
    """What is counted is what is shipped: the lock file of the benchmark has the versions of the product's."""
    ours, theirs = (
        dict(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in (ROOT / "bench" / "rust" / "Cargo.lock", ROOT / "Cargo.lock")
    )
    used = {"p256", "ed25519-dalek", "sha2", "x25519-dalek", "zeroize"}
    assert used <= ours.keys() & theirs.keys()
    assert {name: version for name, version in ours.items() if theirs.get(name, version) != version} == {}


@pytest.mark.parametrize("path", instructions.PATHS)
def test_baseline_has_every_operation_of_each_path(path: str) -> None:
    """Four for each of the six sets and two batches for two of them, none without instructions."""
    baseline = json.loads(instructions.BASELINE.read_text(encoding="utf-8"))
    counts = baseline["counts"][path]
    sets = {name.partition(" ")[0] for name in counts}
    assert sets == {"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}
    assert len(counts) == 4 * len(sets) + 4
    assert {name for name in counts if name.endswith("_batch")} == {
        "ML-KEM-768 encapsulate_batch",
        "ML-KEM-768 decapsulate_batch",
        "ML-DSA-65 sign_batch",
        "ML-DSA-65 verify_batch",
    }
    assert min(counts.values()) > 0
    assert baseline["rustc"].startswith("rustc ")
