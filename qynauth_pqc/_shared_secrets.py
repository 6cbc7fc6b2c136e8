"""The shared secrets of a batch, in memory that is wiped as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._buffers import SharedSecret, secret_of, wipe, zeroed_buffer
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.errors import ClosedError, status_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Any, NoReturn

    from typing_extensions import Self

    from qynauth_pqc.errors import PQCError

__all__ = ["SharedSecrets"]

_SECRET_BYTES: int = lib.MLKEM_SHAREDSECRETBYTES


class _Row:
    """A secret inside of a buffer, to `SecretBytes` as good as a buffer of its own."""

    __slots__ = ("_buffer", "data", "len")

    def __init__(self, buffer: Any, number: int) -> None:
        self._buffer = buffer  # owns the memory
        self.data = buffer.data + number * _SECRET_BYTES
        self.len = _SECRET_BYTES


class _Item(SharedSecret):
    """A secret of a batch, which is closed with all of them."""

    __slots__ = ("_secrets",)

    _secrets: SharedSecrets

    def _open(self) -> Any:
        self._secrets._open()
        return super()._open()

    def __repr__(self) -> str:
        closed = self._secrets._closed or self._buffer is None
        return f"<{SharedSecret.__name__}: {'closed' if closed else f'{_SECRET_BYTES} bytes'}>"


class SharedSecrets:
    """The shared secrets of a batch of ML-KEM, of 32 bytes each (FIPS 203, table 3), in the order of the items.

    A sequence of `SharedSecret`s that are views of common memory: taking one copies nothing, and keeps the memory
    alive. `close()` wipes all of them at once, as does garbage collection when the last view is gone. Made by
    `qynauth_pqc.batch` only; cannot be copied or pickled.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> from qynauth_pqc.batch import decapsulate_many, encapsulate_many
    >>> private_key = MLKEMPrivateKey.generate("ML-KEM-768")
    >>> ciphertexts, sent = encapsulate_many(private_key.public_key, count=3)
    >>> with decapsulate_many(private_key, ciphertexts) as received:
    ...     received[0] == sent[0], received == sent, received
    (True, True, <SharedSecrets: 3 of 32 bytes>)
    """

    __slots__ = ("__weakref__", "_buffer", "_closed", "_count", "_errors", "_rooms")

    _buffer: Any
    _count: int
    _errors: Mapping[int, PQCError]
    _closed: bool
    _rooms: Any

    def __new__(cls, *_args: object) -> Self:
        """Refuse."""
        msg = f"{cls.__name__} objects are made by qynauth_pqc.batch only"
        raise TypeError(msg)

    @classmethod
    def _room(cls, count: int, flags: int, errors: Mapping[int, PQCError]) -> Self:
        """Make room for so many secrets in one buffer.

        Args:
            count: how many.
            flags: PQC_KEY_LOCKED_MEMORY, if they are to be in locked memory, or 0.
            errors: the errors of those that there are not, once that is known.

        Raises:
            PQCError: there is no memory, or no more may be locked.
        """
        secrets = object.__new__(cls)
        secrets._count, secrets._errors, secrets._closed = count, errors, False
        secrets._buffer, status = zeroed_buffer(flags, count * _SECRET_BYTES)
        if status:
            raise status_error(status)
        secrets._rooms = ffi.new("PqcRooms *", (ffi.NULL, ffi.NULL, _SECRET_BYTES, _SECRET_BYTES))
        return secrets

    def _part(self, begin: int) -> Any:
        """Return where the secrets from `begin` on go, as a `PqcRooms *`, until another part is asked for."""
        self._rooms.data = self._buffer.data + begin * _SECRET_BYTES
        return self._rooms

    def _open(self) -> None:
        if self._closed:
            msg = f"{type(self).__name__} is closed"
            raise ClosedError(msg)

    def __len__(self) -> int:
        """Return how many secrets there are, those of items that failed included."""
        return self._count

    def __getitem__(self, index: int) -> SharedSecret:
        """Return a secret as a view.

        Raises:
            PQCError: the item failed, so there is no secret: its error.
            ClosedError: the secrets were closed.
            IndexError: there is no such item.
        """
        self._open()
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            msg = "index of a shared secret is out of range"
            raise IndexError(msg)
        error = self._errors.get(number)
        if error is not None:
            # A new one each time: a traceback would hold these secrets, and be held by them.
            raise type(error)(*error.args)
        item = secret_of(_Item, _Row(self._buffer, number))
        item._secrets = self
        return item

    def __iter__(self) -> Iterator[SharedSecret]:
        """Yield each secret as a view."""
        return (self[number] for number in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Compare with other shared secrets, all of them whatever the first ones are, each in constant time."""
        if not isinstance(other, SharedSecrets):
            return NotImplemented
        same = [one == another for one, another in zip(self, other)]  # noqa: B905 - their numbers are no secret
        return len(self) == len(other) and all(same)

    __hash__ = None  # type: ignore[assignment]

    def close(self) -> None:
        """Wipe all of them now. The memory itself is released with the last view. A second call does nothing."""
        if not self._closed:
            self._closed = True
            wipe(self._buffer)

    def __enter__(self) -> Self:
        """Return the secrets themselves."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the secrets."""
        self.close()

    def __repr__(self) -> str:
        """Show how many there are, never a byte of them."""
        state = "closed" if self._closed else f"{len(self)} of {_SECRET_BYTES} bytes"
        return f"<{type(self).__name__}: {state}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse."""
        msg = f"{type(self).__name__} cannot be pickled or copied: a copy would never be wiped"
        raise TypeError(msg)
