"""Secrets that own their memory, and the base of objects that can be closed."""

from __future__ import annotations

import sys
from _operator import _compare_digest  # hmac has it too, but loads OpenSSL first

from qynauth_pqc.native import Memory, buffer_of, check, ffi, lib, new_memory
from qynauth_pqc.native.inputs import bare, input_memory, size_of

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import NoReturn, Self, TypeVar

    M = TypeVar("M", bound=Memory)


def zeroed(kind: type[M], flags: int, size: int) -> M:
    """Return memory for secrets, filled with a number of zeros."""
    memory = new_memory(kind)
    check(lib.ffi_buffer_zeroed(flags, min(size, sys.maxsize), memory._slot))  # C has no larger number
    return memory


class Closable:
    """An object that a `with` statement closes at its end."""

    __slots__ = ()

    def close(self) -> None:
        """Close the object. A second call does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close the object."""
        self.close()


class SecretBytes(Closable, Memory):
    """Secret bytes in memory that is wiped before it is released.

    Only this package makes them: `seed()` and `private_bytes()` of the private keys return them. An object compares
    with bytes-like objects in constant time, cannot be hashed, copied or pickled, and shows no value in its `repr`.

    It is a read-only buffer: `file.write`, `hashlib`, `hmac.digest`, `base64`, `struct`, sockets and the loaders of
    `cryptography` take it as they take bytes, without a copy. `hmac.new` takes only bytes and bytearray: call
    `hmac.digest(secret, message, "sha256")`. `bytes(secret)` makes a copy that Python never wipes. A type checker for
    Python 3.11 has a fixed list of buffer classes: there, pass `secret.view()` instead.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> with MLDSAPrivateKey.generate("ML-DSA-44").seed() as seed:
    ...     seed
    <SecretBytes: 32 bytes>
    """

    __slots__ = ("__weakref__",)

    def __new__(cls, *_args: object) -> Self:
        """Refuse: secrets of Python code are in memory that is never wiped."""
        raise TypeError(f"{cls.__name__} has no constructor; the methods of keys return its objects")

    def view(self) -> memoryview:
        """Return a read-only view without a copy.

        The view keeps the memory alive, also after this object is gone. After `close()` it reads zeros.

        Returns:
            A read-only memoryview of `len(self)` bytes.
        """
        return self._view()

    def close(self) -> None:
        """Refuse new uses, and wipe the bytes now or when the last call that uses them returns.

        An exported buffer, such as `memoryview(secret)`, counts as a call; a `view()` does not. The memory is released
        with the last view. A second call does nothing.
        """
        self._close()

    @property
    def _locked(self) -> bool:
        return bool(self._slot.reserved)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, (SecretBytes, bytes, bytearray, memoryview)):
            return NotImplemented
        try:
            return _compare_digest(buffer_of(self), input_memory(other, "what a secret is compared with"))
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del other
            raise bare(error)  # noqa: B904 - it is the same error

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show the size, never a byte."""
        state = "closed" if self._closed else f"{len(self)} bytes"
        return f"<{type(self).__name__}: {state}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: a copy would never be wiped")


class SharedSecret(SecretBytes):
    """A 32-byte shared secret of ML-KEM (FIPS 203, table 3), as `encapsulate()` and `decapsulate()` return it.

    Pass it through a key derivation function with a label of your protocol before you use it as a key.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> private_key = MLKEMPrivateKey.generate()
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()


def join_secret(*chunks: bytes | memoryview) -> SecretBytes:
    """Return a secret that holds these chunks one after the other.

    Raises:
        OutOfMemoryError: there is no memory for it.
    """
    secret = zeroed(SecretBytes, 0, sum(map(size_of, chunks)))
    start = 0
    for chunk in chunks:
        ffi.memmove(secret._slot.data + start, chunk, size_of(chunk))
        start += size_of(chunk)
    return secret
