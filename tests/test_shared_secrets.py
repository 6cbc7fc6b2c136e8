"""The shared secrets of a batch: views of one memory, wiped as a whole."""

from __future__ import annotations

import copy
import gc
import pickle

import pytest

from qynauth_pqc import ClosedError, MLKEMPrivateKey, SharedSecret
from qynauth_pqc._buffers import SecretBytes
from qynauth_pqc.batch import SharedSecrets, decapsulate_many, encapsulate_many

COUNT = 3000  # in several chunks


@pytest.fixture(scope="module")
def key() -> MLKEMPrivateKey:
    """A key of ML-KEM."""
    return MLKEMPrivateKey.generate("ML-KEM-512")


@pytest.fixture
def secrets(key: MLKEMPrivateKey) -> SharedSecrets:
    """The secrets of a batch."""
    return encapsulate_many(key.public_key, COUNT)[1]


def test_items_are_shared_secrets(key: MLKEMPrivateKey) -> None:
    """Of 32 bytes, each equal to what a single call gives, from both ends."""
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
    """Equal are those of the same batch on both sides only."""
    ciphertexts, secrets = encapsulate_many(key.public_key, 100)
    assert decapsulate_many(key, ciphertexts) == secrets
    for place in (0, 50, 99):
        changed = [*ciphertexts[:place], ciphertexts[place - 1], *ciphertexts[place + 1 :]]
        assert decapsulate_many(key, changed) != secrets
    assert decapsulate_many(key, ciphertexts[:99]) != secrets
    assert secrets != [bytes(secret) for secret in secrets]


def test_closing_wipes_all_of_them(secrets: SharedSecrets) -> None:
    """Views read zeros then, and items are closed; closing again does nothing."""
    items = [secrets[0], secrets[COUNT - 1]]
    views = [item.view() for item in items]
    assert all(any(view) for view in views)
    with secrets:
        pass
    secrets.close()
    assert [bytes(view) for view in views] == [bytes(32)] * 2
    for use in (lambda: secrets[0], lambda: list(secrets), lambda: bytes(items[0]), items[1].view):
        with pytest.raises(ClosedError):
            use()
    assert repr([secrets, items[0]]) == "[<SharedSecrets: closed>, <SharedSecret: closed>]"
    items[0].close()


def test_closing_an_item_wipes_that_one_only(secrets: SharedSecrets) -> None:
    """Its neighbours stay."""
    neighbours = bytes(secrets[6]), bytes(secrets[8])
    secrets[7].close()
    assert (bytes(secrets[6]), bytes(secrets[7]), bytes(secrets[8])) == (neighbours[0], bytes(32), neighbours[1])


def test_views_keep_the_memory_alive(key: MLKEMPrivateKey) -> None:
    """Also when the secrets and the item are gone."""
    ciphertexts, secrets = encapsulate_many(key.public_key, COUNT)
    item, view = secrets[5], secrets[2500].view()
    del secrets
    gc.collect()
    assert (bytes(item), bytes(view)) == tuple(bytes(key.decapsulate(ciphertexts[index])) for index in (5, 2500))


def test_nothing_shows_or_copies_a_secret(secrets: SharedSecrets) -> None:
    """Neither repr nor pickle nor copy, and nobody makes one by hand."""
    assert repr(secrets) == "<SharedSecrets: 3000 of 32 bytes>"
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
