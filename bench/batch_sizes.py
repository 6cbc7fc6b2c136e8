"""The operations a second of batches, by the size of the batch, compared with a loop over the same calls."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from operations import message

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIZES = (1, 4, 10, 100, 1000, 10_000)
LOOP = "loop"
THREADS = (1, 2)


def _loop(call: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> list[object]:
    return [call(*each) for each in arguments]


def _works(size: int) -> dict[str, dict[str, Callable[[], object]]]:
    """Return loop and batches over the same number of operations, by operation and name."""
    signer, receiver = MLDSAPrivateKey.generate("ML-DSA-65"), MLKEMPrivateKey.generate("ML-KEM-768")
    verifier, sender, messages = signer.public_key, receiver.public_key, [message(number) for number in range(size)]
    signatures, (ciphertexts, _) = sign_many(signer, messages), encapsulate_many(sender, size)
    signed = [*zip(messages, signatures, strict=True)]
    calls: dict[str, tuple[Callable[..., object], list[tuple[Any, ...]], Callable[..., object]]] = {
        "ML-KEM-768 keygen": (
            MLKEMPrivateKey.generate,
            [("ML-KEM-768",)] * size,
            partial(MLKEMPrivateKey.generate_many, "ML-KEM-768", size),
        ),
        "ML-KEM-768 encapsulate": (sender.encapsulate, [()] * size, partial(encapsulate_many, sender, size)),
        "ML-KEM-768 decapsulate": (
            receiver.decapsulate,
            [(each,) for each in ciphertexts],
            partial(decapsulate_many, receiver, ciphertexts),
        ),
        "ML-DSA-65 sign": (signer.sign, [(each,) for each in messages], partial(sign_many, signer, messages)),
        "ML-DSA-65 verify": (verifier.verify, signed, partial(verify_many, verifier, messages, signatures)),
    }
    return {
        name: {
            LOOP: partial(_loop, call, arguments),
            **{f"{count} thread{'s' * (count > 1)}": partial(batch, threads=count) for count in THREADS},
        }
        for name, (call, arguments, batch) in calls.items()
    }


def rates(sizes: Sequence[int], rounds: int, seconds: float) -> dict[str, Any]:
    """Return the operations a second, by operation, name and size: the best of some turns.

    Args:
        sizes: how many items a batch has.
        rounds: how many turns each of them gets.
        seconds: how long a turn is at least.
    """
    found: dict[str, Any] = {}
    for size in sizes:
        works = _works(size)
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
