"""The options of keys: code path, locked memory and precomputation."""

from __future__ import annotations

import gc
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import CHOICES, Sizes

from qynauth_pqc import (
    DilithiumKeyPair,
    KyberKeyPair,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCLibraryV2,
    UnsupportedError,
    derandomized,
    optimizations,
)
from qynauth_pqc.native import lib

# Runs in a separate process, because it drops its right to lock memory.
WITHOUT_LOCKS = """
import os, resource
from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, OutOfMemoryError
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
if os.geteuid() == 0:
    os.setuid(65534)
for kind in (MLKEMPrivateKey, MLDSAPrivateKey):
    kind.generate()
    try:
        kind.generate(locked_memory=True)
    except OutOfMemoryError as error:
        print(error)
"""

# The same; the limit is enough for the encoding of the key, and too little for its expanded form next to that.
WITH_FEW_LOCKS = """
import os, resource
from qynauth_pqc import MLDSAPrivateKey
encoded = bytes(MLDSAPrivateKey.generate("ML-DSA-44").private_bytes())
resource.setrlimit(resource.RLIMIT_MEMLOCK, (32 << 10, 32 << 10))
if os.geteuid() == 0:
    os.setuid(65534)
key = MLDSAPrivateKey.from_private_bytes(encoded, locked_memory=True)
print(key.resident_bytes < 29_000, len(key.sign(b"message")))
"""


@pytest.mark.parametrize("locked_memory", [False, True])
@pytest.mark.parametrize("choice", CHOICES)
def test_results_do_not_depend_on_the_options(kem: Sizes, dsa: Sizes, choice: str, *, locked_memory: bool) -> None:
    """Keys, ciphertexts, secrets and signatures are the same everywhere."""
    plain = MLKEMPrivateKey.from_seed(bytes(64), kem.name)
    other = MLKEMPrivateKey.from_seed(bytes(64), kem.name, locked_memory=locked_memory, **CHOICES[choice])
    assert other.private_bytes() == plain.private_bytes()
    assert derandomized.encapsulate_with(other.public_key, bytes(32)) == derandomized.encapsulate_with(
        plain.public_key, bytes(32)
    )
    signer = MLDSAPrivateKey.from_seed(bytes(32), dsa.name)
    loaded = MLDSAPrivateKey.from_private_bytes(signer.private_bytes(), locked_memory=locked_memory, **CHOICES[choice])
    assert loaded.sign(b"message", deterministic=True) == signer.sign(b"message", deterministic=True)


def test_unknown_code_path_is_refused() -> None:
    """Every maker of keys refuses it; the error lists the known ones."""
    for use in (
        lambda: MLKEMPrivateKey.generate(code_path="sse2"),
        lambda: MLKEMPublicKey.from_public_bytes(bytes(1184), code_path=""),
        lambda: MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-65", code_path="AVX2"),
        lambda: PQCLibraryV2(optimizations="fast"),
    ):
        with pytest.raises(UnsupportedError, match="expected one of best, avx512, avx2, neon-sha3, neon, portable"):
            use()


FOREIGN_PATH = "avx2" if platform.machine() == "aarch64" else "neon"
"""A code path of another architecture."""


def test_code_path_that_the_processor_lacks_is_refused() -> None:
    """The error says that the processor lacks it."""
    with pytest.raises(UnsupportedError, match="code path is unavailable"):
        MLKEMPrivateKey.generate(code_path=FOREIGN_PATH)


def test_library_refuses_a_code_path_that_its_keys_cannot_take() -> None:
    """It refuses it when it is made, not with its first key."""
    with pytest.raises(UnsupportedError, match="code path is unavailable"):
        PQCLibraryV2(optimizations=FOREIGN_PATH)


def test_options_of_the_library_hold_for_its_keys_and_change_nothing_else() -> None:
    """The notes of the buffers show the kind of memory."""
    library = PQCLibraryV2(optimizations="portable", locked_memory=True)
    assert library.code_path == "portable"
    assert PQCLibraryV2().code_path == optimizations()["code_path"]
    for pair in (KyberKeyPair(library), DilithiumKeyPair(library)):
        assert pair.private_key._locked
    for pair in (KyberKeyPair(), DilithiumKeyPair(PQCLibraryV2())):
        assert pair.private_key._locked is False


def test_secrets_of_a_locked_key_are_locked_and_wiped() -> None:
    """This holds for shared secrets of its operations too; views and close() work as usual."""
    private_key = MLKEMPrivateKey.generate(locked_memory=True)
    ciphertext, sent = private_key.public_key.encapsulate()
    received = private_key.decapsulate(ciphertext)
    assert sent == received
    assert [secret._locked for secret in (sent, received, private_key.seed())] == [True] * 3
    view = sent.view()
    sent.close()
    assert view == bytes(32)


def test_expanded_form_of_a_loaded_locked_signing_key_is_locked_too() -> None:
    """It is made unless `precompute` is False; closing the key unlocks it."""
    private = MLDSAPrivateKey.generate("ML-DSA-87").private_bytes()
    gc.collect()
    before, locked = locked_kibibytes(), []
    for precompute in (False, None):
        key = MLDSAPrivateKey.from_private_bytes(private, locked_memory=True, precompute=precompute)
        locked.append(locked_kibibytes() - before)
        key.close()
        assert locked_kibibytes() == before
    assert locked[0] + 64 <= locked[1]


@pytest.mark.parametrize(
    ("kind", "name", "kibibytes"), [(MLKEMPrivateKey, "ML-KEM-1024", 16), (MLDSAPrivateKey, "ML-DSA-87", 12)]
)
def test_expanded_form_of_a_locked_key_is_locked_too(
    kind: type[MLKEMPrivateKey | MLDSAPrivateKey], name: Any, kibibytes: int
) -> None:
    """The system counts more locked memory than the page of the seed, and gets it back."""
    gc.collect()
    before = locked_kibibytes()
    private_key = kind.generate(name, locked_memory=True, precompute=True)
    assert locked_kibibytes() - before >= kibibytes
    private_key.close()
    assert locked_kibibytes() == before


def locked_kibibytes() -> int:
    """Return how much memory of this process is locked."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"^VmLck:\s*(\d+) kB$", status, re.MULTILINE)[0])


def test_locked_memory_beyond_the_limit_is_an_error() -> None:
    """It names the limit; keys without it go on working."""
    run = subprocess.run([sys.executable, "-c", WITHOUT_LOCKS], check=True, capture_output=True, text=True)
    line = "memory could not be locked; raise the limit of the process (ulimit -l)\n"
    assert run.stdout == line * 2


def test_key_is_loaded_where_its_expanded_form_cannot_be_locked() -> None:
    """The form is made for the first signature, which works without it."""
    run = subprocess.run([sys.executable, "-c", WITH_FEW_LOCKS], check=True, capture_output=True, text=True)
    assert run.stdout == "True 2420\n"


def test_flags_of_the_header_match_the_options() -> None:
    """Each flag is a separate bit."""
    assert [lib.PQC_KEY_PORTABLE, lib.PQC_KEY_AVX2, lib.PQC_KEY_NEON, lib.PQC_KEY_BEST] == [1, 2, 4, 8]
    assert [lib.PQC_KEY_AVX512, lib.PQC_KEY_NEON_SHA3] == [16, 32]
    assert [lib.PQC_KEY_LOCKED_MEMORY, lib.PQC_KEY_PRECOMPUTE, lib.PQC_KEY_NO_PRECOMPUTE] == [256, 512, 1024]
