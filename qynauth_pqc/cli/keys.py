"""Key files of the command line: PEM, DER or raw bytes, told apart, with messages that say what was found."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

from qynauth_pqc import formats
from qynauth_pqc._ffi import lib
from qynauth_pqc.cli.files import NewFile, read_input, secret_input
from qynauth_pqc.cli.passwords import password_from, typed_password
from qynauth_pqc.errors import InvalidKeyError, PasswordError, PQCError
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from qynauth_pqc._buffers import SecretBytes

__all__ = ["encode_private_key", "encode_public_key", "load_private_key", "load_public_key", "private_file"]

_Private = TypeVar("_Private", MLKEMPrivateKey, MLDSAPrivateKey)
_Public = TypeVar("_Public", MLKEMPublicKey, MLDSAPublicKey)

_Key = TypeVar("_Key", MLKEMPrivateKey, MLDSAPrivateKey, MLKEMPublicKey, MLDSAPublicKey)

_SEED_BYTES: dict[type, int] = {MLKEMPrivateKey: lib.MLKEM_SEEDBYTES, MLDSAPrivateKey: lib.MLDSA_SEEDBYTES}


def load_public_key(kind: type[_Public], path: str) -> _Public:
    """Load a public key of the family that `kind` belongs to; its length tells the parameter set.

    Raises:
        InvalidKeyError: the file holds no such key.
        OSError: the file cannot be read.
    """
    data = read_input(path)
    sets = _parameter_sets(kind)
    if formats.is_encoded(data):
        with _naming(path):
            key = formats.load_public_key(data)
        return _of_kind(kind, key, path, _family(sets))
    expected = [each.public_key_bytes for each in sets]
    if len(data) not in expected:
        msg = f"{path}: expected an {_family(sets)} public key of {_either(expected)} bytes, got {_size(len(data))}"
        raise InvalidKeyError(msg)
    return kind.from_public_bytes(data)


def load_private_key(
    kind: type[_Private], path: str, algorithm: str | None, password_file: str | None = None
) -> _Private:
    """Load a private key of the family that `kind` belongs to, from PKCS#8, its seed or its expanded form.

    Args:
        kind: the class of the key.
        path: the file.
        algorithm: the parameter set; None if PKCS#8 or the length of an expanded key is to tell it.
        password_file: a file with the password; None asks for it on the terminal if the key is encrypted.

    Returns:
        The key, for the caller to close.

    Raises:
        InvalidKeyError: the file holds no such key, or it holds a seed and `algorithm` is None.
        PasswordError: the password is missing, wrong, or given for a key that is not encrypted.
        OSError: the file cannot be read.
    """
    sets = [each for each in _parameter_sets(kind) if algorithm in {None, each}]
    seed_bytes = _SEED_BYTES[kind]
    expanded: list[int] = [each.private_key_bytes for each in sets]
    longest = max(each.private_key_bytes for each in MLDSAParameterSet)
    with secret_input(path, lib.PQC_MAXENCODEDKEYBYTES) as data:
        if formats.is_encoded(data):
            return _of_kind(kind, _load_encoded(data, path, password_file), path, algorithm or _family(sets))
        if password_file is not None:
            msg = f"{path}: a password was given, but the private key is not encrypted"
            raise PasswordError(msg)
        if len(data) in expanded:
            return kind.from_private_bytes(data, algorithm)
        if len(data) != seed_bytes:
            name = algorithm or _family(sets)
            found = _size(len(data)) if len(data) <= longest else f"more than {longest} bytes"
            msg = f"{path}: expected an {name} private key of {_either([seed_bytes, *expanded])} bytes, got {found}"
            raise InvalidKeyError(msg)
        if algorithm is None:
            msg = f"{path}: a seed does not tell its parameter set: name it with --algorithm"
            raise InvalidKeyError(msg)
        return kind.from_seed(data, algorithm)


def encode_private_key(
    key: MLKEMPrivateKey | MLDSAPrivateKey, form: str, encoding: str, password: bytearray | bytes | None
) -> SecretBytes:
    """Return a private key as it goes into a file.

    Args:
        key: the key.
        form: "seed", "expanded" or, unless it is raw, "both".
        encoding: "raw", "pem" or "der".
        password: what to encrypt PEM or DER with, if it is to be encrypted.
    """
    if encoding != "raw":
        return key.to_pkcs8(form, encoding.upper(), password)
    return key.seed() if form == "seed" else key.private_bytes()


def encode_public_key(key: MLKEMPublicKey | MLDSAPublicKey, encoding: str) -> bytes:
    """Return a public key as it goes into a file: "raw", "pem" or "der"."""
    return key.public_bytes() if encoding == "raw" else key.to_spki(encoding.upper())


def private_file(path: str, form: str, encoding: str, secret: memoryview, *, encrypted: bool) -> NewFile:
    """Return the file that an encoded private key goes into, with words for what it holds."""
    words = [form, *([] if encoding == "raw" else [encoding.upper()]), *(["encrypted"] if encrypted else [])]
    return NewFile(f"private key ({', '.join(words)})", path, secret, secret=True)


def _load_encoded(data: bytearray, path: str, password_file: str | None) -> MLKEMPrivateKey | MLDSAPrivateKey:
    passwords: AbstractContextManager[bytearray | bytes | None] = nullcontext()
    if password_file is not None:
        passwords = password_from(password_file)
    elif formats.key_kind(data) == lib.PQC_KEY_KIND_ENCRYPTED:
        passwords = nullcontext(typed_password(path))
    with passwords as password, _naming(path):
        return formats.load_private_key(data, password)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Put the name of the file before what an error says."""
    try:
        yield
    except PQCError as error:
        msg = f"{path}: {error}"
        raise type(error)(msg) from error


def _of_kind(kind: type[_Key], key: object, path: str, expected: str) -> _Key:
    """Return a key of a file if it is one of the family and the set that are expected."""
    found: str = key.parameter_set  # type: ignore[attr-defined]
    if isinstance(key, kind) and expected in {found, _family([found])}:
        return key
    msg = f"{path}: expected an {expected} key, got one of {found}"
    raise InvalidKeyError(msg)


def _parameter_sets(kind: type) -> list[MLKEMParameterSet | MLDSAParameterSet]:
    return [*(MLKEMParameterSet if kind in {MLKEMPrivateKey, MLKEMPublicKey} else MLDSAParameterSet)]


def _family(sets: Iterable[str]) -> str:
    return next(iter(sets)).rpartition("-")[0]


def _either(sizes: list[int]) -> str:
    *most, last = map(str, sizes)
    return f"{', '.join(most)} or {last}"


def _size(actual: int) -> str:
    """Name a size and, if it is that of another kind of file, the kinds it may be."""
    sizes = [(lib.MLKEM_SEEDBYTES, "ML-KEM seed"), (lib.MLDSA_SEEDBYTES, "ML-DSA seed")]
    sizes += [(lib.MLKEM_SHAREDSECRETBYTES, "ML-KEM shared secret")]
    for each in (*MLKEMParameterSet, *MLDSAParameterSet):
        sizes += [(each.public_key_bytes, f"{each} public key"), (each.private_key_bytes, f"{each} private key")]
    sizes += [(each.ciphertext_bytes, f"{each} ciphertext") for each in MLKEMParameterSet]
    sizes += [(each.signature_bytes, f"{each} signature") for each in MLDSAParameterSet]
    kinds = [name for size, name in sizes if size == actual]
    return f"{actual} bytes, the size of an {' or an '.join(kinds)}" if kinds else f"{actual} bytes"
