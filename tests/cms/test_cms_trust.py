"""A certificate is trusted if it leads to a trust anchor or is pinned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cms_fixtures import ANYBODY, CONTENT, KEY, NOW, certificate, private_key, usage
from cryptography import x509

from qynauth_pqc import CompositePrivateKey, InvalidLengthError, SLHDSAPrivateKey
from qynauth_pqc.cms import CMSSigner, CMSVerificationError, Rule, TrustAnchors, sign, verify
from qynauth_pqc.errors import FormatError

ROOT_KEY, MIDDLE_KEY = private_key(8, "ML-DSA-65"), private_key(9, "ML-DSA-87")
YEAR = (-200, 200)
ROOT = certificate(ROOT_KEY, name="root", ca=True, days=YEAR)
MIDDLE = certificate(MIDDLE_KEY, ROOT_KEY, name="middle", issuer_name="root", ca=True, days=YEAR)
SIGNS = (usage(digital_signature=True), True)


def leaf(
    *extensions: Any, key: Any = KEY, issuer: Any = ROOT_KEY, issuer_name: str = "root", **options: Any
) -> x509.Certificate:
    """Return a certificate of a user."""
    return certificate(key, issuer, issuer_name=issuer_name, extensions=extensions, **options)


def unchecked(key: Any, signed: x509.Certificate) -> CMSSigner:
    """Return a signer with a certificate that it should not have."""
    signer = CMSSigner(key)
    signer.certificate = signed
    return signer


def refusal(encoded: bytes, signers: Any, when: Any = NOW) -> CMSVerificationError:
    """Return the error with which a message is not accepted."""
    with pytest.raises(CMSVerificationError) as caught:
        verify(encoded, signers=signers, when=when, **(ANYBODY if isinstance(signers, TrustAnchors) else {}))
    return caught.value


@pytest.mark.parametrize("extensions", [(), (SIGNS,), ((usage(content_commitment=True), True),)])
def test_certificate_below_an_anchor_is_trusted(extensions: tuple[Any, ...]) -> None:
    """It may have a key usage that includes signatures."""
    signed = leaf(*extensions)
    [found] = verify(sign(CONTENT, CMSSigner(KEY, signed)), signers=TrustAnchors([ROOT]), when=NOW, **ANYBODY).signers
    assert (found.certificate, found.path, found.public_key) == (signed, (signed, ROOT), KEY.public_key)


@pytest.mark.parametrize("inside", [True, False])
def test_path_leads_through_an_authority(*, inside: bool) -> None:
    """Its certificate is in the message, or the caller passes it."""
    signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[MIDDLE] if inside else [])
    anchors = TrustAnchors([ROOT], [] if inside else [MIDDLE])
    assert verify(encoded, signers=anchors, when=NOW, **ANYBODY).signers[0].path == (signed, MIDDLE, ROOT)
    if inside:
        assert refusal(sign(CONTENT, CMSSigner(KEY, signed)), anchors).rule == Rule.CERTIFICATE


def test_certificate_may_be_known_to_the_verifier_alone() -> None:
    """The message names it by the identifier of its key, or by its issuer and number."""
    signed = leaf()
    encoded = sign(CONTENT, CMSSigner(KEY))
    assert verify(encoded, signers=TrustAnchors([ROOT], [signed]), when=NOW, **ANYBODY).signers[0].certificate == signed
    assert verify(encoded, signers=[signed]).signers[0].certificate == signed
    error = refusal(encoded, TrustAnchors([ROOT]))
    assert (error.rule, "is missing" in str(error)) == (Rule.CERTIFICATE, True)


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (leaf(issuer=private_key(3)), "does not lead to a trust anchor"),
        (leaf(issuer_name="another root"), "does not lead to a trust anchor"),
        (certificate(KEY), "does not lead to a trust anchor"),
        (leaf(days=(-2, -1)), "not valid at validation time"),
        (leaf(days=(1, 2)), "not valid at validation time"),
        (leaf((UNKNOWN, True)), "critical"),
        (leaf((usage(key_encipherment=True), True)), "does not|neither the key usage"),
        (leaf(issuer=MIDDLE_KEY, issuer_name="middle"), "does not lead to a trust anchor"),
    ],
)
def test_certificate_is_refused(signed: x509.Certificate, reason: str) -> None:
    """Signatures, names, dates, critical extensions and key usages are checked."""
    error = refusal(sign(CONTENT, unchecked(KEY, signed)), TrustAnchors([ROOT]))
    assert (error.rule, error.signer) == (Rule.CERTIFICATE, 0)
    assert any(each in str(error) for each in reason.split("|"))


def test_renewed_certificates_are_tried() -> None:
    """A message may name a key that has an old certificate too, and certificates by others."""
    old, new, foreign = leaf(days=(-2, -1)), leaf(number=8), leaf(issuer=private_key(3), number=9)
    for inside in ([old, new, foreign], [foreign, new, old]):
        encoded = sign(CONTENT, CMSSigner(KEY), certificates=inside)
        assert verify(encoded, signers=TrustAnchors([ROOT]), when=NOW, **ANYBODY).signers[0].certificate == new
    assert refusal(sign(CONTENT, CMSSigner(KEY), certificates=[old]), TrustAnchors([ROOT])).rule == Rule.CERTIFICATE


def test_certificate_that_is_none_is_refused() -> None:
    """It is refused even if `cryptography` reads it only at its first use."""
    encoded = sign(CONTENT, CMSSigner(KEY, leaf()))
    for found, other in [
        (b"\x30\x0f\x31\x0d\x30\x0b", b"\x30\x0f\x32\x0d\x30\x0b"),
        (b"\x06\x03\x55\x1d\x23", b"\x06\x03\x55\x1d\x0e"),
    ]:
        changed = encoded.replace(found, other, 1)
        assert changed != encoded
        with pytest.raises(FormatError) as caught:
            verify(changed, signers=TrustAnchors([ROOT]), when=NOW, **ANYBODY)
        assert caught.value.position == "SignedData.certificates[0]"


def test_authority_that_is_none_is_refused() -> None:
    """A certificate of a user signs no other one."""
    user = certificate(MIDDLE_KEY, ROOT_KEY, name="middle", issuer_name="root", extensions=[SIGNS])
    signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[user])
    assert refusal(encoded, TrustAnchors([ROOT])).rule == Rule.CERTIFICATE


def test_length_of_a_path_is_limited_by_its_authorities() -> None:
    """An authority whose certificate allows none below it issues for users alone."""
    last = (x509.BasicConstraints(ca=True, path_length=0), True)
    root = certificate(ROOT_KEY, name="root", days=YEAR, extensions=[last, (usage(key_cert_sign=True), True)])
    encoded = sign(CONTENT, CMSSigner(KEY, leaf()))
    assert verify(encoded, signers=TrustAnchors([root]), when=NOW, **ANYBODY).signers
    signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[MIDDLE])
    assert refusal(encoded, TrustAnchors([root])).rule == Rule.CERTIFICATE


SLH_KEY, COMPOSITE_KEY = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f"), CompositePrivateKey.generate()
SLH_ROOT, COMPOSITE_ROOT = (certificate(each, name="root", ca=True, days=YEAR) for each in (SLH_KEY, COMPOSITE_KEY))


@pytest.mark.parametrize("key", [KEY, SLH_KEY, COMPOSITE_KEY])
@pytest.mark.parametrize(("root", "root_key"), [(ROOT, ROOT_KEY), (SLH_ROOT, SLH_KEY), (COMPOSITE_ROOT, COMPOSITE_KEY)])
def test_anchor_of_any_family_issues_certificates(root: x509.Certificate, root_key: Any, key: Any) -> None:
    """They are for keys of any family, with the same checks."""
    signed = leaf(SIGNS, key=key, issuer=root_key)
    other = certificate(MIDDLE_KEY, name="root", ca=True, days=YEAR)
    encoded = sign(CONTENT, CMSSigner(key, signed))
    [found] = verify(encoded, signers=TrustAnchors([other, root]), when=NOW, **ANYBODY).signers
    assert (found.certificate, found.path, found.public_key) == (signed, (signed, root), key.public_key)
    assert refusal(encoded, TrustAnchors([other])).rule == Rule.CERTIFICATE
    assert "validation time" in str(refusal(encoded, TrustAnchors([root]), NOW + timedelta(days=3)))


def test_anchor_of_any_family_signs_itself() -> None:
    """Its key usage must allow it."""
    own = certificate(SLH_KEY, extensions=[SIGNS])
    [found] = verify(sign(CONTENT, CMSSigner(SLH_KEY, own)), signers=TrustAnchors([own]), when=NOW, **ANYBODY).signers
    assert found.path == (own,)
    error = refusal(sign(CONTENT, unchecked(SLH_KEY, SLH_ROOT)), TrustAnchors([SLH_ROOT]))
    assert "neither the key usage" in str(error)


NAMES = x509.NameConstraints([x509.DNSName("example")], None)
OTHER_NAME = x509.SubjectAlternativeName([x509.DNSName("elsewhere")])
ISSUES = (usage(key_cert_sign=True), True)
USER = (x509.BasicConstraints(ca=False, path_length=None), True)
AUTHORITY = (x509.BasicConstraints(ca=True, path_length=None), True)


def slh_root(*extensions: Any, **options: Any) -> x509.Certificate:
    """Return a certificate of an authority, or nearly."""
    return certificate(SLH_KEY, name="root", extensions=extensions, **({"days": YEAR} | options))


def below(*extensions: Any, **options: Any) -> x509.Certificate:
    """Return a certificate that it issued."""
    return leaf(*extensions, issuer=SLH_KEY, **options)


@pytest.mark.parametrize(
    ("root", "signed", "reason"),
    [
        (slh_root(), below(), "no basicConstraints"),
        (slh_root(ISSUES), below(), "no basicConstraints"),
        (slh_root(USER, ISSUES), below(), "basicConstraints.cA"),
        (slh_root(AUTHORITY, SIGNS), below(), "keyUsage.keyCertSign"),
        (slh_root(ca=True, days=(-2, -1)), below(), "validation time"),
        (slh_root((NAMES, False), ca=True), below((OTHER_NAME, False)), "constraints"),
        (slh_root((UNKNOWN, True), ca=True), below(), "critical"),
        (SLH_ROOT, below((UNKNOWN, True)), "1.2.3.4: certificate contains unaccounted-for critical extensions"),
        (SLH_ROOT, below(days=(-2, -1)), "validation time"),
        (SLH_ROOT, below(issuer_name="other"), "no certificate of its issuer"),
    ],
)
def test_anchor_of_another_family_is_checked(root: x509.Certificate, signed: x509.Certificate, reason: str) -> None:
    """It is checked as `cryptography` checks the families that it knows."""
    error = refusal(sign(CONTENT, CMSSigner(KEY, signed)), TrustAnchors([root]))
    assert (error.rule, reason in str(error)) == (Rule.CERTIFICATE, True)


def test_authority_between_may_be_of_another_family() -> None:
    """Its certificate is in the message; signed by another key, it is no part of a path."""
    for issuer, is_valid in ((ROOT_KEY, True), (COMPOSITE_KEY, False)):
        middle = certificate(SLH_KEY, issuer, name="middle", issuer_name="root", ca=True, days=YEAR)
        signed = below(issuer_name="middle")
        encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[middle])
        if is_valid:
            [found] = verify(encoded, signers=TrustAnchors([ROOT]), when=NOW, **ANYBODY).signers
            assert found.path == (signed, middle, ROOT)
        else:
            assert refusal(encoded, TrustAnchors([ROOT])).rule == Rule.CERTIFICATE


def test_time_of_verification_counts() -> None:
    """The time that the signer claims does not count."""
    encoded = sign(CONTENT, CMSSigner(KEY, leaf()), signing_time=NOW)
    assert verify(encoded, signers=TrustAnchors([ROOT]), when=NOW + timedelta(hours=1), **ANYBODY)
    assert "validation time" in str(refusal(encoded, TrustAnchors([ROOT]), NOW + timedelta(days=2)))
    assert refusal(encoded, TrustAnchors([ROOT]), None).rule == Rule.CERTIFICATE


def test_signature_of_another_key_than_the_certificate_is_refused() -> None:
    """The other key is of the same parameter set or of another one."""
    others = [unchecked(key, leaf()) for key in (private_key(4), private_key(4, "ML-DSA-65"))]
    rules = [refusal(sign(CONTENT, each), TrustAnchors([ROOT])).rule for each in others]
    assert rules == [Rule.SIGNATURE, Rule.CERTIFICATE]


def test_pinned_certificate_is_trusted_at_any_time() -> None:
    """The caller knows it: its dates and its issuer do not count, and its key usage does."""
    signed = leaf(days=(-2, -1))
    encoded = sign(CONTENT, CMSSigner(KEY, signed))
    [found] = verify(encoded, signers=signed).signers
    assert (found.certificate, found.path) == (signed, ())
    assert refusal(encoded, leaf(number=8)).rule == Rule.KEY
    with pytest.raises(CMSVerificationError, match="neither the key usage"):
        verify(encoded, signers=leaf((usage(key_agreement=True), True)))


def test_anchors_are_certificates() -> None:
    """There must be at least one."""
    with pytest.raises(InvalidLengthError, match="at least one trust anchor"):
        TrustAnchors([])
    with pytest.raises(TypeError, match="must be Certificate"):
        TrustAnchors([KEY.public_key])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="must be Certificate"):
        TrustAnchors([ROOT], [b"certificate"])  # type: ignore[list-item]


BASIC = (x509.BasicConstraints(ca=True, path_length=0), True)
NO_AUTHORITY = (x509.BasicConstraints(ca=False, path_length=None), True)


@pytest.mark.parametrize("root_key", [ROOT_KEY, SLH_KEY])
def test_anchor_needs_no_key_usage(root_key: Any) -> None:
    """Plain `openssl req -x509` writes none. What it has must include keyCertSign, and it must be an authority."""
    signed = leaf(issuer=root_key)
    encoded = sign(CONTENT, CMSSigner(KEY, signed))
    cases: list[tuple[list[tuple[x509.ExtensionType, bool]], bool]] = [
        ([BASIC], True),
        ([BASIC, ISSUES], True),
        ([BASIC, SIGNS], False),
        ([NO_AUTHORITY], False),
        ([], False),
    ]
    for extensions, is_accepted in cases:
        anchors = TrustAnchors([certificate(root_key, name="root", days=YEAR, extensions=extensions)])
        if is_accepted:
            assert verify(encoded, signers=anchors, when=NOW, **ANYBODY).signers
        else:
            assert refusal(encoded, anchors).rule == Rule.CERTIFICATE


@pytest.mark.parametrize("inside", [True, False])
def test_authority_below_an_anchor_needs_a_key_usage(*, inside: bool) -> None:
    """RFC 5280, 4.2.1.3, demands it. An anchor that is there too is an anchor."""
    root = certificate(ROOT_KEY, name="root", days=YEAR, extensions=[AUTHORITY])
    middle = certificate(MIDDLE_KEY, ROOT_KEY, name="middle", issuer_name="root", days=YEAR, extensions=[AUTHORITY])
    for between, is_accepted in ((middle, False), (MIDDLE, True)):
        signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
        encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[between, root] if inside else [])
        anchors = TrustAnchors([root], [] if inside else [between, root])
        if is_accepted:
            assert verify(encoded, signers=anchors, when=NOW, **ANYBODY).signers[0].path == (signed, between, root)
        else:
            assert refusal(encoded, anchors).rule == Rule.CERTIFICATE
            assert verify(encoded, signers=TrustAnchors([middle], [middle]), when=NOW, **ANYBODY).signers


def test_path_length_of_an_anchor_without_key_usage_counts() -> None:
    """It allows no authority below it."""
    root = certificate(ROOT_KEY, name="root", days=YEAR, extensions=[BASIC])
    signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[MIDDLE])
    assert refusal(encoded, TrustAnchors([root])).rule == Rule.CERTIFICATE
