#!/usr/bin/env python3
"""The speedup of a batch over a loop of the same calls, and the time that Python adds to each item of a batch.

Loop and batch take turns, so that a slowdown of the machine affects both. Ratios are ratios of medians, with the ratios
of minima next to them. With other work on the processors, several threads gain little with any library.

The time that Python adds to an item is the processor time of a batch on one thread minus its time inside the C
function, the minimum of all rounds. Both are measured in the same calls, with the same keys, threads, metrics and
memory, and other work on the processors does not count. C writes results to their final memory, so the first touch of
that memory is included, as in a program in Rust; allocating and freeing it is not. Each kind of input has its turn in
every round.

The last table shows the least size for which a second thread helps: a batch of one chunk, 16 items of ML-DSA or 64 of
ML-KEM, stays on the calling thread.
"""
# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, __version__, optimizations
from qynauth_pqc.batch import _kinds, decapsulate_many, encapsulate_many, sign_many, verify_many

if TYPE_CHECKING:
    from collections.abc import Callable

# The targets on a quiet machine with two cores: a ratio, and microseconds an item.
RATIO_TARGET = 1.8
OVERHEAD_TARGETS = {"list": 0.5, "numpy": 0.1, "arrow": 0.1}

PIECES = {"verify": 16, "decapsulate": 64}


@dataclass
class Times:
    """Times in seconds, round by round."""

    name: str
    seconds: list[float] = field(default_factory=list)

    def measure(self, function: Callable[[], object]) -> None:
        """Add a round."""
        start = perf_counter()
        function()
        self.seconds.append(perf_counter() - start)

    def ratio_to(self, other: Times) -> tuple[float, float]:
        """Return how many times slower this is than the other, by the medians and by the minima."""
        return median(self.seconds) / median(other.seconds), min(self.seconds) / min(other.seconds)


class TimedLibrary:
    """The functions of the header, with a clock that runs during their calls.

    Looking up a function takes the same time as without the clock: each is an attribute already.
    """

    def __init__(self, library: Any) -> None:
        """Stop the clock at 0."""
        self._library, self.seconds = library, 0.0
        for name in dir(library):
            value = getattr(library, name)
            setattr(self, name, self._timed(value) if "_batch" in name else value)

    def _timed(self, function: Any) -> Any:
        """Return a function that is timed."""

        def timed(*arguments: Any) -> Any:
            start = thread_time()
            result = function(*arguments)
            self.seconds += thread_time() - start
            return result

        return timed


class Fixtures:
    """Keys, messages, and their signatures and ciphertexts."""

    def __init__(self, items: int) -> None:
        """Make a number of items."""
        self.signer = MLDSAPrivateKey.generate("ML-DSA-65")
        self.receiver = MLKEMPrivateKey.generate("ML-KEM-768")
        self.messages = [number.to_bytes(32, "little") for number in range(items)]
        self.signatures: list[bytes] = sign_many(self.signer, self.messages)
        self.ciphertexts: list[bytes] = encapsulate_many(self.receiver.public_key, items)[0]

    def pairs(self) -> dict[str, tuple[Callable[[], object], Callable[[int | None], object]]]:
        """Return each operation as a loop over calls and as a batch."""
        signer, receiver, count = self.signer, self.receiver, range(len(self.messages))
        verifier, public_key = signer.public_key, receiver.public_key

        def verify_all() -> None:
            for message, signature in zip(self.messages, self.signatures, strict=True):
                verifier.verify(message, signature)

        return {
            "verify": (
                verify_all,
                lambda threads: verify_many(verifier, self.messages, self.signatures, threads=threads),
            ),
            "sign": (
                lambda: [signer.sign(message) for message in self.messages],
                lambda threads: sign_many(signer, self.messages, threads=threads),
            ),
            "encapsulate": (
                lambda: [public_key.encapsulate() for _ in count],
                lambda threads: encapsulate_many(public_key, len(count), threads),
            ),
            "decapsulate": (
                lambda: [receiver.decapsulate(ciphertext) for ciphertext in self.ciphertexts],
                lambda threads: decapsulate_many(receiver, self.ciphertexts, threads),
            ),
            "keygen ML-DSA-65": (
                lambda: [MLDSAPrivateKey.generate("ML-DSA-65") for _ in count],
                lambda threads: MLDSAPrivateKey.generate_many("ML-DSA-65", len(count), threads=threads),
            ),
            "keygen ML-KEM-768": (
                lambda: [MLKEMPrivateKey.generate("ML-KEM-768") for _ in count],
                lambda threads: MLKEMPrivateKey.generate_many("ML-KEM-768", len(count), threads=threads),
            ),
        }


def compare_with_loops(fixtures: Fixtures, rounds: int) -> dict[str, dict[str, float]]:
    """Print how much faster batches are, on one thread and on all."""
    items, results = len(fixtures.messages), {}
    print(f"\n{items} items, us an item{'loop':>14}{'1 thread':>11}{'threads':>10}{'ratio':>8}{'of minima':>11}")
    for name, (loop, batch) in fixtures.pairs().items():
        single, one, several = Times("loop"), Times("one"), Times("several")
        for _ in range(rounds):
            single.measure(loop)
            one.measure(lambda batch=batch: batch(1))  # type: ignore[misc]
            several.measure(lambda batch=batch: batch(None))  # type: ignore[misc]
        ratio, of_minima = single.ratio_to(several)
        each = [median(times.seconds) / items * 1e6 for times in (single, one, several)]
        verdict = ("  met" if ratio >= RATIO_TARGET else "  missed") + f" ({RATIO_TARGET})" if name == "verify" else ""
        print(f"{name:24}{each[0]:14.2f}{each[1]:11.2f}{each[2]:10.2f}{ratio:8.2f}{of_minima:11.2f}{verdict}")
        results[name] = dict(zip(("loop_us", "one_thread_us", "threads_us"), each, strict=True)) | {"ratio": ratio}
    return results


def batches_by_kind(fixtures: Fixtures) -> dict[str, dict[str, Callable[[], object]]]:
    """Return the batches, on one thread, by operation and kind of the inputs."""
    lists = fixtures.messages, fixtures.signatures, fixtures.ciphertexts
    tables = [np.frombuffer(b"".join(items), np.uint8).reshape(len(items), -1) for items in lists]
    columns = [pa.array(items, pa.binary(len(items[0]))) for items in lists]
    key, signer, receiver = fixtures.signer.public_key, fixtures.signer, fixtures.receiver
    made: dict[str, dict[str, Callable[[], object]]] = {"verify": {}, "decapsulate": {}, "sign": {}}
    for kind, (messages, signatures, ciphertexts) in zip(OVERHEAD_TARGETS, (lists, tables, columns), strict=True):
        made["verify"][kind] = partial(verify_many, key, messages, signatures, threads=1)
        made["decapsulate"][kind] = partial(decapsulate_many, receiver, ciphertexts, 1)
        made["sign"][kind] = partial(sign_many, signer, messages, threads=1)
    made["encapsulate"] = {"list": partial(encapsulate_many, receiver.public_key, len(fixtures.messages), 1)}
    return made


def added(batch: Callable[[], object]) -> float:
    """Return the seconds that a batch takes outside the C function."""
    kinds: Any = _kinds
    kinds.lib = library = TimedLibrary(kinds.lib)
    try:
        start = thread_time()
        batch()
        return thread_time() - start - library.seconds
    finally:
        kinds.lib = library._library


def overheads(fixtures: Fixtures, rounds: int) -> dict[str, dict[str, float]]:
    """Print the time that Python adds to each item of a batch, by operation and kind of the inputs."""
    print(f"\n{'Python adds':24}" + "".join(f"{f'{kind}, us an item':>22}" for kind in OVERHEAD_TARGETS))
    results: dict[str, dict[str, float]] = {}
    for operation, batches in batches_by_kind(fixtures).items():
        seconds: dict[str, list[float]] = {kind: [] for kind in batches}
        for _ in range(rounds):
            for kind, batch in batches.items():
                seconds[kind].append(added(batch))
        found = results[operation] = {kind: min(each) / len(fixtures.messages) * 1e6 for kind, each in seconds.items()}
        met = {kind: "met" if found[kind] <= OVERHEAD_TARGETS[kind] else "missed" for kind in found}
        print(f"{operation:24}" + "".join(f"{found[kind]:14.3f} {met[kind]:>7}" for kind in found))
    return results


def thresholds(fixtures: Fixtures, rounds: int) -> None:
    """Print small batches on one thread and on two."""
    print(f"\n{'us a batch':24}{'items':>14}{'1 thread':>11}{'2 threads':>10}{'ratio':>8}")
    key, receiver = fixtures.signer.public_key, fixtures.receiver
    batches: dict[str, Callable[[int, int], object]] = {
        "verify": lambda n, threads: verify_many(key, fixtures.messages[:n], fixtures.signatures[:n], threads=threads),
        "decapsulate": lambda n, threads: decapsulate_many(receiver, fixtures.ciphertexts[:n], threads),
    }
    for (name, batch), factor in ((each, factor) for each in batches.items() for factor in (1, 2, 4, 8)):
        items, one, two = PIECES[name] * factor, Times("1"), Times("2")
        for _ in range(rounds * 20):
            one.measure(lambda: batch(items, 1))  # noqa: B023 - called at once
            two.measure(lambda: batch(items, 2))  # noqa: B023 - called at once
        each = [median(times.seconds) * 1e6 for times in (one, two)]
        print(f"{name:24}{items:14}{each[0]:11.0f}{each[1]:10.0f}{one.ratio_to(two)[0]:8.2f}")


def main() -> None:
    """Measure, print, and write JSON to the file of --json."""
    parser = argparse.ArgumentParser(description="Compare batches with loops over single calls.")
    parser.add_argument("--items", type=int, default=10_000, help="items of a batch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure each (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file too")
    arguments = parser.parse_args()
    about = {
        "package": __version__,
        "code path": optimizations()["code_path"],
        "python": platform.python_version(),
        "processors": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
    }
    print(*(f"{key} {value}" for key, value in about.items()), sep=", ")
    fixtures = Fixtures(arguments.items)
    results: dict[str, Any] = {
        "loops": compare_with_loops(fixtures, arguments.rounds),
        "overhead_us": overheads(fixtures, arguments.rounds),
    }
    thresholds(fixtures, arguments.rounds)
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, **results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
