"""Tokens that coroutines verify: the event loop continues while keys are fetched, and no thread verifies."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from auth_fixtures import POST_QUANTUM, Verifying, published, signed
from conftest import settle

from qynauth_pqc.auth._threads import FETCHES, Threads
from qynauth_pqc.auth.errors import TokenError, Verdict


def held(verifying: Verifying) -> tuple[threading.Event, threading.Event]:
    """Let a fetch in another thread wait; return the event of its start, and the event for which it waits."""
    fetch, started, go_on = verifying.keys._fetch, threading.Event(), threading.Event()

    def slowly() -> object:
        started.set()
        assert threading.current_thread() is not threading.main_thread()
        assert go_on.wait(300)
        return fetch()

    vars(verifying.keys)["_fetch"] = slowly
    return started, go_on


def test_event_loop_goes_on_while_the_keys_are_fetched() -> None:
    """The fetch ends when another coroutine has run, and would never end if it blocked the loop."""
    verifying = Verifying()
    started, go_on = held(verifying)

    async def main() -> str:
        task = asyncio.create_task(verifying.verifier.verify_async(verifying.token(POST_QUANTUM)))
        await asyncio.to_thread(started.wait, 300)
        assert not task.done()
        go_on.set()
        return (await task).algorithm

    assert asyncio.run(main()) == POST_QUANTUM


def test_token_whose_key_is_there_needs_no_thread() -> None:
    """The loop has no thread left here, and an unknown kid needs none either so soon after a fetch."""
    verifying = Verifying()
    verifying.verify(verifying.token())

    async def main() -> None:
        without = ThreadPoolExecutor(1)
        without.shutdown()
        asyncio.get_running_loop().set_default_executor(without)
        accepted = await verifying.verifier.verify_async(verifying.token(POST_QUANTUM))
        assert accepted.algorithm == POST_QUANTUM
        with pytest.raises(TokenError) as caught:
            await verifying.verifier.verify_async(signed("EdDSA", verifying.claims(), {"kid": "unknown"}))
        assert caught.value.verdict is Verdict.UNKNOWN_KEY

    asyncio.run(main())


def test_coroutines_share_a_fetch_and_its_thread() -> None:
    """Coroutines share one fetch in each of two event loops, one loop after the other."""
    verifying, threads = Verifying(cooldown=1), set[int]()
    fetch = verifying.keys._fetch

    def counted() -> object:
        threads.add(threading.get_ident())
        return fetch()

    async def main() -> None:
        tokens = [verifying.token() for _ in range(50)]
        found = await asyncio.gather(*map(verifying.verifier.verify_async, tokens))
        assert [each.claims["sub"] for each in found] == ["frodo"] * 50

    vars(verifying.keys)["_fetch"] = counted
    for number in (1, 2):
        asyncio.run(main())
        assert (verifying.fetches, len(verifying.events)) == (number, 50 * number)
        verifying.clock.now += 1000  # the set is too old then


def test_servers_that_hang_delay_no_other_issuer() -> None:
    """Thirty never answer; a healthy issuer's first token is verified, and the loop's only thread is free."""
    others, verifying = [Verifying() for _ in range(30)], Verifying()
    hung, go_on = threading.Semaphore(0), threading.Event()

    def hang() -> object:
        hung.release()
        assert go_on.wait(300)
        return published()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        waiting = [asyncio.create_task(each.verifier.verify_async(each.token())) for each in others]
        for _ in others:
            await asyncio.to_thread(hung.acquire, timeout=300)
        assert await verifying.verifier.verify_async(verifying.token())
        assert not any(task.done() for task in waiting)
        go_on.set()
        assert len(await asyncio.gather(*waiting)) == 30

    for each in others:
        vars(each.keys)["_fetch"] = hang
    asyncio.run(main())


def test_coroutines_of_two_loops_share_a_fetch() -> None:
    """An issuer has one thread at a time, whichever loop asks."""
    verifying = Verifying()
    started, go_on = held(verifying)

    async def main() -> None:
        task = asyncio.create_task(verifying.verifier.verify_async(verifying.token()))
        await asyncio.to_thread(started.wait, 300)
        assert list(FETCHES._futures) == [verifying.keys]
        begun.release()
        assert (await task).claims["sub"] == "frodo"

    begun = threading.Semaphore(0)
    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert all(begun.acquire(timeout=300) for _ in threads)
    go_on.set()
    for thread in threads:
        thread.join()
    assert (verifying.fetches, len(verifying.events)) == (1, 2)


def test_work_waits_for_one_of_the_threads() -> None:
    """The second work of two begins when the only thread has ended the first, which may fail."""
    threads, go_on = Threads(1), threading.Event()

    def fail() -> None:
        assert go_on.wait(300)
        raise KeyError(1)

    first, second = threads.start("first", fail), threads.start("second", threading.get_ident)
    assert threads.start("second", fail) is second
    assert not second.done()
    go_on.set()
    assert isinstance(first.exception(300), KeyError)
    assert second.result(300) != threading.get_ident()


def test_coroutines_that_are_cancelled_leave_one_thread() -> None:
    """Clients may give up on a slow server of keys; other users of threads still get one."""
    verifying = Verifying()
    started, go_on = held(verifying)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        for _ in range(3):
            task = asyncio.create_task(verifying.verifier.verify_async(verifying.token()))
            await asyncio.to_thread(started.wait, 300)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await asyncio.to_thread(go_on.set)
        assert await verifying.verifier.verify_async(verifying.token())

    asyncio.run(main())
    assert verifying.fetches == 1


def test_refusal_of_a_coroutine_is_that_of_a_thread() -> None:
    """It has the verdict, one event for the observer, and the failed fetch as its cause."""
    verifying = Verifying(jwks=OSError("no route"))
    with pytest.raises(TokenError, match="the keys of the issuer are unavailable") as caught:
        asyncio.run(verifying.verifier.verify_async(verifying.token()))
    assert caught.value.verdict is Verdict.KEYS_UNAVAILABLE
    assert "no route" in str(caught.value.__cause__)
    assert [event.verdict for event in verifying.events] == [Verdict.KEYS_UNAVAILABLE]


def test_key_that_was_published_later_is_fetched() -> None:
    """The kid is unknown at first."""
    verifying = Verifying(jwks=published("EdDSA", "ML-DSA-65-Ed25519", "ES256", POST_QUANTUM))
    missing = verifying.jwks["keys"].pop(1)
    verifying.verify(verifying.token())
    verifying.jwks["keys"].append(missing)
    verifying.clock.now += 100
    found = asyncio.run(verifying.verifier.verify_async(verifying.token("ML-DSA-65-Ed25519")))
    assert (found.algorithm, verifying.fetches) == ("ML-DSA-65-Ed25519", 2)


def test_verification_that_is_not_awaited_accepts_no_token() -> None:
    """A coroutine is true, and would accept any token; the warning appears too."""
    verifier = Verifying().verifier
    assert inspect.iscoroutinefunction(verifier.verify_async)

    def forget() -> None:
        with pytest.raises(TypeError, match="a call of verify_async without await has checked nothing"):
            bool(verifier.verify_async("forged"))
        settle()

    with pytest.warns(RuntimeWarning, match="coroutine 'TokenVerifier.verify_async' was never awaited"):
        forget()


def test_wrong_call_of_a_coroutine_shows_no_token() -> None:
    """No frame of the package holds the arguments."""
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given") as caught:
        asyncio.run(Verifying().verifier.verify_async("SENTINEL", "key"))  # type: ignore[arg-type,call-arg]
    assert not [each for each in caught.traceback if "SENTINEL" in repr(each.locals)]
