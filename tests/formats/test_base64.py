"""The base64 of each format has one encoding of its bytes, and no other text is accepted."""

from __future__ import annotations

import base64
from binascii import Error
from itertools import product
from typing import Any

import pytest

from qynauth_pqc._keys.base64 import from_base64

FORMATS: dict[str, tuple[dict[str, Any], Any]] = {
    "OpenSSH": ({}, lambda data: [base64.b64encode(data)]),
    "DSSE": ({"url_safe": None}, lambda data: [base64.b64encode(data), base64.urlsafe_b64encode(data)]),
    "JOSE": ({"url_safe": True, "padded": False}, lambda data: [base64.urlsafe_b64encode(data).rstrip(b"=")]),
}
REFUSALS = {"expected base64", "base64 mixes two alphabets", "base64 is not canonical"}
TEXTS = [
    start + bytes(end) for size in range(5) for end in product(b"AQg+/-_=\n", repeat=size) for start in (b"", b"AAAA")
]


def encodings_of_what_it_stands_for(text: bytes, encode: Any) -> list[bytes]:
    """Return the encodings of the bytes that the lenient decoder of Python reads in a text."""
    try:
        return encode(base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"==="))  # type: ignore[no-any-return]
    except Error:
        return []


@pytest.mark.parametrize("name", FORMATS)
def test_base64_accepts_the_encoding_of_its_format_alone(name: str) -> None:
    """Of all short texts, also with line ends, padding too much and unused bits."""
    rules, encode = FORMATS[name]
    accepted = set()
    for text in TEXTS:
        try:
            data = from_base64(text, **rules)
        except ValueError as error:
            assert str(error) in REFUSALS  # noqa: PT017 - most are refused
        else:
            assert text in encode(data)
            accepted.add(text)
    assert accepted == {text for text in TEXTS if text in encodings_of_what_it_stands_for(text, encode)}
