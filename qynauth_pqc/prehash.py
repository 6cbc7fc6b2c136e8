"""HashML-DSA (FIPS 204, 5.4): signatures of a message's digest, for messages that do not fit in memory.

A signature made with a hash function is valid with that function only, and never as a plain one. Plain ML-DSA is the
better choice wherever the message is at hand: it does not rest on the collision resistance of a hash function. With
HashML-DSA, choose one that is as strong as the key (FIPS 204, 5.4): docs/limitations.md lists the weak pairs.
"""

from __future__ import annotations

from qynauth_pqc._buffers import borrow, readable, spare_buffer, take_bytes
from qynauth_pqc._ffi import lib
from qynauth_pqc._keys import size_detail
from qynauth_pqc.errors import UnsupportedError, status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Any

    from qynauth_pqc._buffers import BytesLike
    from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey

__all__ = ["PREHASHES", "sign_file", "verify_file"]

_CHUNK_BYTES = 1 << 20

# The standard's names; the number in the C interface, hashlib's name, and the digest's size in bytes.
_HASHES = {
    "SHA-224": (lib.PQC_HASH_SHA2_224, "sha224", 28),
    "SHA-256": (lib.PQC_HASH_SHA2_256, "sha256", 32),
    "SHA-384": (lib.PQC_HASH_SHA2_384, "sha384", 48),
    "SHA-512": (lib.PQC_HASH_SHA2_512, "sha512", 64),
    "SHA-512/224": (lib.PQC_HASH_SHA2_512_224, "sha512_224", 28),
    "SHA-512/256": (lib.PQC_HASH_SHA2_512_256, "sha512_256", 32),
    "SHA3-224": (lib.PQC_HASH_SHA3_224, "sha3_224", 28),
    "SHA3-256": (lib.PQC_HASH_SHA3_256, "sha3_256", 32),
    "SHA3-384": (lib.PQC_HASH_SHA3_384, "sha3_384", 48),
    "SHA3-512": (lib.PQC_HASH_SHA3_512, "sha3_512", 64),
    "SHAKE128": (lib.PQC_HASH_SHAKE128, "shake_128", 32),
    "SHAKE256": (lib.PQC_HASH_SHAKE256, "shake_256", 64),
}

PREHASHES: tuple[str, ...] = tuple(_HASHES)
"""The names of the twelve hash functions that FIPS 204 approves."""


class Hasher:
    """A hash function of HashML-DSA at work."""

    __slots__ = ("_digest_bytes", "_state", "id")

    def __init__(self, name: str) -> None:
        """Start the hash function with this name.

        Raises:
            UnsupportedError: there is none, or this Python's hashlib lacks it.
        """
        import hashlib  # noqa: PLC0415 - it loads OpenSSL, which would triple the time that importing this package takes

        if name not in _HASHES:
            msg = f"unknown hash function: expected one of {', '.join(PREHASHES)}"
            raise UnsupportedError(msg)
        self.id, hashlib_name, self._digest_bytes = _HASHES[name]
        try:
            self._state: Any = hashlib.new(hashlib_name)
        except ValueError:
            msg = f"this Python's hashlib has no {name}"
            raise UnsupportedError(msg) from None

    def update(self, data: Any) -> None:
        """Hash more bytes."""
        self._state.update(data)

    def digest(self) -> bytes:
        """Return the digest, of the length that FIPS 204, 5.4.1, gives."""
        state = self._state
        digest: bytes = state.digest() if state.digest_size else state.digest(self._digest_bytes)
        return digest


def hash_message(name: str, message: BytesLike) -> Hasher:
    """Hash a message that is in memory."""
    hasher = Hasher(name)
    hasher.update(readable(message, "message"))
    return hasher


def hash_file(name: str, path: str | os.PathLike[str], progress: Callable[[int], object] | None) -> Hasher:
    """Hash a file in constant memory."""
    hasher = Hasher(name)
    memory = memoryview(bytearray(_CHUNK_BYTES))
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib would be imported for this alone
        while count := file.readinto(memory):
            hasher.update(memory[:count])
            if progress is not None:
                progress(count)
    return hasher


def sign_digest(private_key: MLDSAPrivateKey, hasher: Hasher, context: BytesLike, *, deterministic: bool) -> bytes:
    """Sign what was hashed: HashML-DSA.Sign (FIPS 204, algorithm 4)."""
    digest = hasher.digest()
    flags = lib.MLDSA_SIGN_DETERMINISTIC if deterministic else 0
    buffer = spare_buffer()
    status = lib.mldsa_sign_prehashed(
        private_key._use(), hasher.id, digest, len(digest), *borrow(context, "context"), flags, buffer
    )
    if status:
        raise status_error(status, size_detail(status, private_key.parameter_set, context))
    return take_bytes(buffer)


def verify_digest(public_key: MLDSAPublicKey, hasher: Hasher, signature: BytesLike, context: BytesLike) -> None:
    """Check a signature of what was hashed: HashML-DSA.Verify (FIPS 204, algorithm 5)."""
    digest = hasher.digest()
    status = lib.mldsa_verify_prehashed(
        public_key._use(),
        hasher.id,
        digest,
        len(digest),
        *borrow(context, "context"),
        *borrow(signature, "signature"),
    )
    if status:
        raise status_error(status, size_detail(status, public_key.parameter_set, context, signature))


def sign_file(
    private_key: MLDSAPrivateKey,
    path: str | os.PathLike[str],
    *,
    prehash: str,
    context: BytesLike = b"",
    progress: Callable[[int], object] | None = None,
) -> bytes:
    """Sign a file of any size in constant memory: HashML-DSA.Sign (FIPS 204, 5.4), hedged.

    Args:
        private_key: the private key.
        path: the file.
        prehash: the hash function, one of `PREHASHES`.
        context: what the signature is for, 0 to 255 bytes.
        progress: called with the number of bytes each time that some more are hashed.

    Returns:
        The signature: 2420, 3309 or 4627 bytes. Only `verify_file` and `verify(..., prehash=...)` accept it.

    Raises:
        UnsupportedError: the hash function is unknown.
        InvalidLengthError: the context is longer than 255 bytes.
        OSError: the file cannot be read.
    """
    return sign_digest(private_key, hash_file(prehash, path, progress), context, deterministic=False)


def verify_file(  # noqa: PLR0913 - what verify() takes, and the callback
    public_key: MLDSAPublicKey,
    path: str | os.PathLike[str],
    signature: BytesLike,
    *,
    prehash: str,
    context: BytesLike = b"",
    progress: Callable[[int], object] | None = None,
) -> None:
    """Check the signature of a file in constant memory: HashML-DSA.Verify (FIPS 204, 5.4).

    Args:
        public_key: the public key.
        path: the file.
        signature: what `sign_file` or `sign(..., prehash=...)` returned.
        prehash: the hash function it was signed with, one of `PREHASHES`.
        context: the context it was signed with, 0 to 255 bytes.
        progress: called with the number of bytes each time that some more are hashed.

    Raises:
        InvalidSignatureError: the signature is not valid for this file, context, hash function and key.
        UnsupportedError: the hash function is unknown.
        InvalidLengthError: the context is longer than 255 bytes.
        OSError: the file cannot be read.
    """
    verify_digest(public_key, hash_file(prehash, path, progress), signature, context)
