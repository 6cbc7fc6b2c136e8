"""ML-DSA keys as JWK (RFC 9964), and the thumbprint of RFC 7638."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MLDSA, Sizes
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]

from qynauth_pqc import (
    InvalidKeyError,
    InvalidLengthError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    PQCError,
    SeedUnavailableError,
    UnsupportedError,
)

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=500)
SETS = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
KEY = MLDSAPrivateKey.from_seed(bytes(range(32)), "ML-DSA-44")
PRIVATE, PUBLIC = KEY.to_jwk(), KEY.public_key.to_jwk()


def changed(jwk: dict[str, Any], **members: object) -> dict[str, Any]:
    """Return a JWK with other members, without None values."""
    return {name: value for name, value in (jwk | members).items() if value is not None}


@pytest.mark.parametrize("name", SETS)
def test_examples_load_and_encode_to_the_same_members(vectors: Path, name: str) -> None:
    """They load as an object and as its text; the kid of the RFC is the thumbprint."""
    example = json.loads((vectors / "rfc9964" / f"{name.replace('-', '_')}.jose.json").read_text())
    jwk = example["jwk"]
    key = MLDSAPrivateKey.from_jwk(jwk)
    assert key.parameter_set == name
    assert key.seed() == bytes.fromhex(example["priv"])
    assert key.public_key.public_bytes() == bytes.fromhex(example["raw_public_key"])
    assert key.to_jwk() == MLDSAPrivateKey.from_jwk(json.dumps(jwk)).to_jwk() == jwk
    public = changed(jwk, priv=None)
    assert MLDSAPublicKey.from_jwk(public).to_jwk() == key.public_key.to_jwk() == public
    assert key.public_key.jwk_thumbprint() == jwk["kid"]


def test_key_survives_jwk(dsa: Sizes) -> None:
    """It survives as a dict, and as text in every type that holds text."""
    key = MLDSAPrivateKey.generate(dsa.name)
    text = json.dumps(key.to_jwk())
    for jwk in (key.to_jwk(), text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        assert MLDSAPrivateKey.from_jwk(jwk).private_bytes() == key.private_bytes()
    assert MLDSAPublicKey.from_jwk(key.public_key.to_jwk()) == key.public_key
    assert list(key.public_key.to_jwk()) == ["kid", "kty", "alg", "pub"]
    assert len(key.to_jwk()["priv"]) == 43


def test_jwcrypto_reads_what_we_write_and_the_reverse(dsa: Sizes) -> None:
    """Another implementation has the same members and the same thumbprint."""
    ours = MLDSAPrivateKey.generate(dsa.name)
    theirs = JWK.from_json(json.dumps(ours.to_jwk()))
    assert theirs.export(as_dict=True) == ours.to_jwk()
    assert theirs.thumbprint() == ours.public_key.jwk_thumbprint()
    generated = JWK.generate(kty="AKP", alg=dsa.name)
    loaded = MLDSAPrivateKey.from_jwk(generated)  # a dict of theirs
    assert loaded.public_key == MLDSAPublicKey.from_jwk(generated.export_public(as_dict=True))
    assert loaded.to_jwk(generated.thumbprint()) == generated.export(as_dict=True) | {"kid": generated.thumbprint()}


def test_kid_is_the_one_that_is_given() -> None:
    """Other types of a kid are refused."""
    assert PUBLIC["kid"] == KEY.public_key.jwk_thumbprint()
    assert KEY.to_jwk("signer")["kid"] == KEY.public_key.to_jwk("signer")["kid"] == "signer"
    for key in (KEY, KEY.public_key):
        with pytest.raises(TypeError, match="kid must be str, not bytes"):
            key.to_jwk(b"signer")  # type: ignore[arg-type]


def test_key_without_a_seed_is_no_jwk() -> None:
    """RFC 9964 has no other form of a private key; the public key has one."""
    key = MLDSAPrivateKey.from_private_bytes(KEY.private_bytes())
    with pytest.raises(SeedUnavailableError):
        key.to_jwk()
    assert key.public_key.to_jwk() == PUBLIC


def test_members_without_a_use_are_skipped() -> None:
    """Members that restrict the use of a key are obeyed."""
    more = {"use": "sig", "x5t": "no matter", "nested": {"a": [1, None]}}
    assert MLDSAPublicKey.from_jwk(PUBLIC | more | {"key_ops": ["verify"]}) == KEY.public_key
    assert MLDSAPrivateKey.from_jwk(PRIVATE | more | {"key_ops": ["sign", "verify"]}).seed() == KEY.seed()


NOT_BASE64URL = "of the JWK is not base64url without padding"
REFUSALS: list[tuple[dict[str, Any], type[PQCError], str]] = [
    ({"kty": None}, InvalidKeyError, "JWK has no kty"),
    ({"kty": 7}, InvalidKeyError, "kty of the JWK is not a string"),
    ({"kty": "OKP"}, UnsupportedError, "JWK must have the key type AKP"),
    ({"alg": None}, InvalidKeyError, "JWK has no alg"),
    ({"alg": ["ML-DSA-44"]}, InvalidKeyError, "alg of the JWK is not a string"),
    ({"alg": "ml-dsa-44"}, UnsupportedError, "did you mean ML-DSA-44: the case of letters matters here"),
    ({"alg": "ML-DSA-65"}, InvalidKeyError, "public key has the wrong length: expected 1952 bytes .* got 1312"),
    ({"pub": None}, InvalidKeyError, "JWK has no pub"),
    ({"pub": PUBLIC["pub"][:-2]}, InvalidKeyError, "expected 1312 bytes for ML-DSA-44, got 1311"),
    ({"pub": PUBLIC["pub"] + "="}, InvalidKeyError, f"pub {NOT_BASE64URL}"),
    ({"pub": PUBLIC["pub"][:-1] + "+"}, InvalidKeyError, f"pub {NOT_BASE64URL}"),
    ({"pub": PUBLIC["pub"] + "AAA"}, InvalidKeyError, f"pub {NOT_BASE64URL}"),
    ({"pub": PUBLIC["pub"][:-1] + "\n"}, InvalidKeyError, f"pub {NOT_BASE64URL}"),
    ({"pub": PUBLIC["pub"][:-1] + "\u0661"}, InvalidKeyError, f"pub {NOT_BASE64URL}"),
    ({"use": "enc"}, InvalidKeyError, "JWK is not for signatures"),
    ({"key_ops": []}, InvalidKeyError, "JWK may not (sign|verify)"),
    ({"key_ops": "sign verify"}, InvalidKeyError, "JWK may not (sign|verify)"),
]


@pytest.mark.parametrize(("members", "error", "message"), REFUSALS)
def test_bad_members_are_refused_with_the_reason(members: dict[str, Any], error: type[PQCError], message: str) -> None:
    """Public and private keys are tried, as a dict and as text."""
    cases: list[tuple[Callable[[Any], object], dict[str, Any]]] = [
        (MLDSAPublicKey.from_jwk, PUBLIC),
        (MLDSAPrivateKey.from_jwk, PRIVATE),
    ]
    for load, jwk in cases:
        for form in (changed(jwk, **members), json.dumps(changed(jwk, **members))):
            with pytest.raises(error, match=message):
                load(form)


@pytest.mark.parametrize(
    ("priv", "error", "message"),
    [
        (PRIVATE["priv"] + "A", InvalidLengthError, "expected 32 bytes for ML-DSA-44, got 33"),
        (PRIVATE["priv"][:-1] + "9", InvalidKeyError, f"priv {NOT_BASE64URL}"),
        (PRIVATE["priv"][:-2], InvalidKeyError, f"priv {NOT_BASE64URL}"),
        (PRIVATE["priv"][:-3], InvalidLengthError, "expected 32 bytes for ML-DSA-44, got 30"),
        ("", InvalidLengthError, "expected 32 bytes for ML-DSA-44, got 0"),
        ("A" * 43, InvalidKeyError, "private key does not match its public key"),
        (32, InvalidKeyError, "priv of the JWK is not a string"),
        (None, InvalidKeyError, "expected a private JWK, got a public one"),
    ],
)
def test_bad_private_key_is_refused_without_a_byte_of_it(priv: object, error: type[PQCError], message: str) -> None:
    """The context of the error shows no byte either."""
    jwk = changed(PRIVATE, priv=priv)
    with pytest.raises(error, match=message) as refused:
        MLDSAPrivateKey.from_jwk(jwk)
    assert PRIVATE["priv"][:8] not in str(refused.value)
    assert refused.value.__context__ is None


def test_private_key_is_no_public_key() -> None:
    """A public key must not carry priv (RFC 9964, section 3)."""
    with pytest.raises(InvalidKeyError, match="expected a public JWK, got a private one"):
        MLDSAPublicKey.from_jwk(PRIVATE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"AKP"',
        json.dumps(PRIVATE)[:-1],
        json.dumps(PRIVATE) + "{}",
        json.dumps(PRIVATE)[:-1] + ', "kty": "AKP"}',
        json.dumps(PRIVATE).encode("utf-16"),
        b"\xff" + json.dumps(PRIVATE).encode(),
        "\ufeff" + json.dumps(PRIVATE),
        "[" * 60000,
    ],
)
def test_text_that_is_no_jwk_is_refused_and_dropped(text: str | bytes) -> None:
    """Python's errors would keep text that may be a private key."""
    for load in (MLDSAPrivateKey.from_jwk, MLDSAPublicKey.from_jwk):
        with pytest.raises(InvalidKeyError, match="JWK is not a JSON object in UTF-8") as refused:
            load(text)
        assert refused.value.__context__ is None


def test_text_beyond_the_bound_is_refused() -> None:
    """The error names both sizes."""
    with pytest.raises(InvalidKeyError, match=r"longer than 65536 characters: got 65537$"):
        MLDSAPublicKey.from_jwk(" " * 65537)


@pytest.mark.parametrize("stranger", [None, 5, [PUBLIC], KEY])
def test_what_is_neither_text_nor_mapping_is_a_type_error(stranger: Any) -> None:
    """Such an object is no key."""
    for load in (MLDSAPrivateKey.from_jwk, MLDSAPublicKey.from_jwk):
        with pytest.raises(TypeError, match="JWK must be bytes"):
            load(stranger)


def test_options_hold_for_what_is_loaded() -> None:
    """The notes of the buffers show the kind of memory."""
    loaded = MLDSAPrivateKey.from_jwk(PRIVATE, code_path="portable", locked_memory=True)
    assert loaded.seed()._locked
    for load, jwk in ((MLDSAPrivateKey.from_jwk, PRIVATE), (MLDSAPublicKey.from_jwk, PUBLIC)):
        with pytest.raises(UnsupportedError, match="unknown code path"):
            load(jwk, code_path="fast")


def test_package_imports_nothing_for_it() -> None:
    """Nor does it import for other formats: rarely used modules are imported at their first use."""
    code = "import sys, qynauth_pqc; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"json", "base64", "hashlib", "cbor2", "jwt", "joserfc", "cryptography"} & set(loaded)


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)
MEMBERS = st.dictionaries(
    st.sampled_from(["kty", "alg", "pub", "priv", "use", "key_ops", "kid"]) | st.text(max_size=4),
    VALUES | st.sampled_from([PRIVATE["pub"], PRIVATE["priv"], "AKP", *(sizes.name for sizes in MLDSA)]),
)


@PROFILE
@given(MEMBERS, st.booleans())
def test_no_members_raise_anything_outside_the_tree(members: dict[str, Any], whole: bool) -> None:  # noqa: FBT001
    """The members are near a key or arbitrary; a loaded key is encoded to the same key."""
    jwk = PRIVATE | members if whole else members
    for kind in (MLDSAPrivateKey, MLDSAPublicKey):
        for form in (jwk, json.dumps(jwk)):
            try:
                key = kind.from_jwk(form)
            except PQCError:
                continue
            assert key.to_jwk()["pub"] == jwk["pub"]


@PROFILE
@given(st.binary(max_size=80) | st.text(max_size=80))
def test_no_text_raises_anything_outside_the_tree(text: bytes | str) -> None:
    """The text is bytes or characters."""
    with pytest.raises(PQCError):
        MLDSAPrivateKey.from_jwk(text)
