"""Below trust anchors, a signer is accepted for a purpose and as the expected subject: any other holder is refused."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cms_fixtures import ANYBODY, CONTENT, KEY, MESSAGE, NOW, PUBLIC, certificate, private_key, usage
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import NameOID
from openssl import openssl
from programs import run

from qynauth_pqc import CompositePrivateKey, UnsupportedError
from qynauth_pqc.cms import ANYONE, CMSSigner, CMSVerificationError, Rule, TrustAnchors, sign, verify
from qynauth_pqc.cms.identity import PURPOSES, name_text

ROOT_KEY, MIDDLE_KEY, COMPOSITE_KEY = private_key(8), private_key(9), CompositePrivateKey.generate()
YEAR = (-200, 200)
SERVER, ANY = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1"), x509.ObjectIdentifier("2.5.29.37.0")
USAGES: dict[str, Any] = PURPOSES | {"any": ANY, "server": SERVER}
NAME = x509.Name.from_rfc4514_string


def extended(*names: str, critical: bool = False) -> list[tuple[x509.ExtensionType, bool]]:
    """Return an extended key usage; none without names."""
    return [(x509.ExtendedKeyUsage([USAGES[each] for each in names]), critical)] if names else []


def signed_below(
    *extensions: Any, name: str | x509.Name = "leaf", middle: Any = None, root: Any = (), issuer: Any = MIDDLE_KEY
) -> tuple[bytes, TrustAnchors]:
    """Return a message of a signer below an authority that may have an issuer, and the trust in the upper one."""
    anchor = certificate(ROOT_KEY, name="root", ca=True, days=YEAR, extensions=root)
    if middle is None:
        below = certificate(KEY, ROOT_KEY, name=name, issuer_name="root", extensions=extensions)
        return sign(CONTENT, CMSSigner(KEY, below), signing_time=NOW), TrustAnchors([anchor])
    between = certificate(issuer, ROOT_KEY, name="middle", issuer_name="root", ca=True, days=YEAR, extensions=middle)
    below = certificate(KEY, issuer, name=name, issuer_name="middle", extensions=extensions)
    made = sign(CONTENT, CMSSigner(KEY, below), certificates=[between], signing_time=NOW)
    return made, TrustAnchors([anchor])


def rule_of(made: tuple[bytes, TrustAnchors], **who: Any) -> Rule | None:
    """Return the rule by which a message is refused; None if it is accepted."""
    try:
        verify(made[0], signers=made[1], when=NOW, **(ANYBODY | who))
    except CMSVerificationError as error:
        return error.rule
    return None


@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize(
    ("usages", "served"),
    [
        ((), {"email", "code", "document", "any"}),
        (("server",), {"any"}),
        (("any",), {"any"}),
        (("any", "server"), {"any"}),
        (("email",), {"email", "any"}),
        (("server", "code"), {"code", "any"}),
        (("document", "any"), {"document", "any"}),
    ],
)
def test_certificate_serves_its_purposes_alone(usages: tuple[str, ...], served: set[str], *, critical: bool) -> None:
    """So do an authority between, of any family, and an anchor; a certificate of a web server signs no document."""
    extension = extended(*usages, critical=critical)
    for purpose in PURPOSES:
        refused = {"purpose": purpose} if purpose not in served else {}
        assert rule_of(signed_below(*extension), purpose=purpose) == (Rule.PURPOSE if refused else None)
        above: list[dict[str, Any]] = [{"middle": extension}, {"root": extension}]
        above.append({"middle": extension, "issuer": COMPOSITE_KEY, "root": extension})
        for options in above:
            expected = Rule.CERTIFICATE if refused else None
            assert rule_of(signed_below(*extended(*PURPOSES), **options), purpose=purpose) == expected


def test_path_is_found_through_the_authority_that_serves() -> None:
    """An authority has two certificates, for different purposes: the search does not end at the first."""
    between = [
        certificate(
            MIDDLE_KEY,
            ROOT_KEY,
            name="middle",
            issuer_name="root",
            ca=True,
            days=YEAR,
            number=number,
            extensions=extended(each),
        )
        for number, each in enumerate(("email", "code"), 1)
    ]
    root = certificate(ROOT_KEY, name="root", ca=True, days=YEAR)
    below = certificate(KEY, MIDDLE_KEY, issuer_name="middle")
    made = sign(CONTENT, CMSSigner(KEY, below), certificates=between)
    for purpose, expected in zip(("email", "code"), between, strict=True):
        found = verify(made, signers=TrustAnchors([root]), when=NOW, purpose=purpose, subject="CN=leaf")  # type: ignore[arg-type]
        assert found.signers[0].path[1] == expected
    assert rule_of((made, TrustAnchors([root])), purpose="document") == Rule.CERTIFICATE


@pytest.mark.parametrize(
    ("bit", "is_valid"),
    [("digital_signature", True), ("content_commitment", True), ("key_agreement", False), (None, True)],
)
def test_key_usage_must_include_signatures(bit: str | None, *, is_valid: bool) -> None:
    """It need not be there."""
    extensions = [] if bit is None else [(usage(**{bit: True}), True)]
    if not is_valid:
        with pytest.raises(CMSVerificationError, match="neither the key usage"):
            signed_below(*extensions)
        return
    assert rule_of(signed_below(*extensions), purpose="document") is None


CHOICES: list[tuple[str, ...]] = [(), ("server",), ("email",), ("code",), ("any",), ("email", "code"), ("any", "email")]


@pytest.mark.slow
@pytest.mark.parametrize(("purpose", "theirs"), [("email", "smimesign"), ("code", "codesign")])
def test_openssl_agrees_on_purposes(tmp_path: Path, purpose: str, theirs: str) -> None:
    """For code, OpenSSL demands an extended key usage of the signer, and ignores the usages of authorities."""
    message, root = tmp_path / "message", tmp_path / "root"
    options: list[str | Path] = [
        "-binary",
        "-inform",
        "DER",
        "-attime",
        f"{NOW:%s}",
        "-purpose",
        theirs,
        "-out",
        tmp_path / "out",
    ]
    for leaf, middle, critical in product(CHOICES, CHOICES, (False, True)):
        signs = (usage(digital_signature=True), True)
        made = signed_below(signs, *extended(*leaf, critical=critical), middle=extended(*middle))
        message.write_bytes(made[0])
        root.write_bytes(made[1]._certificates[0].public_bytes(Encoding.PEM))
        done = run(openssl(), "cms", "-verify", *options, "-in", message, "-CAfile", root)
        ours = rule_of(made, purpose=purpose) is None
        if purpose == "code" and (not leaf or (middle and "code" not in middle)):
            assert (ours, done.code == 0) == (not leaf and (not middle or "code" in middle), "code" in leaf)
        else:
            assert (ours, leaf, middle) == (done.code == 0, leaf, middle), done.error


def named(*names: x509.GeneralName, subject: str | x509.Name = "leaf") -> tuple[bytes, TrustAnchors]:
    """Return a message of a signer with subject alternative names."""
    extensions = [(x509.SubjectAlternativeName(names), False)] if names else []
    return signed_below(*extensions, name=subject)


FRODO = NAME("CN=Frodo,OU=Bag End+L=Hobbiton,O=The Shire")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("CN=Frodo,OU=Bag End+L=Hobbiton,O=The Shire", None),
        ("CN=Frodo,L=Hobbiton+OU=Bag End,O=The Shire", None),  # the values of one RDN are a set
        ("2.5.4.3=Frodo,OU=Bag\\20End+L=Hobbiton,O=The Shire", None),
        (FRODO, None),
        (ANYONE, None),
        ("O=The Shire,OU=Bag End+L=Hobbiton,CN=Frodo", Rule.SUBJECT),
        ("CN=Frodo,OU=Bag End,L=Hobbiton,O=The Shire", Rule.SUBJECT),
        ("CN=frodo,OU=Bag End+L=Hobbiton,O=The Shire", Rule.SUBJECT),
        ("CN=Frodo,OU=Bag  End+L=Hobbiton,O=The Shire", Rule.SUBJECT),
        ("CN=Frodo", Rule.SUBJECT),
        ("CN=Frodo,OU=Bag End+L=Hobbiton", Rule.SUBJECT),
        ("OU=Bag End+L=Hobbiton,O=The Shire", Rule.SUBJECT),
        ("CN=Frodo,CN=Frodo,OU=Bag End+L=Hobbiton,O=The Shire", Rule.SUBJECT),
        ("CN=Frodo\\00,OU=Bag End+L=Hobbiton,O=The Shire", Rule.SUBJECT),
        ("email:Frodo", Rule.SUBJECT),
        ("dns:Frodo", Rule.SUBJECT),
    ],
)
def test_whole_distinguished_name_is_compared(subject: Any, expected: Rule | None) -> None:
    """Parts, another order, case and further spaces make another name."""
    assert rule_of(named(subject=FRODO), subject=subject) == expected


def test_string_type_of_a_name_does_not_count() -> None:
    """The text does: PrintableString, UTF8String and BMPString hold the same name (RFC 5280, 7.1)."""
    for kind in (12, 19, 30):
        attribute = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Shire", x509.name._ASN1Type(kind))
        assert rule_of(named(subject=x509.Name([attribute])), subject="O=Shire") is None


EMAIL, DNS, URI = x509.RFC822Name, x509.DNSName, x509.UniformResourceIdentifier
ALL = EMAIL("frodo@shire.example"), EMAIL("b@shire.example"), DNS("shire.example"), URI("https://shire.example/Frodo")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("email:frodo@shire.example", None),
        ("email:b@shire.example", None),
        ("email:frodo@SHIRE.example", None),  # RFC 5280, 7.5
        ("dns:Shire.Example", None),  # RFC 5280, 7.2
        ("uri:https://shire.example/Frodo", None),
        ("CN=leaf", None),
        ("email:Frodo@shire.example", Rule.SUBJECT),
        ("email:shire.example", Rule.SUBJECT),
        ("email:@shire.example", Rule.SUBJECT),
        ("email:frodo@shire.example\0", Rule.SUBJECT),
        ("email:frodo@shire.example ", Rule.SUBJECT),
        ("dns:shire.example.", Rule.SUBJECT),
        ("dns:a.shire.example", Rule.SUBJECT),
        ("dns:frodo@shire.example", Rule.SUBJECT),
        ("uri:https://shire.example/frodo", Rule.SUBJECT),
        ("uri:https://SHIRE.example/Frodo", Rule.SUBJECT),
        ("uri:shire.example", Rule.SUBJECT),
    ],
)
def test_alternative_name_is_compared_by_its_type(subject: str, expected: Rule | None) -> None:
    """One of several is enough; only the case of domains does not count. The subject may be empty."""
    assert rule_of(named(*ALL), subject=subject) == expected
    assert rule_of(named(*ALL, subject=x509.Name([])), subject=subject) == (
        expected or (Rule.SUBJECT if "CN" in subject else None)
    )


@pytest.mark.parametrize(
    "value",
    [
        "frodo@shire.example\0.mordor.example",
        "frodo@shire.example\n",
        "*@shire.example",
        "mordor.example,frodo@shire.example",
    ],
)
def test_longer_alternative_name_is_another_one(value: str) -> None:
    """It is neither cut at a NUL nor a pattern; nor is the address in a distinguished name an alternative name."""
    assert rule_of(named(EMAIL(value)), subject="email:frodo@shire.example") == Rule.SUBJECT
    assert rule_of(named(DNS("*.shire.example")), subject="dns:a.shire.example") == Rule.SUBJECT
    subject = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "frodo@shire.example")])
    assert rule_of(named(subject=subject), subject="email:frodo@shire.example") == Rule.SUBJECT
    assert rule_of(named(subject=subject), subject="emailAddress=frodo@shire.example") is None


def test_alternative_name_that_is_not_ascii_is_another_one() -> None:
    """In lower case it may be ASCII: U+212A becomes a k."""
    name = asn1.decode_der(asn1.TLV, b"\x30\x0d\x82\x0b" + "\u212aelvin.ex".encode())
    extension = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, asn1.encode_der(name))
    assert rule_of(signed_below((extension, False)), subject="dns:kelvin.ex") == Rule.SUBJECT


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "anyone",
        "Frodo",
        "cn=Frodo",
        "CN=Frodo, O=Shire",
        "/CN=Frodo",
        "email:",
        "dns:",
        "uri:",
        "ip:10.0.0.1",
        "Email:a@b",
        "email:Frodo <frodo@shire.example>",
        "dns:b\u00fcro.example",
        "CN=\ud800",
        "CN=\\zz",
        x509.Name([]),
    ],
)
def test_subject_that_is_no_whole_name_is_refused(subject: Any) -> None:
    """The text of an unset variable matches no certificate with an empty subject, and no text means anyone."""
    made = named(*ALL, subject=x509.Name([]))
    with pytest.raises(UnsupportedError, match="subject must be a whole distinguished name"):
        rule_of(made, subject=subject)
    with pytest.raises(UnsupportedError, match="issuer must be a whole distinguished name"):
        rule_of(made, issuer=subject)


def test_issuer_is_compared_on_request() -> None:
    """It is a distinguished name alone."""
    made = named()
    assert [rule_of(made, issuer=each) for each in ("CN=root", NAME("CN=root"), "CN=other")] == [
        None,
        None,
        Rule.SUBJECT,
    ]
    with pytest.raises(UnsupportedError, match="issuer must be"):
        rule_of(made, issuer="dns:root")


def test_conditions_are_required_with_anchors_alone() -> None:
    """None means nothing: a forgotten argument is an error, and so is one that would have no effect."""
    made, anchors = named()
    for who in ({}, {"purpose": "any"}, {"subject": ANYONE}, {"purpose": "any", "subject": None}):
        with pytest.raises(TypeError, match="trust anchors need purpose= and subject="):
            verify(made, signers=anchors, when=NOW, **who)
    with pytest.raises(UnsupportedError, match="purpose must be one of email, code, document, any"):
        rule_of((made, anchors), purpose="server")
    for who in ({"purpose": "any"}, {"subject": ANYONE}, {"issuer": "CN=root"}):
        for signers in (PUBLIC, certificate(KEY), [PUBLIC]):
            with pytest.raises(TypeError, match="are for trust anchors"):
                verify(MESSAGE, signers=signers, **who)


@pytest.mark.parametrize("wrong", [1, True, b"CN=leaf", ["CN=leaf"], ANYONE, x509.DNSName("shire.example")])
def test_condition_of_another_type_is_refused(wrong: Any) -> None:
    """An issuer cannot be anyone: it is left out."""
    for name in ("purpose", "subject", "issuer"):
        if name != "subject" or wrong is not ANYONE:
            with pytest.raises(TypeError, match=f"{name} must be"):
                rule_of(named(), **{name: wrong})


def test_result_says_who_signed() -> None:
    """The names are text that `subject` takes again; a trusted key has none."""
    made, anchors = named(subject=FRODO)
    [found] = verify(made, signers=anchors, when=NOW, purpose="document", subject=FRODO).signers
    assert (found.subject, found.issuer, found.serial_number) == (name_text(FRODO), "CN=root", 7)
    [found] = verify(MESSAGE, signers=PUBLIC).signers
    assert (found.subject, found.issuer, found.serial_number) == (None, None, None)


@pytest.mark.parametrize(
    "value",
    ["a\nb", "\x00", "\x1b[2J", "\u202eevil", "#1", " a ", "a,O=b", "a+b", "\\0A", "\\", '"', "B\u00fcro", "\u00a0"],
)
def test_text_of_a_name_is_printable_and_is_read_back(value: str) -> None:
    """A name adds no line to a report, and equal texts are equal names."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, value), x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b")]
    )
    text = name_text(name)
    assert (text.isprintable(), rule_of(named(subject=name), subject=text)) == (True, None)


@pytest.mark.parametrize("critical", [False, True])
def test_constraints_on_distinguished_names_are_refused(*, critical: bool) -> None:
    """They are not supported, so an authority with them must not vouch for a name."""
    for permitted, excluded in ((NAME("O=Mordor"), None), (None, NAME("CN=leaf"))):
        trees = [None if each is None else [x509.DirectoryName(each)] for each in (permitted, excluded)]
        assert rule_of(signed_below(middle=[(x509.NameConstraints(*trees), critical)])) == Rule.CERTIFICATE
    constraints = x509.NameConstraints([x509.RFC822Name("shire.example")], None)
    made = signed_below(*[(x509.SubjectAlternativeName(ALL[:1]), False)], middle=[(constraints, critical)])
    assert rule_of(made, subject="email:frodo@shire.example") is None


@pytest.mark.parametrize("issuer", [MIDDLE_KEY, COMPOSITE_KEY])
@pytest.mark.parametrize("is_permitted", [True, False])
def test_constraints_on_addresses_hold_for_the_subject(issuer: Any, *, is_permitted: bool) -> None:
    """An address in the subject must be an alternative name too, which is compared (RFC 5280, 4.2.1.10)."""
    trees = ([EMAIL("shire.example")], None) if is_permitted else (None, [EMAIL("mordor.example")])
    constraints = [(x509.NameConstraints(*trees), True)]

    def rule(address: str, *names: str, above: Any = constraints) -> Rule | None:
        subject = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, address)])
        extensions = [(x509.SubjectAlternativeName([*map(EMAIL, names)]), False)] if names else []
        return rule_of(signed_below(*extensions, name=subject, middle=above, issuer=issuer), subject=subject)

    assert rule("sauron@mordor.example") == Rule.CERTIFICATE
    assert rule("sauron@mordor.example", "frodo@shire.example") == Rule.CERTIFICATE
    assert rule("sauron@mordor.example", "sauron@mordor.example") == Rule.CERTIFICATE
    assert rule("frodo@SHIRE.example", "b@shire.example", "frodo@shire.example") is None
    assert rule("sauron@mordor.example", above=[]) is None


@pytest.mark.parametrize("first", [True, False])
def test_another_signer_does_not_count_as_the_expected_one(*, first: bool) -> None:
    """All signers must be the expected one, unless any is enough: then the others are refused by name."""
    root = certificate(ROOT_KEY, name="root", ca=True, days=YEAR)
    keys = [private_key(1), private_key(2)]
    signers = [
        CMSSigner(each, certificate(each, ROOT_KEY, name=name, issuer_name="root", number=number))
        for number, (each, name) in enumerate(zip(keys, ("Frodo", "Sam"), strict=True), 1)
    ]
    made = sign(CONTENT, signers), TrustAnchors([root])
    name = "Frodo" if first else "Sam"
    assert rule_of(made, subject=f"CN={name}") == Rule.SUBJECT
    found = verify(made[0], signers=made[1], when=NOW, purpose="any", subject=f"CN={name}", any_signer=True)
    assert ([each.subject for each in found.signers], [each.rule for each in found.refused]) == (
        [f"CN={name}"],
        [Rule.SUBJECT],
    )


def test_certificate_of_the_expected_signer_is_chosen_among_those_of_a_key() -> None:
    """A key may have certificates with different subjects and purposes, and renewed ones with the same."""
    root = certificate(ROOT_KEY, name="root", ca=True, days=YEAR)
    inside = [
        certificate(KEY, ROOT_KEY, name=name, issuer_name="root", number=number, extensions=extended(purpose))
        for number, (name, purpose) in enumerate(
            [("Sam", "email"), ("Frodo", "code"), ("Frodo", "email"), ("Frodo", "email")], 1
        )
    ]
    made = sign(CONTENT, CMSSigner(KEY), certificates=inside)
    found = verify(made, signers=TrustAnchors([root]), when=NOW, purpose="email", subject="CN=Frodo").signers
    assert found[0].certificate in inside[2:]
