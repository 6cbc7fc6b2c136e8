"""The shared secrets of a batch are in one memory, are wiped as a whole, and are copied one by one."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from conftest import settle

from qynauth_pqc import BatchError, ClosedError, InvalidCiphertextError, MLKEMPrivateKey, OutOfMemoryError, SharedSecret
from qynauth_pqc.batch import SharedSecrets, decapsulate_many, encapsulate_many
from qynauth_pqc.metrics._snapshot import snapshot
from qynauth_pqc.native.secret_bytes import SecretBytes

COUNT = 10_000  # in several chunks


@pytest.fixture(scope="module")
def key() -> MLKEMPrivateKey:
    """Return a key of ML-KEM."""
    return MLKEMPrivateKey.generate("ML-KEM-512")


@pytest.fixture
def secrets(key: MLKEMPrivateKey) -> SharedSecrets:
    """Return the secrets of a batch."""
    return encapsulate_many(key.public_key, COUNT)[1]


def test_items_are_shared_secrets(key: MLKEMPrivateKey) -> None:
    """Items have 32 bytes, equal the results of single calls, and are indexed from both ends."""
    ciphertexts, secrets = encapsulate_many(key.public_key, COUNT)
    assert len(secrets) == len(list(secrets)) == COUNT
    for index in (0, 31, 32, 1000, COUNT - 1, -1, -COUNT):
        item = secrets[index]
        assert isinstance(item, SharedSecret)
        assert (len(item), len(bytes(item)), len(item.view())) == (32, 32, 32)
        assert item == key.decapsulate(ciphertexts[index])
    for index in (COUNT, -COUNT - 1):
        with pytest.raises(IndexError):
            secrets[index]


def test_comparison_sees_every_item(key: MLKEMPrivateKey) -> None:
    """Only batches with the same secrets on both sides are equal."""
    ciphertexts, secrets = encapsulate_many(key.public_key, 100)
    assert decapsulate_many(key, ciphertexts) == secrets
    for place in (0, 50, 99):
        changed = [*ciphertexts[:place], ciphertexts[place - 1], *ciphertexts[place + 1 :]]
        assert decapsulate_many(key, changed) != secrets
    assert decapsulate_many(key, ciphertexts[:99]) != secrets
    assert secrets != [bytes(secret) for secret in secrets]


def test_closing_wipes_all_of_them(secrets: SharedSecrets) -> None:
    """Copies stay open; closing again does nothing."""
    item, everything = secrets[COUNT - 1], secrets._memory._view()
    value = bytes(item)
    assert any(everything)
    assert any(value)
    with secrets:
        pass
    secrets.close()
    assert everything == bytes(COUNT * 32)
    for use in (lambda: secrets[0], lambda: list(secrets)):
        with pytest.raises(ClosedError):
            use()
    assert repr([secrets, item]) == "[<SharedSecrets: closed>, <SharedSecret: 32 bytes>]"
    assert bytes(item) == value


@pytest.mark.parametrize("locked", [False, True], ids=["heap", "locked"])
def test_a_batch_has_one_buffer_which_is_wiped_at_its_end(*, locked: bool) -> None:
    """A batch of many chunks has one buffer, in locked memory if the secrets of the keys are."""
    key = MLKEMPrivateKey.generate("ML-KEM-512", locked_memory=locked)
    settle()
    before, chunks = snapshot(), list[int]()
    _, sent = encapsulate_many(key.public_key, 2 * COUNT, progress=chunks.append)
    assert (len(chunks) > 1, snapshot().live_buffers - before.live_buffers) == (True, 1)
    assert (len(sent._memory), bool(sent._memory._slot.reserved)) == (2 * COUNT * 32, locked)
    wiped = snapshot().bytes_wiped
    del sent
    settle()
    after = snapshot()
    assert after.live_buffers == before.live_buffers
    assert after.bytes_wiped - wiped >= 2 * COUNT * 32


@pytest.mark.parametrize("place", [0, 2000, COUNT - 1])
def test_a_bad_item_leaves_the_others_in_their_places(key: MLKEMPrivateKey, place: int) -> None:
    """A bad item may be in any chunk; its secret is zeros, which nobody gets."""
    ciphertexts, sent = encapsulate_many(key.public_key, COUNT)
    with pytest.raises(BatchError) as caught:
        decapsulate_many(key, [*ciphertexts[:place], b"", *ciphertexts[place + 1 :]])
    received: Any = caught.value.results
    assert all(received[index] == sent[index] for index in (1, 1999, 2001, COUNT - 2))
    with pytest.raises(InvalidCiphertextError):
        received[place]
    row = slice(place * 32, place * 32 + 32)
    assert bytes(received._memory)[row] == bytes(32)


def test_an_interrupted_batch_leaves_nothing(key: MLKEMPrivateKey) -> None:
    """The secrets made so far are wiped and freed with the batch."""
    settle()
    before = snapshot()

    def stop(items: int) -> None:
        raise KeyError(items)

    with pytest.raises(KeyError):
        encapsulate_many(key.public_key, COUNT, progress=stop)
    settle()
    after = snapshot()
    assert after.live_buffers == before.live_buffers
    assert after.bytes_wiped - before.bytes_wiped >= COUNT * 32


def test_no_secrets_are_a_sequence_too(key: MLKEMPrivateKey) -> None:
    """It can be closed."""
    with encapsulate_many(key.public_key, 0)[1] as secrets:
        assert list(secrets) == []
    assert repr(secrets) == "<SharedSecrets: closed>"


def test_memory_for_the_secrets_may_be_refused(key: MLKEMPrivateKey) -> None:
    """The refusal is an error before anything is processed."""
    with pytest.raises(OutOfMemoryError):
        encapsulate_many(key.public_key, 2**57)


def test_secret_that_is_taken_is_one_of_its_own(secrets: SharedSecrets) -> None:
    """Closing it wipes it, and no other copy of it."""
    first, again = secrets[7], secrets[7]
    value, view = bytes(first), first.view()
    first.close()
    assert (bytes(view), bytes(again), bytes(secrets[7])) == (bytes(32), value, value)
    with pytest.raises(ClosedError, match="SharedSecret is closed"):
        first.view()


@pytest.mark.parametrize("locked", [False, True], ids=["heap", "locked"])
def test_secret_that_is_taken_is_where_those_of_the_batch_are(*, locked: bool) -> None:
    """A copy is in locked memory if the key is, and is freed with its last view, independent of the others."""
    private_key = MLKEMPrivateKey.generate("ML-KEM-512", locked_memory=locked)
    ciphertexts, secrets = encapsulate_many(private_key.public_key, 3)
    settle()
    start, item = snapshot().live_buffers, secrets[1]
    assert item._locked is locked
    view = item.view()
    del secrets, item
    settle()
    assert (snapshot().live_buffers, bytes(view)) == (start, bytes(private_key.decapsulate(ciphertexts[1])))
    del view
    settle()
    assert snapshot().live_buffers == start - 1


def test_nothing_shows_or_copies_a_secret(secrets: SharedSecrets) -> None:
    """Neither repr nor pickle nor copy shows a secret, and no constructor makes one."""
    assert repr(secrets) == "<SharedSecrets: 10000 of 32 bytes>"
    assert repr(secrets[0]) == "<SharedSecret: 32 bytes>"
    for act in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        for thing in (secrets, secrets[0]):
            with pytest.raises(TypeError):
                act(thing)
    with pytest.raises(TypeError):
        SharedSecrets()


def test_items_are_made_by_the_base_class_alike(secrets: SharedSecrets) -> None:
    """An item compares with bytes and with a plain secret in both directions."""
    item = secrets[1]
    assert isinstance(item, SecretBytes)
    assert bytes(item) == item == bytes(item)
    assert secrets[0] != item
