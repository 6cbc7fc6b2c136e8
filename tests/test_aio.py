"""Batches in an event loop, of asyncio and of trio."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pytest

from qynauth_pqc import BatchError, MLDSAPrivateKey, MLKEMPrivateKey, UnsupportedError, aio
from qynauth_pqc._batches import CHUNK_SECONDS

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
    """Another task ticks while a batch is worked on; the callback runs in the thread of the loop."""

    async def main() -> None:
        ticks, steps, here = [], [], []

        def progress(items: int) -> None:
            steps.append(items)
            here.append(anyio.get_current_task().id)

        async def tick() -> None:
            while True:
                ticks.append(time.monotonic())
                await anyio.sleep(0.005)

        async with anyio.create_task_group() as group:
            group.start_soon(tick)
            await aio.sign_many(MLDSAPrivateKey.generate("ML-DSA-65"), MESSAGES * 2, progress=progress)
            group.cancel_scope.cancel()
        assert (sum(steps), set(here)) == (1000, {anyio.get_current_task().id})
        assert len(ticks) >= len(steps) > 1

    run(backend, main)


def test_cancellation_acts_between_chunks(backend: str) -> None:
    """A batch of minutes ends within a second, and its thread with it."""

    async def main() -> None:
        done = 0

        def progress(items: int) -> None:
            nonlocal done
            done += items

        start = time.monotonic()
        with anyio.move_on_after(0.3) as scope:
            await aio.sign_many(MLDSAPrivateKey.generate("ML-DSA-65"), [b"message"] * 400_000, progress=progress)
        assert scope.cancelled_caught
        assert time.monotonic() - start < 0.3 + 20 * CHUNK_SECONDS
        assert 0 < done < 400_000

    run(backend, main)
