"""Key files of the command line, recognised by their contents, with messages that name what was found."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qynauth_pqc._ffi import lib
from qynauth_pqc.cli.encodings import LONGEST, decode_private_key, decode_public_key, encoding_of, holds_private_key
from qynauth_pqc.cli.files import read_input, warn_of_readers
from qynauth_pqc.errors import InvalidKeyError, PasswordError, PQCError
from qynauth_pqc.formats._files import secret_input
from qynauth_pqc.mldsa import MLDSAPrivateKey
from qynauth_pqc.mlkem import KEMPrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qynauth_pqc.cli.encodings import PrivateKey

Family: TypeAlias = Literal["ML-KEM", "ML-DSA", "any"]


def _classes(base: type[KEMPrivateKey | MLDSAPrivateKey]) -> dict[str, tuple[type[Any], Any]]:
    """Return the class and the parameter set of each algorithm of a kind."""
    return {each.value: (kind, each) for kind, each in base._loadable.values() if issubclass(kind, base)}


_KEMS, _SIGNATURES = _classes(KEMPrivateKey), _classes(MLDSAPrivateKey)
_SETS: dict[str, Any] = {name: chosen for name, (_, chosen) in (_KEMS | _SIGNATURES).items()}

ALGORITHMS: dict[Family, list[str]] = {"ML-KEM": [*_KEMS], "ML-DSA": [*_SIGNATURES], "any": [*_SETS]}
"""The algorithms whose keys do for the same commands."""

_NAMES: dict[Family, str] = {"ML-KEM": "ML-KEM or X-Wing", "ML-DSA": "ML-DSA", "any": "ML-KEM, ML-DSA or X-Wing"}

# Raw files of every kind, also without a key. The private key of X-Wing is its seed.
_EXPANDED = {name: each.private_key_bytes for name, each in _SETS.items() if each.private_key_bytes != each.seed_bytes}
_RAW_FILES = [
    *dict.fromkeys((each.seed_bytes, f"{str(each)[:6]} seed") for each in _SETS.values()),
    (lib.MLKEM_SHAREDSECRETBYTES, "ML-KEM shared secret"),
    *((each.public_key_bytes, f"{each} public key") for each in _SETS.values()),
    *((size, f"{name} private key") for name, size in _EXPANDED.items()),
    *((each.ciphertext_bytes, f"{each} ciphertext") for _, each in _KEMS.values()),
    *((each.signature_bytes, f"{each} signature") for _, each in _SIGNATURES.values()),
]
_RAW_SIZES = {size for size, _ in _RAW_FILES}
_RAW_PRIVATE_SIZES = {*(each.seed_bytes for each in _SETS.values()), *_EXPANDED.values()}
_LONGEST_RAW = max(_EXPANDED.values())
# A certificate is some 20,000 bytes long, and a PEM file may hold a chain of them.
_LONGEST_PUBLIC_FILE = max(LONGEST, 1 << 20)

LONGEST_CIPHERTEXT: int = max(each.ciphertext_bytes for _, each in _KEMS.values())
"""The longest ciphertext, in bytes."""

LONGEST_SIGNATURE = max(each.signature_bytes for _, each in _SIGNATURES.values())
"""The longest signature, in bytes."""


def _private_class(algorithm: str) -> type[PrivateKey]:
    return (_KEMS | _SIGNATURES)[algorithm][0]


def generate(algorithm: str) -> PrivateKey:
    """Make a key of an algorithm."""
    return _private_class(algorithm).generate(algorithm)


def is_private(path: str) -> bool:
    """Return whether a file is meant to be a private key, and not a public one."""
    with secret_input(path, LONGEST) as data:
        encoding = encoding_of(data, raw_size=len(data) in _RAW_SIZES)
        if encoding == "raw":
            return len(data) in _RAW_PRIVATE_SIZES
        with _naming(path):
            return holds_private_key(data, encoding)


def load_public_key(family: Family, path: str) -> Any:
    """Load a public key for the commands of a family, also from a certificate; the length of a raw key decides its set.

    Raises:
        PQCError: the file holds no such key, or an extra is missing.
        OSError: the file cannot be read.
    """
    data = read_input(path, _LONGEST_PUBLIC_FILE, "the limit for a public key or a certificate", InvalidKeyError)
    raw = {_SETS[name].public_key_bytes: name for name in ALGORITHMS[family]}
    encoding = encoding_of(data, raw_size=len(data) in _RAW_SIZES)
    if encoding != "raw":
        with _naming(path):
            key = decode_public_key(data, encoding)
        return _of_family(key, path, family, family)
    if len(data) not in raw:
        expected = f"{_NAMES[family]} public key of {_either(raw)}"
        raise InvalidKeyError(f"{path}: expected an {expected} bytes, got {_size(len(data))}")
    return _private_class(raw[len(data)])._public_class.from_public_bytes(data)


def load_private_key(family: Family, path: str, algorithm: str | None, password_file: str | None) -> Any:
    """Load a private key for the commands of a family, from an encoding that names its algorithm, or a raw file.

    Args:
        family: the commands that need it.
        path: the file.
        algorithm: the algorithm of the key; None if its encoding or the length of an expanded key decides it.
        password_file: a file with the password; None asks for it on the terminal if the key is encrypted.

    Returns:
        The key, for the caller to close.

    Raises:
        PQCError: the file holds no such key, or it holds a seed and `algorithm` is None; the password is missing,
            wrong, or the key is not encrypted; or an extra is missing.
        OSError: a file cannot be read.
    """
    key = _load_private_key(family, path, algorithm, password_file)
    warn_of_readers(path)
    return key


def _load_private_key(family: Family, path: str, algorithm: str | None, password_file: str | None) -> Any:
    """Load a private key as `load_private_key` does, without the warning."""
    names = [name for name in ALGORITHMS[family] if algorithm in {None, name}]
    with secret_input(path, LONGEST) as data:
        encoding = encoding_of(data, raw_size=len(data) in _RAW_SIZES)
        if encoding != "raw":
            with _naming(path):
                key = decode_private_key(data, encoding, path, password_file)
            return _of_family(key, path, family, algorithm or family)
        if password_file is not None:
            raise PasswordError(f"{path}: there is a password, but the private key is not encrypted")
        return _load_raw(data, path, family, names)


def _load_raw(data: bytearray, path: str, family: Family, names: Sequence[str]) -> Any:
    """Load a private key of these algorithms from its seed or its expanded form."""
    seeds = {_SETS[name].seed_bytes for name in names}
    expanded = {size: name for name, size in _EXPANDED.items() if name in names}
    if len(data) in expanded:
        return _private_class(expanded[len(data)]).from_private_bytes(data)
    if len(data) not in seeds:
        found = _size(len(data)) if len(data) <= _LONGEST_RAW else f"more than {_LONGEST_RAW} bytes"
        name = names[0] if len(names) == 1 else _NAMES[family]
        msg = f"{path}: expected an {name} private key of {_either({*seeds, *expanded})} bytes, got {found}"
        raise InvalidKeyError(msg)
    if len(names) > 1:
        raise InvalidKeyError(f"{path}: a seed does not show its parameter set: name it with --algorithm")
    [name] = names
    return _private_class(name).from_seed(data, name)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Put the name of the file before what an error says, if it does not stand there."""
    try:
        yield
    except PQCError as error:
        if str(error).startswith(f"{path}: "):
            raise
        raise type(error)(f"{path}: {error}") from error


def _of_family(key: Any, path: str, family: Family, expected: str) -> Any:
    """Return a key of a file if it has the expected family and algorithm."""
    found: str = key._parameter_set
    if found in ALGORITHMS[family] and expected in {found, family}:
        return key
    raise InvalidKeyError(f"{path}: expected an {expected} key, got one of {found}")


def _either(sizes: set[int] | dict[int, str]) -> str:
    *most, last = map(str, sorted(sizes))
    return f"{', '.join(most)} or {last}" if most else last


def _size(actual: int) -> str:
    """Return a size in words with the kinds of files that have it."""
    kinds = [name for size, name in _RAW_FILES if size == actual]
    return f"{actual} bytes, the size of an {' or an '.join(kinds)}" if kinds else f"{actual} bytes"
