"""Certificates that lead to trust anchors, and pinned certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cms_fixtures import CONTENT, KEY, NOW, certificate, private_key, reissued, usage
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from qynauth_pqc import CompositePrivateKey, InvalidLengthError, SLHDSAPrivateKey
from qynauth_pqc.cms import CMSSigner, CMSVerificationError, Rule, TrustAnchors, sign, verify

ROOT_KEY, MIDDLE_KEY = private_key(8, "ML-DSA-65"), private_key(9, "ML-DSA-87")
YEAR = (-200, 200)
ROOT = certificate(ROOT_KEY, name="root", ca=True, days=YEAR)
MIDDLE = certificate(MIDDLE_KEY, ROOT_KEY, name="middle", issuer_name="root", ca=True, days=YEAR)
SIGNS = (usage(digital_signature=True), True)


def leaf(*extensions: Any, issuer: Any = ROOT_KEY, issuer_name: str = "root", **options: Any) -> x509.Certificate:
    """Return a certificate of `KEY`."""
    return certificate(KEY, issuer, issuer_name=issuer_name, extensions=extensions, **options)


def unchecked(key: Any, signed: x509.Certificate) -> CMSSigner:
    """Return a signer with a certificate that it should not have."""
    signer = CMSSigner(key)
    signer.certificate = signed
    return signer


def refusal(encoded: bytes, signers: Any, when: Any = NOW) -> CMSVerificationError:
    """Return the error with which a message is not accepted."""
    with pytest.raises(CMSVerificationError) as caught:
        verify(encoded, signers=signers, when=when)
    return caught.value


@pytest.mark.parametrize("extensions", [(), (SIGNS,), ((usage(content_commitment=True), True),)])
def test_certificate_below_an_anchor_is_trusted(extensions: tuple[Any, ...]) -> None:
    """Also one with an extended key usage that has nothing to do with TLS."""
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
    signed = leaf(*extensions, (purpose, False))
    [found] = verify(sign(CONTENT, CMSSigner(KEY, signed)), signers=TrustAnchors([ROOT]), when=NOW).signers
    assert (found.certificate, found.path, found.public_key) == (signed, (signed, ROOT), KEY.public_key)


@pytest.mark.parametrize("inside", [True, False])
def test_path_leads_through_an_authority(*, inside: bool) -> None:
    """Which is in the message, or the caller has it."""
    signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[MIDDLE] if inside else [])
    anchors = TrustAnchors([ROOT], [] if inside else [MIDDLE])
    assert verify(encoded, signers=anchors, when=NOW).signers[0].path == (signed, MIDDLE, ROOT)
    if inside:
        assert refusal(sign(CONTENT, CMSSigner(KEY, signed)), anchors).rule == Rule.CERTIFICATE


def test_certificate_may_be_known_to_the_verifier_alone() -> None:
    """The message names it by the identifier of its key, or by its issuer and number."""
    signed = leaf()
    encoded = sign(CONTENT, CMSSigner(KEY))
    assert verify(encoded, signers=TrustAnchors([ROOT], [signed]), when=NOW).signers[0].certificate == signed
    assert verify(encoded, signers=[signed]).signers[0].certificate == signed
    error = refusal(encoded, TrustAnchors([ROOT]))
    assert (error.rule, "is not there" in str(error)) == (Rule.CERTIFICATE, True)


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


def test_authority_that_is_none_is_refused() -> None:
    """A certificate of a user signs no other one."""
    user = certificate(MIDDLE_KEY, ROOT_KEY, name="middle", issuer_name="root", extensions=[SIGNS])
    signed = leaf(issuer=MIDDLE_KEY, issuer_name="middle")
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[user])
    assert refusal(encoded, TrustAnchors([ROOT])).rule == Rule.CERTIFICATE


SLH_KEY, COMPOSITE_KEY = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f"), CompositePrivateKey.generate()
SLH_ROOT, COMPOSITE_ROOT = (reissued(ROOT, each.public_key, each) for each in (SLH_KEY, COMPOSITE_KEY))


@pytest.mark.parametrize("key", [KEY, SLH_KEY, COMPOSITE_KEY])
@pytest.mark.parametrize(("root", "root_key"), [(ROOT, ROOT_KEY), (SLH_ROOT, SLH_KEY), (COMPOSITE_ROOT, COMPOSITE_KEY)])
def test_anchor_of_any_family_issues_certificates(root: x509.Certificate, root_key: Any, key: Any) -> None:
    """For keys of any family, and with the same checks."""
    signed = reissued(leaf(SIGNS), key.public_key, root_key)
    other = reissued(ROOT, MIDDLE_KEY.public_key, MIDDLE_KEY)
    encoded = sign(CONTENT, CMSSigner(key, signed))
    [found] = verify(encoded, signers=TrustAnchors([other, root]), when=NOW).signers
    assert (found.certificate, found.path, found.public_key) == (signed, (signed, root), key.public_key)
    assert refusal(encoded, TrustAnchors([other])).rule == Rule.CERTIFICATE
    assert "validation time" in str(refusal(encoded, TrustAnchors([root]), NOW + timedelta(days=3)))


def test_anchor_of_any_family_signs_itself() -> None:
    """If its key usage allows it."""
    own = reissued(certificate(KEY, extensions=[SIGNS]), SLH_KEY.public_key, SLH_KEY)
    assert verify(sign(CONTENT, CMSSigner(SLH_KEY, own)), signers=TrustAnchors([own]), when=NOW).signers[0].path == (
        own,
    )
    error = refusal(sign(CONTENT, unchecked(SLH_KEY, SLH_ROOT)), TrustAnchors([SLH_ROOT]))
    assert "neither the key usage" in str(error)


NAMES = x509.NameConstraints([x509.DNSName("example")], None)
ISSUES = (usage(key_cert_sign=True), True)
AUTHORITY = (x509.BasicConstraints(ca=True, path_length=None), True)


@pytest.mark.parametrize(
    ("root", "signed", "reason"),
    [
        (certificate(ROOT_KEY, name="root", days=YEAR), leaf(), "no authority"),
        (certificate(ROOT_KEY, name="root", extensions=[ISSUES], days=YEAR), leaf(), "no authority"),
        (certificate(ROOT_KEY, name="root", extensions=[AUTHORITY], days=YEAR), leaf(), "no authority"),
        (certificate(ROOT_KEY, name="root", extensions=[AUTHORITY, SIGNS], days=YEAR), leaf(), "no authority"),
        (certificate(ROOT_KEY, name="root", ca=True, days=(-2, -1)), leaf(), "validation time"),
        (certificate(ROOT_KEY, name="root", ca=True, extensions=[(NAMES, False)], days=YEAR), leaf(), "constraints"),
        (certificate(ROOT_KEY, name="root", ca=True, extensions=[(UNKNOWN, True)], days=YEAR), leaf(), "critical"),
        (ROOT, leaf((UNKNOWN, True)), "critical extension 1.2.3.4"),
        (ROOT, leaf(days=(-2, -1)), "validation time"),
        (ROOT, leaf(issuer_name="other"), "no trust anchor has the name"),
    ],
)
def test_anchor_of_another_family_is_checked(root: x509.Certificate, signed: x509.Certificate, reason: str) -> None:
    """As `cryptography` checks those that it knows."""
    authority, user = reissued(root, SLH_KEY.public_key, SLH_KEY), reissued(signed, None, SLH_KEY)
    error = refusal(sign(CONTENT, CMSSigner(KEY, user)), TrustAnchors([authority]))
    assert (error.rule, reason in str(error)) == (Rule.CERTIFICATE, True)


def test_authority_between_is_refused_for_other_families() -> None:
    """An anchor must have issued the certificate itself."""
    middle = reissued(MIDDLE, SLH_KEY.public_key, None)
    signed = reissued(leaf(issuer=MIDDLE_KEY, issuer_name="middle"), None, SLH_KEY)
    encoded = sign(CONTENT, CMSSigner(KEY, signed), certificates=[middle])
    assert "no trust anchor has the name" in str(refusal(encoded, TrustAnchors([ROOT], [middle])))


def test_time_of_verification_counts() -> None:
    """And not the time that the signer claims."""
    encoded = sign(CONTENT, CMSSigner(KEY, leaf()), signing_time=NOW)
    assert verify(encoded, signers=TrustAnchors([ROOT]), when=NOW + timedelta(hours=1))
    assert "validation time" in str(refusal(encoded, TrustAnchors([ROOT]), NOW + timedelta(days=2)))
    assert refusal(encoded, TrustAnchors([ROOT]), None).rule == Rule.CERTIFICATE


def test_signature_of_another_key_than_the_certificate_is_refused() -> None:
    """Of the same parameter set and of another one."""
    others = [unchecked(key, leaf()) for key in (private_key(4), private_key(4, "ML-DSA-65"))]
    rules = [refusal(sign(CONTENT, each), TrustAnchors([ROOT])).rule for each in others]
    assert rules == [Rule.SIGNATURE, Rule.CERTIFICATE]


def test_pinned_certificate_is_trusted_at_any_time() -> None:
    """The caller knows it: its dates and its issuer do not count, and its key usage does."""
    signed = leaf(days=(-2, -1))
    encoded = sign(CONTENT, CMSSigner(KEY, signed))
    [found] = verify(encoded, signers=signed).signers
    assert (found.certificate, found.path) == (signed, ())
    with pytest.raises(CMSVerificationError, match="neither the key usage"):
        verify(encoded, signers=leaf((usage(key_agreement=True), True)))


def test_anchors_are_certificates() -> None:
    """And there is one."""
    with pytest.raises(InvalidLengthError, match="at least one trust anchor"):
        TrustAnchors([])
    with pytest.raises(TypeError, match="must be Certificate"):
        TrustAnchors([KEY.public_key])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="must be Certificate"):
        TrustAnchors([ROOT], [b"certificate"])  # type: ignore[list-item]
