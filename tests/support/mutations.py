"""Mutations of inputs for readers: formats by their names, each a reader and inputs that it accepts."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from qynauth_pqc import PQCError

Formats = Mapping[str, tuple[Callable[[bytes], object], Sequence[bytes]]]

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


def mutated(data: bytes, source: random.Random) -> bytes:
    """Return data with one to three changes: bits, bytes, runs that are removed, doubled, moved or replaced."""
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
            text[start : start + source.choice((0, 1, 4))] = source.choice(INTERESTING)
        else:
            text[source.randrange(len(text) + 1) :] = text[start:]
    return bytes(text)


def try_mutations(formats: Formats, name: str, count: int) -> int:
    """Try mutations of a format, and return how many were read."""
    read, seeds = formats[name]
    source, accepted = random.Random(name), 0  # noqa: S311 - the same in each run
    for seed in seeds:
        read(seed)
    for _ in range(count):
        with suppress(PQCError):
            read(mutated(source.choice(seeds), source))
            accepted += 1
    return accepted
