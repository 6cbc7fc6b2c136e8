#!/usr/bin/env python3
"""The costs of a package apart from the time of a call: its import, its memory, and several threads.

As a program, `costs.py memory PACKAGE SECONDS` measures the memory of its process, which does nothing else.
"""
# ruff: noqa: S603, T201 - it starts Python, and prints its results

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from adapters import OURS, load
from operations import LOADED, NAMES, timings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters import Keys, Package
    from measure import Timing

OPERATIONS = 100_000
"""The operations after which memory is measured."""

CHUNK = 1000
USES = 3
"""The uses after which a key has computed all values that it keeps."""

THREADS = (1, 2, 4)
THREADED = ("ML-KEM-768 encapsulate", "ML-KEM-768 decapsulate", "ML-DSA-65 sign", "ML-DSA-65 verify")
"""The operations that are measured with several threads."""

RESIDENT = "open('/proc/self/statm').read().split()[1]"


def import_times(packages: Sequence[Package], rounds: int) -> dict[str, float]:
    """Return the milliseconds that an import adds to the start of Python, by package: differences of the minima."""
    imports = {"": "pass", **{package.name: package.imports for package in packages}}
    times: dict[str, list[float]] = {name: [] for name in imports}
    for name in [*imports] * rounds:
        times[name].append(_start(imports[name])[0])
    bare = min(times.pop(""))
    return {name: round((min(found) - bare) * 1e3, 2) for name, found in times.items()}


def memory(packages: Sequence[Package], seconds: float) -> dict[str, dict[str, float]]:
    """Return the memory of a separate process for each package, in MiB.

    Args:
        packages: the packages to measure.
        seconds: the time after which the operations end, or earlier after 100,000.

    Returns:
        By package: `import`, the resident memory after the import minus the memory of bare Python; `operations`, its
        growth over `count` operations after the first thousand.
    """
    bare = _pages("pass")
    found = {}
    for package in packages:
        command = [sys.executable, __file__, "memory", package.name, str(seconds)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        grown = json.loads(printed.splitlines()[-1])  # liboqs-python prints an additional line
        found[package.name] = {"import": _mebibytes(_pages(package.imports) - bare), **grown}
    return found


def _pages(imports: str) -> int:
    return int(_start(f"{imports}\nprint({RESIDENT})")[1].split()[-1])


def _mebibytes(pages: int) -> float:
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 2)


def _start(code: str) -> tuple[float, str]:
    """Run code in a new interpreter, and return the seconds and its output."""
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    return time.perf_counter() - begin, done.stdout


def _growth(package: Package, seconds: float) -> dict[str, float]:
    """Return the growth of this process over operations with loaded keys: of ML-KEM-768, or else of ML-DSA-65."""
    made = timings(package, "ML-KEM-768", 1) or timings(package, "ML-DSA-65", 1)
    calls = [made[name] for name in ("encapsulate", "decapsulate", "verify") if name in made]
    _repeat(calls, CHUNK)
    before, count, end = int(_here()), 0, time.perf_counter() + seconds
    while count < OPERATIONS and time.perf_counter() < end:
        _repeat(calls, CHUNK)
        count += CHUNK
    return {"operations": _mebibytes(int(_here()) - before), "count": count}


def _repeat(calls: Sequence[Timing], count: int) -> None:
    for _ in range(count // len(calls)):
        for timing in calls:
            timing.call(*timing.arguments[0])


def _here() -> str:
    return Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]


def throughput(timing: Timing, threads: int, seconds: float) -> float:
    """Return the calls in a second of several threads together.

    Args:
        timing: the operation; its times are not kept.
        threads: how many threads call it.
        seconds: for how long.
    """
    counts = [0] * threads
    barrier = threading.Barrier(threads + 1)
    stop = threading.Event()

    def work(number: int) -> None:
        call, arguments, count = timing.call, timing.arguments, 0
        barrier.wait()
        while count == 0 or not stop.is_set():
            for each in arguments:
                call(*each)
            count += len(arguments)
        counts[number] = count

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    barrier.wait()
    begin = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - begin)


def throughputs(
    packages: Sequence[Package], rounds: int, seconds: float, advance: Callable[[], object]
) -> dict[str, Any]:
    """Return the calls in a second of 1, 2 and 4 threads, by operation and package: the best of the rounds.

    Args:
        packages: the packages to measure; a package that cannot make a call in `seconds` is left out.
        rounds: how many turns each gets.
        seconds: how long a turn is.
        advance: called after each operation.
    """
    found: dict[str, Any] = {}
    for operation in THREADED:
        parameter_set, _, name = operation.partition(" ")
        made = [timings(package, parameter_set, 4).get(name) for package in packages]
        ready = [timing for timing in made if timing and throughput(timing, 1, seconds) * seconds > len(THREADS)]
        rates: dict[str, dict[str, float]] = {timing.package: dict.fromkeys(map(str, THREADS), 0.0) for timing in ready}
        for timing, threads in [(timing, threads) for _ in range(rounds) for timing in ready for threads in THREADS]:
            best = rates[timing.package]
            best[str(threads)] = max(best[str(threads)], round(throughput(timing, threads, seconds)))
        found[operation] = rates
        advance()
    return found


def own_threads(rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return, for each operation of this package, the calls in a second of one and of two threads, and their ratio.

    The figures are medians. One thread and two take turns, so that the ratio is of neighbouring measurements.

    Args:
        rounds: how many turns each gets.
        seconds: how long a turn is.
    """
    ours, found = load(OURS), {}
    made = {name: timings(ours, name, 4) for name in dict.fromkeys(each.partition(" ")[0] for each in NAMES)}
    for name in NAMES:
        parameter_set, _, operation = name.partition(" ")
        timing = made[parameter_set][operation]
        pairs = [(throughput(timing, 1, seconds), throughput(timing, 2, seconds)) for _ in range(rounds)]
        one, two = (round(median(each)) for each in zip(*pairs, strict=True))
        found[name] = {"1": one, "2": two, "ratio": round(median(pair[1] / pair[0] for pair in pairs), 3)}
    return found


def key_memory() -> dict[str, int]:
    """Return, for each operation with a loaded key of this package, the bytes of the key's expanded form.

    Keys make it when they are loaded or at an early use, so a used key is compared with a key with `precompute=False`.
    """
    ours, found = load(OURS), {}
    for parameter_set in (*ours.kem, *ours.dsa):
        keys = (ours.kem.get(parameter_set) or ours.dsa[parameter_set]).keys
        for name, timing in timings(ours, parameter_set, 1).items():
            if name in LOADED:
                used, *rest = timing.arguments[0]
                private = name in {"decapsulate", "sign"}
                key = _loaded(keys, used, private=private)
                before = _loaded(keys, used, private=private, precompute=False).resident_bytes
                for _ in range(USES):
                    timing.call(key, *rest)
                found[f"{parameter_set} {name}"] = key.resident_bytes - before
    return found


def _loaded(keys: Keys, key: object, *, private: bool, **options: bool) -> Any:
    """Return the same key, not used yet, with the options of keys."""
    assert keys.seed is not None  # noqa: S101 - our keys have these forms
    assert keys.seed.load is not None  # noqa: S101
    assert keys.load_public is not None  # noqa: S101
    if private:
        return keys.seed.load(keys.seed.encode(key), **options)
    return keys.load_public(keys.encode_public(key), **options)


if __name__ == "__main__":
    print(json.dumps(_growth(load(sys.argv[2]), float(sys.argv[3]))))
