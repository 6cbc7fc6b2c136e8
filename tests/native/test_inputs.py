"""Inputs are any contiguous memory of single bytes, and errors about them keep and show nothing of it."""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from qynauth_pqc import (
    ClosedError,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    PQCError,
    load_private_key,
)
from qynauth_pqc.batch import sign_many
from qynauth_pqc.native import IS_ACCELERATED

SEED = bytes(range(64))

# Memory of the formats B, b and c, and of them as ctypes says it, and in two dimensions.
SINGLE_BYTES: list[Callable[[bytes], Any]] = [
    lambda data: memoryview(data).cast("c"),
    lambda data: memoryview(array("b", data)),
    lambda data: memoryview((ctypes.c_ubyte * len(data)).from_buffer_copy(data)),
    lambda data: memoryview((ctypes.c_char * len(data)).from_buffer_copy(data)),
    lambda data: memoryview(data).cast("B", (1, len(data))),
]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, *SINGLE_BYTES])
def test_every_kind_of_contiguous_memory_is_an_input(kind: Callable[[bytes], bytes]) -> None:
    """Signatures and messages of each type verify alike, and lengths count bytes."""
    private_key = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    message = bytes(range(8))
    signature = private_key.sign(kind(message), deterministic=True)
    assert signature == private_key.sign(message, deterministic=True)
    private_key.public_key.verify(kind(message), kind(signature))


def test_secrets_are_inputs() -> None:
    """The outputs of the package are inputs too."""
    secret = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512").seed()
    assert MLKEMPrivateKey.from_seed(secret, "ML-KEM-512").seed() == secret


@pytest.mark.parametrize("value", ["pass-word", 1234567, None, [1], memoryview(bytes(8))[::2]], ids=repr)
def test_other_inputs_are_type_errors_that_do_not_show_the_value(value: object) -> None:
    """A secret passed as text by mistake must not end in a log."""
    private_key = MLKEMPrivateKey.generate("ML-KEM-512")
    signer = MLDSAPrivateKey.generate("ML-DSA-44")
    calls: list[Callable[[], object]] = [
        lambda: MLKEMPrivateKey.from_seed(value, "ML-KEM-512"),  # type: ignore[arg-type]
        lambda: MLDSAPrivateKey.from_private_bytes(value),  # type: ignore[arg-type]
        lambda: private_key.decapsulate(value),  # type: ignore[arg-type]
        lambda: signer.sign(value),  # type: ignore[arg-type]
        lambda: signer.sign(b"", context=value),  # type: ignore[arg-type]
        lambda: signer.public_key.verify(b"", value),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError, match="must be") as caught:
            call()
        assert not any(text in str(caught.value) for text in ("pass-word", "1234567"))


class LongBytes(bytes):
    """Bytes that say they are longer than they are."""

    def __len__(self) -> int:
        """Return a length that the memory does not have."""
        return bytes.__len__(self) + 4096


class LongByteArray(bytearray):
    """A bytearray that says the same."""

    def __len__(self) -> int:
        """Return a length that the memory does not have."""
        return bytearray.__len__(self) + 4096


class ShortBytes(bytes):
    """Bytes that say they are empty."""

    def __len__(self) -> int:
        """Return a length that the memory does not have."""
        return 0


@pytest.mark.parametrize("kind", [LongBytes, LongByteArray, ShortBytes])
def test_length_of_an_input_is_the_size_of_its_memory(kind: Callable[[bytes], bytes]) -> None:
    """A subclass may report another length: no byte beyond the memory is read, and none is left out."""
    key = MLDSAPrivateKey.from_seed(kind(bytes(32)), "ML-DSA-44")
    public, private = key.public_key.public_bytes(), bytes(key.private_bytes())
    assert MLDSAPublicKey.from_public_bytes(kind(public)).public_bytes() == public
    assert MLDSAPrivateKey.from_private_bytes(kind(private)).private_bytes() == private
    signature = key.sign(kind(b"message"), context=kind(b"context"), deterministic=True)
    assert signature == key.sign(b"message", context=b"context", deterministic=True)
    assert sign_many(key, [kind(b"message")] * 2, kind(b"context"), deterministic=True) == [signature] * 2
    key.public_key.verify(b"message", kind(signature), context=b"context")
    assert key.private_bytes() == kind(private)
    hasher = key.public_key.mu_hasher(context=kind(b"context"))
    hasher.update(kind(b"message"))
    assert hasher.finalize() == mu_of(key, b"message", b"context")
    with pytest.raises(InvalidKeyError, match="got 1311"):
        MLDSAPublicKey.from_public_bytes(kind(public[1:]))


def mu_of(key: MLDSAPrivateKey, message: bytes, context: bytes) -> bytes:
    """Return the mu of a message in bytes."""
    hasher = key.public_key.mu_hasher(context=context)
    hasher.update(message)
    return hasher.finalize()


def test_subclass_with_a_buffer_of_its_own_is_what_that_buffer_holds() -> None:
    """The buffer may differ at each request, which PEP 688 allows since Python 3.12."""

    class Changing(bytes):
        asked = 0

        def __buffer__(self, flags: int) -> memoryview:
            self.asked += 1
            return memoryview(bytes(31 + self.asked))

    seed = Changing(32)
    for _ in range(4):
        with contextlib.suppress(InvalidLengthError):
            assert MLDSAPrivateKey.from_seed(seed, "ML-DSA-44").seed() == bytes(32)


@pytest.mark.parametrize("form", ["H", "I", "Q", "f", "d"])
def test_memory_of_larger_items_is_a_type_error(form: Any) -> None:
    """Its bytes depend on the machine, and the bytes of objects would be their addresses."""
    objects = memoryview((ctypes.py_object * 4)())
    signer = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    for data in (memoryview(array(form, [0] * 8)), memoryview(bytes(64)).cast(form), objects):
        for use in (signer.sign, lambda data: MLKEMPrivateKey.from_seed(data, "ML-KEM-512")):
            with pytest.raises(TypeError, match="must be contiguous memory of single bytes"):
                use(data)


def refused(use: Callable[[Any], object], data: object) -> Exception:
    """Return the error of a use, with its traceback."""
    with pytest.raises((PQCError, TypeError)) as caught:
        use(data)
    return caught.value


def test_error_that_is_kept_does_not_delay_the_wipe() -> None:
    """Its traceback holds the frames of the call, and they hold nothing any more."""
    secret = MLKEMPrivateKey.from_seed(SEED, "ML-KEM-512").seed()
    signer = MLDSAPrivateKey.from_seed(bytes(32), "ML-DSA-44")
    encrypted, view = bytes(signer.to_pkcs8(password=b"password")), secret.view()
    uses: list[Callable[[Any], object]] = [
        lambda data: MLDSAPrivateKey.from_seed(data, "ML-DSA-44"),
        MLDSAPrivateKey.from_private_bytes,
        MLDSAPrivateKey.from_jwk,
        MLDSAPrivateKey.from_cose_key,
        load_private_key,
        lambda data: load_private_key(encrypted, data),
        lambda data: signer.sign(data, context=bytes(256)),
        lambda data: signer.public_key.verify(data, data),
        lambda data: signer.sign(data, context=bytes(256), prehash="SHA-512"),
        lambda data: sign_many(signer, [data], 1),  # type: ignore[call-overload]
        MLKEMPrivateKey.generate("ML-KEM-512").decapsulate,
    ]
    errors = [refused(use, secret) for use in uses]
    assert bytes(view) == SEED
    secret.close()
    assert bytes(view) == bytes(64)
    assert all(error.__traceback__ for error in errors)


CYCLE = """
import gc
from qynauth_pqc import MLDSAPrivateKey, MLKEMPrivateKey, PQCError
def fail(use, data):
    try:
        use(data)
    except (PQCError, TypeError) as error:
        cycle = error
seed = MLDSAPrivateKey.generate("ML-DSA-44").seed()
signer = MLDSAPrivateKey.generate("ML-DSA-44")
for data in (memoryview(bytes(2560)), seed):
    for use in (
        MLDSAPrivateKey.from_private_bytes,
        lambda data: MLKEMPrivateKey.from_seed(data, "ML-KEM-512"),
        MLKEMPrivateKey.generate("ML-KEM-512").decapsulate,
        lambda data: signer.public_key.verify(data, data),
        lambda data: signer.sign(data, context=bytes(256)),
        lambda data: signer.sign(data, context="text"),
        lambda data: signer.sign(data, context=bytes(256), prehash="SHA-512"),
    ):
        fail(use, data)
        gc.collect()
"""


def test_error_in_a_cycle_does_not_crash_the_collector() -> None:
    """No error keeps a memoryview held by C, which CPython before 3.12 cannot collect (gh-77894)."""
    subprocess.run([sys.executable, "-c", CYCLE], check=True)


class Exporting(bytes):
    """Bytes that export other memory, which CPython asks for from 3.12 on."""

    export: Callable[[], memoryview]

    def __buffer__(self, _flags: int) -> memoryview:
        """Return the other memory."""
        return self.export()


def exporting(export: Callable[[], memoryview]) -> Exporting:
    """Return bytes that export what a function returns."""
    made = Exporting()
    made.export = export
    return made


exports_memory = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python classes export no buffers before 3.12")


@exports_memory
@pytest.mark.parametrize("memory", [memoryview(bytes(8)).cast("Q"), memoryview(bytes(8))[::2]], ids=["words", "gaps"])
@pytest.mark.parametrize("prehash", [None, "SHA-512"])
def test_memory_that_a_subclass_exports_is_checked(memory: memoryview, prehash: Any) -> None:
    """With both bindings, it must be contiguous memory of single bytes, as any memoryview."""
    message = r"^message must be contiguous memory of single bytes \(format B, b or c\)$"
    with pytest.raises(TypeError, match=message):
        MLDSAPrivateKey.generate("ML-DSA-44").sign(exporting(lambda: memory), prehash=prehash)


@exports_memory
def test_key_that_an_input_closes_is_used_or_refused() -> None:
    """The binding in C has taken the key before the input, and the binding on cffi takes it afterwards."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    public_key = key.public_key

    def export() -> memoryview:
        key.close()
        return memoryview(b"exported")

    if IS_ACCELERATED:
        public_key.verify(b"exported", key.sign(exporting(export)))
    with pytest.raises(ClosedError, match=r"is closed$"):
        key.sign(exporting(export))
