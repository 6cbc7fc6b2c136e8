"""The trusted signers: trust anchors of certificates, or pinned certificates and keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import verification

from qynauth_pqc._keys.signature import SignaturePublicKey
from qynauth_pqc.cms.errors import CMSFormatError, CMSVerificationError, Rule
from qynauth_pqc.errors import InvalidLengthError, PQCError, expect
from qynauth_pqc.integrations.x509 import public_key
from qynauth_pqc.integrations.x509_paths import verify_path
from qynauth_pqc.native.inputs import without_own_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TypeAlias

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc.cms._syntax import IssuerAndSerialNumber

    Trust: TypeAlias = "TrustAnchors | x509.Certificate | SignaturePublicKey"
    Sid: TypeAlias = IssuerAndSerialNumber | bytes

__all__ = ["TrustAnchors"]

UNREADABLE = (
    *(ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
    CryptographyDeprecationWarning,  # if warnings are errors
)
"""The errors of `cryptography` for an unreadable certificate, on loading or at the first use of a field."""

_MOST_NAMED = 8
"""The most certificates that are tried for a signer: a key with a renewed certificate has several."""


class TrustAnchors:
    """Certificates of trusted authorities, and of authorities below them.

    `qynauth_pqc.integrations.x509_paths` verifies the paths: signatures, names, dates, basic constraints, and that no
    unknown extension is critical. Revocation is not checked.

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

    def _path(
        self, certificate: x509.Certificate, inside: Sequence[x509.Certificate], when: datetime | None, number: int
    ) -> tuple[x509.Certificate, ...]:
        """Return the path from a certificate to a trust anchor, both included.

        Raises:
            CMSVerificationError: there is no path.
        """
        policies = verification.ExtensionPolicy.webpki_defaults_ca(), verification.ExtensionPolicy.permit_all()
        builder = verification.PolicyBuilder().time(when or datetime.now(UTC))
        builder = builder.extension_policies(ca_policy=policies[0], ee_policy=policies[1])
        try:
            return tuple(verify_path(certificate, [*self._intermediates, *inside], self._certificates, builder))
        except (verification.VerificationError, *UNREADABLE) as error:
            reason = str(error).partition(" (encountered processing")[0]  # the rest has names from outside
            message = f"certificate does not lead to a trust anchor: {reason}"
            raise CMSVerificationError(message, Rule.CERTIFICATE, number) from None

    def __repr__(self) -> str:
        """Show the number of certificates."""
        return f"<{type(self).__name__}: {len(self._certificates)}>"


def certificates_in(found: Sequence[x509.Certificate], name: str) -> list[x509.Certificate]:
    """Return the certificates that a caller passed for a parameter.

    Raises:
        TypeError: the argument is no list or tuple, or an item is not a certificate.
    """
    expect(found, (list, tuple), name)
    for each in found:
        expect(each, x509.Certificate, f"each of {name}")
    return list(found)


class Candidate(NamedTuple):
    """A key that may have signed, and the reason to trust it: `VerifiedSigner` has these fields."""

    public_key: SignaturePublicKey
    certificate: x509.Certificate | None = None
    path: tuple[x509.Certificate, ...] = ()


class Trusted(Protocol):
    """The trust of the caller, for one message."""

    def take_certificates(self, inside: asn1.SetOf[asn1.TLV] | None) -> None:
        """Take the certificates in the message."""

    def candidates(self, sid: Sid, parameter_set: ParameterSet, number: int) -> Iterable[Candidate]:
        """Return the keys that may have signed as a signer.

        Raises:
            CMSVerificationError: there are no such keys.
        """


def trusted(signers: Trust | Sequence[x509.Certificate | SignaturePublicKey], when: datetime | None) -> Trusted:
    """Return the trust of the caller.

    Raises:
        TypeError: the argument has another type, or the time has no time zone.
        InvalidLengthError: there is no certificate or key.
    """
    if when is not None:
        expect(when, datetime, "when")
        if when.tzinfo is None:
            raise TypeError("when must have a time zone")
    if isinstance(signers, SignaturePublicKey):
        return _Pinned([Candidate(signers)], [])
    if isinstance(signers, TrustAnchors):
        return _Paths(signers, when)
    pinned: list[Any] = list(signers) if isinstance(signers, (list, tuple)) else [signers]
    if not pinned:
        raise InvalidLengthError("expected at least one trusted certificate or key")
    for each in pinned:
        expect(each, (SignaturePublicKey, x509.Certificate), "signers")
    certificates = [each for each in pinned if isinstance(each, x509.Certificate)]
    keys = [Candidate(each) for each in pinned if isinstance(each, SignaturePublicKey)]
    return _Pinned(keys, [(each, Candidate(signing_public_key(each), each)) for each in certificates])


class _Pinned:
    """Certificates and keys that the caller trusts directly."""

    __slots__ = ("_certified", "_keys")

    def __init__(self, keys: list[Candidate], certified: list[tuple[x509.Certificate, Candidate]]) -> None:
        self._keys, self._certified = keys, certified

    def take_certificates(self, inside: asn1.SetOf[asn1.TLV] | None) -> None:
        """Leave them encoded: they have no effect."""

    def candidates(self, sid: Sid, parameter_set: ParameterSet, number: int) -> list[Candidate]:
        named = self._keys
        if self._certified:
            named = named + [candidate for certificate, candidate in self._certified if is_named(certificate, sid)]
        found = [each for each in named if each.public_key.parameter_set is parameter_set]
        if not found:
            message = f"no trusted certificate is of this signer, and no trusted key is of {parameter_set}"
            raise CMSVerificationError(message, Rule.KEY, number)
        return found


class _Paths:
    """Paths to trust anchors."""

    __slots__ = ("_anchors", "_inside", "_when")

    def __init__(self, anchors: TrustAnchors, when: datetime | None) -> None:
        self._anchors, self._when = anchors, when

    def take_certificates(self, inside: asn1.SetOf[asn1.TLV] | None) -> None:
        self._inside: list[x509.Certificate] = []
        for number, each in enumerate(inside.as_list() if inside else ()):
            try:
                certificate = x509.load_der_x509_certificate(asn1.encode_der(each))
                _ = certificate.issuer, certificate.subject, certificate.extensions  # read at their first use
                self._inside.append(certificate)
            except UNREADABLE:
                position = f"SignedData.certificates[{number}]"
                raise CMSFormatError.at(position, "not a certificate in DER (RFC 5280, 4.1)") from None

    def candidates(self, sid: Sid, parameter_set: ParameterSet, number: int) -> list[Candidate]:
        known = [*self._anchors._certificates, *self._anchors._intermediates, *self._inside]
        named = [each for each in dict.fromkeys(known) if is_named(each, sid)][:_MOST_NAMED]
        refusal = CMSVerificationError("the certificate of this signer is not there", Rule.CERTIFICATE, number)
        found = []
        for certificate in named:
            try:
                found.append(self._candidate(certificate, parameter_set, number))
            except CMSVerificationError as error:
                refusal = error
        if not found:
            raise refusal
        return found

    def _candidate(self, certificate: x509.Certificate, parameter_set: ParameterSet, number: int) -> Candidate:
        """Return the key of a certificate that names the signer."""
        path = self._anchors._path(certificate, self._inside, self._when, number)
        key = signing_public_key(certificate, number)
        if key.parameter_set != parameter_set:
            message = f"signature is of {parameter_set}, and the certificate is for {key.parameter_set}"
            raise CMSVerificationError(message, Rule.CERTIFICATE, number)
        return Candidate(key, certificate, path)


def is_named(certificate: x509.Certificate, sid: Sid) -> bool:
    """Return whether a signer's identifier (RFC 5652, 5.3) names a certificate."""
    if isinstance(sid, bytes):
        return key_identifier(certificate) == sid
    if certificate.serial_number != sid.serial_number:
        return False
    try:
        return certificate.issuer.public_bytes() == asn1.encode_der(sid.issuer)
    except ValueError:  # its issuer is no name, as `cryptography` finds here
        return False


def key_identifier(certificate: x509.Certificate) -> bytes | None:
    """Return the subject key identifier of a certificate; None if it has none, or has unreadable extensions."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None


def signing_public_key(certificate: x509.Certificate, number: int | None = None) -> SignaturePublicKey:
    """Return the key of a certificate that signs messages.

    Raises:
        CMSVerificationError: this library does not verify with the key, or it must not sign messages (RFC 9881, 5).
    """
    try:
        key = public_key(certificate)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    except (PQCError, *UNREADABLE) as error:
        raise CMSVerificationError(f"certificate: {error}", Rule.CERTIFICATE, number) from None
    if not isinstance(key, SignaturePublicKey):
        raise CMSVerificationError(f"certificate: {key.parameter_set} does not sign", Rule.CERTIFICATE, number)
    if usage is not None and not usage.digital_signature and not usage.content_commitment:
        message = "certificate has neither the key usage digitalSignature nor nonRepudiation"
        raise CMSVerificationError(message, Rule.CERTIFICATE, number)
    return key
