"""Memory that another program changes between two reads of a call, by construction: see changing_memory.c."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from qynauth_pqc.native import ffi

PAGES = bytes(range(256)) * (16 * mmap.PAGESIZE // 256)
"""A message of enough pages: the system maps its memory separately."""


@cache
def _library() -> ctypes.CDLL:
    with TemporaryDirectory() as folder:
        library, source = Path(folder) / "changing.so", Path(__file__).with_suffix(".c")
        subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source], check=True)
        return ctypes.CDLL(str(library))


@contextmanager
def changing(memory: bytes | bytearray | memoryview, read: int, descriptor: int = -1) -> Iterator[list[int]]:
    """Change memory, or the file that is mapped there, when it is read for the given time; fill in how often it was."""
    reads = list[int]()
    with ffi.from_buffer("uint8_t[]", memory) as data:
        address = int(ffi.cast("uintptr_t", data))
        _library().memory_watch(ctypes.c_void_p(address), ctypes.c_size_t(len(data)), descriptor, read)
        try:
            yield reads
        finally:
            reads.append(_library().memory_release())
