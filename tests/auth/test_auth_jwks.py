"""The published keys of an issuer are fetched when they are needed, and only suitable keys are used."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from auth_fixtures import HYBRID, POST_QUANTUM, Clock, public_jwk, published, signing_key

from qynauth_pqc import PQCError, UnsupportedError
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.integrations.jose_composite import DRAFT

KEY = signing_key("EdDSA")
KID = KEY.thumbprint()
JWK = public_jwk(KEY, "EdDSA")
STRONG = public_jwk(signing_key(POST_QUANTUM), POST_QUANTUM)
REQUIRED = frozenset({POST_QUANTUM})


class Issuer:
    """The published set of an issuer, which a test changes, and the number of requests for it."""

    def __init__(self, *jwks: object) -> None:
        """Publish some keys."""
        self.answer: Any = {"keys": list(jwks) or [JWK]}
        self.clock, self.fetches = Clock(), 0

    def fetch(self) -> Any:
        """Return the answer, or raise it."""
        self.fetches += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def cache(self, **options: Any) -> JWKSCache:
        """Return a cache of these keys."""
        return JWKSCache(self.fetch, clock=self.clock, **options)


# Time


def test_set_is_fetched_when_it_is_needed_and_again_after_half_its_time() -> None:
    """It is not fetched earlier, nor for each use."""
    issuer = Issuer()
    cache = issuer.cache()
    fetched = [issuer.fetches]
    for seconds in (0, 149, 1, 0, 149, 1):
        issuer.clock.now += seconds
        assert cache.key(KID)
        fetched.append(issuer.fetches)
    assert fetched == [0, 1, 1, 2, 2, 2, 3]


def test_stale_set_is_used_until_max_age_and_no_longer() -> None:
    """After that each use is an error, until a fetch succeeds."""
    issuer = Issuer()
    cache, good = issuer.cache(), issuer.answer
    cache.key(KID)
    issuer.answer = OSError("the server is down")
    issuer.clock.now += 299.9
    assert cache.key(KID)
    issuer.clock.now += 0.1
    with pytest.raises(JWKSError, match=r"unusable or older than 300 seconds: OSError: the server is down$"):
        cache.key(KID)
    issuer.clock.now += 30
    issuer.answer = good
    assert cache.key(KID)


def test_age_counts_from_the_question() -> None:
    """A server that takes its time does not make a set younger."""
    issuer = Issuer()

    def slow() -> Any:
        issuer.clock.now += 0 if issuer.fetches else 200
        return issuer.fetch()

    cache = JWKSCache(slow, clock=issuer.clock)
    cache.key(KID)
    issuer.clock.now += 99
    issuer.answer = OSError()
    cache.key(KID)
    issuer.clock.now += 1
    with pytest.raises(JWKSError):
        cache.key(KID)


def test_unknown_kid_fetches_once_per_cooldown() -> None:
    """A key that is new by then is found."""
    issuer = Issuer()
    cache = issuer.cache()
    for _ in range(100):
        assert cache.key("another") is None
    assert issuer.fetches == 1
    issuer.clock.now += 30
    issuer.answer = {"keys": [JWK, {**STRONG, "kid": "another"}]}
    found = cache.key("another")
    assert (issuer.fetches, found and found.algorithms[0].name) == (2, POST_QUANTUM)


def test_cooldown_is_at_most_half_of_max_age() -> None:
    """Otherwise a set would expire before it may be fetched again."""
    issuer = Issuer()
    cache = issuer.cache(max_age=10)
    for _ in range(20):
        assert cache.key(KID)
        issuer.clock.now += 5
    assert issuer.fetches == 20


def test_revoked_key_is_gone_after_max_age() -> None:
    """It is gone by then in any case, and after half of max_age if the server can be reached."""
    issuer = Issuer(JWK, STRONG)
    cache = issuer.cache()
    cache.key(KID)
    issuer.answer = {"keys": [STRONG]}
    issuer.clock.now += 149
    assert cache.key(KID)
    issuer.clock.now += 1
    assert cache.key(KID) is None


# Threads


def test_others_use_the_set_while_one_thread_fetches() -> None:
    """They use it also for an unknown kid, which is unknown then."""
    issuer, asked, answered = Issuer(), threading.Event(), threading.Event()

    def slow() -> Any:
        if issuer.fetches:
            asked.set()
            assert answered.wait(60)
        return issuer.fetch()

    cache = JWKSCache(slow, clock=issuer.clock)
    cache.key(KID)
    issuer.clock.now += 150
    thread = threading.Thread(target=cache.key, args=(KID,))
    thread.start()
    assert asked.wait(60)
    assert cache.key(KID)
    assert cache.key("another") is None
    answered.set()
    thread.join()
    assert issuer.fetches == 2


class Watched:
    """A lock that shows that somebody is about to wait for it."""

    def __init__(self) -> None:
        """Make a lock that is free."""
        self._lock, self.waiting = threading.Lock(), threading.Semaphore(0)
        self.release = self._lock.release

    def acquire(self, *, blocking: bool) -> bool:
        """Lock it."""
        if blocking:
            self.waiting.release()
        return self._lock.acquire(blocking=blocking)


def test_threads_without_a_set_wait_for_one_fetch() -> None:
    """They ask once, not each, and find the key."""
    issuer, found, lock = Issuer(), [], Watched()

    def use() -> None:
        found.append(cache.key(KID))

    threads = [threading.Thread(target=use) for _ in range(8)]

    def fetch() -> Any:
        for thread in threads[1:]:
            thread.start()
        assert all(lock.waiting.acquire(timeout=300) for _ in threads)
        return issuer.fetch()

    cache = JWKSCache(fetch, clock=issuer.clock)
    vars(cache)["_fetching"] = lock
    threads[0].start()
    for thread in threads:
        thread.join()
    assert (issuer.fetches, len(found), all(found)) == (1, 8, True)


# Keys


def test_each_algorithm_is_found_with_its_thumbprint() -> None:
    """The thumbprint is computed: the kid of the set is only a name."""
    names = ("EdDSA", "ES256", HYBRID, POST_QUANTUM)
    jwks = [{**public_jwk(signing_key(name), name), "kid": f"the {name} key"} for name in names]
    for answer in ({"keys": jwks}, json.dumps({"keys": jwks}), json.dumps({"keys": jwks}).encode()):
        cache = JWKSCache(lambda answer=answer: answer, experimental=DRAFT)  # type: ignore[misc]
        for name in names:
            found = cache.key(f"the {name} key")
            assert found is not None
            assert [each.name for each in found.algorithms] == [name] == [*found.verify]
            assert found.thumbprint == signing_key(name).thumbprint()


def test_hybrid_keys_are_skipped_without_the_draft() -> None:
    """Another draft is an error."""
    kid = signing_key(HYBRID).thumbprint()
    assert JWKSCache(lambda: published(HYBRID)).key(kid) is None
    assert JWKSCache(lambda: published(HYBRID), experimental=DRAFT).key(kid)
    with pytest.raises(UnsupportedError):
        JWKSCache(published, experimental="another")


UNUSABLE: list[dict[str, object]] = [
    {"kty": "EC"},
    {"kty": None},
    {"kty": "oct2"},
    {"crv": "Ed448"},
    {"crv": ["Ed25519"]},
    {"alg": "ES256"},
    {"alg": None},
    {"x": None},
    {"x": 1},
    {"x": "\ud800"},
    {"x": "AAAA"},
    {"x": str(JWK["x"])[:-1] + "/"},
    {"use": "enc"},
    {"use": ["sig"]},
    {"key_ops": ["sign"]},
    {"key_ops": "verify"},
    {"kid": None},
    {"kid": 1},
    {"kid": ["a list"]},
]


@pytest.mark.parametrize("wrong", UNUSABLE, ids=str)
def test_unusable_key_is_skipped(wrong: dict[str, object]) -> None:
    """RFC 7517, section 5, advises this; the other keys of the set are used."""
    cache = Issuer({**JWK, **wrong}, STRONG).cache()
    assert cache.key(STRONG["kid"])
    assert cache.key(str(wrong.get("kid", KID))) is None


@pytest.mark.parametrize(
    "wrong",
    [{"x": "AA"}, {"y": "A" * 43}, {"x": "A" * 4000}, {"y": ""}, {"crv": "P-384"}, {"kty": "OKP"}, {"alg": "ES384"}],
    ids=str,
)
def test_unusable_point_is_skipped(wrong: dict[str, object]) -> None:
    """A key with a point that is not on the curve is skipped, for example."""
    cache = Issuer({**public_jwk(signing_key("ES256"), "ES256"), "kid": "ec", **wrong}).cache()
    assert cache.key("ec") is None


def test_other_members_of_a_key_are_not_looked_at() -> None:
    """They are ignored, for example a chain of certificates that joserfc would refuse."""
    assert Issuer({**JWK, "x5c": 1, "x5u": [], "nonsense": {}}).cache().key(KID)


REFUSED: dict[str, tuple[Any, str]] = {
    "private": ({"keys": [JWK, {**KEY.as_dict(private=True), "kid": "1"}]}, "it has the private member d"),
    "symmetric": ({"keys": [JWK, {"kty": "oct", "k": "AAAA", "kid": "1"}]}, "it has the private member k"),
    "many": ({"keys": [{**JWK, "kid": str(each)} for each in range(10_000)]}, "more than 256 keys: got 10000"),
    "long": (json.dumps({"keys": [JWK]}) + " " * 1048576, "longer than 1048576 characters: got 1048"),
    "long, bytes": ("é".encode() * 524289, "longer than 1048576 bytes: got at least 1048578"),
    "not JSON": ("<html>", "not a JSON object"),
    "no UTF-8": (b"\xff", "not a JSON object"),
    "twice": ('{"keys": [], "keys": []}', "not a JSON object in UTF-8 with unique member names"),
    "deep": ('{"keys": ' + "[" * 100_000, "not a JSON object"),
    "digits": ('{"keys": [], "n": ' + "9" * 5000 + "}", "not a JSON object"),
    "empty": (b"", "not a JSON object"),
    "list": ("[]", "not a JSON object"),
    "no list": ({"keys": JWK}, "no list of JWKs"),
    "numbers": ({"keys": [1]}, "no list of JWKs"),
    "no keys": ({}, "no list of JWKs"),
    "nothing": (None, "TypeError: what fetch returns must be Mapping or str or bytes, not NoneType"),
    "error": (RuntimeError("x" * 1000), "RuntimeError: x{200}$"),
}


@pytest.mark.parametrize(("answer", "message"), REFUSED.values(), ids=list(REFUSED))
def test_set_is_refused_as_a_whole(answer: Any, message: str) -> None:
    """The previous set stays until its time is over."""
    issuer = Issuer()
    cache = issuer.cache()
    cache.key(KID)
    issuer.answer = answer
    issuer.clock.now += 299
    assert cache.key(KID)
    issuer.clock.now += 30
    with pytest.raises(JWKSError, match=message) as caught:
        cache.key(KID)
    assert len(str(caught.value)) < 400


def test_most_keys_is_a_parameter() -> None:
    """Unusable keys count too."""
    many = [{"kty": "new", "kid": str(each)} for each in range(3)]
    assert Issuer(*many).cache(max_keys=3).key(KID) is None
    with pytest.raises(JWKSError, match="more than 2 keys: got 3"):
        Issuer(*many).cache(max_keys=2).key(KID)


def test_set_without_required_keys_is_refused() -> None:
    """Verifiers that require the keys use the previous set until its time is over, then the new one."""
    issuer = Issuer(JWK, STRONG)
    cache = issuer.cache()
    cache.key(KID, REQUIRED)
    issuer.answer = {"keys": [JWK, {**STRONG, "pub": STRONG["pub"][:-4]}]}
    issuer.clock.now += 299
    assert cache.key(STRONG["kid"], REQUIRED)
    issuer.clock.now += 30
    assert cache.key(KID, REQUIRED)
    with pytest.raises(JWKSError, match="it has no key for ML-DSA-65, which the policy requires"):
        cache.key(STRONG["kid"], REQUIRED)


def test_kid_of_two_keys_names_none() -> None:
    """This holds if both keys are usable or one is; the other keys of the set are used."""
    for twin in ({**STRONG, "kid": KID}, {"kty": "new", "kid": KID}, JWK):
        for pair in ([JWK, twin], [twin, JWK]):
            cache = Issuer(*pair, STRONG).cache()
            assert cache.key(KID) is None
            assert cache.key(STRONG["kid"])
    assert Issuer(JWK, JWK, JWK, STRONG).cache().key(KID) is None


def test_set_that_was_fetched_for_others_does_not_do_where_keys_are_required() -> None:
    """The next fetch is soon, but not at each use; the error does not name an older failure."""
    issuer = Issuer()
    cache, good = issuer.cache(), issuer.answer
    issuer.answer = OSError("an older failure")
    with pytest.raises(JWKSError, match="an older failure"):
        cache.key(KID)
    issuer.answer, issuer.fetches = good, 0
    issuer.clock.now += 30
    assert cache.key(KID)
    for _ in range(10):
        with pytest.raises(JWKSError, match="it has no key for "):
            cache.key(STRONG["kid"], REQUIRED)
    assert issuer.fetches == 1
    issuer.clock.now += 30
    issuer.answer = {"keys": [JWK, STRONG]}
    assert cache.key(STRONG["kid"], REQUIRED)


def test_verifiers_that_share_a_cache_do_not_disturb_each_other() -> None:
    """A set without the keys of one verifier serves the others; that one uses the previous set."""
    issuer = Issuer(JWK, STRONG)
    cache = issuer.cache()
    cache.key(KID, REQUIRED)
    issuer.answer = {"keys": [JWK]}
    issuer.clock.now += 160
    assert cache.key(STRONG["kid"], REQUIRED)  # and fetches the stripped set, as each use does after a cooldown
    assert cache.key(STRONG["kid"]) is None
    issuer.clock.now += 130
    assert cache.key(STRONG["kid"], REQUIRED)
    for _ in range(20):
        issuer.clock.now += 31
        with pytest.raises(JWKSError, match="it has no key for ML-DSA-65"):
            cache.key("unknown", REQUIRED)
        assert cache.key(KID)


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan"), float("inf")])
def test_max_age_must_be_a_time(wrong: float) -> None:
    """With zero, no set could ever be used."""
    with pytest.raises(JWKSError, match="max_age above 0"):
        JWKSCache(dict, max_age=wrong)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_cooldown_must_be_a_time(wrong: float) -> None:
    """Anything else would be no limit."""
    with pytest.raises(JWKSError, match="cooldown from 0 seconds"):
        JWKSCache(dict, cooldown=wrong)


def test_slow_failures_are_not_repeated_by_those_who_wait() -> None:
    """The cooldown begins when a fetch ends: otherwise each thread would fetch in turn."""
    issuer = Issuer()
    cache = issuer.cache()

    def fail_slowly() -> Any:
        issuer.fetches += 1
        issuer.clock.now += 40
        raise OSError("slow")

    cache._fetch = fail_slowly
    for _ in range(5):
        with pytest.raises(JWKSError, match="OSError: slow"):
            cache.key(KID)
    assert issuer.fetches == 1


def test_set_that_took_longer_than_its_time_is_not_used() -> None:
    """The error says so."""
    issuer = Issuer()
    cache = issuer.cache()

    def fetch_slowly() -> Any:
        issuer.clock.now += 301
        return {"keys": [JWK]}

    cache._fetch = fetch_slowly
    with pytest.raises(JWKSError, match="it took too long to fetch"):
        cache.key(KID)


def test_url_in_the_place_of_a_function_is_refused() -> None:
    """It is refused at once, not by the first token."""
    with pytest.raises(TypeError, match=r"fetch must be a function, not str; from_url\(\) takes a URL"):
        JWKSCache("https://login.example/jwks.json")  # type: ignore[arg-type]


def test_failure_is_shown_without_control_characters() -> None:
    """Text from a server gets into logs."""
    issuer = Issuer()
    issuer.answer = OSError("\x1b[31mred\r\nnext line")
    with pytest.raises(JWKSError, match=r"OSError: \?\[31mred\?\?next line$"):
        issuer.cache().key(KID)


def test_errors_are_of_the_tree() -> None:
    """One except clause catches them."""
    assert issubclass(JWKSError, PQCError)
