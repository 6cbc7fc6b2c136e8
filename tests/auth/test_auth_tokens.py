"""Tokens have the right contents, the verifier judges them rightly, and observers get their events."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from auth_fixtures import (
    AUDIENCE,
    DEADLINE,
    HYBRID,
    ISSUER,
    POST_QUANTUM,
    START,
    Clock,
    Verifying,
    policy_text,
    refusal,
    row,
    signed,
    signing_key,
)
from joserfc import jws

from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import PolicyError, RotationError, TokenError, Verdict
from qynauth_pqc.auth.events import TokenEvent
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.tokens import TokenIssuer
from qynauth_pqc.auth.verifier import TokenVerifier
from qynauth_pqc.integrations.jose_composite import DRAFT

STAGES = (
    row("EdDSA", sign_from=START - timedelta(days=1), until=START + timedelta(days=2)),
    row(HYBRID, sign_from=START + timedelta(days=1), until=START + timedelta(days=4)),
    row(POST_QUANTUM, sign_from=START + timedelta(days=3)),
)


# The issuer

CLOCK = Clock()


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyRing]:
    """Yield a ring with a key for each stage of a migration, on `CLOCK`."""
    directory, names = tmp_path_factory.mktemp("auth") / "ring", ["EdDSA", HYBRID, POST_QUANTUM]
    with KeyRing.create(directory, b"password", names, experimental=DRAFT, clock=CLOCK) as made:
        yield made


@pytest.fixture(autouse=True)
def beginning() -> None:
    """Begin each test at the same time."""
    CLOCK.now = START.timestamp()


def issuing(ring: KeyRing, *rows: str, **options: Any) -> TokenIssuer:
    """Return an issuer with a policy, by default the stages of a migration."""
    return TokenIssuer(ring, MigrationPolicy.parse(policy_text(*(rows or STAGES))), ISSUER, **options)


@pytest.mark.parametrize(("days", "algorithm"), [(0, "EdDSA"), (1, HYBRID), (2.5, HYBRID), (3, POST_QUANTUM)])
def test_policy_chooses_the_algorithm_by_the_clock(ring: KeyRing, days: float, algorithm: str) -> None:
    """The verifier accepts the chosen algorithm."""
    CLOCK.now += days * 86400
    events: list[TokenEvent] = []
    token = issuing(ring, observe=events.append).issue("frodo", AUDIENCE, {"scope": "ring"})
    verifying = Verifying(policy_text(*STAGES), jwks=ring.jwks())
    verifying.clock.now = CLOCK.now
    found = verifying.verify(token)
    mode = ALGORITHMS[algorithm].mode
    assert (found.algorithm, found.mode, found.claims["scope"]) == (algorithm, mode, "ring")
    assert events == [TokenEvent(mode, algorithm, "issued", found.kid)]
    assert verifying.events == [TokenEvent(mode, algorithm, "accepted", found.kid)]


def test_token_holds_its_claims_and_its_header(ring: KeyRing) -> None:
    """It has an identifier that no other token has."""
    CLOCK.now += 0.9
    issuer = issuing(ring)
    first, second = (jws.extract_compact(issuer.issue("frodo", AUDIENCE, lifetime=60).encode()) for _ in range(2))
    kid = next(key.kid for key in ring.keys if key.algorithm == "EdDSA")
    assert first.headers() == {"typ": "JWT", "alg": "EdDSA", "kid": kid}
    claims, now = json.loads(first.payload), int(START.timestamp())
    jti = claims.pop("jti")
    assert claims == {"iss": ISSUER, "aud": AUDIENCE, "sub": "frodo", "iat": now, "exp": now + 60}
    assert len(jti) == 22
    assert json.loads(second.payload)["jti"] != jti


def test_token_ends_with_the_deadline_of_its_algorithm(ring: KeyRing) -> None:
    """It ends earlier if its lifetime does."""
    issuer = issuing(ring, row("EdDSA", sign_from=START, until=START + timedelta(seconds=100)))
    ends = []
    for lifetime in (None, 99, 101):
        token = issuer.issue("frodo", AUDIENCE, lifetime=lifetime)
        ends.append(json.loads(jws.extract_compact(token.encode()).payload)["exp"] - START.timestamp())
    assert ends == [100, 99, 100]


@pytest.mark.parametrize("lifetime", [0, -1, 600.1, float("nan"), float("inf")])
def test_lifetime_is_at_most_that_of_the_ring(ring: KeyRing, lifetime: float) -> None:
    """Otherwise a token would outlive its key."""
    with pytest.raises(TokenError, match=r"expected a lifetime of at most 600.0 seconds, got"):
        issuing(ring).issue("frodo", AUDIENCE, lifetime=lifetime)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"])
def test_reserved_claims_are_refused(ring: KeyRing, name: str) -> None:
    """They are the claims that the issuer sets, and nbf."""
    with pytest.raises(TokenError, match=f"reserved claims: {name}$") as caught:
        issuing(ring).issue("frodo", AUDIENCE, {name: 1, "scope": "ring"})
    assert caught.value.verdict is Verdict.WRONG_CLAIMS


def nested(depth: int) -> object:
    """Return lists in lists."""
    found: object = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "value",
    [object(), b"bytes", float("nan"), float("inf"), "\ud800", nested(100_000), {1: "a", "1": "b"}, {(): 1}, {1, 2}],
    ids=lambda value: type(value).__name__,
)
def test_claim_that_json_does_not_hold_is_refused(ring: KeyRing, value: object) -> None:
    """Its value is not in the message."""
    with pytest.raises(TokenError, match=r"^claims hold something that has no form in JSON$"):
        issuing(ring).issue("frodo", AUDIENCE, {"scope": value})


def test_subject_is_text(ring: KeyRing) -> None:
    """The subject must not be empty."""
    with pytest.raises(TokenError, match="subject is empty"):
        issuing(ring).issue("", AUDIENCE)
    with pytest.raises(TypeError, match="subject must be str, not int"):
        issuing(ring).issue(1, AUDIENCE)  # type: ignore[arg-type]


def test_audience_without_a_row_gets_no_token(ring: KeyRing) -> None:
    """An audience gets none either if its rows have ended, or if the ring has no key of its algorithm."""
    with pytest.raises(PolicyError):
        issuing(ring).issue("frodo", "another")
    with pytest.raises(RotationError, match="ES256 has no active key"):
        issuing(ring, row("ES256", sign_from=START)).issue("frodo", AUDIENCE)
    CLOCK.now = DEADLINE.timestamp()
    with pytest.raises(PolicyError):
        issuing(ring, row("EdDSA", sign_from=START, until=DEADLINE)).issue("frodo", AUDIENCE)


def test_token_that_verifiers_would_refuse_for_its_size_is_not_issued(ring: KeyRing) -> None:
    """The error names both sizes."""
    with pytest.raises(TokenError, match="expected a token of at most 16384 bytes, got 2"):
        issuing(ring).issue("frodo", AUDIENCE, {"scope": "x" * 16384})


def test_pin_of_a_policy_holds_for_the_issuer(ring: KeyRing) -> None:
    """The issuer learns of a wrong pin before the verifiers do."""
    kid = next(key.kid for key in ring.keys if key.algorithm == "EdDSA")
    good = issuing(ring, row("EdDSA", sign_from=START, thumbprints=[kid]))
    assert good.issue("frodo", AUDIENCE)
    wrong = row("EdDSA", sign_from=START, thumbprints=[signing_key("EdDSA").thumbprint()])
    other = issuing(ring, wrong, row("EdDSA", "bills", sign_from=START))
    for audiences in (AUDIENCE, ["bills", AUDIENCE]):
        with pytest.raises(PolicyError, match="the active key for EdDSA is not one of those that the policy allows"):
            other.issue("frodo", audiences)


def test_rotation_of_another_process_is_seen(tmp_path: Path) -> None:
    """The next token shows it."""
    clock = Clock()
    with (
        KeyRing.create(tmp_path / "ring", b"password", ["EdDSA"], clock=clock) as ring,
        KeyRing.open(tmp_path / "ring", b"password", clock=clock) as other,
    ):
        issuer = issuing(ring, row("EdDSA", sign_from=START))
        kid = other.rotate("EdDSA").kid
        before = jws.extract_compact(issuer.issue("frodo", AUDIENCE).encode()).headers()["kid"]
        clock.now += 360
        other.activate("EdDSA")
        after = jws.extract_compact(issuer.issue("frodo", AUDIENCE).encode()).headers()["kid"]
    assert (before != kid, after == kid) == (True, True)


# The verifier


@pytest.mark.parametrize("algorithm", [*ALGORITHMS])
def test_each_algorithm_is_verified(algorithm: str) -> None:
    """Tokens are verified as text and as bytes."""
    key = signing_key(algorithm)
    jwk = {**key.as_dict(private=False), "kid": "a name"}
    verifying = Verifying(policy_text(row(algorithm)), jwks={"keys": [jwk]})
    token = signed(algorithm, verifying.claims(), {"kid": "a name"})
    for form in (token, token.encode()):
        found = verifying.verify(form)
        assert (found.kid, found.algorithm, found.claims) == ("a name", algorithm, verifying.claims())


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"iss": None}, "wrong_claims"),
        ({"iss": ISSUER + "/"}, "wrong_claims"),
        ({"iss": [ISSUER]}, "wrong_claims"),
        ({"aud": None}, "wrong_claims"),
        ({"aud": "Orders"}, "wrong_claims"),
        ({"aud": ["bills"]}, "wrong_claims"),
        ({"aud": []}, "wrong_claims"),
        ({"aud": [AUDIENCE, 1]}, "wrong_claims"),
        ({"aud": {AUDIENCE: 1}}, "wrong_claims"),
        ({"sub": None}, "wrong_claims"),
        ({"sub": ""}, "wrong_claims"),
        ({"sub": 1}, "wrong_claims"),
        ({"jti": 1}, "wrong_claims"),
        ({"exp": None}, "wrong_claims"),
        ({"exp": "1900000000"}, "wrong_claims"),
        ({"exp": True}, "wrong_claims"),
        ({"exp": [1900000000]}, "wrong_claims"),
        ({"exp": -1}, "expired"),
        ({"exp": 0}, "expired"),
        ({"exp": -(10**400)}, "expired"),
        ({"iat": None}, "wrong_claims"),
        ({"iat": "1"}, "wrong_claims"),
        ({"iat": False}, "wrong_claims"),
        ({"iat": 10**400}, "not_yet_valid"),
        ({"nbf": "1"}, "wrong_claims"),
        ({"nbf": True}, "wrong_claims"),
        ({"nbf": 4e9}, "not_yet_valid"),
    ],
    ids=str,
)
def test_wrong_claims_are_refused(changed: dict[str, object], verdict: str) -> None:
    """The signature of the token is valid."""
    verifying = Verifying()
    claims = {**verifying.claims(), **changed}
    token = signed("EdDSA", {name: value for name, value in claims.items() if value is not None})
    assert refusal(verifying, token) == verdict


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["bills", AUDIENCE]], ids=str)
def test_audience_may_be_in_a_list(aud: object) -> None:
    """RFC 7519, section 4.1.3, allows a list."""
    verifying = Verifying()
    assert verifying.verify(verifying.token(aud=aud)).claims["aud"] == aud


@pytest.mark.parametrize(
    ("claim", "offset", "verdict"),
    [
        *(("exp", -59, None), ("exp", -59.999, None), ("exp", -60, "expired"), ("exp", -61, "expired")),
        *(("nbf", 60, None), ("nbf", 61, "not_yet_valid"), ("nbf", 60.001, "not_yet_valid")),
        *(("iat", 60, None), ("iat", 61, "not_yet_valid"), ("iat", 60.001, "not_yet_valid")),
    ],
)
def test_leeway_is_exact_at_both_ends(claim: str, offset: float, verdict: str | None) -> None:
    """RFC 7519: a token is valid before exp, and from nbf on; leeway moves both by 60 seconds."""
    verifying = Verifying()
    token = signed("EdDSA", {**verifying.claims(), claim: START.timestamp() + offset})
    if verdict is None:
        verifying.verify(token)
    else:
        assert refusal(verifying, token) == verdict


def test_leeway_is_a_parameter() -> None:
    """The leeway may be zero."""
    verifying = Verifying(leeway=0)
    assert refusal(verifying, verifying.token(exp=START.timestamp())) == "expired"
    assert verifying.verify(verifying.token(exp=START.timestamp() + 0.5))


@pytest.mark.parametrize(("seconds", "accepted"), [(-0.001, True), (0, False), (0.001, False)])
def test_deadline_has_no_leeway(seconds: float, accepted: bool) -> None:  # noqa: FBT001 - a case
    """The verifier's clock counts."""
    verifying = Verifying()
    verifying.clock.now = DEADLINE.timestamp() + seconds
    if accepted:
        assert verifying.verify(verifying.token()).mode == "classical"
    else:
        assert refusal(verifying, verifying.token()) == "past_deadline"
    assert verifying.verify(verifying.token(POST_QUANTUM)).mode == "post-quantum"


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"[]", b'"text"', b"null", b"1", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"a": 1, "a": 1}'),
        *(b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": {"b": 1, "b": 2}}', b'{"a": ' + b"9" * 5000 + b"}"),
        pytest.param(
            b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b"}",
            marks=pytest.mark.skipif(sys.version_info >= (3, 13), reason="json reads this token since Python 3.13"),
        ),
        *('{"a": 1}'.encode("utf-16"), b'{"a": 1} {}'),
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_payload_that_is_no_strict_json_is_malformed(payload: bytes) -> None:
    """The signature is valid; the payload has repeated names, NaN, or too deep nesting."""
    assert refusal(Verifying(max_token_bytes=10**6), signed("EdDSA", payload)) == "malformed"


def test_infinity_in_disguise_expires_no_later() -> None:
    """JSON reads 1e999 as infinity."""
    verifying = Verifying()
    text = json.dumps(verifying.claims()).replace(str(int(START.timestamp()) + 600), "1e999")
    assert refusal(verifying, signed("EdDSA", text.encode())) == "wrong_claims"


def test_pin_narrows_the_set() -> None:
    """It names a key that the set must have."""
    pinned = Verifying(policy_text(row("EdDSA", thumbprints=[signing_key("EdDSA").thumbprint()])))
    assert pinned.verify(pinned.token())
    pins = row("EdDSA", thumbprints=[signing_key("EdDSA", 1).thumbprint()])
    other = Verifying(policy_text(pins, row("ES256")))
    assert refusal(other, other.token()) == "not_allowed"
    alone = Verifying(policy_text(pins))  # no row can use any key of the set
    assert refusal(alone, alone.token()) == "keys_unavailable"
    stranger = signed("EdDSA", other.claims(), key=signing_key("EdDSA", 1))
    assert refusal(other, stranger) == "unknown_key"


@pytest.mark.parametrize("token", [None, 1, ["token"], bytearray(b"token"), object()], ids=str)
def test_token_of_another_type_is_a_type_error(token: Any) -> None:
    """It is the caller's mistake: the only error outside the tree, and without an event."""
    verifying = Verifying()
    with pytest.raises(TypeError, match="token must be str or bytes, not"):
        verifying.verify(token)
    assert verifying.events == []


def test_event_says_nothing_that_a_stranger_chose() -> None:
    """Until the kid names a key of the set, mode and algorithm are unknown, and there is no kid."""
    verifying = Verifying()
    unknown = signed("EdDSA", verifying.claims(), {"kid": "chosen", "alg": "EdDSA"})
    wrong = signed("EdDSA", verifying.claims(), {"alg": "ML-DSA-65"})
    for token in ("", "a.b.c", unknown, wrong):
        refusal(verifying, token)
    nothing = ("unknown", "unknown")
    assert [event[:2] for event in verifying.events] == [nothing, nothing, nothing, ("classical", "EdDSA")]
    kid = signing_key("EdDSA").thumbprint()
    assert [event.kid for event in verifying.events] == [None, None, None, kid]


def test_verifier_works_without_an_observer() -> None:
    """It accepts and refuses the same tokens."""
    verifying = Verifying()
    verifying.verifier._observe = None
    assert verifying.verify(verifying.token())
    with pytest.raises(TokenError):
        verifying.verify("")


def test_verifier_without_a_row_or_without_the_draft_is_refused_when_it_is_made() -> None:
    """Otherwise it would refuse every token, and blame the issuer."""
    with pytest.raises(
        PolicyError, match=r"no row for this issuer and audience, but: https://login.example for orders$"
    ):
        Verifying(audience="order")
    policy = MigrationPolicy.parse(policy_text())
    with pytest.raises(PolicyError, match=f"pass experimental='{DRAFT}' to JWKSCache"):
        TokenVerifier(policy, ISSUER, AUDIENCE, JWKSCache(dict))
    for leeway in (-1, math.nan, math.inf):
        with pytest.raises(PolicyError, match="expected a leeway from 0 seconds, got"):
            Verifying(leeway=leeway)
    with pytest.raises(TypeError, match="keys must be JWKSCache, not dict"):
        TokenVerifier(policy, ISSUER, AUDIENCE, {})  # type: ignore[arg-type]


def test_deadline_that_passes_while_keys_are_fetched_holds() -> None:
    """The time of the decision counts, not the time of the call."""
    verifying = Verifying(policy_text(row("EdDSA", until=START + timedelta(seconds=3))))

    def fetch_slowly() -> Any:
        verifying.clock.now += 4
        return verifying.jwks

    verifying.keys._fetch = fetch_slowly
    assert refusal(verifying, verifying.token()) == "past_deadline"


@pytest.mark.parametrize(("size", "verdict"), [(338, None), (337, "too_large")])
def test_size_is_a_parameter(size: int, verdict: str | None) -> None:
    """The message names both sizes."""
    verifying = Verifying(max_token_bytes=size)
    token = verifying.token()
    assert len(token) == 338
    if verdict is None:
        verifying.verify(token)
        return
    with pytest.raises(TokenError, match="token is longer than 337 bytes: got 338"):
        verifying.verify(token)
