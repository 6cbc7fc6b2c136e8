"""External mu (FIPS 204, algorithms 7 and 8): plain ML-DSA of a message that arrives in chunks.

ML-DSA signs mu, a hash of the public key, the context and the message. A program that hashes the message before it
signs needs constant memory, and may hash it elsewhere: unlike HashML-DSA, the result is a signature of the message
itself.
"""

from __future__ import annotations

from qynauth_pqc._keys.parameter_sets import ROWS, detail_of
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.errors import ClosedError, expect
from qynauth_pqc.native import Memory, check, close_handle, copy_of, lib, new_memory, new_mu_hasher, status_error
from qynauth_pqc.native.inputs import input_pointer, without_own_frames
from qynauth_pqc.native.secret_bytes import Closable

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Self

    from qynauth_pqc._keys.akp import AKPPublicKey
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike

__all__ = ["MLDSAMuHasher"]


class MLDSAMuHasher(Closable):
    """The mu of a message for one public key and one context, as `MLDSAPublicKey.mu_hasher()` returns it.

    Threads may share it; the order in which it hashes their chunks is up to them.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> private_key = MLDSAPrivateKey.generate()
    >>> hasher = private_key.public_key.mu_hasher(context=b"backup")
    >>> for chunk in (b"mess", b"age"):
    ...     hasher.update(chunk)
    >>> signature = private_key.sign_mu(hasher.finalize())
    >>> private_key.public_key.verify(b"message", signature, context=b"backup")
    """

    __slots__ = ("__weakref__", "_handle")

    _handle: Handle | None

    @without_own_frames
    def __init__(self, public_key: AKPPublicKey, context: BytesLike = b"") -> None:
        """Begin the mu of a message; see `MLDSAPublicKey.mu_hasher()`."""
        kind, _ = PublicKey._loadable[ROWS["ML-DSA-65"].algorithm]  # MLDSAPublicKey, whose module imports this one
        expect(public_key, kind, "public_key")
        handle, begin = new_mu_hasher(), lib.pqc_mu_hasher_from_public_key
        status = public_key._use().call(begin, *input_pointer(context, "context"), handle.slot)
        if status:
            raise status_error(status, detail_of(status, public_key._parameter_set, {"context": context}))
        self._handle = handle

    def copy(self) -> Self:
        """Return a hasher that has hashed the same bytes, so that a common prefix of messages is hashed once.

        From then on, the two are updated, finalized and closed independently.
        """
        handle = new_mu_hasher()
        check(self._use().call(lib.pqc_mu_hasher_copy, handle.slot))
        copied = object.__new__(type(self))
        copied._handle = handle
        return copied

    def __copy__(self) -> Self:
        """Return `copy()`: without this method, `copy.copy` would return a second name of the same hash."""
        return self.copy()

    def _use(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ClosedError("MLDSAMuHasher is closed")
        return handle

    def update(self, data: BytesLike) -> None:
        """Hash the next bytes of the message, of any length."""
        check(self._use().call(lib.pqc_mu_hasher_update, *input_pointer(data, "data")))

    def finalize(self) -> bytes:
        """Return the mu of the message so far, 64 bytes. The message may go on."""
        mu = new_memory(Memory)
        check(self._use().call(lib.pqc_mu_hasher_finalize, mu._slot))
        return copy_of(mu)

    def close(self) -> None:
        """Close the hasher and free its memory. A second call does nothing."""
        handle, self._handle = self._handle, None
        close_handle(handle)
