"""Sets are fetched in the background, one thread watches the times of all caches, and a child has its own."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from auth_fixtures import (
    POST_QUANTUM,
    Clock,
    policy_text,
    row,
)
from conftest import settle
from test_auth_jwks_times import KID, SET

from qynauth_pqc.auth import _background
from qynauth_pqc.auth._background import _Tended
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy_file import PolicyFile
from qynauth_pqc.auth.replay import ReplayCache

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
