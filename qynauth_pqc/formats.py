"""Keys as files hold them: PKCS#8 for private keys and SubjectPublicKeyInfo for public ones, in PEM and DER.

The keys themselves write these forms, by `to_pkcs8()` and `to_spki()`.
"""

from __future__ import annotations

from qynauth_pqc._buffers import SecretBytes, borrow, new_buffer, own_handle, secret_of, size_of
from qynauth_pqc._encodings import borrow_password
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._keys import key_flags
from qynauth_pqc.errors import status_error
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from qynauth_pqc._buffers import BytesLike

__all__ = ["load_private_key", "load_public_key"]

_SETS: dict[int, MLKEMParameterSet | MLDSAParameterSet] = {
    each.id: each for each in (*MLKEMParameterSet, *MLDSAParameterSet)
}


def load_private_key(
    data: BytesLike,
    password: BytesLike | None = None,
    *,
    code_path: str | None = None,
    locked_memory: bool = False,
    engine: str | None = None,
    precompute: bool | None = None,
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

    Returns:
        The private key. Its seed is known unless the data holds the expanded key only.

    Raises:
        PasswordError: the key is encrypted and there is no password, or it is wrong; or the key is not encrypted.
        InvalidKeyError: the data is not such a key, or the key is not a valid one.
        InvalidLengthError: the seed inside has the wrong length, or the password is empty.
        UnsupportedError: the algorithm, the encryption or its cost is not supported; the code path or engine is
            unknown, or not to be had here.
        SelfTestError: the engine failed its self test on this machine.
        OutOfMemoryError: there is no memory, or no more may be locked.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> load_private_key(MLDSAPrivateKey.generate("ML-DSA-44").to_pkcs8())
    <MLDSAPrivateKey: ML-DSA-44>
    """
    flags = key_flags(code_path, locked_memory, engine, precompute)
    kind, number = _detect(data, "private key")
    if kind == lib.PQC_KEY_KIND_ENCRYPTED and password is not None:
        with _decrypt(data, password, flags) as decrypted:
            return _load_private(decrypted, None, flags, _detect(decrypted, "private key")[1])
    return _load_private(data, password, flags, number)


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
        UnsupportedError: the algorithm is not supported; the code path or engine is unknown, or not to be
            had here.
        SelfTestError: the engine failed its self test on this machine.
        OutOfMemoryError: there is no memory, or no more may be locked.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> load_public_key(MLKEMPrivateKey.generate("ML-KEM-512").public_key.to_spki("DER"))
    <MLKEMPublicKey: ML-KEM-512>
    """
    flags = key_flags(code_path, locked_memory, engine, precompute)
    number = _detect(data, "public key")[1]
    kind: type[MLKEMPublicKey | MLDSAPublicKey]
    kind = MLKEMPublicKey if isinstance(_SETS.get(number), MLKEMParameterSet) else MLDSAPublicKey
    return _load(  # type: ignore[no-any-return]
        kind, number, lambda out: kind._from_spki(flags, *borrow(data, "public key"), out)
    )


def is_encoded(data: bytes | bytearray) -> bool:
    """Tell whether data is meant to be a key in PEM or DER, and not a raw one or something else."""
    if b"-----BEGIN " in data:
        return True
    status, _, _ = _ask(data, "key")
    return status not in {lib.PQC_STATUS_KEY_ENCODING, lib.PQC_STATUS_ENCODED_KEY_LENGTH}


def key_kind(data: BytesLike) -> int:
    """Return which `PQC_KEY_KIND_*` data in PEM or DER is, 0 if it is none."""
    return _ask(data, "key")[1]


def _load_private(
    data: BytesLike, password: BytesLike | None, flags: int, number: int
) -> MLKEMPrivateKey | MLDSAPrivateKey:
    kind: type[MLKEMPrivateKey | MLDSAPrivateKey]
    kind = MLKEMPrivateKey if isinstance(_SETS.get(number), MLKEMParameterSet) else MLDSAPrivateKey
    return _load(  # type: ignore[no-any-return]
        kind,
        number,
        lambda out: kind._from_pkcs8(flags, *borrow(data, "private key"), *borrow_password(password), out),
    )


def _load(kind: Any, number: int, call: Callable[[Any], int]) -> Any:
    """Make a key by a call that finds out the parameter set, which was found out before to choose the call."""
    out = ffi.new(kind._out_type)
    status = call(out)
    handle = own_handle(out[0], kind._free)
    if status:
        raise status_error(status)
    return kind._own(handle, _SETS[number])


def _detect(data: BytesLike, what: str) -> tuple[int, int]:
    """Return what an encoded key is, and the number of its parameter set, 0 if it is encrypted."""
    status, kind, number = _ask(data, what)
    if status == lib.PQC_STATUS_ENCODED_KEY_LENGTH:
        raise status_error(status, f"got {size_of(data)}")
    if status:
        raise status_error(status)
    return kind, number


def _ask(data: BytesLike, what: str) -> tuple[int, int, int]:
    """Return the status, and what a key is as far as it can be told."""
    kind, number = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    status = lib.ffi_key_algorithm(*borrow(data, what), kind, number)
    return status, kind[0], number[0]


def _decrypt(data: BytesLike, password: BytesLike, flags: int) -> SecretBytes:
    buffer = new_buffer()
    status = lib.ffi_pkcs8_decrypt(flags, *borrow(data, "private key"), *borrow_password(password), buffer)
    if status:
        raise status_error(status)
    return secret_of(SecretBytes, buffer)
