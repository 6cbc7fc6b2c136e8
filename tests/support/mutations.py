"""Mutations of an input, for tests that no changed input is read as something else."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress

from qynauth_pqc import PQCError

INTERESTING = [
    b"\0",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\n",
    b"\r\n",
    b",",
    b'"',
    b"=",
    b" ",
]
"""The default replacements of runs of bytes."""


def mutated(data: bytes, source: random.Random, interesting: Sequence[bytes]) -> bytes:
    """Return data with one to three changes: bits, bytes, runs that are removed, doubled, moved or replaced.

    Args:
        data: the input.
        source: the random numbers that decide.
        interesting: the replacements of runs of bytes.
    """
    text = bytearray(data)
    for _ in range(source.randint(1, 3)):
        start = source.randrange(len(text) + 1)
        end = min(len(text), start + source.choice((1, 1, 2, 4, 32, 1000)))
        kind = source.randrange(6)
        if kind == 0 and start < len(text):
            text[start] ^= 1 << source.randrange(8)
        elif kind == 1 and start < len(text):
            text[start] = source.randrange(256)
        elif kind == 2:
            del text[start:end]
        elif kind == 3:
            text[start:start] = text[start:end]
        elif kind == 4:
            text[start : start + source.choice((0, 1, 4))] = source.choice(interesting)
        else:
            text[source.randrange(len(text) + 1) :] = text[start:]
    return bytes(text)


def try_mutations(
    read: Callable[[bytes], object], seeds: Sequence[bytes], count: int, interesting: Sequence[bytes] = INTERESTING
) -> int:
    """Try mutations of an input of a function, and return how many were read. Each run has the same ones."""
    source, accepted = random.Random(read.__name__), 0  # noqa: S311 - see above
    for seed in seeds:
        read(seed)
    for _ in range(count):
        with suppress(PQCError):
            read(mutated(source.choice(seeds), source, interesting))
            accepted += 1
    return accepted
