"""The table of algorithms, and the base of the enums of parameter sets: sizes, and look-up by name or size."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from itertools import count, takewhile

from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.native import SMALL_BATCH, ffi, lib
from qynauth_pqc.native.inputs import size_of

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal, NoReturn, Self, TypeVar

    from qynauth_pqc.native.inputs import BytesLike

    P = TypeVar("P", bound="ParameterSet")
    Kind = Literal["public key", "private key", "seed"]


_rows = takewhile(bool, map(lib.pqc_algorithm_at, count()))
ROWS: dict[str, Any] = {ffi.string(row.name).decode("ascii"): row for row in _rows}
"""The rows of the C interface's table of algorithms, by the names of the standards."""

OFFERED = tuple(name for name, row in ROWS.items() if lib.pqc_algorithm_is_offered(row.algorithm))
"""The algorithms that this build computes. A build for FIPS 140-3 refuses the others."""

FAMILIES: dict[str, str] = {name: ffi.string(row.family).decode("ascii") for name, row in ROWS.items()}
"""The families of the algorithms, such as "ML-KEM"."""

HASHES: dict[str, tuple[int, str, int]] = {
    "SHA-224": (lib.PQC_HASH_SHA2_224, "sha224", 28),
    "SHA-256": (lib.PQC_HASH_SHA2_256, "sha256", 32),
    "SHA-384": (lib.PQC_HASH_SHA2_384, "sha384", 48),
    "SHA-512": (lib.PQC_HASH_SHA2_512, "sha512", 64),
    "SHA-512/224": (lib.PQC_HASH_SHA2_512_224, "sha512_224", 28),
    "SHA-512/256": (lib.PQC_HASH_SHA2_512_256, "sha512_256", 32),
    "SHA3-224": (lib.PQC_HASH_SHA3_224, "sha3_224", 28),
    "SHA3-256": (lib.PQC_HASH_SHA3_256, "sha3_256", 32),
    "SHA3-384": (lib.PQC_HASH_SHA3_384, "sha3_384", 48),
    "SHA3-512": (lib.PQC_HASH_SHA3_512, "sha3_512", 64),
    "SHAKE128": (lib.PQC_HASH_SHAKE128, "shake_128", 32),
    "SHAKE256": (lib.PQC_HASH_SHAKE256, "shake_256", 64),
}
"""The hash functions of FIPS 204, 5.4.1: their numbers in the C interface, hashlib's names, digests' sizes in bytes."""

_HASH_NAMES = {number: name for name, (number, *_) in HASHES.items()}

_SIZES = (
    *("public_key_bytes", "private_key_bytes", "seed_bytes", "ciphertext_bytes", "shared_secret_bytes"),
    *("signature_bytes", "randomness_bytes"),
)


class ParameterSet(StrEnum):
    """Base of the enums of parameter sets: strings that are the names of the standards, with sizes in bytes."""

    id: int
    family: str
    public_key_bytes: int
    private_key_bytes: int
    seed_bytes: int
    randomness_bytes: int
    security_category: int
    oid: str
    prehash: str | None  # the hash function by which a composite hashes each message
    signature_varies: bool
    found_by_length: bool  # whether a key may be loaded without the name of its set
    first_items: int  # of a batch: they take at most 0.2 s in all on any processor

    def __new__(cls, name: str) -> Self:
        """Make a member from the standard's name, with the sizes that the table has for its kind."""
        member = str.__new__(cls, name)
        member._value_ = name
        row = ROWS[name]
        member.id = row.algorithm
        member.family = FAMILIES[name]
        member.security_category = row.security_category
        member.oid = ffi.string(row.oid).decode("ascii")
        member.prehash = _HASH_NAMES.get(row.pre_hash)
        member.signature_varies = bool(row.signature_varies)
        member.found_by_length = bool(row.found_by_length)
        member.first_items = max(1, min(200_000 // row.slowest_us, SMALL_BATCH))
        for size in _SIZES:
            if value := getattr(row, size):
                setattr(member, size, value)
        return member

    def bytes_of(self, kind: Kind) -> int:
        """Return the size of an encoding in bytes, such as the private key's; 0 if the family has no such encoding."""
        return getattr(self, f"{kind.replace(' ', '_')}_bytes", 0)

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        if isinstance(value, str):
            raise unknown_set(cls, value)
        raise _not_a_name(cls, type(value))


_SHORTEST_SIGNATURE = 2000


def unknown_set(parameter_sets: Iterable[str], wanted: str = "") -> UnsupportedError:
    """Return the error for a name that no parameter set has, with the names of all of them.

    It repeats the text only if that is similar to a name, or the name of another set: any other text may be a key.
    """
    from qynauth_pqc._keys.refusals import suggestion  # few programs need it

    names = [*parameter_sets]
    remark = "which is for other keys" if wanted.upper() in map(str.upper, ROWS) else suggestion(wanted, names)
    found = f" {wanted!r}, {remark}" if remark else ""
    return UnsupportedError(f"unknown parameter set{found}: expected one of {', '.join(names)}")


def without_identifier(parameter_set: ParameterSet) -> str:
    """Say why the keys of an algorithm have no encoding that names it."""
    return (
        f"{parameter_set} has no object identifier, and so neither PKCS#8 nor SubjectPublicKeyInfo; keep keys as bytes"
    )


def _not_a_name(parameter_sets: type[ParameterSet], kind: type) -> TypeError:
    names = ", ".join(parameter_sets)
    return TypeError(f"parameter set must be one of {names}, not {kind.__name__}")


def wrong_size(expected: int, actual: int, parameter_set: str) -> str:
    """Return the size that a parameter set demands and the actual one, or nothing if they are the same."""
    return "" if expected == actual else f"expected {expected} bytes for {parameter_set}, got {actual}"


def wrong_signature_size(parameter_set: Any, actual: int) -> str:
    """Return the size that a parameter set demands of a signature and the actual one, or nothing if it is possible."""
    expected: int = parameter_set.signature_bytes
    if not parameter_set.signature_varies:
        return wrong_size(expected, actual, parameter_set)
    return "" if actual <= expected else f"expected at most {expected} bytes for {parameter_set}, got {actual}"


def detail_of(status: int, parameter_set: Any, inputs: Mapping[str, BytesLike]) -> str:
    """Return a text about the wrong length of an input, named as in the messages."""
    if status == lib.PQC_STATUS_CONTEXT_LENGTH:
        return f"expected at most {lib.MLDSA_MAXCONTEXTBYTES} bytes, got {size_of(inputs['context'])}"
    if status == lib.PQC_STATUS_INVALID_SIGNATURE:
        wrong = wrong_signature_size(parameter_set, size_of(inputs["signature"]))
        size = size_of(inputs.get("message", b""))
        is_swapped = wrong and size > _SHORTEST_SIGNATURE and not wrong_signature_size(parameter_set, size)
        return f"{wrong}; the message is as long as one: the order is message, signature" if is_swapped else wrong
    if status == lib.PQC_STATUS_CIPHERTEXT_LENGTH:
        return wrong_size(parameter_set.ciphertext_bytes, size_of(inputs["ciphertext"]), parameter_set)
    if status == lib.PQC_STATUS_MU_LENGTH:
        return f"got {size_of(inputs['mu'])}"
    return ""


def member_of(parameter_sets: type[P], wanted: P | str) -> P:
    """Return a parameter set that the caller passed as a member or by its name, in any letter case."""
    # Calling an enum costs half a microsecond, its error shows the argument, and it hashes the argument, which a
    # memoryview may refuse.
    if type(wanted) is parameter_sets:
        return wanted
    if not isinstance(wanted, str):
        raise _not_a_name(parameter_sets, type(wanted))
    known = _by_name(parameter_sets)
    named: P | None = known.get(wanted) or known.get(wanted.upper())
    if named is None:
        raise unknown_set(parameter_sets, wanted)
    return named


def exact_member(parameter_sets: type[P], name: str) -> P:
    """Return a parameter set by its name in another standard, where the case of letters matters."""
    chosen = member_of(parameter_sets, name)
    if chosen != name:
        raise UnsupportedError(
            f"unknown parameter set {name!r}, did you mean {chosen}: the case of letters matters here"
        )
    return chosen


@cache
def _by_name(parameter_sets: type[P]) -> dict[str, P]:
    return {name: each for each in parameter_sets for name in (str(each), each.upper())}


def choose_set(parameter_sets: type[P], wanted: P | str | None, kind: Kind, data: BytesLike) -> P:
    """Return the wanted parameter set or, for None, the only set of the first release with keys of the input's size.

    A later set is named, so that it changes nothing for keys that are loaded by their size.

    Raises:
        InvalidKeyError: no set has keys of this size.
        UnsupportedError: the wanted set is unknown.
        TypeError: several sets, or a later one, have keys of this size, and none is wanted.
    """
    if wanted is not None:
        return member_of(parameter_sets, wanted)
    actual = size_of(data, kind)
    by_size: dict[int, list[P]] = _by_size(parameter_sets, kind)
    chosen = by_size.get(actual, [])
    if not chosen and len(parameter_sets) == 1:
        return next(iter(parameter_sets))  # the error of the C interface names its size
    if not chosen:
        expected = ", ".join(f"{size} ({' or '.join(sets)})" for size, sets in by_size.items())
        hint = _other(parameter_sets, kind, actual) or encoded_hint(data)
        raise InvalidKeyError(f"{kind} has the wrong length: expected {expected} bytes, got {actual}{hint}")
    found = [each for each in chosen if each.found_by_length]
    if len(found) != 1:
        raise TypeError(f"a {kind} of {actual} bytes may be of {' or '.join(chosen)}; pass parameter_set=")
    return found[0]


def _other(parameter_sets: Iterable[ParameterSet], kind: Kind, size: int) -> str:
    """Return the name of the other encoding of these keys that has a size."""
    if size == 0:
        return ""  # the size of an encoding that a family lacks
    loaders: dict[Kind, str] = {
        "public key": "",
        "private key": "",
        "seed": "; from_seed() of the private key takes it",
    }
    for other, loader in loaders.items():
        names = [each for each in parameter_sets if other != kind and each.bytes_of(other) == size]
        if names:
            return f", the size of a {other} of {' or '.join(names)}{loader}"
    return ""


def encoded_hint(data: BytesLike) -> str:
    """Return the name of the function that reads data in PEM, DER or JWK, which is no raw key."""
    from qynauth_pqc._keys.refusals import reader_of  # few programs need it, and it imports re

    reader = reader_of(data)
    return f"; this is not raw: use {reader}" if reader else ""


@cache
def _by_size(parameter_sets: type[P], kind: Kind) -> dict[int, list[P]]:
    sizes = dict.fromkeys(each.bytes_of(kind) for each in parameter_sets)
    return {size: [each for each in parameter_sets if each.bytes_of(kind) == size] for size in sizes}
