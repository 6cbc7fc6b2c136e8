"""The error messages that newcomers see say what to do next, and none repeats a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import getmembers
from typing import Any
from unittest.mock import create_autospec

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x448
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from qynauth_pqc import (
    CompositePrivateKey,
    CompositePublicKey,
    InvalidKeyError,
    InvalidSignatureError,
    KEMPrivateKey,
    KEMPublicKey,
    MLDSAParameterSet,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    PQCError,
    SignaturePrivateKey,
    SignaturePublicKey,
    SLHDSAPrivateKey,
    UnsupportedError,
    XWingPrivateKey,
    load_private_key,
    load_public_key,
)
from qynauth_pqc.batch import decapsulate_many, encapsulate_many, sign_many, verify_many
from qynauth_pqc.integrations import aio

KEY, KEM = MLDSAPrivateKey.generate("ML-DSA-44"), MLKEMPrivateKey.generate("ML-KEM-512")
PEM, SPKI, DER = bytes(KEY.to_pkcs8()), KEY.public_key.to_spki(), KEY.public_key.to_spki("DER")
RAW, RAW_PUBLIC, SEED = bytes(KEY.private_bytes()), KEY.public_key.public_bytes(), bytes(KEY.seed())
WRONG_KEY: Any = KEY
WRONG_KEM: Any = KEM
BOTH = CompositePrivateKey.generate()
SIGNATURE, BOTH_SIGNATURE = KEY.sign(b"m"), BOTH.sign(b"m")

MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "near": (lambda: MLDSAPrivateKey.generate("ML-DSA-66"), "'ML-DSA-66', did you mean ML-DSA-65 or ML-DSA-87: "),  # type: ignore[arg-type]
    "signs": (lambda: MLDSAPrivateKey.generate("ML-DSA65"), "'ML-DSA65', did you mean ML-DSA-65: expected one of "),  # type: ignore[arg-type]
    "draft, Kyber": (
        lambda: MLKEMPrivateKey.generate("Kyber768"),  # type: ignore[arg-type]
        "'Kyber768', it is now ML-KEM-768, and old keys do not carry over: expected one of ML-KEM-512, ",
    ),
    "draft, Dilithium": (lambda: MLDSAPrivateKey.generate("dilithium3"), "is now ML-DSA-65, and old keys do not "),  # type: ignore[arg-type]
    "draft, SPHINCS+": (lambda: SLHDSAPrivateKey.generate("sphincs+"), "is now SLH-DSA, and old keys do not carry "),  # type: ignore[arg-type]
    "draft, set of SPHINCS+": (
        lambda: SLHDSAPrivateKey.generate("SPHINCS+-SHAKE-256f-simple"),  # type: ignore[arg-type]
        "it is now SLH-DSA-SHAKE-256f, and old keys do not carry over: ",
    ),
    "draft, other family": (lambda: MLDSAPrivateKey.generate("CRYSTALS-Kyber"), "it is now ML-KEM, and old keys do"),  # type: ignore[arg-type]
    "hash": (
        lambda: KEY.sign(b"m", prehash="sha512"),
        "unknown hash function 'sha512', did you mean SHA-512: expected",
    ),
    "hash, far": (lambda: KEY.sign(b"m", prehash="MD5"), "unknown hash function: expected one of SHA-224, "),
    "short": (lambda: CompositePrivateKey.generate("MLDSA65-Ed25519"), ", did you mean MLDSA65-Ed25519-SHA512 or "),  # type: ignore[arg-type]
    "other": (
        lambda: MLKEMPrivateKey.generate("ml-dsa-65"),  # type: ignore[arg-type]
        "'ml-dsa-65', which is for other keys: expected one of ML-KEM",
    ),
    "long": (
        lambda: CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256" + 16 * "k"),  # type: ignore[arg-type]
        "unknown parameter set: expected one of ",
    ),
    "far": (lambda: MLDSAPrivateKey.generate("RSA"), "unknown parameter set: expected one of ML-DSA-44, ML-DSA-65"),  # type: ignore[arg-type]
    "enum": (lambda: MLDSAParameterSet("ML-DSA-66"), "'ML-DSA-66', did you mean ML-DSA-65 or ML-DSA-87: "),
    "public, PEM": (
        lambda: MLDSAPublicKey.from_public_bytes(SPKI),
        "got 1860; this is not raw: use load_public_key() or ",
    ),
    "public, DER": (lambda: MLDSAPublicKey.from_public_bytes(DER), "this is not raw: use load_public_key() or "),
    "seed, PEM": (lambda: MLDSAPrivateKey.from_seed(PEM, "ML-DSA-44"), "this is not raw: use load_private_key() or "),
    "seed, X-Wing, PEM": (lambda: XWingPrivateKey.from_seed(PEM), "this is not raw: use load_private_key() or "),
    "private, PEM": (lambda: MLDSAPrivateKey.from_private_bytes(PEM), "this is not raw: use load_private_key() or "),
    "private, PEM, set": (lambda: MLKEMPrivateKey.from_private_bytes(PEM, "ML-KEM-512"), "use load_private_key() or "),
    "private, public": (
        lambda: MLDSAPrivateKey.from_private_bytes(RAW_PUBLIC),
        ", the size of a public key of ML-DSA-44",
    ),
    "private, seed": (lambda: MLDSAPrivateKey.from_private_bytes(SEED), "; from_seed() of the private key takes it"),
    "public, private": (lambda: MLDSAPublicKey.from_public_bytes(RAW), ", the size of a private key of ML-DSA-44"),
    "swapped": (
        lambda: KEY.public_key.verify(SIGNATURE, b"m"),
        "; the message is as long as one: the order is message, ",
    ),
    "swapped, composite": (lambda: BOTH.public_key.verify(BOTH_SIGNATURE, b"m"), "the order is message, signature"),
    "sign_many": (
        lambda: sign_many(WRONG_KEY.public_key, [b"m"]),
        "SLHDSAPrivateKey objects, not MLDSAPub",
    ),
    "sign_many, KEM": (lambda: sign_many(WRONG_KEM, [b"m"]), "SLHDSAPrivateKey objects, not MLKEMPrivateKey"),
    "decapsulate_many": (
        lambda: decapsulate_many(WRONG_KEM.public_key, [b"c"]),
        "HybridKEMPrivateKey objects, not MLKEMPublicKey",
    ),
    "verify_many": (lambda: verify_many(WRONG_KEY, [b"m"], [b"s"]), "pass the public_key of the MLDSAPrivateKey"),
    "encapsulate_many": (lambda: encapsulate_many(WRONG_KEM, 1), "pass the public_key of the MLKEMPrivateKey"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_message_has_a_next_step(mistake: tuple[Callable[[], object], str]) -> None:
    """It names the input, if that is no secret, and the function that takes it."""
    call, message = mistake
    with pytest.raises((PQCError, TypeError)) as caught:
        call()
    assert message in str(caught.value)


SEVERAL: dict[str, tuple[Callable[[], object], str]] = {
    "generate": (
        KEMPrivateKey.generate,
        "use MLKEMPrivateKey or HybridKEMPrivateKey or XWingPrivateKey; load_private_key() reads PEM ",
    ),
    "generate_many": (
        lambda: SignaturePrivateKey.generate_many("ML-DSA-44", 1),
        "use CompositePrivateKey or MLDSAPrivateKey or SLHDSAPrivateKey; load_private_key() reads PEM ",
    ),
    "from_seed": (
        lambda: KEMPrivateKey.from_seed(SEED, "ML-KEM-512"),
        "use MLKEMPrivateKey or HybridKEMPrivateKey or XWingPrivateKey; ",
    ),
    "from_private_bytes": (lambda: SignaturePrivateKey.from_private_bytes(RAW), "use CompositePrivateKey or "),
    "from_public_bytes": (
        lambda: SignaturePublicKey.from_public_bytes(RAW_PUBLIC),
        "use CompositePublicKey or MLDSAPublicKey or SLHDSAPublicKey; load_public_key() reads PEM ",
    ),
    "from_public_bytes, set": (
        lambda: KEMPublicKey.from_public_bytes(RAW_PUBLIC, "ML-KEM-512"),
        "use MLKEMPublicKey or HybridKEMPublicKey or XWingPublicKey; ",
    ),
    "aio": (
        lambda: asyncio.run(aio.generate_many(KEMPrivateKey, "ML-KEM-512", 1)),
        "use MLKEMPrivateKey or HybridKEMPrivateKey or XWingPrivateKey; ",
    ),
}


@pytest.mark.parametrize("call", SEVERAL.values(), ids=SEVERAL)
def test_class_of_several_families_names_the_classes_that_make_keys(call: tuple[Callable[[], object], str]) -> None:
    """It makes no key itself, and its error is a `TypeError`."""
    make, message = call
    with pytest.raises(TypeError, match=r"^(KEM|Signature)\w+ is for keys of several families: ") as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", [KEMPrivateKey, KEMPublicKey, SignaturePrivateKey, SignaturePublicKey])
def test_class_of_several_families_can_be_inspected_and_mocked(kind: type) -> None:
    """Code that reads each attribute of a class skips the missing ones."""
    assert {"load", "fingerprint"} <= {name for name, _ in getmembers(kind)}
    assert callable(create_autospec(kind, instance=True).fingerprint)


def test_empty_key_is_taken_for_no_other_encoding() -> None:
    """A composite has no seed, and so no `from_seed()` that would take one of 0 bytes."""
    for load in (CompositePrivateKey.from_private_bytes, CompositePublicKey.from_public_bytes):
        with pytest.raises(InvalidKeyError, match=r" bytes, got 0$"):
            load(b"")


def test_wrong_signature_that_is_not_swapped_has_no_hint() -> None:
    """A message as long as a signature alone causes no hint, nor does a short one if signatures vary in length."""
    varying = CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256")
    cases = (KEY, b"short", b"m"), (KEY, bytes(len(SIGNATURE)), SIGNATURE), (varying, bytes(6000), b"m")
    for key, signature, message in cases:
        with pytest.raises(InvalidSignatureError) as caught:
            key.public_key.verify(message, signature)
        assert "order" not in str(caught.value)


def test_names_are_accepted_in_any_letter_case() -> None:
    """The command line accepts them too."""
    assert MLDSAPrivateKey.generate("ml-dsa-44").parameter_set is MLDSAParameterSet.ML_DSA_44  # type: ignore[arg-type]
    assert MLDSAPrivateKey.from_seed(SEED, "Ml-dsa-44").public_key == KEY.public_key  # type: ignore[arg-type]
    assert MLKEMPublicKey.from_public_bytes(KEM.public_key.public_bytes(), "ml-kem-512") == KEM.public_key  # type: ignore[arg-type]
    assert CompositePrivateKey.generate("mldsa65-ed25519-sha512").parameter_set == BOTH.parameter_set  # type: ignore[arg-type]
    assert verify_many([RAW_PUBLIC], [b"m"], [SIGNATURE], parameter_set="ml-dsa-44") == [True]
    assert verify_many([RAW_PUBLIC], [b"m"], [SIGNATURE], parameter_set=["ml-dsa-44"]) == [True]


def test_names_of_another_standard_are_exact() -> None:
    """The names of JOSE have one letter case (RFC 7515, section 4.1.1)."""
    with pytest.raises(UnsupportedError, match="did you mean ML-DSA-44: the case of letters matters here"):
        MLDSAPrivateKey.from_jwk(KEY.to_jwk() | {"alg": "ml-dsa-44"})
    with pytest.raises(UnsupportedError, match="did you mean ML-DSA-44: the case of letters matters here"):
        MLDSAPublicKey.from_jwk(KEY.public_key.to_jwk() | {"alg": "Ml-DSA-44"})


OTHERS = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "X448": x448.X448PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "elliptic-curve (ECDSA or ECDH)": lambda: ec.generate_private_key(ec.SECP384R1()),
    "the algorithm 1.2.840.10040.4.1": lambda: dsa.generate_private_key(1024),  # noqa: S505 - any will do
}


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize(("name", "generate"), OTHERS.items(), ids=OTHERS)
def test_key_of_another_algorithm_is_named(
    name: str, generate: Callable[[], rsa.RSAPrivateKey], encoding: Encoding
) -> None:
    """It is named by its name or its object identifier."""
    key = generate()
    public = key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())
    expected = f"the key's algorithm is unsupported: it is {name}"
    with pytest.raises(UnsupportedError) as caught:
        load_public_key(public)
    assert str(caught.value) == expected
    for given in (private, private.replace(b"\n", b"\r\n") if encoding is Encoding.PEM else private):
        with pytest.raises(UnsupportedError) as caught:
            load_private_key(given)
        assert str(caught.value) == expected
