"""JWK Sets hold ML-DSA keys next to classical ones, and other libraries choose a key from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import joserfc.jwt
import jwt
import pytest
from conftest import Sizes
from http_site import serving
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.errors import InvalidKeyIdError, JoseError, UnsupportedKeyAlgorithmError
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from jwcrypto.common import JWException  # type: ignore[import-untyped]
from jwcrypto.jwk import JWKSet  # type: ignore[import-untyped]
from jwcrypto.jwt import JWT  # type: ignore[import-untyped]

import qynauth_pqc.integrations.joserfc
import qynauth_pqc.integrations.pyjwt
from qynauth_pqc import InvalidKeyError, MLDSAPrivateKey, MLDSAPublicKey, PQCError, UnsupportedError
from qynauth_pqc.formats import from_jwks, to_jwks
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry
from qynauth_pqc.integrations.pyjwt import MLDSAJWK

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=300)
CLAIMS = {"sub": "frodo"}
KEY = MLDSAPrivateKey.from_seed(bytes(range(32)), "ML-DSA-65")
OLD = MLDSAPrivateKey.from_seed(bytes(range(32)), "ML-DSA-44").public_key
EC = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp", "alg": "EdDSA"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
OCT = OctKey.generate_key(256, {"kid": "oct"})
CLASSICAL: list[dict[str, object]] = [dict(key.as_dict(private=False)) for key in (EC, OKP, RSA)]
PUBLIC = KEY.public_key.to_jwk("2026-11")
MIXED = to_jwks([PUBLIC, *CLASSICAL, OLD])


def test_set_holds_keys_of_every_kind() -> None:
    """It loads from a dict and from text of each type: ML-DSA keys as objects, others unchanged."""
    text = json.dumps(MIXED)
    for form in (MIXED, text, text.encode(), memoryview(text.encode())):
        loaded = from_jwks(form)
        assert list(loaded) == ["2026-11", "ec", "okp", "rsa", OLD.jwk_thumbprint()]
        assert (loaded["2026-11"], loaded[OLD.jwk_thumbprint()]) == (KEY.public_key, OLD)
        assert [loaded["ec"], loaded["okp"], loaded["rsa"]] == CLASSICAL
    assert to_jwks([]) == {"keys": []}
    assert from_jwks({"keys": []}) == {}
    with pytest.raises(UnsupportedError, match="unknown code path"):
        from_jwks({"keys": []}, code_path="fast")


def test_set_is_a_copy() -> None:
    """A change of it changes no key that was passed, nor the reverse."""
    jwk = dict(CLASSICAL[0])
    to_jwks([jwk])["keys"][0]["kid"] = "another"
    loaded = from_jwks({"keys": [jwk]})["ec"]
    assert isinstance(loaded, dict)
    loaded["kid"] = "another"
    assert jwk == CLASSICAL[0]


PRIVATE = [KEY.to_jwk(), *(dict(key.as_dict(private=True)) for key in (EC, OKP, RSA))]


@pytest.mark.parametrize("jwk", PRIVATE, ids=lambda jwk: str(jwk["kty"]))
def test_secret_is_neither_published_nor_accepted(jwk: dict[str, object]) -> None:
    """This holds for every private member; the error shows only its name."""
    for call in (lambda: to_jwks([PUBLIC, jwk]), lambda: from_jwks({"keys": [jwk]})):
        with pytest.raises(InvalidKeyError, match=r"JWK is not public: it has the private member (d|priv)$"):
            call()


class Hiding(dict[str, object]):
    """Members that hide one of them in look-ups by name."""

    def __contains__(self, name: object) -> bool:
        """Deny every member."""
        return False


def test_secret_that_a_mapping_hides_is_not_published() -> None:
    """The checked members are the published ones."""
    with pytest.raises(InvalidKeyError, match="it has the private member d"):
        to_jwks([Hiding(EC.as_dict(private=True))])


def test_symmetric_and_unknown_keys_are_not_published() -> None:
    """One is secret, and the secret members of the other are unknown; a set of others may hold the latter."""
    unknown = {"kty": "LMS", "kid": "lms", "d": "public, for all that we know"}
    for jwk in (dict(OCT.as_dict(private=True)), unknown, {"kid": "none"}, {"kty": [], "kid": "none"}):
        with pytest.raises(UnsupportedError, match="its key type is not one of AKP, EC, OKP, RSA"):
            to_jwks([jwk])
    with pytest.raises(InvalidKeyError, match="private member k"):
        from_jwks({"keys": [dict(OCT.as_dict(private=True))]})
    assert from_jwks({"keys": [unknown]}) == {"lms": unknown}


@pytest.mark.parametrize("stranger", [KEY, None, "key", b"key", EC])
def test_what_is_no_public_key_is_a_type_error(stranger: Any) -> None:
    """A private key is the most important case."""
    with pytest.raises(TypeError, match=f"key must be an MLDSAPublicKey or .*, not {type(stranger).__name__}"):
        to_jwks([stranger])


def test_one_jwk_is_no_set() -> None:
    """It is a mapping with names as keys."""
    with pytest.raises(TypeError, match="keys must be an iterable of keys, not dict"):
        to_jwks(PUBLIC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([PUBLIC, PUBLIC], "keys 0 and 1 of the JWK Set have the same kid$"),
        ([PUBLIC, *CLASSICAL, OLD.to_jwk("2026-11")], "keys 0 and 4 of the JWK Set have the same kid for two alg"),
        ([CLASSICAL[0], PUBLIC | {"kid": "ec"}], "keys 0 and 1 of the JWK Set have the same kid for two algorithms"),
        ([PUBLIC | {"kid": str(each)} for each in range(257)], "JWK Set has more than 256 keys: got 257"),
    ],
)
def test_kid_names_one_key_and_keys_are_few(keys: list[dict[str, object]], message: str) -> None:
    """This holds for a set to publish and for a published set."""
    for call in (
        lambda: to_jwks(keys),
        lambda: from_jwks({"keys": keys}),
        lambda: from_jwks(json.dumps({"keys": keys})),
    ):
        with pytest.raises(InvalidKeyError, match=message):
            call()


@pytest.mark.parametrize(
    "wrong", [{"kid": None}, {"pub": PUBLIC["pub"][:-4]}, {"pub": None}, {"use": "enc"}, {"key_ops": ["sign"]}]
)
def test_unusable_key_is_not_published_and_skipped_if_it_was(wrong: dict[str, object]) -> None:
    """A verifier ignores keys with missing or invalid members (RFC 7517, section 5)."""
    with pytest.raises(InvalidKeyError):
        to_jwks([PUBLIC | wrong])
    assert list(from_jwks({"keys": [PUBLIC | wrong, CLASSICAL[0]]})) == ["ec"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": {}}', '{"keys": [1]}', '{"keys": [], "keys": []}', b"\xff"])
def test_text_that_is_no_set_is_refused(text: str | bytes) -> None:
    """A text beyond the bound is refused too, with its size."""
    with pytest.raises(InvalidKeyError, match=r"JWK Set (is not|has no list of JWKs)"):
        from_jwks(text)
    with pytest.raises(InvalidKeyError, match="JWK Set is longer than 1048576 characters: got 1048577"):
        from_jwks(" " * 1048577)


@PROFILE
@given(st.lists(st.dictionaries(st.sampled_from([*PUBLIC, "d", "use"]), st.none() | st.lists(st.text()) | st.text())))
def test_no_set_raises_anything_outside_the_tree(keys: list[dict[str, object]]) -> None:
    """Members have any type; a loaded key has a kid."""
    for changed in (keys, [PUBLIC | key for key in keys]):
        for call in (lambda: from_jwks({"keys": changed}), lambda: to_jwks(changed)):  # noqa: B023 - called at once
            try:
                call()
            except PQCError:
                continue


# Classical verifiers


def pyjwt_verify(token: str, jwks: dict[str, Any], algorithm: str) -> object:
    """Choose a key by kid and verify with PyJWT."""
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.decode(token, jwt.PyJWKSet.from_dict(jwks)[kid], algorithms=[algorithm])


def joserfc_verify(token: str, jwks: Any, algorithm: str) -> object:
    """Choose a key by kid and verify with joserfc."""
    return joserfc.jwt.decode(token, KeySet.import_key_set(jwks), algorithms=[algorithm]).claims


def jwcrypto_verify(token: str, jwks: dict[str, Any], algorithm: str) -> object:
    """Choose a key by kid and verify with jwcrypto."""
    return json.loads(JWT(jwt=token, key=JWKSet.from_json(json.dumps(jwks)), algs=[algorithm]).claims)


@pytest.mark.parametrize("verify", [pyjwt_verify, joserfc_verify, jwcrypto_verify])
@pytest.mark.parametrize("key", [EC, OKP], ids=["ES256", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_classical_verifier_finds_its_key_in_a_mixed_set(
    key: ECKey | OKPKey, verify: Callable[[str, dict[str, Any], str], object]
) -> None:
    """Nothing of this package is registered."""
    assert key.alg is not None
    token = jwt.encode(CLAIMS, jwt.PyJWK.from_dict(dict(key.as_dict(private=True))), headers={"kid": key.kid})
    assert verify(token, MIXED, key.alg) == CLAIMS


# Verifiers that know ML-DSA


@pytest.fixture
def registered() -> Iterator[None]:
    """Register ML-DSA with PyJWT and joserfc, and unregister it afterwards."""
    qynauth_pqc.integrations.pyjwt.register()
    qynauth_pqc.integrations.joserfc.register()
    yield
    qynauth_pqc.integrations.pyjwt.unregister()
    qynauth_pqc.integrations.joserfc.unregister()


@pytest.fixture
def jwks_url() -> Iterator[str]:
    """Yield the URL of the published keys, on this machine."""
    body = json.dumps(MIXED).encode()
    with serving(lambda site: site.send(body, Content_Type="application/jwk-set+json")) as port:
        yield f"http://127.0.0.1:{port}/.well-known/jwks.json"


@pytest.mark.usefixtures("registered")
def test_pyjwt_fetches_the_key_of_a_token_by_kid(jwks_url: str) -> None:
    """ML-DSA and classical keys come from one URL; without `register()`, ML-DSA keys are not found."""
    client = jwt.PyJWKClient(jwks_url)
    tokens = {"ML-DSA-65": jwt.encode(CLAIMS, MLDSAJWK(KEY), headers={"kid": "2026-11"})}
    for key in (EC, OKP):
        signer = jwt.PyJWK.from_dict(dict(key.as_dict(private=True)))
        tokens[str(key.alg)] = jwt.encode(CLAIMS, signer, headers={"kid": key.kid})
    for algorithm, token in tokens.items():
        found = client.get_signing_key_from_jwt(token)
        assert found.algorithm_name == algorithm
        assert jwt.decode(token, found, algorithms=list(tokens)) == CLAIMS
    qynauth_pqc.integrations.pyjwt.unregister()
    with pytest.raises(jwt.PyJWKClientError, match='Unable to find a signing key that matches: "2026-11"'):
        jwt.PyJWKClient(jwks_url).get_signing_key_from_jwt(tokens["ML-DSA-65"])


@pytest.mark.usefixtures("registered")
def test_joserfc_chooses_the_key_of_a_token_by_kid(dsa: Sizes) -> None:
    """The set is mixed; without a kid, joserfc signs with a key of the right algorithm."""
    signer = AKPKey.generate_key(dsa.name, {"kid": "signer"})
    jwks: Any = to_jwks([PUBLIC, *CLASSICAL, dict(signer.as_dict(private=False))])
    keys, registry = KeySet.import_key_set(jwks), MLDSARegistry()
    token = joserfc.jwt.encode({"alg": dsa.name, "kid": "signer"}, CLAIMS, signer, registry=registry)
    assert joserfc.jwt.decode(token, keys, registry=registry).claims == CLAIMS
    picked = joserfc.jwt.encode({"alg": dsa.name}, CLAIMS, KeySet([*[RSA] * 9, signer]), registry=registry)
    assert joserfc.jwt.decode(picked, KeySet([signer]), registry=registry).claims == CLAIMS


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("jwk", "header"), [(PUBLIC, {"alg": "ES256", "kid": "2026-11"}), (CLASSICAL[0], {"alg": "ML-DSA-65", "kid": "ec"})]
)
def test_key_is_refused_for_a_token_of_another_algorithm(jwk: dict[str, Any], header: dict[str, Any]) -> None:
    """A kid that names a key of the wrong algorithm is an error in each library, not a choice."""
    allowed = ["ES256", "ML-DSA-65"]
    signer = KEY if header["alg"] == "ML-DSA-65" else EC
    registry = MLDSARegistry(algorithms=allowed)
    key: Any = AKPKey.import_key(signer) if isinstance(signer, MLDSAPrivateKey) else signer
    token = joserfc.jwt.encode(header, CLAIMS, key, registry=registry)
    jwks: Any = {"keys": [jwk]}
    with pytest.raises(jwt.InvalidAlgorithmError, match="does not match the key's algorithm"):
        jwt.decode(token, jwt.PyJWKSet.from_dict(jwks)[jwk["kid"]], algorithms=allowed)
    keys = KeySet.import_key_set(jwks)
    with pytest.raises(InvalidKeyIdError, match="No key for kid"):
        joserfc.jwt.decode(token, keys, registry=registry)
    with pytest.raises(JoseError):
        joserfc.jwt.decode(token, keys.keys[0], registry=registry)
    with pytest.raises(JWException):
        JWT(jwt=token, key=JWKSet.from_json(json.dumps(jwks)), algs=allowed)


@pytest.mark.usefixtures("registered")
def test_one_parameter_set_is_refused_for_another() -> None:
    """It is refused although both have the key type AKP."""
    registry = MLDSARegistry()
    token = joserfc.jwt.encode({"alg": "ML-DSA-65"}, CLAIMS, AKPKey.import_key(KEY), registry=registry)
    for key in (OLD, MLDSAPrivateKey.generate("ML-DSA-87").public_key):
        with pytest.raises(UnsupportedKeyAlgorithmError):
            joserfc.jwt.decode(token, AKPKey.import_key(key), registry=registry)
        with pytest.raises(jwt.InvalidAlgorithmError):
            jwt.decode(token, MLDSAJWK(key), algorithms=["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
        with pytest.raises(jwt.InvalidKeyError, match="expected an ML-DSA-65 key"):
            jwt.decode(token, key, algorithms=["ML-DSA-65"])  # type: ignore[arg-type]


@pytest.mark.usefixtures("registered")
def test_other_algorithms_of_the_key_type_are_skipped() -> None:
    """Composites share the type AKP: a set with one of their keys still loads everywhere."""
    composite = {"kty": "AKP", "alg": "ML-DSA-65-ES256", "pub": PUBLIC["pub"], "kid": "composite"}
    jwks: Any = to_jwks([composite, PUBLIC, CLASSICAL[0]])
    assert [key.key_id for key in jwt.PyJWKSet.from_dict(jwks)] == ["2026-11", "ec"]
    assert [key.kid for key in KeySet.import_key_set(jwks)] == ["2026-11", "ec"]
    loaded = from_jwks(jwks)
    assert loaded["composite"] == composite
    assert isinstance(loaded["2026-11"], MLDSAPublicKey)
