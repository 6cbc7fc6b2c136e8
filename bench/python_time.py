#!/usr/bin/env python3
"""Times calls of the classes and of cffi alone, for bench/overhead.py: the other half of rust/src/main.rs.

Answers each line `<layer> <operation> <parameter set> <iterations>` with the nanoseconds of that number of calls. Keys
come from seeds of zeros and message `i` is the number `i` in 8 bytes, little endian, so that all layers sign the same
messages with the same number of rejections. The layer "cffi" works like a program in C: it calls the C function and
frees the results.
"""

from __future__ import annotations

import sys
from timeit import Timer
from typing import Any

from qynauth_pqc import MLDSAParameterSet, MLDSAPrivateKey, MLKEMParameterSet, MLKEMPrivateKey, enable_optimizations
from qynauth_pqc.native import ffi, lib

WARM_UP = 5  # calls before the clock starts, since the other process has used the caches in between

STATEMENTS = {
    "class": {
        "keygen": "generate(parameter_set)",
        "encapsulate": "public_key.encapsulate()",
        "decapsulate": "private_key.decapsulate(ciphertext)",
        "sign": "private_key.sign(message, deterministic=True)",
        "verify": "public_key.verify(signed, signature)",
    },
    "cffi": {
        "keygen": "lib_generate(number, 0, out); lib_free(out[0])",
        "encapsulate": "encapsulate(public, one, two); wipe(one); wipe(two)",
        "decapsulate": "decapsulate(private, ciphertext, len(ciphertext), one); wipe(one)",
        "sign": "sign(private, message, 8, null, 0, deterministic, one); wipe(one)",
        "verify": "verify(public, signed, 8, null, 0, signature, len(signature))",
    },
}


def message(number: int) -> bytes:
    """Return the message with this number."""
    return number.to_bytes(8, "little")


def cffi_names(private_key: MLKEMPrivateKey | MLDSAPrivateKey) -> dict[str, Any]:
    """Return the names of a key for the statements of the layer cffi; the open classes keep it alive."""
    return {
        "number": private_key.parameter_set.id,
        "private": private_key._use().pointer,
        "public": private_key.public_key._use().pointer,
        "null": ffi.NULL,
        "one": ffi.new("FFIBuffer *"),
        "two": ffi.new("FFIBuffer *"),
        "wipe": lib.ffi_buffer_free,
    }


def kem_names(parameter_set: MLKEMParameterSet) -> dict[str, Any]:
    """Return the names that the statements use with a parameter set of ML-KEM."""
    private_key = MLKEMPrivateKey.from_seed(bytes(64), parameter_set)
    return {
        "generate": MLKEMPrivateKey.generate,
        "parameter_set": parameter_set,
        "private_key": private_key,
        "public_key": private_key.public_key,
        "ciphertext": private_key.public_key.encapsulate()[0],
        "lib_generate": lib.pqc_private_key_generate,
        "lib_free": lib.pqc_private_key_free,
        "out": ffi.new("PqcPrivateKey **"),
        "encapsulate": lib.pqc_encapsulate,
        "decapsulate": lib.pqc_decapsulate,
        **cffi_names(private_key),
    }


def dsa_names(parameter_set: MLDSAParameterSet) -> dict[str, Any]:
    """Return the names that the statements use with a parameter set of ML-DSA."""
    private_key = MLDSAPrivateKey.from_seed(bytes(32), parameter_set)
    return {
        "generate": MLDSAPrivateKey.generate,
        "parameter_set": parameter_set,
        "private_key": private_key,
        "public_key": private_key.public_key,
        "signed": message(0),
        "signature": private_key.sign(message(0), deterministic=True),
        "lib_generate": lib.pqc_private_key_generate,
        "lib_free": lib.pqc_private_key_free,
        "out": ffi.new("PqcPrivateKey **"),
        "sign": lib.pqc_sign,
        "verify": lib.pqc_verify,
        "deterministic": lib.PQC_SIGN_DETERMINISTIC,
        **cffi_names(private_key),
    }


def nanoseconds(layer: str, operation: str, iterations: int, names: dict[str, Any]) -> int:
    """Return the time of a number of calls."""
    statement = STATEMENTS[layer][operation]
    messages = [message(number) for number in range(max(iterations, WARM_UP))]
    names = {**names, "warm_up": messages[:WARM_UP], "messages": messages[:iterations]}
    timer = Timer(f"for message in messages: {statement}", f"for message in warm_up: {statement}", globals=names)
    return round(timer.timeit(1) * 1e9)


def main() -> None:
    """Answer lines until there are no more, with keys of the code path in the first argument."""
    enable_optimizations(sys.argv[1])
    names = {kem.id: kem_names(kem) for kem in MLKEMParameterSet} | {
        dsa.id: dsa_names(dsa) for dsa in MLDSAParameterSet
    }
    for line in sys.stdin:
        layer, operation, number, iterations = line.split()
        sys.stdout.write(f"{nanoseconds(layer, operation, int(iterations), names[int(number)])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
