"""How many operations a second our batches do, by the size of the batch, compared with a loop over the same calls."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from operations import message

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZES = (1, 10, 100, 1000, 10_000)
LOOP = "loop"


def _verify_loop(verify: Callable[..., object], messages: Sequence[bytes], signatures: Sequence[bytes]) -> None:
    for text, signature in zip(messages, signatures, strict=True):
        verify(text, signature)


def _decapsulate_loop(decapsulate: Callable[..., object], ciphertexts: Sequence[bytes]) -> list[object]:
    return [decapsulate(each) for each in ciphertexts]


def _way(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"


def _works(size: int, threads: Sequence[int]) -> dict[str, dict[str, Callable[[], object]]]:
    """Return loop and batches over as many operations, by operation and name."""
    signer, receiver = MLDSAPrivateKey.generate("ML-DSA-65"), MLKEMPrivateKey.generate("ML-KEM-768")
    key, messages = signer.public_key, [message(number) for number in range(size)]
    signatures, (ciphertexts, _) = sign_many(signer, messages), encapsulate_many(receiver.public_key, size)
    verify = {_way(count): partial(verify_many, key, messages, signatures, threads=count) for count in threads}
    decapsulate = {_way(count): partial(decapsulate_many, receiver, ciphertexts, threads=count) for count in threads}
    return {
        "ML-DSA-65 verify": {LOOP: partial(_verify_loop, key.verify, messages, signatures), **verify},
        "ML-KEM-768 decapsulate": {LOOP: partial(_decapsulate_loop, receiver.decapsulate, ciphertexts), **decapsulate},
    }


def rates(sizes: Sequence[int], rounds: int, seconds: float) -> dict[str, Any]:
    """Return the operations a second, by operation, name and size: the best of some turns.

    Args:
        sizes: how many items a batch has.
        rounds: how many turns each of them gets.
        seconds: how long a turn is at least.
    """
    threads = sorted({1, len(os.sched_getaffinity(0))})
    found: dict[str, Any] = {}
    for size in sizes:
        works = _works(size, threads)
        for operation, name, work in [
            (each, *work) for _ in range(rounds) for each in works for work in works[each].items()
        ]:
            best = found.setdefault(operation, {}).setdefault(name, {})
            best[str(size)] = max(best.get(str(size), 0), round(size * _rate(work, seconds)))
    return found


def _rate(work: Callable[[], object], seconds: float) -> float:
    calls, begin = 0, time.perf_counter()
    while (passed := time.perf_counter() - begin) < seconds or not calls:
        work()
        calls += 1
    return calls / passed
