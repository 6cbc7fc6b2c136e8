"""The protocol of signers: a private key of this library, or an object that signs with a key kept elsewhere."""

from __future__ import annotations

from typing import Protocol

from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey

__all__ = ["Signer"]


class Signer(Protocol):
    """An object that signs messages. The private keys of all signature algorithms are signers.

    A signer of ML-DSA may also have `sign_mu(mu)`, as `MLDSAPrivateKey` has it: the command line then sends it the 64
    bytes of mu (FIPS 204, 6.2) instead of the message.

    >>> from qynauth_pqc import CompositePrivateKey
    >>> signer: Signer = CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512")
    >>> signer.algorithm
    'MLDSA44-Ed25519-SHA512'
    """

    @property
    def algorithm(self) -> str:
        """The name of the parameter set."""

    @property
    def public_key(self) -> SignaturePublicKey:
        """The public key."""

    def sign(self, message: bytes | bytearray | memoryview) -> bytes:
        """Sign a message with the empty context.

        Args:
            message: the message, of any length.

        Returns:
            The signature, at most `signature_bytes` of the parameter set.
        """


def public_key_of(signer: Signer) -> SignaturePublicKey:
    """Return the public key of a signer, after a check that it is one.

    Raises:
        TypeError: the object is no signer.
    """
    key = getattr(signer, "public_key", None)
    if not isinstance(key, SignaturePublicKey) or not callable(getattr(signer, "sign", None)):
        raise TypeError(f"signer must be a private key that signs, or another signer, not {type(signer).__name__}")
    return key


def sign_checked(signer: Signer, message: bytes | bytearray | memoryview) -> bytes:
    """Sign a message, and verify the signature if it was made elsewhere.

    Raises:
        InvalidSignatureError: the signature does not verify with the signer's public key.
    """
    signature = signer.sign(message)
    if not isinstance(signer, SignaturePrivateKey):
        signer.public_key.verify(message, signature)
    return signature
