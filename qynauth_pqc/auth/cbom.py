"""The cryptographic bill of materials of a service (CBOM): its algorithms, keys and certificates, in CycloneDX 1.6."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import qynauth_pqc
from qynauth_pqc import KEMPublicKey, SignaturePublicKey
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.keyring import KeyRing, KeyState, check_several
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.errors import InvalidKeyError, PQCError, expect
from qynauth_pqc.extend import extra, loadable, without_own_frames
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES

with extra("auth"):
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import PublicKeyAlgorithmOID, SignatureAlgorithmOID
    from cyclonedx.model import Property, crypto
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository
    from cyclonedx.output.json import JsonV1Dot6

    from qynauth_pqc.integrations.x509 import public_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qynauth_pqc.auth.algorithms import Algorithm
    from qynauth_pqc.auth.keyring import RingKey

__all__ = ["cbom"]


def _named(identifiers: type) -> dict[str, str]:
    """Return the names of the members of a class of `cryptography` by their object identifiers."""
    found = {name: each for name, each in vars(identifiers).items() if isinstance(each, x509.ObjectIdentifier)}
    return {each.dotted_string: name.replace("_", "-") for name, each in found.items()}


_OURS: Final = {each.oid: each for kind in (KEMPublicKey, SignaturePublicKey) for _, each in loadable(kind)}
_OUR_SIGNATURES: Final = {each.oid: str(each) for _, each in loadable(SignaturePublicKey)}
_STATES: Final = {
    KeyState.NEXT: crypto.RelatedCryptoMaterialState.PRE_ACTIVATION,
    KeyState.ACTIVE: crypto.RelatedCryptoMaterialState.ACTIVE,
    KeyState.RETIRING: crypto.RelatedCryptoMaterialState.DEACTIVATED,
    KeyState.REVOKED: crypto.RelatedCryptoMaterialState.COMPROMISED,
}
_IDENTIFIERS: Final = {each: identifier for identifier, each in _OUR_SIGNATURES.items()} | {
    "EdDSA": SignatureAlgorithmOID.ED25519.dotted_string,
    "Ed25519": SignatureAlgorithmOID.ED25519.dotted_string,
    "ES256": SignatureAlgorithmOID.ECDSA_WITH_SHA256.dotted_string,
    "ES384": SignatureAlgorithmOID.ECDSA_WITH_SHA384.dotted_string,
    "RS256": SignatureAlgorithmOID.RSA_WITH_SHA256.dotted_string,
    "PS256": SignatureAlgorithmOID.RSASSA_PSS.dotted_string,
}
_SIGNATURES: Final = _named(SignatureAlgorithmOID) | _OUR_SIGNATURES
_NAMES: Final = _named(PublicKeyAlgorithmOID) | _SIGNATURES
"""The names of algorithms by their object identifiers: from `cryptography`, and for this library from the standards."""
_PARAMETERS: Final = re.compile(r"^[A-Z]+-[A-Z]+-(.+)")
"""The rest of the name of a parameter set after its family; the name of a composite has no family."""


@without_own_frames
def cbom(
    ring: KeyRing | None = None,
    policy: MigrationPolicy | None = None,
    certificates: Iterable[x509.Certificate] = (),
) -> str:
    """Return the CBOM of a key ring, a policy and certificates: the algorithms in use, and their keys.

    Each is a component with the type "cryptographic-asset". The public keys of the ring have their kid as name and the
    states of SP 800-57: a retiring key is deactivated, and a revoked one compromised. The sentences of the policy are
    properties of their algorithms. A hybrid algorithm has the security category of its ML-DSA. The CBOM holds no key
    and no secret.

    Args:
        ring: the ring; it is read again if it has changed.
        policy: the policy.
        certificates: certificates as `cryptography` loads them, also with keys of this library.

    Returns:
        JSON for CycloneDX 1.6. Only its serial number and its timestamp differ from call to call.

    Raises:
        KeyRingError: the ring is damaged.
        InvalidKeyError: a certificate is malformed.

    >>> import json
    >>> from qynauth_pqc.auth.policy import MigrationPolicy
    >>> policy = MigrationPolicy.parse('''
    ... [[accept]]
    ... issuer = "https://login.example"
    ... audience = "orders"
    ... algorithm = "ML-DSA-65"
    ... ''')
    >>> [each["name"] for each in json.loads(cbom(policy=policy))["components"]]
    ['ML-DSA-65']
    """
    expect(ring, (KeyRing, type(None)), "ring")
    expect(policy, (MigrationPolicy, type(None)), "policy")
    check_several(certificates, "certificates")
    found = _Assets()
    if policy is not None:
        for number, (row, sentence) in enumerate(zip(policy.rows, policy.sentences(), strict=True), 1):
            properties = found.of_tokens(row.algorithm).properties
            properties.add(Property(name=f"qynauth-pqc:policy:row:{number}", value=sentence))
    if ring is not None:
        ring.refresh()
        for key in ring.keys:
            found.add_key(key)
    for number, certificate in enumerate(certificates, 1):
        expect(certificate, x509.Certificate, f"certificate {number}")
        try:
            found.add_certificate(certificate)
        except ValueError as error:
            raise InvalidKeyError(f"certificate {number} is malformed: {error}") from error
    return JsonV1Dot6(found.bom()).output_as_string(indent=1) + "\n"


class _Assets:
    """The components of a CBOM, each once, and their dependencies."""

    def __init__(self) -> None:
        self._found: dict[str, Component] = {}
        self._needed: dict[str, tuple[Component, ...]] = {}

    def bom(self) -> Bom:
        """Return the CBOM."""
        library = Component(name="qynauth-pqc", version=qynauth_pqc.__version__, type=ComponentType.LIBRARY)
        tools = ToolRepository(components=[library])
        bom = Bom(components=self._found.values(), metadata=BomMetaData(tools=tools))
        for reference, needed in self._needed.items():
            bom.register_dependency(self._found[reference], needed)
        return bom

    def of_tokens(self, algorithm: Algorithm) -> Component:
        """Return an algorithm of tokens."""
        identifier = _IDENTIFIERS[COMPOSITES.get(algorithm.name, algorithm.name)]
        return self._algorithm(algorithm.name, identifier, algorithm.curve)

    def add_key(self, key: RingKey) -> None:
        """Add a key of a ring."""
        algorithm = self.of_tokens(ALGORITHMS[key.algorithm])
        material = crypto.RelatedCryptoMaterialProperties(
            type=crypto.RelatedCryptoMaterialType.PUBLIC_KEY,
            id=key.kid,
            state=_STATES[key.state],
            algorithm_ref=algorithm.bom_ref,
            creation_date=key.published,
            activation_date=key.activated,
            update_date=key.revoked or key.retired,
            size=_bits(key.jwk),
            format="JWK",
        )
        self._add(f"key:{key.kid}", key.kid, _material(material), algorithm)

    def add_certificate(self, certificate: x509.Certificate) -> None:
        """Add a certificate, its public key, and the algorithms of both."""
        fingerprint, subject = certificate.fingerprint(SHA256()).hex(), certificate.subject.rfc4514_string()
        reference, name = f"certificate:{fingerprint}", subject or fingerprint
        size, curve = _size_and_curve(certificate)
        of_key = self._identified(certificate.public_key_algorithm_oid, curve)
        of_signature = self._identified(certificate.signature_algorithm_oid)
        material = crypto.RelatedCryptoMaterialProperties(
            type=crypto.RelatedCryptoMaterialType.PUBLIC_KEY, algorithm_ref=of_key.bom_ref, size=size
        )
        key = self._add(f"{reference}:key", name, _material(material), of_key)
        properties = crypto.CertificateProperties(
            subject_name=subject,
            issuer_name=certificate.issuer.rfc4514_string(),
            not_valid_before=certificate.not_valid_before_utc,
            not_valid_after=certificate.not_valid_after_utc,
            signature_algorithm_ref=of_signature.bom_ref,
            subject_public_key_ref=key.bom_ref,
            certificate_format="X.509",
        )
        asset = crypto.CryptoProperties(
            asset_type=crypto.CryptoAssetType.CERTIFICATE, certificate_properties=properties
        )
        self._add(reference, name, asset, of_signature, key)

    def _identified(self, identifier: x509.ObjectIdentifier, curve: str | None = None) -> Component:
        number = identifier.dotted_string
        return self._algorithm(_NAMES.get(number, number), number, curve)

    def _algorithm(self, name: str, identifier: str, curve: str | None = None) -> Component:
        """Return an algorithm; an unknown algorithm has no known category."""
        ours = _OURS.get(identifier)
        other = crypto.CryptoPrimitive.KEM if ours else crypto.CryptoPrimitive.UNKNOWN
        properties = crypto.AlgorithmProperties(
            primitive=crypto.CryptoPrimitive.SIGNATURE if identifier in _SIGNATURES else other,
            parameter_set_identifier=next(iter(_PARAMETERS.findall(ours)), str(ours)) if ours else None,
            curve=curve,
            nist_quantum_security_level=ours.security_category if ours else 0 if identifier in _NAMES else None,
        )
        asset = crypto.CryptoProperties(
            asset_type=crypto.CryptoAssetType.ALGORITHM, algorithm_properties=properties, oid=identifier
        )
        return self._add(f"algorithm:{name}:{curve}" if curve else f"algorithm:{name}", name, asset)

    def _add(self, reference: str, name: str, asset: crypto.CryptoProperties, *needed: Component) -> Component:
        made = Component(name=name, type=ComponentType.CRYPTOGRAPHIC_ASSET, bom_ref=reference, crypto_properties=asset)
        self._needed.setdefault(reference, needed)
        return self._found.setdefault(reference, made)


def _bits(jwk: Mapping[str, object]) -> int:
    """Return the size of a public key: for RSA the size of its modulus."""
    encoded = jwk.get("pub") or jwk.get("n") or jwk["x"]
    return len(str(encoded)) * 6 // 8 * 8


def _material(properties: crypto.RelatedCryptoMaterialProperties) -> crypto.CryptoProperties:
    return crypto.CryptoProperties(
        asset_type=crypto.CryptoAssetType.RELATED_CRYPTO_MATERIAL, related_crypto_material_properties=properties
    )


def _size_and_curve(certificate: x509.Certificate) -> tuple[int | None, str | None]:
    """Return the size of the subject's key in bits, and its curve, as far as they are known."""
    with suppress(PQCError):
        return len(public_key(certificate).public_bytes()) * 8, None
    with suppress(UnsupportedAlgorithm, ValueError):
        key = certificate.public_key()
        curve = getattr(key, "curve", None)
        return getattr(key, "key_size", None), curve and curve.name
    return None, None
