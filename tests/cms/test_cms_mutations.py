"""A mutated message raises only errors of the package, hangs nothing, and is never accepted as another."""

from __future__ import annotations

import pytest
from cms_readers import FORMATS
from mutations import try_mutations

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
