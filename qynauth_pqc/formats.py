"""Keys as files hold them: PKCS#8 for private keys and SubjectPublicKeyInfo for public ones, in PEM and DER.

The keys themselves write these forms, by `to_pkcs8()` and `to_spki()`.
"""

from __future__ import annotations

from qynauth_pqc._buffers import borrow, lend, size_of
from qynauth_pqc._encodings import check_password, password_of
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._keys import key_flags
from qynauth_pqc.errors import UnsupportedError, status_error
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc._buffers import BytesLike, Lent
    from qynauth_pqc._native import Handle
    from qynauth_pqc.errors import PQCError

__all__ = ["load_private_key", "load_public_key"]

_DEFAULT_COST: int = lib.PQC_DEFAULT_KDF_COST
_HIGHEST_COST = 2**64 - 1

# The classes of keys, the private ones in the order of the outputs in C, and what reports the parameter set of each.
_PRIVATE_KINDS: tuple[tuple[Any, Any], ...] = (
    (MLKEMPrivateKey, lib.mlkem_keypair_parameter_set),
    (MLDSAPrivateKey, lib.mldsa_keypair_parameter_set),
)
_PUBLIC_KINDS: tuple[tuple[Any, Any], ...] = (
    (MLKEMPublicKey, lib.mlkem_public_key_parameter_set),
    (MLDSAPublicKey, lib.mldsa_public_key_parameter_set),
)

_SETS: dict[int, MLKEMParameterSet | MLDSAParameterSet] = {
    each.id: each for each in (*MLKEMParameterSet, *MLDSAParameterSet)
}


def load_private_key(  # noqa: PLR0913 - and what an encrypted key may cost
    data: BytesLike,
    password: BytesLike | None = None,
    *,
    code_path: str | None = None,
    locked_memory: bool = False,
    engine: str | None = None,
    precompute: bool | None = None,
    max_kdf_cost: int | None = None,
) -> MLKEMPrivateKey | MLDSAPrivateKey:
    """Load a private key in PKCS#8, whatever its encoding, family, parameter set and form are (RFC 9935, RFC 9881).

    Beyond the checks of `from_private_bytes()`, the parts of the key must belong together: a seed and an expanded key
    side by side, and a private and a public key. What encryption may be read is in docs/key-formats.md.

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        password: the password of an encrypted key; None for one that is not encrypted.
        code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
        locked_memory: keep the key's secrets, and those that it hands out, in locked memory between guard pages.
        engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
            says what each is.
        precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
            in its second use.
        max_kdf_cost: what deriving the encryption key from the password may cost, in iterations of
            PBKDF2-HMAC-SHA-256; by default 2,500,000, which end in about two seconds on a slow machine.
            docs/key-formats.md says how scrypt is counted. Nothing interrupts the derivation, Ctrl-C waits for it.

    Returns:
        The private key. Its seed is known unless the data holds the expanded key only.

    Raises:
        PasswordError: the key is encrypted and there is no password, or it is wrong; or the key is not encrypted.
        InvalidKeyError: the data is not such a key, or the key is not a valid one.
        InvalidLengthError: the seed inside has the wrong length, or the password is empty.
        UnsupportedError: the algorithm or the encryption is not supported, or costs more than `max_kdf_cost`, which
            is at least 1; the code path or engine is unknown, or unavailable here.
        SelfTestError: the engine failed its self test on this machine.
        OutOfMemoryError: there is no memory, or no more may be locked.
        TypeError: an argument is of a wrong type.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> load_private_key(MLDSAPrivateKey.generate("ML-DSA-44").to_pkcs8())
    <MLDSAPrivateKey: ML-DSA-44>
    """
    encoded, secret = lend(data, "private key"), lend(password, "password")
    del data, password
    flags = key_flags(code_path, locked_memory, engine, precompute)
    ceiling = _DEFAULT_COST if max_kdf_cost is None else _ceiling(max_kdf_cost)
    handles = [kind._new_handle() for kind, _ in _PRIVATE_KINDS]
    slots = [handle.slot for handle in handles]
    with password_of(secret) as given:
        check_password(secret, given[1])
        status = lib.ffi_private_key_from_pkcs8(flags, *borrow(encoded, "private key"), *given, ceiling, *slots)
    if status:
        raise _refusal(status, encoded, ceiling)
    [(kind, report, handle)] = [
        (*each, handle) for each, handle in zip(_PRIVATE_KINDS, handles, strict=True) if handle.pointer
    ]
    return _own(kind, report, handle)  # type: ignore[no-any-return]


def load_public_key(
    data: BytesLike,
    *,
    code_path: str | None = None,
    locked_memory: bool = False,
    engine: str | None = None,
    precompute: bool | None = None,
) -> MLKEMPublicKey | MLDSAPublicKey:
    """Load a public key in SubjectPublicKeyInfo, whatever its encoding, family and set are (RFC 9935, RFC 9881).

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        code_path: "best", "avx512", "avx2" or "portable"; by default that of the process (`enable_optimizations`).
        locked_memory: keep the secrets that the key hands out in locked memory between guard pages.
        engine: whose implementation to use, "libcrux" or "simd"; by default that of the process. docs/assurance.md
            says what each is.
        precompute: when a key of "simd" makes its expanded form and keeps it: True at once, False never, by default
            in its second use.

    Returns:
        The public key.

    Raises:
        InvalidKeyError: the data is not such a key, or the key is not a valid one.
        UnsupportedError: the algorithm is not supported; the code path or engine is unknown, or
            unavailable here.
        SelfTestError: the engine failed its self test on this machine.
        OutOfMemoryError: there is no memory, or no more may be locked.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> load_public_key(MLKEMPrivateKey.generate("ML-KEM-512").public_key.to_spki("DER"))
    <MLKEMPublicKey: ML-KEM-512>
    """
    encoded = lend(data, "public key")
    del data
    flags = key_flags(code_path, locked_memory, engine, precompute)
    status, _, number = _ask(encoded, "public key")
    if status:
        raise _refusal(status, encoded)
    kind, report = _PUBLIC_KINDS[0 if isinstance(_SETS.get(number), MLKEMParameterSet) else 1]
    handle = kind._new_handle()
    status = kind._from_spki(flags, *borrow(encoded, "public key"), handle.slot)
    if status:
        raise status_error(status)
    return _own(kind, report, handle)  # type: ignore[no-any-return]


def is_encoded(data: bytes | bytearray) -> bool:
    """Tell whether data is meant to be a key in PEM or DER, and not a raw one or something else."""
    if b"-----BEGIN " in data:
        return True
    status, _, _ = _ask(data, "key")
    return status not in {lib.PQC_STATUS_KEY_ENCODING, lib.PQC_STATUS_ENCODED_KEY_LENGTH}


def key_kind(data: BytesLike) -> int:
    """Return which `PQC_KEY_KIND_*` data in PEM or DER is, 0 if it is none."""
    return _ask(data, "key")[1]


def _own(kind: Any, report: Any, handle: Handle) -> Any:
    """Return the key that has a handle, which alone knows the parameter set: the data may have changed meanwhile."""
    number = ffi.new("uint32_t *")
    status = report(handle.pointer, number)
    if status:
        raise status_error(status)
    return kind._own(handle, _SETS[number[0]])


def _ceiling(max_kdf_cost: int) -> int:
    """Return the highest cost as C takes it."""
    if type(max_kdf_cost) is not int:
        msg = f"max_kdf_cost must be an int or None, not of type {type(max_kdf_cost).__name__}"
        raise TypeError(msg)
    if max_kdf_cost < 1:
        msg = "max_kdf_cost must be at least 1"
        raise UnsupportedError(msg)
    return min(max_kdf_cost, _HIGHEST_COST)


def _refusal(status: int, data: BytesLike | Lent, ceiling: int = 0) -> PQCError:
    """Return the exception for a key that was not loaded."""
    detail = ""
    if status == lib.PQC_STATUS_ENCODED_KEY_LENGTH:
        detail = f"got {size_of(data)}"
    elif status == lib.PQC_STATUS_KEY_ENCRYPTION_COST:
        cost = ffi.new("uint64_t *")
        lib.ffi_key_kdf_cost(*borrow(data, "private key"), cost)
        detail = f"it costs {cost[0]} and the ceiling is {ceiling}; load_private_key(max_kdf_cost={cost[0]}) allows it"
    return status_error(status, detail)


def _ask(data: BytesLike | Lent, what: str) -> tuple[int, int, int]:
    """Return the status, what an encoded key is, and the number of its parameter set, 0 if it is encrypted."""
    kind, number = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    status = lib.ffi_key_algorithm(*borrow(data, what), kind, number)
    return status, kind[0], number[0]
