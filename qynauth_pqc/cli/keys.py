"""Key files of the command line, recognised by their contents; messages name the contents."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import FAMILIES, ROWS
from qynauth_pqc._keys.paths import SecretInput
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.signature import PrehashPrivateKey, SignaturePrivateKey
from qynauth_pqc.cli.encodings import (
    LONGEST,
    NOT_ENCRYPTED,
    UNKNOWN,
    decode_private_key,
    decode_public_key,
    encoding_of,
    kind_in,
    may_be_raw,
)
from qynauth_pqc.cli.files import display_name, read_input, warn_of_readers
from qynauth_pqc.errors import InvalidKeyError, PasswordError, PQCError, UnsupportedError
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.native import lib
from qynauth_pqc.signer import public_key_of
from qynauth_pqc.xwing import XWingPrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.formats import AnyPrivateKey
    from qynauth_pqc.signer import Signer

Family: TypeAlias = Literal["KEM", "signature", "X-Wing", "any"]
Kind: TypeAlias = Literal["public key", "private key"]


_BASES: dict[Family, type[PrivateKey]] = {
    "KEM": KEMPrivateKey,
    "signature": SignaturePrivateKey,
    "X-Wing": XWingPrivateKey,
    "any": PrivateKey,
}
_CLASSES: dict[str, tuple[type[Any], Any]] = {each.value: (kind, each) for kind, each in loadable(PrivateKey)}
"""The class and the parameter set of each algorithm."""

ALGORITHMS = {family: [each.value for _, each in loadable(base)] for family, base in _BASES.items()}
"""The algorithms with keys for the same commands."""
ALGORITHMS["any"] = ALGORITHMS["KEM"] + ALGORITHMS["signature"]


def _private_class(algorithm: str) -> type[AnyPrivateKey]:
    return _CLASSES[algorithm][0]


def _families(base: type[PrivateKey]) -> str:
    """Return the names of the families of a kind, such as "ML-DSA, composite or SLH-DSA"."""
    *names, last = dict.fromkeys(each.family for _, each in loadable(base))
    return f"{', '.join(names)} or {last}" if names else last


# A certificate is some 20,000 bytes long, and a PEM file may hold a chain of certificates.
LONGEST_FILE = max(LONGEST, 1 << 20)
"""The longest file of a public key or a certificate, in bytes."""

SIGNERS = "qynauth_pqc.signers"
"""The group of the entry points for signers: callables that take the text after the name, and return a signer."""

LONGEST_CIPHERTEXT: int = max(_CLASSES[name][1].ciphertext_bytes for name in ALGORITHMS["KEM"])
"""The longest ciphertext, in bytes."""

LONGEST_SIGNATURE: int = max(_CLASSES[name][1].signature_bytes for name in ALGORITHMS["signature"])
"""The longest signature, in bytes."""


def generate(algorithm: str) -> AnyPrivateKey:
    """Make a key of an algorithm."""
    return _private_class(algorithm).generate(algorithm)


def kind_of(data: bytearray, algorithm: str | None) -> int:
    """Return the `PQC_KEY_KIND_*` of a key file; if only the length can show it, `algorithm` decides."""
    with suppress(PQCError):
        if kind := kind_in(data):
            return kind
    private = may_be_raw(data) and len(data) in _sizes("private key", algorithm)
    return lib.PQC_KEY_KIND_PRIVATE if private else lib.PQC_KEY_KIND_PUBLIC  # type: ignore[no-any-return]


def load_public_key(family: Family, path: str, algorithm: str | None) -> Any:
    """Load a public key, as `public_key_in` does."""
    data = read_input(path, LONGEST_FILE, "the limit for a public key or a certificate", InvalidKeyError)
    return public_key_in(family, path, data, algorithm)


def public_key_in(family: Family, path: str, data: bytes | bytearray, algorithm: str | None) -> Any:
    """Return the public key in the contents of a file, also in a certificate.

    Args:
        family: the commands that need it.
        path: the file.
        data: its contents.
        algorithm: the algorithm that the key must have; None accepts any encoding that names its algorithm, and no raw
            key.

    Raises:
        PQCError: the file holds no such key, or an extra is missing.
    """
    with naming(path):
        try:
            key = decode_public_key(data)
        except PQCError as error:
            name = _raw_algorithm("public key", family, data, algorithm, error)
            return _private_class(name)._public_class.from_public_bytes(data, name)
        return _expected(key, family, algorithm)


def load_private_key(family: Family, path: str, algorithm: str | None, password_file: str | None) -> Any:
    """Load a private key, as `private_key_in` does."""
    with SecretInput(path, LONGEST) as data:
        return private_key_in(family, path, data, algorithm, password_file)


def private_key_in(family: Family, path: str, data: bytearray, algorithm: str | None, password_file: str | None) -> Any:
    """Return the private key in the contents of a file, for the caller to close.

    Args:
        family: the commands that need it.
        path: the file; a warning says if others can read it.
        data: its contents.
        algorithm: as for `public_key_in`.
        password_file: a file with the password; None asks for it on the terminal if the key is encrypted.

    Raises:
        PQCError: the file holds no such key; the password is missing, wrong, or the key is not encrypted; or an extra
            is missing.
        OSError: the file with the password cannot be read.
    """
    with naming(path):
        try:
            key = decode_private_key(data, path, password_file)
        except PQCError as error:
            name = _raw_algorithm("private key", family, data, algorithm, error)
            key = _raw_private_key(data, name, password_file)
        _expected(key, family, algorithm)
    warn_of_readers(path)
    return key


def load_signer(text: str) -> Signer:
    """Return the signer that a text names: the name of an entry point, and after a colon its argument.

    Raises:
        UnsupportedError: no installed package offers it.
        TypeError: the entry point returned no signer.
        PQCError: see the entry point.
        OSError: see the entry point.
    """
    from importlib.metadata import entry_points  # slower than most of this package, and needed for --signer alone

    name, _, argument = text.partition(":")
    offered = entry_points(group=SIGNERS)
    if name not in offered.names:
        known = (
            f"there are: {', '.join(sorted(offered.names))}" if offered.names else "no installed package has signers"
        )
        raise UnsupportedError(f"no signer {name!r} is installed; {known}")
    signer: Signer = offered[name].load()(argument)
    public_key_of(signer)
    return signer


@contextmanager
def open_signer(params: Mapping[str, Any]) -> Iterator[Signer]:
    """Lend the private key or the signer that the options name."""
    if params["signer"] is not None:
        yield load_signer(params["signer"])
        return
    with load_private_key("signature", params["key"], params["algorithm"], params["password_file"]) as key:
        yield key


def verification_key(params: Mapping[str, Any]) -> Any:
    """Return the public key of signatures that the options name."""
    return load_public_key("signature", params["key"], params["algorithm"])


def _raw_private_key(data: bytearray, algorithm: str, password_file: str | None) -> Any:
    """Return the private key of a raw file, which is its seed or its expanded form."""
    if password_file is not None:
        raise PasswordError(NOT_ENCRYPTED)
    kind, parameter_set = _CLASSES[algorithm]
    if len(data) == parameter_set.bytes_of("seed"):
        return kind.from_seed(data, algorithm)
    return kind.from_private_bytes(data, algorithm)


def _sizes(what: Kind, algorithm: str | None) -> set[int]:
    """Return the sizes of raw keys of an algorithm, or no sizes without an algorithm."""
    if algorithm is None:
        return set()
    encodings = ("public key",) if what == "public key" else ("private key", "seed")
    return {_CLASSES[algorithm][1].bytes_of(each) for each in encodings} - {0}


def _raw_algorithm(what: Kind, family: Family, data: bytes | bytearray, algorithm: str | None, error: PQCError) -> str:
    """Return the named algorithm if a file can be a raw key of it; `error` is why it is in no other encoding."""
    if not may_be_raw(data):
        raise error
    if algorithm is not None and len(data) in _sizes(what, algorithm):
        return algorithm
    kinds: tuple[Kind, ...] = ("public key", "private key")
    raw_kinds = [kind for kind in kinds if any(len(data) in _sizes(kind, name) for name in _CLASSES)]
    if algorithm is None and (what in raw_kinds or (family == "any" and raw_kinds)):
        raise InvalidKeyError("raw keys do not identify their algorithm; pass --algorithm") from error
    if encoding_of(data) != UNKNOWN and not raw_kinds:
        raise error
    if algorithm is None:
        encodings = "PEM or DER" if family == "KEM" else "PEM, DER, JWK or COSE_Key"
        encodings += " or a certificate" if what == "public key" else ""
        expected = f"{_families(_BASES[family])} {what} in {encodings}"
    else:
        expected = f"{algorithm} {what} of {' or '.join(map(str, sorted(_sizes(what, algorithm))))} bytes"
    raise InvalidKeyError(f"expected an {expected}, got {_size(len(data))}; check --key") from error


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the name of the file before the message of an error, which keeps its rule."""
    try:
        yield
    except PQCError as error:
        named = type(error)(f"{display_name(path)}: {error}")
        vars(named).update(vars(error))
        raise named from error


def _expected(key: Any, family: Family, algorithm: str | None) -> Any:
    """Return a key of a file if it has the expected family and algorithm."""
    found: str = key._parameter_set
    if found not in ALGORITHMS[family]:
        raise InvalidKeyError(f"expected an {_families(_BASES[family])} key, got an {found} key; check --key")
    if algorithm not in {None, found}:
        raise InvalidKeyError(f"expected an {algorithm} key, got an {found} key; check --algorithm and --key")
    return key


def check_prehash(algorithm: str, prehash: str | None) -> None:
    """Refuse a hash function for a key that does not take one, before a long message is hashed for nothing."""
    if prehash is not None and not issubclass(_private_class(algorithm), PrehashPrivateKey):
        raise UnsupportedError(
            f"--prehash is for {_families(PrehashPrivateKey)} keys only, and the key is {algorithm}; omit it"
        )


def _size(actual: int) -> str:
    """Return a size in words with the kinds of files that have it."""
    if actual > LONGEST:
        return f"more than {LONGEST} bytes"
    kinds = [f"{'an' if each[0] in 'MSX' else 'a'} {each}" for each in _raw_kinds(actual)] if actual else []
    return f"{actual} bytes, the size of {' or '.join(kinds)}" if kinds else f"{actual} bytes"


def _raw_kinds(size: int) -> Iterator[str]:
    """Yield the kinds of raw files with a size; sets of a family that share it have the name of the family."""
    for what in ("seed", "shared secret", "public key", "private key", "ciphertext", "signature"):
        names = [name for name in ALGORITHMS["any"] if _CLASSES[name][1].bytes_of(what) == size]
        if what == "signature":
            names = [name for name in names if not ROWS[name].signature_varies]
        elif what == "private key":  # that of X-Wing is its seed
            names = [name for name in names if ROWS[name].seed_bytes != size]
        families = Counter(FAMILIES[name] for name in names)
        alike = [FAMILIES[name] if families[FAMILIES[name]] > 1 else name for name in names]
        yield from dict.fromkeys(f"{each} {what}" for each in alike)
