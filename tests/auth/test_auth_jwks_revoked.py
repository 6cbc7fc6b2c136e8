"""A key that a set names as revoked is refused, and one false set does no lasting harm."""

from __future__ import annotations

import pytest
from auth_fixtures import (
    POST_QUANTUM,
    Clock,
    Verifying,
    published,
    refusal,
    signed,
    verdict,
)
from test_auth_jwks_times import KID, SET

from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import REVOKED, JWKSCache


def test_key_that_was_revoked_does_not_come_back(caplog: pytest.LogCaptureFixture) -> None:
    """Neither its kid nor another one brings it back; the log warns the operator."""
    verifying = Verifying()
    old, token = verifying.jwks, verifying.token()
    assert verdict(verifying, token) == "accepted"
    verifying.jwks = {"keys": [jwk for jwk in old["keys"] if jwk["kid"] != KID], REVOKED: [KID]}
    for _ in range(2):
        verifying.clock.now += 150
        assert refusal(verifying, token) == "revoked_key"
    assert caplog.messages == [f"the JWK Set names 1 of its keys as revoked; their tokens are refused now: {KID}"]
    verifying.jwks = old
    verifying.clock.now += 150
    assert refusal(verifying, token) == "revoked_key"
    back = f"the JWK Set has 1 of its revoked keys again, which are not used: {KID}; check the issuer's ring"
    assert caplog.messages[1:] == [back]
    verifying.jwks = {"keys": [*old["keys"], {**SET["keys"][0], "kid": "new name"}]}
    verifying.clock.now += 150
    assert refusal(verifying, signed("EdDSA", verifying.claims(), {"kid": "new name"})) == "unknown_key"
    assert verdict(verifying, verifying.token(POST_QUANTUM)) == "accepted"


def test_revoked_key_is_refused_though_an_older_set_has_it() -> None:
    """The older set is used because the newer one lacks a required algorithm."""
    clock, answers = Clock(), [{"keys": SET["keys"], REVOKED: [KID]}, published("EdDSA", POST_QUANTUM)]
    cache = JWKSCache(answers.pop, clock=clock)
    assert cache.key(KID, frozenset({POST_QUANTUM}))
    clock.now += 150
    assert cache.key(KID, frozenset({POST_QUANTUM})) is None
    assert cache.is_revoked(KID)


def test_token_of_a_revoked_key_causes_no_fetch() -> None:
    """A token of an unknown key would cause one."""
    verifying = Verifying(jwks={**published(), REVOKED: ["gone"]})
    verifying.token()
    token = signed("EdDSA", verifying.claims(), {"kid": "gone"})
    assert refusal(verifying, token) == "revoked_key"
    verifying.clock.now += 100
    assert refusal(verifying, token) == "revoked_key"
    assert verifying.fetches == 1


@pytest.mark.parametrize("wrong", [None, "kid", {"kid": 1}, [1], [["kid"]]], ids=str)
def test_list_of_revoked_keys_must_be_one(wrong: object) -> None:
    """Otherwise the set is refused, since its meaning is unknown."""
    cache = JWKSCache(lambda: {**SET, REVOKED: wrong})
    with pytest.raises(JWKSError, match="the member qynauth_revoked of the JWK Set is not a list of kids"):
        cache.key(KID)


def test_one_set_of_an_impostor_does_no_lasting_harm(caplog: pytest.LogCaptureFixture) -> None:
    """It names every kid, and the issuer's own sets are back after it: an hour later, all is as before."""
    verifying = Verifying()
    own, tokens = verifying.jwks, [verifying.token(), verifying.token(POST_QUANTUM)]
    assert {verdict(verifying, token) for token in tokens} == {"accepted"}
    verifying.jwks = {"keys": [], REVOKED: [jwk["kid"] for jwk in own["keys"]]}
    verifying.clock.now += 150
    assert {verdict(verifying, token) for token in tokens} == {"revoked_key"}
    assert caplog.messages[0].startswith("the JWK Set names 4 of its keys as revoked; their tokens are refused now: ")
    verifying.jwks = own
    verifying.clock.now += 3599
    tokens = [verifying.token(), verifying.token(POST_QUANTUM)]
    assert {verdict(verifying, token) for token in tokens} == {"revoked_key"}
    verifying.clock.now += 1 + 30  # and the pause before an unknown kid is looked up again
    assert {verdict(verifying, token) for token in tokens} == {"accepted"}


def test_revoked_key_is_remembered_for_a_hundred_times_as_long_as_it_was_named() -> None:
    """It is not remembered longer, unless another set names it."""
    clock, sets = Clock(), [{**SET, REVOKED: ["gone"]}, {**SET, REVOKED: ["gone"]}]
    cache = JWKSCache(lambda: sets.pop() if sets else SET, clock=clock)
    cache.key(KID)
    clock.now += 150
    cache.key(KID)
    for seconds, expected in ((18_599, True), (1, False)):
        clock.now += seconds
        assert (cache.key(KID) is not None, cache.is_revoked("gone")) == (True, expected)
    sets.append({**SET, REVOKED: ["gone"]})  # after sets that do not name it, it begins again
    clock.now += 300
    assert cache.key("gone") is None
    clock.now += 3600
    assert not cache.is_revoked("gone")
    sets.append({**SET, REVOKED: ["gone"]})  # nothing was fetched in between, so this is the first one again
    assert cache.key("gone") is None
    clock.now += 3600
    assert not cache.is_revoked("gone")


def test_memory_of_revoked_keys_has_a_bound() -> None:
    """It holds the 4096 kids with the longest refusals, none longer than a kid of a token can be."""
    clock, named = Clock(), [f"own {each}" for each in range(200)]
    cache = JWKSCache(lambda: {**SET, REVOKED: [*named, "k" * 513]}, clock=clock)
    cache.key(KID)
    clock.now += 150
    cache.key(KID)
    named[:] = [f"junk {each}" for each in range(10_000)]
    clock.now += 150
    cache.key(KID)
    assert len(cache._revoked) == 4096
    assert all(cache.is_revoked(f"own {each}") for each in range(200))
    assert cache.is_revoked("junk 9999")
    assert not cache.is_revoked("k" * 513)
