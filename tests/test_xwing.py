"""X-Wing keys and operations through the public API."""

from __future__ import annotations

import json
from hashlib import sha3_256, sha256, shake_256
from typing import TYPE_CHECKING

import pytest
from conftest import CHOICES, Options
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from qynauth_pqc import (
    InvalidCiphertextError,
    InvalidKeyError,
    InvalidLengthError,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SecretBytes,
    SharedSecret,
    UnsupportedError,
    WrongAlgorithmError,
    XWingPrivateKey,
    XWingPublicKey,
    derandomized,
    load_private_key,
    load_public_key,
)
from qynauth_pqc.metrics._snapshot import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LABEL = b"\\.//^\\"


# The example of the draft, and the SHA-256 of its public key's PEM.
PKCS8 = b"""-----BEGIN PRIVATE KEY-----
MDQCAQAwDQYLKwYBBAGD5i2ByHoEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ
GhscHR4f
-----END PRIVATE KEY-----
"""
SPKI_SHA256 = "327374bbb92ab6122ae5d5918dd21fa99b297447016557c211b419c9fd9389d3"


@pytest.fixture(params=CHOICES)
def options(request: pytest.FixtureRequest) -> Options:
    """Return the options for each code path of this machine."""
    return CHOICES[request.param]


def test_known_answers(vectors: Path, options: Options) -> None:
    """The three vectors of the draft are reproduced."""
    cases = json.loads((vectors / "xwing" / "test-vectors.json").read_text())
    assert len(cases) == 3
    for case in cases:
        seed, public, eseed, ciphertext, secret = (
            bytes.fromhex(case[name]) for name in ("sk", "pk", "eseed", "ct", "ss")
        )
        private_key = XWingPrivateKey.from_seed(seed, **options)
        public_key = XWingPublicKey.from_public_bytes(public, **options)
        assert private_key.public_key.public_bytes() == public
        assert private_key.seed() == seed
        made, sent = derandomized.encapsulate_with(public_key, eseed)
        assert made == ciphertext
        assert sent == secret
        assert private_key.decapsulate(ciphertext) == secret


def test_key_is_made_of_its_two_parts_as_the_draft_says(options: Options) -> None:
    """Another implementation of X25519 and hashlib's SHA-3, with ML-KEM of our own, compute the same."""
    seed, eseed = b"s" * 32, b"e" * 64
    expanded = shake_256(seed).digest(96)
    kem, x25519 = (
        MLKEMPrivateKey.from_seed(expanded[:64], "ML-KEM-768"),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
    point = x25519.public_key().public_bytes_raw()
    key = XWingPrivateKey.from_seed(seed, **options)
    assert key.public_key.public_bytes() == kem.public_key.public_bytes() + point
    ciphertext, secret = derandomized.encapsulate_with(key.public_key, eseed)
    of_kem, ss_m = derandomized.encapsulate_with(kem.public_key, eseed[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(eseed[32:])
    sent = ephemeral.public_key().public_bytes_raw()
    ss_x = x25519.exchange(X25519PublicKey.from_public_bytes(sent))
    assert ciphertext == of_kem + sent
    assert secret == sha3_256(bytes(ss_m) + ss_x + sent + point + LABEL).digest()


def test_example_of_the_draft_loads_and_encodes_to_the_same_bytes(options: Options) -> None:
    """Go's encoder made both files from the key of CIRCL."""
    private_key = load_private_key(PKCS8, **options)
    assert isinstance(private_key, XWingPrivateKey)
    assert private_key.seed() == bytes(range(32))
    assert private_key.to_pkcs8() == PKCS8
    spki = private_key.public_key.to_spki()
    assert sha256(spki).hexdigest() == SPKI_SHA256
    public_key = load_public_key(spki, **options)
    assert isinstance(public_key, XWingPublicKey)
    assert public_key == private_key.public_key


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
def test_encrypted_key_opens_with_its_password(encoding: str) -> None:
    """It opens like a key of any family."""
    private_key = XWingPrivateKey.generate()
    encrypted = private_key.to_pkcs8(encoding, password=b"password")
    assert load_private_key(encrypted, b"password").seed() == private_key.seed()
    assert load_public_key(private_key.public_key.to_spki(encoding)) == private_key.public_key


@pytest.mark.parametrize("form", ["expanded", "both"])
def test_form_that_the_draft_does_not_have_is_refused(form: str) -> None:
    """The message names the existing form."""
    with pytest.raises(WrongAlgorithmError, match='X-Wing has the form "seed" only'):
        XWingPrivateKey.generate().to_pkcs8(form=form)


@pytest.mark.parametrize("size", [0, 31, 33, 34])
def test_file_with_a_seed_of_a_wrong_length_is_refused(size: int) -> None:
    """Nothing but the 32 bytes of the draft is read."""
    header = bytes.fromhex("020100300d060b2b0601040183e62d81c87a04")
    file = header + bytes([size]) + bytes(size)
    with pytest.raises(InvalidLengthError, match="seed has the wrong length"):
        load_private_key(b"\x30" + bytes([len(file)]) + file)


def test_both_sides_of_a_round_trip_have_the_same_secret(options: Options) -> None:
    """Decapsulation recovers the encapsulated secret, and every size is right."""
    private_key = XWingPrivateKey.generate(**options)
    (ciphertext, sent), (other, _) = private_key.public_key.encapsulate(), private_key.public_key.encapsulate()
    received = private_key.decapsulate(ciphertext)
    assert isinstance(received, SharedSecret)
    assert isinstance(private_key.seed(), SecretBytes)
    assert received == sent
    assert (len(ciphertext), len(sent), len(private_key.seed())) == (1120, 32, 32)
    assert (ciphertext[:1088], ciphertext[1088:]) != (other[:1088], other[1088:])


@pytest.mark.parametrize("position", [0, 1087, 1088, 1119])
def test_tampered_ciphertext_has_another_secret(position: int) -> None:
    """Either component may be changed, and the result is always the same."""
    private_key = XWingPrivateKey.generate()
    ciphertext, sent = private_key.public_key.encapsulate()
    tampered = bytearray(ciphertext)
    tampered[position] ^= 1
    assert private_key.decapsulate(tampered) != sent
    assert private_key.decapsulate(tampered) == private_key.decapsulate(tampered)


@pytest.mark.parametrize("first", [0, 1])
def test_points_of_low_order_load_and_are_hashed_as_they_are(first: int) -> None:
    """The draft has no check of X25519's result: such a key is as strong as its ML-KEM component."""
    kem = MLKEMPrivateKey.generate().public_key.public_bytes()
    point = bytes([first]) + bytes(31)
    key = XWingPublicKey.from_public_bytes(kem + point)
    ciphertext, secret = derandomized.encapsulate_with(key, bytes(64))
    _, ss_m = derandomized.encapsulate_with(MLKEMPublicKey.from_public_bytes(kem), bytes(32))
    assert key.public_bytes() == kem + point
    assert secret == sha3_256(bytes(ss_m) + bytes(32) + ciphertext[1088:] + point + LABEL).digest()


@pytest.mark.parametrize("difference", [-1, 1])
def test_inputs_of_a_wrong_length_are_refused(difference: int) -> None:
    """Each error has its class and names both sizes."""
    private_key = XWingPrivateKey.generate()
    with pytest.raises(InvalidCiphertextError, match=f"expected 1120 bytes for X-Wing, got {1120 + difference}$"):
        private_key.decapsulate(bytes(1120 + difference))
    with pytest.raises(InvalidLengthError, match=f"expected 64 bytes, got {64 + difference}$"):
        derandomized.encapsulate_with(private_key.public_key, bytes(64 + difference))


def test_unreduced_coefficients_are_refused() -> None:
    """The draft demands the check of FIPS 203, 7.2."""
    with pytest.raises(InvalidKeyError, match="modulus"):
        XWingPublicKey.from_public_bytes(b"\xff" * 1216)


def test_unknown_code_path_is_refused() -> None:
    """Each of the three class methods refuses it."""
    makers: list[Callable[..., object]] = [
        XWingPrivateKey.generate,
        lambda **options: XWingPrivateKey.from_seed(bytes(32), **options),
        lambda **options: XWingPublicKey.from_public_bytes(bytes(1216), **options),
    ]
    for make in makers:
        with pytest.raises(UnsupportedError, match="unknown code path"):
            make(code_path="fast")


def test_locked_memory_makes_the_same_key() -> None:
    """Its public key works after the pair is closed."""
    with XWingPrivateKey.from_seed(bytes(32), locked_memory=True) as private_key:
        public_key = private_key.public_key
        ciphertext, sent = public_key.encapsulate()
        assert private_key.decapsulate(ciphertext) == sent
    assert public_key == XWingPrivateKey.from_seed(bytes(32)).public_key


def test_operations_are_counted_under_the_name_of_xwing() -> None:
    """They are not counted again as operations of ML-KEM."""
    before = snapshot()
    private_key = XWingPrivateKey.generate()
    ciphertext, _ = private_key.public_key.encapsulate()
    private_key.decapsulate(ciphertext)
    XWingPrivateKey.from_seed(private_key.seed())
    with pytest.raises(InvalidKeyError):
        XWingPublicKey.from_public_bytes(b"")
    after = snapshot()
    grown = {key: after.operations[key] - before.operations[key] for key in after.operations}
    assert {
        key: (counts.calls, counts.calls - counts.by_status.get("ok", 0))
        for key, counts in grown.items()
        if counts.calls
    } == {
        ("generate", "X-Wing"): (1, 0),
        ("encapsulate", "X-Wing"): (1, 0),
        ("decapsulate", "X-Wing"): (1, 0),
        ("import", "X-Wing"): (2, 1),
    }
