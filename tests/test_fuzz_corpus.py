"""The fuzz targets of the readers of formats find their readers, and begin with inputs that are read."""

from __future__ import annotations

import runpy

import pytest
from conftest import ROOT

FUZZ = ROOT / "tools" / "fuzz"
TARGETS = runpy.run_path(str(FUZZ / "readers.py"))


def test_each_corpus_of_a_package_has_a_target() -> None:
    """The readers of a package are found by the name of their module."""
    packages = {path.parent.name for path in (ROOT / "qynauth_pqc").glob("*/__init__.py")}
    assert {path.name for path in (FUZZ / "corpus").iterdir()} & packages == TARGETS["READERS"].keys()


@pytest.mark.parametrize("package", TARGETS["READERS"])
def test_corpus_of_a_package_passes(package: str) -> None:
    """The corpus has a readable input of each format."""
    target = TARGETS["Target"](package)
    corpus = sorted((FUZZ / "corpus" / package).iterdir())
    assert len(corpus) == len(target.formats)
    for path in corpus:
        assert target.is_read(path.read_bytes())
    assert not target.is_read(b"")
