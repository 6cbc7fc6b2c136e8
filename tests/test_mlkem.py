"""ML-KEM keys and operations through the public API."""

from __future__ import annotations

import pytest
from conftest import Sizes

from qynauth_pqc import (
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SharedSecret,
    derandomized,
)


def test_both_sides_of_a_round_trip_have_the_same_secret(kem: Sizes) -> None:
    """Decapsulation recovers the encapsulated secret, and every size is right."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    ciphertext, sent = private_key.public_key.encapsulate()
    received = private_key.decapsulate(ciphertext)
    assert isinstance(received, SharedSecret)
    assert received == sent
    assert (len(ciphertext), len(sent)) == (kem.output, 32)
    assert len(private_key.public_key.public_bytes()) == kem.public_key
    assert len(private_key.private_bytes()) == kem.private_key
    assert len(private_key.seed()) == kem.seed


def test_encapsulate_makes_a_new_secret_each_time(kem: Sizes) -> None:
    """Two encapsulations to one key share nothing."""
    public_key = MLKEMPrivateKey.generate(kem.name).public_key
    (first_ciphertext, first), (second_ciphertext, second) = public_key.encapsulate(), public_key.encapsulate()
    assert first_ciphertext != second_ciphertext
    assert first != second


def test_tampered_ciphertext_has_another_secret(kem: Sizes) -> None:
    """A changed ciphertext is rejected implicitly, and always with the same secret (FIPS 203, 7.3)."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    ciphertext, sent = private_key.public_key.encapsulate()
    tampered = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    assert private_key.decapsulate(tampered) != sent
    assert private_key.decapsulate(tampered) == private_key.decapsulate(tampered)


@pytest.mark.parametrize("difference", [-1, 1])
def test_ciphertexts_of_a_wrong_length_are_refused(kem: Sizes, difference: int) -> None:
    """The error names both sizes."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    with pytest.raises(InvalidCiphertextError, match=f"expected {kem.output} bytes for {kem.name}, got"):
        private_key.decapsulate(bytes(kem.output + difference))


def test_unreduced_coefficients_are_refused(kem: Sizes) -> None:
    """Coefficients of 4095 fail the modulus check of FIPS 203, 7.2, in each kind of key."""
    with pytest.raises(InvalidKeyError, match="modulus"):
        MLKEMPublicKey.from_public_bytes(b"\xff" * kem.public_key)
    with pytest.raises(InvalidKeyError, match="range"):
        MLKEMPrivateKey.from_private_bytes(b"\xff" * kem.private_key)


def test_private_key_with_a_wrong_hash_is_refused(kem: Sizes) -> None:
    """The hash of the encapsulation key is the 32 bytes before the last 32 (FIPS 203, 7.3)."""
    encoded = bytearray(bytes(MLKEMPrivateKey.generate(kem.name).private_bytes()))
    encoded[-64] ^= 1
    with pytest.raises(InvalidKeyError, match="hash"):
        MLKEMPrivateKey.from_private_bytes(encoded)


def test_known_randomness_makes_a_known_ciphertext(kem: Sizes) -> None:
    """Encapsulation with `m` given is a function of key and `m`."""
    public_key = MLKEMPrivateKey.from_seed(bytes(64), kem.name).public_key
    first, second = (derandomized.encapsulate_with(public_key, bytes(32)) for _ in range(2))
    assert first == second
    with pytest.raises(InvalidLengthError, match="expected 32 bytes, got 31"):
        derandomized.encapsulate_with(public_key, bytes(31))
