"""An exception between any two instructions of Python loses no handle and no secret.

A handler of a signal may raise one there. Here a trace function does, at each instruction of the package in turn.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest
from conftest import only_on_cpython
from interruptions import interrupt

from qynauth_pqc import (
    CompositePrivateKey,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    XWingPrivateKey,
    derandomized,
    load_private_key,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many
from qynauth_pqc.metrics._snapshot import snapshot

SEED = bytes(range(64))
KEM, DSA = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512"), MLDSAPrivateKey.from_seed(SEED[:32], "ML-DSA-44")
XWING, COMPOSITE = XWingPrivateKey.from_seed(SEED[:32]), CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256")
COMPOSITE_PRIVATE = bytes(COMPOSITE.private_bytes())
CIPHERTEXT, PUBLIC, PRIVATE = bytes(768), KEM.public_key.public_bytes(), bytes(KEM.private_bytes())
PKCS8 = bytes(KEM.to_pkcs8())
HASHER = DSA.public_key.mu_hasher()
XWING.public_key, DSA.public_key  # noqa: B018 - made and kept by the first use

OPERATIONS: dict[str, Callable[[], object]] = {
    "generate": lambda: MLKEMPrivateKey.generate("ML-KEM-512"),
    "generate with options": lambda: MLKEMPrivateKey.generate("ML-KEM-512", locked_memory=True),
    "generate X-Wing": lambda: XWingPrivateKey.generate("X-Wing"),
    "generate a composite": lambda: CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256"),
    "from_seed": lambda: MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512"),
    "from_private_bytes": lambda: MLKEMPrivateKey.from_private_bytes(PRIVATE),
    "from_private_bytes of a composite": lambda: CompositePrivateKey.from_private_bytes(
        COMPOSITE_PRIVATE, "MLDSA44-ECDSA-P256-SHA256"
    ),
    "from_public_bytes": lambda: MLKEMPublicKey.from_public_bytes(bytearray(PUBLIC)),
    "public_key": lambda: MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512").public_key,
    "seed": KEM.seed,
    "view": lambda: KEM.seed().view(),
    "encapsulate": KEM.public_key.encapsulate,
    "decapsulate": lambda: KEM.decapsulate(CIPHERTEXT),
    "encapsulate with X-Wing": XWING.public_key.encapsulate,
    "encapsulate_with": lambda: derandomized.encapsulate_with(KEM.public_key, SEED[:32]),
    "sign": lambda: DSA.sign(b"message"),
    "sign with a composite": lambda: COMPOSITE.sign(b"message"),
    "mu_hasher": DSA.public_key.mu_hasher,
    "copy of a mu_hasher": HASHER.copy,
    "load_private_key": lambda: load_private_key(PKCS8),
    "to_pkcs8": KEM.to_pkcs8,
    "generate_many": lambda: MLKEMPrivateKey.generate_many("ML-KEM-512", 3),
    "encapsulate_many": lambda: encapsulate_many(KEM.public_key, 3),
    "decapsulate_many": lambda: decapsulate_many(KEM, [CIPHERTEXT] * 3)[1],
    "sign_many": lambda: sign_many(DSA, [b"message"] * 3),
    "generate_many in slices": lambda: MLKEMPrivateKey.generate_many("ML-KEM-512", 3, progress=bool),
    "encapsulate_many in slices": lambda: encapsulate_many(KEM.public_key, 3, progress=bool),
    "decapsulate_many in slices": lambda: decapsulate_many(KEM, [CIPHERTEXT] * 3, progress=bool)[1],
    "sign_many in slices": lambda: sign_many(DSA, [b"message"] * 3, progress=bool),
    "sign_many with a composite": lambda: sign_many(COMPOSITE, [b"message"] * 3),
}
SLOW = {"encapsulate_many in slices", "decapsulate_many in slices", "sign_many in slices", "sign_many with a composite"}
"""The operations with the most instructions; others have the same parts. `make nightly` interrupts them."""


def alive() -> tuple[int, int]:
    """Return how many handles and buffers there are."""
    now = snapshot()
    return now.live_handles, now.live_buffers


@only_on_cpython("a collection at each of some thousand instructions takes PyPy hours")
@pytest.mark.parametrize(
    "operation",
    [pytest.param(each, id=name, marks=[pytest.mark.nightly] * (name in SLOW)) for name, each in OPERATIONS.items()],
)
def test_interrupted_operation_leaves_nothing(operation: Callable[[], object]) -> None:
    """All memory that it had allocated is wiped and freed."""
    assert not interrupt(operation, sys.maxsize)  # once before it counts: Python 3.12 sees the next instructions only
    gc.collect()
    start, number = alive(), 0
    while interrupt(operation, number):
        number += 1
        gc.collect(0)
        if alive() != start:
            gc.collect()  # the collector has run in between, and the remaining objects are older
        assert alive() == start, number
    assert number > 10
