"""Signed messages of CMS (RFC 5652): SignedData with ML-DSA, composites and SLH-DSA, attached and detached.

The formats follow RFC 9882, draft-ietf-lamps-cms-composite-sigs and RFC 9814. `sign` makes messages in DER, and
`verify` checks them against `TrustAnchors`, with a purpose and a subject, or certificates and keys that the caller
trusts. OpenSSL 3.5 and newer and Bouncy Castle read and write the same messages. `verify` takes BER and PEM too.
S/MIME and encrypted messages are not supported, and timestamps are not verified.

Needs the extra `x509`. `cryptography` reads and writes the encoding, and verifies
paths of certificates.
"""

from __future__ import annotations

from qynauth_pqc.cms.errors import CMSVerificationError, Rule
from qynauth_pqc.cms.signing import CMSSigner, add_signer, sign
from qynauth_pqc.cms.trust import TrustAnchors
from qynauth_pqc.cms.verification import VerifiedMessage, VerifiedSigner, verify
from qynauth_pqc.extend import ANYONE, Anyone

__all__ = [
    "ANYONE",
    "Anyone",
    "CMSSigner",
    "CMSVerificationError",
    "Rule",
    "TrustAnchors",
]
__all__ += ["VerifiedMessage", "VerifiedSigner", "add_signer", "sign", "verify"]
