#!/usr/bin/env python3
"""How much faster a batch is than a loop over the same calls, and what Python adds to each item of one.

Loop and batch take turns, so that what slows the machine down slows down both; the ratios are those of the medians,
those of the minima stand beside them. With other work on the processors, several threads gain little, whatever the
library does.

What Python adds is the processor's time of the thread that calls `verify_many`, less what it spends inside the C
function, by the item, least of all rounds; other work on the processors does not count.

The last table shows from which size on a second thread is worth its while: a batch of one piece, 16 items of ML-DSA or
64 of ML-KEM, stays on the calling thread.
"""
# ruff: noqa: T201 - it prints what it finds

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, __version__, _batch_kinds, optimizations
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, generate_many, sign_many, verify_many

if TYPE_CHECKING:
    from collections.abc import Callable

# What is to be reached on a quiet machine with two cores: a ratio, and microseconds an item.
RATIO_TARGET = 1.8
OVERHEAD_TARGETS = {"list of bytes": 0.5, "numpy": 0.1, "arrow": 0.1}

PIECES = {"verify": 16, "decapsulate": 64}


@dataclass
class Times:
    """Seconds of something, round by round."""

    name: str
    seconds: list[float] = field(default_factory=list)

    def measure(self, function: Callable[[], object]) -> None:
        """Add a round."""
        start = perf_counter()
        function()
        self.seconds.append(perf_counter() - start)

    def ratio_to(self, other: Times) -> tuple[float, float]:
        """Return how many times longer this takes than the other, by the medians and by the minima."""
        return median(self.seconds) / median(other.seconds), min(self.seconds) / min(other.seconds)


class TimedLibrary:
    """The functions of the header, with a clock that runs during their calls."""

    def __init__(self, library: Any) -> None:
        """Stop the clock at 0."""
        self._library, self.seconds = library, 0.0

    def __getattr__(self, name: str) -> Any:
        """Return a function that is timed, or anything else as it is."""
        value = getattr(self._library, name)
        if not name.endswith("_batch"):
            return value

        def timed(*arguments: Any) -> Any:
            start = thread_time()
            result = value(*arguments)
            self.seconds += thread_time() - start
            return result

        return timed


class Material:
    """Keys, messages, and what was made of them."""

    def __init__(self, items: int) -> None:
        """Make so many items."""
        self.signer, self.receiver = MLDSAPrivateKey.generate("ML-DSA-65"), MLKEMPrivateKey.generate("ML-KEM-768")
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
                lambda threads: generate_many("ML-DSA-65", len(count), threads),
            ),
            "keygen ML-KEM-768": (
                lambda: [MLKEMPrivateKey.generate("ML-KEM-768") for _ in count],
                lambda threads: generate_many("ML-KEM-768", len(count), threads),
            ),
        }


def compare_with_loops(material: Material, rounds: int) -> dict[str, dict[str, float]]:
    """Print how much faster batches are, on one thread and on all."""
    items, results = len(material.messages), {}
    print(f"\n{items} items, us an item{'loop':>14}{'1 thread':>11}{'threads':>10}{'ratio':>8}{'of minima':>11}")
    for name, (loop, batch) in material.pairs().items():
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


def overheads(material: Material, rounds: int) -> dict[str, float]:
    """Print what Python adds to each item of `verify_many`, by the kind of the inputs."""
    messages, signatures = material.messages, material.signatures
    rows = [np.frombuffer(b"".join(items), np.uint8).reshape(len(items), -1) for items in (messages, signatures)]
    columns = [pa.array(items, pa.binary(len(items[0]))) for items in (messages, signatures)]
    key, results = material.signer.public_key, {}
    kinds: Any = _batch_kinds
    inputs: dict[str, Any] = {"list of bytes": (messages, signatures), "numpy": rows, "arrow": columns}
    print(f"\n{'verify_many, Python adds':24}{'us an item':>14}{'target':>11}")
    for name, (first, second) in inputs.items():
        added = []
        for _ in range(rounds):
            kinds.lib = library = TimedLibrary(kinds.lib)
            start = thread_time()
            verify_many(key, first, second)
            added.append(thread_time() - start - library.seconds)
            kinds.lib = library._library
        results[name] = min(added) / len(messages) * 1e6
        met = "met" if results[name] <= OVERHEAD_TARGETS[name] else "missed"
        print(f"{name:24}{results[name]:14.3f}{OVERHEAD_TARGETS[name]:11.1f}  {met}")
    return results


def thresholds(material: Material, rounds: int) -> None:
    """Print small batches on one thread and on two."""
    print(f"\n{'us a batch':24}{'items':>14}{'1 thread':>11}{'2 threads':>10}{'ratio':>8}")
    key, receiver = material.signer.public_key, material.receiver
    batches: dict[str, Callable[[int, int], object]] = {
        "verify": lambda n, threads: verify_many(key, material.messages[:n], material.signatures[:n], threads=threads),
        "decapsulate": lambda n, threads: decapsulate_many(receiver, material.ciphertexts[:n], threads),
    }
    for (name, batch), factor in ((each, factor) for each in batches.items() for factor in (1, 2, 4, 8)):
        items, one, two = PIECES[name] * factor, Times("1"), Times("2")
        for _ in range(rounds * 20):
            one.measure(lambda: batch(items, 1))  # noqa: B023 - called at once
            two.measure(lambda: batch(items, 2))  # noqa: B023 - called at once
        each = [median(times.seconds) * 1e6 for times in (one, two)]
        print(f"{name:24}{items:14}{each[0]:11.0f}{each[1]:10.0f}{one.ratio_to(two)[0]:8.2f}")


def main() -> None:
    """Measure, print, and write JSON if that is asked for."""
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
    material = Material(arguments.items)
    results = {
        "loops": compare_with_loops(material, arguments.rounds),
        "overhead_us": overheads(material, arguments.rounds),
    }
    thresholds(material, arguments.rounds)
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, **results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
