"""Encoded keys of files: PKCS#8 for private keys and SubjectPublicKeyInfo for public keys, in PEM and DER.

The methods `to_pkcs8()` and `to_spki()` of the keys write these formats; ML-DSA keys also write JWK and COSE_Key.
`to_jwks()` puts public keys of ML-DSA and others into one JWK Set, and `from_jwks()` reads such a set.
"""

from __future__ import annotations

from qynauth_pqc._keys.options import key_flags
from qynauth_pqc._keys.private_key import PrivateKey, check_password, password_of
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.native import ffi, lib, new_private_key, new_public_key, status_error
from qynauth_pqc.native.inputs import HeldInput, input_pointer, size_of, without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Any, Unpack

    from qynauth_pqc._keys.key import AnyPrivateKey, AnyPublicKey
    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.formats._inputs import SecretInput
    from qynauth_pqc.formats._jwks import from_jwks, to_jwks
    from qynauth_pqc.formats._refusals import Wanted
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions

__all__ = [
    "from_jwks",
    "load_private_key",
    "load_private_key_file",
    "load_public_key",
    "load_public_key_file",
    "to_jwks",
]

_DEFAULT_COST: int = lib.PQC_DEFAULT_KDF_COST
_HIGHEST_COST = 2**64 - 1


def __getattr__(name: str) -> object:
    """Import the functions of JWK Sets at their first use, since few programs need them."""
    if name in {"from_jwks", "to_jwks"}:
        from qynauth_pqc.formats import _jwks  # noqa: PLC0415 - see above

        return getattr(_jwks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@without_frames
def load_private_key(
    data: BytesLike,
    password: BytesLike | None = None,
    *,
    max_kdf_cost: int | None = None,
    **options: Unpack[KeyOptions],
) -> AnyPrivateKey:
    """Load a private key in PKCS#8, of any encoding, family, parameter set and form.

    The formats are defined by RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA, and the drafts of X-Wing
    (5.8) and of the composites (5.1).

    Beyond the checks of `from_private_bytes()`, a seed and an expanded key in one file must match, and so must a
    private and a public key. PK.root of SLH-DSA is derived again, unless `fault_check` is False. docs/key-formats.md
    lists the supported encryptions.

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        password: the password of an encrypted key; None for one that is not encrypted.
        max_kdf_cost: the highest cost of deriving the encryption key from the password, in iterations of
            PBKDF2-HMAC-SHA-256; by default 2,500,000, about two seconds on a slow machine. docs/key-formats.md explains
            how scrypt is counted. Nothing interrupts the derivation; Ctrl-C waits for it.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The private key. Its seed is known unless the data holds the expanded key only.

    Raises:
        PasswordError: the key is encrypted and the password is missing or wrong; or the key is not encrypted.
        InvalidKeyError: the data is not such a key, and the message says what it is; or the key is not valid.
        InvalidLengthError: the seed inside has the wrong length, or the password is empty.
        UnsupportedError: the algorithm or the encryption is not supported, or costs more than `max_kdf_cost`, which
            is at least 1.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> load_private_key(MLDSAPrivateKey.generate("ML-DSA-44").to_pkcs8())
    <MLDSAPrivateKey: ML-DSA-44>
    """
    _expect_contents(data, "private key")
    flags = key_flags(options, "load_private_key")
    ceiling = _DEFAULT_COST if max_kdf_cost is None else _ceiling(max_kdf_cost)
    handle = new_private_key()
    with HeldInput(data, "private key") as key, password_of(password) as given:
        check_password(password, given[1])
        status = lib.pqc_private_key_from_pkcs8(flags, *key, *given, ceiling, handle.slot)
    if status:
        raise _refusal(status, data, "private key", ceiling)
    return _own(PrivateKey, lib.pqc_private_key_algorithm, handle)  # type: ignore[no-any-return]


@without_frames
def load_public_key(data: BytesLike, **options: Unpack[KeyOptions]) -> AnyPublicKey:
    """Load a public key in SubjectPublicKeyInfo, of any encoding, family and parameter set.

    The formats are defined by RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA, and the drafts of X-Wing
    (5.8) and of the composites (5.1).

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The public key.

    Raises:
        InvalidKeyError: the data is not such a key, and the message says what it is; or the key is not valid.
        UnsupportedError: the algorithm is not supported.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> load_public_key(MLKEMPrivateKey.generate("ML-KEM-512").public_key.to_spki("DER"))
    <MLKEMPublicKey: ML-KEM-512>
    """
    _expect_contents(data, "public key")
    flags = key_flags(options, "load_public_key")
    handle = new_public_key()
    status = lib.pqc_public_key_from_spki(flags, *input_pointer(data, "public key"), handle.slot)
    if status:
        raise _refusal(status, data, "public key")
    return _own(PublicKey, lib.pqc_public_key_algorithm, handle)  # type: ignore[no-any-return]


@without_frames
def load_private_key_file(
    path: StrPath,
    password: BytesLike | None = None,
    *,
    max_kdf_cost: int | None = None,
    **options: Unpack[KeyOptions],
) -> AnyPrivateKey:
    """Load a private key from a file in PEM or DER, as `load_private_key` does.

    The contents of the file are wiped from memory, which is ordinary memory even with the option `locked_memory`.

    Args:
        path: the file, of at most 16384 bytes; the `save()` of a key writes one.
        password: the password of an encrypted key; None for one that is not encrypted.
        max_kdf_cost: see `load_private_key`.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Raises:
        OSError: the file cannot be read.
        PQCError: see `load_private_key`.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> MLDSAPrivateKey.generate().save("signing.pem", b"password")
    >>> load_private_key_file("signing.pem", b"password")
    <MLDSAPrivateKey: ML-DSA-65>
    """
    key_flags(options, "load_private_key_file")
    with _contents(path, "load_private_key() takes the contents of the file") as data:
        return load_private_key(data, password, max_kdf_cost=max_kdf_cost, **options)


@without_frames
def load_public_key_file(path: StrPath, **options: Unpack[KeyOptions]) -> AnyPublicKey:
    """Load a public key from a file in PEM or DER, as `load_public_key` does.

    Args:
        path: the file, of at most 16384 bytes; the `save()` of a public key writes one.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Raises:
        OSError: the file cannot be read.
        PQCError: see `load_public_key`.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> MLDSAPrivateKey.generate("ML-DSA-44").public_key.save("verifying.pem")
    >>> load_public_key_file("verifying.pem")
    <MLDSAPublicKey: ML-DSA-44>
    """
    key_flags(options, "load_public_key_file")
    with _contents(path, "load_public_key() takes the contents of the file") as data:
        return load_public_key(data, **options)


def _expect_contents(data: object, wanted: Wanted) -> None:
    """Refuse a path instead of the contents of the file."""
    if isinstance(data, str) or hasattr(data, "__fspath__"):
        kind, loader = type(data).__name__, f"load_{wanted.replace(' ', '_')}_file()"
        raise TypeError(f"{wanted} must be bytes, bytearray or memoryview, not {kind}; {loader} takes a path")


def _contents(path: StrPath, instead: str) -> SecretInput:
    """Lend the contents of a file, up to one byte more than the longest encoded key."""
    from qynauth_pqc.formats._inputs import SecretInput  # noqa: PLC0415 - few programs need it

    return SecretInput(path, lib.PQC_MAXENCODEDKEYBYTES, instead)


@without_frames
def is_encoded(data: bytes | bytearray) -> bool:
    """Return whether data is meant to be a key in PEM or DER, not a raw key or other data."""
    if b"-----BEGIN " in data:
        return True
    status, _ = _ask(data)
    return status not in {lib.PQC_STATUS_KEY_ENCODING, lib.PQC_STATUS_ENCODED_KEY_LENGTH}


@without_frames
def key_kind(data: BytesLike) -> int:
    """Return the `PQC_KEY_KIND_*` of data in PEM or DER, 0 if it is no key."""
    return _ask(data)[1]


@without_frames
def reader_of(data: BytesLike) -> str:
    """Return the functions that read data in PEM, DER or JWK, or an empty string for other data."""
    from qynauth_pqc.formats import _refusals  # noqa: PLC0415 - few programs need it, and it imports re

    return _refusals.reader_of(data, key_kind(data))


def _own(base: type[PrivateKey | PublicKey], report: Any, handle: Handle) -> Any:
    """Return the key of a handle. The parameter set is taken from the handle, since the data may have changed."""
    number = ffi.new("uint32_t *")
    status = handle.call(report, number)
    if status:
        raise status_error(status)
    kind, parameter_set = base._loadable[number[0]]
    return kind._own(handle, parameter_set)


def _ceiling(max_kdf_cost: int) -> int:
    """Return the highest cost in the form that C takes."""
    if type(max_kdf_cost) is not int:
        raise TypeError(f"max_kdf_cost must be int or None, not {type(max_kdf_cost).__name__}")
    if max_kdf_cost < 1:
        raise UnsupportedError("max_kdf_cost must be at least 1")
    return min(max_kdf_cost, _HIGHEST_COST)


def _refusal(status: int, data: BytesLike, wanted: Wanted, ceiling: int = 0) -> PQCError:
    """Return the exception for a key that was not loaded."""
    from qynauth_pqc.formats import _refusals  # noqa: PLC0415 - few programs need it, and it imports re

    detail = ""
    if status == lib.PQC_STATUS_KEY_ENCODING:
        return InvalidKeyError(_refusals.explain(data, wanted, key_kind(data)))
    if status == lib.PQC_STATUS_KEY_ALGORITHM:
        detail = _refusals.algorithm_of(data)
    elif status == lib.PQC_STATUS_ENCODED_KEY_LENGTH:
        detail = f"got {size_of(data)}"
    elif status == lib.PQC_STATUS_KEY_ENCRYPTION_COST:
        cost = ffi.new("uint64_t *")
        lib.ffi_key_kdf_cost(*input_pointer(data, "private key"), cost)
        detail = f"the cost is {cost[0]}, the limit {ceiling}; pass max_kdf_cost={cost[0]} to allow it"
    return status_error(status, detail)


def _ask(data: BytesLike) -> tuple[int, int]:
    """Return the status and the `PQC_KEY_KIND_*` of an encoded key."""
    kind, number = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    status = lib.ffi_key_algorithm(*input_pointer(data, "key"), kind, number)
    return status, kind[0]
