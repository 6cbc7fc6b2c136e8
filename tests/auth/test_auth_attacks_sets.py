"""The verifier limits the harm of stale and poisoned sets, unknown kids, and stolen keys."""

from __future__ import annotations

import threading
from contextlib import suppress
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
    policy_text,
    public_jwk,
    published,
    refusal,
    row,
    signed,
    signing_key,
    verdict,
)
from conftest import settle
from jose_keys import load

from qynauth_pqc.auth.errors import JWKSError, TokenError, Verdict
from qynauth_pqc.auth.events import TokenEvent, count_alarms
from qynauth_pqc.auth.jwks import REVOKED, JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.tokens import TokenIssuer
from qynauth_pqc.auth.verifier import TokenVerifier

CLASSICAL, STRONG = signing_key("EdDSA"), signing_key(POST_QUANTUM)
THIEF = signing_key("EdDSA", 1)
"""A key that the attacker has made."""


def test_stale_set_serves_until_max_age() -> None:
    """After that, every token is refused until the server is back."""
    verifying = Verifying()
    good = verifying.jwks
    token = verifying.token()
    assert verdict(verifying, token) == "accepted"
    verifying.jwks = OSError("down")
    verifying.clock.now += 299
    assert verdict(verifying, token) == "accepted"
    verifying.clock.now += 1
    assert refusal(verifying, token) == "keys_unavailable"
    assert verifying.events[-1] == ("unknown", "unknown", "keys_unavailable", None)
    verifying.jwks = good
    verifying.clock.now += 30
    assert verdict(verifying, token) == "accepted"


BEGUN = policy_text(row("EdDSA", until=DEADLINE), row(POST_QUANTUM, sign_from=START - timedelta(days=1)))
GOOD = published("EdDSA", POST_QUANTUM)
POISONED: dict[str, list[Any]] = {
    "post-quantum keys lost": [public_jwk(CLASSICAL, "EdDSA")],
    "another alg": [public_jwk(CLASSICAL, "EdDSA"), {**public_jwk(STRONG, POST_QUANTUM), "alg": "ML-DSA-44"}],
    "other use": [public_jwk(CLASSICAL, "EdDSA"), public_jwk(STRONG, POST_QUANTUM, use="enc")],
    "kid twice": [*GOOD["keys"], public_jwk(THIEF, "EdDSA", kid=STRONG.thumbprint())],
    "kid of another algorithm": [public_jwk(CLASSICAL, "EdDSA", kid=STRONG.thumbprint())],
    "private": [*GOOD["keys"], {**THIEF.as_dict(private=True), "kid": "thief"}],
    "many": [*GOOD["keys"], *({"kty": "OKP", "kid": str(each)} for each in range(10_000))],
    "nothing": [],
}


@pytest.mark.parametrize("keys", POISONED.values(), ids=list(POISONED))
def test_poisoned_set_is_not_used(keys: list[Any]) -> None:
    """The good one stays for its time. Then a classical token is accepted until its deadline, if its key is there."""
    verifying = Verifying(BEGUN, jwks=GOOD)
    assert verdict(verifying, verifying.token(POST_QUANTUM)) == "accepted"
    verifying.jwks = {"keys": keys}
    verifying.clock.now += 299
    assert verdict(verifying, verifying.token(POST_QUANTUM)) == "accepted"
    assert refusal(verifying, signed("EdDSA", verifying.claims(), key=THIEF)) == "unknown_key"
    verifying.clock.now += 30
    unavailable = "too_many_keys" if len(keys) > 256 else "keys_unavailable"
    assert refusal(verifying, verifying.token(POST_QUANTUM)) in {unavailable, "wrong_algorithm"}
    there = CLASSICAL.thumbprint() in [jwk.get("kid") for jwk in keys] and len(keys) <= 3
    usable = there and not any("d" in jwk for jwk in keys)
    assert verdict(verifying, verifying.token()) == ("accepted" if usable else unavailable)
    verifying.clock.now = DEADLINE.timestamp()
    assert refusal(verifying, verifying.token()) == ("past_deadline" if usable else unavailable)


WRONG = {
    "nothing": {"keys": []},
    "other algorithms": published("ES256", "RS256"),
    "of another issuer": {"keys": [public_jwk(THIEF, "EdDSA")]},
}


@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_set_without_a_usable_key_is_a_failed_fetch(
    wrong: dict[str, Any], *, pinned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A classical verifier uses the old set to the end of its time, and no longer; an alarm says why, once."""
    pins = {"thumbprints": [CLASSICAL.thumbprint()]} if pinned else {}
    verifying = Verifying(policy_text(row("EdDSA", **pins)), jwks=published("EdDSA"))
    assert verdict(verifying, verifying.token()) == "accepted"
    verifying.jwks = wrong
    verifying.clock.now += 299
    is_taken = wrong == WRONG["of another issuer"] and not pinned
    for _ in range(2):
        assert verdict(verifying, verifying.token()) == ("unknown_key" if is_taken else "accepted")
        verifying.clock.now += 0.5
    assert verdict(verifying, verifying.token()) == ("unknown_key" if is_taken else "keys_unavailable")
    taken = "the JWK Set has 1 keys and none of the set before it"
    [message] = caplog.messages
    assert message.startswith(taken if is_taken else "a JWK Set was refused, and the one before it is used")
    assert caplog.records[0].levelname == "ERROR"


def test_alarms_say_what_happens_to_tokens(caplog: pytest.LogCaptureFixture) -> None:
    """A first set that is refused has none before it; a rotation during a pause, or an empty set, is no emergency."""
    sets: list[Any] = [{"keys": []}, published("ES256"), published("EdDSA"), {"keys": "none"}]
    clock, counted = Clock(), list[str]()

    def count(event: TokenEvent) -> None:
        counted.append(event.verdict)

    count_alarms(count)
    cache = JWKSCache(lambda: sets.pop(), clock=clock)  # noqa: PLW0108 - pop has no signature
    for pause in (2, 40 * 86400, 299, 0):
        with suppress(JWKSError):
            cache.key("unknown")
        clock.now += pause
    [message] = caplog.messages
    assert message.startswith("a JWK Set was refused, and no other set can be used, so all tokens are refused: Invalid")
    assert counted == ["set_refused"]


def test_set_serves_if_any_verifier_of_the_issuer_can_use_it() -> None:
    """Another verifier has a row for its algorithm; then a key that is missing from it is refused at once."""
    verifying = Verifying(policy_text(row("EdDSA")), jwks=published("EdDSA"))
    other = TokenVerifier(MigrationPolicy.parse(policy_text(row("ES256"))), ISSUER, AUDIENCE, verifying.keys)
    assert verdict(verifying, verifying.token()) == "accepted"
    verifying.jwks = published("ES256")
    verifying.clock.now += 150
    assert refusal(verifying, verifying.token()) == "unknown_key"
    del other
    settle()
    verifying.jwks = published("EdDSA")
    verifying.clock.now += 150
    assert verdict(verifying, verifying.token()) == "accepted"
    verifying.jwks = published("ES256")
    verifying.clock.now += 299
    assert verdict(verifying, verifying.token()) == "accepted"


def test_issuer_can_revoke_its_only_key() -> None:
    """Its set names the key, which is refused at once, or is only empty: then within the time of the last set."""
    for named, at_once in (({REVOKED: [CLASSICAL.thumbprint()]}, "revoked_key"), ({}, "accepted")):
        verifying = Verifying(policy_text(row("EdDSA")), jwks=published("EdDSA"))
        assert verdict(verifying, verifying.token()) == "accepted"
        verifying.jwks = {"keys": [], **named}
        verifying.clock.now += 299
        assert verdict(verifying, verifying.token()) == at_once
        verifying.clock.now += 1
        assert refusal(verifying, verifying.token()) == ("revoked_key" if named else "keys_unavailable")


def test_set_with_too_many_keys_is_refused_by_name(caplog: pytest.LogCaptureFixture) -> None:
    """The verdict, the message and the log name the reason."""
    keys = [{"kty": "OKP", "kid": str(each)} for each in range(256)]
    verifying = Verifying(jwks={"keys": [*published("EdDSA")["keys"], *keys]})
    with pytest.raises(TokenError, match=r"^the keys of the issuer are too many for a set$") as caught:
        verifying.verify(verifying.token())
    assert caught.value.verdict is Verdict.TOO_MANY_KEYS
    assert "JWK Set has more than 256 keys: got 257" in str(caught.value.__cause__)
    assert "JWK Set has more than 256 keys: got 257" in caplog.text
    verifying.jwks["keys"].pop()
    verifying.clock.now += 2
    assert verdict(verifying, verifying.token()) == "accepted"


def test_kid_that_names_a_key_of_another_algorithm_gains_nothing() -> None:
    """It neither accepts tokens of its former key, nor extends a deadline."""
    jwks = {"keys": [public_jwk(THIEF, "EdDSA", kid=STRONG.thumbprint())]}
    verifying = Verifying(jwks=jwks)
    forged = signed("EdDSA", verifying.claims(), {"alg": POST_QUANTUM, "kid": STRONG.thumbprint()}, THIEF)
    for token in (verifying.token(POST_QUANTUM), forged):
        assert refusal(verifying, token) == "wrong_algorithm"
    verifying.clock.now = DEADLINE.timestamp()
    forged = signed("EdDSA", verifying.claims(), {"kid": STRONG.thumbprint()}, THIEF)
    assert refusal(verifying, forged) == "past_deadline"


def test_replaced_keys_are_refused_by_their_thumbprints() -> None:
    """The attacker controls the set and gives a key the kid of a pinned one: a thumbprint is computed."""
    pins = [CLASSICAL.thumbprint()]
    rows = [*(row(name, thumbprints=pins) for name in ("EdDSA", POST_QUANTUM)), row("ES256")]
    verifying = Verifying(policy_text(*rows))  # a set without a key for any row would not be used at all
    assert verdict(verifying, verifying.token()) == "accepted"
    for name, key in (("EdDSA", THIEF), (POST_QUANTUM, signing_key(POST_QUANTUM, 1))):
        verifying.jwks = {"keys": [public_jwk(key, name, kid=pins[0]), *published("ES256")["keys"]]}
        verifying.clock.now += 150
        forged = signed(name, verifying.claims(), {"kid": pins[0]}, key)
        assert refusal(verifying, forged) == "not_allowed"


def test_unknown_kids_cause_one_fetch_per_cooldown() -> None:
    """Eight threads make a thousand look-ups of unknown kids in each cooldown."""
    verifying, begin = Verifying(), threading.Barrier(8)
    tokens = [signed("EdDSA", verifying.claims(), {"kid": str(each)}) for each in range(125)]

    def attack() -> None:
        begin.wait(60)
        for token in tokens:
            with suppress(TokenError):
                verifying.verify(token)

    for fetches in (1, 2, 3):
        threads = [threading.Thread(target=attack) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert verifying.fetches == fetches
        verifying.clock.now += 30
    assert {event.verdict for event in verifying.events} == {"unknown_key"}
    assert len(verifying.events) == 3000


def test_revoked_key_is_refused_within_max_age(tmp_path: Path) -> None:
    """Its earlier tokens are refused, and so are tokens that a thief signs later."""
    clock, policy = Clock(), policy_text(row("EdDSA", sign_from=START))
    with KeyRing.create(tmp_path / "ring", b"password", ["EdDSA"], clock=clock) as ring:
        verifying = Verifying(policy, jwks=ring.jwks(), max_age=ring.max_age)
        issuer = TokenIssuer(ring, MigrationPolicy.parse(policy), ISSUER)
        token, stolen = issuer.issue("frodo", AUDIENCE), load("EdDSA", ring.signing_key("EdDSA"))
        assert verdict(verifying, token) == "accepted"
        ring.revoke(stolen.thumbprint())
        verifying.jwks = ring.jwks()
        verifying.clock.now += ring.max_age
        assert refusal(verifying, token) == "revoked_key"
        assert refusal(verifying, signed("EdDSA", verifying.claims(), key=stolen)) == "revoked_key"
