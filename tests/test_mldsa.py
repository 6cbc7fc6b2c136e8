"""ML-DSA keys and operations through the public API."""

from __future__ import annotations

import pytest
from conftest import Sizes

from qynauth_pqc import (
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAParameterSet,
    MLDSAPrivateKey,
    derandomized,
)

MESSAGE = b"a message"


def test_sizes_match_the_standard(dsa: Sizes) -> None:
    """The header's constants are the sizes of FIPS 204, table 2."""
    parameter_set = MLDSAParameterSet(dsa.name)
    actual = (parameter_set.public_key_bytes, parameter_set.private_key_bytes, parameter_set.signature_bytes)
    assert actual == (dsa.public_key, dsa.private_key, dsa.output)
    assert str(parameter_set) == f"{parameter_set}" == parameter_set == dsa.name


def test_generate_defaults_to_mldsa_65() -> None:
    """The middle set is the default."""
    assert MLDSAPrivateKey.generate().parameter_set is MLDSAParameterSet.ML_DSA_65


@pytest.mark.parametrize("context", [b"", b"c", bytes(255)], ids=len)
@pytest.mark.parametrize("message", [b"", MESSAGE, bytes(100_000)], ids=len)
def test_signature_verifies(dsa: Sizes, message: bytes, context: bytes) -> None:
    """A signature is valid for its message and context of any length."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    signature = private_key.sign(message, context=context)
    assert len(signature) == dsa.output
    private_key.public_key.verify(message, signature, context=context)


def test_every_size_matches_the_standard(dsa: Sizes) -> None:
    """The encodings of a key have these sizes."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    assert len(private_key.public_key.public_bytes()) == dsa.public_key
    assert len(private_key.private_bytes()) == dsa.private_key
    assert len(private_key.seed()) == dsa.seed


def test_another_message_context_key_or_signature_is_refused(dsa: Sizes) -> None:
    """Each signed part counts."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    public_key, signature = private_key.public_key, private_key.sign(MESSAGE, context=b"context")
    other = MLDSAPrivateKey.generate(dsa.name).public_key
    flipped = signature[:-1] + bytes([signature[-1] ^ 1])
    for key, message, candidate, context in (
        (public_key, MESSAGE + b"!", signature, b"context"),
        (public_key, MESSAGE, signature, b""),
        (public_key, MESSAGE, flipped, b"context"),
        (other, MESSAGE, signature, b"context"),
    ):
        with pytest.raises(InvalidSignatureError, match=r"signature is not valid$"):
            key.verify(message, candidate, context=context)


@pytest.mark.parametrize("difference", [-1, 1])
def test_signature_of_a_wrong_length_is_a_bad_signature(dsa: Sizes, difference: int) -> None:
    """It is refused like any other, with both sizes."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    actual = dsa.output + difference
    with pytest.raises(InvalidSignatureError, match=f"expected {dsa.output} bytes for {dsa.name}, got {actual}$"):
        private_key.public_key.verify(MESSAGE, bytes(actual))


def test_hedged_signatures_differ_and_deterministic_ones_do_not(dsa: Sizes) -> None:
    """Fresh randomness is the default (FIPS 204, 5.2)."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    assert private_key.sign(MESSAGE) != private_key.sign(MESSAGE)
    deterministic = private_key.sign(MESSAGE, deterministic=True)
    assert deterministic == private_key.sign(MESSAGE, deterministic=True)
    assert deterministic == derandomized.sign_with(private_key, MESSAGE, bytes(32))
    private_key.public_key.verify(MESSAGE, deterministic)


def test_internal_interface_signs_the_formatted_message(dsa: Sizes) -> None:
    """M' is 0 || length of the context || context || message (FIPS 204, algorithm 2)."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    m_prime = b"\x00\x03ctx" + MESSAGE
    signature = derandomized.sign_internal(private_key, m_prime, bytes(32))
    assert signature == private_key.sign(MESSAGE, context=b"ctx", deterministic=True)
    derandomized.verify_internal(private_key.public_key, m_prime, signature)
    with pytest.raises(InvalidSignatureError):
        derandomized.verify_internal(private_key.public_key, m_prime[1:], signature)


def test_context_of_256_bytes_is_refused() -> None:
    """Signing and verifying refuse it, with the limit and the size."""
    private_key = MLDSAPrivateKey.generate()
    for use in (
        lambda: private_key.sign(MESSAGE, context=bytes(256)),
        lambda: private_key.public_key.verify(MESSAGE, bytes(3309), context=bytes(256)),
        lambda: derandomized.sign_with(private_key, MESSAGE, bytes(32), bytes(256)),
    ):
        with pytest.raises(InvalidLengthError, match=r"255.*256"):
            use()


def test_randomness_of_a_wrong_length_is_refused() -> None:
    """The known-answer functions take exactly 32 bytes."""
    private_key = MLDSAPrivateKey.generate()
    with pytest.raises(InvalidLengthError, match="expected 32 bytes, got 31"):
        derandomized.sign_with(private_key, MESSAGE, bytes(31))
    with pytest.raises(InvalidLengthError, match="expected 32 bytes, got 33"):
        derandomized.sign_internal(private_key, MESSAGE, bytes(33))


def test_private_key_with_a_broken_field_is_refused(dsa: Sizes) -> None:
    """Changing rho at 0 or tr at 64 breaks the hash; s1 at 128 leaves its range (FIPS 204, algorithm 24)."""
    encoded = bytes(MLDSAPrivateKey.generate(dsa.name).private_bytes())
    for position, value, message in ((0, 1, "hash"), (64, 1, "hash"), (128, 0xFF, "range")):
        broken = bytearray(encoded)
        broken[position] = broken[position] ^ value if value == 1 else value
        with pytest.raises(InvalidKeyError, match=message):
            MLDSAPrivateKey.from_private_bytes(broken)
