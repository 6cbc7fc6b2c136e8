"""An envelope has the signed bytes of the specification, and a verification names the signers or the failed rule."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from dsse_fixtures import BOTH, COMPOSITE, ENVELOPE, KEYS, MLDSA, OTHER, PAYLOAD, SLHDSA, TYPE, members, url_safe
from elsewhere import Elsewhere

from qynauth_pqc import InvalidKeyError, InvalidSignatureError, MLDSAPublicKey, MLKEMPrivateKey, UnsupportedError
from qynauth_pqc.dsse import (
    DSSEVerificationError,
    Envelope,
    Rule,
    Scheme,
    Signature,
    VerifiedEnvelope,
    pae,
    sign,
    verify,
)
from qynauth_pqc.errors import FormatError

ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))


def check(envelope: bytes | Envelope = ENVELOPE, **changed: Any) -> VerifiedEnvelope:
    """Verify an envelope."""
    return verify(envelope, **{"payload_type": TYPE, "keys": [MLDSA.public_key], **changed})


def refused(envelope: bytes | Envelope = ENVELOPE, **changed: Any) -> DSSEVerificationError:
    """Return the error of a verification."""
    with pytest.raises(DSSEVerificationError) as caught:
        check(envelope, **changed)
    return caught.value


def with_signature(raw: bytes) -> Envelope:
    """Return an envelope with one signature."""
    return Envelope(PAYLOAD, TYPE, [Signature(raw)])


def test_encoding_is_that_of_the_specification() -> None:
    """It reproduces the test vector, and counts bytes where the type is not in ASCII."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected
    assert pae("\u00e9", b"") == b"DSSEv1 2 \xc3\xa9 0 "


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_each_family_signs_the_encoding(key: Any) -> None:
    """The signature is the plain one of the algorithm, and verifies only with this key."""
    envelope = sign(PAYLOAD, TYPE, [key])
    assert check(envelope, keys=[key.public_key]).keys == (key.public_key,)
    [signature] = Envelope.parse(envelope).signatures
    key.public_key.verify(pae(TYPE, PAYLOAD), signature.raw)
    assert signature.keyid == key.public_key.fingerprint()
    other = next(each for each in KEYS if each is not key)
    assert refused(envelope, keys=[other.public_key]).rule is Rule.KEY


@pytest.mark.parametrize("scheme", Scheme)
def test_signer_may_be_elsewhere(scheme: Scheme) -> None:
    """It receives what its scheme signs; a signature of another key is refused."""
    signer = Elsewhere("ML-DSA-44")
    envelope = sign(PAYLOAD, TYPE, [signer], scheme=scheme)
    assert check(envelope, keys=[signer.public_key], scheme=scheme).keys == (signer.public_key,)
    assert signer.received == [scheme.message("ML-DSA-44", pae(TYPE, PAYLOAD))]
    signer.public_key = MLDSA.public_key
    with pytest.raises(InvalidSignatureError):
        sign(PAYLOAD, TYPE, [signer], scheme=scheme)


def test_openssl_verifies_the_encoding() -> None:
    """It is another implementation of ML-DSA; base64 and JSON are Python's."""
    [row] = members()["signatures"]
    key = mldsa.MLDSA44PublicKey.from_public_bytes(MLDSA.public_key.public_bytes())
    key.verify(Envelope.parse(ENVELOPE).signatures[0].raw, pae(TYPE, PAYLOAD))
    theirs = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(32)).sign(pae(TYPE, PAYLOAD))
    assert check(with_signature(theirs)).keys == (MLDSA.public_key,)
    assert list(row) == ["keyid", "sig"]


@pytest.mark.parametrize("envelope", [ENVELOPE, BOTH])
def test_both_alphabets_and_any_layout_are_read(envelope: bytes) -> None:
    """Base64 is standard or URL-safe; JSON has any layout, order and other members."""
    found = members(envelope)
    turned = dict([*found.items()][::-1]) | {"critical": {"x": [1]}}
    for each in turned["signatures"]:
        each["cert"] = None
    assert check(url_safe(envelope)).payload == PAYLOAD
    assert check(json.dumps(turned, indent=2).encode()).payload == PAYLOAD
    assert check(bytearray(envelope)).payload == PAYLOAD  # type: ignore[arg-type]


def test_threshold_counts_keys_and_neither_signatures_nor_names() -> None:
    """A key counts once, even with several signatures, names or copies."""
    again = MLDSAPublicKey.from_public_bytes(MLDSA.public_key.public_bytes(), "ML-DSA-44", precompute=False)
    many = Envelope(PAYLOAD, TYPE).sign(MLDSA, keyid="one").sign(MLDSA, keyid="two").sign(MLDSA, keyid="")
    keys = [MLDSA.public_key, again, OTHER.public_key]
    error = refused(many, keys=keys, threshold=2)
    assert (error.rule, str(error)) == (Rule.THRESHOLD, "expected 2 different trusted keys, 1 signed")
    assert check(many.sign(OTHER, keyid="one"), keys=keys, threshold=2).keys == (MLDSA.public_key, OTHER.public_key)
    with pytest.raises(UnsupportedError, match="must be 1 to 2, the number of different keys; got 3"):
        check(BOTH, keys=keys, threshold=3)
    for threshold in (0, -1):
        with pytest.raises(UnsupportedError, match="threshold"):
            check(threshold=threshold)
    with pytest.raises(TypeError):
        check(threshold=True)


def test_names_of_keys_decide_nothing() -> None:
    """A signature counts under the name of another key, and a trusted name makes none valid."""
    wrong = Envelope(PAYLOAD, TYPE).sign(MLDSA, keyid=OTHER.public_key.fingerprint())
    assert check(wrong, keys=[OTHER.public_key, MLDSA.public_key]).keys == (MLDSA.public_key,)
    forged = Envelope(PAYLOAD, TYPE).sign(OTHER, keyid=MLDSA.public_key.fingerprint())
    assert refused(forged).rule is Rule.KEY
    assert check(BOTH, keys=[OTHER.public_key]).keys == (OTHER.public_key,)


def test_rules_are_checked_in_their_order() -> None:
    """The type is checked first, then the keys; the errors are invalid signatures too."""
    error = refused(keys=[OTHER.public_key], payload_type="application/other")
    assert (error.rule, str(error)) == (
        Rule.PAYLOAD_TYPE,
        f"payload is of the type {TYPE!r}, not 'application/other'",
    )
    error = refused(keys=[OTHER.public_key])
    assert (error.rule, str(error)) == (Rule.KEY, "none of the 1 signatures is valid for a trusted key")
    assert isinstance(error, InvalidSignatureError)
    assert refused(Envelope(PAYLOAD, TYPE)).rule is Rule.KEY


@pytest.mark.parametrize(
    "changed",
    [
        Envelope(PAYLOAD + b" ", TYPE, Envelope.parse(ENVELOPE).signatures),
        Envelope(b"", TYPE, Envelope.parse(ENVELOPE).signatures),
        with_signature(Envelope.parse(ENVELOPE).signatures[0].raw + b"\0"),
        with_signature(b""),
        with_signature(MLDSA.sign(PAYLOAD)),
        with_signature(MLDSA.sign(pae(TYPE, PAYLOAD), context=b"x")),
        with_signature(MLDSA.sign(pae(TYPE, PAYLOAD), prehash="SHA-512")),
    ],
)
def test_other_contents_and_signatures_are_refused(changed: Envelope) -> None:
    """The payload is changed, or the signature is of the bare payload, has a context, or is of a digest."""
    assert refused(changed).rule is Rule.KEY


@pytest.mark.parametrize("key", [MLDSA, OTHER], ids=lambda key: key.algorithm)
def test_schemes_never_accept_each_other(key: Any) -> None:
    """The scheme of securesystemslib signs another message, which contains its name."""
    for made in Scheme:
        envelope = sign(PAYLOAD, TYPE, [key], scheme=made)
        for expected in Scheme:
            if made is expected:
                assert check(envelope, keys=[key.public_key], scheme=expected.value).payload == PAYLOAD
            else:
                assert refused(envelope, keys=[key.public_key], scheme=expected).rule is Rule.KEY
    with pytest.raises(UnsupportedError, match="expected pae or securesystemslib"):
        check(scheme="tuf")


@pytest.mark.parametrize("key", [COMPOSITE, SLHDSA], ids=lambda key: key.algorithm)
def test_securesystemslib_has_keys_of_mldsa_alone(key: Any) -> None:
    """Others are refused by name."""
    with pytest.raises(UnsupportedError, match=f"has no keys of {key.algorithm}"):
        sign(PAYLOAD, TYPE, [key], scheme=Scheme.SECURESYSTEMSLIB)
    with pytest.raises(UnsupportedError, match=f"has no keys of {key.algorithm}"):
        check(keys=[key.public_key], scheme=Scheme.SECURESYSTEMSLIB)


@pytest.mark.parametrize("scheme", Scheme)
def test_classical_keys_verify(scheme: Scheme) -> None:
    """Ed25519 and ECDSA verify next to ML-DSA, with the same bytes in both schemes."""
    curves = {ec.SECP256R1(): hashes.SHA256(), ec.SECP384R1(): hashes.SHA384(), ec.SECP521R1(): hashes.SHA512()}
    signers = [(ec.generate_private_key(curve), digest) for curve, digest in curves.items()]
    message = pae(TYPE, PAYLOAD)
    signatures = [Signature(key.sign(message, ec.ECDSA(digest))) for key, digest in signers]
    envelope = Envelope(PAYLOAD, TYPE, [*signatures, Signature(ED25519.sign(message))]).sign(MLDSA, scheme=scheme)
    keys = [ED25519.public_key(), *(key.public_key() for key, _ in signers), MLDSA.public_key]
    assert len(check(envelope, keys=keys + keys, threshold=5, scheme=scheme).keys) == 5
    assert refused(ENVELOPE, keys=keys[:-1], scheme=scheme).rule is Rule.KEY
    weak = Envelope(PAYLOAD, TYPE, [Signature(signers[1][0].sign(message, ec.ECDSA(hashes.SHA256())))])
    assert refused(weak, keys=keys).rule is Rule.KEY


def test_other_classical_keys_are_refused_by_name() -> None:
    """RSA, other curves, keys for which anyone can sign, and other objects are refused."""
    with pytest.raises(UnsupportedError, match="padding"):
        check(keys=[rsa.generate_private_key(65537, 2048).public_key()])
    with pytest.raises(UnsupportedError, match="secp256k1"):
        check(keys=[ec.generate_private_key(ec.SECP256K1()).public_key()])
    with pytest.raises(InvalidKeyError, match="low order"):
        check(keys=[ed25519.Ed25519PublicKey.from_public_bytes(bytes(32))])
    for wrong in (MLDSA, MLKEMPrivateKey.generate().public_key, ED25519, b"key", None):
        with pytest.raises(TypeError, match="a key must be a public key for signatures"):
            check(keys=[wrong])


def test_others_add_their_signatures() -> None:
    """An envelope passes from signer to signer, and its earlier parts do not change."""
    first = Envelope.parse(sign(PAYLOAD, TYPE, [MLDSA]))
    second = Envelope.parse(first.sign(COMPOSITE, keyid="frodo").to_bytes())
    assert second.signatures[0] == first.signatures[0]
    assert [each.keyid for each in second.signatures] == [MLDSA.public_key.fingerprint(), "frodo"]
    assert len(check(second, keys=[COMPOSITE.public_key, MLDSA.public_key], threshold=2).keys) == 2


def test_import_loads_what_it_uses() -> None:
    """It loads no classical cryptography, hash functions, securesystemslib or statements."""
    names = ["cryptography", "hashlib", "_hashlib", "securesystemslib", "qynauth_pqc.dsse.statements", "typing"]
    program = "import qynauth_pqc, sys; before = set(sys.modules); from qynauth_pqc.dsse import verify\n"
    program += f"print([each for each in {names} if each in set(sys.modules) - before])\n"
    program += "import qynauth_pqc.dsse; print([each for each in sys.modules if each.startswith('qynauth_pqc.dsse.')])"
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    loaded, own = map(str.strip, done.stdout.splitlines())
    assert loaded == "[]"
    assert "qynauth_pqc.dsse.envelope" in own


def test_wrong_arguments_are_refused() -> None:
    """No signers, a signer that is none, an empty type, and wrong types of keys are refused."""
    with pytest.raises(FormatError, match="expected at least one signer"):
        sign(PAYLOAD, TYPE, [])
    for wrong in (MLDSA.public_key, None, MLKEMPrivateKey.generate()):
        with pytest.raises(TypeError, match="signer must be"):
            sign(PAYLOAD, TYPE, [wrong])  # type: ignore[list-item]
    for kind in ("", "a\nb"):
        with pytest.raises(FormatError, match="expected printable text"):
            sign(PAYLOAD, kind, [MLDSA])
        with pytest.raises(FormatError, match="expected printable text"):
            check(payload_type=kind)
    with pytest.raises(TypeError, match="keys"):
        check(keys=MLDSA.public_key)
    with pytest.raises(UnsupportedError, match="threshold must be 1 to 0"):
        check(keys=[])


def test_what_is_shown_has_no_contents() -> None:
    """Only sizes and types are shown."""
    parsed = Envelope.parse(BOTH)
    assert repr(parsed) == f"<Envelope: {TYPE!r}, 18 bytes, 2 signatures>"
    assert repr(parsed.signatures[0]) == "<Signature: 2420 bytes>"
    assert repr(check()) == f"<VerifiedEnvelope: {TYPE!r}, 18 bytes, 1 key>"
    assert len({*parsed.signatures, *Envelope.parse(BOTH).signatures}) == 2
