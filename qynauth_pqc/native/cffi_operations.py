"""The operations of the reference binding, on cffi alone."""

from __future__ import annotations

from functools import partial

from qynauth_pqc._native import lib
from qynauth_pqc.native.cffi_binding import KINDS, Handle, Memory, copy_of, new_memory, new_private_key, new_public_key
from qynauth_pqc.native.inputs import HeldInput

TYPE_CHECKING = False  # as in the other modules
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    M = TypeVar("M", bound=Memory)


def _call(kind: str, handle: Handle, function: Any, *arguments: Any) -> int:
    if isinstance(handle, Handle) and handle._kind == kind:
        status = handle.call(function, *arguments)
        if status != lib.PQC_STATUS_NULL_POINTER:
            return status
    raise TypeError(f"expected a Handle of a {KINDS[kind]} *")


_call_private, _call_public = partial(_call, "private_key"), partial(_call, "public_key")


def generate(algorithm: int, flags: int, _keeps_gil: object, /) -> Handle | int:
    """Make a private key, and return its Handle or a status."""
    made = new_private_key()
    return lib.pqc_private_key_generate(algorithm, flags, made.slot) or made


def public_key_of(private_key: Handle, _keeps_gil: object, /) -> Handle | int:
    """Return the Handle of the public key of a private key, or a status."""
    made = new_public_key()
    return _call_private(private_key, lib.pqc_private_key_public_key, made.slot) or made


def _loader(function: Any, new: Callable[[], Handle], name: str) -> Callable[[int, int, object, object], Handle | int]:
    def load(algorithm: int, flags: int, data: object, _keeps_gil: object, /) -> Handle | int:
        """Load a key, and return its Handle or a status."""
        made = new()
        with HeldInput(data, name) as given:
            return function(algorithm, flags, *given, made.slot) or made

    return load


load_public_key = _loader(lib.pqc_public_key_from_bytes, new_public_key, "public key")
load_private_key = _loader(lib.pqc_private_key_from_bytes, new_private_key, "private key")
load_seed = _loader(lib.pqc_private_key_from_seed, new_private_key, "seed")


def public_bytes_of(public_key: Handle, _keeps_gil: object, /) -> bytes | int:
    """Return the encoding of a public key, or a status."""
    made = new_memory(Memory)
    return _call_public(public_key, lib.pqc_public_key_bytes, made._slot) or copy_of(made)


def private_bytes_of(private_key: Handle, secret: type[M], _keeps_gil: object, /) -> M | int:
    """Return the expanded encoding of a private key, or a status."""
    made = new_memory(secret)
    return _call_private(private_key, lib.pqc_private_key_bytes, made._slot) or made


def seed_of(private_key: Handle, secret: type[M], _keeps_gil: object, /) -> M | int:
    """Return the seed of a private key, or a status."""
    made = new_memory(secret)
    return _call_private(private_key, lib.pqc_private_key_seed, made._slot) or made


def encapsulate(public_key: Handle, secret: type[M], _keeps_gil: object, /) -> tuple[bytes, M] | int:
    """Encapsulate to a public key, and return the ciphertext and the secret, or a status."""
    made, shared = new_memory(Memory), new_memory(secret)
    return _call_public(public_key, lib.pqc_encapsulate, made._slot, shared._slot) or (copy_of(made), shared)


def decapsulate(private_key: Handle, ciphertext: object, secret: type[M], _keeps_gil: object, /) -> M | int:
    """Decapsulate a ciphertext, and return the secret or a status."""
    shared = new_memory(secret)
    with HeldInput(ciphertext, "ciphertext") as given:
        return _call_private(private_key, lib.pqc_decapsulate, *given, shared._slot) or shared


def sign(private_key: Handle, message: object, context: object, flags: int, /) -> bytes | int:
    """Sign a message, and return the signature or a status."""
    made = new_memory(Memory)
    with HeldInput(message, "message") as first, HeldInput(context, "context") as second:
        return _call_private(private_key, lib.pqc_sign, *first, *second, flags, made._slot) or copy_of(made)


def verify(public_key: Handle, message: object, context: object, signature: object, /) -> int:
    """Verify a signature, and return a status."""
    inputs = HeldInput(message, "message"), HeldInput(context, "context"), HeldInput(signature, "signature")
    with inputs[0] as first, inputs[1] as second, inputs[2] as third:
        return _call_public(public_key, lib.pqc_verify, *first, *second, *third)


def encapsulate_small(*_arguments: object) -> None:
    """Return None, as the next three do: small batches have no special path."""


decapsulate_small = sign_small = verify_small = encapsulate_small
