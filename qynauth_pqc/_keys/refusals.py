"""What a caller may have meant, for errors: by data that is not the expected key, or by an unknown name."""

from __future__ import annotations

import re
from binascii import a2b_base64

from qynauth_pqc.native import ffi, lib
from qynauth_pqc.native.inputs import input_memory, input_pointer, size_of, without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from qynauth_pqc.native.inputs import BytesLike

    Wanted = Literal["private key", "public key"]

_STRUCTURES = {"private key": "PKCS#8", "public key": "SubjectPublicKeyInfo"}
_RAW_LOADERS = {"private key": "from_seed() or from_private_bytes()", "public key": "from_public_bytes()"}
_READERS = {
    "private key": "load_private_key() or load_private_key_file()",
    "public key": "load_public_key() or load_public_key_file()",
    "certificate": "qynauth_pqc.integrations.x509.public_key() for its public key",
    "certificate request": "qynauth_pqc.integrations.x509.public_key() for its public key",
    "JWK": "from_jwk() of the class of the key",
    "private key of OpenSSH": "SSHPrivateKey.load() or from_bytes() of qynauth_pqc.ssh",
}

_KINDS = {
    lib.PQC_KEY_KIND_PRIVATE: "private key",
    lib.PQC_KEY_KIND_ENCRYPTED: "private key",
    lib.PQC_KEY_KIND_PUBLIC: "public key",
}
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 -]{1,40})-----")
_LABELS = {
    b"PRIVATE KEY": "private key",
    b"ENCRYPTED PRIVATE KEY": "private key",
    b"PUBLIC KEY": "public key",
    b"CERTIFICATE": "certificate",
    b"CERTIFICATE REQUEST": "certificate request",
    b"OPENSSH PRIVATE KEY": "private key of OpenSSH",
}
# A sequence in a sequence, and version 3 of X.509.
_CERTIFICATE = re.compile(rb"\x30\x82..\x30\x82..\xa0\x03\x02\x01\x02", re.DOTALL)
_BODY = re.compile(rb"-----BEGIN [A-Z ]*(?:PRIVATE|PUBLIC) KEY-----\s+([A-Za-z0-9+/\r\n]{16,64})")
# Both structures begin with a sequence; then a private key has its version; then both have a sequence and the
# identifier. The last byte of this is the length of the identifier.
_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..)"
_IDENTIFIER = re.compile(rb"\x30%b(?:\x02\x01[\x00\x01])?\x30%b\x06([\x01-\x10])" % (_LENGTH, _LENGTH), re.DOTALL)
_LONGEST_HEADER = 33
_OTHERS = {
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.10045.2.1": "elliptic-curve (ECDSA or ECDH)",
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_JSON = re.compile(rb'\s*\{\s*"')

_LONGEST_NAME = 40

_PREDECESSORS = {
    r"(?:CRYSTALS)?KYBER(512|768|1024|)(?:90S)?": "ML-KEM-{}",
    r"(?:CRYSTALS)?DILITHIUM([235]?)(?:AES|R)?": "ML-DSA-{}",
    r"SPHINCS(?:PLUS)?((?:SHA2|SHAKE)(?:128|192|256)[SF]|)(?:SIMPLE|ROBUST)?": "SLH-DSA-{}",
    r"SPHINCS(?:PLUS)?HARAKA(?:128|192|256)?[SF]?(?:SIMPLE|ROBUST)?()": "SLH-DSA-{}",
}
"""The letters and digits of the names of the drafts, and the names of the standards."""

_LEVELS = {"2": "44", "3": "65", "5": "87"}


def _ask(data: BytesLike) -> tuple[int, int]:
    kind, number = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    status = lib.ffi_key_algorithm(*input_pointer(data, "key"), kind, number)
    return status, kind[0]


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


def explain(data: BytesLike, wanted: Wanted) -> str:
    """Return the message for data that is not the wanted encoded key. It holds no byte of the data."""
    structure, found = _STRUCTURES[wanted], _found(data)
    if not size_of(data):
        return f"{wanted} is empty: expected {structure} in PEM or DER"
    if found == wanted:
        return f"{wanted} is damaged: expected {structure} in one block of PEM, or in DER"
    if found in _READERS:
        return f"expected a {wanted}, got a {found}: use {_READERS[found]}"
    if found == "PEM":
        labels = " or ".join(label.decode("ascii") for label, name in _LABELS.items() if name == wanted)
        return f"expected PEM with the label {labels}, got another label"
    return f"{wanted} is neither PEM nor DER of {structure}; load a raw key by {_RAW_LOADERS[wanted]}"


@without_frames
def reader_of(data: BytesLike) -> str:
    """Return the functions that read data in PEM, DER or JWK, or an empty string for other data."""
    return _READERS.get(_found(data), "")


def algorithm_of(data: BytesLike) -> str:
    """Return the algorithm of an encoded key that is not ours, by its name or its object identifier.

    For a private key in PEM, only the algorithm is decoded: otherwise the decoded bytes of Python would hold the key.
    """
    memory = input_memory(data, "key")
    body = _BODY.search(memory)
    text = b"" if body is None else body[1].translate(None, b"\r\n")
    for size in range(12, _LONGEST_HEADER, 3):  # whole groups of base64
        header = a2b_base64(text[: min(size // 3, len(text) // 4) * 4]) if body else bytes(memory[:size])
        found = _IDENTIFIER.match(header)
        if found and len(header) >= found.end() + found[1][0]:
            dotted = _dotted(header[found.end() : found.end() + found[1][0]])
            return f"it is {_OTHERS.get(dotted, f'the algorithm {dotted}')}"
    return ""


def _dotted(encoded: bytes) -> str:
    """Return an object identifier in dotted form (X.690, 8.19)."""
    numbers, number = [], 0
    for byte in encoded:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2) if numbers else 0
    return ".".join(map(str, (first, *(each - 40 * first * (place == 0) for place, each in enumerate(numbers)))))


def _found(data: BytesLike) -> str:
    """Return what the beginning of data shows about its kind."""
    if kind := key_kind(data):
        return _KINDS[kind]
    memory = input_memory(data, "key")
    if label := _LABEL.search(memory):
        return _LABELS.get(label[1], "PEM")
    if _CERTIFICATE.match(memory):
        return "certificate"
    return "JWK" if _JSON.match(memory) else ""


def letters(name: str) -> str:
    """Return the letters and digits of a name, in upper case."""
    return "".join(filter(str.isalnum, name)).upper()


def suggestion(wanted: str, names: Iterable[str]) -> str:
    """Return what to use in place of an unknown name, or an empty text if no name is similar: the text may be a key.

    A name that differs only in signs and letter case is the only suggestion. Otherwise, the two nearest are.
    """
    if len(wanted) > _LONGEST_NAME:
        return ""
    if successor := _successor(wanted):
        return f"it is now {successor}, and old keys do not carry over"
    from difflib import get_close_matches  # slow to import

    by_upper = {name.upper(): name for name in names}
    same = [name for name in by_upper if letters(name) == letters(wanted)]
    near = [by_upper[each] for each in same or get_close_matches(wanted.upper(), by_upper, 2)]
    return f"did you mean {' or '.join(near)}" if near else ""


def _successor(wanted: str) -> str:
    """Return the standard's name for the name of a draft, or an empty text for another name."""
    for pattern, name in _PREDECESSORS.items():
        if found := re.fullmatch(pattern, letters(wanted)):
            digits = _LEVELS.get(found[1], found[1])
            digits = re.sub(r"^(SHA2|SHAKE)(\d+)(.)$", lambda part: f"{part[1]}-{part[2]}{part[3].lower()}", digits)
            return name.format(digits).removesuffix("-")
    return ""
