"""Keys as files hold them: PKCS#8 for private keys and SubjectPublicKeyInfo for public ones, in PEM and DER.

The keys themselves write these formats, by `to_pkcs8()` and `to_spki()`; ML-DSA's also as JWK and COSE_Key. Public
keys of ML-DSA and others go into one JWK Set by `to_jwks()`, and come out of one by `from_jwks()`.
"""

from __future__ import annotations

from qynauth_pqc._keys.options import key_flags
from qynauth_pqc._keys.private_key import PrivateKey, check_password, password_of
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.errors import InvalidKeyError, UnsupportedError, status_error
from qynauth_pqc.native import ffi, lib, new_private_key, new_public_key
from qynauth_pqc.native.inputs import HeldInput, input_of, input_pointer, size_of

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from typing import Any, Unpack

    from qynauth_pqc._keys.key import AnyPrivateKey, AnyPublicKey, StrPath
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.formats._inputs import SecretInput
    from qynauth_pqc.formats._jwks import from_jwks, to_jwks
    from qynauth_pqc.formats._refusals import Wanted
    from qynauth_pqc.native import Handle
    from qynauth_pqc.native.inputs import BytesLike, Input
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


def load_private_key(
    data: BytesLike,
    password: BytesLike | None = None,
    *,
    max_kdf_cost: int | None = None,
    **options: Unpack[KeyOptions],
) -> AnyPrivateKey:
    """Load a private key in PKCS#8, whatever its encoding, family, parameter set and form are.

    That is RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, and the drafts of X-Wing (5.8) and of the composites (5.1).

    Beyond the checks of `from_private_bytes()`, a seed and an expanded key in one file must match, and so must a
    private and a public key. docs/key-formats.md lists the encryptions that are read.

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        password: the password of an encrypted key; None for one that is not encrypted.
        max_kdf_cost: the highest cost of deriving the encryption key from the password, in iterations of
            PBKDF2-HMAC-SHA-256; by default 2,500,000, about two seconds on a slow machine. docs/key-formats.md explains
            how scrypt is counted. Nothing interrupts the derivation, Ctrl-C waits for it.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The private key. Its seed is known unless the data holds the expanded key only.

    Raises:
        PasswordError: the key is encrypted and there is no password, or it is wrong; or the key is not encrypted.
        InvalidKeyError: the data is not such a key, and the message says what it is; or the key is not a valid one.
        InvalidLengthError: the seed inside has the wrong length, or the password is empty.
        UnsupportedError: the algorithm or the encryption is not supported, or costs more than `max_kdf_cost`, which
            is at least 1.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> load_private_key(MLDSAPrivateKey.generate("ML-DSA-44").to_pkcs8())
    <MLDSAPrivateKey: ML-DSA-44>
    """
    encoded, secret = input_of(data, "private key"), input_of(password, "password")
    del data, password
    _expect_contents(encoded, "private key")
    flags = key_flags(options, "load_private_key")
    ceiling = _DEFAULT_COST if max_kdf_cost is None else _ceiling(max_kdf_cost)
    handle = new_private_key()
    with HeldInput(encoded, "private key") as key, password_of(secret) as given:
        check_password(secret, given[1])
        status = lib.pqc_private_key_from_pkcs8(flags, *key, *given, ceiling, handle.slot)
    if status:
        raise _refusal(status, encoded, "private key", ceiling)
    return _own(PrivateKey, lib.pqc_private_key_algorithm, handle)  # type: ignore[no-any-return]


def load_public_key(data: BytesLike, **options: Unpack[KeyOptions]) -> AnyPublicKey:
    """Load a public key in SubjectPublicKeyInfo, whatever its encoding, family and parameter set are.

    That is RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, and the drafts of X-Wing (5.8) and of the composites (5.1).

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The public key.

    Raises:
        InvalidKeyError: the data is not such a key, and the message says what it is; or the key is not a valid one.
        UnsupportedError: the algorithm is not supported.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> load_public_key(MLKEMPrivateKey.generate("ML-KEM-512").public_key.to_spki("DER"))
    <MLKEMPublicKey: ML-KEM-512>
    """
    encoded = input_of(data, "public key")
    del data
    _expect_contents(encoded, "public key")
    flags = key_flags(options, "load_public_key")
    handle = new_public_key()
    status = lib.pqc_public_key_from_spki(flags, *input_pointer(encoded, "public key"), handle.slot)
    if status:
        raise _refusal(status, encoded, "public key")
    return _own(PublicKey, lib.pqc_public_key_algorithm, handle)  # type: ignore[no-any-return]


def load_private_key_file(
    path: StrPath,
    password: BytesLike | None = None,
    *,
    max_kdf_cost: int | None = None,
    **options: Unpack[KeyOptions],
) -> AnyPrivateKey:
    """Load a private key from a file in PEM or DER, as `load_private_key` does.

    What was read is wiped from memory, which is ordinary memory also with the option `locked_memory`.

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
    secret = input_of(password, "password")
    del password
    key_flags(options, "load_private_key_file")
    with _contents(path) as data:
        return load_private_key(data, secret, max_kdf_cost=max_kdf_cost, **options)


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
    with _contents(path) as data:
        return load_public_key(data, **options)


def _expect_contents(encoded: Input, wanted: Wanted) -> None:
    """Refuse a path in place of what is in the file."""
    if isinstance(encoded.data, str) or hasattr(encoded.data, "__fspath__"):
        kind, loader = type(encoded.data).__name__, f"load_{wanted.replace(' ', '_')}_file()"
        raise TypeError(f"{wanted} must be bytes, bytearray or memoryview, not {kind}; {loader} takes a path")


def _contents(path: StrPath) -> SecretInput:
    """Lend the contents of a file, or one byte more than an encoded key can have."""
    from qynauth_pqc.formats._inputs import SecretInput  # noqa: PLC0415 - few programs need it

    return SecretInput(path, lib.PQC_MAXENCODEDKEYBYTES)


def is_encoded(data: bytes | bytearray) -> bool:
    """Return whether data is meant to be a key in PEM or DER, and not a raw key or something else."""
    if b"-----BEGIN " in data:
        return True
    status, _ = _ask(data)
    return status not in {lib.PQC_STATUS_KEY_ENCODING, lib.PQC_STATUS_ENCODED_KEY_LENGTH}


def key_kind(data: BytesLike) -> int:
    """Return which `PQC_KEY_KIND_*` data in PEM or DER is, 0 if it is none."""
    return _ask(data)[1]


def _own(base: type[PrivateKey | PublicKey], report: Any, handle: Handle) -> Any:
    """Return the key that has a handle, which alone knows the parameter set: the data may have changed meanwhile."""
    number = ffi.new("uint32_t *")
    status = handle.call(report, number)
    if status:
        raise status_error(status)
    kind, parameter_set = base._loadable[number[0]]
    return kind._own(handle, parameter_set)


def _ceiling(max_kdf_cost: int) -> int:
    """Return the highest cost as C takes it."""
    if type(max_kdf_cost) is not int:
        raise TypeError(f"max_kdf_cost must be int or None, not {type(max_kdf_cost).__name__}")
    if max_kdf_cost < 1:
        raise UnsupportedError("max_kdf_cost must be at least 1")
    return min(max_kdf_cost, _HIGHEST_COST)


def _refusal(status: int, data: Input, wanted: Wanted, ceiling: int = 0) -> PQCError:
    """Return the exception for a key that was not loaded."""
    detail = ""
    if status == lib.PQC_STATUS_KEY_ENCODING:
        from qynauth_pqc.formats._refusals import explain  # noqa: PLC0415 - few programs need it, and it imports re

        return InvalidKeyError(explain(data, wanted, key_kind(data)))
    if status == lib.PQC_STATUS_ENCODED_KEY_LENGTH:
        detail = f"got {size_of(data)}"
    elif status == lib.PQC_STATUS_KEY_ENCRYPTION_COST:
        cost = ffi.new("uint64_t *")
        lib.ffi_key_kdf_cost(*input_pointer(data, "private key"), cost)
        detail = f"the cost is {cost[0]}, the limit {ceiling}; pass max_kdf_cost={cost[0]} to allow it"
    return status_error(status, detail)


def _ask(data: BytesLike | Input) -> tuple[int, int]:
    """Return the status and the `PQC_KEY_KIND_*` of an encoded key."""
    kind, number = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    status = lib.ffi_key_algorithm(*input_pointer(data, "key"), kind, number)
    return status, kind[0]
