"""A message in BER is read as the same message in DER, in one bounded pass, and a message in PEM as its bytes."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Callable
from typing import Any

import pytest
from cms_ber import Writer, in_ber, read
from cms_fixtures import CONTENT, KEY, MESSAGE, PUBLIC, attribute, message, private_key, values
from cms_readers import CERTIFIED, LEAF, ROOT, TWO
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc.cms import CMSSigner, CMSVerificationError, add_signer, sign, verify
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._ber import to_der
from qynauth_pqc.errors import FormatError


@pytest.mark.parametrize("encoded", [MESSAGE, TWO, CERTIFIED, message(values())])
def test_every_form_is_the_same_message(encoded: bytes) -> None:
    """Lengths, segments and orders differ; a signer can be added to it."""
    for seed in range(50):
        found = in_ber(encoded, seed)
        assert to_der(found) == encoded
        assert verify(found, signers=PUBLIC, any_signer=True).content == CONTENT
    both = add_signer(found, CMSSigner(private_key(2)))
    assert verify(both, signers=[PUBLIC, private_key(2).public_key], any_signer=True).content == CONTENT


def test_damaged_form_is_refused_or_the_same_message() -> None:
    """There are end-of-contents in wrong places, indefinite primitive elements, and segments of other types."""
    refused = 0
    for seed in range(300):
        try:
            found = verify(in_ber(CERTIFIED, seed, 0.02), signers=PUBLIC)
        except (FormatError, CMSVerificationError):
            refused += 1
        else:
            assert found.content == CONTENT
    assert 50 < refused < 280


def octets(content: bytes) -> bytes:
    """Return a message that has this in place of the octet string of its content, of indefinite length around it."""
    start = MESSAGE.index(b"\x04" + bytes([len(CONTENT)]) + CONTENT)
    head = b"\x30\x80" + MESSAGE[4:15] + b"\xa0\x80\x30\x80" + MESSAGE[23 : start - 4 - 11]
    kind = MESSAGE[start - 2 - 11 : start - 2]
    return head + b"\x30\x80" + kind + b"\xa0\x80" + content + bytes(4) + MESSAGE[start + 2 + len(CONTENT) :] + bytes(6)


def nested(levels: int) -> bytes:
    """Return the content in so many octet strings of indefinite length."""
    return b"\x24\x80" * levels + b"\x04" + bytes([len(CONTENT)]) + CONTENT + bytes(2 * levels)


def test_content_has_segments() -> None:
    """Each may be empty, and the first level is that of the message."""
    assert verify(octets(nested(0)), signers=PUBLIC).content == CONTENT
    assert verify(octets(b"\x24\x80\x04\0" + nested(0) + b"\x04\0\0\0"), signers=PUBLIC).content == CONTENT
    assert verify(octets(b"\x24\x0e\x04\x04cont\x24\x06\x04\x04ent\n"), signers=PUBLIC).content == CONTENT


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (nested(27), "expected at most 32 levels"),
        (b"\x24\x80" + b"\x04\0" * 20_000 + nested(0) + bytes(2), "expected at most 16384 elements"),
        (b"\x04\x80" + CONTENT + bytes(2), "the length of a primitive element is indefinite"),
        (b"\x24\x80\x0c\x08" + CONTENT + bytes(2), "expected an octet string"),
        (b"\x24\x0a\x24\x80\x04\x08" + CONTENT, "expected"),
        (b"\x04\x85\0\0\0\0\x08" + CONTENT, "expected a length of at most 4 bytes, found 5"),
        (b"\x2c\x0a\x0c\x08" + CONTENT, "expected an octet string"),
        (b"\x1f\x04\x08" + CONTENT, "expected an element with a tag number up to 30"),
        (b"\0\0", "trailing data"),
        (b"\x04\xff" + CONTENT, "expected a length of at most 4 bytes, found 127"),
    ],
)
def test_bounds_of_the_pass_are_kept(content: bytes, rule: str) -> None:
    """A fault is named with its byte."""
    with pytest.raises(FormatError) as caught:
        verify(octets(content), signers=PUBLIC)
    assert caught.value.rule.startswith(rule)


def test_deepest_content_is_read() -> None:
    """The 32nd level is read; the next one is refused above."""
    assert verify(octets(nested(26)), signers=PUBLIC).content == CONTENT


def test_large_content_may_have_more_segments() -> None:
    """Bouncy Castle writes 1,000 bytes in each."""
    content = bytes(40_000_000)
    made = sign(content, CMSSigner(KEY))
    segment = b"\x04\x82\x03\xe8" + bytes(1000)
    start = made.index(b"\x04\x84") if b"\x04\x84" in made[:80] else made.index(b"\x04\x83")
    inner = made[start + 2 + (made[start + 1] & 0x7F) + len(content) :]
    kind = asn1.encode_der(syntax.DATA)
    digests = made[made.index(b"\x31\x0d") : made.index(b"\x31\x0d") + 15]
    found = b"\x30\x80" + asn1.encode_der(syntax.SIGNED_DATA) + b"\xa0\x80\x30\x80\x02\x01\x03" + digests
    found += b"\x30\x80" + kind + b"\xa0\x80\x24\x80" + segment * 40_000 + bytes(6) + inner + bytes(6)
    assert verify(found, signers=PUBLIC).content == content


def field(element: Any, *places: int) -> Any:
    """Return what an element has inside, by the places inside each other."""
    return field(element[1][places[0]], *places[1:]) if places else element[1]


def test_sets_with_a_tag_may_be_in_any_order() -> None:
    """Certificates and unsigned attributes are a SET OF, which only DER sorts."""
    made = syntax.parse(sign(CONTENT, CMSSigner(KEY, LEAF)))
    [info] = made.signer_infos.as_list()
    info.unsigned_attributes = asn1.SetOf([attribute(syntax.OID(each), [b"\5\0"]) for each in ("1.2.3", "1.2.4")])
    certificates = [each.public_bytes(Encoding.DER) for each in (LEAF, ROOT)]
    encoded = syntax.message([info], made.encapsulated, certificates)
    for places in ((1, 0, 3), (1, 0, 4, 0, 6)):
        [root] = read(encoded)
        field(root, *places).reverse()
        written = Writer(1).write(root)
        assert to_der(written) == encoded
        assert verify(written, signers=PUBLIC).content == CONTENT


@pytest.mark.parametrize("places", [(1, 0, 3), (1, 0, 4, 0, 3)])
def test_what_signatures_cover_must_be_in_der(places: tuple[int, ...]) -> None:
    """A certificate and a signed attribute keep their bytes (RFC 5652, 5.3)."""
    [root] = read(CERTIFIED)
    kept = field(root, *places)
    assert isinstance(kept[0], bytes)
    assert verify(Writer(1).write(root), signers=PUBLIC).content == CONTENT
    kept[0] = b"\x30\x80" + kept[0][4 if places == (1, 0, 3) else 2 :] + bytes(2)
    with pytest.raises(FormatError, match="the length of a certificate or a signed attribute is indefinite: expected"):
        verify(Writer(1).write(root), signers=PUBLIC)


@pytest.mark.parametrize("change", [lambda found: found[::-1], lambda found: [b"\x30\x81" + found[0][1:], *found[1:]]])
def test_signed_attributes_must_be_in_der(change: Callable[[list[bytes]], list[bytes]]) -> None:
    """OpenSSL verifies their bytes; Bouncy Castle encodes them again, so that they are two messages otherwise."""
    [root] = read(CERTIFIED)
    attributes = field(root, 1, 0, 4, 0, 3)
    attributes[:] = change(attributes)
    with pytest.raises(FormatError, match="not this structure in DER"):
        verify(Writer(1).write(root), signers=PUBLIC)


@pytest.mark.parametrize("encoded", [MESSAGE, in_ber(MESSAGE, 1)])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_pem_is_read(encoded: bytes, end: bytes) -> None:
    """Its lines end as on any system."""
    text = b"-----BEGIN CMS-----\n" + encodebytes(encoded) + b"-----END CMS-----\n"
    assert verify(text.replace(b"\n", end), signers=PUBLIC).content == CONTENT
    for other in (text + text, b"text\n" + text, text.replace(b"CMS", b"PKCS7"), text.replace(b"\n", b"", 2)):
        with pytest.raises(FormatError):
            verify(other, signers=PUBLIC)
