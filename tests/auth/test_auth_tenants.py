"""Policies of many audiences have lists and patterns, and cost little to read."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import UTC, datetime

import pytest
from auth_fixtures import ISSUER, policy_text, row

from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.auth.policy import LONGEST_POLICY, MigrationPolicy, PolicyRow

TEXT = policy_text(row("EdDSA"))
NOW = datetime(2027, 1, 1, tzinfo=UTC)
PATTERNS = MigrationPolicy.parse(
    policy_text(
        row("EdDSA", ["*", "exact"]),
        row("ES256", "tenant-*"),
        row("ES384", ["tenant-*-eu", "https://*.example/api"]),
        row("RS256", ["*-mail", "tenant-7"]),
    )
)


@pytest.mark.parametrize(
    ("audience", "algorithm"),
    [
        *(("exact", "EdDSA"), ("anything", "EdDSA"), ("tenant-8", "ES256"), ("tenant-7", "RS256")),
        *(("tenant-8-eu", "ES384"), ("tenant--eu", "ES256"), ("tenant-", "EdDSA"), ("a-mail", "RS256")),
        *(("tenant-mail", "ES256"), ("https://a.example/api", "ES384"), ("https://a.b.example/api", "ES384")),
        *(("https://evil/x.example/api", None), ("https://.example/api", None), ("", None), ("a/b", None)),
    ],
)
def test_audience_finds_its_rows(audience: str, algorithm: str | None) -> None:
    """They are the rows that name it, or the rows of the matching pattern with the most characters."""
    found = [each.algorithm.name for each in PATTERNS.rows_for(ISSUER, audience)]
    assert found == ([] if algorithm is None else [algorithm])
    assert PATTERNS.rows_for("https://another.example", audience) == ()


def test_sentence_and_warning_name_audiences_once() -> None:
    """Of many audiences, they name the first three, and count the rest."""
    policy = MigrationPolicy.parse(policy_text(row("EdDSA", [f"tenant-{each}" for each in range(1000)])))
    sentences, warnings = policy.sentences(), policy.warnings(NOW)
    assert sentences[0].startswith(f"For tokens of {ISSUER} for tenant-0, tenant-1, tenant-2 and 997 more, EdDSA")
    assert len(warnings) == 3
    assert warnings[1].startswith(f"tokens of {ISSUER} for tenant-0, tenant-1, tenant-2 and 997 more: every algorithm")
    two = MigrationPolicy.parse(policy_text(row("EdDSA", ["a", "b c"]))).sentences()[0]
    assert two.startswith(f"For tokens of {ISSUER} for a and 'b c', EdDSA")


def test_policy_of_ten_thousand_audiences_is_read() -> None:
    """Its rows are not multiplied, and each audience has them; the time is measured in docs/auth.md."""
    names = [f"https://tenant-{each}.example/api" for each in range(10_000)]
    text = policy_text(row("EdDSA", names, sign_from=NOW), row("ML-DSA-65", names))
    assert len(text) < LONGEST_POLICY
    policy = MigrationPolicy.parse(text)
    assert len(policy.rows) == 2
    assert all(policy.rows_for(ISSUER, each) == policy.rows for each in names)
    assert policy.signing(ISSUER, names[-1], NOW).algorithm.name == "EdDSA"


def test_policy_of_two_rows_for_each_of_ten_thousand_issuers_is_read() -> None:
    """Each tenant has an issuer of its own, so a list of audiences is no help; the time is in docs/auth.md."""
    tenants = [f"https://tenant-{each:05}.customers.example" for each in range(10_000)]
    rows = [row(name, f"{each}/api", issuer=each, until=NOW) for each in tenants for name in ("EdDSA", "ML-DSA-65")]
    text = policy_text(*rows)
    assert 1 << 21 < len(text) < LONGEST_POLICY
    policy = MigrationPolicy.parse(text)
    assert len(policy.rows) == 20_000
    assert policy.rows_for(tenants[-1], f"{tenants[-1]}/api") == policy.rows[-2:]


def test_longest_policy_is_read() -> None:
    """The limit is the last length that is allowed."""
    assert MigrationPolicy.parse(TEXT.ljust(LONGEST_POLICY, "\n")) == MigrationPolicy.parse(TEXT)


DOTTED = {
    "one key": "a." * 32000 + "a = 1",
    "quoted": '"a".' * 16000 + "a = 1",
    "literal": "'a'." * 16000 + "a = 1",
    "spaces": "a . " * 16000 + "a = 1",
    "a header": "[" + "a." * 8000 + "a]\n" + "".join(f"x{each} = 1\n" for each in range(6000)),
    "after a string": 'accept = ["""a"""", {' + "a." * 16000 + 'a = 1}, "b"]',
    "after an escape": 'accept = ["\\\\", {' + "a." * 16000 + 'a = 1}, "\\""]',
    "after a literal": "accept = ['''a'''', {" + "a." * 16000 + "a = 1}, 'b']",
    "after a comment": 'x = 1 # "\n' + "a." * 16000 + 'a = 1 # "',
    "after a literal line": "x = '\"'\n" + "a." * 16000 + 'a = "1"',
    "of five": "a.b.c.d.e = 1",
}


@pytest.mark.parametrize("text", DOTTED.values(), ids=list(DOTTED))
def test_dotted_keys_are_refused_before_they_are_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tomllib takes twelve seconds for 64 KiB of them; strings and comments do not hide them."""
    monkeypatch.setattr(tomllib, "loads", lambda _: pytest.fail("parsed"))
    with pytest.raises(PolicyError, match="expected keys with fewer than 4 dots"):
        MigrationPolicy.parse(text)


def test_dots_elsewhere_are_no_dotted_keys() -> None:
    """Dots are in strings, comments, fractions of seconds, and keys of not_before."""
    text = (
        policy_text(row("EdDSA", ["a.b.c.d.e.f", "g.h.i.j.k.l"]))
        + f"""
until = 2027-06-30T00:00:00.5Z # a.b.c.d.e.f
[not_before]
"{ISSUER}" = 2026-06-30T00:00:00.5Z
"""
    )
    assert MigrationPolicy.parse(text).rows[0].audiences == ("a.b.c.d.e.f", "g.h.i.j.k.l")


@pytest.mark.parametrize(
    "unit",
    [
        '"""\\',
        '"',
        "'",
        "'''\\",
        '"""',
        "#",
        ".",
        "a.",
        '"\\',
        "\\",
        "''\n",
        ". . . =",
        "a.b.c.",
        "[[a]]\n",
        '"".',
        "a = [[",
    ],
)
def test_longest_policy_of_anything_is_refused(unit: str) -> None:
    """The time grows with its length, not with the square, which would take minutes."""
    with pytest.raises(PolicyError):
        MigrationPolicy.parse(unit * (LONGEST_POLICY // len(unit)))


def test_row_that_is_repeated_is_refused() -> None:
    """The time grows with the number of rows: half a second of the processor, and minutes if it grew with the square.

    The system ends the child after 20 seconds of work, however busy the machine is.
    """
    resource = pytest.importorskip("resource")
    code = (
        "from qynauth_pqc.auth.algorithms import ALGORITHMS\n"
        "from qynauth_pqc.auth.policy import MigrationPolicy, PolicyRow\n"
        "MigrationPolicy((PolicyRow('i', ('a',), ALGORITHMS['EdDSA']),) * 200_000)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)),
    )
    assert "row 2: algorithm: row 1 has the same issuer, audience and algorithm" in result.stderr


class Counted(str):
    """An audience that counts how often its hash is asked for."""

    __slots__ = ()
    hashes = 0

    def __hash__(self) -> int:
        """Count."""
        Counted.hashes += 1
        return super().__hash__()


def test_audiences_of_a_row_are_hashed_a_few_times() -> None:
    """Hashing the whole row for each of its audiences would take minutes for a policy of 4 MiB."""
    names = tuple(Counted(each) for each in range(1000))
    policy = MigrationPolicy((PolicyRow(ISSUER, names, ALGORITHMS["EdDSA"]),))
    assert policy.groups() == {policy.rows: names}
    assert policy.warnings(NOW)
    assert Counted.hashes < 10 * len(names)


def test_command_line_refuses_dotted_keys() -> None:
    """The command line refuses them, as the library does."""
    code = "from qynauth_pqc.cli import main; main()"
    command = [sys.executable, "-c", code, "policy", "check", "-"]
    result = subprocess.run(command, input=DOTTED["one key"], capture_output=True, text=True, check=False)
    assert (result.returncode, "expected keys with fewer than 4 dots" in result.stderr) == (2, True)
