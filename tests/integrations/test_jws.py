"""PyJWT and joserfc make JWS and JWT with ML-DSA (RFC 9964), and jwcrypto agrees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joserfc.jwt
import jwt
import pytest
from conftest import Sizes
from joserfc import jws as joserfc_jws
from joserfc.errors import (
    BadSignatureError,
    ExceededSizeError,
    InvalidKeyTypeError,
    JoseError,
    UnsupportedAlgorithmError,
    UnsupportedKeyAlgorithmError,
    UnsupportedKeyOperationError,
)
from joserfc.jwk import KeySet, OKPKey
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from jwcrypto.jws import JWS  # type: ignore[import-untyped]

from qynauth_pqc import (
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    PasswordError,
    UnsupportedError,
    load_private_key,
)
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry
from qynauth_pqc.integrations.pyjwt import MLDSAJWK, MLDSAAlgorithm, register, unregister

SETS = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
PAYLOAD = b"It is a dangerous business, going out your door."


def pyjwt() -> jwt.PyJWS:
    """Return PyJWT's JWS with our algorithms, apart from the process."""
    jws = jwt.PyJWS()
    for name in SETS:
        jws.register_algorithm(name, MLDSAAlgorithm(name))
    return jws


def pyjwt_sign(key: MLDSAPrivateKey) -> str:
    """Sign with PyJWT."""
    return pyjwt().encode(PAYLOAD, key, algorithm=key.parameter_set.value)  # type: ignore[arg-type]


def pyjwt_verify(token: str, key: MLDSAPublicKey) -> bytes:
    """Verify with PyJWT."""
    payload: bytes = pyjwt().decode(token, key, algorithms=SETS)  # type: ignore[arg-type]
    return payload


def joserfc_sign(key: MLDSAPrivateKey) -> str:
    """Sign with joserfc."""
    header = {"alg": key.parameter_set.value}
    return joserfc_jws.serialize_compact(header, PAYLOAD, AKPKey.import_key(key), registry=MLDSARegistry())


def joserfc_verify(token: str, key: MLDSAPublicKey) -> bytes:
    """Verify with joserfc."""
    return joserfc_jws.deserialize_compact(token, AKPKey.import_key(key), registry=MLDSARegistry()).payload


def jwcrypto_sign(key: MLDSAPrivateKey) -> str:
    """Sign with jwcrypto, by OpenSSL."""
    jws = JWS(PAYLOAD)
    jws.add_signature(JWK(**key.to_jwk()), protected=json.dumps({"alg": key.parameter_set.value}))
    token: str = jws.serialize(compact=True)
    return token


def jwcrypto_verify(token: str, key: MLDSAPublicKey) -> bytes:
    """Verify with jwcrypto, by OpenSSL."""
    jws = JWS()
    jws.allowed_algs = SETS
    jws.deserialize(token, JWK(**key.to_jwk()))
    payload: bytes = jws.payload
    return payload


VERIFIERS = [pyjwt_verify, joserfc_verify, jwcrypto_verify]


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("sign", [pyjwt_sign, joserfc_sign, jwcrypto_sign])
def test_token_of_one_library_verifies_in_each(
    dsa: Sizes, sign: Callable[[MLDSAPrivateKey], str], verify: Callable[[str, MLDSAPublicKey], bytes]
) -> None:
    """Tokens of this library and of OpenSSL verify in both directions."""
    key = MLDSAPrivateKey.generate(dsa.name)
    assert verify(sign(key), key.public_key) == PAYLOAD


@pytest.mark.parametrize("verify", VERIFIERS)
def test_token_that_was_changed_is_refused(verify: Callable[[str, MLDSAPublicKey], bytes]) -> None:
    """Its payload or signature is changed, or it is for another key."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    header, payload, signature = pyjwt_sign(key).split(".")
    other = "B" if signature[50] == "A" else "A"
    tampered = [
        f"{header}.{payload[:-4]}AAAA.{signature}",
        f"{header}.{payload}.{signature[:50]}{other}{signature[51:]}",
    ]
    tampered += [f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}"]
    for token in tampered:
        with pytest.raises(Exception, match=r"(?i)signature"):
            verify(token, key.public_key)
    with pytest.raises(Exception, match=r"(?i)signature"):
        verify(f"{header}.{payload}.{signature}", MLDSAPrivateKey.generate("ML-DSA-44").public_key)


@pytest.mark.parametrize("name", SETS)
def test_examples_verify_and_are_made_again(vectors: Path, name: str) -> None:
    """Both libraries verify them; the signature of the RFC is the deterministic one."""
    example = json.loads((vectors / "rfc9964" / f"{name.replace('-', '_')}.jose.json").read_text())
    key = MLDSAPrivateKey.from_jwk(example["jwk"])
    signed, signature = (bytes.fromhex(example[field]) for field in ("raw_to_be_signed", "raw_signature"))
    assert key.sign(signed, deterministic=True) == signature
    expected = pyjwt_verify(example["jws"], key.public_key)
    assert expected.startswith("It\u2019s a dangerous business, Frodo".encode())
    assert joserfc_verify(example["jws"], key.public_key) == expected


# PyJWT


@pytest.fixture
def registered() -> Iterator[None]:
    """Register our algorithms with PyJWT for the whole process, and unregister them afterwards."""
    register()
    yield
    unregister()


@pytest.mark.usefixtures("registered")
def test_jwt_of_pyjwt_holds_claims(dsa: Sizes) -> None:
    """Keys in PEM work too, as with PyJWT's own algorithms."""
    key = MLDSAPrivateKey.generate(dsa.name)
    private, public = bytes(key.to_pkcs8()), key.public_key.to_spki()
    for signer in (key, private, private.decode()):
        token = jwt.encode({"sub": "frodo"}, signer, algorithm=dsa.name, headers={"kid": "1"})  # type: ignore[arg-type]
        for verifier in (key.public_key, public, public.decode(), key):
            claims = jwt.decode(token, verifier, algorithms=[dsa.name])  # type: ignore[arg-type]
            assert claims == {"sub": "frodo"}


@pytest.mark.usefixtures("registered")
def test_key_for_pyjwt_is_bound_to_its_algorithm(dsa: Sizes) -> None:
    """PyJWT signs with it unasked, refuses it for a token of another algorithm, and never holds the secret as text."""
    key = MLDSAPrivateKey.generate(dsa.name)
    signer, verifier = MLDSAJWK(key), MLDSAJWK(key.public_key, "signer")
    assert (signer.key_id, verifier.key_id) == (key.public_key.jwk_thumbprint(), "signer")
    assert "priv" not in vars(signer)["_jwk_data"]
    token = jwt.encode({"sub": "frodo"}, signer)
    assert jwt.get_unverified_header(token)["alg"] == dsa.name
    assert jwt.decode(token, verifier) == jwt.decode(token, signer, algorithms=SETS) == {"sub": "frodo"}
    ed25519 = jwt.PyJWK.from_dict(dict(OKPKey.generate_key("Ed25519").as_dict(private=True)))
    foreign = jwt.encode({"sub": "frodo"}, ed25519)
    for wrong, with_key in ((foreign, verifier), (token, ed25519)):
        with pytest.raises(jwt.InvalidAlgorithmError, match="does not match the key's algorithm"):
            jwt.decode(wrong, with_key, algorithms=[*SETS, "EdDSA"])
    with pytest.raises(jwt.InvalidKeyError, match="expected a private key"):
        jwt.encode({"sub": "frodo"}, verifier)


ENCRYPTED = bytes(MLDSAPrivateKey.generate("ML-DSA-44").to_pkcs8(password=b"password"))
DER = MLDSAPrivateKey.generate("ML-DSA-44").public_key.to_spki("DER")
KEM = bytes(MLKEMPrivateKey.generate("ML-KEM-512").to_pkcs8())


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (MLDSAPrivateKey.generate("ML-DSA-65"), "expected an ML-DSA-44 key, got an ML-DSA-65 key"),
        (MLKEMPrivateKey.generate("ML-KEM-512"), "expected an ML-DSA-44 key, got MLKEMPrivateKey"),
        (None, "expected an ML-DSA-44 key, got NoneType"),
        (KEM, "expected an ML-DSA key, got an ML-KEM-512 key"),
        (ENCRYPTED, "pass its password"),
        ("secret", "expected an ML-DSA key in PEM"),
        ("\ud800", "expected an ML-DSA key in PEM"),
        (DER, "expected an ML-DSA key in PEM"),
    ],
)
def test_pyjwt_refuses_other_keys(key: Any, message: str) -> None:
    """It refuses them with its own error, for signing and for verifying."""
    token = pyjwt_sign(MLDSAPrivateKey.generate("ML-DSA-44"))
    with pytest.raises(jwt.InvalidKeyError, match=message):
        pyjwt().encode(PAYLOAD, key, algorithm="ML-DSA-44")
    with pytest.raises(jwt.InvalidKeyError, match=message):
        pyjwt().decode(token, key, algorithms=["ML-DSA-44"])


def test_key_of_pyjwt_for_another_parameter_set_is_refused() -> None:
    """PyJWT lets a caller name another algorithm than the JWK does, and some versions do not prepare such a key."""
    key = MLDSAPrivateKey.generate("ML-DSA-65")
    algorithm = MLDSAAlgorithm("ML-DSA-44")
    with pytest.raises(jwt.InvalidKeyError, match="expected an ML-DSA-44 key, got an ML-DSA-65 key"):
        algorithm.sign(PAYLOAD, key)
    for each in (key, key.public_key):
        with pytest.raises(jwt.InvalidKeyError, match="expected an ML-DSA-44 key, got an ML-DSA-65 key"):
            algorithm.verify(PAYLOAD, each, key.sign(PAYLOAD))


def test_pyjwt_does_not_sign_with_a_public_key() -> None:
    """It does not accept a token of another algorithm either."""
    key: Any = MLDSAPrivateKey.generate("ML-DSA-44")
    with pytest.raises(jwt.InvalidKeyError, match="expected a private key"):
        pyjwt().encode(PAYLOAD, key.public_key, algorithm="ML-DSA-44")
    token = pyjwt().encode(PAYLOAD, "k" * 32, algorithm="HS256")
    with pytest.raises(jwt.InvalidAlgorithmError):
        pyjwt().decode(token, key.public_key, algorithms=SETS)
    with pytest.raises(UnsupportedError, match="unknown parameter set"):
        MLDSAAlgorithm("ML-KEM-512")


def test_algorithm_of_pyjwt_reads_and_writes_jwk() -> None:
    """It takes text or a dict, private or public, and raises PyJWT's error for anything else."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    for each in (key, key.public_key):
        assert json.loads(MLDSAAlgorithm.to_jwk(each)) == MLDSAAlgorithm.to_jwk(each, as_dict=True) == each.to_jwk()
        loaded: Any = MLDSAAlgorithm.from_jwk(MLDSAAlgorithm.to_jwk(each))
        assert (type(loaded), loaded.to_jwk()) == (type(each), each.to_jwk())
    for jwk in ("{}", {"kty": "OKP"}, "[]"):
        with pytest.raises(jwt.InvalidKeyError, match="JWK"):
            MLDSAAlgorithm.from_jwk(jwk)


# joserfc


def test_jwt_of_joserfc_holds_claims(dsa: Sizes) -> None:
    """It is verified with the key alone, and with a set from which the kid chooses."""
    key = AKPKey.generate_key(dsa.name)
    keys = KeySet([AKPKey.generate_key(dsa.name), key])
    header = {"alg": dsa.name, "kid": key.kid}
    token = joserfc.jwt.encode(header, {"sub": "frodo"}, key, registry=MLDSARegistry())
    for verifier in (key, keys, AKPKey.import_key(key.as_dict(private=False))):
        assert joserfc.jwt.decode(token, verifier, registry=MLDSARegistry()).claims == {"sub": "frodo"}


def test_key_of_joserfc_is_made_of_every_form(dsa: Sizes) -> None:
    """The forms are a key of ours, a dict, PEM and DER, plain and encrypted; each has the same members."""
    ours = MLDSAPrivateKey.generate(dsa.name)
    key = AKPKey.import_key(ours)
    assert key.as_dict(private=True) == ours.to_jwk()
    assert key.as_dict(private=False) == ours.public_key.to_jwk()
    assert key.thumbprint() == key.kid == ours.public_key.jwk_thumbprint()
    forms: list[dict[str, str] | bytes] = [ours.to_jwk(), bytes(ours.to_pkcs8())]
    for form in [*forms, key.as_pem(private=True), key.as_der(private=True)]:
        private_key = AKPKey.import_key(form).private_key
        assert private_key is not None
        assert private_key.seed() == ours.seed()
    encrypted = key.as_pem(private=True, password="password")  # noqa: S106 - of a test
    assert AKPKey.import_key(encrypted, password="password") == key  # noqa: S106 - of a test
    assert load_private_key(encrypted, b"password").seed() == ours.seed()
    for form in (ours.public_key.to_jwk(), ours.public_key.to_spki(), key.as_pem(), key.as_der()):
        assert AKPKey.import_key(form).public_key == ours.public_key
        assert not AKPKey.import_key(form).is_private


def test_empty_password_of_joserfc_is_an_error() -> None:
    """A password that was not set must not leave the key without encryption."""
    key = AKPKey.generate_key("ML-DSA-44")
    for write in (key.as_pem, key.as_der):
        with pytest.raises(InvalidLengthError, match="password must not be empty"):
            write(private=True, password="")


def test_key_of_joserfc_does_only_what_it_may() -> None:
    """Signing with a public key, another set, another type and operations outside key_ops are refused."""
    registry = MLDSARegistry()
    key = AKPKey.generate_key("ML-DSA-44", {"use": "sig"})
    public = AKPKey.generate_key("ML-DSA-44", private=False)
    cases: list[tuple[Any, type[JoseError], str]] = [
        (public, UnsupportedKeyOperationError, "ML-DSA-44"),
        (key, UnsupportedKeyAlgorithmError, "ML-DSA-65"),
        (OKPKey.generate_key("Ed25519"), InvalidKeyTypeError, "ML-DSA-44"),
        (AKPKey.generate_key("ML-DSA-44", {"key_ops": ["verify"]}), UnsupportedKeyOperationError, "ML-DSA-44"),
        (key, UnsupportedAlgorithmError, "Ed25519"),
    ]
    for signer, error, name in cases:
        with pytest.raises(error):
            joserfc_jws.serialize_compact({"alg": name}, PAYLOAD, signer, registry=registry)
    with pytest.raises(UnsupportedKeyOperationError, match="expected a private key"):
        public.as_pem(private=True)
    with pytest.raises(UnsupportedKeyOperationError, match="with generate_key"):
        AKPKey.derive_key(b"secret")


def test_parameters_of_joserfc_do_not_rename_the_algorithm() -> None:
    """Otherwise a token of another algorithm would verify with the key."""
    key = MLDSAPrivateKey.generate("ML-DSA-65")
    forms: list[Any] = [key, key.public_key, key.to_jwk(), key.public_key.to_jwk(), key.public_key.to_spki()]
    for form in forms:
        assert AKPKey.import_key(form, {"alg": "ML-DSA-65"}).alg == "ML-DSA-65"
        with pytest.raises(UnsupportedKeyAlgorithmError, match="designed for algorithm 'ML-DSA-65'"):
            AKPKey.import_key(form, {"alg": "ML-DSA-44"})


def test_bad_keys_are_refused_by_joserfc_with_our_reasons() -> None:
    """The reason is joserfc's where it checks first."""
    jwk = MLDSAPrivateKey.generate("ML-DSA-44").to_jwk()
    with pytest.raises(InvalidKeyError, match="does not match its public key"):
        AKPKey.import_key(jwk | {"priv": "A" * 43})
    with pytest.raises(UnsupportedError, match="must have the key type AKP"):
        AKPKey.import_key(jwk | {"kty": "OKP"})
    with pytest.raises(JoseError, match="'pub' is required"):
        AKPKey.import_key({"kty": "AKP", "alg": "ML-DSA-44"})
    with pytest.raises(UnsupportedError, match="got an ML-KEM-512 key"):
        AKPKey.import_key(KEM)
    with pytest.raises(PasswordError):
        AKPKey.import_key(ENCRYPTED)


def test_registry_of_joserfc_allows_named_algorithms() -> None:
    """It allows ML-DSA by default and others on request; joserfc's default registry refuses its signatures."""
    key, okp = AKPKey.generate_key("ML-DSA-87"), OKPKey.generate_key("Ed25519")
    registry = MLDSARegistry(algorithms=["ML-DSA-87", "Ed25519"])
    for name, each in (("ML-DSA-87", key), ("Ed25519", okp)):
        token = joserfc_jws.serialize_compact({"alg": name}, PAYLOAD, each, registry=registry)
        assert joserfc_jws.deserialize_compact(token, each, registry=registry).payload == PAYLOAD
    token = joserfc_jws.serialize_compact({"alg": "ML-DSA-87"}, PAYLOAD, key, registry=registry)
    with pytest.raises(ExceededSizeError):
        joserfc_jws.deserialize_compact(token, key)
    with pytest.raises(UnsupportedAlgorithmError):
        joserfc_jws.deserialize_compact(token, key, registry=MLDSARegistry(algorithms=["ML-DSA-65"]))
    with pytest.raises(BadSignatureError):
        joserfc_jws.deserialize_compact(token, AKPKey.generate_key("ML-DSA-87"), registry=registry)
