#!/usr/bin/env python3
"""How much the resident memory of a process grows while it repeats one operation.

The first half of the repetitions fills caches and free lists, so only the growth over the second half counts. Every
operation has a process of its own: memory that another one left free would hide a leak. A leak of a single byte in each
call costs at least 1.5 MiB over 50,000 calls, since the allocator's smallest block has 32 bytes.
"""
# ruff: noqa: S603, T201 - it runs itself in new processes, and prints what it finds

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil

from qynauth_pqc import (
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 100_000

# What happens in Python and at the C interface is the same for every parameter set; these two make 100,000 calls short.
KEM = MLKEMPrivateKey.generate("ML-KEM-768")
DSA = MLDSAPrivateKey.generate("ML-DSA-44")
MESSAGE = b"message"
CIPHERTEXT = KEM.public_key.encapsulate()[0]
SIGNATURE = DSA.sign(MESSAGE)
KEM_ENCODED = KEM.public_key.public_bytes()
DSA_ENCODED = DSA.public_key.public_bytes()


def refused(error: type[PQCError], function: Callable[..., object], *arguments: Any, **keywords: Any) -> None:
    """Make a call that must fail."""
    try:
        function(*arguments, **keywords)
    except error:
        return
    msg = f"{function} was not refused"
    raise RuntimeError(msg)


def close_twice(closable: Any) -> None:
    """Close a key or a secret at the end of `with`, and once more before."""
    with closable:
        closable.close()


def view_and_close(secret: Any) -> None:
    """Close a secret while there is a view of it."""
    view = secret.view()
    secret.close()
    view.release()


OPERATIONS: dict[str, Callable[[], object]] = {
    "ML-KEM keygen": lambda: MLKEMPrivateKey.generate("ML-KEM-768"),
    "ML-KEM encapsulate": KEM.public_key.encapsulate,
    "ML-KEM decapsulate": lambda: KEM.decapsulate(CIPHERTEXT),
    "ML-KEM public key import": lambda: MLKEMPublicKey.from_public_bytes(KEM_ENCODED),
    "ML-KEM key export": lambda: (KEM.seed(), KEM.private_bytes(), KEM.public_key.public_bytes()),
    "ML-KEM public key of a new key": lambda: MLKEMPrivateKey.generate("ML-KEM-768").public_key,
    "ML-KEM wrong ciphertext length": lambda: refused(InvalidLengthError, KEM.decapsulate, CIPHERTEXT[1:]),
    "ML-KEM bad public key": lambda: refused(InvalidKeyError, MLKEMPublicKey.from_public_bytes, b"\xff" * 1184),
    "ML-KEM key closed twice": lambda: close_twice(MLKEMPrivateKey.generate("ML-KEM-768")),
    "ML-KEM secret closed twice": lambda: close_twice(KEM.decapsulate(CIPHERTEXT)),
    "ML-KEM secret closed under a view": lambda: view_and_close(KEM.decapsulate(CIPHERTEXT)),
    "ML-DSA keygen": lambda: MLDSAPrivateKey.generate("ML-DSA-44"),
    "ML-DSA sign": lambda: DSA.sign(MESSAGE),
    "ML-DSA verify": lambda: DSA.public_key.verify(MESSAGE, SIGNATURE),
    "ML-DSA bad signature": lambda: refused(InvalidSignatureError, DSA.public_key.verify, b"another", SIGNATURE),
    "ML-DSA wrong signature length": lambda: refused(InvalidSignatureError, DSA.public_key.verify, MESSAGE, b""),
    "ML-DSA wrong context length": lambda: refused(InvalidLengthError, DSA.sign, MESSAGE, context=bytes(256)),
    "ML-DSA wrong seed length": lambda: refused(InvalidLengthError, MLDSAPrivateKey.from_seed, b"", "ML-DSA-44"),
    "ML-DSA key closed twice": lambda: close_twice(MLDSAPublicKey.from_public_bytes(DSA_ENCODED)),
}


def growth(operation: Callable[[], object], count: int = COUNT) -> int:
    """Return the bytes by which this process grows in the second half of `count` calls."""
    process = psutil.Process()
    sizes = []
    for _ in range(2):
        for _ in range(count // 2):
            operation()
        sizes.append(process.memory_info().rss)
    return int(sizes[1] - sizes[0])


def growth_in_new_process(name: str, count: int = COUNT) -> int:
    """Return the bytes by which a process grows that does nothing else than this operation."""
    command = [sys.executable, __file__, name, "--count", str(count)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Print the growth of one operation in bytes, or a table of all."""
    parser = argparse.ArgumentParser(description="Measure how memory grows while an operation is repeated.")
    parser.add_argument("operation", nargs="?", choices=OPERATIONS, metavar="OPERATION", help="default: each of them")
    parser.add_argument("--count", type=int, default=COUNT, help="how often to repeat it (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.operation:
        print(growth(OPERATIONS[arguments.operation], arguments.count))
        return
    for name in OPERATIONS:
        print(f"{name:36}{growth_in_new_process(name, arguments.count) / 1024:10.0f} KiB", flush=True)


if __name__ == "__main__":
    main()
