"""Key exchanges of ML-KEM and an elliptic curve, for protocols with their own key schedule, such as TLS 1.3 and SSH.

An exchange concatenates the shares of both, and their secrets (draft-ietf-tls-ecdhe-mlkem-05). Nothing binds the
secret to the shares: it must go through a key derivation function together with the transcript, as TLS does, or with
both shares, as SSH does in `mlkem768x25519-sha256`. It is no key itself. For other purposes use a hybrid KEM,
`qynauth_pqc.xwing` or `qynauth_pqc.hybrid`, which derives a key.
"""

from __future__ import annotations

from qynauth_pqc.errors import ClosedError, UnsupportedError
from qynauth_pqc.native import (
    Memory,
    close_handle,
    copy_of,
    ffi,
    lib,
    new_exchange_key,
    new_exchange_share,
    new_memory,
    status_error,
)
from qynauth_pqc.native.inputs import input_pointer
from qynauth_pqc.native.secret_bytes import Closable, SecretBytes, zeroed

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any, Literal, Self, TypeAlias

    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike

    ExchangeName: TypeAlias = Literal["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"]

__all__ = ["EXCHANGES", "KeyExchange", "answer"]


def _table() -> dict[str, Any]:
    rows: dict[str, Any] = {}
    while info := lib.pqc_exchange_at(len(rows)):
        rows[ffi.string(info.name).decode("ascii")] = info
    return rows


_ROWS = _table()
EXCHANGES: tuple[str, ...] = tuple(_ROWS)
"""The names of the exchanges, those of their groups in TLS."""


def _row(name: object) -> Any:
    row = _ROWS.get(name) if isinstance(name, str) else None
    if row is None:
        raise UnsupportedError(f"the exchange is none of {', '.join(EXCHANGES)}")
    return row


def _lengths(expected: int, actual: int) -> str:
    return "" if actual == expected else f"expected {expected} bytes, got {actual}"


class KeyExchange(Closable):
    """The side that begins an exchange: its private values, for one exchange.

    >>> from qynauth_pqc.exchange import KeyExchange, answer
    >>> with KeyExchange.generate("X25519MLKEM768") as begun:
    ...     ciphertext, sent = answer("X25519MLKEM768", begun.share)
    ...     received = begun.decapsulate(ciphertext)
    >>> received == sent, len(received)
    (True, 64)
    """

    __slots__ = ("__weakref__", "_handle", "_row")

    _handle: Handle | None
    _row: Any

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse the call: `generate` makes the object."""
        raise TypeError("use KeyExchange.generate(name)")

    @classmethod
    def generate(cls, name: ExchangeName) -> Self:
        """Draw the private values of an exchange from the system's randomness.

        Args:
            name: one of `EXCHANGES`.

        Raises:
            UnsupportedError: the exchange is unknown.
        """
        row, handle = _row(name), new_exchange_key()
        status = lib.pqc_exchange_key_generate(row.exchange, 0, handle.slot)
        if status:
            raise status_error(status)
        begun = object.__new__(cls)
        begun._handle, begun._row = handle, row
        return begun

    def _use(self) -> Handle:
        if self._handle is None:
            raise ClosedError("KeyExchange is closed")
        return self._handle

    @property
    def share(self) -> bytes:
        """The share to send: 1216, 1249 or 1665 bytes."""
        share = new_memory(Memory)
        status = self._use().call(lib.pqc_exchange_key_share, share._slot)
        if status:
            raise status_error(status)
        return copy_of(share)

    def decapsulate(self, ciphertext: BytesLike) -> SecretBytes:
        """Recover the shared secret from the answer of the other side.

        A ciphertext that was not made for this share may be no error, as for ML-KEM: the two sides notice when they
        first use what they derive.

        Args:
            ciphertext: the answer, 1120, 1153 or 1665 bytes.

        Returns:
            64 or 80 secret bytes, for a key derivation function.

        Raises:
            InvalidCiphertextError: the ciphertext has another length, or its point is refused.
        """
        secret = zeroed(SecretBytes, 0, self._row.shared_secret_bytes)
        pointer, size = input_pointer(ciphertext, "ciphertext")
        out = (secret._slot.data, len(secret), ffi.new("size_t *"))
        status = self._use().call(lib.pqc_exchange_decapsulate_into, pointer, size, *out)
        if status:
            raise status_error(status, _lengths(self._row.ciphertext_bytes, size))
        return secret

    def close(self) -> None:
        """Wipe the private values. A second call does nothing."""
        handle, self._handle = self._handle, None
        close_handle(handle)

    def __repr__(self) -> str:
        """Show the exchange alone."""
        return f"<KeyExchange: {ffi.string(self._row.name).decode('ascii')}>"


def answer(name: ExchangeName, share: BytesLike) -> tuple[bytes, SecretBytes]:
    """Answer a share: make the shared secret, and the ciphertext for the side that began.

    Args:
        name: one of `EXCHANGES`.
        share: the share of the other side, 1216, 1249 or 1665 bytes.

    Returns:
        The ciphertext to send, and 64 or 80 secret bytes, for a key derivation function.

    Raises:
        InvalidKeyError: the share has another length, or is not valid.
        UnsupportedError: the exchange is unknown.
    """
    row, loaded = _row(name), new_exchange_share()
    pointer, size = input_pointer(share, "share")
    status = lib.pqc_exchange_share_from_bytes(row.exchange, 0, pointer, size, loaded.slot)
    if status:
        raise status_error(status, _lengths(row.share_bytes, size))
    ciphertext, secret = ffi.new("uint8_t[]", row.ciphertext_bytes), zeroed(SecretBytes, 0, row.shared_secret_bytes)
    outputs = (ciphertext, len(ciphertext), ffi.new("size_t *"), secret._slot.data, len(secret), ffi.new("size_t *"))
    status = loaded.call(lib.pqc_exchange_encapsulate_into, *outputs)
    close_handle(loaded)
    if status:
        raise status_error(status)
    return ffi.buffer(ciphertext)[:], secret
