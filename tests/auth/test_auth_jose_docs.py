"""The sizes on the page on tokens come from its program, or from the claims there."""

from __future__ import annotations

import json
import runpy
from contextlib import chdir
from pathlib import Path
from typing import Any

import jwt
import pytest
from pages import TEXTS, section, table, write_program

import qynauth_pqc.integrations.joserfc
import qynauth_pqc.integrations.pyjwt
from qynauth_pqc import CompositePrivateKey
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, DRAFT, to_jwk
from qynauth_pqc.integrations.pyjwt import MLDSAJWK

pytestmark = pytest.mark.slow

PAGE = "docs/jose.md"


def run_program(tmp_path: Path) -> dict[str, Any]:
    """Return the variables of the page's program, and leave PyJWT and joserfc as they were."""
    try:
        with chdir(tmp_path):
            return runpy.run_path(str(write_program(PAGE, tmp_path)))
    finally:
        qynauth_pqc.integrations.joserfc.unregister()
        qynauth_pqc.integrations.pyjwt.unregister()


def test_sizes_on_the_page_are_those_that_its_program_makes(tmp_path: Path) -> None:
    """A token fits where the page says so."""
    measured: dict[str, list[int]] = run_program(tmp_path)["measured"]
    rows = table(section(PAGE, "Token sizes"))
    assert {row[0]: list(map(int, row[1:])) for row in rows if row[0] in measured} == measured
    limits = [row for row in rows if row[1].isdigit() and row[0] not in measured]
    sets = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
    assert len(limits) == 7
    for row in limits:
        assert [each == "fits" for each in row[3:]] == [measured[name][0] < int(row[1]) for name in sets], row


def test_names_and_sizes_of_composite_algorithms_are_those_on_the_page(tmp_path: Path) -> None:
    """The tokens have the same claims and the longest signature."""
    claims = run_program(tmp_path)["claims"]
    qynauth_pqc.integrations.pyjwt.register(experimental=DRAFT)
    rows = []
    try:
        for name, parameter_set in ALGORITHMS.items():
            key = CompositePrivateKey.generate(parameter_set)
            token = jwt.encode(claims, MLDSAJWK(key, experimental=DRAFT), headers={"kid": "2026-11"})
            longest = -(-parameter_set.signature_bytes * 4 // 3)
            jwk = json.dumps(to_jwk(key.public_key, "2026-11", experimental=DRAFT), separators=(",", ":"))
            sizes = [len(token.rpartition(".")[0]) + 1 + longest, longest, len(jwk)]
            rows.append([name, parameter_set.value, *map(str, sizes)])
    finally:
        qynauth_pqc.integrations.pyjwt.unregister()
    assert [row for row in table(TEXTS[PAGE]) if row[0] in ALGORITHMS] == rows
