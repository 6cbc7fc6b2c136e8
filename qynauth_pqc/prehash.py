"""Messages that do not fit in memory: files, by an external mu or a composite's hash, HashML-DSA and HashSLH-DSA.

A signature of HashML-DSA (FIPS 204, 5.4) or HashSLH-DSA (FIPS 205, 10.2.2) is valid with its hash function only, and
never as a plain one. A plain signature is the better choice wherever the message is available: it does not depend on
the collision resistance of a hash function. Otherwise, choose one that is as strong as the key: docs/limitations.md
lists the weak pairs.
"""

from __future__ import annotations

import errno
from io import BufferedRandom, BufferedReader

from qynauth_pqc._keys.digests import PREHASHES, Hasher, sign_digest, verify_digest
from qynauth_pqc._keys.paths import open_path
from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
from qynauth_pqc.errors import WrongAlgorithmError, expect
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.native.inputs import without_own_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from typing import Any, BinaryIO, Protocol, TypeVar

    from qynauth_pqc._keys.key import Key
    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.native.inputs import BytesLike

    H = TypeVar("H", bound="Updated")
    K = TypeVar("K", bound=Key)

    class Updated(Protocol):
        """A running hash of any kind."""

        def update(self, data: Any) -> object:
            """Hash more bytes."""


__all__ = ["PREHASHES", "sign_file", "verify_file"]

_CHUNK_BYTES = 1 << 20
NO_BYTES_YET = "no more bytes yet; set it to blocking mode"


def mu_of_file(
    public_key: MLDSAPublicKey, file: FileIO, context: BytesLike, progress: Callable[[int], object] | None
) -> bytes:
    """Return the mu of an open file for a public key and a context, computed in constant memory."""
    with public_key.mu_hasher(context=context) as hasher:
        return pass_file(hasher, file, progress).finalize()


def pass_file(hasher: H, file: BinaryIO, progress: Callable[[int], object] | None) -> H:
    """Pass an open file to a hasher, and return the hasher."""
    chunk = bytearray(_CHUNK_BYTES)
    view = memoryview(chunk)
    while (count := _fill(chunk, file)) != 0:
        if count is None:  # not the end, though the caller could mistake it for the end
            raise BlockingIOError(errno.EAGAIN, NO_BYTES_YET)
        # PyPy's hashlib copies a memoryview, and the copies wait for the collector. In a regular file, only the last
        # chunk is shorter.
        hasher.update(chunk if count == _CHUNK_BYTES else view[:count])
        if progress is not None:
            progress(count)
    return hasher


def _fill(chunk: bytearray, file: Any) -> int | None:
    """Read into a chunk, and return the number of bytes: 0 at the end, None if there are no bytes yet."""
    count: int | None = file.readinto(chunk)
    if count == 0 and isinstance(file, BufferedReader | BufferedRandom):
        count = file.raw.readinto(chunk)  # on PyPy, buffered files return 0 if there are no bytes yet
    return count


def chosen_hash(key: Key, prehash: str | None) -> str | None:
    """Return the hash function by which a key signs a digest, given the caller's choice; None if it signs no digest.

    Raises:
        WrongAlgorithmError: one was chosen for a key of a composite, which has its own.
    """
    own = key.parameter_set.prehash
    if own is None:
        return prehash
    if prehash is not None:
        raise WrongAlgorithmError(f"{key.parameter_set} has its own hash function; omit prehash=")
    return own


@without_own_frames
def sign_file(
    private_key: SignaturePrivateKey,
    path: StrPath,
    *,
    prehash: str | None = None,
    context: BytesLike = b"",
    progress: Callable[[int], object] | None = None,
) -> bytes:
    """Sign a file of any size in constant memory, hedged, as `sign()` signs its contents.

    Args:
        private_key: the private key, of ML-DSA, a composite or SLH-DSA.
        path: the file.
        prehash: the hash function of HashML-DSA or HashSLH-DSA, one of `PREHASHES`. None is plain ML-DSA by an external
            mu, or a composite by its own hash function. SLH-DSA has neither: it hashes the message twice.
        context: the purpose of the signature, 0 to 255 bytes.
        progress: called after each chunk with the number of bytes hashed in it.

    Returns:
        The signature. `verify_file` and `verify` accept it, with the same `prehash` only.

    Raises:
        UnsupportedError: the hash function is unknown.
        WrongAlgorithmError: there is no `prehash` for a key of SLH-DSA, or one for a key of a composite.
        InvalidLengthError: the context is longer than 255 bytes.
        OSError: the file cannot be read.
        TypeError: the argument is no path but, for example, the message in bytes.
    """
    expect(private_key, SignaturePrivateKey, "private_key")
    hash_name = chosen_hash(private_key, prehash)
    with open_path(path, "sign() takes the message itself") as file:
        if hash_name is not None:
            return sign_digest(private_key, pass_file(Hasher(hash_name), file, progress), context, deterministic=False)
        key = _with_mu(private_key, MLDSAPrivateKey)
        return key.sign_mu(mu_of_file(key.public_key, file, context, progress))


@without_own_frames
def verify_file(
    public_key: SignaturePublicKey,
    path: StrPath,
    signature: BytesLike,
    *,
    prehash: str | None = None,
    context: BytesLike = b"",
    progress: Callable[[int], object] | None = None,
) -> None:
    """Check the signature of a file of any size in constant memory, as `verify()` does for its contents.

    Args:
        public_key: the public key, of ML-DSA, a composite or SLH-DSA.
        path: the file.
        signature: the result of `sign_file` or `sign`.
        prehash: the hash function of HashML-DSA or HashSLH-DSA it was signed with, one of `PREHASHES`; None: it was
            signed without one.
        context: the context it was signed with, 0 to 255 bytes.
        progress: called after each chunk with the number of bytes hashed in it.

    Raises:
        InvalidSignatureError: the signature is not valid for this file, context, hash function and key.
        UnsupportedError: the hash function is unknown.
        WrongAlgorithmError: there is no `prehash` for a key of SLH-DSA, or one for a key of a composite.
        InvalidLengthError: the context is longer than 255 bytes.
        OSError: the file cannot be read.
        TypeError: the argument is no path but, for example, the message in bytes.
    """
    expect(public_key, SignaturePublicKey, "public_key")
    hash_name = chosen_hash(public_key, prehash)
    with open_path(path, "verify() takes the message itself") as file:
        if hash_name is not None:
            return verify_digest(public_key, pass_file(Hasher(hash_name), file, progress), signature, context)
        key = _with_mu(public_key, MLDSAPublicKey)
        return key.verify_mu(mu_of_file(key, file, context, progress), signature)


def _with_mu(key: Key, kind: type[K]) -> K:
    if not isinstance(key, kind):
        raise WrongAlgorithmError(f"{key.parameter_set} signs a file by its digest only; pass prehash=")
    return key
