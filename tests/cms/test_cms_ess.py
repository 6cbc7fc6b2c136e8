"""The signed hash of the signer's certificate (RFC 5035) is written, and must be that of the certificate in use."""

from __future__ import annotations

from typing import Any

import pytest
from cms_fixtures import (
    ANYBODY,
    CONTENT,
    KEY,
    NOW,
    PUBLIC,
    certificate,
    message,
    private_key,
    values,
)
from cms_readers import LEAF, ROOT, ROOT_KEY
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import CompositePrivateKey
from qynauth_pqc.cms import CMSSigner, CMSVerificationError, Rule, TrustAnchors, sign, verify
from qynauth_pqc.cms import _signer_info as rules
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._algorithms import DIGESTS, PROTECTIONS
from qynauth_pqc.errors import FormatError

TRUST: dict[str, Any] = {"signers": TrustAnchors([ROOT]), "when": NOW, **ANYBODY}
RENEWED = certificate(KEY, ROOT_KEY, issuer_name="root", number=8)


def identifier(digest: str = "SHA-512", named: Any = LEAF, number: int | None = None, **changes: Any) -> bytes:
    """Return a value of the attribute with this hash."""
    algorithm = syntax.DigestAlgorithm(algorithm=syntax.OID(DIGESTS[digest]), **changes)
    issuer = asn1.decode_der(asn1.TLV, named.issuer.public_bytes())
    serial = syntax.IssuerSerial(issuer=syntax.DirectoryName(name=issuer), serial_number=number or 0)
    found = syntax.CertificateID(
        hash_algorithm=None if digest == "SHA-256" else algorithm,
        certificate_hash=rules.hash_of(named, digest),
        issuer_serial=None if number is None else serial,
    )
    return asn1.encode_der(syntax.SigningCertificate(certificates=[found], policies=None))


def attributes_of(info: Any) -> dict[Any, Any]:
    """Return the signed attributes by their types."""
    return {each.type: each for each in (each.parse(syntax.Attribute) for each in info.signed_attributes.as_list())}


def signed(value: bytes, *, inside: Any = LEAF) -> bytes:
    """Return a message with a certificate and this value of the attribute."""
    made = syntax.parse(message(values() | {syntax.SIGNING_CERTIFICATE: [value]}))
    certificates = [each.public_bytes(Encoding.DER) for each in (inside, RENEWED)]
    return syntax.message(made.signer_infos.as_list(), made.encapsulated, certificates)


def refusal(encoded: bytes, **options: Any) -> CMSVerificationError:
    """Return the error with which a message is not accepted."""
    with pytest.raises(CMSVerificationError) as caught:
        verify(encoded, **(options or TRUST))
    return caught.value


@pytest.mark.parametrize("digest", ["SHA-512", "SHA-256", "SHAKE256"])
def test_hash_of_the_certificate_is_written(digest: str) -> None:
    """It is of the digest of the signer; SHA-256 is not named."""
    made = sign(CONTENT, CMSSigner(KEY, LEAF, digest=digest), signing_time=NOW)
    [info] = syntax.parse(made).signer_infos.as_list()
    [value] = attributes_of(info)[syntax.SIGNING_CERTIFICATE].values.as_list()
    assert asn1.encode_der(value) == identifier(digest)
    for options in (TRUST, {"signers": LEAF}, {"signers": PUBLIC}):
        assert verify(made, **options).signers[0].signing_time == NOW


def test_signer_without_certificate_names_none() -> None:
    """Verifiers know the key."""
    [info] = syntax.parse(sign(CONTENT, CMSSigner(KEY))).signer_infos.as_list()
    assert syntax.SIGNING_CERTIFICATE not in attributes_of(info)


def test_composite_names_its_certificate() -> None:
    """Its digest is that of its pre-hash."""
    key = CompositePrivateKey.generate("MLDSA44-ECDSA-P256-SHA256")
    own = certificate(key, ROOT_KEY, issuer_name="root")
    assert verify(sign(CONTENT, CMSSigner(key, own)), **TRUST).signers[0].certificate == own


@pytest.mark.parametrize(
    "value",
    [
        identifier(),
        identifier("SHA-256"),
        identifier("SHA3-256", number=7),
        identifier(parameters=asn1.Null()),
    ],
)
def test_other_makers_name_the_certificate_too(value: bytes) -> None:
    """Some write NULL after the hash, and the issuer with the number."""
    assert verify(signed(value), **TRUST).signers[0].certificate == LEAF


def test_hash_of_another_function_is_read_as_such() -> None:
    """With SHA3-512, the attributes are as long as this library's own with SHA-512."""
    attributes = values() | {
        syntax.ALGORITHM_PROTECTION: [asn1.encode_der(PROTECTIONS[PUBLIC.parameter_set]["SHA-512"])],
        syntax.SIGNING_CERTIFICATE: [identifier("SHA3-512")],
    }
    assert verify(message(attributes), signers=LEAF).signers[0].certificate == LEAF


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (identifier(named=ROOT), "another certificate"),
        (identifier(number=9), "another certificate"),
        (identifier().replace(rules.hash_of(LEAF, "SHA-512"), bytes(64)), "another certificate"),
        (identifier().replace(b"\x04\x02\x03", b"\x04\x02\x63"), "unknown, or too weak for ML-DSA-44"),
    ],
)
def test_another_certificate_is_refused(value: bytes, reason: str) -> None:
    """So it is with a pinned certificate; a pinned key has none that could differ."""
    made = signed(value)
    for options in (TRUST, {"signers": LEAF}):
        error = refusal(made, **options)
        assert (error.rule, error.signer, reason in str(error)) == (Rule.SIGNING_CERTIFICATE, 0, True)
    assert verify(made, signers=PUBLIC).signers


def test_weak_hash_is_refused() -> None:
    """SHA-256 is weaker than ML-DSA-65."""
    key = private_key(5, "ML-DSA-65")
    own = certificate(key, ROOT_KEY, issuer_name="root")
    signer = CMSSigner(key, own)
    found = values() | {syntax.SIGNING_CERTIFICATE: [identifier("SHA-256", own)]}
    made = syntax.attributes({kind: asn1.decode_der(asn1.TLV, each[0]) for kind, each in found.items()})
    info = signer._info(asn1.encode_der(made), made)
    content = syntax.EncapsulatedContentInfo(content_type=syntax.DATA, content=CONTENT)
    error = refusal(syntax.message([info], content, [own.public_bytes(Encoding.DER)]))
    assert (error.rule, "too weak for ML-DSA-65" in str(error)) == (Rule.SIGNING_CERTIFICATE, True)


def test_certificate_of_the_same_key_is_no_substitute() -> None:
    """The identifier of the key names both; the signer named one."""
    made = sign(CONTENT, CMSSigner(KEY, LEAF), signing_time=NOW)
    signed_data = syntax.parse(made)
    [info] = signed_data.signer_infos.as_list()
    info.version, info.sid = 3, CMSSigner(KEY)._sid()
    both = [each.public_bytes(Encoding.DER) for each in (RENEWED, LEAF)]
    for certificates in (both, both[::-1]):
        found = verify(syntax.message([info], signed_data.encapsulated, certificates), **TRUST)
        assert found.signers[0].certificate == LEAF
    assert refusal(syntax.message([info], signed_data.encapsulated, both[:1])).rule == Rule.SIGNING_CERTIFICATE


@pytest.mark.parametrize("value", [b"\x30\x02\x30\0", b"\x30\0", b"\x04\0", b"\x30\x04\x30\x02\x05\0"])
def test_attribute_that_names_nothing_is_refused(value: bytes) -> None:
    """It has the structure of RFC 5035."""
    with pytest.raises(FormatError) as caught:
        verify(signed(value), signers=PUBLIC)
    assert caught.value.position == "SignerInfo[0].signedAttrs"
