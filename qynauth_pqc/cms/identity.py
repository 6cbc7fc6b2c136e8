"""Who signed and for what purpose: the conditions on the certificate of a signer below a trust anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.cms.errors import CMSVerificationError, Rule
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.extend import Anyone, extra
from qynauth_pqc.integrations.x509 import UNREADABLE

with extra("x509"):
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Literal, TypeAlias, TypeVar

    Purpose: TypeAlias = Literal["email", "code", "document", "any"]
    Subject: TypeAlias = "str | x509.Name | Anyone"
    E = TypeVar("E", bound=x509.ExtensionType)

PURPOSES = {
    "email": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "code": ExtendedKeyUsageOID.CODE_SIGNING,
    "document": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # id-kp-documentSigning (RFC 9336)
    "any": None,
}
"""The extended key usage of each purpose; None if it is not examined."""

_MORE_NAMES = {"emailAddress": NameOID.EMAIL_ADDRESS, "serialNumber": NameOID.SERIAL_NUMBER}
"""Attributes that RFC 4514 does not name, by their names in OpenSSL."""

_KINDS: dict[str, type[x509.RFC822Name | x509.DNSName | x509.UniformResourceIdentifier]] = {
    "email": x509.RFC822Name,
    "dns": x509.DNSName,
    "uri": x509.UniformResourceIdentifier,
}
"""The subject alternative names that can be expected (RFC 5280, 4.2.1.6)."""


def extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    """Return the extension of this kind of a certificate, if it has one."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


class Identity:
    """The expected signer: the subject and the issuer of its certificate, and the purpose that it must serve."""

    __slots__ = ("_issuer", "_purpose", "_subject", "_usage")

    def __init__(self, purpose: Purpose, subject: Subject, issuer: str | x509.Name | None) -> None:
        """Take the conditions; their errors are those of `verify`."""
        expect(purpose, str, "purpose")
        expect(subject, (str, x509.Name, Anyone), "subject")
        expect(issuer, (str, x509.Name, type(None)), "issuer")
        if purpose not in PURPOSES:
            raise UnsupportedError(f"purpose must be one of {', '.join(PURPOSES)}")
        self._purpose, self._usage = purpose, PURPOSES[purpose]
        self._subject = subject if isinstance(subject, Anyone) else _expected(subject, "subject", _KINDS)
        self._issuer = None if issuer is None else _expected(issuer, "issuer", ())

    def check(self, certificate: x509.Certificate) -> None:
        """Refuse another subject or issuer, another purpose, and a certificate that cannot be read."""
        try:
            subject, issuer, names = certificate.subject, certificate.issuer, _alternative_names(certificate)
            serves = self.is_served_by(certificate)
        except UNREADABLE:
            message = "the names or the extensions of the certificate cannot be read"
            raise CMSVerificationError(message, Rule.CERTIFICATE) from None
        if not isinstance(self._subject, Anyone) and self._subject not in {subject, *names}:
            raise CMSVerificationError("certificate has another subject than expected", Rule.SUBJECT)
        if self._issuer not in {None, issuer}:
            raise CMSVerificationError("certificate has another issuer than expected", Rule.SUBJECT)
        if not serves:
            message = f"certificate is for other purposes than {self._purpose}: its extended key usage excludes this"
            raise CMSVerificationError(message, Rule.PURPOSE)

    def is_served_by(self, certificate: x509.Certificate) -> bool:
        """Return whether a certificate serves the purpose: without extended key usage, it serves all."""
        if self._usage is None:
            return True
        usages = extension(certificate, x509.ExtendedKeyUsage)
        return usages is None or self._usage in usages


def _expected(given: str | x509.Name, name: str, kinds: Collection[str]) -> x509.Name | tuple[str, str]:
    """Return an expected name in the form in which it is compared."""
    kind, _, value = given.partition(":") if isinstance(given, str) else ("", "", "")
    try:
        if kind in kinds and value:
            _KINDS[kind](value)  # demands ASCII, and an address without a display name
            return _comparable(kind, value)
        found = x509.Name.from_rfc4514_string(given, _MORE_NAMES) if isinstance(given, str) else given
        if found.rdns:
            return found
    except ValueError:
        pass
    others = ", or email:, dns: or uri: and a name in ASCII" if kinds else ""
    raise UnsupportedError(f"{name} must be a whole distinguished name, as CN=Frodo,O=The Shire (RFC 4514){others}")


def _alternative_names(certificate: x509.Certificate) -> list[tuple[str, str]]:
    """Return the subject alternative names of a certificate that can be expected."""
    found = extension(certificate, x509.SubjectAlternativeName)
    if found is None:
        return []
    return [_comparable(kind, each) for kind, of in _KINDS.items() for each in found.get_values_for_type(of)]


def has_other_address(certificate: x509.Certificate) -> bool:
    """Return whether the subject of a certificate has an address that is not among its alternative names too."""
    addresses = certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
    return not {_comparable("email", str(each.value)) for each in addresses} <= {*_alternative_names(certificate)}


def _comparable(kind: str, value: str) -> tuple[str, str]:
    """Return a name that is equal if RFC 5280 (7.2, 7.5) calls the names an exact match: case counts not in domains.

    A URI is compared with the case of all its parts. `cryptography` also reads names that are not ASCII, and in lower
    case such a name may be: U+212A becomes a k.
    """
    if kind == "uri" or not value.isascii():
        return kind, value
    local, at, domain = value.rpartition("@") if kind == "email" else ("", "", value)
    return kind, f"{local}{at}{domain.lower()}"


def name_text(name: x509.Name) -> str:
    r"""Return a distinguished name as text that `subject` takes (RFC 4514), with escapes for unprintable characters.

    >>> name_text(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Frodo\n\u202eodorF")]))
    'CN=Frodo\\0A\\E2\\80\\AEodorF'
    """
    text = name.rfc4514_string({identifier: short for short, identifier in _MORE_NAMES.items()})
    escapes = {ord(each): "".join(f"\\{byte:02X}" for byte in each.encode()) for each in text if not each.isprintable()}
    return text.translate(escapes)
