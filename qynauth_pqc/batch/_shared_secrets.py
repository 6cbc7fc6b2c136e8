"""The shared secrets of a batch, in memory that is wiped as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.errors import ClosedError, expect
from qynauth_pqc.native import Memory, ffi, lib, new_memory, status_error
from qynauth_pqc.native.secret_bytes import Closable, SharedSecret, zeroed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, NoReturn, Self

    from qynauth_pqc.errors import PQCError

_SECRET_BYTES: int = lib.PQC_SHAREDSECRETBYTES


class SharedSecrets(Closable):
    """The shared secrets of a batch, of 32 bytes each (FIPS 203, table 3), in the order of the items.

    They share one memory, which `close()` or garbage collection wipes as a whole. Indexing returns a copy in separate
    memory, to be closed separately. Only `qynauth_pqc.batch` makes such objects; they cannot be copied or pickled.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> from qynauth_pqc.batch import decapsulate_many, encapsulate_many
    >>> private_key = MLKEMPrivateKey.generate("ML-KEM-768")
    >>> ciphertexts, sent = encapsulate_many(private_key.public_key, count=3)
    >>> with decapsulate_many(private_key, ciphertexts) as received:
    ...     received[0] == sent[0], received == sent, received
    (True, True, <SharedSecrets: 3 of 32 bytes>)
    """

    __slots__ = ("__weakref__", "_count", "_errors", "_memory", "_slots")

    _memory: Memory
    _count: int
    _errors: Mapping[int, PQCError]
    _slots: Any

    def __new__(cls, *_args: object) -> Self:
        """Refuse."""
        raise TypeError(f"{cls.__name__} has no constructor; the functions of qynauth_pqc.batch return its objects")

    @classmethod
    def _for(cls, count: int, flags: int, errors: Mapping[int, PQCError]) -> Self:
        """Allocate one buffer for a number of secrets, locked by the flag PQC_KEY_LOCKED_MEMORY.

        The errors are of the items without a secret, filled in while the batch runs.
        """
        memory = zeroed(Memory, flags, count * _SECRET_BYTES)
        secrets = cls._of(memory, errors)
        secrets._slots = ffi.new("PqcMutColumn *", (ffi.NULL, ffi.NULL, _SECRET_BYTES, _SECRET_BYTES, ffi.NULL))
        return secrets

    @classmethod
    def _of(cls, memory: Memory, errors: Mapping[int, PQCError]) -> Self:
        """Return the secrets in memory, with the errors of the items without one."""
        secrets = object.__new__(cls)
        secrets._count, secrets._errors = len(memory) // _SECRET_BYTES, errors
        secrets._memory = memory
        return secrets

    def _chunk(self, begin: int) -> Any:
        """Return the output slots of the secrets from `begin` on as a `PqcMutColumn *`, until the next chunk."""
        self._slots.data = self._memory._slot.data + begin * _SECRET_BYTES
        return self._slots

    def _open(self) -> None:
        if self._memory._closed:
            raise ClosedError(f"{type(self).__name__} is closed")

    def __len__(self) -> int:
        """Return the number of items in the batch, failed items included."""
        return self._count

    def __getitem__(self, index: int) -> SharedSecret:
        """Return a copy of a secret.

        Raises:
            PQCError: the error of the item, if it failed and has no secret.
            IndexError: there is no such item.
        """
        self._open()
        expect(index, int, "index")
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError("index of a shared secret is out of range")
        error = self._errors.get(number)
        if error is not None:
            # A new error each time: a traceback would hold these secrets, and they would hold the traceback.
            raise type(error)(*error.args)
        secret = new_memory(SharedSecret)
        status = lib.owner_copy(self._memory._slot, number * _SECRET_BYTES, _SECRET_BYTES, secret._slot)
        self._open()  # only now: another thread may have closed the secrets, which wipes them
        if status:
            raise status_error(status)
        return secret

    def __iter__(self) -> Iterator[SharedSecret]:
        """Yield a copy of each secret."""
        return (self[number] for number in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Compare all secrets with other shared secrets, each in constant time, even if the first ones differ."""
        if not isinstance(other, SharedSecrets):
            return NotImplemented
        same = [one == another for one, another in zip(self, other)]  # noqa: B905 - the number of secrets is public
        return len(self) == len(other) and all(same)

    __hash__ = None  # type: ignore[assignment]

    def close(self) -> None:
        """Wipe all of them, and refuse new uses. Copies of secrets stay open. A second call does nothing."""
        self._memory._close()

    def __repr__(self) -> str:
        """Show how many there are, never a byte of them."""
        state = "closed" if self._memory._closed else f"{len(self)} of {_SECRET_BYTES} bytes"
        return f"<{type(self).__name__}: {state}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        """Refuse."""
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: a copy would never be wiped")
