"""Part 4: operations, refusals and all kinds of closing leave no memory behind. bench/memory.py measures the same."""

from __future__ import annotations

import gc
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from qynauth_pqc.errors import (
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    PQCError,
)
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMPrivateKey, MLKEMPublicKey
from qynauth_pqc.validation.result import Checks, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TITLE = "Memory Usage Test"
LIMIT_BYTES = 1 << 20
"""How much the resident memory may grow."""

_ROUNDS = 2000


def refused(error: type[PQCError], function: Callable[..., object], *arguments: Any, **keywords: Any) -> None:
    """Make a call that must fail."""
    try:
        function(*arguments, **keywords)
    except error:
        return
    raise RuntimeError(f"{function} was not refused")


def close_twice(closable: Any) -> None:
    """Close a key or a secret, and again at the end of `with`."""
    with closable:
        closable.close()


def view_and_close(secret: Any) -> None:
    """Close a secret while there is a view of it."""
    view = secret.view()
    secret.close()
    view.release()


def repeated_operations() -> dict[str, Callable[[], object]]:
    """Return operations that must leave nothing behind, by name.

    The code in Python and at the C interface is the same for every parameter set; two fast sets allow many calls.
    """
    return _kem_operations() | _dsa_operations()


def _kem_operations() -> dict[str, Callable[[], object]]:
    key = MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-768")
    ciphertext, encoded = key.public_key.encapsulate()[0], key.public_key.public_bytes()
    return {
        "ML-KEM keygen": lambda: MLKEMPrivateKey.generate("ML-KEM-768"),
        "ML-KEM encapsulate": key.public_key.encapsulate,
        "ML-KEM decapsulate": lambda: key.decapsulate(ciphertext),
        "ML-KEM public key import": lambda: MLKEMPublicKey.from_public_bytes(encoded),
        "ML-KEM key export": lambda: (key.seed(), key.private_bytes(), key.public_key.public_bytes()),
        "ML-KEM public key of a new key": lambda: MLKEMPrivateKey.generate("ML-KEM-768").public_key,
        "ML-KEM wrong ciphertext length": lambda: refused(InvalidCiphertextError, key.decapsulate, ciphertext[1:]),
        "ML-KEM bad public key": lambda: refused(InvalidKeyError, MLKEMPublicKey.from_public_bytes, b"\xff" * 1184),
        "ML-KEM key closed twice": lambda: close_twice(MLKEMPrivateKey.generate("ML-KEM-768")),
        "ML-KEM secret closed twice": lambda: close_twice(key.decapsulate(ciphertext)),
        "ML-KEM secret closed under a view": lambda: view_and_close(key.decapsulate(ciphertext)),
    }


def _dsa_operations() -> dict[str, Callable[[], object]]:
    key, message = MLDSAPrivateKey.generate("ML-DSA-44"), b"message"
    signature, encoded = key.sign(message), key.public_key.public_bytes()
    return {
        "ML-DSA keygen": lambda: MLDSAPrivateKey.generate("ML-DSA-44"),
        "ML-DSA sign": lambda: key.sign(message),
        "ML-DSA verify": lambda: key.public_key.verify(message, signature),
        "ML-DSA bad signature": lambda: refused(InvalidSignatureError, key.public_key.verify, b"another", signature),
        "ML-DSA wrong signature length": lambda: refused(InvalidSignatureError, key.public_key.verify, message, b""),
        "ML-DSA wrong context length": lambda: refused(InvalidLengthError, key.sign, message, context=bytes(256)),
        "ML-DSA wrong seed length": lambda: refused(InvalidLengthError, MLDSAPrivateKey.from_seed, b"", "ML-DSA-44"),
        "ML-DSA key closed twice": lambda: close_twice(MLDSAPublicKey.from_public_bytes(encoded, "ML-DSA-44")),
    }


def growth(operation: Callable[[], object], count: int) -> int:
    """Return the bytes by which the resident memory of this process grows in the second half of `count` calls.

    The first half fills caches and free lists. The second half is measured in four parts, and the least of them counts
    four times: a leak grows in every part, but memory that the allocator or the system takes now and then does not.
    """
    import psutil  # it takes long to import; other commands do not need it

    process, done = psutil.Process(), 0
    sizes = []
    for eighths in range(4, 9):
        for _ in range(done, count * eighths // 8):
            operation()
        done = count * eighths // 8
        _collect()
        sizes.append(process.memory_info().rss)
    return int(4 * min(after - before for before, after in pairwise(sizes)))


def _collect() -> None:
    """Collect the garbage: PyPy counts no references, and takes a round for each link of a chain."""
    for _ in range(4):
        gc.collect()


def memory(operations: Mapping[str, Callable[[], object]] | None = None, rounds: int = _ROUNDS) -> Result:
    """Repeat operations, and check that no memory remains in use."""
    chosen = repeated_operations() if operations is None else operations
    count = len(chosen) * rounds

    def once() -> None:
        for operation in chosen.values():
            operation()

    _collect()
    before = snapshot()
    grown = growth(once, rounds)
    _collect()
    after = snapshot()
    handles, buffers = after.live_handles - before.live_handles, after.live_buffers - before.live_buffers
    wiped = after.bytes_wiped - before.bytes_wiped
    checks = Checks()
    checks.that(grown < LIMIT_BYTES, f"resident memory grew by {grown / 1024:.0f} KiB over {count // 2} operations")
    checks.that(handles == 0, f"{handles:+} live handles")
    checks.that(buffers == 0, f"{buffers:+} live buffers")
    checks.that(wiped > 0, "no byte was wiped")
    summary = (
        f"{count} operations, resident memory {grown / 1024:+.0f} KiB, live handles {handles:+}, "
        f"live buffers {buffers:+}, {wiped / LIMIT_BYTES:.0f} MiB wiped"
    )
    figures = {"operations": count, "rss_growth_bytes": grown, "live_handles": handles, "live_buffers": buffers}
    return Result(TITLE, summary, tuple(checks.failures), figures | {"bytes_wiped": wiped})
