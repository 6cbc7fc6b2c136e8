"""Mutations of each format: no error but those of the package, no hang, and no acceptance of what differs."""

from __future__ import annotations

import random
import runpy
from pathlib import Path

import pytest
from mutations import mutated, try_mutations
from ssh_readers import FORMATS

from qynauth_pqc import PQCError
from qynauth_pqc.ssh._armor import armor, dearmor, dearmor_secret

FUZZ_TARGET = Path(__file__).parents[2] / "tools" / "fuzz" / "readers.py"
QUICK, NIGHTLY = 2_000, 1_000_000
"""How many mutations of each of the six formats are tried."""

INTERESTING = [
    b"\0",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\n",
    b"\r\n",
    b",",
    b'"',
    b"=",
    b" ",
]


@pytest.mark.parametrize("name", FORMATS)
def test_mutations_are_refused(name: str) -> None:
    """Few are read: comments, line ends, and lines that are left out."""
    assert try_mutations(*FORMATS[name], QUICK, INTERESTING) < QUICK


@pytest.mark.nightly
@pytest.mark.parametrize("name", FORMATS)
def test_many_mutations_are_refused(name: str) -> None:
    """The same, for minutes."""
    assert try_mutations(*FORMATS[name], NIGHTLY, INTERESTING) < NIGHTLY


def test_signature_armor_of_secrets_and_of_signatures_read_the_same() -> None:
    """Two readers of one format: what one refuses, the other refuses, and else they agree."""
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


def test_corpus_of_the_fuzz_target_passes() -> None:
    """An input of each format, which is read."""
    is_read = runpy.run_path(str(FUZZ_TARGET))["reader_of"]("ssh")
    corpus = sorted((FUZZ_TARGET.parent / "corpus" / "ssh").iterdir())
    assert len(corpus) == len(FORMATS)
    for path in corpus:
        assert is_read(path.read_bytes())
    assert not is_read(b"")
