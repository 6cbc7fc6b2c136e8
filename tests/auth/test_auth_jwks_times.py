"""A set is used as long as its server allows, through failures, forks and background fetches; revoked keys are not."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from functools import partial
from math import inf
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from auth_fixtures import (
    POST_QUANTUM,
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

from qynauth_pqc.auth import _background
from qynauth_pqc.auth._background import _Tended
from qynauth_pqc.auth._jwks_http import max_age
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import REVOKED, SHORTEST_USE, FetchedSet, JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy_file import PolicyFile
from qynauth_pqc.auth.replay import ReplayCache

KEY = signing_key("EdDSA")
KID = KEY.thumbprint()
SET = {"keys": [public_jwk(KEY, "EdDSA")]}

# Statements of a server


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


# Forks


def in_child(work: Any) -> int:
    """Run a function in a forked child, which is killed after a minute, and return how it ends."""
    child = os.fork()
    if not child:
        signal.alarm(60)
        try:
            os._exit(0 if work() else 1)
        except BaseException:  # noqa: BLE001 - the child must not go on with the tests
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_child_that_was_forked_during_a_fetch_fetches_by_itself() -> None:
    """The thread that holds the lock is not in the child, and would never release it."""
    asked, answered = threading.Event(), threading.Event()
    parent = os.getpid()

    def fetch() -> Any:
        if os.getpid() == parent:
            asked.set()
            assert answered.wait(60)
        return SET

    cache = JWKSCache(fetch)
    thread = threading.Thread(target=cache.key, args=(KID,))
    thread.start()
    assert asked.wait(60)
    assert in_child(lambda: cache.key(KID) is not None) == 0
    answered.set()
    thread.join()
    assert cache.key(KID)


def test_child_has_a_new_lock_in_a_replay_cache() -> None:
    """The lock is new, as in the cache of a set."""
    cache = ReplayCache()
    with cache._changing:
        assert in_child(lambda: cache.add(b"name", 2e10)) == 0


def test_child_has_new_locks_in_a_key_ring(tmp_path: Path) -> None:
    """A worker is forked while the server reads the ring, and signs and publishes."""
    with KeyRing.create(tmp_path / "ring", b"password", ["EdDSA"]) as ring, ring._reading, ring._loading:
        assert in_child(lambda: ring.jwks()["keys"] and ring.signing_key("EdDSA")) == 0


def test_child_follows_a_policy_file(tmp_path: Path) -> None:
    """The child may be forked while its parent checks the file."""
    path = tmp_path / "policy.toml"
    path.write_text(policy_text(row("EdDSA")))
    policy = PolicyFile(path, interval=0)
    with policy._looking:
        path.write_text(policy_text(row(POST_QUANTUM)))
        assert in_child(lambda: policy.current().rows[0].algorithm.name == POST_QUANTUM) == 0


# In the background


def test_set_is_fetched_in_the_background_before_it_expires() -> None:
    """It is fetched without a use, by a thread of the cache, and no use waits."""
    clock, threads = Clock(), SimpleQueue[str]()

    def fetch() -> Any:
        threads.put(threading.current_thread().name)
        return SET

    cache = JWKSCache(fetch, max_age=0.2, background=True, clock=clock)
    assert cache.key(KID)
    threads.get(timeout=300)
    for _ in range(2):
        with cache._fetching:  # the time does not change during a fetch
            clock.now += 0.1
        assert threads.get(timeout=300) == "qynauth-pqc-jwks"
    assert cache.key(KID)


def test_clock_that_fails_does_not_stop_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sets of the other caches are fetched as before."""
    monkeypatch.setattr(_background, "TENDED", tended := _Tended())
    again = SimpleQueue[None]()

    def broken() -> float:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError
        return 0.0

    def fetch() -> dict[str, Any]:
        again.put(None)
        return SET

    caches = [JWKSCache(lambda: SET, background=True, clock=broken), JWKSCache(fetch, background=True, max_age=0.2)]
    assert all(each.key(KID) for each in caches)
    for _ in range(2):
        again.get(timeout=300)
    assert tended.thread
    assert tended.thread.is_alive()


def test_interrupted_fetch_is_not_repeated_at_once_in_the_background() -> None:
    """It is due again after a second."""
    clock, answers = Clock(), [SET, KeyboardInterrupt(), SET]

    def fetch() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    cache = JWKSCache(fetch, clock=clock)
    assert cache.key(KID)
    clock.now += 200
    with pytest.raises(KeyboardInterrupt):
        cache.fetch_if_due()
    assert cache.fetch_if_due() == pytest.approx(1)
    clock.now += 1.1
    assert cache.fetch_if_due() == pytest.approx(150)


def test_token_does_not_wait_for_the_background() -> None:
    """The previous set serves during a fetch."""
    asked, answered, clock = threading.Event(), threading.Event(), Clock()
    fetches = []

    def fetch() -> Any:
        fetches.append(threading.current_thread().name)
        if len(fetches) > 1:
            asked.set()
            assert answered.wait(60)
        return SET

    cache = JWKSCache(fetch, background=True, clock=clock)
    assert cache.key(KID)
    clock.now += 200
    cache.renew()  # as a fork does: the thread that waits by the old time is forgotten, and a new one looks at once
    assert cache.key(KID)
    assert asked.wait(60)
    assert cache.key(KID)
    answered.set()
    assert fetches[1] == "qynauth-pqc-jwks"


def test_token_needs_no_thread_where_the_system_has_none_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fetches by itself, and the next one starts the thread."""
    monkeypatch.setattr(_background, "TENDED", _Tended())
    cache, before = JWKSCache(lambda: SET, background=True), threading.stack_size(1 << 46)
    try:
        with pytest.raises(RuntimeError):
            threading.Thread().start()
        assert cache.key(KID)
        assert not cache._tended
    finally:
        threading.stack_size(before)
    assert cache.key(KID)
    assert cache._tended


def test_child_fetches_in_a_thread_of_its_own() -> None:
    """The threads of its parent do not exist in it."""
    parent, again, clock = os.getpid(), threading.Event(), Clock()

    def fetch() -> Any:
        if os.getpid() != parent and threading.current_thread().name == "qynauth-pqc-jwks":
            again.set()
        return SET

    def work() -> bool:
        clock.now += 200  # not before the fork: the thread of the parent may fetch then
        return cache.key(KID) is not None and again.wait(50)

    cache = JWKSCache(fetch, background=True, clock=clock)
    assert cache.key(KID)
    assert in_child(work) == 0


def test_thread_ends_with_the_last_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not keep the caches alive, except while their sets are fetched."""
    tended = _Tended()
    monkeypatch.setattr(_background, "TENDED", tended)
    caches = [JWKSCache(lambda: SET, background=True) for _ in range(2)]
    assert all(cache.key(KID) for cache in caches)
    thread = tended.thread
    assert thread is not None
    assert thread.is_alive()
    while caches:
        assert tended.thread is thread
        gone = threading.Event()
        weakref.finalize(caches.pop(), gone.set)
        for _ in range(300):
            settle()
            if gone.wait(1):
                break
        assert gone.is_set()
    thread.join(300)
    assert not thread.is_alive()
    cache = JWKSCache(lambda: SET, background=True)
    assert cache.key(KID)
    assert tended.thread not in (None, thread)


def test_caches_share_the_thread_that_watches_their_times() -> None:
    """Two thousand caches have one thread more, and their sets are fetched although thirty servers hang."""
    clock, fetched, hung, go_on = Clock(), SimpleQueue[int](), SimpleQueue[int](), threading.Event()

    def fetch(number: int) -> Any:
        if clock.now > begin and number < 30:
            hung.put(number)
            assert go_on.wait(300)
        fetched.put(number)
        return SET

    begin = clock.now
    before = threading.active_count()
    caches = [JWKSCache(partial(fetch, each), background=True, max_age=0.2, clock=clock) for each in range(2000)]
    assert all(cache.key(KID) for cache in caches)
    assert threading.active_count() - before <= 1
    clock.now += 0.1
    assert {fetched.get(timeout=300) for _ in range(2000)} == set(range(2000))
    assert {fetched.get(timeout=300) for _ in range(1970)} == set(range(30, 2000))
    assert {hung.get(timeout=300) for _ in range(30)} == set(range(30))
    go_on.set()


# Sets in memory


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


# Revoked keys


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
