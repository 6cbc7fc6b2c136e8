"""A mutation of any format raises only errors of the package, hangs nothing, and is never accepted as another."""

from __future__ import annotations

import random

import pytest
from mutations import INTERESTING, mutated, try_mutations
from ssh_readers import FORMATS

from qynauth_pqc import PQCError
from qynauth_pqc.ssh._armor import armor, dearmor, dearmor_secret

QUICK, NIGHTLY = 2_000, 1_000_000
"""How many mutations of each of the seven formats are tried."""


@pytest.mark.parametrize("name", FORMATS)
def test_mutations_are_refused(name: str) -> None:
    """Few are read: they change comments or line ends, or leave lines out."""
    assert try_mutations(*FORMATS[name], QUICK) < QUICK


@pytest.mark.nightly
@pytest.mark.parametrize("name", FORMATS)
def test_many_mutations_are_refused(name: str) -> None:
    """The same test runs for minutes."""
    assert try_mutations(*FORMATS[name], NIGHTLY) < NIGHTLY


def test_signature_armor_of_secrets_and_of_signatures_read_the_same() -> None:
    """Two readers of one format refuse the same texts, and agree on the others."""
    source = random.Random(0)  # noqa: S311 - the same in each run
    seeds = [armor(bytes(range(size)), "X") for size in (1, 2, 3, 60, 200)]
    for _ in range(QUICK):
        data = mutated(source.choice(seeds), source, INTERESTING)
        results: list[object] = []
        for reader in (lambda text: dearmor(text, "X"), lambda text: dearmor_secret(bytearray(text), "X")):
            try:
                results.append(bytes(reader(data)))
            except PQCError:
                results.append(None)
        assert results[0] == results[1] or results == [b"", None]
