"""With any_signer=True, the fault of one signer does not refuse the others."""

from __future__ import annotations

from typing import Any

import pytest
from cms_fixtures import CONTENT, KEY, NOW, PUBLIC, attribute, changed, private_key, values, with_infos
from cryptography.hazmat import asn1

from qynauth_pqc.cms import CMSSigner, add_signer, sign, verify
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.errors import FormatError

OTHER = private_key(1)
[GOOD], [OTHERS] = (
    syntax.parse(sign(CONTENT, CMSSigner(key), signing_time=NOW)).signer_infos.as_list() for key in (KEY, OTHER)
)
NULL = syntax.tlv(asn1.Null())
AS_SET = asn1.decode_der(asn1.TLV, b"\x31" + asn1.encode_der(OTHERS.digest_algorithm)[1:])
MANY = [attribute(syntax.OID(f"1.2.{each}"), [b"\5\0"]) for each in range(65)]
LARGE = [attribute(syntax.OID("1.2"), [asn1.encode_der(bytes(262_144))])]
TWICE = [attribute(syntax.SIGNING_TIME, values()[syntax.SIGNING_TIME] * count) for count in (1, 2)]
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "version": ({"version": 1}, "version"),
    "digest algorithm": ({"digest_algorithm": AS_SET}, "digestAlgorithm"),
    "signature algorithm": ({"signature_algorithm": AS_SET}, "signatureAlgorithm"),
    "issuer": ({"version": 1, "sid": syntax.IssuerAndSerialNumber(issuer=AS_SET, serial_number=1)}, "sid.issuer"),
    "many signed attributes": ({"signed_attributes": asn1.SetOf(MANY)}, "signedAttrs"),
    "signed attribute": ({"signed_attributes": asn1.SetOf([NULL])}, "signedAttrs"),
    "signed attribute twice": ({"signed_attributes": asn1.SetOf(TWICE)}, "signedAttrs"),
    "no unsigned attributes": ({"unsigned_attributes": asn1.SetOf([])}, "unsignedAttrs"),
    "many unsigned attributes": ({"unsigned_attributes": asn1.SetOf(MANY)}, "unsignedAttrs"),
    "large unsigned attribute": ({"unsigned_attributes": asn1.SetOf(LARGE)}, "unsignedAttrs"),
    "unsigned attribute": ({"unsigned_attributes": asn1.SetOf([NULL])}, "unsignedAttrs"),
}


def both(changes: dict[str, Any]) -> tuple[bytes, int]:
    """Return a message with a valid signer and a changed signer, and the number of the changed one."""
    fields = {name: getattr(OTHERS, name) for name in syntax.SignerInfo.__annotations__}
    made = with_infos([GOOD, syntax.SignerInfo(**(fields | changes))])
    digests = asn1.SetOf([GOOD.digest_algorithm])
    made = changed(made, lambda signed: setattr(signed, "digest_algorithms", digests))
    infos = syntax.parse(made).signer_infos.as_list()
    return made, next(number for number, each in enumerate(infos) if each.signature == OTHERS.signature)


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_one_signer_refuses_that_signer_alone(name: str) -> None:
    """The error is among the refused signers; without any_signer, it is raised."""
    changes, field = FAULTS[name]
    made, number = both(changes)
    found = verify(made, signers=[PUBLIC, OTHER.public_key], any_signer=True)
    assert [each.public_key for each in found.signers] == [PUBLIC]
    [error] = found.refused
    assert isinstance(error, FormatError)
    assert error.position == f"SignerInfo[{number}].{field}"
    with pytest.raises(FormatError) as caught:
        verify(made, signers=[PUBLIC, OTHER.public_key])
    assert str(caught.value) == str(error)


def test_signer_is_not_added_to_a_signer_with_a_fault() -> None:
    """The new signer would be in a message that others refuse."""
    made, number = both({"unsigned_attributes": asn1.SetOf(MANY)})
    with pytest.raises(FormatError, match=f"SignerInfo.{number}..unsignedAttrs.*65"):
        add_signer(made, CMSSigner(private_key(2)))
