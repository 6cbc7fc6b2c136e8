"""MLKEM768-P256 and MLKEM1024-P384 through the public API."""

from __future__ import annotations

from hashlib import sha3_256, sha256, shake_256
from typing import TYPE_CHECKING

import pytest
from conftest import CHOICES, Options
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qynauth_pqc import (
    BatchError,
    HybridKEMParameterSet,
    HybridKEMPrivateKey,
    HybridKEMPublicKey,
    InvalidCiphertextError,
    InvalidKeyError,
    MLKEMPrivateKey,
    UnsupportedError,
    WrongAlgorithmError,
    derandomized,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many

if TYPE_CHECKING:
    from pathlib import Path

P256, P384 = HybridKEMParameterSet.MLKEM768_P256, HybridKEMParameterSet.MLKEM1024_P384
BOTH = [P256, P384]

# Of the vectors of draft-ietf-hpke-pq: name, seed, randomness, SHA-256 of the public key and of the ciphertext, and the
# shared secret. The vectors have 96 of the 128 bytes from which a scalar of P-256 is taken; it is the first 32.
VECTORS = [
    (
        "MLKEM768-P256",
        "724eed44c3843d1f260f79b142ce633d602f7989a53ffc9fd4a68690c8e7baa5",
        bytes.fromhex(
            "0ec0fee6a71457a9dac898a1c161bf1068e68de093f07754155bb8b8b378c17ed09ead96300cc402a6371b58928592dd"
            "93565834a19839e7dda048d8e04ff65c7b645f36738c370fbb2d684f59e16ea08aea04444762fdf3a70a114ecf0ba435"
            "c9a1e869578142b445398f49093bcca618f0ae5e810163b1503faf3eeaff0bdc"
        ),
        "f1e1000a59e126ef85a7b85720c2d24bc10c2412db23e2120ef44cfae64abec2",
        "6959c57471177c588d3ef3558c83602c9769a40fdce9e51dd70435458aebfcf7",
        "26c25e807a24354387a7385bc374953539001fcb7eb99eb8d63ec7fdb8441f46",
    ),
    (
        "MLKEM1024-P384",
        "dbdae0423ba0e5db3d6322601b8dc302d3051d4677142079c7bdf441f4c448dd",
        bytes.fromhex(
            "bd1207854ec0963347d5218f900783d6ca0ff62c5e2181ca5a932e2d6d8d96cc9b092a9d709468d10f7e8ec8d9eccd7e"
            "7a647d351133e2a2f4b438154d1dd70850af7f7841c1dbd0699feb9852d99c08"
        ),
        "5d0b42c6f1471a72045ec087a4c2e61875541f4550b513672f2d858eb1a133c3",
        "f2efb14c611a8637a214286298706af1433acb4f3bdc2f6a25c0d72dd3decf13",
        "cb959223131df11c3a3dc1da2ff8670249cb41be2d0b399a3706d3a23b158bc7",
    ),
    (
        "MLKEM768-P256",
        "fd4cdf57f4026868a90103ae657fcbe866e08267f8cfda0e6be6b9b111b9e3c1",
        bytes.fromhex(
            "0244aa79fe4ea903b915a291c90fc30c43ae27794cbf4edb4c7285500273ee7483841d6dca12848d453853486ce31788"
            "9443efbcfb44a0a91fbaecb22e25a2f8f61a81224a3ca716e57e85c59426773095e357d0abb11048863d900517eed2dd"
            "bec062a420d0e6deee4642f61c1a02ab709defcf4871b153fad642f5384d87e1"
        ),
        "e541fb7c43078b8356dec958f3a93e7fde8c74ebf557338bbd8d3ac5858f056c",
        "9500a4dfce594fa15b737f633365bef149267054ecb87974664395b54d521c4c",
        "4b87ac4d2e1d4b111ab7f69875a112d4734fe02938fa0d25976e002828a8bd3b",
    ),
]


@pytest.fixture(params=CHOICES)
def options(request: pytest.FixtureRequest) -> Options:
    """Return the options for each code path of this machine."""
    return CHOICES[request.param]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector[0] for vector in VECTORS])
def test_known_answers(vector: tuple[str, str, bytes, str, str, str], options: Options) -> None:
    """The vectors of the draft of HPKE are reproduced."""
    name, seed, randomness, public, ciphertext, shared = vector
    secret = bytes.fromhex(shared)
    key = HybridKEMPrivateKey.from_seed(bytes.fromhex(seed), HybridKEMParameterSet(name), **options)
    encoded = key.public_key.public_bytes()
    assert sha256(encoded).hexdigest() == public
    padded = randomness.ljust(160 if name == P256 else 80, b"\0")
    made, sent = derandomized.encapsulate_with(HybridKEMPublicKey.from_public_bytes(encoded, **options), padded)
    assert sha256(made).hexdigest() == ciphertext
    assert sent == secret
    assert key.decapsulate(made) == secret


@pytest.mark.parametrize(("name", "curve", "scalar_bytes"), [(P256, ec.SECP256R1(), 32), (P384, ec.SECP384R1(), 48)])
def test_key_is_made_of_its_two_parts_as_the_draft_says(
    name: HybridKEMParameterSet, curve: ec.EllipticCurve, scalar_bytes: int, options: Options
) -> None:
    """Another implementation of ECDH and hashlib's SHA-3, with ML-KEM of our own, compute the same."""
    seed, of_mlkem = b"s" * 32, "ML-KEM-768" if name == P256 else "ML-KEM-1024"
    key = HybridKEMPrivateKey.from_seed(seed, name, **options)
    expanded = shake_256(seed).digest(64 + scalar_bytes)
    kem = MLKEMPrivateKey.from_seed(expanded[:64], of_mlkem)  # type: ignore[arg-type]
    ecdh = ec.derive_private_key(int.from_bytes(expanded[64:], "big"), curve)
    point = ecdh.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert key.public_key.public_bytes() == kem.public_key.public_bytes() + point
    ciphertext, secret = key.public_key.encapsulate()
    of_kem, sent = ciphertext[: -len(point)], ciphertext[-len(point) :]
    ss_ecdh = ecdh.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, sent))
    with kem.decapsulate(of_kem) as ss_kem:
        assert secret == sha3_256(bytes(ss_kem) + ss_ecdh + sent + point + name.encode()).digest()


def test_first_scalars_of_a_seed_that_are_out_of_range_are_passed_over(options: Options) -> None:
    """Zeros and the order of the group are no scalars, and randomness without a scalar is refused."""
    order = bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    public_key = HybridKEMPrivateKey.from_seed(b"s" * 32, P256, **options).public_key
    scalar, m = b"\1" * 32, b"m" * 32
    made = derandomized.encapsulate_with(public_key, m + bytes(32) + order + scalar + bytes(32))
    assert made[0] == derandomized.encapsulate_with(public_key, m + scalar + bytes(96))[0]
    with pytest.raises(InvalidKeyError, match="outside its range"):
        derandomized.encapsulate_with(public_key, m + (bytes(32) + order) * 2)


@pytest.mark.parametrize("name", BOTH)
def test_point_that_is_not_on_the_curve_is_refused(name: HybridKEMParameterSet, options: Options) -> None:
    """It is in a public key and in a ciphertext, which a batch reports as well."""
    key = HybridKEMPrivateKey.generate(name, **options)
    public, (ciphertext, _) = bytearray(key.public_key.public_bytes()), key.public_key.encapsulate()
    public[-1] ^= 1
    with pytest.raises(InvalidKeyError, match="not a point of its curve"):
        HybridKEMPublicKey.from_public_bytes(public, **options)
    damaged = bytearray(ciphertext)
    damaged[-1] ^= 1
    with pytest.raises(InvalidCiphertextError, match="not a point of its curve"):
        key.decapsulate(damaged)
    with pytest.raises(BatchError, match="item 1: classical half of the ciphertext is not a point"):
        decapsulate_many(key, [ciphertext, damaged])
    with pytest.raises(InvalidCiphertextError, match=f"{name.ciphertext_bytes} bytes"):
        key.decapsulate(ciphertext[:-1])


@pytest.mark.parametrize("name", BOTH)
def test_tampered_half_of_mlkem_has_another_secret(name: HybridKEMParameterSet) -> None:
    """That is implicit rejection, of one half alone."""
    key = HybridKEMPrivateKey.generate(name)
    ciphertext, sent = key.public_key.encapsulate()
    tampered = bytearray(ciphertext)
    tampered[0] ^= 1
    assert key.decapsulate(tampered) != sent
    assert key.decapsulate(tampered) == key.decapsulate(tampered)


@pytest.mark.parametrize("name", BOTH)
def test_batches_make_the_same_as_single_calls(name: HybridKEMParameterSet) -> None:
    """Keys are given as objects and as bytes."""
    keys = HybridKEMPrivateKey.generate_many(name, 9)
    ciphertexts, secrets = encapsulate_many([key.public_key for key in keys])
    assert [key.decapsulate(each) for key, each in zip(keys, ciphertexts, strict=True)] == [*secrets]
    encoded = [key.public_key.public_bytes() for key in keys]
    ciphertexts, secrets = encapsulate_many(encoded, parameter_set=name)
    assert [*decapsulate_many(keys, ciphertexts)] == [*secrets]


@pytest.mark.parametrize("name", BOTH)
def test_keys_have_no_form_with_an_object_identifier(name: HybridKEMParameterSet, tmp_path: Path) -> None:
    """The draft has none, and the error says so before anything is written."""
    key = HybridKEMPrivateKey.generate(name)
    for attempt in (
        key.to_pkcs8,
        key.public_key.to_spki,
        key.public_key.fingerprint,
        lambda: key.save(tmp_path / "key"),
        lambda: key.public_key.save(tmp_path / "key"),
    ):
        with pytest.raises(WrongAlgorithmError, match="no object identifier"):
            attempt()
    for method in (type(key).to_pkcs8, type(key).save, type(key.public_key).save, type(key.public_key).fingerprint):
        assert "WrongAlgorithmError: " in str(method.__doc__)
    assert not [*tmp_path.iterdir()]


def test_hpke_of_cryptography_opens_with_the_same_key() -> None:
    """MLKEM1024-P384 is a KEM of its HPKE, and MLKEM768-P256 is not."""
    suite = Suite(KEM.MLKEM1024_P384, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    key = HybridKEMPrivateKey.generate(P384)
    sealed = suite.encrypt(b"message", key.public_key.to_cryptography())
    assert suite.decrypt(sealed, key.to_cryptography()) == b"message"
    with pytest.raises(UnsupportedError, match="no class for MLKEM768-P256 keys"):
        HybridKEMPrivateKey.generate(P256).to_cryptography()
