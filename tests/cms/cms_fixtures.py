"""Keys, certificates and signed messages of CMS for tests, and messages that no signer of this library would make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat import asn1

from qynauth_pqc import MLDSAPrivateKey, SignaturePrivateKey
from qynauth_pqc._keys.digests import hash_message
from qynauth_pqc.cms import ANYONE, CMSSigner, sign
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._algorithms import DIGESTS
from qynauth_pqc.integrations.x509 import sign_certificate, subject_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from qynauth_pqc.native.inputs import BytesLike

CONTENT = b"content\n"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def private_key(fill: int = 0, name: Any = "ML-DSA-44") -> MLDSAPrivateKey:
    """Return a private key of a seed that is made of this byte alone."""
    return MLDSAPrivateKey.from_seed(bytes([fill]) * 32, name)


class Steady:
    """Signs without randomness, so that the corpus of the fuzz target has the signatures of each run."""

    def __init__(self, key: MLDSAPrivateKey) -> None:
        """Take the key."""
        self._key, self.algorithm, self.public_key = key, key.algorithm, key.public_key

    def sign(self, message: BytesLike) -> bytes:
        """Sign."""
        return self._key.sign(message, deterministic=True)


KEY = private_key()
PUBLIC = KEY.public_key
SIGNER = CMSSigner(Steady(KEY))
MESSAGE = sign(CONTENT, SIGNER, signing_time=NOW)
ANYBODY: dict[str, Any] = {"purpose": "any", "subject": ANYONE}
"""Options of `verify` for tests of other conditions than the signer and the purpose."""


def certificate(  # noqa: PLR0913 - what a certificate says
    subject: SignaturePrivateKey,
    issuer: SignaturePrivateKey | None = None,
    *,
    name: str | x509.Name = "leaf",
    issuer_name: str | x509.Name | None = None,
    ca: bool = False,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    days: tuple[float, float] = (-1, 1),
    number: int = 7,
) -> x509.Certificate:
    """Return a certificate of a key, self-issued unless there is an issuer, valid a day around `NOW`."""
    key = subject_key(subject.public_key)
    builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer_name or name))
    builder = builder.public_key(key).serial_number(number)
    builder = builder.not_valid_before(NOW + timedelta(days[0])).not_valid_after(NOW + timedelta(days[1]))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage(key_cert_sign=True), critical=True)
    if issuer is not None:
        above = x509.SubjectKeyIdentifier.from_public_key(subject_key(issuer.public_key))
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above)
        builder = builder.add_extension(authority, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return sign_certificate(builder, issuer or subject)


def usage(**chosen: bool) -> x509.KeyUsage:
    """Return a key usage with these bits."""
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    names += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**(dict.fromkeys(names, False) | chosen))


def _name(text: str | x509.Name) -> x509.Name:
    return text if isinstance(text, x509.Name) else x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def values(digest: str = "SHA-512", content: bytes = CONTENT) -> dict[Any, list[bytes]]:
    """Return the values in DER of the signed attributes of content, by their types."""
    time = asn1.encode_der(asn1.UTCTime(NOW))
    return {
        syntax.CONTENT_TYPE: [asn1.encode_der(syntax.DATA)],
        syntax.MESSAGE_DIGEST: [asn1.encode_der(hash_message(digest, content).digest())],
        syntax.SIGNING_TIME: [time],
    }


def attribute(kind: Any, found: list[bytes]) -> asn1.TLV:
    """Return an attribute with these values in DER."""
    encoded = [asn1.decode_der(asn1.TLV, each) for each in found]
    return syntax.tlv(syntax.Attribute(type=kind, values=asn1.SetOf(encoded)))


def message(
    attributes: Iterable[asn1.TLV] | Mapping[Any, list[bytes]], digest: str = "SHA-512", **changes: Any
) -> bytes:
    """Return a message with a valid signature, any signed attributes, and any other fields of its signer."""
    if not isinstance(attributes, (list, tuple)):
        attributes = [attribute(kind, found) for kind, found in attributes.items()]  # type: ignore[union-attr]
    made = asn1.SetOf(list(attributes))
    info = SIGNER._info(asn1.encode_der(made), made)
    info.digest_algorithm = syntax.algorithm(DIGESTS[digest])
    for field, value in changes.items():
        setattr(info, field, value)
    return with_infos([info])


def with_infos(infos: list[syntax.SignerInfo], content: bytes | None = CONTENT) -> bytes:
    """Return a message with these signers."""
    return syntax.message(infos, syntax.EncapsulatedContentInfo(content_type=syntax.DATA, content=content), [])


def changed(encoded: bytes, change: Callable[[syntax.SignedData], None]) -> bytes:
    """Return a message after a change of its fields, encoded as its signer would have."""
    outer = asn1.decode_der(syntax.ContentInfo, encoded)
    change(outer.content)
    return asn1.encode_der(outer)
