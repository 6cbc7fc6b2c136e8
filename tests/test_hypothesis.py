"""Properties of the Python interface, over arguments that nobody would think of."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qynauth_pqc import (
    InvalidSignatureError,
    MLDSAParameterSet,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMParameterSet,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCError,
    testing,
)
from qynauth_pqc.prehash import PREHASHES

# The same examples in every run: a test that fails today must fail tomorrow.
SETTINGS = settings(
    derandomize=True, database=None, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow]
)

KEM = MLKEMPrivateKey.from_seed(bytes(64), "ML-KEM-512")
DSA = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")

SIZES = sorted(
    {0, 32, 64, 255, 256}
    | {size for each in MLKEMParameterSet for size in (each.public_key_bytes, each.private_key_bytes)}
    | {size for each in MLDSAParameterSet for size in (each.public_key_bytes, each.private_key_bytes)}
    | {each.ciphertext_bytes for each in MLKEMParameterSet}
    | {each.signature_bytes for each in MLDSAParameterSet}
)

# Bytes of the sizes that matter, filled with a pattern, and short ones of any content.
contents = st.binary(max_size=300) | st.builds(
    lambda size, pattern: (pattern * size)[:size], st.sampled_from(SIZES), st.binary(min_size=1, max_size=5)
)
buffers: list[Callable[[bytes], object]] = [
    bytes,
    bytearray,
    memoryview,
    lambda data: memoryview(data)[1:],
    lambda data: memoryview(data)[::2],
    lambda data: memoryview(array("H", data[: len(data) // 2 * 2])),
    lambda data: memoryview(data).cast("B", (len(data) // 2, 2)) if len(data) > 1 and len(data) % 2 == 0 else data,
]
memory = st.builds(lambda make, data: make(data), st.sampled_from(buffers), contents)
anything = memory | st.none() | st.text(max_size=5) | st.integers() | st.lists(st.integers(0, 255), max_size=3)
names = st.sampled_from([None, *MLKEMParameterSet, *MLDSAParameterSet, "ML-KEM", "", 768])

OPERATIONS: dict[str, Callable[[object, object, object], object]] = {
    "kem seed": lambda a, b, _: MLKEMPrivateKey.from_seed(a, b),  # type: ignore[arg-type]
    "kem private key": lambda a, b, _: MLKEMPrivateKey.from_private_bytes(a, b),  # type: ignore[arg-type]
    "kem public key": lambda a, b, _: MLKEMPublicKey.from_public_bytes(a, b),  # type: ignore[arg-type]
    "dsa seed": lambda a, b, _: MLDSAPrivateKey.from_seed(a, b),  # type: ignore[arg-type]
    "dsa private key": lambda a, b, _: MLDSAPrivateKey.from_private_bytes(a, b),  # type: ignore[arg-type]
    "dsa public key": lambda a, b, _: MLDSAPublicKey.from_public_bytes(a, b),  # type: ignore[arg-type]
    "decapsulate": lambda a, _, __: KEM.decapsulate(a),  # type: ignore[arg-type]
    "encapsulate_with": lambda a, _, __: testing.encapsulate_with(KEM.public_key, a),  # type: ignore[arg-type]
    "sign": lambda a, _, c: DSA.sign(a, context=c),  # type: ignore[arg-type]
    "verify": lambda a, _, c: DSA.public_key.verify(b"", a, context=c),  # type: ignore[arg-type]
    "sign prehash": lambda a, b, c: DSA.sign(a, context=c, prehash=b),  # type: ignore[arg-type]
    "sign_with": lambda a, _, c: testing.sign_with(DSA, b"", a, c),  # type: ignore[arg-type]
    "compare": lambda a, _, __: KEM.seed() == a,
}


@pytest.mark.parametrize("operation", OPERATIONS)
@SETTINGS
@given(data=anything, name=names, context=anything)
def test_only_errors_of_the_tree_are_raised(operation: str, data: object, name: object, context: object) -> None:
    """Whatever the arguments are, the call works, or raises a PQCError or a TypeError."""
    with suppress(PQCError, TypeError):
        OPERATIONS[operation](data, name, context)


@pytest.mark.parametrize("name", MLKEMParameterSet)
@SETTINGS
@given(seed=st.binary(min_size=64, max_size=64), m=st.binary(min_size=32, max_size=32))
def test_every_seed_is_a_key_that_exchanges_secrets(name: str, seed: bytes, m: bytes) -> None:
    """And encodes to what loads as the same key."""
    key = MLKEMPrivateKey.from_seed(seed, name)
    again = MLKEMPrivateKey.from_private_bytes(key.private_bytes())
    ciphertext, sent = testing.encapsulate_with(MLKEMPublicKey.from_public_bytes(key.public_key.public_bytes()), m)
    assert again.decapsulate(ciphertext) == sent == key.decapsulate(ciphertext)
    assert again.private_bytes() == key.private_bytes()
    assert key.seed() == seed


@pytest.mark.parametrize("name", MLDSAParameterSet)
@settings(SETTINGS, max_examples=40)
@given(
    seed=st.binary(min_size=32, max_size=32),
    message=contents,
    context=st.binary(max_size=255),
    prehash=st.sampled_from([None, *PREHASHES]),
    flip=st.integers(0, 8 * 2420 - 1),
)
def test_signature_is_valid_until_one_bit_changes(  # noqa: PLR0913, PLR0917 - one parameter per thing that varies
    name: str, seed: bytes, message: bytes, context: bytes, prehash: str | None, flip: int
) -> None:
    """For any key, message, context and hash function; any bit of the signature will do."""
    key = MLDSAPrivateKey.from_seed(seed, name)
    signature = bytearray(key.sign(message, context=context, prehash=prehash))
    key.public_key.verify(message, signature, context=context, prehash=prehash)
    signature[flip // 8] ^= 1 << flip % 8
    with pytest.raises(InvalidSignatureError):
        key.public_key.verify(message, signature, context=context, prehash=prehash)


@SETTINGS
@given(data=contents)
def test_secret_equals_its_bytes_and_nothing_else(data: bytes) -> None:
    """Equality is that of the bytes."""
    secret = KEM.seed()
    assert (secret == data) is (bytes(secret) == data)
