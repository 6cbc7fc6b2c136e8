"""A verifier checks more than the signature: types, lifetimes, proofs of possession, and single use."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from auth_fixtures import (
    AUDIENCE,
    DEADLINE,
    ISSUER,
    POST_QUANTUM,
    START,
    Clock,
    Verifying,
    encoded,
    policy_text,
    public_jwk,
    published,
    refusal,
    row,
    signed,
    signing_key,
    verdict,
)
from certificates import certificate
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws

from qynauth_pqc import InvalidKeyError
from qynauth_pqc.auth.errors import AuthError, PolicyError, TokenError, Verdict
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.policy_file import PolicyFile
from qynauth_pqc.auth.replay import ReplayCache
from qynauth_pqc.auth.tokens import TokenIssuer
from qynauth_pqc.auth.verifier import TokenVerifier

ACCESS = {"client_id": "web", "jti": "1"}
AT_JWT = policy_text(row("EdDSA", sign_from=START, types=["at+jwt"]))


def typed(verifying: Verifying, typ: object, **changed: object) -> str:
    """Return a token of a type."""
    return signed("EdDSA", verifying.claims(**{**ACCESS, **changed}), {"typ": typ})


# Types


@pytest.mark.parametrize(
    ("typ", "expected"),
    [
        *(("at+jwt", "accepted"), ("AT+JWT", "accepted"), ("application/at+jwt", "accepted")),
        *(("JWT", "malformed"), ("", "malformed"), ("text/at+jwt", "malformed"), (None, "malformed")),
    ],
)
def test_type_is_one_that_the_policy_names(typ: object, expected: str) -> None:
    """Without types in the policy, it is JWT or none (RFC 9068, section 4; RFC 7515, section 4.1.9)."""
    verifying = Verifying(AT_JWT)
    assert verdict(verifying, typed(verifying, typ)) == expected
    plain = Verifying(policy_text(row("EdDSA")))
    assert verdict(plain, typed(plain, typ)) == ("accepted" if typ == "JWT" else "malformed")


def test_type_may_be_missing_only_where_the_policy_names_none() -> None:
    """Tokens of many issuers have no type."""
    header = json.dumps({"alg": "EdDSA", "kid": signing_key("EdDSA").thumbprint()}).encode()
    for policy, expected in ((AT_JWT, "malformed"), (policy_text(row("EdDSA")), "accepted")):
        verifying = Verifying(policy)
        assert verdict(verifying, signed("EdDSA", verifying.claims(**ACCESS), header)) == expected


@pytest.mark.parametrize("name", ["client_id", "jti"])
@pytest.mark.parametrize("value", [None, 1, ["web"]])
def test_access_token_has_the_claims_of_its_type(name: str, value: object) -> None:
    """RFC 9068, section 2.2, lists the claims."""
    verifying = Verifying(AT_JWT)
    assert refusal(verifying, typed(verifying, "at+jwt", **{name: value})) == "wrong_claims"


# Dates


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "accepted"),
        ({"exp": int(START.timestamp()) + 601}, "wrong_claims"),
        ({"iat": int(START.timestamp()) - 1}, "wrong_claims"),
        ({"iat": -(10**400)}, "wrong_claims"),
        ({"exp": 10**400, "iat": 1.5}, "wrong_claims"),
        ({"exp": None}, "wrong_claims"),
        ({"iat": None}, "wrong_claims"),
    ],
    ids=str,
)
def test_lifetime_is_at_most_the_one_that_is_allowed(changed: dict[str, Any], expected: str) -> None:
    """It is counted from iat to exp, which must be there."""
    verifying = Verifying(max_lifetime=600.0)
    assert verdict(verifying, verifying.token(**changed)) == expected


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan"), float("inf")])
def test_lifetime_must_be_a_time(wrong: float) -> None:
    """Otherwise no token would pass."""
    with pytest.raises(PolicyError, match="expected a max_lifetime above 0 seconds, got"):
        Verifying(max_lifetime=wrong)


def test_tokens_from_before_not_before_are_refused() -> None:
    """This holds for each algorithm of the issuer, without leeway."""
    begin = START - timedelta(seconds=10)
    policy = policy_text(row("EdDSA"), row(POST_QUANTUM)) + f'\n[not_before]\n"{ISSUER}" = {begin.isoformat()}\n'
    verifying = Verifying(policy)
    for name in ("EdDSA", POST_QUANTUM):
        assert refusal(verifying, verifying.token(name, iat=begin.timestamp() - 0.001)) == "issued_too_early"
        assert verdict(verifying, verifying.token(name, iat=begin.timestamp())) == "accepted"
    assert MigrationPolicy.parse(policy).sentences()[-1] == (
        f"Tokens of {ISSUER} that were issued before 31 December 2026 23:59:50 UTC are refused."
    )


# Proofs of possession

PROOF = public_jwk(signing_key("ES256"), "ES256")
CLIENT = signing_key("ES256")
CERTIFICATE = certificate(CLIENT.public_key, CLIENT.private_key, SHA256()).public_bytes(Encoding.DER)
JKT = {"jkt": signing_key("ES256").thumbprint()}
X5T = {"x5t#S256": encoded(hashlib.sha256(CERTIFICATE).digest()).decode()}


@pytest.mark.parametrize(
    ("cnf", "proof", "expected"),
    [
        (JKT, {"dpop_key": PROOF}, "accepted"),
        (X5T, {"certificate": CERTIFICATE}, "accepted"),
        (JKT | X5T, {"dpop_key": PROOF, "certificate": CERTIFICATE}, "accepted"),
        (JKT, {}, "not_bound"),
        (X5T, {}, "not_bound"),
        (JKT, {"dpop_key": public_jwk(signing_key("EdDSA"), "EdDSA")}, "not_bound"),
        (X5T, {"certificate": CERTIFICATE + b"\0"}, "not_bound"),
        (JKT, {"certificate": CERTIFICATE}, "not_bound"),
        (JKT, {"dpop_key": PROOF, "certificate": CERTIFICATE}, "not_bound"),
        (JKT | X5T, {"dpop_key": PROOF}, "not_bound"),
        (JKT | {"jwk": PROOF}, {"dpop_key": PROOF}, "not_bound"),
        ({"jwk": PROOF}, {"dpop_key": PROOF}, "not_bound"),
        ({"kid": "1"}, {}, "not_bound"),
        ({}, {}, "not_bound"),
        ([], {}, "not_bound"),
        ("jkt", {"dpop_key": PROOF}, "not_bound"),
        ({"jkt": None}, {"dpop_key": PROOF}, "not_bound"),
        (None, {"dpop_key": PROOF}, "not_bound"),
        (None, {"certificate": CERTIFICATE}, "not_bound"),
        (None, {}, "accepted"),
    ],
)
def test_token_is_bound_to_what_the_client_proved(cnf: object, proof: dict[str, Any], expected: str) -> None:
    """It is bound to every proof, and to nothing unchecked (RFC 9449, 6.1; RFC 8705, 3.1)."""
    verifying = Verifying()
    assert verdict(verifying, verifying.token(cnf=cnf), **proof) == expected


def test_null_is_a_confirmation_that_nobody_checked() -> None:
    """It is not the same as none."""
    verifying = Verifying()
    assert refusal(verifying, signed("EdDSA", verifying.claims() | {"cnf": None})) == "not_bound"


@pytest.mark.parametrize("proof", [{"dpop_key": {}}, {"dpop_key": {"kty": "oct", "k": "AA"}}, {"certificate": b"PEM"}])
def test_proof_that_is_none_is_the_error_of_the_caller(proof: dict[str, Any]) -> None:
    """There is no event, since the token has not been read."""
    verifying = Verifying()
    with pytest.raises(InvalidKeyError):
        verifying.verify(verifying.token(), **proof)
    assert verifying.events == []


# One use


def test_token_is_accepted_once() -> None:
    """Its jti is remembered, which it must have; a refused token is not remembered."""
    clock = Clock()
    verifying = Verifying(replay=ReplayCache(clock=clock))
    token = verifying.token(jti="1")
    assert refusal(verifying, verifying.token(jti="1", aud="another")) == "wrong_claims"
    assert [verdict(verifying, each) for each in (token, token)] == ["accepted", "replayed"]
    assert verdict(verifying, verifying.token(jti="2")) == "accepted"
    assert [refusal(verifying, verifying.token(jti=each)) for each in (None, "", 1)] == ["wrong_claims"] * 3
    clock.now = verifying.clock.now = START.timestamp() + 659
    assert refusal(verifying, token) == "replayed"
    clock.now = verifying.clock.now = START.timestamp() + 660
    assert refusal(verifying, token) == "expired"


def test_verifiers_of_two_audiences_share_a_store() -> None:
    """A token for both is used once at each."""
    store = ReplayCache(clock=Clock())
    policy = policy_text(row("EdDSA"), row("EdDSA", "bills"))
    first, second = (Verifying(policy, audience, replay=store) for audience in (AUDIENCE, "bills"))
    token = first.token(aud=[AUDIENCE, "bills"], jti="1")
    assert [verdict(each, token) for each in (first, second, first)] == ["accepted", "accepted", "replayed"]


def test_full_cache_accepts_nothing_new() -> None:
    """It accepts new tokens when old ones have expired."""
    clock = Clock()
    cache = ReplayCache(2, clock=clock)
    verifying = Verifying(replay=cache)
    found = [verdict(verifying, verifying.token(jti=str(each))) for each in range(3)]
    assert found == ["accepted", "accepted", "replayed"]
    with pytest.raises(AuthError, match="the cache has 2 tokens that have not expired, the maximum"):
        cache.add(b"third", clock.now + 1)
    clock.now += 660
    assert cache.add(b"third", clock.now + 1)
    assert len(cache._names) == len(cache._ends) == 1


def test_one_of_many_threads_uses_a_token() -> None:
    """Of many threads at once, one succeeds."""
    cache, begin, found = ReplayCache(clock=Clock()), threading.Barrier(8), list[bool]()

    def use() -> None:
        begin.wait(60)
        found.extend(cache.add(bytes([each]) * 32, 2e9) for each in range(100))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 100


# Issuing, and policies that change


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyRing]:
    """Yield a ring at the beginning."""
    path = tmp_path_factory.mktemp("auth") / "ring"
    with KeyRing.create(path, b"password", ["EdDSA", POST_QUANTUM], clock=Clock()) as made:
        yield made


def test_access_token_is_issued_as_the_policy_names_it(ring: KeyRing) -> None:
    """It has the type of the policy, and needs client_id."""
    issuer = TokenIssuer(ring, MigrationPolicy.parse(AT_JWT), ISSUER)
    token = issuer.issue("frodo", AUDIENCE, {"client_id": "web"})
    assert jws.extract_compact(token.encode()).headers()["typ"] == "at+jwt"
    assert verdict(Verifying(AT_JWT, jwks=ring.jwks()), token) == "accepted"
    for claims in (None, {"client_id": 1}):
        with pytest.raises(TokenError, match=r"a token of the type at\+jwt needs the claim client_id"):
            issuer.issue("frodo", AUDIENCE, claims)


def test_token_for_several_audiences_is_accepted_by_each(ring: KeyRing) -> None:
    """It ends with the first of their deadlines, and all of them must sign with the same algorithm and type."""
    policy = policy_text(
        row("EdDSA", ["orders", "bills"], sign_from=START, until=DEADLINE),
        row("EdDSA", "mail", sign_from=START, until=START + timedelta(seconds=100)),
        row(POST_QUANTUM, "chat", sign_from=START),
        row("EdDSA", "api", sign_from=START, types=["at+jwt"]),
    )
    issuer = TokenIssuer(ring, MigrationPolicy.parse(policy), ISSUER)
    token = issuer.issue("frodo", ["orders", "bills", "mail"])
    claims = json.loads(jws.extract_compact(token.encode()).payload)
    assert (claims["aud"], claims["exp"]) == (["orders", "bills", "mail"], int(START.timestamp()) + 100)
    for audience in ("orders", "bills", "mail"):
        assert verdict(Verifying(policy, audience, jwks=ring.jwks()), token) == "accepted"
    for others in (["orders", "chat"], ["api", "mail"]):
        with pytest.raises(PolicyError, match="the audiences have other algorithms or types now"):
            issuer.issue("frodo", others)
    with pytest.raises(PolicyError, match="expected one audience or more"):
        issuer.issue("frodo", [])


def test_policy_changes_without_a_restart(ring: KeyRing, tmp_path: Path) -> None:
    """The next check of the file shows the change; a wrong file changes nothing."""
    clock, path = Clock(), tmp_path / "policy.toml"
    path.write_text(policy_text(row("EdDSA", sign_from=START)))
    policy = PolicyFile(path, clock=clock)
    verifier = TokenVerifier(policy, ISSUER, AUDIENCE, JWKSCache(ring.jwks), clock=clock)
    issuer = TokenIssuer(ring, policy, ISSUER)
    token = issuer.issue("frodo", AUDIENCE)
    assert verifier.verify(token).algorithm == "EdDSA"
    path.write_text(policy_text(row(POST_QUANTUM, sign_from=START)))
    assert verifier.verify(token).algorithm == "EdDSA"
    clock.now += 5
    with pytest.raises(TokenError, match="the policy does not allow this key") as caught:
        verifier.verify(token)
    assert caught.value.verdict is Verdict.NOT_ALLOWED
    assert verifier.verify(issuer.issue("frodo", AUDIENCE)).algorithm == POST_QUANTUM


def test_replaced_policy_is_seen_by_its_file_alone(tmp_path: Path) -> None:
    """It has the same size and time as the previous one, as after a copy that keeps times."""
    path, other = tmp_path / "policy.toml", tmp_path / "other"
    path.write_text(policy_text(row("ES256")))
    policy = PolicyFile(path, interval=0)
    other.write_text(policy_text(row("ES384")))
    os.utime(other, ns=(0, path.stat().st_mtime_ns))
    other.replace(path)
    assert policy.current().rows[0].algorithm.name == "ES384"


@pytest.mark.parametrize("wrong", ["", "accept", None])
def test_policy_that_is_wrong_or_gone_leaves_the_one_before(
    wrong: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """There is a warning, until the policy is good again."""
    clock, path = Clock(), tmp_path / "policy.toml"
    path.write_text(policy_text(row("EdDSA")))
    policy = PolicyFile(path, interval=0, clock=clock)
    before = policy.current()
    if wrong is None:
        path.unlink()
    else:
        path.write_text(wrong)
    assert policy.current() is before
    assert "the policy before it stays in force" in caplog.text
    path.write_text(policy_text(row(POST_QUANTUM)))
    assert policy.current().rows[0].algorithm.name == POST_QUANTUM


def test_keys_are_required_while_their_algorithm_signs() -> None:
    """From sign_from to until, a set without them does not decide that a kid is unknown."""
    begin, end = START + timedelta(hours=1), START + timedelta(hours=2)
    policy = policy_text(row("EdDSA"), row(POST_QUANTUM, sign_from=begin, until=end))
    verifying = Verifying(policy, jwks=published("EdDSA"))
    for now, expected in (
        (begin - timedelta(seconds=1), "unknown_key"),
        (begin, "keys_unavailable"),
        (end - timedelta(seconds=1), "keys_unavailable"),
        (end, "unknown_key"),
    ):
        verifying.clock.now = now.timestamp()
        assert refusal(verifying, signed("EdDSA", verifying.claims(), {"kid": "unknown"})) == expected
        assert verdict(verifying, verifying.token()) == "accepted"


def test_token_of_another_audience_is_refused_whatever_pattern_it_matches() -> None:
    """A pattern selects the rows of the verifier's audience, and does not apply to the token's."""
    verifying = Verifying(policy_text(row("EdDSA", "tenant-*")), "tenant-7")
    assert verdict(verifying, verifying.token(aud="tenant-7")) == "accepted"
    for aud in ("tenant-8", "tenant-*", ["tenant-70"]):
        assert refusal(verifying, verifying.token(aud=aud)) == "wrong_claims"
