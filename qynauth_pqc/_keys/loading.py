"""Keys in PKCS#8 and SubjectPublicKeyInfo, loaded as objects of the class that is registered for their algorithm."""

from __future__ import annotations

from qynauth_pqc.errors import InvalidKeyError, InvalidLengthError, UnsupportedError
from qynauth_pqc.native import check, ffi, lib, new_private_key, new_public_key, status_error
from qynauth_pqc.native.inputs import HeldInput, input_pointer, size_of

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc._keys.key import Key
    from qynauth_pqc._keys.paths import SecretInput, StrPath
    from qynauth_pqc._keys.refusals import Wanted
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike

_DEFAULT_COST: int = lib.PQC_DEFAULT_KDF_COST
_HIGHEST_COST = 2**64 - 1


def password_of(password: BytesLike | None) -> HeldInput:
    """Return a password; for None an empty one, which means no password to C."""
    return HeldInput(b"" if password is None else password, "password")


def check_password(password: BytesLike | None, size: int) -> None:
    """Check the size of a password while it is held: an empty one would mean no password to C."""
    if not size and password is not None:
        raise InvalidLengthError("password must not be empty; use None for no encryption")


def load_private(
    kind: type[Key], data: BytesLike, password: BytesLike | None, max_kdf_cost: int | None, flags: int
) -> Any:
    """Load a private key, as `formats.load_private_key` does, of any class of the kind."""
    _expect_contents(data, "private key")
    ceiling = _DEFAULT_COST if max_kdf_cost is None else _ceiling(max_kdf_cost)
    handle = new_private_key()
    with HeldInput(data, "private key") as key, password_of(password) as given:
        check_password(password, given[1])
        status = lib.pqc_private_key_from_pkcs8(flags, *key, *given, ceiling, handle.slot)
    if status:
        raise _refusal(status, data, "private key", ceiling)
    return _own(kind, lib.pqc_private_key_algorithm, handle)


def load_public(kind: type[Key], data: BytesLike, flags: int) -> Any:
    """Load a public key, as `formats.load_public_key` does, of any class of the kind."""
    _expect_contents(data, "public key")
    handle = new_public_key()
    status = lib.pqc_public_key_from_spki(flags, *input_pointer(data, "public key"), handle.slot)
    if status:
        raise _refusal(status, data, "public key")
    return _own(kind, lib.pqc_public_key_algorithm, handle)


def load_private_file(
    kind: type[Key], path: StrPath, password: BytesLike | None, max_kdf_cost: int | None, flags: int
) -> Any:
    """Load a private key from a file."""
    with _contents(path, "private") as data:
        return load_private(kind, data, password, max_kdf_cost, flags)


def load_public_file(kind: type[Key], path: StrPath, flags: int) -> Any:
    """Load a public key from a file."""
    with _contents(path, "public") as data:
        return load_public(kind, data, flags)


def _expect_contents(data: object, wanted: Wanted) -> None:
    if isinstance(data, str) or hasattr(data, "__fspath__"):
        kind, loader = type(data).__name__, f"load_{wanted.replace(' ', '_')}_file()"
        raise TypeError(f"{wanted} must be bytes, bytearray or memoryview, not {kind}; {loader} takes a path")


def _contents(path: StrPath, half: str) -> SecretInput:
    """Lend the contents of a file, up to one byte more than the longest encoded key."""
    from qynauth_pqc._keys.paths import SecretInput  # few programs need it

    return SecretInput(path, lib.PQC_MAXENCODEDKEYBYTES, f"load_{half}_key() takes the contents of the file")


def _own(kind: type[Key], report: Any, handle: Handle) -> Any:
    """Return the key of a handle. The parameter set is taken from the handle, since the data may have changed."""
    number = ffi.new("uint32_t *")
    check(handle.call(report, number))
    loaded, parameter_set = kind._loadable[number[0]]
    return loaded._own(handle, parameter_set)


def _ceiling(max_kdf_cost: int) -> int:
    if type(max_kdf_cost) is not int:
        raise TypeError(f"max_kdf_cost must be int or None, not {type(max_kdf_cost).__name__}")
    if max_kdf_cost < 1:
        raise UnsupportedError("max_kdf_cost must be at least 1")
    return min(max_kdf_cost, _HIGHEST_COST)


def _refusal(status: int, data: BytesLike, wanted: Wanted, ceiling: int = 0) -> PQCError:
    from qynauth_pqc._keys import refusals  # few programs need it, and it imports re

    detail = ""
    if status == lib.PQC_STATUS_KEY_ENCODING:
        return InvalidKeyError(refusals.explain(data, wanted))
    if status == lib.PQC_STATUS_KEY_ALGORITHM:
        detail = refusals.algorithm_of(data)
    elif status == lib.PQC_STATUS_ENCODED_KEY_LENGTH:
        detail = f"got {size_of(data)}"
    elif status == lib.PQC_STATUS_KEY_ENCRYPTION_COST:
        cost = ffi.new("uint64_t *")
        lib.ffi_key_kdf_cost(*input_pointer(data, "private key"), cost)
        detail = f"the cost is {cost[0]}, the limit {ceiling}; pass max_kdf_cost={cost[0]} to allow it"
    return status_error(status, detail)
