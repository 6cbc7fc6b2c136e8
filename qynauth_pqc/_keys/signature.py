"""What the keys of all signature algorithms share: signing and verifying."""

from __future__ import annotations

from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.errors import InvalidSignatureError, status_error
from qynauth_pqc.mu import detail_of, sign_flags
from qynauth_pqc.native import sign, verify

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from qynauth_pqc.native.inputs import BytesLike


class SignaturePublicKey(PublicKey):
    """A public key of any family of signatures."""

    __slots__ = ()

    def verify(self, message: BytesLike, signature: BytesLike, *, context: BytesLike = b"") -> None:
        """Check a signature: ML-DSA.Verify (FIPS 204, 5.3), or a composite's. Returns nothing if it is valid.

        Args:
            message: the message, of any length.
            signature: the signature, at most `signature_bytes` of the parameter set.
            context: the context it was signed with, 0 to 255 bytes.

        Raises:
            InvalidSignatureError: the signature is not valid for this message, context and key.
            InvalidLengthError: the context is longer than 255 bytes.
        """
        status = verify(self._handle or self._use(), message, context, signature)
        if status:
            raise status_error(status, detail_of(status, self, {"context": context, "signature": signature}))


class SignaturePrivateKey(PrivateKey):
    """A private key of any family of signatures."""

    __slots__ = ()

    _public_class: type[SignaturePublicKey]
    public_key: SignaturePublicKey

    @property
    def algorithm(self) -> str:
        """The name of the parameter set, as `qynauth_pqc.signer.Signer` has it."""
        return self._parameter_set.value  # type: ignore[no-any-return]

    def sign(self, message: BytesLike, *, context: BytesLike = b"", deterministic: bool = False) -> bytes:
        """Sign a message: ML-DSA.Sign (FIPS 204, 5.2), or a composite's.

        Args:
            message: the message, of any length.
            context: what the signature is for, 0 to 255 bytes; the verifier must pass the same.
            deterministic: use no randomness, so that equal inputs have equal signatures.

        Returns:
            The signature, at most `signature_bytes` of the parameter set.

        Raises:
            InvalidLengthError: the context is longer than 255 bytes.
        """
        flags = sign_flags(deterministic=deterministic)
        made = sign(self._handle or self._use(), message, context, flags)
        if isinstance(made, int):
            raise status_error(made, detail_of(made, self, {"context": context}))
        return made


def is_valid(
    public_key: SignaturePublicKey, message: BytesLike, signature: BytesLike, context: BytesLike = b""
) -> bool:
    """Return whether a signature is valid."""
    try:
        public_key.verify(message, signature, context=context)
    except InvalidSignatureError:
        return False
    return True
