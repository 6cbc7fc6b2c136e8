"""Policies of a migration are read from TOML, answer for every moment, and explain themselves."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc.auth._policy_words import turns
from qynauth_pqc.auth.algorithms import ALGORITHMS, Mode
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.auth.policy import LONGEST_POLICY, MigrationPolicy, PolicyRow
from qynauth_pqc.integrations.jose_composite import DRAFT

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=200)
ISSUER = "https://login.example"
PIN, OTHER_PIN = "A" * 43, "B" * 42 + "A"
TICK = timedelta(microseconds=1)
JANUARY, JUNE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 6, 30, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 27, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
SIGN_2026, SIGN_2027 = "sign_from = 2026-01-01T00:00:00Z", "sign_from = 2027-01-01T00:00:00Z"
UNTIL_2027 = "until = 2027-06-30T00:00:00Z"


def accept(algorithm: str, *more: str, audience: str = "orders") -> str:
    """Return a row in TOML."""
    members = [f'issuer = "{ISSUER}"', f'audience = "{audience}"', f'algorithm = "{algorithm}"', *more]
    return "\n".join(["[[accept]]", *members, ""])


EDDSA, MLDSA = accept("EdDSA", SIGN_2026, UNTIL_2027), accept("ML-DSA-65", SIGN_2027, f'thumbprints = ["{PIN}"]')
POLICY = MigrationPolicy.parse(EDDSA + MLDSA)


def signs(policy: MigrationPolicy, now: datetime, audience: str = "orders") -> str:
    """Return the name of the algorithm that signs."""
    return policy.signing(ISSUER, audience, now).algorithm.name


def test_policy_holds_its_rows_in_order() -> None:
    """The times are in UTC for any offset in the file; text and bytes are read alike."""
    eddsa = PolicyRow(ISSUER, ("orders",), ALGORITHMS["EdDSA"], until=JUNE, sign_from=datetime(2026, 1, 1, tzinfo=UTC))
    mldsa = PolicyRow(ISSUER, ("orders",), ALGORITHMS["ML-DSA-65"], frozenset([PIN]), sign_from=JANUARY)
    assert POLICY.rows == (eddsa, mldsa)
    assert POLICY.experimental is None
    offset = (EDDSA + MLDSA).replace("2027-06-30T00:00:00Z", "2027-06-30T05:30:00+05:30")
    for text in (EDDSA + MLDSA, (EDDSA + MLDSA).encode(), offset):
        assert MigrationPolicy.parse(text) == POLICY
    assert pickle.loads(pickle.dumps(POLICY)) == POLICY  # noqa: S301 - of our own
    assert str(MigrationPolicy.parse(offset).rows[0].until) == "2027-06-30 00:00:00+00:00"


def test_rows_are_found_by_all_three_names() -> None:
    """All three are needed; the deadline may have passed or not."""
    assert [POLICY.row(ISSUER, "orders", each.algorithm.name) for each in POLICY.rows] == [*POLICY.rows]
    for names in (("", "orders", "EdDSA"), (ISSUER, "order", "EdDSA"), (ISSUER, "orders", "ES256")):
        assert POLICY.row(*names) is None


def test_file_is_read_as_text_is(tmp_path: Path) -> None:
    """Errors name the file, and an endless file is not read to its end."""
    path = tmp_path / "policy.toml"
    path.write_text(EDDSA + MLDSA)
    assert MigrationPolicy.load(path) == MigrationPolicy.load(str(path)) == POLICY
    path.write_text("")
    with pytest.raises(PolicyError, match=r"/policy.toml: policy has no rows: expected at least one \[\[accept\]\]$"):
        MigrationPolicy.load(path)
    with pytest.raises(PolicyError, match=f"^/dev/zero: policy is longer than {LONGEST_POLICY} bytes"):
        MigrationPolicy.load("/dev/zero")
    with pytest.raises(FileNotFoundError):
        MigrationPolicy.load(tmp_path / "absent")


UNKNOWN_ALGORITHM = (
    "row 1: algorithm: unknown algorithm: expected one of EdDSA, Ed25519, ES256, ES384, RS256, PS256, ML-"
)
MOMENT = "expected a date and time with its offset from UTC, such as 2027-06-30T00:00:00Z"
TEXT = "expected text of printable characters"
PINS = "row 1: thumbprints: expected a list of at least one thumbprint; without the member, any key is accepted"
SIZE = "expected the 43 characters of a SHA-256 in base64url"
MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "no rows": (f'experimental = "{DRAFT}"', "policy has no rows: expected at least one [[accept]]"),
    "empty array": ("accept = []", "policy has no rows"),
    "no array": ("accept = 5", "accept: expected an array of tables, each written as [[accept]]"),
    "one table": (EDDSA.replace("[[accept]]", "[accept]"), "accept: expected an array of tables"),
    "no table": ("accept = [{}, 5]", "row 1: issuer: missing"),
    "number for a row": ("accept = [5]", "row 1: expected a table, written as [[accept]]"),
    "unknown member": ("accepts = []", "unknown member 'accepts': expected experimental, strict, not_before, accept"),
    "unknown in a row": (
        EDDSA + "untill = 1",
        "row 1: unknown member 'untill': expected issuer, audience, algorithm, ",
    ),
    "unknown by escapes": (EDDSA + r'"\u001b[2J" = 1', r"row 1: unknown member '\x1b[2J': "),
    "private name": (EDDSA + "_by_audience = 1", "row 1: unknown member '_by_audience': "),
    "missing issuer": ('[[accept]]\naudience = "orders"\nalgorithm = "EdDSA"', "row 1: issuer: missing"),
    "missing audience": (f'[[accept]]\nissuer = "{ISSUER}"\nalgorithm = "EdDSA"', "row 1: audience: missing"),
    "missing algorithm": (MLDSA + f'[[accept]]\nissuer = "{ISSUER}"\naudience = "a"', "row 2: algorithm: missing"),
    "number in a list": (EDDSA.replace('"orders"', '["a", 1]'), f"row 1: audience: {TEXT}"),
    "list of none": (EDDSA.replace('"orders"', "[]"), "row 1: audience: expected one or more, each once"),
    "one twice": (EDDSA.replace('"orders"', '["a", "b", "a"]'), "row 1: audience: expected one or more, each once"),
    "two stars": (EDDSA.replace('"orders"', '["a", "*-*"]'), "row 1: audience: expected at most one * in each"),
    "one of two again": (
        EDDSA.replace('"orders"', '["a", "b"]') + EDDSA.replace('"orders"', '["c", "b"]'),
        "row 2: algorithm: row 1 has the same issuer, audience and algorithm",
    ),
    "type as text": (accept("EdDSA", 'types = "at+jwt"'), "row 1: types: expected a list of at least one type; "),
    "no types": (accept("EdDSA", "types = []"), "row 1: types: expected a list of at least one type; "),
    "type of two": (accept("EdDSA", 'types = ["a/b"]'), 'row 1: types: expected types such as "at+jwt", each once'),
    "type twice": (
        accept("EdDSA", 'types = ["at+jwt", "application/AT+JWT"]'),
        'row 1: types: expected types such as "at+jwt", each once',
    ),
    "begin of nobody": (
        EDDSA + '[not_before]\n"https://x" = 2027-01-01T00:00:00Z',
        "not_before: the policy has no row",
    ),
    "begin without offset": (
        EDDSA + f'[not_before]\n"{ISSUER}" = 2027-01-01T00:00:00',
        f"not_before: {ISSUER}: {MOMENT}",
    ),
    "begin as text": (
        EDDSA.replace("[[", 'not_before = "2027"\n[[', 1),
        "not_before: expected a table of issuers and ",
    ),
    "empty audience": (EDDSA.replace("orders", ""), f"row 1: audience: {TEXT}"),
    "line break": (EDDSA.replace("orders", r"orders\n"), f"row 1: audience: {TEXT}"),
    "reversed text": (EDDSA.replace("orders", "\u202esredro"), f"row 1: audience: {TEXT}"),
    "number for an issuer": (EDDSA.replace(f'"{ISSUER}"', "5"), f"row 1: issuer: {TEXT}"),
    "unknown algorithm": (accept("RS512"), UNKNOWN_ALGORITHM),
    "no algorithm": (accept("none"), UNKNOWN_ALGORITHM),
    "table of algorithms": (EDDSA.replace('"EdDSA"', "{}"), UNKNOWN_ALGORITHM),
    "hybrid": (
        accept("ML-DSA-65-ES256"),
        f'row 1: algorithm: ML-DSA-65-ES256 is experimental: expected experimental = "{DRAFT}" at the top of ',
    ),
    "earlier draft": (
        'experimental = "draft-ietf-jose-pq-composite-sigs-04"',
        f'experimental: expected the draft of this version of the package: write experimental = "{DRAFT}", and update ',
    ),
    "draft by number": ("experimental = 5", f"experimental: {TEXT}"),
    "local time": (accept("EdDSA", "until = 2027-06-30T00:00:00"), f"row 1: until: {MOMENT}"),
    "date": (MLDSA + accept("EdDSA", "sign_from = 2027-06-30"), f"row 2: sign_from: {MOMENT}"),
    "time of day": (accept("EdDSA", "until = 00:00:00"), f"row 1: until: {MOMENT}"),
    "time as text": (accept("EdDSA", 'until = "2027-06-30T00:00:00Z"'), f"row 1: until: {MOMENT}"),
    "time before all": (accept("EdDSA", "sign_from = 0001-01-01T00:00:00+01:00"), f"row 1: sign_from: {MOMENT}"),
    "time after all": (accept("EdDSA", "until = 9999-12-31T23:59:59-01:00"), f"row 1: until: {MOMENT}"),
    "same row twice": (
        EDDSA + MLDSA + EDDSA.replace("2026", "2025"),
        "row 3: algorithm: row 1 has the same issuer, audience and algorithm",
    ),
    "same time twice": (
        EDDSA + accept("ES256", "sign_from = 2026-01-01T01:00:00+01:00"),
        "row 2: sign_from: row 1 has the same issuer, audience and sign_from",
    ),
    "end at begin": (
        accept("EdDSA", "sign_from = 2027-06-30T00:00:00Z", UNTIL_2027),
        "row 1: sign_from: expected a time before until",
    ),
    "end before begin": (
        EDDSA.replace("2027", "2025"),
        "row 1: sign_from: expected a time before until",
    ),
    "thumbprint as text": (accept("EdDSA", f'thumbprints = "{PIN}"'), PINS),
    "no thumbprints": (accept("EdDSA", "thumbprints = []"), PINS),
    "short": (
        accept("EdDSA", f'thumbprints = ["{PIN}", "{PIN[1:]}"]'),
        f"row 1: thumbprints: item 2 is no thumbprint: {SIZE}",
    ),
    "long": (accept("EdDSA", f'thumbprints = ["{PIN}A"]'), f"row 1: thumbprints: item 1 is no thumbprint: {SIZE}"),
    "padded": (
        accept("EdDSA", f'thumbprints = ["{PIN[1:]}="]'),
        f"row 1: thumbprints: item 1 is no thumbprint: {SIZE}",
    ),
    "loose bits": (
        accept("EdDSA", f'thumbprints = ["{PIN[1:]}B"]'),
        f"row 1: thumbprints: item 1 is no thumbprint: {SIZE}",
    ),
    "number": (accept("EdDSA", "thumbprints = [5]"), f"row 1: thumbprints: item 1 is no thumbprint: {SIZE}"),
    "pinned twice": (
        accept("EdDSA", f'thumbprints = ["{PIN}", "{PIN}"]'),
        "row 1: thumbprints: a thumbprint is there twice",
    ),
    "not TOML": ("accept", "policy is not TOML: "),
    "member twice": (EDDSA + UNTIL_2027, "policy is not TOML: "),
    "impossible day": (accept("EdDSA", "until = 2027-02-30T00:00:00Z"), "policy is not TOML: "),
    "too deep": ("accept = " + "[" * 60000, "policy is not TOML: "),
    "too many digits": (
        "accept = " + "1" * 100,
        "policy is not TOML: expected keys with fewer than 4 dots, and numbers with fewer than 100 ",
    ),
    "not UTF-8": (b"\xff", "policy is not UTF-8"),
    "half a character": ("\ud800", "policy is not UTF-8"),
    "too long": (EDDSA.ljust(LONGEST_POLICY + 1), f"policy is longer than {LONGEST_POLICY} bytes"),
    "too long in bytes": ("#" + "\u00e9" * (LONGEST_POLICY // 2), f"policy is longer than {LONGEST_POLICY} bytes"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_an_error_that_names_row_and_member(mistake: str) -> None:
    """Rows are counted from 1."""
    text, message = MISTAKES[mistake]
    with pytest.raises(PolicyError) as caught:
        MigrationPolicy.parse(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("stranger", [None, 5, bytearray(b"accept"), Path("policy.toml")])
def test_what_is_no_text_is_a_type_error(stranger: Any) -> None:
    """A path is for `load`."""
    with pytest.raises(TypeError, match="text must be"):
        MigrationPolicy.parse(stranger)


def test_rows_that_were_made_in_python_are_checked_too() -> None:
    """They are checked like rows that were read."""
    for rows, message in (((), "no rows"), (POLICY.rows * 2, "row 3: algorithm: row 1 has the same")):
        with pytest.raises(PolicyError, match=message):
            MigrationPolicy(rows)


def test_row_signs_from_its_begin_until_before_its_deadline() -> None:
    """A time is in the past at itself, for both, to the microsecond."""
    eddsa, mldsa = POLICY.rows
    assert [signs(POLICY, now) for now in (BEFORE, JANUARY - TICK, JANUARY, AFTER)] == [
        "EdDSA",
        "EdDSA",
        "ML-DSA-65",
        "ML-DSA-65",
    ]
    assert [eddsa.is_past(now) for now in (JUNE - TICK, JUNE, AFTER)] == [False, True, True]
    assert [eddsa.may_sign(now) for now in (JUNE - TICK, JUNE)] == [True, False]
    assert not mldsa.is_past(datetime.max.replace(tzinfo=UTC))
    local = JANUARY.astimezone(timezone(timedelta(hours=-11)))
    assert [signs(POLICY, now) for now in (local - TICK, local)] == ["EdDSA", "ML-DSA-65"]


def test_nobody_signs_before_the_first_row_or_after_the_last() -> None:
    """Nobody signs for an audience that the policy does not name either."""
    policy = MigrationPolicy.parse(EDDSA + accept("ES256"))
    assert signs(policy, JUNE - TICK) == "EdDSA"
    begin = policy.rows[0].sign_from
    assert begin is not None
    for audience, now in (("orders", begin - TICK), ("orders", JUNE), ("mail", JANUARY)):
        with pytest.raises(PolicyError, match="no row of the policy has an algorithm that signs for this issuer and "):
            policy.signing(ISSUER, audience, now)


def test_earlier_row_signs_again_when_the_later_one_has_ended() -> None:
    """The latest of the remaining rows signs."""
    policy = MigrationPolicy.parse(EDDSA.replace("until", "#") + accept("ML-DSA-65", SIGN_2027, UNTIL_2027))
    assert [signs(policy, now) for now in (BEFORE, JANUARY, JUNE)] == ["EdDSA", "ML-DSA-65", "EdDSA"]


def test_keys_are_required_of_algorithms_that_may_sign_and_are_not_classical() -> None:
    """They are required from sign_from to the deadline."""
    hybrid = accept("ML-DSA-65-ES256", SIGN_2026, UNTIL_2027)
    policy = MigrationPolicy.parse(
        f'experimental = "{DRAFT}"\n' + hybrid + MLDSA + accept("ML-DSA-87") + accept("ES256")
    )
    required = [policy.required(ISSUER, "orders", now) for now in (JANUARY - TICK, JANUARY, JUNE - TICK, JUNE)]
    both = {"ML-DSA-65-ES256", "ML-DSA-65"}
    assert required == [{"ML-DSA-65-ES256"}, both, both, {"ML-DSA-65"}]
    assert policy.required(ISSUER, "mail", JUNE) == POLICY.required(ISSUER, "orders", BEFORE) == frozenset()


EDDSA_UNTIL_JUNE = "EdDSA (classical) is accepted until 30 June 2027 00:00 UTC; the issuer signs with it from 1 January"
SENTENCES = {
    EDDSA + MLDSA: [
        f"{EDDSA_UNTIL_JUNE} 2026 00:00 UTC until ML-DSA-65 takes over on 1 January 2027 00:00 UTC.",
        (
            f"ML-DSA-65 (post-quantum) is accepted without a deadline, only with the key {PIN}; "
            "the issuer signs with it from 1 January 2027 00:00 UTC on."
        ),
    ],
    accept("ES256", f'thumbprints = ["{OTHER_PIN}", "{PIN}"]', "until = 2027-06-30T13:05:07.5+01:00"): [
        (
            "ES256 (classical) is accepted until 30 June 2027 12:05:07.500000 UTC, "
            f"only with the keys {PIN} or {OTHER_PIN}; the issuer never signs with it."
        ),
    ],
    EDDSA + accept("ML-DSA-44", SIGN_2027, "until = 2027-02-01T00:00:00Z"): [
        (
            f"{EDDSA_UNTIL_JUNE} 2026 00:00 UTC until ML-DSA-44 takes over on 1 January 2027 00:00 UTC, "
            "and again from 1 February 2027 00:00 UTC until that deadline."
        ),
        (
            "ML-DSA-44 (post-quantum) is accepted until 1 February 2027 00:00 UTC; "
            "the issuer signs with it from 1 January 2027 00:00 UTC until that deadline."
        ),
    ],
    EDDSA + accept("ML-DSA-44", "sign_from = 2027-06-30T00:00:00Z"): [
        f"{EDDSA_UNTIL_JUNE} 2026 00:00 UTC until that deadline.",
        (
            "ML-DSA-44 (post-quantum) is accepted without a deadline; "
            "the issuer signs with it from 30 June 2027 00:00 UTC on."
        ),
    ],
}


@pytest.mark.parametrize("text", SENTENCES, ids=["takes over", "accepted only", "again", "at the deadline"])
def test_sentences_say_what_the_rows_do(text: str) -> None:
    """An auditor who has not read the file understands them."""
    expected = [f"For tokens of {ISSUER} for orders, {sentence}" for sentence in SENTENCES[text]]
    assert MigrationPolicy.parse(text).sentences() == expected
    for name, shown in (("my shop", "'my shop'"), ("urn:shop", "urn:shop")):
        renamed = MigrationPolicy.parse(text.replace("orders", name)).sentences()
        assert renamed == [sentence.replace("orders", shown) for sentence in expected]


PQ = accept("ML-DSA-65")
TOKENS = f"tokens of {ISSUER} for orders: "
WARNINGS = [
    (EDDSA + MLDSA, BEFORE, []),
    (EDDSA + MLDSA, JUNE - TICK, []),
    (
        EDDSA + MLDSA,
        JUNE,
        ["row 1: the deadline of EdDSA (classical) passed on 30 June 2027 00:00 UTC: remove the row"],
    ),
    (MLDSA + accept("ES256", SIGN_2026), BEFORE, ["row 2: ES256 (classical) never expires: set until"]),
    (
        accept("ES256"),
        BEFORE,
        [
            "row 1: ES256 (classical) never expires: set until",
            f"{TOKENS}every algorithm is classical; add a hybrid or post-quantum row",
            f"{TOKENS}nobody signs them now",
        ],
    ),
    (EDDSA + PQ, BEFORE, [f"{TOKENS}nobody signs them from 30 June 2027 00:00 UTC on"]),
    (MLDSA, BEFORE, [f"{TOKENS}nobody signs them now, until 1 January 2027 00:00 UTC"]),
    (
        EDDSA + accept("ML-DSA-65", "sign_from = 2028-01-01T00:00:00Z"),
        BEFORE,
        [f"{TOKENS}nobody signs them from 30 June 2027 00:00 UTC on, until 1 January 2028 00:00 UTC"],
    ),
    (
        EDDSA + accept("ML-DSA-65", SIGN_2027, "until = 2027-02-01T00:00:00Z"),
        BEFORE,
        [
            f"{TOKENS}EdDSA (classical) follows the stronger ML-DSA-65 (post-quantum) on 1 February 2027 00:00 UTC",
            f"{TOKENS}nobody signs them from 30 June 2027 00:00 UTC on",
        ],
    ),
    (
        f'experimental = "{DRAFT}"\n' + accept("ML-DSA-65-ES256", SIGN_2026),
        BEFORE,
        ["row 1: ML-DSA-65-ES256 (hybrid) is experimental: its name and format may change until IANA registers them"],
    ),
    (
        f'experimental = "{DRAFT}"\n' + accept("ML-DSA-65-ES256", UNTIL_2027) + EDDSA.replace("2027", "2029"),
        AFTER,
        [
            "row 1: the deadline of ML-DSA-65-ES256 (hybrid) passed on 30 June 2027 00:00 UTC: remove the row",
            f"{TOKENS}every algorithm is classical; add a hybrid or post-quantum row",
            f"{TOKENS}nobody signs them from 30 June 2029 00:00 UTC on",
        ],
    ),
]


@pytest.mark.parametrize(("text", "now", "expected"), WARNINGS)
def test_warnings_name_what_to_look_at(text: str, now: datetime, expected: list[str]) -> None:
    """Warnings about rows come first, then warnings about audiences."""
    assert MigrationPolicy.parse(text).warnings(now) == expected


def _toml(value: object) -> str:
    """Return a value in TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value, ensure_ascii=False)


MEMBERS = ["accept", "experimental", *PolicyRow.__match_args__]
NAMES = st.text(max_size=3)
SCALARS: st.SearchStrategy[object] = st.one_of(
    st.text(max_size=5),
    st.sampled_from([DRAFT, PIN, *ALGORITHMS]),
    st.integers(),
    st.booleans(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=14))])),
)
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.sampled_from(MEMBERS) | NAMES, SCALARS, max_size=3)
)
ROWS = st.fixed_dictionaries(
    {"issuer": NAMES | VALUES, "audience": NAMES | VALUES, "algorithm": st.sampled_from([*ALGORITHMS]) | VALUES},
    optional={"thumbprints": VALUES, "until": VALUES, "sign_from": VALUES},
)
DOCUMENTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES | st.lists(ROWS, max_size=3), max_size=3)


@PROFILE
@given(DOCUMENTS | st.text() | st.binary())
def test_anything_is_a_policy_or_a_policy_error(document: dict[str, object] | str | bytes) -> None:
    """The TOML has any structure, or is none."""
    text = document
    if isinstance(document, dict):
        text = "\n".join(f"{name} = {_toml(value)}" for name, value in document.items())
    try:
        policy = MigrationPolicy.parse(text)  # type: ignore[arg-type]
    except PolicyError:
        return
    assert policy.rows


HOURS = st.integers(0, 6).map(lambda hour: BEFORE + timedelta(hours=hour))


@st.composite
def policies(draw: st.DrawFn) -> MigrationPolicy:
    """Return a policy of two audiences with rows that begin and end at a few times, often the same."""
    rows: list[PolicyRow] = []
    for audience, name in product(("orders", "mail"), ("EdDSA", "ES256", "ML-DSA-65-ES256", "ML-DSA-65")):
        begin, end = draw(st.none() | HOURS), draw(st.none() | HOURS)
        taken = {row.sign_from for row in rows if row.audiences == (audience,)}
        if draw(st.booleans()) or (begin and (begin in taken or (end and end <= begin))):
            continue
        rows.append(PolicyRow(ISSUER, (audience,), ALGORITHMS[name], until=end, sign_from=begin))
    return MigrationPolicy((*rows, PolicyRow(ISSUER, ("chat",), ALGORITHMS["ES256"])), DRAFT)


@PROFILE
@given(policies(), HOURS, st.sampled_from(["orders", "mail", "chat"]))
def test_rows_signer_and_requirements_agree(policy: MigrationPolicy, now: datetime, audience: str) -> None:
    """They agree with the sentences too, at every moment."""
    rows = [row for row in policy.rows if row.audiences == (audience,)]
    ready = [row for row in rows if row.sign_from and row.sign_from <= now and (row.until is None or now < row.until)]
    signer = max(ready, key=lambda row: row.sign_from or now, default=None)
    assert policy.required(ISSUER, audience, now) == {
        row.algorithm.name for row in ready if row.algorithm.mode is not Mode.CLASSICAL
    }
    assert [row for begin, row in turns(rows) if begin <= now][-1:] == [signer]
    assert len(policy.sentences()) == len(policy.rows)
    nobody = any(f"for {audience}: nobody signs them now" in text for text in policy.warnings(now))
    assert nobody == bool(rows and signer is None)
    if signer is None:
        with pytest.raises(PolicyError):
            policy.signing(ISSUER, audience, now)
    else:
        assert policy.signing(ISSUER, audience, now) is signer is policy.row(ISSUER, audience, signer.algorithm.name)
