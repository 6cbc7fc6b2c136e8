"""Batches in an event loop, of asyncio and of trio."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import anyio
import pytest

from qynauth_pqc import BatchError, MLDSAPrivateKey, MLKEMPrivateKey, UnsupportedError, aio

MESSAGES = [b"message %d" % number for number in range(500)]


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each event loop."""
    name: str = request.param
    return name


def run(backend: str, function: Any, *arguments: Any) -> Any:
    """Run an async function in an event loop of its own."""
    return anyio.run(function, *arguments, backend=backend)


def test_batches_give_what_they_give_without_a_loop(backend: str) -> None:
    """Signatures verify, secrets agree, keys are made."""

    async def main() -> None:
        signer, receiver = MLDSAPrivateKey.generate("ML-DSA-44"), MLKEMPrivateKey.generate("ML-KEM-512")
        signatures = await aio.sign_many(signer, MESSAGES, b"context", 2, deterministic=True)
        assert signatures[7] == signer.sign(MESSAGES[7], context=b"context", deterministic=True)
        assert await aio.verify_many(signer.public_key, MESSAGES, signatures, b"context") == [True] * 500
        ciphertexts, sent = await aio.encapsulate_many(receiver.public_key, 100)
        assert await aio.decapsulate_many(receiver, ciphertexts) == sent
        assert len(await aio.generate_many("ML-KEM-512", 100, locked_memory=True, code_path="portable")) == 100

    run(backend, main)


def test_errors_are_those_of_the_batch(backend: str) -> None:
    """A bad item, and a bad argument."""

    async def main() -> None:
        signer = MLDSAPrivateKey.generate("ML-DSA-44")
        with pytest.raises(BatchError):
            await aio.sign_many(signer, MESSAGES, bytes(256))
        with pytest.raises(UnsupportedError):
            await aio.sign_many(signer, MESSAGES, threads=0)

    run(backend, main)


def test_the_loop_goes_on_and_progress_is_called_in_it(backend: str) -> None:
    """A batch waits for a worker thread while another task goes on; the callback runs in the thread of the loop."""

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
