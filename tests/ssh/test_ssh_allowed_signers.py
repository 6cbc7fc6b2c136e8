"""A bad line of allowed signers allows nothing and is reported; patterns match as those of ssh-keygen."""

from __future__ import annotations

import re

import pytest
from own_frames import variables
from ssh_fixtures import BLOB, ED25519, ED25519_LINE, KEY, LINE, NAME, line

from qynauth_pqc.ssh import AllowedSigners, Rule, SSHVerificationError
from qynauth_pqc.ssh.allowed_signers import matches, matches_list

SIGNER_LINES: dict[str, tuple[str | bytes, str]] = {
    "no key": ("frodo", "expected the name of an algorithm"),
    "no principals": (LINE, "the name of a supported algorithm, or known options"),
    "empty patterns": (f'"," {LINE}', "printable patterns"),
    "quote in principals": (f'fro"do {LINE}', "closing quote after the principals"),
    "open quote": (f'"frodo {LINE}', "closing quote after the principals"),
    "unknown option": (f'frodo namespaces="git",verify-required {LINE}', "known options"),
    "unknown first option": (f"frodo verify-required {LINE}", "known options"),
    "option twice": (f'frodo valid-after="20260101",valid-after="20260101" {LINE}', "a second valid-after"),
    "no quotes": (f"frodo namespaces=git {LINE}", "must be followed by"),
    "no closing quote": (f'frodo namespaces="git {LINE}', "closing quote after the options"),
    "escaped closing quote": (f'frodo namespaces="git\\" {LINE}', "closing quote after the options"),
    "text after option": (f'frodo namespaces="git"x {LINE}', "with commas between them"),
    "no comma": (f'frodo cert-authoritynamespaces="git" {LINE}', "with commas between them"),
    "comma at the end": (f'frodo namespaces="git", {LINE}', "with commas between them"),
    "day that is none": (f'frodo valid-after="20260230" {LINE}', "must be a time"),
    "times": (f'frodo valid-after="20260101",valid-before="20260101" {LINE}', "later than"),
    "bad key": (f"frodo {line(NAME, BLOB[-1343:])}", "1344 bytes"),
    "unsupported key": (f"frodo {line('ssh-dss')}", "known options"),
    "certificate": (f"frodo {line('ssh-ed25519-cert-v01@openssh.com', bytes(32))}", "is a certificate"),
    "damaged key": (f"frodo {LINE[:-7]}!", "base64"),
    "control character in principals": (f"fro\x07do {LINE}", "control characters"),
    "control character in a comment": (f"frodo {LINE}\x1b", "control characters"),
    "control character that is not ASCII": (f"fro\x85do {LINE}", "printable patterns"),
    "NUL": (f"frodo {LINE}\0", "control characters"),
    "not UTF-8": (b"frodo \xff", "expected UTF-8"),
}


@pytest.mark.parametrize("name", SIGNER_LINES)
def test_bad_line_of_allowed_signers_allows_nothing_and_is_reported(name: str) -> None:
    """The error has the number of the line; the lines before and after it count."""
    text, rule = SIGNER_LINES[name]
    data = text if isinstance(text, bytes) else text.encode()
    assert list(AllowedSigners.parse(data)) == []
    signers = AllowedSigners.parse(f"# signers\nsam {ED25519_LINE}\n".encode() + data + f"\nfrodo {LINE}\n".encode())
    [error] = signers.errors()
    variables(error)
    assert re.search(f"line 3: .*{rule}", str(error)), error
    assert signers.find(KEY.public_key, principal="frodo").line == 4
    assert signers.find(ED25519, principal="sam").line == 2
    assert len(signers) == 2


def test_bad_lines_of_other_principals_are_not_reported() -> None:
    """A line whose principals cannot be read may be anybody's."""
    signers = AllowedSigners.parse(f"sam nonsense\n* nonsense\n!frodo,* nonsense\nfrodo\x07 {LINE}\nfrodo {LINE}")
    assert [each.position for each in signers.errors("frodo")] == [2, 4]  # type: ignore[attr-defined]
    assert [each.position for each in signers.errors()] == [1, 2, 3, 4]  # type: ignore[attr-defined]
    assert signers.errors("\ud800")[-1].position == 4  # type: ignore[attr-defined]
    with pytest.raises(SSHVerificationError):
        signers.find(KEY.public_key, principal="\ud800")


def test_key_in_a_comment_is_not_allowed() -> None:
    """Only the comment of the line has the base64 of the key that signed."""
    signers = AllowedSigners.parse(f"frodo {' '.join(ED25519_LINE.split()[:2])} {LINE.split()[1]}")
    assert signers.find(ED25519, principal="frodo").line == 1
    with pytest.raises(SSHVerificationError) as caught:
        signers.find(KEY.public_key, principal="frodo")
    assert caught.value.rule == Rule.KEY


TOLERATED = {
    "empty pattern": "frodo,,sam {line}",
    "empty negated pattern": "frodo,! {line}",
    "flag twice": 'frodo ,,NAMESPACES="git",valid-after="20200101" {line}',
    "escaped quote": 'frodo namespaces="a\\"b,git" {line}',
    "quotes around a part": 'fro"do,gan dalf"{line}',
    "invisible characters in a comment": "frodo {line} \u00a0\u200b",
    "carriage return at the end": "frodo {line} \r",
}


@pytest.mark.parametrize("name", TOLERATED)
def test_line_that_ssh_keygen_reads_is_read(name: str) -> None:
    """The program itself judges such lines in the comparison with ssh-keygen."""
    signers = AllowedSigners.parse(TOLERATED[name].format(line=LINE))
    assert signers.find(KEY.public_key, principal="frodo", namespace="git").line == 1
    assert signers.errors() == ()


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("frodo", "frodo", True),
        ("frodo", "f*o", True),
        ("frodo", "f?o", False),
        ("frodo", "?????", True),
        ("frodo", "??????", False),
        ("frodo", "*", True),
        ("", "*", True),
        ("", "?", False),
        ("frodo", "*d*d*", False),
        ("a.b", "a[.]b", False),
        ("*", "*", True),
        ("fr\u00e9do", "fr?do", False),
        ("fr\u00e9do", "fr??do", True),
        ("fr\udce9do", "fr?do", True),
        ("a" * 10_000, "*a" * 100 + "b", False),
    ],
)
def test_patterns_match(text: str, pattern: str, *, expected: bool) -> None:
    """An asterisk stands for any bytes, and a question mark for one; nothing takes long."""
    assert matches(text.encode(errors="surrogateescape"), pattern.encode()) == expected
    assert matches_list(text, (pattern,)) == expected
    assert not matches_list(text, ("*", f"!{pattern}")) or not expected


def test_list_with_a_pattern_that_is_too_long_matches_nothing() -> None:
    """ssh-keygen gives up on the list."""
    assert matches_list("frodo", ("frodo", "x" * 1022))
    assert not matches_list("frodo", ("frodo", "x" * 1023))
    assert matches_list("frodo", ("!" + "x" * 1022, "frodo"))
    assert not matches_list("\ud800", ("*",))
