"""Batches, compared with the single operations."""

import pickle

import pytest

from qynauth_pqc import (
    BatchError,
    ClosedError,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    MLDSAParameterSet,
    MLDSAPrivateKey,
    MLKEMParameterSet,
    MLKEMPrivateKey,
    UnsupportedError,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, generate_many, sign_many, verify_many

DSA_SETS = [pytest.param(parameter_set, id=parameter_set) for parameter_set in MLDSAParameterSet]
KEM_SETS = [pytest.param(parameter_set, id=parameter_set) for parameter_set in MLKEMParameterSet]
COUNTS = [0, 1, 15, 16, 17, 33, 130]


def messages_of(count: int) -> list[bytes]:
    """Return messages of different lengths, the empty one among them."""
    return [b"message %d" % number * (number % 3) for number in range(count)]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("parameter_set", DSA_SETS)
def test_signatures_are_those_of_single_calls(parameter_set: MLDSAParameterSet, threads: int) -> None:
    """A deterministic batch gives the bytes of single calls, and both kinds verify."""
    key, messages = MLDSAPrivateKey.generate(parameter_set), messages_of(40)
    made = sign_many(key, messages, b"context", threads, deterministic=True)
    assert [key.sign(message, context=b"context", deterministic=True) for message in messages] == made
    hedged = sign_many(key, messages, b"context", threads)
    assert not set(hedged) & set(made)
    for signatures in (made, hedged):
        assert [True] * 40 == verify_many(key.public_key, messages, signatures, b"context", threads)


@pytest.mark.parametrize("parameter_set", KEM_SETS)
def test_secrets_are_those_of_single_calls(parameter_set: MLKEMParameterSet) -> None:
    """What a batch encapsulates a single call opens, and the other way round."""
    key = MLKEMPrivateKey.generate(parameter_set)
    ciphertexts, sent = encapsulate_many(key.public_key, 130, 2)
    assert [key.decapsulate(ciphertext) for ciphertext in ciphertexts] == list(sent)
    assert decapsulate_many(key, ciphertexts, 2) == sent
    assert len(set(ciphertexts)) == 130
