"""ML-KEM keys and operations through the public API."""

from __future__ import annotations

import copy
import pickle

import pytest
from conftest import Sizes

from qynauth_pqc import (
    ClosedError,
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    MLKEMParameterSet,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SeedUnavailableError,
    SharedSecret,
    UnsupportedError,
    testing,
)


def test_sizes_match_the_standard(kem: Sizes) -> None:
    """The header's constants are the sizes of FIPS 203, table 3."""
    parameter_set = MLKEMParameterSet(kem.name)
    actual = (parameter_set.public_key_bytes, parameter_set.private_key_bytes, parameter_set.ciphertext_bytes)
    assert actual == (kem.public_key, kem.private_key, kem.output)
    assert str(parameter_set) == f"{parameter_set}" == parameter_set == kem.name


def test_generate_defaults_to_mlkem_768() -> None:
    """The middle set is the default."""
    assert MLKEMPrivateKey.generate().parameter_set is MLKEMParameterSet.ML_KEM_768


def test_both_sides_of_a_round_trip_have_the_same_secret(kem: Sizes) -> None:
    """What is encapsulated to a key is decapsulated by it, and every size is right."""
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


def test_key_from_its_seed_is_the_same_key(kem: Sizes) -> None:
    """The seed determines the key pair and is kept."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    again = MLKEMPrivateKey.from_seed(private_key.seed(), kem.name)
    assert again.private_bytes() == private_key.private_bytes()
    assert again.public_key == private_key.public_key
    assert again.seed() == private_key.seed()


def test_key_from_its_private_bytes_works_and_has_no_seed(kem: Sizes) -> None:
    """The expanded form loads without naming the set, re-encodes to the same bytes, and has no seed."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    again = MLKEMPrivateKey.from_private_bytes(private_key.private_bytes())
    ciphertext, sent = private_key.public_key.encapsulate()
    assert again.parameter_set == kem.name
    assert again.decapsulate(ciphertext) == sent
    assert again.private_bytes() == private_key.private_bytes()
    with pytest.raises(SeedUnavailableError, match="expanded form"):
        again.seed()


def test_public_key_from_its_bytes_is_equal_and_works(kem: Sizes) -> None:
    """An encoded key loads without naming the set."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    public_key = MLKEMPublicKey.from_public_bytes(private_key.public_key.public_bytes())
    ciphertext, sent = public_key.encapsulate()
    assert private_key.decapsulate(ciphertext) == sent
    assert public_key == private_key.public_key
    assert hash(public_key) == hash(private_key.public_key)
    assert public_key != MLKEMPrivateKey.generate(kem.name).public_key


@pytest.mark.parametrize("length", [0, 1, 63, 65, 32])
def test_seed_of_a_wrong_length_is_refused(kem: Sizes, length: int) -> None:
    """The error names both sizes."""
    with pytest.raises(InvalidLengthError, match=f"expected 64 bytes for {kem.name}, got {length}$"):
        MLKEMPrivateKey.from_seed(bytes(length), kem.name)


@pytest.mark.parametrize("difference", [-1, 1])
def test_keys_and_ciphertexts_of_a_wrong_length_are_refused(kem: Sizes, difference: int) -> None:
    """Each error is of its own class and names both sizes."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    for make, expected, error in (
        (lambda data: MLKEMPrivateKey.from_private_bytes(data, kem.name), kem.private_key, InvalidKeyError),
        (lambda data: MLKEMPublicKey.from_public_bytes(data, kem.name), kem.public_key, InvalidKeyError),
        (private_key.decapsulate, kem.output, InvalidCiphertextError),
    ):
        with pytest.raises(error, match=f"expected {expected} bytes for {kem.name}, got {expected + difference}$"):
            make(bytes(expected + difference))


def test_key_of_no_known_length_is_refused_with_all_sizes() -> None:
    """Without a named set the error lists what would have been right."""
    with pytest.raises(InvalidKeyError, match=r"800 \(ML-KEM-512\), 1184 \(ML-KEM-768\), 1568 .*got 7$"):
        MLKEMPublicKey.from_public_bytes(bytes(7))


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


def test_unknown_parameter_sets_are_refused() -> None:
    """A name of the other family, of no family, and a number."""
    for name in ("ML-DSA-65", "Kyber768", ""):
        with pytest.raises(UnsupportedError, match="ML-KEM-512, ML-KEM-768, ML-KEM-1024"):
            MLKEMPrivateKey.generate(name)
    with pytest.raises(TypeError, match="not of type int"):
        MLKEMPrivateKey.generate(768)  # type: ignore[arg-type]


def test_known_randomness_makes_a_known_ciphertext(kem: Sizes) -> None:
    """Encapsulation with `m` given is a function of key and `m`."""
    public_key = MLKEMPrivateKey.from_seed(bytes(64), kem.name).public_key
    first, second = (testing.encapsulate_with(public_key, bytes(32)) for _ in range(2))
    assert first == second
    with pytest.raises(InvalidLengthError, match="expected 32 bytes, got 31"):
        testing.encapsulate_with(public_key, bytes(31))


def test_closed_keys_refuse_every_use() -> None:
    """After close(), and after a with block, there is no key; public keys that were taken stay."""
    with MLKEMPrivateKey.generate() as private_key:
        public_key = private_key.public_key
    private_key.close()
    for use in (private_key.seed, private_key.private_bytes, lambda: private_key.public_key):
        with pytest.raises(ClosedError, match="MLKEMPrivateKey is closed"):
            use()
    with pytest.raises(ClosedError):
        private_key.decapsulate(bytes(1088))
    assert len(public_key.encapsulate()[0]) == 1088
    public_key.close()
    with pytest.raises(ClosedError, match="MLKEMPublicKey is closed"):
        public_key.encapsulate()


def test_public_keys_pickle_and_copy_and_private_keys_refuse(kem: Sizes) -> None:
    """A copy of a private key would be one more place to wipe."""
    private_key = MLKEMPrivateKey.generate(kem.name)
    public_key = private_key.public_key
    assert pickle.loads(pickle.dumps(public_key)) == public_key  # noqa: S301 - our own bytes
    assert copy.deepcopy(public_key) == copy.copy(public_key) == public_key
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            duplicate(private_key)


def test_keys_are_not_made_by_calling_their_class() -> None:
    """There is no key without a handle."""
    for kind in (MLKEMPrivateKey, MLKEMPublicKey):
        with pytest.raises(TypeError, match="class methods"):
            kind()


def test_repr_shows_the_algorithm_and_no_byte() -> None:
    """What a log would show."""
    private_key = MLKEMPrivateKey.generate()
    assert repr(private_key) == "<MLKEMPrivateKey: ML-KEM-768>"
    assert repr(private_key.public_key) == "<MLKEMPublicKey: ML-KEM-768>"
    private_key.close()
    assert repr(private_key) == "<MLKEMPrivateKey: ML-KEM-768, closed>"
