"""No operation, no refusal and no kind of closing leaks memory in the long run."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest
from conftest import IS_PYPY, ROOT

from qynauth_pqc.validation.memory import LIMIT_BYTES

MEMORY = runpy.run_path(str(ROOT / "bench" / "memory.py"))


@pytest.mark.parametrize("operation", MEMORY["OPERATIONS"])
def test_resident_memory_grows_by_less_than_a_mebibyte(operation: str) -> None:
    """A new process grows by less than 1 MiB over the second half of 100,000 calls."""
    assert MEMORY["COUNT"] == 100_000
    assert MEMORY["growth_in_new_process"](operation) < LIMIT_BYTES


# In a separate process, like the others: memory that earlier tests left free would hide the leak.
LEAK = """
import sys
from qynauth_pqc import MLKEMPrivateKey
from qynauth_pqc.native import ffi, lib
from qynauth_pqc.validation.memory import growth
key = MLKEMPrivateKey.generate("ML-KEM-512")
handle = key._use().pointer
ciphertext, buffer = bytes(lib.MLKEM512_CIPHERTEXTBYTES), ffi.new("FFIBuffer *")
print(growth(lambda: lib.mlkem_decapsulate(handle, ciphertext, len(ciphertext), buffer), int(sys.argv[1])))
"""


def test_a_leak_of_32_bytes_a_call_is_seen() -> None:
    """The measurement notices shared secrets that are never freed."""
    # With fewer calls, PyPy frees some internal memory after the first half.
    command = [sys.executable, "-c", LEAK, str(MEMORY["COUNT"] * (2 if IS_PYPY else 1))]
    grown = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    assert grown > LIMIT_BYTES
