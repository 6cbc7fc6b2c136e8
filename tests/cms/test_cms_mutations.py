"""A mutated message raises only errors of the package, hangs nothing, and is never accepted as another."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from cms_readers import FORMATS
from mutations import try_mutations

FUZZ_TARGET = Path(__file__).parents[2] / "tools" / "fuzz" / "cms.py"
QUICK, NIGHTLY = 2_000, 1_000_000
"""How many mutations of each of the five formats are tried."""


@pytest.mark.parametrize("name", FORMATS)
def test_mutations_are_refused(name: str) -> None:
    """Few are accepted: they change fields that name the signer, or unknown attributes."""
    assert try_mutations(*FORMATS[name], QUICK) < QUICK // 4


@pytest.mark.nightly
@pytest.mark.parametrize("name", FORMATS)
def test_many_mutations_are_refused(name: str) -> None:
    """The same test runs for minutes."""
    assert try_mutations(*FORMATS[name], NIGHTLY) < NIGHTLY // 4


def test_corpus_of_the_fuzz_target_passes() -> None:
    """The corpus has a readable input of each format."""
    target = runpy.run_path(str(FUZZ_TARGET))
    corpus = sorted((FUZZ_TARGET.parent / "corpus" / "cms").iterdir())
    assert len(corpus) == len(FORMATS)
    for path in corpus:
        assert target["TARGET"].is_read(path.read_bytes())
    assert not target["TARGET"].is_read(b"")
