"""The memory of a child process that waits: all writable memory is read and searched for secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha512, shake_256
from pathlib import Path
from typing import IO

import composite_draft as draft
from conftest import ROOT, Sizes

from qynauth_pqc import MLDSAPrivateKey

# Bytes of a secret in a row that are no accident, and how many such chunks of each are searched for.
CHUNK = 16
CHUNKS = 6

CHILD = """
import gc, os, sys
from qynauth_pqc import *
from qynauth_pqc.batch import decapsulate_many, sign_many

def receive(size):  # into memory that can be wiped
    data = bytearray(size)
    view = memoryview(data)
    while view:
        view = view[os.readv(0, [view]):]
    return data

def pause():
    if sys.implementation.name == "pypy":  # which frees what nobody closed when it collects, a link each time
        for _ in range(4):
            gc.collect()
    os.write(1, b".")
    os.read(0, 1)

name, sizes = sys.argv[1], sys.argv[2].split(",")
seed, private, ciphertext = inputs = [receive(int(size)) for size in sizes]
kind = {"ML-KEM": MLKEMPrivateKey, "ML-DSA": MLDSAPrivateKey}.get(name[:6], CompositePrivateKey)

def use(key):
    key.public_key.public_bytes()
    secrets = [key.private_bytes(), kind.from_seed(seed, name).seed()]
    if kind is MLKEMPrivateKey:
        key.public_key.encapsulate()
        return [*secrets, key.decapsulate(ciphertext), decapsulate_many(key, [ciphertext])[0]]
    key.public_key.verify(b"m", key.sign(b"m"))
    sign_many(key, [b"m"] * 2)
    key.public_key.verify(b"m", key.sign(b"m", prehash="SHA-512"), prehash="SHA-512")
    return secrets

def wipe_inputs():
    for data in inputs:
        data[:] = bytes(len(data))
"""


@dataclass(frozen=True)
class Case:
    """A parameter set, the input of the child, and the secrets that it has then."""

    name: str
    inputs: tuple[bytes, bytes, bytes]
    secrets: dict[str, bytes]


def composite_case(sizes: Sizes) -> Case:
    """Return a private key; xi and K of ML-DSA, and the classical number or seed, as encoded and as limbs hold it."""
    row, made = draft.ROWS[sizes.name], shake_256(sizes.name.encode()).digest(80)
    classical = b"\x01" + made[33 : 80 if row.curve == "P-384" else 64]
    lattice = bytes(MLDSAPrivateKey.from_seed(made[:32], f"ML-DSA-{sizes.name[5:7]}").private_bytes())  # type: ignore[arg-type]
    secrets = {"xi": made[:32], "K": lattice[32:64], "classical": classical, "limbs": classical[::-1]}
    if row.curve is None:
        secrets |= {"expanded": sha512(classical).digest()[1:31], "prefix": sha512(classical).digest()[32:]}
    return Case(sizes.name, (b"", draft.private_key(row, made[:32], classical), b""), secrets)


@dataclass(frozen=True)
class Mapping:
    """A writable mapping of a process."""

    is_stack: bool
    is_locked: bool
    data: bytes


def read(memory: IO[bytes], start: int, end: int, step: int) -> bytes:
    """Return the bytes of a mapping, without guard pages, which are inside the stacks of threads since glibc 2.42."""
    found = []
    for place in range(start, end, step):
        memory.seek(place)
        try:
            found.append(memory.read(step))
        except OSError:
            if step == end - start:
                raise
    return b"".join(found)


def writable_memory(pid: int) -> Iterator[Mapping]:
    """Yield each writable mapping of a process."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for entry in re.split(r"(?m)^(?=[0-9a-f]+-)", Path(f"/proc/{pid}/smaps").read_text())[1:]:
            first, *_, flags = entry.splitlines()
            span, mode, *_, last = first.split()
            if mode.startswith("rw"):
                start, end = (int(address, 16) for address in span.split("-"))
                data = read(memory, start, end, 4096 if "gu" in flags.split() else end - start)
                yield Mapping(last == "[stack]", "lo" in flags.split(), data)


@dataclass(frozen=True)
class Child:
    """A child process that waits, and the secrets to look for in it."""

    pid: int
    to_child: IO[bytes]
    from_child: IO[bytes]
    secrets: dict[str, bytes]

    def found(self, *, stack: bool = False, locked: bool = True) -> set[str]:
        """Return the names of the secrets that have a chunk in the child's memory.

        Args:
            stack: look on the stack, and not elsewhere.
            locked: look in locked memory too.
        """
        mappings = (each for each in writable_memory(self.pid) if each.is_stack == stack)
        memory = b"".join(each.data for each in mappings if locked or not each.is_locked)
        return {name for name, secret in self.secrets.items() if any(chunk in memory for chunk in chunks(secret))}

    def go_on(self, what: bytes = b".") -> None:
        """Send the child the line that it waits for, and let it run until it waits again."""
        self.to_child.write(what)
        assert self.from_child.read(1) == b"."


def chunks(secret: bytes) -> Iterator[bytes]:
    """Yield some chunks of a secret, spread over its length."""
    count = len(secret) // CHUNK
    for number in range(0, count, -(-count // CHUNKS)):
        yield secret[number * CHUNK : (number + 1) * CHUNK]


@contextmanager
def child(case: Case, code: str) -> Iterator[Child]:
    """Run code in a child until it first waits, and see to it that the rest ends well."""
    sizes = ",".join(str(len(data)) for data in case.inputs)
    command = [sys.executable, "-c", CHILD + code, case.name, sizes]
    # At the first call of a function, the loader saves vector registers, with leftovers of copies, on the stack.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LD_BIND_NOW": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        waiting = Child(process.pid, process.stdin, process.stdout, case.secrets)
        waiting.go_on(b"".join(case.inputs))
        yield waiting
        process.stdin.write(b".")
    assert process.returncode == 0
