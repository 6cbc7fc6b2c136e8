"""Part 2: how long each operation takes, as a Python program sees it."""

from __future__ import annotations

import math
import time
from functools import partial
from itertools import count
from statistics import fmean, median
from typing import TYPE_CHECKING

from qynauth_pqc.mldsa import MLDSAPrivateKey
from qynauth_pqc.mlkem import MLKEMPrivateKey
from qynauth_pqc.validation.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TITLE = "Performance Measurement Test"
LIMIT_MS = 1.0
"""The limit of the first version: every operation of ML-KEM and ML-DSA takes less than this, in milliseconds."""

_BLOCKS, _RUNS_OF_A_BLOCK, _WARM_UP = 10, 50, 5


def times_ns(operation: Callable[[], object], runs: int) -> list[int]:
    """Return the time of each run in nanoseconds, including freeing the result."""
    times = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        operation()
        times.append(time.perf_counter_ns() - start)
    return times


def median_us(operation: Callable[[], object], runs: int) -> float:
    """Return the median time of an operation in microseconds."""
    return median_of(times_ns(operation, runs))


def median_of(series: Sequence[int]) -> float:
    """Return the median of times in nanoseconds, in microseconds."""
    return median(series) / 1000


def timed_operations(code_path: str | None = None, *, deterministic: bool = False) -> dict[str, Callable[[], object]]:
    """Return the operations by their name, such as "ML-KEM-768 keygen", with keys from seeds of zeros."""
    made: dict[str, Callable[[], object]] = {}
    for kem in MLKEMPrivateKey._sets:
        private_key = MLKEMPrivateKey.from_seed(bytes(kem.seed_bytes), kem, code_path=code_path)
        ciphertext, _ = private_key.public_key.encapsulate()
        made[f"{kem} keygen"] = partial(MLKEMPrivateKey.generate, kem, code_path=code_path)
        made[f"{kem} encapsulate"] = private_key.public_key.encapsulate
        made[f"{kem} decapsulate"] = partial(private_key.decapsulate, ciphertext)
    for dsa in MLDSAPrivateKey._sets:
        signer = MLDSAPrivateKey.from_seed(bytes(dsa.seed_bytes), dsa, code_path=code_path)
        made[f"{dsa} keygen"] = partial(MLDSAPrivateKey.generate, dsa, code_path=code_path)
        made[f"{dsa} sign"] = partial(_sign_next, signer, count(), deterministic=deterministic)
        made[f"{dsa} verify"] = partial(signer.public_key.verify, b"message", signer.sign(b"message"))
    return made


def _sign_next(signer: MLDSAPrivateKey, numbers: Iterator[int], *, deterministic: bool) -> bytes:
    """Sign another message each time, since the time of a signature depends on the message."""
    return signer.sign(next(numbers).to_bytes(8, "little"), deterministic=deterministic)


def measure() -> dict[str, list[int]]:
    """Time every operation 500 times.

    The runs are spread over ten rounds through all operations, so that a short slowdown of the machine does not affect
    a single operation only.
    """
    operations = timed_operations()
    times: dict[str, list[int]] = {name: [] for name in operations}
    for _ in range(_BLOCKS):
        for name, operation in operations.items():
            times_ns(operation, _WARM_UP)
            times[name] += times_ns(operation, _RUNS_OF_A_BLOCK)
    return times


def performance(times: Mapping[str, Sequence[int]], limit_ms: float = LIMIT_MS) -> Result:
    """Judge the times of the operations."""
    figures = {name: _figures(series) for name, series in times.items()}
    medians = {name: each["p50_us"] for name, each in figures.items()}
    slow = [name for name, value in medians.items() if value >= limit_ms * 1000]
    slowest = max(medians, key=medians.__getitem__)
    summary = (
        f"{len(figures)} operations, medians from {min(medians.values()):.1f} to {medians[slowest]:.1f} us "
        f"({slowest}), limit {limit_ms * 1000:g} us"
    )
    failures = tuple(f"{name}: the median of {medians[name]:.1f} us reaches {limit_ms:g} ms" for name in slow)
    return Result(TITLE, summary, failures, {"limit_us": limit_ms * 1000, "operations": figures})


def _figures(series: Sequence[int]) -> dict[str, float]:
    in_order = sorted(series)
    p99 = in_order[math.ceil(0.99 * len(in_order)) - 1]
    return {"mean_us": fmean(series) / 1000, "p50_us": median_of(series), "p99_us": p99 / 1000}
