"""A refused message of CMS names the rule and the position, or the rule of verification and the signer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cms_fixtures import (
    CONTENT,
    KEY,
    MESSAGE,
    PUBLIC,
    SIGNER,
    attribute,
    certificate,
    changed,
    message,
    private_key,
    values,
    with_infos,
)
from cryptography.hazmat import asn1

from qynauth_pqc import UnsupportedError
from qynauth_pqc.cms import CMSSigner, CMSVerificationError, Rule, sign, verify
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.errors import FormatError

SHA_512, SHA_384 = "2.16.840.1.101.3.4.2.3", "2.16.840.1.101.3.4.2.2"


def refusal(encoded: bytes, **options: Any) -> CMSVerificationError:
    """Return the error with which a message is not accepted."""
    with pytest.raises(CMSVerificationError) as caught:
        verify(encoded, **({"signers": PUBLIC} | options))
    return caught.value


def format_error(encoded: bytes, **options: Any) -> tuple[int | str, str]:
    """Return the position and the rule with which a message is not read."""
    with pytest.raises(FormatError) as caught:
        verify(encoded, **({"signers": PUBLIC} | options))
    return caught.value.position, caught.value.rule


def test_message_of_the_fixtures_is_valid() -> None:
    """Otherwise the refusals would prove nothing; other attributes are valid too."""
    assert verify(message(values()), signers=PUBLIC).content == CONTENT
    assert verify(message(values() | {syntax.OID("1.2.3"): [b"\5\0", b"\4\0"]}), signers=PUBLIC).signers


@pytest.mark.parametrize(
    ("encoded", "position", "rule"),
    [
        (b"", 0, "expected 2 bytes, found 0"),
        (MESSAGE + b"\0", len(MESSAGE), "trailing data"),
        (MESSAGE[:-1], 4, f"expected {len(MESSAGE) - 4} bytes, found {len(MESSAGE) - 5}"),
        (b"\x30\0", "ContentInfo", "not this structure in DER"),
        (b"-----BEGIN CMS-----\n", "ContentInfo", "expected one block of PEM"),
        (b"-----BEGIN CMS-----\nAB==\n-----END CMS-----\n", "ContentInfo", "PEM: base64 is not canonical"),
        (b"MIME-Version: 1.0\r\n", "ContentInfo", "S/MIME: expected DER, BER or PEM"),
        (MESSAGE.replace(b"\x01\x07\x02", b"\x01\x07\x03", 1), "ContentInfo.contentType", "expected id-signedData"),
        (MESSAGE.replace(b"\xa0\x82", b"\xa1\x82", 1), "ContentInfo", "not this structure in DER"),
        (MESSAGE.replace(b"\x02\x01\x03", b"\x02\x02\x00", 1), "SignedData", "not this structure in DER"),
    ],
)
def test_what_is_no_message_is_refused(encoded: bytes, position: int | str, rule: str) -> None:
    """It has trailing data, another encoding or other content."""
    found = format_error(encoded)
    assert found[0] == position
    assert found[1].startswith(rule)


def _change(**fields: Any) -> Callable[[syntax.SignedData], None]:
    """Return a change of fields of SignedData."""

    def change(signed: syntax.SignedData) -> None:
        for name, value in fields.items():
            setattr(signed, name, value)

    return change


NULLS = asn1.SetOf([syntax.tlv(asn1.Null())])


@pytest.mark.parametrize(
    ("change", "position", "rule"),
    [
        (_change(version=1), "SignedData.version", "expected 3"),
        (_change(version=4), "SignedData.version", "expected 3"),
        (_change(revocation_lists=NULLS), "SignedData.crls", "revocation lists are not supported"),
        (_change(certificates=NULLS), "SignedData.certificates[0]", "expected a SEQUENCE"),
        (_change(digest_algorithms=NULLS), "SignedData.digestAlgorithms[0]", "expected a SEQUENCE"),
    ],
)
def test_fields_of_signed_data_are_checked(
    change: Callable[[syntax.SignedData], None], position: str, rule: str
) -> None:
    """The version must be the one that the contents require, and nothing may be there that would be ignored."""
    assert format_error(changed(MESSAGE, change)) == (position, rule)


def test_fields_of_signer_are_checked() -> None:
    """The version must match its identifier."""
    assert format_error(message(values(), version=1)) == ("SignerInfo[0].version", "expected 3")


@pytest.mark.parametrize(
    ("field", "name"), [("digest_algorithm", "digestAlgorithm"), ("signature_algorithm", "signatureAlgorithm")]
)
def test_other_encoding_of_an_algorithm_is_refused(field: str, name: str) -> None:
    """The same contents are refused as a SET."""
    good = syntax.parse(message(values()))
    encoded = asn1.encode_der(getattr(good.signer_infos.as_list()[0], field))
    as_set = asn1.decode_der(asn1.TLV, b"\x31" + encoded[1:])
    made = message(values(), **dict[str, Any]([(field, as_set)]))
    made = changed(made, _change(digest_algorithms=good.digest_algorithms))
    assert format_error(made) == (f"SignerInfo[0].{name}", "expected a SEQUENCE")
    issuer = syntax.IssuerAndSerialNumber(issuer=as_set, serial_number=1)
    assert format_error(message(values(), version=1, sid=issuer))[0] == "SignerInfo[0].sid.issuer"


def test_signer_of_another_structure_is_named() -> None:
    """The second signer is named."""
    found = syntax.parse(sign(CONTENT, [SIGNER, CMSSigner(private_key(1))]))

    @asn1.sequence
    class Infos:
        infos: asn1.SetOf[asn1.TLV]

    first, second = map(syntax.tlv, found.signer_infos.as_list())
    longer = asn1.decode_der(asn1.TLV, asn1.encode_der(second).replace(b"\x02\x01\x03", b"\x01\x01\x03", 1))
    outer = syntax.tlv(
        syntax._AnySignedData(
            version=3,
            digest_algorithms=found.digest_algorithms,
            encapsulated=found.encapsulated,
            certificates=None,
            revocation_lists=None,
            signer_infos=asn1.SetOf([first, longer]),
        )
    )
    encoded = asn1.encode_der(syntax._AnyContentInfo(content_type=syntax.SIGNED_DATA, content=outer))
    assert format_error(encoded)[0] in {"SignerInfo[0]", "SignerInfo[1]"}


TWO_TIMES = [attribute(kind, found) for kind, found in values().items()]
TWO_TIMES.append(
    attribute(
        syntax.SIGNING_TIME,
        [asn1.encode_der(asn1.UTCTime(asn1.decode_der(asn1.UTCTime, b"\x17\x0d200101000000Z").as_datetime()))],
    )
)
DIGEST = values()[syntax.MESSAGE_DIGEST]


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        (TWO_TIMES, "two attributes have the same type"),
        (
            values() | {syntax.MESSAGE_DIGEST: DIGEST + values(content=b"other")[syntax.MESSAGE_DIGEST]},
            "expected one value",
        ),
        (values() | {syntax.MESSAGE_DIGEST: []}, "expected one value"),
        (values() | {syntax.MESSAGE_DIGEST: [b"\x0c\x01a"]}, "1.2.840.113549.1.9.4 has a value of another type"),
        (values() | {syntax.CONTENT_TYPE: [b"\x05\0"]}, "1.2.840.113549.1.9.3 has a value of another type"),
        (values() | {syntax.COUNTERSIGNATURE: [b"\x30\0"]}, "a countersignature is no signed attribute"),
        (values() | {syntax.SIGNING_TIME: [b"\x18\x0f20260701120000Z"]}, "the time of signing has another form"),
        (values() | {syntax.SIGNING_TIME: [b"\x18\x1120500701120000.1Z"]}, "the time of signing has another form"),
        (values() | {syntax.SIGNING_TIME: [b"\x17\x0b2607011200Z"]}, "1.2.840.113549.1.9.5 has a value of another"),
        (values() | {syntax.SIGNING_TIME: [b"\x05\0"]}, "1.2.840.113549.1.9.5 has a value of another"),
        ([syntax.tlv(asn1.Null())], "not this structure in DER"),
    ],
)
def test_signed_attributes_are_checked(attributes: Any, rule: str) -> None:
    """They are checked even if the signature is valid."""
    position, found = format_error(message(attributes))
    assert position == "SignerInfo[0].signedAttrs"
    assert found.startswith(rule)


def _without(kind: Any) -> dict[Any, list[bytes]]:
    return {each: found for each, found in values().items() if each != kind}


def _protected(digest: str, signature: str) -> dict[Any, list[bytes]]:
    """Return attributes that name two algorithms."""
    algorithms = [syntax.AlgorithmIdentifier(algorithm=syntax.OID(each)) for each in (digest, signature)]
    value = syntax.AlgorithmProtection(digest_algorithm=algorithms[0], signature_algorithm=algorithms[1])
    return values() | {syntax.ALGORITHM_PROTECTION: [asn1.encode_der(value)]}


@pytest.mark.parametrize(
    ("encoded", "rule"),
    [
        (message(_without(syntax.CONTENT_TYPE)), Rule.CONTENT_TYPE),
        (message(values() | {syntax.CONTENT_TYPE: [asn1.encode_der(syntax.OID("1.2.3"))]}), Rule.CONTENT_TYPE),
        (message(_without(syntax.MESSAGE_DIGEST)), Rule.MESSAGE_DIGEST),
        (message(values(content=b"other")), Rule.MESSAGE_DIGEST),
        (message(values("SHA-384")), Rule.MESSAGE_DIGEST),
        (message(values("SHA-384"), "SHA-512"), Rule.MESSAGE_DIGEST),
        (message(values(), digest_algorithm=syntax.algorithm("2.16.840.1.101.3.4.2.4")), Rule.DIGEST),
        (message(values(), digest_algorithm=syntax.algorithm("1.3.14.3.2.26")), Rule.DIGEST),
        (message(_protected(SHA_384, PUBLIC.parameter_set.oid)), Rule.ALGORITHM_PROTECTION),
        (message(_protected(SHA_512, "2.16.840.1.101.3.4.3.18")), Rule.ALGORITHM_PROTECTION),
        (message(values() | {syntax.ALGORITHM_PROTECTION: [b"\x30\0"]}), Rule.ALGORITHM_PROTECTION),
        (message(values(), signature_algorithm=syntax.algorithm("1.2.840.113549.1.1.11")), Rule.ALGORITHM),
        (message(values(), signature_algorithm=syntax.algorithm("2.16.840.1.101.3.4.3.32")), Rule.ALGORITHM),
        (message(values(), signature_algorithm=syntax.algorithm("2.16.840.1.101.3.4.3.18")), Rule.KEY),
        (message(values(), signature=b""), Rule.SIGNATURE),
        (message(values(), signature=bytes(2420)), Rule.SIGNATURE),
        (message(values(), signed_attributes=asn1.SetOf([])), Rule.CONTENT_TYPE),
        (message(values(), signed_attributes=None), Rule.ATTRIBUTES),
    ],
)
def test_rule_that_failed_is_named(encoded: bytes, rule: Rule) -> None:
    """The number of the signer is named too."""
    error = refusal(encoded)
    assert (error.rule, error.signer) == (rule, 0)


def test_protection_that_matches_is_accepted() -> None:
    """The attributes may be in any order."""
    assert verify(message(_protected(SHA_512, PUBLIC.parameter_set.oid)), signers=PUBLIC).signers


@pytest.mark.parametrize(("name", "digest"), [("ML-DSA-65", "SHA-256"), ("ML-DSA-87", "SHA-384")])
def test_weak_digest_is_refused(name: Any, digest: str) -> None:
    """A digest weaker than the parameter set is refused where there are signed attributes (RFC 9882, table 1)."""
    signer = CMSSigner(private_key(0, name))
    made = asn1.SetOf([attribute(kind, found) for kind, found in values(digest).items()])
    info = signer._info(asn1.encode_der(made), made)
    info.digest_algorithm = syntax.algorithm({"SHA-256": "2.16.840.1.101.3.4.2.1", "SHA-384": SHA_384}[digest])
    error = refusal(with_infos([info]), signers=signer.key.public_key)
    assert error.rule == Rule.DIGEST
    assert f"too weak for {name}" in str(error)


def test_parameters_of_algorithms_are_refused() -> None:
    """They must be omitted (RFC 9882, 3.3)."""

    @asn1.sequence
    class WithNull:
        algorithm: syntax.OID
        parameters: asn1.Null

    digest = syntax.tlv(WithNull(algorithm=syntax.OID(SHA_512), parameters=asn1.Null()))
    assert refusal(message(values(), digest_algorithm=digest)).rule == Rule.DIGEST
    scheme = syntax.tlv(WithNull(algorithm=syntax.OID(PUBLIC.parameter_set.oid), parameters=asn1.Null()))
    assert refusal(message(values(), signature_algorithm=scheme)).rule == Rule.ALGORITHM


def test_content_is_in_one_place() -> None:
    """It is inside or passed, not both."""
    assert refusal(MESSAGE, content=CONTENT).rule == Rule.CONTENT
    assert refusal(sign(CONTENT, SIGNER, detached=True)).rule == Rule.CONTENT


def test_key_in_the_message_is_trusted_by_no_one() -> None:
    """The signer can put any certificate inside."""
    made = sign(CONTENT, CMSSigner(KEY, certificate(KEY)))
    assert refusal(made, signers=private_key(1).public_key).rule == Rule.SIGNATURE
    assert refusal(made, signers=certificate(private_key(1))).rule == Rule.SIGNING_CERTIFICATE
    assert refusal(made, signers=certificate(KEY, name="other")).rule == Rule.KEY


def test_message_without_signers_is_refused() -> None:
    """Nobody says that it is valid."""
    assert refusal(with_infos([])).rule == Rule.SIGNERS
    assert refusal(with_infos([]), any_signer=True).rule == Rule.SIGNERS


def test_key_that_signs_twice_is_refused() -> None:
    """It would count as two signers."""
    infos = syntax.parse(MESSAGE).signer_infos.as_list() + syntax.parse(message(values())).signer_infos.as_list()
    assert refusal(with_infos(infos)).rule == Rule.SIGNERS


SIGNED_ATTRIBUTES = asn1.encode_der(syntax.parse(MESSAGE).signer_infos.as_list()[0].signed_attributes)


def test_signed_attributes_are_no_content() -> None:
    """A signature of attributes must not verify as one of content with the same bytes, nor the reverse."""
    info = syntax.parse(MESSAGE).signer_infos.as_list()[0]
    info.signed_attributes = None
    forged = with_infos([info], SIGNED_ATTRIBUTES)
    PUBLIC.verify(SIGNED_ATTRIBUTES, info.signature)
    error = refusal(forged, signed_attributes=False)
    assert (error.rule, "may be taken for signed attributes" in str(error)) == (Rule.ATTRIBUTES, True)
    with pytest.raises(UnsupportedError, match="may be taken for signed attributes"):
        sign(SIGNED_ATTRIBUTES, SIGNER, signed_attributes=False)
    assert verify(sign(SIGNED_ATTRIBUTES, SIGNER), signers=PUBLIC).signers


def test_attributes_that_are_not_sorted_are_no_content_either() -> None:
    """A signer that does not sort them may exist."""
    attributes: Any = syntax.parse(MESSAGE).signer_infos.as_list()[0].signed_attributes
    first, *rest = [asn1.encode_der(each) for each in attributes.as_list()]
    header = SIGNED_ATTRIBUTES[: len(SIGNED_ATTRIBUTES) - len(first) - sum(map(len, rest))]
    with pytest.raises(UnsupportedError, match="may be taken for signed attributes"):
        sign(header + b"".join(rest) + first, SIGNER, signed_attributes=False)


@pytest.mark.parametrize("content", [b"", b"1", b"\x31\x02\x05\x00", b"1234"])
def test_other_content_needs_no_attributes(content: bytes) -> None:
    """Content that begins like a set needs none either."""
    made = sign(content, SIGNER, signed_attributes=False)
    assert verify(made, signers=PUBLIC, signed_attributes=False).content == content


def test_content_of_another_type_needs_attributes() -> None:
    """RFC 5652, 5.3, demands them."""
    with pytest.raises(UnsupportedError, match="not id-data"):
        sign(CONTENT, SIGNER, content_type="1.2.3", signed_attributes=False)
    made = changed(
        sign(CONTENT, SIGNER, signed_attributes=False),
        _change(encapsulated=syntax.EncapsulatedContentInfo(content_type=syntax.OID("1.2.3"), content=CONTENT)),
    )
    assert refusal(made, content_type="1.2.3", signed_attributes=False).rule == Rule.ATTRIBUTES


def test_file_needs_attributes(tmp_path: Any) -> None:
    """Without them the content itself is signed, which a key takes in memory."""
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    made = sign(CONTENT, SIGNER, detached=True, signed_attributes=False)
    with path.open("rb") as file, pytest.raises(UnsupportedError, match="pass the content in memory"):
        verify(made, file, signers=PUBLIC, signed_attributes=False)


def test_errors_hold_no_byte_of_the_input() -> None:
    """They hold nothing of the content nor of a signature."""
    made = sign(b"secret content", SIGNER)
    for encoded in (made[:-1], made.replace(b"secret", b"public")):
        with pytest.raises((FormatError, CMSVerificationError)) as caught:
            verify(encoded, signers=PUBLIC)
        assert "content" not in str(caught.value).replace("of other content", "")
