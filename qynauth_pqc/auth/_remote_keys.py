"""Keys of a ring with the private half elsewhere: a signer, such as the client of a KMS, signs with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc import CompositePublicKey, MLDSAPublicKey
from qynauth_pqc.auth._private_keys import public_members
from qynauth_pqc.auth._public_keys import thumbprint
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import is_valid

if TYPE_CHECKING:
    from qynauth_pqc.auth._private_keys import Sign
    from qynauth_pqc.signer import Signer


def remote(signer: Signer) -> tuple[str, Sign]:
    """Return the thumbprint of a signer's public key, and a function that signs and verifies each signature."""
    public_key = getattr(signer, "public_key", None)
    if not isinstance(public_key, (MLDSAPublicKey, CompositePublicKey)) or not callable(getattr(signer, "sign", None)):
        raise TypeError(f"expected signers of ML-DSA or of a hybrid algorithm, not {type(signer).__name__}")

    def sign(message: bytes) -> bytes:
        signature = signer.sign(message)
        expect(signature, bytes, "what the signer returns")
        if not is_valid(public_key, message, signature):
            raise KeyRingError("the signer returned no signature of its public key; check which key it signs with")
        return signature

    return thumbprint(public_members(public_key)), sign
