"""A message that changes while SLH-DSA signs it is no fault of the machine, and no signature of it is released."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from changing_memory import PAGES, changing

from qynauth_pqc import BatchError, FaultDetectedError, MessageChangedError, PQCError, SLHDSAPrivateKey
from qynauth_pqc.batch import sign_many
from qynauth_pqc.derandomized import sign_with
from qynauth_pqc.native import lib, sign

SET: Final = "SLH-DSA-SHA2-128f"
KEY = SLHDSAPrivateKey.generate(SET)
KEYS = {"one thread": KEY, "several": SLHDSAPrivateKey.from_seed(KEY.seed(), SET, parallel=True)}
SECOND_DIGEST = 3
"""The message is read for R, for the digest and for the second digest."""


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[tuple[memoryview, int]]:
    """Lend a file in memory, and its descriptor."""
    (tmp_path / "message").write_bytes(PAGES)
    descriptor = os.open(tmp_path / "message", os.O_RDWR)
    yield memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)), descriptor
    os.close(descriptor)


def settle_on(message: bytes | bytearray | memoryview, key: SLHDSAPrivateKey = KEY, descriptor: int = -1) -> type:
    """Return the class of the error of a signature, whose second digest is of a changed message."""
    with changing(message, SECOND_DIGEST, descriptor) as reads, pytest.raises(PQCError) as raised:
        key.sign(message)
    assert reads == [SECOND_DIGEST]
    return type(raised.value)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_changed_file_is_no_fault(key: SLHDSAPrivateKey, mapped: tuple[memoryview, int]) -> None:
    """The interface of C has a status for it, and returns no signature."""
    message, descriptor = mapped
    with changing(message, SECOND_DIGEST, descriptor):
        assert sign(key._use(), message, b"", 0) == lib.PQC_STATUS_MESSAGE_CHANGED
    os.pwrite(descriptor, PAGES[:7], 0)
    assert settle_on(message, key, descriptor) is MessageChangedError


@pytest.mark.parametrize("read", [1, 2, 4])
def test_signature_of_a_message_that_changes_at_another_time_is_valid(
    read: int, mapped: tuple[memoryview, int]
) -> None:
    """It signs the contents that were there when the digest was computed, twice."""
    message, descriptor = mapped
    with changing(message, read, descriptor):
        signature = KEY.sign(message)
    KEY.public_key.verify(PAGES if read > SECOND_DIGEST else bytes(message), signature)


@pytest.mark.parametrize("make", [bytearray, lambda data: memoryview(bytearray(data)).toreadonly()])
def test_memory_that_others_may_write_has_changed(make: Any) -> None:
    """A read-only view of it does not make it constant."""
    assert settle_on(make(PAGES)) is MessageChangedError


@pytest.mark.parametrize("make", [lambda data: data, memoryview], ids=["bytes", "view"])
def test_bytes_with_another_digest_are_a_fault(make: Any) -> None:
    """Nobody can change bytes, so that the machine has."""
    assert settle_on(make(bytes(bytearray(PAGES)))) is FaultDetectedError


def test_changed_context_is_no_fault() -> None:
    """It is hashed with the message; a signature with known randomness has the same errors."""
    for message, expected in ((bytearray(PAGES), MessageChangedError), (bytes(bytearray(PAGES)), FaultDetectedError)):
        for context in (b"", bytearray(b"context")):
            with changing(message, SECOND_DIGEST), pytest.raises(PQCError) as raised:
                sign_with(KEY, message, bytes(16), context)
            assert raised.type is (MessageChangedError if context else expected)


def test_batch_names_the_item_that_changed() -> None:
    """Items of bytes have a fault; a column of numpy has changed."""
    rows = np.frombuffer(bytearray(PAGES), np.uint8).reshape(1, -1)
    cases: list[tuple[Any, Any, type]] = [
        ([b"first", fixed := bytes(bytearray(PAGES))], fixed, FaultDetectedError),
        ([b"first", shared := bytearray(PAGES)], shared, MessageChangedError),
        (rows, rows.data.cast("B"), MessageChangedError),
    ]
    for messages, memory, expected in cases:
        with changing(memory, SECOND_DIGEST), pytest.raises(BatchError) as raised:
            sign_many(KEY, messages, threads=1)
        assert [type(each) for each in raised.value.errors.values()] == [expected]
