"""The targets of a run, and the missed ones: ratios to the fastest peer, of batches to loops, of two threads to one."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from adapters import XWING
from batch_sizes import LOOP
from operations import NAMES
from results import fastest_peer, is_loaded, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOLERANCE = 0.03
"""By how much two threads may fall short of one, which is noise: calls that hold the global interpreter lock gain 0."""

ITEMS_OF_A_BATCH = 4
"""The least number of items for which a batch is never slower than a loop."""

MOST_OVER_A_CALL = 3.0
"""The microseconds by which a batch of one item may take longer than a call."""

TWO_THREADS = {"keygen": 1.6}
TWO_THREADS_OTHERWISE = 1.9
"""How many times as many items two threads do, in the largest batch."""

GENERATED = 1.5
"""How many times as many keys a batch on one thread generates as a loop does."""


def ratios() -> dict[str, float]:
    """Return how many times slower the fastest peer must be, by operation."""
    found = {name: 1.8 if " sign" in name else 2.0 for name in NAMES if is_loaded(name)}
    found |= {name: 1.25 for name in NAMES if " fresh " in name} | {
        name: 1.1 for name in NAMES if name.endswith("keygen")
    }
    # Most of X-Wing is X25519.
    found |= {name: 1.1 for name in found if name.startswith(XWING)}
    return found | {"ML-DSA-87 fresh sign, expanded": 1.1}


def missed(document: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each target that a run missed."""
    return list(chain(_peers(document), _threads(document), _batches(document)))


def _peers(document: Mapping[str, Any]) -> Iterator[str]:
    for name, target in ratios().items():
        times = document["times"][name]
        peer = fastest_peer(times, name)
        if peer and (reached := ratio(name, times, peer)) < target:
            yield f"{name}: {peer} is {reached:.2f}x, target {target}x"


def _threads(document: Mapping[str, Any]) -> Iterator[str]:
    for name, rates in document["own_threads"].items():
        if rates["ratio"] < 1 - TOLERANCE:
            yield f"{name}: two threads make {rates['ratio']:.2f}x the calls of one"


def _batches(document: Mapping[str, Any]) -> Iterator[str]:
    for name, methods in document["batch"].items():
        loop, one, two = methods[LOOP], methods["1 thread"], methods["2 threads"]
        for size in loop:
            if int(size) >= ITEMS_OF_A_BATCH and one[size] < loop[size]:
                yield f"{name}: a batch of {size} is {one[size] / loop[size]:.2f}x a loop"
        if (over := 1e6 / one["1"] - 1e6 / loop["1"]) > MOST_OVER_A_CALL:
            yield f"{name}: a batch of one takes {over:.1f} us more than a call, target {MOST_OVER_A_CALL}"
        largest, operation = list(loop)[-1], name.partition(" ")[2]
        target = TWO_THREADS.get(operation, TWO_THREADS_OTHERWISE)
        if (gain := two[largest] / one[largest]) < target:
            yield f"{name}: two threads do {gain:.2f}x the batch of one, target {target}x"
        if operation == "keygen" and (gain := one[largest] / loop[largest]) < GENERATED:
            yield f"{name}: a batch is {gain:.2f}x a loop, target {GENERATED}x"
