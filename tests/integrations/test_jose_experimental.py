"""The composite algorithms of JOSE are unknown unless the caller names their draft."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import joserfc.jwt
import jwt
import jwt.api_jwk
import pytest
from composite_tokens import (
    ALL,
    CLAIMS,
    KEY,
    KEYS,
    NAMELESS,
    PUBLIC,
    encoded,
    joserfc_sign,
    pyjwt_sign,
)
from joserfc import jws as joserfc_jws
from joserfc.errors import (
    ExceededSizeError,
    InvalidKeyIdError,
    JoseError,
    UnsupportedAlgorithmError,
    UnsupportedKeyAlgorithmError,
)
from joserfc.jwk import JWKRegistry, KeySet

import qynauth_pqc.integrations.joserfc
import qynauth_pqc.integrations.pyjwt
from qynauth_pqc import (
    MLDSAPrivateKey,
    MLDSAPublicKey,
    UnsupportedError,
)
from qynauth_pqc.formats import to_jwks
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, DRAFT, from_jwk, to_jwk
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry
from qynauth_pqc.integrations.pyjwt import MLDSAJWK, MLDSAAlgorithm

PATCHED = "get_default_algorithms"
ORIGINAL = getattr(jwt.api_jwk, PATCHED)

each_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


@pytest.fixture(autouse=True)
def unregistered() -> Iterator[None]:
    """Restore the libraries after any test."""
    yield
    qynauth_pqc.integrations.pyjwt.unregister()
    qynauth_pqc.integrations.joserfc.unregister()
    assert getattr(jwt.api_jwk, PATCHED) is ORIGINAL
    assert not set(ALL) & (set(jwt.api_jws._jws_global_obj.get_algorithms()) | KeySet.algorithm_keys.keys())
    assert "AKP" not in JWKRegistry.key_types


# The switch


JWK = to_jwk(KEY, experimental=DRAFT)
SWITCHED: dict[str, Callable[[Any], object]] = {
    "to_jwk": lambda draft: to_jwk(PUBLIC, experimental=draft),
    "from_jwk": lambda draft: from_jwk(JWK, experimental=draft),
    "PyJWT, key": lambda draft: MLDSAJWK(PUBLIC, experimental=draft),
    "PyJWT, algorithm": lambda draft: MLDSAAlgorithm("ML-DSA-65-Ed25519", experimental=draft),
    "joserfc, key": lambda draft: AKPKey.import_key(PUBLIC, experimental=draft),
    "joserfc, private PEM": lambda draft: AKPKey.import_key(bytes(KEY.to_pkcs8()), experimental=draft),
    "joserfc, PEM": lambda draft: AKPKey.import_key(PUBLIC.to_spki(), experimental=draft),
    "joserfc, JWK": lambda draft: AKPKey.import_key({**JWK}, experimental=draft),
    "joserfc, new key": lambda draft: AKPKey.generate_key("ML-DSA-65-Ed25519", experimental=draft),
    "joserfc, algorithm": lambda draft: qynauth_pqc.integrations.joserfc.MLDSAAlgorithm(
        "ML-DSA-65-Ed25519", experimental=draft
    ),
}
OPTIONAL: dict[str, Callable[[Any], object]] = {
    "PyJWT, registering": lambda draft: qynauth_pqc.integrations.pyjwt.register(experimental=draft),
    "joserfc, registry": lambda draft: MLDSARegistry(experimental=draft),
    "joserfc, registering": lambda draft: qynauth_pqc.integrations.joserfc.register(experimental=draft),
}


@pytest.mark.parametrize("call", SWITCHED.values(), ids=SWITCHED)
def test_composites_need_the_switch(call: Callable[[Any], object]) -> None:
    """The error names the draft where a key shows which one is needed."""
    call(DRAFT)
    with pytest.raises(UnsupportedError, match=rf"experimental='{DRAFT}'|expected one of ML-DSA-44, |not for ML-DSA"):
        call(None)


@pytest.mark.parametrize("call", (SWITCHED | OPTIONAL).values(), ids=SWITCHED | OPTIONAL)
def test_switch_is_the_draft_and_nothing_else(call: Callable[[Any], object]) -> None:
    """Another number, None, and any true value are refused."""
    for wrong in (DRAFT[:-1] + "4", DRAFT[:-1] + "6", DRAFT[:-3], DRAFT.upper(), "", "True"):
        with pytest.raises(UnsupportedError, match=f"unknown draft: expected experimental='{DRAFT}'"):
            call(wrong)
    for other in (True, 5, DRAFT.encode()):
        with pytest.raises(TypeError, match="experimental must be str, not"):
            call(other)


@each_algorithm
def test_names_are_unknown_without_the_switch(name: str) -> None:
    """Libraries that know ML-DSA do not know them either, and refuse tokens with their own errors."""
    token, key = pyjwt_sign(KEYS[name], name), KEYS[name]
    jwk = to_jwk(key.public_key, experimental=DRAFT)
    qynauth_pqc.integrations.pyjwt.register()
    qynauth_pqc.integrations.joserfc.register()
    with pytest.raises(jwt.InvalidAlgorithmError):
        jwt.decode(token, key.public_key, algorithms=ALL)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError):
        jwt.encode(CLAIMS, key, algorithm=name)  # type: ignore[arg-type]
    with pytest.raises(jwt.PyJWKError):
        jwt.PyJWK(jwk)
    with pytest.raises((UnsupportedAlgorithmError, ExceededSizeError)):
        joserfc_jws.deserialize_compact(token, AKPKey.import_key(jwk, experimental=DRAFT), registry=MLDSARegistry())
    with pytest.raises(JoseError):
        JWKRegistry.import_key({**jwk})
    with pytest.raises(UnsupportedError):
        MLDSAPublicKey.from_jwk(jwk)


def test_algorithm_without_a_name_is_refused() -> None:
    """The draft has no name for MLDSA65-ECDSA-P384-SHA512."""
    for key in (NAMELESS, NAMELESS.public_key):
        for call in (to_jwk, MLDSAJWK, AKPKey.import_key):
            with pytest.raises(UnsupportedError, match=f"{DRAFT} has no name for MLDSA65-ECDSA-P384-SHA512"):
                call(key, experimental=DRAFT)
    with pytest.raises(UnsupportedError, match="unknown algorithm"):
        MLDSAAlgorithm("MLDSA65-ECDSA-P384-SHA512", experimental=DRAFT)


# PyJWT and joserfc for the whole process


@each_algorithm
def test_registered_algorithms_read_and_write_jwks(name: str) -> None:
    """They do so for their own keys, like PyJWT's algorithms."""
    qynauth_pqc.integrations.pyjwt.register(experimental=DRAFT)
    algorithm, key = jwt.get_algorithm_by_name(name), KEYS[name]
    assert algorithm.to_jwk(key, as_dict=True) == to_jwk(key, experimental=DRAFT)
    assert algorithm.from_jwk(algorithm.to_jwk(key.public_key)) == key.public_key


@each_algorithm
def test_registered_algorithms_sign_and_verify(name: str) -> None:
    """They use keys of this library, PEM, and keys of a JWK Set that also has ML-DSA keys."""
    for _ in range(2):
        qynauth_pqc.integrations.pyjwt.register(experimental=DRAFT)
        qynauth_pqc.integrations.joserfc.register(experimental=DRAFT)
    key, plain = KEYS[name], MLDSAPrivateKey.generate("ML-DSA-44")
    published = to_jwks([to_jwk(key.public_key, "1", experimental=DRAFT), plain.public_key])
    pyjwks = jwt.PyJWKSet.from_dict(published)
    joserfc_keys = KeySet.import_key_set(published)  # type: ignore[arg-type]
    for signer in (MLDSAJWK(key, "1", experimental=DRAFT), key, bytes(key.to_pkcs8())):
        token = jwt.encode(CLAIMS, signer, algorithm=name, headers={"kid": "1"})  # type: ignore[arg-type]
        for verifier in (pyjwks["1"], key.public_key, key.public_key.to_spki()):
            assert jwt.decode(token, verifier, algorithms=[name]) == CLAIMS  # type: ignore[arg-type]
        registry = MLDSARegistry(experimental=DRAFT)
        assert joserfc.jwt.decode(token, joserfc_keys, registry=registry).claims == CLAIMS
    other = jwt.encode(CLAIMS, MLDSAJWK(plain), headers={"kid": "1"})
    with pytest.raises(jwt.InvalidAlgorithmError):
        jwt.decode(other, pyjwks["1"], algorithms=ALL)
    with pytest.raises(InvalidKeyIdError):
        joserfc.jwt.decode(other, joserfc_keys, registry=MLDSARegistry(experimental=DRAFT))


def test_key_of_pyjwt_under_the_name_of_another_algorithm_is_refused() -> None:
    """PyJWT lets a caller name one that the JWK does not, and binds the key to it."""
    qynauth_pqc.integrations.pyjwt.register(experimental=DRAFT)
    plain = MLDSAPrivateKey.generate("ML-DSA-65")
    other = to_jwk(KEYS["ML-DSA-65-ES256"].public_key, experimental=DRAFT)
    token = jwt.encode(CLAIMS, MLDSAJWK(KEY, experimental=DRAFT))
    for jwk in (plain.public_key.to_jwk(), other):
        with pytest.raises(jwt.InvalidKeyError, match="expected an MLDSA65-Ed25519-SHA512 key, got an "):
            jwt.decode(token, jwt.PyJWK({**jwk}, "ML-DSA-65-Ed25519"), algorithms=ALL)
    with pytest.raises(jwt.InvalidKeyError, match="unknown parameter set"):
        jwt.PyJWK({**to_jwk(PUBLIC, experimental=DRAFT)}, "ML-DSA-65")


def test_key_of_joserfc_whose_jwk_names_another_algorithm_later_is_refused() -> None:
    """The caller may change the members that joserfc compares; the key does not change."""
    plain = MLDSAPrivateKey.generate("ML-DSA-65")
    parameters: Any = {"kid": "1"}
    composite = AKPKey.import_key(KEY, parameters, experimental=DRAFT)
    parameters["alg"] = "ML-DSA-65"
    other = AKPKey.import_key(plain)
    other.dict_value["alg"] = "ML-DSA-65-Ed25519"
    for name, key, signer in (("ML-DSA-65", composite, KEY), ("ML-DSA-65-Ed25519", other, plain)):
        algorithm = qynauth_pqc.integrations.joserfc.MLDSAAlgorithm(name, experimental=DRAFT)
        message = f"{encoded(json.dumps({'alg': name}).encode())}.{encoded(b'payload')}".encode()
        token = message + b"." + encoded(signer.sign(message)).encode()
        with pytest.raises(UnsupportedKeyAlgorithmError, match="expected an "):
            joserfc_jws.deserialize_compact(token, key, registry=MLDSARegistry(experimental=DRAFT))
        with pytest.raises(UnsupportedKeyAlgorithmError, match="expected an "):
            joserfc_jws.serialize_compact({"alg": name}, b"payload", key, registry=MLDSARegistry(experimental=DRAFT))
        with pytest.raises(UnsupportedKeyAlgorithmError, match="expected an "):
            algorithm.verify(b"payload", signer.sign(b"payload"), key)


def test_registering_adds_composites_and_unregistering_undoes_both() -> None:
    """The order does not matter, and a call without the draft removes nothing."""
    jwk = to_jwk(PUBLIC, experimental=DRAFT)
    for drafts in ((DRAFT, DRAFT), (None, DRAFT), (DRAFT, None)):
        for draft in drafts:
            qynauth_pqc.integrations.pyjwt.register(experimental=draft)
            qynauth_pqc.integrations.joserfc.register(experimental=draft)
        assert jwt.PyJWK({**jwk}).key == PUBLIC
        key = JWKRegistry.import_key({**jwk})
        assert isinstance(key, AKPKey)
        assert key.public_key == PUBLIC
        assert KeySet.algorithm_keys["ML-DSA-65-Ed25519"] == ["AKP"]
        for _ in range(2):
            qynauth_pqc.integrations.pyjwt.unregister()
            qynauth_pqc.integrations.joserfc.unregister()
        with pytest.raises(jwt.PyJWKError):
            jwt.PyJWK({**jwk})
        assert "AKP" not in JWKRegistry.key_types


def test_implementations_of_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A composite algorithm of another class, or a class for AKP that takes none, is refused and left alone."""
    jwt.register_algorithm("ML-DSA-65-Ed25519", jwt.get_algorithm_by_name("HS256"))
    try:
        with pytest.raises(UnsupportedError, match="another implementation of ML-DSA-65-Ed25519"):
            qynauth_pqc.integrations.pyjwt.register(experimental=DRAFT)
        qynauth_pqc.integrations.pyjwt.register()
    finally:
        jwt.unregister_algorithm("ML-DSA-65-Ed25519")

    class Derived(AKPKey):
        """A key of ours with more methods."""

    monkeypatch.setitem(JWKRegistry.key_types, "AKP", Derived)
    with pytest.raises(UnsupportedError, match="another class for the key type AKP: Derived"):
        qynauth_pqc.integrations.joserfc.register(experimental=DRAFT)
    qynauth_pqc.integrations.joserfc.register()
    assert JWKRegistry.key_types["AKP"] is Derived
    assert isinstance(Derived.import_key(KEY, experimental=DRAFT), Derived)
    monkeypatch.undo()


def test_key_of_joserfc_is_made_of_every_form() -> None:
    """It has the members of the JWK; the class without composites is unchanged."""
    jwk = to_jwk(KEY, experimental=DRAFT)
    key = AKPKey.import_key(KEY, experimental=DRAFT)
    assert key.as_dict(private=True) == jwk
    assert key.as_dict(private=False) == to_jwk(PUBLIC, experimental=DRAFT)
    assert key.thumbprint() == key.kid == jwk["kid"]
    encrypted = key.as_pem(private=True, password="password")  # noqa: S106 - of a test
    for form in (jwk, key.as_pem(private=True), key.as_der(private=True), encrypted):
        password = "password" if form is encrypted else None
        again = AKPKey.import_key(form, password=password, experimental=DRAFT)
        assert again == key
        assert again.private_key is not None
    assert AKPKey.import_key(key.as_pem(), experimental=DRAFT).public_key == PUBLIC
    assert AKPKey.generate_key("ML-DSA-87-ES384", experimental=DRAFT).alg == "ML-DSA-87-ES384"
    assert AKPKey.generate_key(experimental=DRAFT).alg == "ML-DSA-65"


def test_registry_of_joserfc_takes_signatures_of_the_greatest_length() -> None:
    """It takes 4731 bytes in base64url; without the draft, ML-DSA-87 sets the limit."""
    assert MLDSARegistry().max_signature_length == len(encoded(bytes(4627)))
    assert MLDSARegistry(experimental=DRAFT).max_signature_length == len(encoded(bytes(4731)))
    assert not MLDSARegistry.algorithms.keys() & ALGORITHMS.keys()
    token = joserfc_sign(KEY, "ML-DSA-65-Ed25519")
    only = MLDSARegistry(algorithms=["ML-DSA-65"], experimental=DRAFT)
    with pytest.raises(UnsupportedAlgorithmError):
        joserfc_jws.deserialize_compact(token, AKPKey.import_key(PUBLIC, experimental=DRAFT), registry=only)


def test_registry_of_joserfc_has_the_draft_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a later joserfc has the names, perhaps of another draft, this library's algorithms replace them."""
    others = dict.fromkeys(ALGORITHMS, MLDSARegistry.algorithms["HS256"])
    monkeypatch.setattr(MLDSARegistry, "algorithms", {**MLDSARegistry.algorithms, **others})
    registry = MLDSARegistry(experimental=DRAFT)
    assert {registry.get_alg(name).name for name in ALGORITHMS} == {*ALGORITHMS}
    assert registry.get_alg("ML-DSA-65") is MLDSARegistry.algorithms["ML-DSA-65"]
