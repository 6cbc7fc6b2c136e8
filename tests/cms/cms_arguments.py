"""Right arguments for the public callables of CMS."""

from __future__ import annotations

from certificates import self_signed
from right_arguments import DSA, Arguments

from qynauth_pqc import cms

SIGNER = cms.CMSSigner(DSA)
MESSAGE = cms.sign(b"content", SIGNER)

ARGUMENTS = Arguments(
    good={
        "certificates": lambda: [self_signed(DSA)],
        "content": lambda: b"content",
        "message": lambda: MESSAGE,
        "signer": lambda: SIGNER,
        "signers": lambda: SIGNER,
        "cms.verify.signers": lambda: DSA.public_key,
    },
    objects=[],
    secrets={"signers", "cms.CMSSigner.key"},
    least_secrets=4,
    found={"cms.sign", "cms.add_signer", "cms.TrustAnchors"},
    left_out={"Anyone", "Rule", "VerifiedMessage", "VerifiedSigner"},
)
