"""Digests of messages, and their signatures: HashML-DSA, HashSLH-DSA and the composites."""

from __future__ import annotations

from functools import cache

from qynauth_pqc._keys.options import sign_flags
from qynauth_pqc._keys.parameter_sets import HASHES, detail_of
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.native import Memory, copy_of, lib, new_memory, status_error
from qynauth_pqc.native.inputs import input_memory, input_pointer

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc._keys.key import Key
    from qynauth_pqc.native.inputs import BytesLike

PREHASHES: tuple[str, ...] = tuple(HASHES)
"""The names of the twelve hash functions that FIPS 204 and FIPS 205 approve."""


@cache
def _fresh(hashlib_name: str) -> Any:
    """Return a new hash function to copy: hashlib takes twice as long to make another."""
    import hashlib  # it loads OpenSSL, which would triple the import time of this package

    return hashlib.new(hashlib_name)


class Hasher:
    """A running hash of a message."""

    __slots__ = ("_digest_bytes", "_state", "id")

    def __init__(self, name: str) -> None:
        """Start the hash function with this name, one of `PREHASHES`.

        Raises:
            UnsupportedError: there is no such name, or this Python has no such function.
        """
        expect(name, str, "prehash")
        if name not in HASHES:
            from qynauth_pqc._keys.refusals import suggestion  # few programs need it

            remark = suggestion(name, PREHASHES)
            found = f" {name!r}, {remark}" if remark else ""
            raise UnsupportedError(f"unknown hash function{found}: expected one of {', '.join(PREHASHES)}")
        self.id, hashlib_name, self._digest_bytes = HASHES[name]
        try:
            self._state: Any = _fresh(hashlib_name).copy()
        except ValueError:
            raise UnsupportedError(f"this Python's hashlib has no {name}") from None

    def update(self, data: Any) -> None:
        """Hash more bytes."""
        self._state.update(data)

    def digest(self) -> bytes:
        """Return the digest, of the length that FIPS 204, 5.4.1, and FIPS 205, 10.2.2, demand."""
        state = self._state
        digest: bytes = state.digest() if state.digest_size else state.digest(self._digest_bytes)
        return digest


def hash_message(name: str, message: BytesLike) -> Hasher:
    """Hash a message that is in memory."""
    hasher = Hasher(name)
    hasher.update(input_memory(message, "message"))
    return hasher


def sign_by(function: Any, private_key: Key, *numbers: int, flags: int, **inputs: BytesLike) -> bytes:
    """Sign by a function of C that takes numbers, inputs and flags."""
    signature = new_memory(Memory)
    pointers = (each for name, data in inputs.items() for each in input_pointer(data, name))
    status = private_key._use().call(function, *numbers, *pointers, flags, signature._slot)
    if status:
        raise status_error(status, detail_of(status, private_key._parameter_set, inputs))
    return copy_of(signature)


def verify_by(function: Any, public_key: Key, *numbers: int, **inputs: BytesLike) -> None:
    """Check a signature by a function of C that takes numbers and inputs."""
    pointers = (each for name, data in inputs.items() for each in input_pointer(data, name))
    status = public_key._use().call(function, *numbers, *pointers)
    if status:
        raise status_error(status, detail_of(status, public_key._parameter_set, inputs))


def sign_digest(private_key: Key, hasher: Hasher, context: BytesLike, *, deterministic: bool) -> bytes:
    """Sign a digest: HashML-DSA.Sign (FIPS 204, algorithm 4), hash_slh_sign (FIPS 205, 23), or Sign of a composite."""
    digest, flags = hasher.digest(), sign_flags(deterministic=deterministic)
    return sign_by(lib.pqc_sign_prehashed, private_key, hasher.id, digest=digest, context=context, flags=flags)


def verify_digest(public_key: Key, hasher: Hasher, signature: BytesLike, context: BytesLike) -> None:
    """Check a signature of a digest: HashML-DSA.Verify (FIPS 204, algorithm 5), FIPS 205, 25, or of a composite."""
    inputs = {"digest": hasher.digest(), "context": context, "signature": signature}
    verify_by(lib.pqc_verify_prehashed, public_key, hasher.id, **inputs)
