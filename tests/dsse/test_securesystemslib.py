"""The classes of securesystemslib verify signatures of this library, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import (
    KEY_FOR_TYPE_AND_SCHEME,
    SIGNER_FOR_URI_SCHEME,
    CryptoSigner,
    Key,
    Signature,
    Signer,
    SSlibKey,
)

from qynauth_pqc import InvalidKeyError, MLDSAPrivateKey, PasswordError, SLHDSAPrivateKey, UnsupportedError
from qynauth_pqc.dsse import DSSEVerificationError, Envelope, Scheme, pae, sign, verify
from qynauth_pqc.dsse.securesystemslib import MLDSAKey, MLDSASigner, register, unregister

TYPE, PAYLOAD = "application/vnd.example+json", b"{}"
KEYS = [MLDSAPrivateKey.from_seed(bytes(32), name) for name in ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")]
KEY = KEYS[1]
each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)


@pytest.fixture(autouse=True)
def unregistered() -> Iterator[None]:
    """Restore securesystemslib after any test."""
    yield
    unregister()
    assert all(kind is SSlibKey for (name, _), kind in KEY_FOR_TYPE_AND_SCHEME.items() if name == "ml-dsa")
    assert MLDSASigner.URI_SCHEME not in SIGNER_FOR_URI_SCHEME


def theirs(key: MLDSAPrivateKey) -> SSlibKey:
    """Return the public key in the class of securesystemslib, which verifies by OpenSSL."""
    return SSlibKey.from_crypto(key.public_key.to_cryptography())


@each_key
def test_keys_and_signatures_are_those_of_securesystemslib(key: MLDSAPrivateKey) -> None:
    """Metadata and names are the same; each side verifies signatures of the other."""
    ours = MLDSAKey.from_public_key(key.public_key)
    assert (ours.keyid, ours.to_dict()) == (theirs(key).keyid, theirs(key).to_dict())
    assert MLDSAKey.from_dict(ours.keyid, theirs(key).to_dict()) == ours
    made = MLDSASigner(key).sign(b"metadata")
    theirs(key).verify_signature(made, b"metadata")
    ours.verify_signature(CryptoSigner(key.to_cryptography()).sign(b"metadata"), b"metadata")
    for refusing in (ours, theirs(key)):
        with pytest.raises(UnverifiedSignatureError):
            refusing.verify_signature(made, b"other metadata")
        with pytest.raises(UnverifiedSignatureError):  # a plain signature
            refusing.verify_signature(Signature(ours.keyid, key.sign(b"metadata").hex()), b"metadata")


@pytest.mark.parametrize(
    ("keyid", "digits"), [("other", ""), ("", "0g"), ("", "0"), ("", " 00"), ("", None), ("", "00" * 3309 + "\n")]
)
def test_what_is_no_signature_is_refused(keyid: str, digits: Any) -> None:
    """It has another keyid, or is not in hexadecimal digits."""
    ours = MLDSAKey.from_public_key(KEY.public_key)
    with pytest.raises(VerificationError, match="expected a signature"):
        ours.verify_signature(Signature(keyid or ours.keyid, digits), b"metadata")


@each_key
def test_envelopes_are_those_of_securesystemslib(key: MLDSAPrivateKey) -> None:
    """They verify both ways in its scheme; neither scheme accepts envelopes of the other."""
    envelope = TheirEnvelope(PAYLOAD, TYPE, {})
    envelope.sign(CryptoSigner(key.to_cryptography()))
    made = json.dumps(envelope.to_dict()).encode()
    arguments: dict[str, Any] = {"payload_type": TYPE, "keys": [key.public_key]}
    assert verify(made, scheme="securesystemslib", **arguments).payload == PAYLOAD
    with pytest.raises(DSSEVerificationError):
        verify(made, **arguments)
    ours = sign(PAYLOAD, TYPE, [key], scheme=Scheme.SECURESYSTEMSLIB)
    found = TheirEnvelope.from_dict(json.loads(ours))
    assert found.pae() == pae(TYPE, PAYLOAD)
    plain = TheirEnvelope.from_dict(json.loads(Envelope(PAYLOAD, TYPE).sign(key, keyid=theirs(key).keyid).to_bytes()))
    for public in (theirs(key), MLDSAKey.from_public_key(key.public_key)):
        assert found.verify([public], 1)
        with pytest.raises(VerificationError):
            plain.verify([public], 1)


def test_envelope_of_old_and_new_keys_needs_both() -> None:
    """Ed25519 and ML-DSA sign, with a threshold of two on both sides."""
    classical = Ed25519PrivateKey.generate()
    envelope = TheirEnvelope(PAYLOAD, TYPE, {})
    envelope.sign(CryptoSigner(classical))
    envelope.sign(MLDSASigner(KEY))
    made = json.dumps(envelope.to_dict()).encode()
    keys: list[Any] = [classical.public_key(), KEY.public_key]
    assert verify(made, payload_type=TYPE, keys=keys, threshold=2, scheme="securesystemslib").payload == PAYLOAD


def test_registered_keys_and_signers_are_ours(tmp_path: Path) -> None:
    """They come from metadata and from URIs; a second call changes nothing."""
    before = theirs(KEY).to_dict()
    assert type(Key.from_dict("frodo", dict(before))) is SSlibKey
    register()
    register()
    public = Key.from_dict("frodo", dict(before))
    assert type(public) is MLDSAKey
    KEY.save(tmp_path / "plain.pem")
    KEY.save(tmp_path / "encrypted.pem", b"correct horse")
    uris = {f"qynauth-pqc:{tmp_path}/plain.pem": None, f"qynauth-pqc:encrypted:{tmp_path}/encrypted.pem": password}
    for uri, handler in uris.items():
        made = Signer.from_priv_key_uri(uri, public, handler)
        assert made.public_key is public
        theirs_again = SSlibKey.from_dict("frodo", dict(before))
        theirs_again.verify_signature(made.sign(b"metadata"), b"metadata")


def password(name: str) -> str:
    """Return the password that securesystemslib asks for."""
    return "correct horse" if name == "passphrase" else ""


def test_wrong_uris_and_keys_are_refused(tmp_path: Path) -> None:
    """Another scheme, a missing password, another owner's key and another algorithm are refused."""
    public, take = MLDSAKey.from_public_key(KEY.public_key), MLDSASigner.from_priv_key_uri
    KEY.save(tmp_path / "encrypted.pem", b"correct horse")
    KEYS[0].save(tmp_path / "other.pem")
    for uri in ("file:key.pem", "qynauth-pqc", ""):
        with pytest.raises(ValueError, match="scheme qynauth-pqc"):
            take(uri, public)
    with pytest.raises(ValueError, match="handler"):
        take(f"qynauth-pqc:encrypted:{tmp_path}/encrypted.pem", public)
    with pytest.raises(PasswordError):
        take(f"qynauth-pqc:{tmp_path}/encrypted.pem", public)
    with pytest.raises(ValueError, match="do not match"):
        take(f"qynauth-pqc:{tmp_path}/other.pem", public)
    for key in (SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f"), SimpleNamespace(public_key=KEY.public_key)):
        with pytest.raises(TypeError, match="signer with an ML-DSA key"):
            MLDSASigner(key)


@pytest.mark.parametrize(
    "change",
    [
        {"keytype": "rsa"},
        {"scheme": "ml-dsa-44/1"},
        {"scheme": "ml-dsa-65/2"},
        {"keyval": {}},
        {"keyval": {"public": "x"}},
        {"keyval": {"public": Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()}},
    ],
)
def test_metadata_of_another_key_is_refused(change: dict[str, Any]) -> None:
    """The error is a ValueError, as in securesystemslib."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - three kinds of it
        MLDSAKey.from_dict("frodo", theirs(KEY).to_dict() | change)
    assert type(caught.value) in (ValueError, InvalidKeyError)


def test_class_of_others_is_not_replaced() -> None:
    """The error names it."""
    name = ("ml-dsa", "ml-dsa-87/1")

    class Other(SSlibKey):
        """A third class."""

    try:
        KEY_FOR_TYPE_AND_SCHEME[name] = Other
        with pytest.raises(UnsupportedError, match="Other"):
            register()
        unregister()
        assert KEY_FOR_TYPE_AND_SCHEME[name] is Other
    finally:
        KEY_FOR_TYPE_AND_SCHEME[name] = SSlibKey
