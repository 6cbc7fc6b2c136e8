"""Times calls in turns: every package does a little of an operation, then the next one does, and all of it many times.

A slowdown of the machine then affects all of them. Each call is timed separately, so that the median, the minimum, the
mean and the distribution are over calls; the clock costs each of them the same few dozen nanoseconds.
"""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import fmean, median, quantiles
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

QUANTILES = 25
"""The steps of a distribution: 4 % of the calls each."""


@dataclass
class Timing:
    """One operation of one package, and the times of its calls.

    Attributes:
        package: the name of the package.
        call: the timed function.
        arguments: its arguments, used in turns and each as often as the others.
        nanoseconds: the time of each call.
        rounds: the mean of each turn.
    """

    package: str
    call: Callable[..., Any]
    arguments: Sequence[tuple[Any, ...]]
    nanoseconds: list[int] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the first arguments."""
        self._next = cycle(self.arguments)

    def run(self, calls: int) -> None:
        """Make a number of calls and keep their times."""
        call, keep, clock = self.call, self.nanoseconds.append, perf_counter_ns
        for arguments in islice(self._next, calls):
            begin = clock()
            call(*arguments)
            keep(clock() - begin)
        self.rounds.append(fmean(self.nanoseconds[-calls:]))

    def summary(self) -> dict[str, Any]:
        """Return statistics in microseconds, and the numbers of calls and rounds."""
        return summary(self.nanoseconds, self.rounds)


def summary(nanoseconds: Sequence[int], rounds: Sequence[float]) -> dict[str, Any]:
    """Return statistics in microseconds of the times of at least two calls, and of the means of rounds."""
    times = [each / 1e3 for each in nanoseconds]
    return {
        "median": round(median(times), 3),
        "minimum": round(min(times), 3),
        "mean": round(fmean(times), 3),
        "round": round(median(rounds) / 1e3, 3),
        "calls": len(times),
        "rounds": len(rounds),
        "quantiles": [round(each, 2) for each in quantiles(times, n=QUANTILES, method="inclusive")],
    }


@dataclass(frozen=True)
class Plan:
    """The amount of measurements.

    Attributes:
        rounds: how many turns each package gets.
        turn_ns: the length of a turn in nanoseconds; at least one call.
        most_ns: the time of a package after which it gets no more turns, which stops slow packages.
        messages: how many messages are signed in turns.
    """

    rounds: int
    turn_ns: int
    most_ns: int
    messages: int


FULL = Plan(rounds=250, turn_ns=2_000_000, most_ns=1_000_000_000, messages=64)
QUICK = Plan(rounds=5, turn_ns=500_000, most_ns=50_000_000, messages=4)


def interleave(timings: Sequence[Timing], plan: Plan, advance: Callable[[], object] = lambda: None) -> None:
    """Give each timing its turns, in an order that rotates by one in each round.

    A turn goes through all arguments, once or several times, so that its mean counts each as often as the others. A
    timing with a single call in a turn gets at least two turns. Calls before the first round are not kept.

    Args:
        timings: the operations to time; their calls must work.
        plan: the amount of measurements.
        advance: called after each round.
    """
    turns = {id(timing): _calls_of_a_turn(timing, plan) for timing in timings}
    with undisturbed():
        for number in range(plan.rounds):
            first = number % len(timings)
            for timing in (*timings[first:], *timings[:first]):
                times = timing.nanoseconds
                if len(times) < 2 or sum(times) < plan.most_ns:  # noqa: PLR2004 - statistics need two
                    timing.run(turns[id(timing)])
            advance()


def _calls_of_a_turn(timing: Timing, plan: Plan) -> int:
    timing.run(3)
    arguments = len(timing.arguments)
    passes = max(1, round(plan.turn_ns / median(timing.nanoseconds) / arguments))
    timing.nanoseconds.clear()
    timing.rounds.clear()
    return passes * arguments


@contextmanager
def undisturbed() -> Iterator[None]:
    """Disable the cyclic collector in the block."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def pinned() -> Iterator[int]:
    """Stay on one core in the block.

    Yields:
        The number of the core.
    """
    before = os.sched_getaffinity(0)
    core = max(before)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)
