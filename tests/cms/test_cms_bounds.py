"""Any message costs a bounded number of path searches and verifications."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from cms_fixtures import ANYBODY, CONTENT, KEY, NOW, PUBLIC, attribute, certificate, message, private_key, values
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import CompositePrivateKey, InvalidLengthError
from qynauth_pqc.cms import (
    CMSSigner,
    CMSVerificationError,
    Rule,
    TrustAnchors,
    add_signer,
    sign,
    trust,
    verification,
    verify,
)
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms.identity import Identity
from qynauth_pqc.errors import FormatError
from qynauth_pqc.integrations import x509_paths

ROOT_KEY, MIDDLE_KEY = private_key(100), private_key(101)
YEAR = (-200, 200)
ROOT = certificate(ROOT_KEY, name="root", ca=True, days=YEAR)
ANCHORS: dict[str, Any] = {"signers": TrustAnchors([ROOT]), "when": NOW}


class Counter:
    """Counts the calls of a function that return."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        """Count after each call."""
        self.count = 0
        function = getattr(owner, name)

        def counted(*arguments: Any) -> Any:
            result = function(*arguments)
            self.count += 1
            return result

        monkeypatch.setattr(owner, name, counted)


def encoded(infos: list[syntax.SignerInfo], certificates: list[x509.Certificate]) -> bytes:
    """Return a message with these signers and certificates."""
    content = syntax.EncapsulatedContentInfo(content_type=syntax.DATA, content=CONTENT)
    return syntax.message(infos, content, [each.public_bytes(Encoding.DER) for each in certificates])


def infos_of(keys: list[Any], certificates: list[x509.Certificate] | None = None) -> list[syntax.SignerInfo]:
    """Return a signer for each key."""
    made = []
    for number, key in enumerate(keys):
        signer = CMSSigner(key, certificates[number] if certificates else None)
        [info] = syntax.parse(sign(CONTENT, signer, signing_time=NOW)).signer_infos.as_list()
        made.append(info)
    return made


def broken(infos: list[syntax.SignerInfo]) -> list[syntax.SignerInfo]:
    """Make the signatures invalid, and different."""
    for number, info in enumerate(infos):
        info.signature = bytes([number]) * len(info.signature)
    return infos


def test_path_of_a_certificate_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen hostile signers name one key, which eight certificates have."""
    paths, verifications = Counter(monkeypatch, trust, "find_path"), Counter(monkeypatch, verification, "is_valid")
    certificates = [certificate(KEY, ROOT_KEY, issuer_name="root", number=number) for number in range(1, 11)]
    hostile = encoded(broken(infos_of([KEY] * 16)), certificates)
    with pytest.raises(CMSVerificationError, match="signature is not valid"):
        verify(hostile, **ANCHORS, **ANYBODY, any_signer=True)
    assert (paths.count, verifications.count) == (8, 16)


def test_path_of_another_subject_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one for another purpose."""
    paths = Counter(monkeypatch, trust, "find_path")
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1")])
    made = sign(CONTENT, CMSSigner(KEY, certificate(KEY, ROOT_KEY, issuer_name="root", extensions=[(usage, False)])))
    refusals: list[tuple[dict[str, Any], Rule]] = [
        ({"purpose": "any", "subject": "CN=Frodo"}, Rule.SUBJECT),
        ({"purpose": "code", "subject": "CN=leaf"}, Rule.PURPOSE),
    ]
    for who, rule in refusals:
        with pytest.raises(CMSVerificationError) as caught:
            verify(made, **ANCHORS, **who)
        assert (caught.value.rule, paths.count) == (rule, 0)


@pytest.mark.parametrize("key", [MIDDLE_KEY, CompositePrivateKey.generate()])
def test_verifications_of_a_message_are_bounded(monkeypatch: pytest.MonkeyPatch, key: Any) -> None:
    """Authorities that all issued each other make a search try each order of them; another signer has its share."""
    tried = Counter(monkeypatch, trust._Paths, "_check_authority")
    ours = Counter(monkeypatch, x509_paths, "verify_certificate")
    authorities = [certificate(key, name="maze", ca=True, days=YEAR, number=number) for number in range(1, 16)]
    keys = [private_key(each) for each in range(16)]
    hostile = [certificate(each, key, issuer_name="maze", number=100 + number) for number, each in enumerate(keys[1:])]
    below = [certificate(keys[0], ROOT_KEY, issuer_name="root"), *hostile]
    made = sign(CONTENT, [*map(CMSSigner, keys, below)], certificates=authorities)
    found = verify(made, **ANCHORS, **ANYBODY, any_signer=True)
    assert [each.certificate for each in found.signers] == below[:1]
    assert all("more than 64 verifications" in str(each) for each in found.refused)
    assert 15 * 60 < ours.count + tried.count <= 16 * 64


def test_certificates_are_read_once_or_when_a_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signer whose search was stopped tries no other certificate, and the next signer starts with another one."""
    read = Counter(monkeypatch, Identity, "check")
    authorities = [certificate(MIDDLE_KEY, name="maze", ca=True, days=YEAR, number=number) for number in range(1, 16)]
    below = [certificate(KEY, MIDDLE_KEY, issuer_name="maze", number=100 + number) for number in range(8)]
    hostile = encoded(broken(infos_of([KEY] * 16)), authorities + below)
    with pytest.raises(CMSVerificationError, match="more than 64 verifications"):
        verify(hostile, **ANCHORS, **ANYBODY, any_signer=True)
    assert read.count == 16


def extensions_with(constraints: int, names: int) -> list[tuple[x509.ExtensionType, bool]]:
    """Return so many excluded names, and so many alternative names."""
    excluded: list[x509.GeneralName] = [x509.IPAddress(ip_network("10.0.0.0/8"))] * constraints
    own = [x509.IPAddress(ip_address("192.0.2.1"))] * names
    return [(x509.NameConstraints(None, excluded), False), (x509.SubjectAlternativeName(own), False)]


@pytest.mark.parametrize("above", [True, False])
def test_comparisons_of_names_are_bounded(monkeypatch: pytest.MonkeyPatch, *, above: bool) -> None:
    """An untrusted authority or the signer has name constraints: each counts for each alternative name of the path."""
    read = Counter(monkeypatch, Identity, "check")
    constraints, names = extensions_with(256, 64)
    authority = certificate(MIDDLE_KEY, name="maze", ca=True, days=YEAR, extensions=[constraints] if above else [])
    below = [
        certificate(
            KEY, MIDDLE_KEY, issuer_name="maze", number=number, extensions=[names] if above else [names, constraints]
        )
        for number in range(1, 9)
    ]
    hostile = encoded(broken(infos_of([KEY] * 16)), [authority, *below])
    with pytest.raises(CMSVerificationError, match="more than 64 verifications"):
        verify(hostile, **ANCHORS, **ANYBODY, any_signer=True)
    assert read.count == 16


def test_usual_name_constraints_are_compared() -> None:
    """They do not use up the share of a signer."""
    constraints, names = extensions_with(100, 50)
    middle = certificate(
        MIDDLE_KEY, ROOT_KEY, name="middle", issuer_name="root", ca=True, days=YEAR, extensions=[constraints]
    )
    below = certificate(KEY, MIDDLE_KEY, issuer_name="middle", extensions=[names])
    assert verify(sign(CONTENT, CMSSigner(KEY, below), certificates=[middle]), **ANCHORS, **ANYBODY).signers


@pytest.mark.parametrize("kind", ["constraints", "names", "usages", "subject"])
def test_items_of_a_certificate_are_bounded(kind: str) -> None:
    """Each verification would read them again."""
    for count in (256, 257):
        usages = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")] * count)
        by_kind: dict[str, list[tuple[x509.ExtensionType, bool]]] = {
            "constraints": extensions_with(count, 1)[:1],
            "names": extensions_with(1, count)[1:],
            "usages": [(usages, False)],
            "subject": [],
        }
        attribute = x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")
        name = x509.Name([attribute] * count if kind == "subject" else [attribute])
        made = sign(CONTENT, CMSSigner(KEY), certificates=[certificate(KEY, name=name, extensions=by_kind[kind])])
        expected = CMSVerificationError if count == 256 else FormatError
        with pytest.raises(expected, match="lead to a trust anchor" if count == 256 else "at most 256 items.*257"):
            verify(made, **ANCHORS, **ANYBODY)


def test_sixteen_signers_with_their_own_authorities_are_accepted() -> None:
    """The certificates of one signer are no burden for another: they are no authorities above it."""
    keys, others = [private_key(each) for each in range(16)], [private_key(50 + each) for each in range(16)]
    between = [
        certificate(each, ROOT_KEY, name=f"middle {number}", issuer_name="root", ca=True, days=YEAR, number=1 + number)
        for number, each in enumerate(others)
    ]
    below = [
        certificate(key, issuer, name=f"leaf {number}", issuer_name=f"middle {number}")
        for number, (key, issuer) in enumerate(zip(keys, others, strict=True))
    ]
    made = sign(CONTENT, [CMSSigner(*each) for each in zip(keys, below, strict=True)], certificates=between)
    assert len(verify(made, **ANCHORS, **ANYBODY).signers) == 16


def test_verified_keys_are_tried_once_for_a_signer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewed certificates of a key are one key, and at most eight certificates of an identifier are tried."""
    verifications = Counter(monkeypatch, verification, "is_valid")
    certificates = [certificate(KEY, ROOT_KEY, issuer_name="root", number=number) for number in range(1, 4)]
    verify(sign(CONTENT, CMSSigner(KEY), certificates=certificates), **ANCHORS, **ANYBODY)
    assert verifications.count == 1


@pytest.mark.parametrize("options", [{"signers": PUBLIC}, ANCHORS | ANYBODY])
def test_seventeenth_signer_refuses_the_message(options: dict[str, Any]) -> None:
    """It does so even if any signer is enough."""
    below = certificate(KEY, ROOT_KEY, issuer_name="root")
    infos = infos_of([KEY], [below]) + broken(infos_of([KEY] * 16))
    assert verify(encoded(infos[:16], [below]), **options, any_signer=True).signers[0].public_key == PUBLIC
    with pytest.raises(FormatError, match="expected at most 16, found 17") as caught:
        verify(encoded(infos, [below]), **options, any_signer=True)
    assert caught.value.position == "SignedData.signerInfos"


def test_number_of_certificates_is_bounded() -> None:
    """So is the number of signed attributes, whose signature is valid."""
    certificates = [certificate(KEY, number=number) for number in range(1, 66)]
    infos = infos_of([KEY])
    assert verify(encoded(infos, certificates[:64]), signers=PUBLIC).signers
    with pytest.raises(FormatError, match=r"SignedData.certificates: expected at most 64, found 65"):
        verify(encoded(infos, certificates), signers=PUBLIC)
    attributes = [attribute(kind, found) for kind, found in values().items()]
    attributes += [attribute(syntax.OID(f"1.2.3.{number}"), [b"\5\0"]) for number in range(62)]
    assert verify(message(attributes[:64]), signers=PUBLIC).signers
    with pytest.raises(FormatError, match=r"SignerInfo\[0\].signedAttrs: expected at most 64, found 65"):
        verify(message(attributes), signers=PUBLIC)


def test_message_that_no_reader_takes_is_not_made() -> None:
    """A signer is not added to 16 others, and 65 certificates are not put in."""
    keys = [CMSSigner(private_key(number)) for number in range(17)]
    made = sign(CONTENT, keys[:16])
    with pytest.raises(InvalidLengthError, match="at most 16 signers"):
        sign(CONTENT, keys)
    with pytest.raises(InvalidLengthError, match="at most 16 signers"):
        add_signer(made, keys[16])
    with pytest.raises(InvalidLengthError, match="at most 64 certificates"):
        sign(CONTENT, keys[0], certificates=[certificate(KEY, number=number) for number in range(1, 66)])
