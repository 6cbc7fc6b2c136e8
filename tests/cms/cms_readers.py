"""Reading messages of CMS in tests and in the fuzz target, and the conditions on accepted messages."""

from __future__ import annotations

from collections.abc import Callable

from cms_fixtures import CONTENT, KEY, MESSAGE, NOW, PUBLIC, SIGNER, certificate, message, private_key, values
from cryptography.hazmat import asn1

from qynauth_pqc.cms import CMSSigner, TrustAnchors, sign, verify
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._ber import to_der
from qynauth_pqc.errors import FormatError

ROOT_KEY = private_key(8)
ROOT = certificate(ROOT_KEY, name="root", ca=True)
LEAF = certificate(KEY, ROOT_KEY, issuer_name="root")
DETACHED = sign(CONTENT, SIGNER, detached=True, signing_time=NOW)
BARE = sign(CONTENT, SIGNER, signed_attributes=False)
TWO = sign(CONTENT, [SIGNER, CMSSigner(private_key(1))], signing_time=NOW)
CERTIFIED = sign(CONTENT, CMSSigner(KEY, LEAF), signing_time=NOW)


def _is_strict(data: bytes) -> None:
    """Check that the message has one encoding in DER, and that a message in DER is not changed."""
    encoded = asn1.encode_der(asn1.decode_der(syntax.ContentInfo, to_der(data)))
    assert to_der(encoded) == encoded


def read_attached(data: bytes) -> None:
    """Check that an accepted message has the content and the signer."""
    found = verify(data, signers=PUBLIC, any_signer=True)
    assert (found.content, [each.public_key for each in found.signers]) == (CONTENT, [PUBLIC])
    _is_strict(data)


def read_detached(data: bytes) -> None:
    """Check the same of detached content."""
    found = verify(data, CONTENT, signers=PUBLIC)
    assert (found.content, [each.public_key for each in found.signers]) == (None, [PUBLIC])
    _is_strict(data)


def read_bare(data: bytes) -> None:
    """Check the same without signed attributes."""
    found = verify(data, signers=PUBLIC, signed_attributes=False)
    assert (found.content, [each.public_key for each in found.signers]) == (CONTENT, [PUBLIC])
    _is_strict(data)


def read_certified(data: bytes) -> None:
    """Check that the path is the only path; its signatures differ in each run."""
    found = verify(data, signers=TrustAnchors([ROOT]), purpose="document", subject="CN=leaf", when=NOW)
    paths = [[each.tbs_certificate_bytes for each in signer.path] for signer in found.signers]
    assert (found.content, paths) == (CONTENT, [[LEAF.tbs_certificate_bytes, ROOT.tbs_certificate_bytes]])
    _is_strict(data)


@asn1.sequence
class _Set:
    found: asn1.TLV


@asn1.sequence
class _Attributes:
    found: asn1.SetOf[asn1.TLV]


def read_attributes(data: bytes) -> None:
    """Check signed attributes by themselves: each change of them is signed again, so that no signature refuses it."""
    try:
        as_field = asn1.encode_der(_Set(found=asn1.decode_der(asn1.TLV, data)))
        attributes = asn1.decode_der(_Attributes, as_field).found.as_list()
    except ValueError:
        raise FormatError.at("", "test", "no set") from None
    found = verify(message(attributes), signers=PUBLIC)
    assert (found.content, [each.public_key for each in found.signers]) == (CONTENT, [PUBLIC])
    parsed = [each.parse(syntax.Attribute) for each in attributes]
    assert len({each.type for each in parsed}) == len(parsed)
    by_type = {each.type: [asn1.encode_der(value) for value in each.values.as_list()] for each in parsed}
    for kind in (syntax.CONTENT_TYPE, syntax.MESSAGE_DIGEST):
        assert by_type[kind] == values()[kind]


def attributes_of(encoded: bytes) -> bytes:
    """Return the signed attributes of a message with one signer."""
    return asn1.encode_der(syntax.parse(encoded).signer_infos.as_list()[0].signed_attributes)


FORMATS: dict[str, tuple[Callable[[bytes], None], list[bytes]]] = {
    "attached": (read_attached, [MESSAGE, TWO, CERTIFIED]),
    "detached": (read_detached, [DETACHED]),
    "bare": (read_bare, [BARE]),
    "certified": (read_certified, [CERTIFIED]),
    "attributes": (read_attributes, [attributes_of(MESSAGE), attributes_of(message(values()))]),
}
"""The readers, and inputs that they accept."""
