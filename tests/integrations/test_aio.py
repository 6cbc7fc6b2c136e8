"""Batches run in an event loop, of asyncio and of trio."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import threading
import weakref
from collections.abc import Coroutine
from functools import partial
from typing import Any

import anyio
import pytest
from conftest import IS_PYPY, settle

from qynauth_pqc import BatchError, MLDSAPrivateKey, MLKEMPrivateKey, UnsupportedError
from qynauth_pqc._keys.slices import Batch
from qynauth_pqc.batch._inputs import input_of
from qynauth_pqc.integrations import aio
from qynauth_pqc.native import ffi, lib

MESSAGES = [b"message %d" % number for number in range(500)]
KEY = MLDSAPrivateKey.generate("ML-DSA-44")
ITEMS: Any = (KEY.public_key, MESSAGES[:2], [KEY.sign(MESSAGES[0]), bytes(2420)])
"""A signature of two messages each, the second of them forged."""


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """Return each event loop."""
    name: str = request.param
    return name


def run(backend: str, function: Any, *arguments: Any) -> Any:
    """Run an async function in a new event loop."""
    return anyio.run(function, *arguments, backend=backend)


def test_batches_return_the_same_as_without_a_loop(backend: str) -> None:
    """Signatures verify, secrets agree, and keys are made."""

    async def main() -> None:
        signer, receiver = MLDSAPrivateKey.generate("ML-DSA-44"), MLKEMPrivateKey.generate("ML-KEM-512")
        signatures = await aio.sign_many(signer, MESSAGES, b"context", 2, deterministic=True)
        assert signatures[7] == signer.sign(MESSAGES[7], context=b"context", deterministic=True)
        assert await aio.verify_many(signer.public_key, MESSAGES, signatures, b"context") == [True] * 500
        ciphertexts, sent = await aio.encapsulate_many(receiver.public_key, 100)
        assert await aio.decapsulate_many(receiver, ciphertexts) == sent
        encoded = [receiver.public_key.public_bytes()] * 2
        ciphertexts, sent = await aio.encapsulate_many(encoded, parameter_set="ML-KEM-512")
        assert await aio.decapsulate_many(receiver, ciphertexts) == sent
        signed: Any = [[signer.public_key.public_bytes()] * 500, MESSAGES, signatures, b"context"]
        verdicts = await aio.verify_many(*signed, parameter_set=["ML-DSA-44"] * 500)
        assert verdicts.all_valid
        options: Any = {"threads": 2, "locked_memory": True, "code_path": "portable"}
        keys = await aio.generate_many(MLKEMPrivateKey, "ML-KEM-512", 100, **options)
        assert {key.parameter_set for key in keys} == {"ML-KEM-512"}
        assert len(keys) == 100

    run(backend, main)


def test_errors_match_the_batch(backend: str) -> None:
    """A bad item and a bad argument raise the same errors as in a batch."""

    async def main() -> None:
        signer = MLDSAPrivateKey.generate("ML-DSA-44")
        with pytest.raises(BatchError):
            await aio.sign_many(signer, MESSAGES, bytes(256))
        with pytest.raises(UnsupportedError):
            await aio.sign_many(signer, MESSAGES, threads=0)
        with pytest.raises(TypeError, match="kind must be a class of private keys, such as MLKEMPrivateKey"):
            await aio.generate_many("ML-KEM-512", "ML-KEM-512", 1)  # type: ignore[arg-type]

    run(backend, main)


def test_the_loop_goes_on_and_progress_is_called_in_it(backend: str) -> None:
    """A batch waits for a worker thread while another task runs; the loop's thread runs the callback."""

    async def main() -> None:
        steps, threads = [], set()

        def progress(items: int) -> None:
            steps.append(items)
            threads.add(threading.get_ident())

        only_worker = anyio.to_thread.current_default_thread_limiter()
        only_worker.total_tokens = 1
        batch = partial(aio.sign_many, MLDSAPrivateKey.generate("ML-DSA-65"), MESSAGES * 2, progress=progress)
        async with anyio.create_task_group() as group, only_worker:
            group.start_soon(batch)
            await anyio.wait_all_tasks_blocked()
            assert steps == []
        assert (sum(steps), len(steps) > 1, threads) == (1000, True, {threading.get_ident()})

    run(backend, main)


@pytest.mark.parametrize("use", [bool, lambda each: each and True, lambda each: any([each])], ids=["if", "and", "any"])
def test_verification_that_is_not_awaited_is_no_condition(use: Any) -> None:
    """A coroutine is true, and would accept the forgery; the warning appears too."""

    def forget() -> None:
        with pytest.raises(TypeError, match="a call of verify_many without await has checked nothing"):
            use(aio.verify_many(*ITEMS))
        settle()

    with pytest.warns(RuntimeWarning, match="coroutine 'verify_many' was never awaited"):
        forget()


async def in_a_task(verification: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a task, whose repr shows the coroutine."""
    task = asyncio.create_task(verification)
    assert "coro=<verify_many()" in repr(task)
    return await task


async def in_a_group(verification: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a task in a group."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(verification)
    return task.result()


async def gathered(verification: Coroutine[Any, Any, Any]) -> Any:
    """Return the result in a list of several."""
    return (await asyncio.gather(asyncio.sleep(0), verification))[1]


async def in_time(verification: Coroutine[Any, Any, Any]) -> Any:
    """Return the result with a time limit."""
    return await asyncio.wait_for(verification, timeout=None)


@pytest.mark.parametrize("caller", [in_a_task, in_a_group, gathered, in_time, None])
@pytest.mark.parametrize("debug", [False, True])
def test_asyncio_runs_a_verification_as_any_coroutine(caller: Any, *, debug: bool) -> None:
    """The object is a `collections.abc.Coroutine`; `asyncio.run` takes it directly too."""
    verification = aio.verify_many(*ITEMS)
    assert isinstance(verification, Coroutine)
    assert asyncio.run(caller(verification) if caller else verification, debug=debug) == [True, False]


def test_anyio_runs_a_verification_as_any_coroutine(backend: str) -> None:
    """It runs by itself, and in a task group."""
    steps = list[int]()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(aio.verify_many, *ITEMS, progress=steps.append))
        with anyio.fail_after(3600):
            assert await aio.verify_many(*ITEMS) == [True, False]

    run(backend, main)
    assert sum(steps) == 2
    assert run(backend, aio.verify_many, *ITEMS) == [True, False]


def test_verification_is_cancelled_and_closed_as_any_coroutine() -> None:
    """The error is thrown into the task; a closed coroutine cannot be awaited, and warns of nothing."""

    async def main() -> None:
        held = asyncio.create_task(aio.verify_many(*ITEMS, progress=lambda _: held.cancel() and None))
        with pytest.raises(asyncio.CancelledError):
            await asyncio.gather(held, asyncio.Event().wait())

    asyncio.run(main())
    closed = aio.verify_many(*ITEMS)
    assert weakref.ref(closed)() is closed
    closed.close()
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        asyncio.run(closed)


def test_verifying_function_is_recognised_as_a_coroutine_function() -> None:
    """Frameworks ask inspect, in every version of Python; its signature and its name are its own."""
    for function in (aio.verify_many, partial(aio.verify_many, KEY.public_key)):
        assert inspect.iscoroutinefunction(function)
    assert list(inspect.signature(aio.verify_many).parameters)[:3] == ["public_keys", "messages", "signatures"]
    assert pickle.loads(pickle.dumps(aio.verify_many)) is aio.verify_many  # noqa: S301 - of this test
    assert repr(aio.verify_many).startswith("<function verify_many at ")


def test_cancellation_acts_between_chunks(backend: str) -> None:
    """A batch that is cancelled after its first chunk begins no other."""

    async def main() -> None:
        steps: list[int] = []

        def progress(items: int) -> None:
            steps.append(items)
            scope.cancel()

        with anyio.CancelScope() as scope:
            await aio.sign_many(MLDSAPrivateKey.generate("ML-DSA-65"), MESSAGES * 2, progress=progress)
        assert scope.cancelled_caught
        assert (len(steps), sum(steps) < 1000) == (1, True)

    run(backend, main)


class Held(Batch):
    """A batch of one item with a chunk that ends when the test says so."""

    def __init__(self, item: bytearray) -> None:
        """Take the item."""
        self._items = input_of("items", [item])
        super().__init__(1, None, [self._items], 1)
        self.began, self.go_on, self.released, self.seen = threading.Event(), threading.Event(), threading.Event(), b""

    def _call(self, begin: int, end: int, _statuses: Any) -> int:
        column = self._items.chunk(begin, end)
        self.began.set()
        assert self.go_on.wait(60)
        self.seen = ffi.buffer(column.slices[0].data, column.slices[0].len)[:]
        return lib.PQC_STATUS_OK  # type: ignore[no-any-return]

    def release(self) -> None:
        """Note that it was called."""
        super().release()
        self.released.set()


def test_inputs_are_lent_until_the_chunk_ends_whose_task_was_cancelled() -> None:
    """Asyncio cancels a waiting task at once, as `asyncio.wait_for` does, while C still reads."""
    item = bytearray(b"message")
    batch = Held(item)

    async def main() -> None:
        task = asyncio.ensure_future(aio._complete(batch, None))
        await asyncio.to_thread(batch.began.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(BufferError):
            item.clear()
        batch.go_on.set()
        await asyncio.to_thread(batch.released.wait, 60)

    asyncio.run(main())
    if IS_PYPY:
        settle()
    item.clear()
    assert batch.seen == b"message"


def test_batch_that_was_abandoned_begins_no_chunk() -> None:
    """The thread may begin when its task is gone."""
    batch = Held(bytearray(b"message"))
    batch.abandon()
    assert (batch.step(), batch.began.is_set(), batch.done) == (0, False, 0)
