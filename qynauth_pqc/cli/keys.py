"""Key files of the command line: raw bytes, told apart by their length, with messages that say what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qynauth_pqc._ffi import lib
from qynauth_pqc.cli.files import read_input, secret_input
from qynauth_pqc.errors import InvalidKeyError
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMParameterSet, MLKEMPrivateKey, MLKEMPublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["load_private_key", "load_public_key"]

_Private = TypeVar("_Private", MLKEMPrivateKey, MLDSAPrivateKey)
_Public = TypeVar("_Public", MLKEMPublicKey, MLDSAPublicKey)

_SEED_BYTES: dict[type, int] = {MLKEMPrivateKey: lib.MLKEM_SEEDBYTES, MLDSAPrivateKey: lib.MLDSA_SEEDBYTES}


def load_public_key(kind: type[_Public], path: str) -> _Public:
    """Load a public key of the family that `kind` belongs to; its length tells the parameter set.

    Raises:
        InvalidKeyError: the file holds no such key.
        OSError: the file cannot be read.
    """
    data = read_input(path)
    sets = _parameter_sets(kind)
    expected = [each.public_key_bytes for each in sets]
    if len(data) not in expected:
        msg = f"{path}: expected an {_family(sets)} public key of {_either(expected)} bytes, got {_size(len(data))}"
        raise InvalidKeyError(msg)
    return kind.from_public_bytes(data)


def load_private_key(kind: type[_Private], path: str, algorithm: str | None) -> _Private:
    """Load a private key of the family that `kind` belongs to, from its seed or its expanded form.

    Args:
        kind: the class of the key.
        path: the file.
        algorithm: the parameter set; None if the length of an expanded key is to tell it.

    Returns:
        The key, for the caller to close.

    Raises:
        InvalidKeyError: the file holds no such key, or it holds a seed and `algorithm` is None.
        OSError: the file cannot be read.
    """
    sets = [each for each in _parameter_sets(kind) if algorithm in {None, each}]
    seed_bytes = _SEED_BYTES[kind]
    expanded: list[int] = [each.private_key_bytes for each in sets]
    longest = max(each.private_key_bytes for each in MLDSAParameterSet)
    with secret_input(path, longest) as data:
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
