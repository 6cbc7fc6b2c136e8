"""The algorithms of signatures and of digests, and the digests that each signature allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat import asn1

from qynauth_pqc.cms._syntax import OID, AlgorithmIdentifier, AlgorithmProtection, tlv
from qynauth_pqc.integrations.x509 import OBJECT_IDENTIFIERS

if TYPE_CHECKING:
    from qynauth_pqc.extend import ParameterSet


_DIGESTS = (
    ("SHA-512", 3, 256),
    ("SHA-384", 2, 192),
    ("SHA-256", 1, 128),
    ("SHA3-512", 10, 256),
    ("SHA3-384", 9, 192),
    ("SHA3-256", 8, 128),
    ("SHAKE256", 12, 256),
    ("SHAKE128", 11, 128),
)
"""The hash functions, the default first: name in `PREHASHES`, end of the identifier, and strength in bits."""

DIGESTS = {name: f"2.16.840.1.101.3.4.2.{number}" for name, number, _ in _DIGESTS}
"""Their object identifiers (RFC 5754, RFC 8702, and NIST's register for SHA-3)."""

_BITS = {1: 128, 2: 128, 3: 192, 5: 256}
"""The strength that a digest needs next to a signature of a security category: lambda of RFC 9882, 8n of RFC 9814."""


def strong_digests(parameter_set: ParameterSet) -> list[str]:
    """Return the digests that are no weaker than a signature."""
    least = _BITS[parameter_set.security_category]
    return [name for name, _, bits in _DIGESTS if bits >= least]


def _allowed(parameter_set: ParameterSet) -> list[str]:
    """Return the allowed digests of a signature, the default first.

    They are as strong as the parameter set: RFC 9882, 3.3; RFC 9814, 4: twice the size of the hashes in the tree. A
    composite takes only the digest of its pre-hash (draft-ietf-lamps-cms-composite-sigs, 3.4).
    """
    return strong_digests(parameter_set) if parameter_set.prehash is None else [parameter_set.prehash]


def _protection(digest: str, parameter_set: ParameterSet) -> asn1.TLV:
    """Return the value of the attribute CMSAlgorithmProtection (RFC 6211)."""
    digest_algorithm, signature_algorithm = (
        AlgorithmIdentifier(algorithm=OID(each)) for each in (DIGESTS[digest], parameter_set.oid)
    )
    return tlv(AlgorithmProtection(digest_algorithm=digest_algorithm, signature_algorithm=signature_algorithm))


PROTECTIONS: dict[str, dict[str, asn1.TLV]] = {
    each: {digest: _protection(digest, each) for digest in _allowed(each)} for each in OBJECT_IDENTIFIERS.values()
}
"""CMSAlgorithmProtection of each parameter set with each digest that it allows, the default digest first."""

# The contents of the SEQUENCE of an AlgorithmIdentifier without parameters.
ENCODED_PARAMETER_SETS = {asn1.encode_der(OID(identifier)): each for identifier, each in OBJECT_IDENTIFIERS.items()}
ENCODED_DIGESTS = {asn1.encode_der(OID(each)): name for name, each in DIGESTS.items()}
