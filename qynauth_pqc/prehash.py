"""Messages that do not fit in memory: HashML-DSA (FIPS 204, 5.4), and files signed as they are by an external mu.

A signature made with a hash function is valid with that function only, and never as a plain one. Plain ML-DSA is the
better choice wherever the message is at hand: it does not rest on the collision resistance of a hash function. With
HashML-DSA, choose one that is as strong as the key (FIPS 204, 5.4): docs/limitations.md lists the weak pairs.
"""

from __future__ import annotations

import errno

from qynauth_pqc._keys.paths import open_path
from qynauth_pqc.errors import UnsupportedError, expect, status_error
from qynauth_pqc.mu import MLDSAMuHasher, detail_of, sign_flags
from qynauth_pqc.native import Memory, copy_of, lib, new_memory
from qynauth_pqc.native.inputs import bare, input_memory, input_pointer

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from typing import Any, TypeVar

    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
    from qynauth_pqc.native.inputs import BytesLike

    H = TypeVar("H", "Hasher", MLDSAMuHasher)

__all__ = ["PREHASHES", "sign_file", "verify_file"]

_CHUNK_BYTES = 1 << 20
NO_BYTES_YET = "no more bytes yet; set it to blocking mode"

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
        """Start the hash function with this name, if this Python has it."""
        import hashlib  # noqa: PLC0415 - it loads OpenSSL, which would triple the time that importing this package takes

        expect(name, str, "prehash")
        if name not in _HASHES:
            raise UnsupportedError(f"unknown hash function: expected one of {', '.join(PREHASHES)}")
        self.id, hashlib_name, self._digest_bytes = _HASHES[name]
        try:
            self._state: Any = hashlib.new(hashlib_name)
        except ValueError:
            raise UnsupportedError(f"this Python's hashlib has no {name}") from None

    def update(self, data: Any) -> None:
        """Hash more bytes."""
        self._state.update(data)

    def digest(self) -> bytes:
        """Return the digest, of the length that FIPS 204, 5.4.1, demands."""
        state = self._state
        digest: bytes = state.digest() if state.digest_size else state.digest(self._digest_bytes)
        return digest


def hash_message(name: str, message: BytesLike) -> Hasher:
    """Hash a message that is in memory."""
    hasher = Hasher(name)
    hasher.update(input_memory(message, "message"))
    return hasher


def hash_file(name: str, file: FileIO, progress: Callable[[int], object] | None) -> Hasher:
    """Hash an open file in constant memory by the hash function with this name."""
    return pass_file(Hasher(name), file, progress)


def pass_file(hasher: H, file: FileIO, progress: Callable[[int], object] | None) -> H:
    """Pass an open file to a hasher, and return the hasher."""
    chunk = bytearray(_CHUNK_BYTES)
    view = memoryview(chunk)
    while (count := file.readinto(chunk)) != 0:
        if count is None:  # which is not the end, though it looks like one
            raise BlockingIOError(errno.EAGAIN, NO_BYTES_YET)
        # PyPy's hashlib copies a memoryview, and the copies wait for the collector. Of a regular file, only the last
        # chunk is not whole.
        hasher.update(chunk if count == _CHUNK_BYTES else view[:count])
        if progress is not None:
            progress(count)
    return hasher


def sign_digest(private_key: MLDSAPrivateKey, hasher: Hasher, context: BytesLike, *, deterministic: bool) -> bytes:
    """Sign the digest of a message: HashML-DSA.Sign (FIPS 204, algorithm 4)."""
    digest = hasher.digest()
    flags = sign_flags(deterministic=deterministic)
    signature = new_memory(Memory)
    hashed = hasher.id, digest, len(digest)
    status = private_key._use().call(
        lib.pqc_sign_prehashed, *hashed, *input_pointer(context, "context"), flags, signature._slot
    )
    if status:
        raise status_error(status, detail_of(status, private_key, {"context": context}))
    return copy_of(signature)


def verify_digest(public_key: MLDSAPublicKey, hasher: Hasher, signature: BytesLike, context: BytesLike) -> None:
    """Check a signature of the digest of a message: HashML-DSA.Verify (FIPS 204, algorithm 5)."""
    digest = hasher.digest()
    status = public_key._use().call(
        lib.pqc_verify_prehashed,
        hasher.id,
        digest,
        len(digest),
        *input_pointer(context, "context"),
        *input_pointer(signature, "signature"),
    )
    if status:
        raise status_error(status, detail_of(status, public_key, {"context": context, "signature": signature}))


def sign_file(
    private_key: MLDSAPrivateKey,
    path: StrPath,
    *,
    prehash: str | None = None,
    context: BytesLike = b"",
    progress: Callable[[int], object] | None = None,
) -> bytes:
    """Sign a file of any size in constant memory, hedged: ML-DSA.Sign (FIPS 204, 5.2), or HashML-DSA.Sign (5.4).

    Args:
        private_key: the private key.
        path: the file.
        prehash: the hash function of HashML-DSA, one of `PREHASHES`. None is plain ML-DSA by an external mu.
        context: what the signature is for, 0 to 255 bytes.
        progress: called with the number of bytes each time that some more are hashed.

    Returns:
        The signature: 2420, 3309 or 4627 bytes. `verify_file` and `verify` accept it, with the same `prehash` only.

    Raises:
        UnsupportedError: the hash function is unknown.
        InvalidLengthError: the context is longer than 255 bytes.
        OSError: the file cannot be read.
        TypeError: the path is none, but the message as bytes, say.
    """
    from qynauth_pqc.mldsa import MLDSAPrivateKey  # noqa: PLC0415 - which imports this module

    try:
        expect(private_key, MLDSAPrivateKey, "private_key")
        opened = open_path(path, "sign() takes the message itself")
    except BaseException as error:  # noqa: BLE001 - it is raised again
        del private_key, path
        raise bare(error)  # noqa: B904 - it is the same error
    with opened as file:
        if prehash is not None:
            return sign_digest(private_key, hash_file(prehash, file, progress), context, deterministic=False)
        with private_key.public_key.mu_hasher(context=context) as hasher:
            return private_key.sign_mu(pass_file(hasher, file, progress).finalize())


def verify_file(
    public_key: MLDSAPublicKey,
    path: StrPath,
    signature: BytesLike,
    *,
    prehash: str | None = None,
    context: BytesLike = b"",
    progress: Callable[[int], object] | None = None,
) -> None:
    """Check the signature of a file in constant memory: ML-DSA.Verify (FIPS 204, 5.3), or HashML-DSA.Verify (5.4).

    Args:
        public_key: the public key.
        path: the file.
        signature: what `sign_file` or `sign` returned.
        prehash: the hash function it was signed with, one of `PREHASHES`; None: plain ML-DSA.
        context: the context it was signed with, 0 to 255 bytes.
        progress: called with the number of bytes each time that some more are hashed.

    Raises:
        InvalidSignatureError: the signature is not valid for this file, context, hash function and key.
        UnsupportedError: the hash function is unknown.
        InvalidLengthError: the context is longer than 255 bytes.
        OSError: the file cannot be read.
        TypeError: the path is none, but the message as bytes, say.
    """
    from qynauth_pqc.mldsa import MLDSAPublicKey  # noqa: PLC0415 - which imports this module

    try:
        expect(public_key, MLDSAPublicKey, "public_key")
        opened = open_path(path, "verify() takes the message itself")
    except BaseException as error:  # noqa: BLE001 - it is raised again
        del public_key, path
        raise bare(error)  # noqa: B904 - it is the same error
    with opened as file:
        if prehash is not None:
            return verify_digest(public_key, hash_file(prehash, file, progress), signature, context)
        with public_key.mu_hasher(context=context) as hasher:
            return public_key.verify_mu(pass_file(hasher, file, progress).finalize(), signature)
