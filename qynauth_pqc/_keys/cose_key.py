"""COSE_Key of the key type AKP (RFC 9964) in CBOR. It handles names and bytes, not keys. Needs the extra `cose`."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import cbor2

from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.native import lib
from qynauth_pqc.native.inputs import input_memory, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc.native.inputs import BytesLike

# RFC 9052, section 7.1; RFC 9964, sections 3 and 8.
_KTY, _KID, _ALG, _KEY_OPS, _PUB, _PRIV = 1, 2, 3, 4, -1, -2
_AKP = 7
_NUMBERS = {"ML-DSA-44": -48, "ML-DSA-65": -49, "ML-DSA-87": -50}
_SIGN, _VERIFY = {1, "sign"}, {2, "verify"}

_DEEPEST = 8
# From RFC 8949, section 3: unsigned and negative integers, byte and text strings, arrays and maps; false, true and
# null; and the three sizes of floats. Tags could mean anything to a decoder.
_INTEGERS, _STRINGS, _LISTS, _MAP = (0, 1), (2, 3), (4, 5), 5
_OTHERS = (0xF4, 0xF5, 0xF6, 0xF9, 0xFA, 0xFB)
_ARGUMENT_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}
_LONGEST_ARGUMENT = 27


def encode(
    name: str, public: bytes, private_bytes: int | None, kid: bytes | None, numbers: Mapping[str, int] = _NUMBERS
) -> bytes:
    """Return a COSE_Key; for a private key, without the value of priv, which is last in deterministic CBOR.

    The length of priv is `private_bytes`, and kid the thumbprint if it is None.
    """
    if kid is not None and not isinstance(kid, bytes):
        raise TypeError(f"kid must be bytes, not {type(kid).__name__}")
    required = _required(name, public, numbers)
    members = {**required, _KID: _thumbprint(required) if kid is None else kid}
    if private_bytes is None:
        return cbor2.dumps(members, canonical=True)
    return cbor2.dumps({**members, _PRIV: bytes(private_bytes)}, canonical=True)[:-private_bytes]


def thumbprint(name: str, public: bytes) -> bytes:
    """Return the thumbprint of a key (RFC 9679, section 3)."""
    return _thumbprint(_required(name, public, _NUMBERS))


def _thumbprint(required: dict[int, int | bytes]) -> bytes:
    return hashlib.sha256(cbor2.dumps(required, canonical=True)).digest()


def decode(data: BytesLike, *, private: bool, numbers: Mapping[str, int] = _NUMBERS) -> tuple[str, bytes, bytes]:
    """Return the algorithm, pub and priv of a COSE_Key; priv is empty if a public key is wanted."""
    members = parse(data)
    kty, alg = _member(members, _KTY, "kty", int), _member(members, _ALG, "alg", int)
    names = {number: name for name, number in numbers.items()}
    if kty != _AKP or alg not in names:
        found = "key type AKP" if kty != _AKP else f"algorithm {', '.join(numbers)}"
        raise UnsupportedError(f"COSE_Key must have the {found} (RFC 9964)")
    if private != (_PRIV in members):
        wanted, got = ("private", "public") if private else ("public", "private")
        raise InvalidKeyError(f"expected a {wanted} COSE_Key, got a {got} one")
    _check_purpose(members, private=private)
    public = _member(members, _PUB, "pub", bytes)
    return names[alg], public, _member(members, _PRIV, "priv", bytes) if private else b""


def is_private(data: BytesLike) -> bool:
    """Return whether a COSE_Key has priv. It raises the errors of `parse`."""
    return _PRIV in parse(data)


def _required(name: str, public: bytes, numbers: Mapping[str, int]) -> dict[int, int | bytes]:
    if name not in numbers:
        raise UnsupportedError(f"COSE has no number for {name} (RFC 9964)")
    return {_KTY: _AKP, _ALG: numbers[name], _PUB: public}


def parse(data: BytesLike) -> dict[object, Any]:
    """Return the labels of a COSE_Key without checking them."""
    longest: int = lib.PQC_MAXENCODEDKEYBYTES
    size = size_of(data, "COSE_Key")
    if size > longest:
        raise InvalidKeyError(f"COSE_Key is longer than {longest} bytes: got {size}")
    members = _from_cbor(data)
    if not isinstance(members, dict):
        raise InvalidKeyError("COSE_Key is not a CBOR map of plain items of definite length with unique labels")
    # To Python, True and 1.0 are equal to 1, but they are other labels.
    return {label: value for label, value in members.items() if type(label) in {int, str}}


def _from_cbor(data: BytesLike) -> object:
    """Return the value in CBOR, or None: an error of cbor2 could hold its input, which may be a private key."""
    file = BytesIO(input_memory(data, "COSE_Key"))
    with file.getbuffer() as view:
        if _end(view, 0, _DEEPEST) != len(view):
            return None
    try:
        decoded = cbor2.CBORDecoder(file, allow_duplicate_keys=False, max_depth=_DEEPEST).decode()
    except cbor2.CBORDecodeError:
        return None
    return decoded


def _end(data: memoryview, start: int, depth: int) -> int:
    """Return the end of a CBOR item, or 0 if it is cut, too deep, of indefinite length or of another type."""
    if not depth or start >= len(data):
        return 0
    first = data[start]
    major, argument = first >> 5, first & 31
    size = _ARGUMENT_BYTES.get(argument, 0)
    at = start + 1 + size
    known = major in (*_INTEGERS, *_STRINGS, *_LISTS) or first in _OTHERS
    if not known or at > len(data) or argument > _LONGEST_ARGUMENT:
        return 0
    number = int.from_bytes(data[start + 1 : at], "big") if size else argument
    if major in _STRINGS:
        return at + number if number <= len(data) - at else 0
    if major in _LISTS:
        for _ in range(number * 2 if major == _MAP else number):
            if not (at := _end(data, at, depth - 1)):
                break
    return at


def _check_purpose(members: dict[object, Any], *, private: bool) -> None:
    """Refuse a key for another purpose (RFC 9052, section 7.1)."""
    if _KEY_OPS not in members:
        return
    operations = members[_KEY_OPS]
    allowed = _SIGN if private else _VERIFY
    if not isinstance(operations, list) or not any(type(each) in {int, str} and each in allowed for each in operations):
        raise InvalidKeyError(f"COSE_Key may not {'sign' if private else 'verify'}; its key_ops forbid it")


def _member(members: dict[object, Any], label: int, name: str, kind: type) -> Any:
    if label not in members:
        raise InvalidKeyError(f"COSE_Key has no {name}")
    if type(members[label]) is not kind:
        raise InvalidKeyError(f"{name} of the COSE_Key is not {'a byte string' if kind is bytes else 'an integer'}")
    return members[label]
