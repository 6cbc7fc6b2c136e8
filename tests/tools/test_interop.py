"""The matrix of interoperability passes for OpenSSL, by `cryptography`, and judges its cells rightly."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from interop import ours
from interop.install import python
from interop.matrix import FAILED, NOT_OFFERED, PASSED, Column, expected, fill, judge
from interop.offers import CRYPTOGRAPHY, IMPLEMENTATIONS, Gap, Implementation
from interop.page import page
from interop.peer import NotOffered, Peer

PEERS = ROOT / "tests" / "interop"
OPENSSL = python("openssl_in_cryptography", Path(sys.executable))
GAPPY = Implementation("another", "noble", (Gap("ML-KEM-768", "read .*", "reads nothing", "refused: no"),))


@pytest.mark.parametrize("name", [name for name in ours.SETS if name not in ours.SLHDSA_SETS[1:]])
def test_openssl_agrees_in_every_cell(name: str) -> None:
    """Keys, ciphertexts and signatures agree in both directions, with the installed version."""
    column = Column(replace(CRYPTOGRAPHY, pinned=False))
    with closing(Peer(OPENSSL)) as peer:
        fill(column, peer, [name])
    assert column.bad([name]) == []
    assert column.count(PASSED) > 0 or name in {"ML-KEM-512", ours.SLHDSA_SETS[0], *ours.COMPOSITE_SETS}


class TamperingPeer(Peer):
    """A peer with one flipped bit in every answer."""

    def ask(self, op: str, **fields: str | bytes | bool) -> dict[str, Any]:
        """Turn the first bit of bytes, and a truth into its opposite."""
        answer = super().ask(op, **fields)
        if op == "about":
            return answer
        flipped = {name: value for name, value in answer.items() if isinstance(value, bytes)}
        valid = {name: not value for name, value in answer.items() if name == "valid"}
        return valid | {name: bytes([value[0] ^ 1]) + value[1:] for name, value in flipped.items()}


@pytest.mark.parametrize("name", ["ML-KEM-768", "ML-DSA-65", ours.XWING])
def test_no_cell_passes_if_the_other_side_is_wrong(name: str) -> None:
    """Each algorithm of OpenSSL fails as soon as one of its bits is flipped."""
    column, wrong = Column(CRYPTOGRAPHY), Column(CRYPTOGRAPHY)
    with closing(Peer(OPENSSL)) as peer, closing(TamperingPeer(OPENSSL)) as tampering:
        fill(column, peer, [name])
        fill(wrong, tampering, [name])
    assert wrong.count(PASSED) == 0
    assert wrong.count(FAILED) >= column.count(PASSED) > 0


def agree() -> None:
    """Stand in for a cell where both sides agree."""


def refuse(words: str) -> Callable[[], None]:
    """Return a stand-in for a cell that the other side refuses."""

    def attempt() -> None:
        raise NotOffered(words)

    return attempt


def differ() -> None:
    """Stand in for a cell where the two sides differ."""
    raise ValueError


@pytest.mark.parametrize(
    ("row", "attempt", "pinned", "word"),
    [
        pytest.param("encapsulate", agree, True, PASSED, id="agrees"),
        pytest.param("encapsulate", differ, True, FAILED, id="differs"),
        pytest.param("encapsulate", refuse("refused: no"), True, FAILED, id="refuses what the table offers"),
        pytest.param("read seed", refuse("refused: no"), True, NOT_OFFERED, id="refuses as the table says"),
        pytest.param("read seed", refuse("refused: disk full"), True, FAILED, id="refuses for another reason"),
        pytest.param("read seed", differ, True, FAILED, id="differs where the table says nothing is"),
        pytest.param("read seed", agree, True, FAILED, id="offers more than the table says"),
        pytest.param("read seed", agree, False, PASSED, id="a version of the machine offers more"),
    ],
)
def test_cell_is_judged_by_the_table(row: str, attempt: Callable[[], None], pinned: bool, word: str) -> None:  # noqa: FBT001
    """A refusal is right only where the table has it, and in its words."""
    assert judge(replace(GAPPY, pinned=pinned), "ML-KEM-768", row, attempt).word == word


def committed_versions() -> dict[str, str]:
    """Return the versions in the committed page."""
    text = (ROOT / "docs" / "results" / "interop.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\S.*?) \| (\S.*?) \| \d+ \| \d+ \|$", text, re.MULTILINE))


def test_page_is_what_the_table_promises() -> None:
    """`make interop` checks the table against the outcomes, and writes the page."""
    versions = committed_versions()
    columns = [expected(each, versions[each.name]) for each in IMPLEMENTATIONS]
    assert page(columns) == (ROOT / "docs" / "results" / "interop.md").read_text(encoding="utf-8"), "run `make interop`"
