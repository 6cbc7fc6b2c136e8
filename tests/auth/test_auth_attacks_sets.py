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
from jose_keys import load

from qynauth_pqc.auth.errors import TokenError
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.tokens import TokenIssuer

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
    assert refusal(verifying, verifying.token(POST_QUANTUM)) in {"keys_unavailable", "wrong_algorithm"}
    there = CLASSICAL.thumbprint() in [jwk.get("kid") for jwk in keys] and len(keys) <= 3
    usable = there and not any("d" in jwk for jwk in keys)
    assert verdict(verifying, verifying.token()) == ("accepted" if usable else "keys_unavailable")
    verifying.clock.now = DEADLINE.timestamp()
    assert refusal(verifying, verifying.token()) == ("past_deadline" if usable else "keys_unavailable")


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
    verifying = Verifying(policy_text(row("EdDSA", thumbprints=pins), row(POST_QUANTUM, thumbprints=pins)))
    assert verdict(verifying, verifying.token()) == "accepted"
    for name, key in (("EdDSA", THIEF), (POST_QUANTUM, signing_key(POST_QUANTUM, 1))):
        verifying.jwks = {"keys": [public_jwk(key, name, kid=pins[0])]}
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
