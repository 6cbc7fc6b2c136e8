"""Unsigned attributes are counted and named, and nothing in them counts."""

from __future__ import annotations

from typing import Any

import pytest
from cms_fixtures import CONTENT, NOW, PUBLIC, SIGNER, attribute, message, private_key, values
from cryptography.hazmat import asn1

from qynauth_pqc.cms import CMSSigner, CMSVerificationError, add_signer, verify
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.errors import FormatError

TIMESTAMP = syntax.OID("1.2.840.113549.1.9.16.2.14")
TIME = values()[syntax.SIGNING_TIME]
OTHER = [attribute(syntax.COUNTERSIGNATURE, [b"\x30\0"]), attribute(TIMESTAMP, [b"\x30\0", b"\x04\0"])]


def unsigned(found: list[Any]) -> bytes:
    """Return a message with these unsigned attributes."""
    return message(values(), unsigned_attributes=asn1.SetOf(found))


def test_types_of_unsigned_attributes_are_named() -> None:
    """A signature has no time from them, and two files have the same signature."""
    found = verify(unsigned(OTHER), signers=PUBLIC)
    assert {*found.signers[0].unsigned_attributes} == {"1.2.840.113549.1.9.6", "1.2.840.113549.1.9.16.2.14"}
    assert verify(message(values()), signers=PUBLIC).signers[0].unsigned_attributes == ()
    without = {kind: value for kind, value in values().items() if kind != syntax.SIGNING_TIME}
    timed = message(without, unsigned_attributes=asn1.SetOf([attribute(syntax.SIGNING_TIME, TIME)]))
    assert verify(timed, signers=PUBLIC).signers[0].signing_time is None


def test_signed_attributes_do_not_come_from_unsigned_ones() -> None:
    """The digest must be signed."""
    without = {kind: value for kind, value in values().items() if kind != syntax.MESSAGE_DIGEST}
    digest = attribute(syntax.MESSAGE_DIGEST, values()[syntax.MESSAGE_DIGEST])
    with pytest.raises(CMSVerificationError, match="the signed digest is missing"):
        verify(message(without, unsigned_attributes=asn1.SetOf([digest])), signers=PUBLIC)


def test_another_signer_keeps_unsigned_attributes() -> None:
    """The message is written again."""
    both = add_signer(unsigned(OTHER), CMSSigner(private_key(1)), signing_time=NOW)
    found = verify(both, signers=[PUBLIC, private_key(1).public_key]).signers
    assert sorted(len(each.unsigned_attributes) for each in found) == [0, 2]


def test_value_in_ber_is_not_read() -> None:
    """A timestamp may be in BER: in a message in BER, an indefinite length in it is no fault."""
    value = b"\x30\x80\x24\x80\x04\x01a\x04\0\0\0\0\0"
    of = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e\x31\x80" + value + b"\0\0"
    made = message(values(), unsigned_attributes=asn1.SetOf([attribute(TIMESTAMP, [b"\x05\0"])]))
    start = made.index(b"\xa1", len(made) - 40)
    body = b"\xa1\x80\x30\x80" + of + bytes(4)
    header = asn1.encode_der(syntax.DATA)
    assert header in made
    info = made[made.index(b"\x31\x82", 60) + 4 : start]
    head = made[23 : made.index(b"\x31\x82", 60)]
    found = b"\x30\x80" + made[4:15] + b"\xa0\x80\x30\x80" + head + b"\x31\x80\x30\x80" + info[4:] + body + bytes(10)
    assert verify(found, signers=PUBLIC).signers[0].unsigned_attributes == (TIMESTAMP.dotted_string,)
    assert verify(found, signers=PUBLIC).content == CONTENT


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        ([], "expected at least one attribute"),
        ([syntax.tlv(asn1.Null())], "not this structure in DER"),
        ([attribute(syntax.OID(f"1.2.{each}"), [b"\5\0"]) for each in range(65)], "expected at most 64, found 65"),
        (
            [attribute(TIMESTAMP, [asn1.encode_der(bytes(each))]) for each in (131_072, 131_050)],
            "expected at most 262144 bytes, found 262",
        ),
    ],
)
def test_unsigned_attributes_are_bounded(found: list[Any], rule: str) -> None:
    """One attribute less, or some bytes less, are accepted."""
    with pytest.raises(FormatError) as caught:
        verify(unsigned(found), signers=PUBLIC)
    assert caught.value.position == "SignerInfo[0].unsignedAttrs"
    assert caught.value.rule.startswith(rule)
    if len(found) > 1:
        assert verify(unsigned(found[1:]), signers=PUBLIC).signers[0].public_key == SIGNER.key.public_key
