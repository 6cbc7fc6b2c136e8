"""A mutation of any format raises only errors of the package, hangs nothing, and is never accepted as another."""

from __future__ import annotations

import pytest
from dsse_readers import FORMATS
from mutations import try_mutations

QUICK, NIGHTLY = 2_000, 1_000_000
"""How many mutations of each of the four formats are tried."""

INTERESTING = [
    *(b'"', b"\\", b"\\u0022", b"\\ud800", b"{", b"}", b"[", b"]", b",", b":", b"=", b"==", b"-", b"_", b"+"),
    *(b"\0", b"\xff", b"\n", b"null", b"NaN", b"1e999", b'"sig":"",', b'"keyid":null,', b'"payload":"",'),
]


@pytest.mark.parametrize("name", FORMATS)
def test_mutations_are_refused(name: str) -> None:
    """Few are read: they change names of keys, the layout, or signatures that are not needed."""
    assert try_mutations(*FORMATS[name], QUICK, INTERESTING) < QUICK


@pytest.mark.nightly
@pytest.mark.parametrize("name", FORMATS)
def test_many_mutations_are_refused(name: str) -> None:
    """The same test runs for minutes."""
    assert try_mutations(*FORMATS[name], NIGHTLY, INTERESTING) < NIGHTLY
