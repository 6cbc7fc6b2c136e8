"""Signed messages of CMS: attached and detached, with each family, several signers, and the report of verification."""

from __future__ import annotations

import gzip
import io
import json
import os
from base64 import b64decode
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cms_fixtures import ANYBODY, CONTENT, KEY, MESSAGE, NOW, PUBLIC, SIGNER, certificate, private_key
from conftest import COMPOSITE, MLDSA, SLHDSA, private_class
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding
from elsewhere import Elsewhere

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    InvalidKeyError,
    InvalidLengthError,
    InvalidSignatureError,
    SLHDSAPrivateKey,
    UnsupportedError,
)
from qynauth_pqc.cms import CMSSigner, CMSVerificationError, Rule, TrustAnchors, add_signer, sign, verify
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._algorithms import PROTECTIONS
from qynauth_pqc.integrations.x509 import public_key

FILES = Path(__file__).parent / "files"
ALL = ["SHA-512", "SHA-384", "SHA-256", "SHA3-512", "SHA3-384", "SHA3-256", "SHAKE256", "SHAKE128"]
STRONG, STRONGEST = ["SHA-512", "SHA-384", "SHA3-512", "SHA3-384", "SHAKE256"], ["SHA-512", "SHA3-512", "SHAKE256"]


def example(path: Path) -> bytes:
    """Return a message that is in PEM."""
    return b64decode("".join(path.read_text().splitlines()[1:-1]))


@pytest.mark.parametrize("name", [each.name for each in MLDSA])
def test_examples_of_rfc_9882_are_valid(vectors: Path, name: str) -> None:
    """They verify with the certificates of RFC 9881, pinned or as anchors, and with the key alone."""
    authority = x509.load_pem_x509_certificate((vectors / "rfc9881" / f"{name}.crt").read_bytes())
    for signers, who in ((authority, {}), (TrustAnchors([authority]), ANYBODY), (public_key(authority), {})):
        found = verify(example(FILES / f"{name}.pem"), signers=signers, **who)  # type: ignore[arg-type]
        assert found.content == f"{name} signed-data example with signed attributes".encode()
        assert found.signers[0].public_key.parameter_set == name
        assert found.signers[0].digest == "SHA-512"


def test_example_of_the_draft_of_composites_is_valid(vectors: Path) -> None:
    """It verifies with the certificate of the other draft."""
    name = "MLDSA65-ECDSA-P256-SHA512"
    tests = json.loads(gzip.decompress((vectors / "composite" / "testvectors.json.gz").read_bytes()))["tests"]
    [encoded] = [b64decode(each["x5c"]) for each in tests if each["tcId"] == f"id-{name}"]
    found = verify(example(FILES / f"{name}.pem"), signers=x509.load_der_x509_certificate(encoded))
    assert found.signers[0].public_key.parameter_set == name


@pytest.mark.parametrize(
    "name", [each.name for each in MLDSA + COMPOSITE] + ["SLH-DSA-SHA2-128f", "SLH-DSA-SHAKE-128f"]
)
def test_message_is_valid(name: str) -> None:
    """The message is attached, with a key of each family."""
    key = private_class(name).generate(name)
    found = verify(sign(CONTENT, CMSSigner(key)), signers=key.public_key)
    [signer] = found.signers
    assert (found.content, found.content_type) == (CONTENT, "1.2.840.113549.1.7.1")
    assert (signer.public_key, signer.certificate, signer.path) == (key.public_key, None, ())
    assert abs(signer.signing_time - datetime.now(UTC)) < timedelta(minutes=5)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ML-DSA-44", ALL), ("ML-DSA-65", STRONG), ("ML-DSA-87", STRONGEST)]
    + [(each.name, [f"SHA-{each.name[-3:]}"]) for each in COMPOSITE]
    + [(each.name, {"1": ALL, "2": STRONGEST}[each.name[-4]]) for each in SLHDSA if "192" not in each.name]
    + [(each.name, STRONG) for each in SLHDSA if "192" in each.name],
)
def test_digests_are_those_of_the_standards(name: str, expected: list[str]) -> None:
    """The default comes first: SHA-512 unless a composite has another."""
    assert list(PROTECTIONS[name]) == expected


@pytest.mark.parametrize("digest", ALL)
def test_digest_is_chosen(digest: str) -> None:
    """SHAKE128 and SHAKE256 have 32 and 64 bytes (RFC 8702, 3.1)."""
    found = verify(sign(CONTENT, CMSSigner(KEY, digest=digest)), signers=PUBLIC)
    assert found.signers[0].digest == digest


def test_weak_digest_is_refused_when_signing() -> None:
    """An unknown digest is refused too, and so is any digest but the composite's own."""
    for key, digest in [(private_key(0, "ML-DSA-87"), "SHA-384"), (KEY, "SHA-224"), (KEY, "MD5")]:
        with pytest.raises(UnsupportedError, match="expected one of the digests"):
            CMSSigner(key, digest=digest)
    with pytest.raises(UnsupportedError, match="SHA-256 for MLDSA44-ECDSA-P256-SHA256"):
        CMSSigner(CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256"), digest="SHA-512")


@pytest.mark.parametrize("time", [NOW, NOW.astimezone(timezone(timedelta(hours=5))), NOW.replace(year=2050)])
def test_signing_time_is_reported(time: datetime) -> None:
    """The time may be in any time zone; from 2050 on it has the other form."""
    assert verify(sign(CONTENT, SIGNER, signing_time=time), signers=PUBLIC).signers[0].signing_time == time


def test_detached_content_is_passed() -> None:
    """It is in memory, or in a file that is read to its end."""
    made = sign(io.BytesIO(CONTENT), SIGNER, detached=True)
    assert CONTENT not in made
    for content in (CONTENT, bytearray(CONTENT), io.BytesIO(CONTENT)):
        found = verify(made, content, signers=PUBLIC)
        assert (found.content, len(found.signers)) == (None, 1)
    with pytest.raises(CMSVerificationError) as caught:
        verify(made, CONTENT + b"\n", signers=PUBLIC)
    assert caught.value.rule == Rule.MESSAGE_DIGEST


class _Endless:
    """A file of zeros that counts how many bytes are read at once."""

    def __init__(self, size: int) -> None:
        self.left, self.most = size, 0

    def readinto(self, memory: bytearray) -> int:
        """Read zeros, without writing them."""
        count = min(self.left, len(memory))
        self.left, self.most = self.left - count, max(self.most, count)
        return count


def test_detached_file_is_read_in_constant_memory() -> None:
    """It is read by chunks, once for all digests."""
    signers = [CMSSigner(KEY, digest="SHA-256"), CMSSigner(private_key(1), digest="SHAKE128")]
    made, file = sign(bytes(5 << 20), signers, detached=True), _Endless(5 << 20)
    verify(made, file, signers=[KEY.public_key, private_key(1).public_key])  # type: ignore[arg-type]
    assert (file.left, file.most) == (0, 1 << 20)


def test_file_that_has_no_bytes_yet_is_an_error() -> None:
    """The digest would be of a part of the content."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb", buffering=0) as file, os.fdopen(writing, "wb"), pytest.raises(BlockingIOError):
        sign(file, SIGNER, detached=True)


def test_several_signers_are_reported() -> None:
    """They are of several families; the message has two versions of the syntax."""
    keys = [KEY, CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512"), SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")]
    leaf = certificate(KEY)
    made = sign(CONTENT, [CMSSigner(KEY, leaf), *map(CMSSigner, keys[1:])])
    found = verify(made, signers=[leaf, *(each.public_key for each in keys[1:])])
    assert {each.public_key for each in found.signers} == {each.public_key for each in keys}
    with pytest.raises(CMSVerificationError) as caught:
        verify(made, signers=leaf)
    assert caught.value.rule == Rule.KEY


def test_any_signer_is_enough_on_request() -> None:
    """The others are reported with their errors."""
    made = sign(CONTENT, [SIGNER, CMSSigner(private_key(0, "ML-DSA-65"))])
    found = verify(made, signers=PUBLIC, any_signer=True)
    assert [each.public_key for each in found.signers] == [PUBLIC]
    [error] = found.refused
    assert isinstance(error, CMSVerificationError)
    assert (error.rule, error.signer) == (Rule.KEY, 1)
    with pytest.raises(CMSVerificationError, match="signer 0: signature is not valid"):
        verify(made, signers=private_key(1).public_key, any_signer=True)


@pytest.mark.parametrize("detached", [False, True])
def test_signer_is_added(*, detached: bool) -> None:
    """The others stay, and a certificate too."""
    leaf, other = certificate(KEY), certificate(private_key(1), name="other")
    made = sign(CONTENT, CMSSigner(KEY, leaf), detached=detached)
    content = CONTENT if detached else None
    more = add_signer(made, CMSSigner(private_key(1), other), content)
    assert len(verify(more, content, signers=[leaf, other]).signers) == 2
    assert len(syntax.parse(more).certificates.as_list()) == 2  # type: ignore[union-attr]


def test_content_of_another_type_is_expected_by_name() -> None:
    """The type is signed."""
    made = sign(CONTENT, SIGNER, content_type="1.2.3.4")
    assert verify(made, signers=PUBLIC, content_type="1.2.3.4").content_type == "1.2.3.4"
    with pytest.raises(CMSVerificationError, match=r"has the type 1\.2\.3\.4, not") as caught:
        verify(made, signers=PUBLIC)
    assert caught.value.rule == Rule.CONTENT_TYPE


@pytest.mark.parametrize("detached", [False, True])
def test_content_itself_is_signed_on_request(*, detached: bool) -> None:
    """It is accepted on request only."""
    made = sign(CONTENT, SIGNER, detached=detached, signed_attributes=False)
    content = CONTENT if detached else None
    found = verify(made, content, signers=PUBLIC, signed_attributes=False)
    assert (found.signers[0].digest, found.signers[0].signing_time) == (None, None)
    with pytest.raises(CMSVerificationError) as caught:
        verify(made, content, signers=PUBLIC)
    assert caught.value.rule == Rule.ATTRIBUTES


def test_digest_is_ignored_without_attributes() -> None:
    """SHA-512 is written, and any is read (RFC 9882, 3.3)."""

    def change(signed: syntax.SignedData) -> None:
        [info] = signed.signer_infos.as_list()
        assert info.digest_algorithm.data == syntax.algorithm("2.16.840.1.101.3.4.2.3").data
        info.digest_algorithm = syntax.algorithm("1.2.3")
        signed.signer_infos = asn1.SetOf([info])

    outer = asn1.decode_der(syntax.ContentInfo, sign(CONTENT, SIGNER, signed_attributes=False))
    change(outer.content)
    assert verify(asn1.encode_der(outer), signers=PUBLIC, signed_attributes=False).signers


def test_signer_may_be_elsewhere() -> None:
    """It receives the attributes, and not the content; a signature of another key is refused."""
    signer = Elsewhere("ML-DSA-65")
    found = verify(sign(CONTENT, CMSSigner(signer)), signers=signer.public_key)
    assert found.signers[0].public_key == signer.public_key
    assert [CONTENT in each for each in signer.received] == [False]
    signer.public_key = Elsewhere("ML-DSA-65").public_key
    with pytest.raises(InvalidSignatureError):
        sign(CONTENT, CMSSigner(signer))


def test_certificates_are_inside_once() -> None:
    """They are the certificates of the signers, and those that the caller adds."""
    leaf, authority = certificate(KEY), certificate(private_key(9), name="root", ca=True)
    made = sign(CONTENT, CMSSigner(KEY, leaf), certificates=[authority, leaf])
    inside = syntax.parse(made).certificates
    assert {asn1.encode_der(each) for each in inside.as_list()} == {  # type: ignore[union-attr]
        each.public_bytes(Encoding.DER) for each in (leaf, authority)
    }


def test_arguments_are_checked() -> None:
    """Each wrong argument has its error."""
    with pytest.raises(InvalidKeyError, match="certificate is for another key"):
        CMSSigner(KEY, certificate(private_key(1)))
    with pytest.raises(InvalidKeyError, match="the same key"):
        sign(CONTENT, [SIGNER, SIGNER])
    with pytest.raises(InvalidLengthError, match="at least one signer"):
        sign(CONTENT, [])
    with pytest.raises(TypeError, match="time zone"):
        sign(CONTENT, SIGNER, signing_time=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(TypeError, match="time zone"):
        verify(MESSAGE, signers=PUBLIC, when=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(InvalidLengthError, match="at least one trusted"):
        verify(MESSAGE, signers=[])
    for wrong in (None, KEY, b"key", [TrustAnchors([certificate(KEY)])]):
        with pytest.raises(TypeError, match="signers must be"):
            verify(MESSAGE, signers=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="may be a file only if"):
        sign(io.BytesIO(CONTENT), SIGNER)
    with private_key(2) as closed:
        signer = CMSSigner(closed)
    with pytest.raises(ClosedError):
        sign(CONTENT, signer)


def test_representations_show_who() -> None:
    """They do not show the content."""
    leaf = certificate(KEY)
    found = verify(sign(CONTENT, CMSSigner(KEY, leaf)), signers=leaf)
    assert repr(found) == "<VerifiedMessage: <VerifiedSigner: ML-DSA-44, CN=leaf>>"
    assert repr(TrustAnchors([leaf])) == "<TrustAnchors: 1>"
