"""The trusted signers: trust anchors of certificates, or pinned certificates and keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509 import verification

from qynauth_pqc import SignaturePublicKey
from qynauth_pqc.cms.errors import CMSVerificationError, Rule
from qynauth_pqc.cms.identity import Identity, extension, has_other_address
from qynauth_pqc.errors import FormatError, InvalidLengthError, PQCError, expect
from qynauth_pqc.extend import without_own_frames
from qynauth_pqc.integrations.x509 import UNREADABLE, public_key
from qynauth_pqc.integrations.x509_paths import find_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from qynauth_pqc.cms._syntax import IssuerAndSerialNumber
    from qynauth_pqc.cms.identity import Purpose, Subject
    from qynauth_pqc.extend import ParameterSet

    Trust: TypeAlias = "TrustAnchors | x509.Certificate | SignaturePublicKey"
    Sid: TypeAlias = IssuerAndSerialNumber | bytes
    Trusted: TypeAlias = "_Pinned | _Paths"

__all__ = ["TrustAnchors"]

_MOST_NAMED = 8
"""The most certificates that are tried for a signer: a key with a renewed certificate has several."""

_MOST_VERIFICATIONS = 64
"""The most certificates that are tried as an issuer for a signer, so that no signer uses up the share of another."""

_COMPARISONS = 128
"""The comparisons of a name with a name constraint that count as one more verification."""

_MOST_ITEMS = 256
"""The most items of a name or an extension that a search reads each time when it tries a certificate in a message."""

_EXHAUSTED = f"its path needs more than {_MOST_VERIFICATIONS} verifications"


class TrustAnchors:
    """Certificates of trusted authorities, and of authorities below them.

    `qynauth_pqc.integrations.x509_paths` verifies the paths: signatures, names, dates, basic constraints, and that no
    unknown extension is critical. `verify` demands the purpose and the subject too. Revocation is not checked.

    >>> TrustAnchors([])
    Traceback (most recent call last):
    qynauth_pqc.errors.InvalidLengthError: expected at least one trust anchor
    """

    __slots__ = ("_certificates", "_intermediates")

    @without_own_frames
    def __init__(
        self, certificates: Sequence[x509.Certificate], intermediates: Sequence[x509.Certificate] = ()
    ) -> None:
        """Take the certificates.

        Args:
            certificates: the trust anchors, in a list or a tuple.
            intermediates: untrusted certificates for paths, in addition to those in a message.

        Raises:
            InvalidLengthError: there is no trust anchor.
            TypeError: an item is not a certificate.
        """
        self._certificates = certificates_in(certificates, "certificates")
        self._intermediates = certificates_in(intermediates, "intermediates")
        if not self._certificates:
            raise InvalidLengthError("expected at least one trust anchor")

    def __repr__(self) -> str:
        """Show the number of certificates."""
        return f"<{type(self).__name__}: {len(self._certificates)}>"


def certificates_in(found: Sequence[x509.Certificate], name: str) -> list[x509.Certificate]:
    """Return the certificates that a caller passed for a parameter."""
    expect(found, (list, tuple), name)
    for each in found:
        expect(each, x509.Certificate, f"each of {name}")
    return list(found)


class Candidate(NamedTuple):
    """A key that may have signed, and the reason to trust it: `VerifiedSigner` has these fields."""

    public_key: SignaturePublicKey
    certificate: x509.Certificate | None = None
    path: tuple[x509.Certificate, ...] = ()


def trusted(
    signers: Trust | Sequence[x509.Certificate | SignaturePublicKey],
    when: datetime | None,
    purpose: Purpose | None,
    subject: Subject | None,
    issuer: str | x509.Name | None,
) -> Trusted:
    """Return the trust of the caller, for one message, or raise the errors of `verify` for these arguments."""
    if when is not None:
        expect(when, datetime, "when")
        if when.tzinfo is None:
            raise TypeError("when must have a time zone")
    if isinstance(signers, TrustAnchors):
        if purpose is None or subject is None:
            raise TypeError("trust anchors need purpose= and subject=, the expected signer; ANYONE accepts any subject")
        return _Paths(signers, when, Identity(purpose, subject, issuer))
    if any(each is not None for each in (purpose, subject, issuer)):
        raise TypeError("purpose, subject and issuer are for trust anchors, not for a signer's own certificate or key")
    pinned: list[Any] = list(signers) if isinstance(signers, (list, tuple)) else [signers]
    if not pinned:
        raise InvalidLengthError("expected at least one trusted certificate or key")
    for each in pinned:
        expect(each, (SignaturePublicKey, x509.Certificate), "signers")
    keys = [Candidate(each) for each in pinned if isinstance(each, SignaturePublicKey)]
    certificates = [each for each in pinned if isinstance(each, x509.Certificate)]
    return _Pinned(keys + [Candidate(signing_public_key(each), each) for each in certificates])


class _Pinned:
    """Certificates and keys that the caller trusts directly. It has the methods of `_Paths`."""

    __slots__ = ("_pinned",)

    def __init__(self, pinned: list[Candidate]) -> None:
        self._pinned = pinned

    def take_certificates(self, inside: asn1.SetOf[asn1.TLV] | None) -> None:
        """Leave them encoded: they have no effect."""

    def candidates(self, sid: Sid, parameter_set: ParameterSet, number: int) -> list[Candidate]:
        found = [
            each
            for each in self._pinned
            if each.public_key.parameter_set is parameter_set
            and (each.certificate is None or is_named(each.certificate, sid))
        ]
        if not found:
            message = f"no trusted certificate is of this signer, and no trusted key is of {parameter_set}"
            raise CMSVerificationError(message, Rule.KEY, number)
        return found


class _Paths:
    """Paths to trust anchors, for one message: each certificate is judged once."""

    __slots__ = ("_anchors", "_identity", "_inside", "_judged", "_left", "_when")

    def __init__(self, anchors: TrustAnchors, when: datetime | None, identity: Identity) -> None:
        self._anchors, self._when, self._identity = anchors, when, identity
        self._judged: dict[x509.Certificate, Candidate | tuple[str, Rule]] = {}

    def take_certificates(self, inside: asn1.SetOf[asn1.TLV] | None) -> None:
        """Take the certificates in the message."""
        self._inside: list[x509.Certificate] = []
        for number, each in enumerate(inside.as_list() if inside else ()):
            position = f"SignedData.certificates[{number}]"
            try:
                certificate = x509.load_der_x509_certificate(asn1.encode_der(each))
                items = _items(certificate)  # its fields are read at their first use
            except UNREADABLE:
                raise FormatError.at("", "not a certificate in DER (RFC 5280, 4.1)", position) from None
            if items > _MOST_ITEMS:
                rule = f"expected at most {_MOST_ITEMS} items in a name, usage or name constraints, found {items}"
                raise FormatError.at("", rule, position)
            self._inside.append(certificate)

    def candidates(self, sid: Sid, parameter_set: ParameterSet, number: int) -> list[Candidate]:
        """Return the keys that may have signed as a signer, at least one."""
        self._left = _MOST_VERIFICATIONS
        known = [*self._anchors._certificates, *self._anchors._intermediates, *self._inside]
        named = [each for each in dict.fromkeys(known) if is_named(each, sid)][:_MOST_NAMED]
        refusal = "the certificate of this signer is missing", Rule.CERTIFICATE
        found: list[Candidate] = []
        for certificate in named:
            judged = self._judge(certificate)
            if not isinstance(judged, Candidate):
                refusal = judged
            elif judged.public_key.parameter_set != parameter_set:
                text = f"signature is of {parameter_set}, and the certificate is for {judged.public_key.parameter_set}"
                refusal = text, Rule.CERTIFICATE
            else:
                found.append(judged)
        if not found:
            raise CMSVerificationError(*refusal, number)
        return found

    def _judge(self, certificate: x509.Certificate) -> Candidate | tuple[str, Rule]:
        """Return the key of a certificate and its path, or the reason why it is not accepted, and the rule."""
        if certificate in self._judged:
            return self._judged[certificate]
        if not self._left:
            return _EXHAUSTED, Rule.CERTIFICATE
        found: Candidate | tuple[str, Rule]
        try:
            self._identity.check(certificate)
            found = Candidate(signing_public_key(certificate), certificate, self._path(certificate))
        except CMSVerificationError as error:
            found = str(error), error.rule
        if self._left:  # otherwise, another signer may find its path
            self._judged[certificate] = found
        return found

    def _path(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """Return the path from a certificate to a trust anchor, both included."""
        either, policy = verification.Criticality.AGNOSTIC, verification.ExtensionPolicy
        builder = verification.PolicyBuilder().time(self._when or datetime.now(UTC))
        anchors = self._anchors._certificates
        try:
            above = self._above(certificate)
            names = sum(map(_names, [certificate, *above]))

            def check(_policy: object, _certificate: object, found: x509.NameConstraints | None) -> None:
                self._check_constraints(certificate, names, found)

            ca_policy, ee_policy = (
                each.may_be_present(x509.NameConstraints, either, check)
                for each in (policy.webpki_defaults_ca(), policy.permit_all())
            )
            ca_policy = ca_policy.may_be_present(x509.ExtendedKeyUsage, either, self._check_authority)
            ca_policy = ca_policy.may_be_present(x509.KeyUsage, either, _check_key_usage)
            builder = builder.extension_policies(ca_policy=ca_policy, ee_policy=ee_policy)
            return tuple(find_path(certificate, above, anchors, builder, None, self._spend))
        except (verification.VerificationError, *UNREADABLE) as error:
            reason = str(error).partition(" (encountered processing")[0]  # the rest has names from outside
            reason = reason.rpartition("Error: ")[2]  # of a check of ours
            message = f"certificate does not lead to a trust anchor: {reason}"
            raise CMSVerificationError(message, Rule.CERTIFICATE) from None

    def _above(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """Return the intermediates whose names make them authorities above a certificate, and that have a key usage.

        RFC 5280, 4.2.1.3, demands it. Only an anchor, which the caller trusts, may do without.
        """
        by_subject: dict[x509.Name, list[x509.Certificate]] = {}
        for each in filter(_has_key_usage, dict.fromkeys([*self._anchors._intermediates, *self._inside])):
            by_subject.setdefault(each.subject, []).append(each)
        names, found = [certificate.issuer], list[x509.Certificate]()
        for name in names:
            above = by_subject.pop(name, [])
            found += above
            names += [each.issuer for each in above]
        return found

    def _spend(self, count: int = 1) -> None:
        """Count verifications, of which a signer may need only so many."""
        if count > self._left:
            self._left = 0
            raise verification.VerificationError(_EXHAUSTED)
        self._left -= count

    def _check_authority(self, _policy: object, certificate: x509.Certificate, _usage: object) -> None:
        """Check an authority before `cryptography` verifies a signature by it."""
        self._spend()
        if not self._identity.is_served_by(certificate):
            raise ValueError("the extended key usage of an authority excludes the purpose")

    def _check_constraints(self, signer: x509.Certificate, names: int, found: x509.NameConstraints | None) -> None:
        """Check name constraints before `cryptography` compares them with the alternative names below.

        It compares neither distinguished names, whose constraints it refuses only if they are critical, nor an address
        in the subject (RFC 5280, 4.2.1.10).
        """
        kinds = [type(each) for each in _subtrees(found)]
        self._spend(len(kinds) * (names + 1) // _COMPARISONS)
        if x509.DirectoryName in kinds:
            raise ValueError("name constraints on distinguished names are not supported")
        if x509.RFC822Name in kinds and has_other_address(signer):
            raise ValueError("name constraints on addresses: an address in the subject is not an alternative name too")


def _has_key_usage(certificate: x509.Certificate) -> bool:
    try:
        return extension(certificate, x509.KeyUsage) is not None
    except UNREADABLE:
        return False


def _check_key_usage(_policy: object, _certificate: object, found: x509.KeyUsage | None) -> None:
    """Check the key usage of an authority, which only an anchor may lack."""
    if found is not None and not found.key_cert_sign:
        raise ValueError("keyUsage.keyCertSign must be asserted in an authority")


def _subtrees(found: x509.NameConstraints | None) -> list[x509.GeneralName]:
    """Return the permitted and the excluded names of name constraints."""
    return [] if found is None else [*(found.permitted_subtrees or ()), *(found.excluded_subtrees or ())]


def _names(certificate: x509.Certificate) -> int:
    """Return the number of alternative names; 0 if the extensions cannot be read, so that no path leads through it."""
    try:
        return len([*(extension(certificate, x509.SubjectAlternativeName) or ())])
    except UNREADABLE:
        return 0


def _items(certificate: x509.Certificate) -> int:
    """Return the number of items of the longest name or extension that a search reads."""
    found = [len(certificate.subject), len(certificate.issuer)]
    for each in certificate.extensions:
        if isinstance(each.value, x509.NameConstraints):
            found.append(len(_subtrees(each.value)))
        elif isinstance(each.value, (x509.ExtendedKeyUsage, x509.SubjectAlternativeName)):
            found.append(len([*each.value]))
    return max(found)


def is_named(certificate: x509.Certificate, sid: Sid) -> bool:
    """Return whether a signer's identifier (RFC 5652, 5.3) names a certificate, which may be unreadable."""
    try:
        if isinstance(sid, bytes):
            found = extension(certificate, x509.SubjectKeyIdentifier)
            return found is not None and found.digest == sid
        if certificate.serial_number != sid.serial_number:
            return False
        return certificate.issuer.public_bytes() == asn1.encode_der(sid.issuer)
    except UNREADABLE:  # its issuer is no name, for example, as `cryptography` finds here
        return False


def signing_public_key(certificate: x509.Certificate) -> SignaturePublicKey:
    """Return the key of a certificate that signs messages.

    Raises:
        CMSVerificationError: this library does not verify with the key, or it must not sign messages (RFC 9881, 5).
    """
    try:
        key = public_key(certificate)
        usage = extension(certificate, x509.KeyUsage)
    except (PQCError, *UNREADABLE) as error:
        raise CMSVerificationError(f"certificate: {error}", Rule.CERTIFICATE) from None
    if not isinstance(key, SignaturePublicKey):
        raise CMSVerificationError(f"certificate: {key.parameter_set} does not sign", Rule.CERTIFICATE)
    if usage is not None and not usage.digital_signature and not usage.content_commitment:
        message = "certificate has neither the key usage digitalSignature nor nonRepudiation"
        raise CMSVerificationError(message, Rule.CERTIFICATE)
    return key
