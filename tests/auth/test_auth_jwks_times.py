"""A set is used as long as its server and the caller allow; a fetch that fails is tried again later."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from auth_fixtures import (
    POST_QUANTUM,
    Clock,
    Verifying,
    public_jwk,
    published,
    refusal,
    signing_key,
    verdict,
)

from qynauth_pqc.auth._jwks_http import max_age
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import SHORTEST_USE, FetchedSet, JWKSCache

KEY = signing_key("EdDSA")
KID = KEY.thumbprint()
SET = {"keys": [public_jwk(KEY, "EdDSA")]}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *(("", inf), ("public", inf), ("max-age=20", 20), ("public, max-age=20", 20), ("Max-Age=20, public", 20)),
        *(('max-age="20"', 20), ("max-age=20, max-age=10", 10), ("s-maxage=5, max-age=20", 20), ("max-age=0", 0)),
        *(("no-store", 0), ("max-age=20, no-store", 0), ("no-cache, max-age=20", 0), ('no-cache="Age"', 0)),
        *(("max-age", 0), ("max-age=", 0), ("max-age=-1", 0), ("max-age=1.5", 0), ("max-age=\u0662", 0)),
        *(("max-age=1e3", 0), ("x-max-age=20", inf), ("max-age=" + "9" * 400, inf)),
    ],
)
def test_header_says_for_how_long(header: str, seconds: float) -> None:
    """RFC 9111, section 5.2.2, defines it; an unreadable value is stale."""
    assert max_age(header) == seconds


@pytest.mark.parametrize(
    ("limit", "age", "used"),
    [
        (20, 0, 20),
        (20, 15, SHORTEST_USE),
        (20, 12, 8),
        (20, 90, SHORTEST_USE),
        (20, -5, 20),
        (0, 0, SHORTEST_USE),
        (inf, 0, 300),
        (inf, 100, 200),
        (600, 0, 300),
        (600, 290, 10),
        (inf, inf, SHORTEST_USE),
    ],
)
def test_set_is_used_for_as_long_as_its_server_says(limit: float, age: float, used: float) -> None:
    """The age in caches is subtracted, the caller's limit applies, and not every token causes a fetch."""
    clock, answers = Clock(), [FetchedSet(SET, limit, age)]
    cache = JWKSCache(answers.pop, clock=clock)
    assert cache.key(KID)
    clock.now += used - 0.001
    assert cache.key(KID)
    clock.now += 0.001
    with pytest.raises(JWKSError):
        cache.key(KID)


def test_shortest_use_is_no_longer_than_the_limit() -> None:
    """The caller may set a shorter limit."""
    clock = Clock()
    cache = JWKSCache(lambda: FetchedSet(SET, 0), clock=clock, max_age=2)
    for _ in range(10):
        assert cache.key(KID)
        clock.now += 2


def test_set_that_may_not_be_kept_is_not_fetched_for_each_token() -> None:
    """A hundred tokens in a second cause one fetch."""
    clock, fetches = Clock(), []
    cache = JWKSCache(lambda: fetches.append(1) or FetchedSet(SET, 0), clock=clock)  # type: ignore[func-returns-value]
    for _ in range(100):
        assert cache.key(KID)
        clock.now += 0.01
    assert len(fetches) == 1


def test_first_fetch_that_fails_blocks_for_a_second() -> None:
    """It does not block for the whole cooldown; a success resets the count of failures."""
    verifying = Verifying()
    good, verifying.jwks = verifying.jwks, OSError("starting")
    token = verifying.token()
    for _ in range(2):
        for seconds in (0, 1.5):  # and so the second failure is 2 to 3 seconds
            verifying.clock.now += seconds
            verifying.jwks = OSError("starting")
            assert refusal(verifying, token) == "keys_unavailable"
        verifying.jwks = good
        assert refusal(verifying, token) == "keys_unavailable"
        verifying.clock.now += 3
        token = verifying.token()
        assert verdict(verifying, token) == "accepted"
        verifying.clock.now += 300
        token = verifying.token()


def test_failed_fetch_is_tried_again_once_per_cooldown() -> None:
    """This holds without a set too, so that tokens do not flood a server that is down.

    The wait is a second first, doubles, has up to half of it more by chance, and ends at the cooldown.
    """
    verifying = Verifying(jwks=OSError())
    token = verifying.token()

    def fetches_after(seconds: float) -> int:
        verifying.clock.now += seconds
        assert refusal(verifying, token) == "keys_unavailable"
        return verifying.fetches

    assert [fetches_after(0), fetches_after(0)] == [1, 1]
    for number, shortest in enumerate((1, 2, 4, 8, 16, 30, 30), 1):
        assert fetches_after(shortest - 0.001) == number
        assert fetches_after(min(shortest / 2, 30 - shortest) + 0.002) == number + 1


def test_fetch_that_is_interrupted_blocks_nothing() -> None:
    """It is no failure of the server: the next token fetches at once."""
    answers: list[Any] = [KeyboardInterrupt(), SET]

    def fetch() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    cache = JWKSCache(fetch)
    with pytest.raises(KeyboardInterrupt):
        cache.key(KID)
    assert cache.key(KID)


def test_cache_keeps_only_sets_that_may_be_needed() -> None:
    """It keeps an older set for algorithms that newer sets lack, until its time is over."""
    weak, strong = published("EdDSA"), published("EdDSA", POST_QUANTUM)
    clock, answers = Clock(), [weak, weak, weak, strong, strong]
    cache, kept = JWKSCache(answers.pop, clock=clock), []
    for _ in range(5):
        assert cache.key(KID)
        kept.append(len(cache._sets))
        clock.now += 150
    assert kept == [1, 1, 2, 1, 1]
