"""The base of keys of all signature algorithms: signing and verifying."""

from __future__ import annotations

from qynauth_pqc._keys.digests import hash_message, sign_digest, verify_digest
from qynauth_pqc._keys.options import sign_flags
from qynauth_pqc._keys.parameter_sets import detail_of
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.errors import InvalidSignatureError
from qynauth_pqc.native import sign, status_error, verify
from qynauth_pqc.native.inputs import settled

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Never

    from qynauth_pqc._keys.key import Name  # noqa: F401 - in the bases of classes, as text
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.native.inputs import BytesLike


def by_name(key: object, call: str) -> TypeError:
    """Return the error for a method of a key that was passed its context by position."""
    return TypeError(f"{type(key).__name__} takes the context by name, as other options: {call}")


def _refusal(
    status: int, key: SignaturePublicKey, message: BytesLike, context: BytesLike, signature: BytesLike
) -> PQCError:
    inputs = {"message": message, "context": context, "signature": signature}
    return status_error(status, detail_of(status, key._parameter_set, inputs))


class SignaturePublicKey(PublicKey["Name"]):
    """A public key of any family of signatures.

    >>> from qynauth_pqc import CompositePrivateKey, SignaturePublicKey
    >>> isinstance(CompositePrivateKey.generate().public_key, SignaturePublicKey)
    True
    """

    __slots__ = ()

    def verify(self, message: BytesLike, signature: BytesLike, *_misplaced: Never, context: BytesLike = b"") -> None:
        """Check a signature according to the standard of the key's family. Returns nothing if it is valid.

        Args:
            message: the message, of any length.
            signature: the signature, at most `signature_bytes` of the parameter set.
            context: the context it was signed with, 0 to 255 bytes.

        Raises:
            InvalidSignatureError: the signature is not valid for this message, context and key.
            InvalidLengthError: the context is longer than 255 bytes.
        """
        if _misplaced:
            raise by_name(self, "verify(message, signature, context=...)")
        if status := verify(self._handle or self._use(), message, context, signature):
            raise _refusal(status, self, message, context, signature)


class SignaturePrivateKey(PrivateKey["Name"]):
    """A private key of any family of signatures.

    >>> from qynauth_pqc import CompositePrivateKey, SignaturePrivateKey
    >>> isinstance(CompositePrivateKey.generate(), SignaturePrivateKey)
    True
    """

    __slots__ = ()

    _public_class: type[SignaturePublicKey]
    public_key: SignaturePublicKey
    """The public key, which stays usable after this key is closed."""

    @property
    def algorithm(self) -> str:
        """The name of the parameter set, as `qynauth_pqc.signer.Signer` has it."""
        return self._parameter_set.value  # type: ignore[no-any-return]

    def sign(
        self, message: BytesLike, *_misplaced: Never, context: BytesLike = b"", deterministic: bool = False
    ) -> bytes:
        """Sign a message according to the standard of the key's family.

        Args:
            message: the message, of any length.
            context: the purpose of the signature, 0 to 255 bytes; the verifier must pass the same.
            deterministic: use no randomness, so that equal inputs have equal signatures.

        Returns:
            The signature, at most `signature_bytes` of the parameter set.

        Raises:
            InvalidLengthError: the context is longer than 255 bytes.
        """
        if _misplaced:
            raise by_name(self, "sign(message, context=...)")
        flags = sign_flags(deterministic=deterministic)
        made = sign(self._handle or self._use(), message, context, flags)
        if isinstance(made, int):
            made = settled(made, message, context)
            raise status_error(made, detail_of(made, self._parameter_set, {"context": context}))
        return made


class PrehashPublicKey(SignaturePublicKey["Name"]):
    """A public key of a family that signs digests too."""

    __slots__ = ()

    def verify(
        self,
        message: BytesLike,
        signature: BytesLike,
        *_misplaced: Never,
        context: BytesLike = b"",
        prehash: str | None = None,
    ) -> None:
        """Check a signature: ML-DSA.Verify (FIPS 204, 5.3), slh_verify (FIPS 205, 10.3). Returns nothing if valid.

        Args:
            message: the message, of any length.
            signature: the signature, `signature_bytes` of the parameter set; any other length is invalid.
            context: the context it was signed with, 0 to 255 bytes.
            prehash: the hash function it was signed with, one of `qynauth_pqc.prehash.PREHASHES`; None for a plain
                signature.

        Raises:
            InvalidSignatureError: the signature is not valid for this message, context, hash function and key.
            InvalidLengthError: the context is longer than 255 bytes.
            UnsupportedError: the hash function is unknown.
        """
        if _misplaced:
            raise by_name(self, "verify(message, signature, context=...)")
        if prehash is not None:
            verify_digest(self, hash_message(prehash, message), signature, context)
        elif status := verify(self._handle or self._use(), message, context, signature):  # super() would take 0.2 us
            raise _refusal(status, self, message, context, signature)


class PrehashPrivateKey(SignaturePrivateKey["Name"]):
    """A private key of a family that signs digests too."""

    __slots__ = ()

    def sign(
        self,
        message: BytesLike,
        *_misplaced: Never,
        context: BytesLike = b"",
        deterministic: bool = False,
        prehash: str | None = None,
    ) -> bytes:
        """Sign a message: ML-DSA.Sign (FIPS 204, 5.2), slh_sign (FIPS 205, 10.2.1).

        Signing is hedged: fresh randomness goes into each signature, which protects against faults and side channels.

        Args:
            message: the message, of any length.
            context: the purpose of the signature, 0 to 255 bytes; the verifier must pass the same.
            deterministic: use no randomness, so that equal inputs have equal signatures. ML-DSA uses 32 zero bytes
                instead, SLH-DSA PK.seed.
            prehash: sign the message's digest by this hash function, one of `qynauth_pqc.prehash.PREHASHES`, instead
                of the message: HashML-DSA (FIPS 204, 5.4), HashSLH-DSA (FIPS 205, 10.2.2). None is a plain signature.

        Returns:
            The signature, `signature_bytes` of the parameter set.

        Raises:
            InvalidLengthError: the context is longer than 255 bytes.
            UnsupportedError: the hash function is unknown; or the key has `parallel=True`, and the environment variable
                QYNAUTH_PQC_THREADS is not 1 to 256.
            FaultDetectedError: an SLH-DSA signature failed the check against faults.
            MessageChangedError: the memory of the message or the context changed while an SLH-DSA key signed it.
        """
        if prehash is not None and not _misplaced:
            return sign_digest(self, hash_message(prehash, message), context, deterministic=deterministic)
        return super().sign(message, *_misplaced, context=context, deterministic=deterministic)


def is_valid(
    public_key: SignaturePublicKey, message: BytesLike, signature: BytesLike, context: BytesLike = b""
) -> bool:
    """Return whether a signature is valid. A signature of a wrong length is not.

    Raises:
        ClosedError: the key is closed.
        InvalidLengthError: the context is longer than 255 bytes.
    """
    try:
        public_key.verify(message, signature, context=context)
    except InvalidSignatureError:
        return False
    return True
