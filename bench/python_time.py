#!/usr/bin/env python3
"""Times calls of the Python interface, for bench/overhead.py: the other half of crates/pqc-ffi/examples/abi_time.rs.

Answers each line `<operation> <parameter set> <iterations>` with the nanoseconds that so many calls took. Keys come
from seeds of zeros and message `i` is the number `i` in 8 bytes, little endian, so that both sides sign the same
messages with the same number of rejections.
"""

from __future__ import annotations

import sys
from timeit import Timer
from typing import Any

from qynauth_pqc import MLDSAParameterSet, MLDSAPrivateKey, MLKEMParameterSet, MLKEMPrivateKey

WARM_UP = 5  # calls before the clock starts, since the other process has used the caches meanwhile

STATEMENTS = {
    "keygen": "generate(parameter_set)",
    "encapsulate": "public_key.encapsulate()",
    "decapsulate": "private_key.decapsulate(ciphertext)",
    "sign": "private_key.sign(message, deterministic=True)",
    "verify": "public_key.verify(signed, signature)",
}


def message(number: int) -> bytes:
    """Return the message with this number."""
    return number.to_bytes(8, "little")


def kem_names(parameter_set: MLKEMParameterSet) -> dict[str, Any]:
    """Return what the statements use with a parameter set of ML-KEM."""
    private_key = MLKEMPrivateKey.from_seed(bytes(64), parameter_set)
    return {
        "generate": MLKEMPrivateKey.generate,
        "parameter_set": parameter_set,
        "private_key": private_key,
        "public_key": private_key.public_key,
        "ciphertext": private_key.public_key.encapsulate()[0],
    }


def dsa_names(parameter_set: MLDSAParameterSet) -> dict[str, Any]:
    """Return what the statements use with a parameter set of ML-DSA."""
    private_key = MLDSAPrivateKey.from_seed(bytes(32), parameter_set)
    return {
        "generate": MLDSAPrivateKey.generate,
        "parameter_set": parameter_set,
        "private_key": private_key,
        "public_key": private_key.public_key,
        "signed": message(0),
        "signature": private_key.sign(message(0), deterministic=True),
    }


def nanoseconds(operation: str, iterations: int, names: dict[str, Any]) -> int:
    """Return how long so many calls take."""
    statement = STATEMENTS[operation]
    messages = [message(number) for number in range(max(iterations, WARM_UP))]
    names = {**names, "warm_up": messages[:WARM_UP], "messages": messages[:iterations]}
    timer = Timer(f"for message in messages: {statement}", f"for message in warm_up: {statement}", globals=names)
    return round(timer.timeit(1) * 1e9)


def main() -> None:
    """Answer lines until there are no more."""
    names = {kem.id: kem_names(kem) for kem in MLKEMParameterSet} | {
        dsa.id: dsa_names(dsa) for dsa in MLDSAParameterSet
    }
    for line in sys.stdin:
        operation, number, iterations = line.split()
        sys.stdout.write(f"{nanoseconds(operation, int(iterations), names[int(number)])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
