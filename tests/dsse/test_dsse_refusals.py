"""Malformed envelopes are refused, with the rule and the place."""

from __future__ import annotations

import json
import pickle
from typing import NoReturn

import pytest
from conftest import IS_PYPY
from dsse_fixtures import BOTH, ENVELOPE, MLDSA, TYPE, envelope_with, members, url_safe
from own_frames import variables

from qynauth_pqc.dsse import Envelope, Rule, sign
from qynauth_pqc.dsse._json import LONGEST
from qynauth_pqc.dsse.errors import DSSEVerificationError
from qynauth_pqc.errors import FormatError

[ROW] = members()["signatures"]
TEXT = ENVELOPE.decode()
SIG = TEXT.index('"sig":')


def rows(**changed: object) -> bytes:
    """Return an envelope with changed members of its signature, and without those that are None."""
    row = {name: value for name, value in (ROW | changed).items() if value is not None}
    return envelope_with(signatures=[row])


REFUSED: dict[str, tuple[bytes | str, str, str]] = {
    "empty": ("", "expected JSON", "byte 0"),
    "no object": ("[]", "expected an object", "byte 0"),
    "null": ("null", "expected an object", "byte 0"),
    "cut": (TEXT[:-1], "expected JSON", f"byte {len(TEXT) - 1}"),
    "trailing data": (f"{TEXT}\n{{}}", "trailing data", f"byte {len(TEXT) + 1}"),
    "two envelopes": (TEXT + TEXT, "trailing data", f"byte {len(TEXT)}"),
    "trailing data after text": (f'{{"\u00e9":0}}{TEXT}', "trailing data", "byte 8"),
    "byte order mark": (f"\ufeff{TEXT}", "expected JSON", "byte 0"),
    "UTF-16": (TEXT.encode("utf-16-le"), "expected JSON", "byte 1"),
    "not UTF-8": (b'{"a":"\xff"}', "expected UTF-8", "byte 6"),
    # The decoder of PyPy reports the place after the character.
    "control character": (TEXT.replace("vnd", "v\nd"), "expected JSON", f"byte {TEXT.index('vnd') + 1 + IS_PYPY}"),
    "no comma": (TEXT.replace(',"sig"', '"sig"'), "expected JSON", f"byte {SIG - 1}"),
    "single quotes": (TEXT.replace('"', "'"), "expected JSON", "byte 1"),
    "no quotation mark": (TEXT.replace(f'"{ROW["keyid"]}"', '"'), "expected JSON", f"byte {SIG - 64}"),
    "sig without an end": (TEXT[: SIG + 7] + "}]}", "expected JSON", f"byte {SIG + 6}"),
    "comment": (f"{TEXT}//", "trailing data", f"byte {len(TEXT)}"),
    "NaN": (TEXT.replace("{", '{"x":NaN,', 1), "NaN and Infinity are not JSON", "byte 0"),
    "Infinity": (TEXT.replace("{", '{"x":-Infinity,', 1), "NaN and Infinity are not JSON", "byte 0"),
    "long number": (TEXT.replace("{", f'{{"x":{"9" * 5000},', 1), "too many digits", "byte 0"),
    "deep": ("[" * 100_000, "nested too deeply", "byte 0"),
    "deep member": (TEXT.replace("{", f'{{"x":{"[" * 100}{"]" * 100},', 1), "nested too deeply", "byte 0"),
    "deep and open": (TEXT.replace("{", f'{{"x":{"[" * 100}"\\"', 1), "nested too deeply", "byte 0"),
    "member twice": (TEXT.replace("{", '{"payloadType":"x",', 1), "two members with the same name", "byte 0"),
    "member twice, escaped": (
        TEXT.replace("{", '{"payload\\u0054ype":"x",', 1),
        "two members with the same name",
        "byte 0",
    ),
    "keyid twice": (TEXT.replace('{"keyid"', '{"keyid":"","keyid"'), "two members with the same name", "byte 0"),
    "unknown member twice": (TEXT.replace("{", '{"x":1,"x":1,', 1), "two members with the same name", "byte 0"),
    "no payload": (envelope_with(payload=None), "expected a string", "payload"),
    "no type": (envelope_with(payloadType=None), "expected a string", "payloadType"),
    "no signatures": (envelope_with(signatures=None), "expected an array", "signatures"),
    "other letter case": (TEXT.replace('"payloadType"', '"payloadtype"'), "expected a string", "payloadType"),
    "payload of numbers": (envelope_with(payload=[1]), "expected a string", "payload"),
    "type of bytes": (envelope_with(payloadType=7), "expected a string", "payloadType"),
    "one signature": (envelope_with(signatures=ROW), "expected an array", "signatures"),
    "signature of text": (envelope_with(signatures=[ROW["sig"]]), "expected an object", "signatures[0]"),
    "no sig": (rows(sig=None), "expected a string", "signatures[0].sig"),
    "second without sig": (envelope_with(signatures=[ROW, {"keyid": ""}]), "expected a string", "signatures[1].sig"),
    "keyid of a number": (rows(keyid=1), "expected a string", "signatures[0].keyid"),
    "many signatures": (envelope_with(signatures=[ROW] * 65), "more than 64 signatures", "signatures"),
    "half a pair": (envelope_with(payloadType="\ud800"), "expected text in Unicode", "payloadType"),
    "half a pair in a name": (rows(keyid="\udfff"), "expected text in Unicode", "signatures[0].keyid"),
    "half a pair in base64": (rows(sig="\ud800aaa"), "expected base64", "signatures[0].sig"),
    "no padding": (envelope_with(payload="YQ"), "expected base64", "payload"),
    "padding alone": (envelope_with(payload="===="), "expected base64", "payload"),
    "bits of the last character": (envelope_with(payload="YR=="), "base64 is not canonical", "payload"),
    "line end": (envelope_with(payload="YWJj\nYWJj"), "expected base64", "payload"),
    "space": (envelope_with(payload="YWJj "), "expected base64", "payload"),
    "not ASCII": (envelope_with(payload="YWJ\u00e9"), "expected base64", "payload"),
    "after the padding": (envelope_with(payload="YQ==YQ=="), "expected base64", "payload"),
    "two alphabets": (envelope_with(payload="+-__"), "two alphabets", "payload"),
    "hexadecimal": (rows(sig="0g"), "expected base64", "signatures[0].sig"),
    "base64 of the compact form": (TEXT.replace('"sig":"', '"sig":"?'), "expected base64", "signatures[0].sig"),
}


@pytest.mark.parametrize(("data", "rule", "where"), REFUSED.values(), ids=REFUSED)
def test_malformed_envelope_is_refused_by_its_rule(data: bytes | str, rule: str, where: str) -> None:
    """The error names the rule and the place, shows nothing of the contents, and can be shown and pickled."""
    with pytest.raises(FormatError, match=rule) as caught:
        Envelope.parse(data if isinstance(data, bytes) else data.encode())
    variables(caught.value)
    assert caught.value.position == where
    assert str(caught.value) == f"envelope, {where}: {caught.value.rule}"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - of this test
    assert len(str(caught.value)) < 200


def test_envelope_that_is_as_deep_as_the_bound_is_read() -> None:
    """Brackets in strings count for nothing, and long strings without an end take no time."""
    deep = TEXT.replace("{", f'{{"x":{"[" * 99}"{"[" * 101}"{"]" * 99},', 1)
    assert Envelope.parse(deep.encode()).payload == Envelope.parse(ENVELOPE).payload
    with pytest.raises(FormatError, match="expected JSON"):
        Envelope.parse(b'{"x":' + b"[]" * 101 + b'"' + b'\\"' * 4_000_000)


def test_errors_keep_their_rule() -> None:
    """An error without a place has its text and its rule."""
    error = DSSEVerificationError("text", Rule.SUBJECT)
    assert (str(error), error.rule) == ("text", "subject")


def test_size_is_bounded_both_ways() -> None:
    """An envelope that is too long to be read is not written."""
    with pytest.raises(FormatError, match=f"longer than {LONGEST} bytes"):
        Envelope.parse(bytes(LONGEST + 1))
    with pytest.raises(FormatError, match=f"longer than {LONGEST} bytes"):
        sign(bytes(LONGEST // 4 * 3), TYPE, [MLDSA])
    full = Envelope(b"", TYPE, Envelope.parse(ENVELOPE).signatures * 64)
    assert len(Envelope.parse(full.to_bytes()).signatures) == 64
    with pytest.raises(FormatError, match="more than 64"):
        full.sign(MLDSA)


def test_long_input_is_refused() -> None:
    """The input is the most expensive one to read."""
    size = 1 << 18
    inputs = [b'"' * size, b"[" * size, b'{"a":' * (size // 5), b"\\" * size, b"[" + b"[]," * (size // 3) + b"[]]"]
    inputs += [envelope_with(payload="-" * (size + 1)), envelope_with(signatures=[[]] * (size // 4)), b"9" * size]
    inputs += [json.dumps({str(number): number for number in range(size // 16)}).encode()]
    for each in inputs:
        with pytest.raises(FormatError):
            Envelope.parse(each)


def test_what_is_read_is_what_json_says() -> None:
    """It reads escapes, both alphabets, an empty payload, an empty type, and a signature without a key name."""
    escaped = TEXT.replace("application", "\\u0061pplication").replace("/", "\\/")
    assert Envelope.parse(escaped.encode()).payload_type == TYPE
    assert Envelope.parse(escaped.encode()).signatures == Envelope.parse(ENVELOPE).signatures
    assert Envelope.parse(url_safe(BOTH)).signatures == Envelope.parse(BOTH).signatures
    empty = Envelope.parse(b'{"payload":"","payloadType":"","signatures":[{"sig":""}]}')
    assert (empty.payload, empty.payload_type, empty.signatures[0].keyid) == (b"", "", "")
    assert Envelope.parse(envelope_with(payloadType="\u00e9")).payload_type == "\u00e9"


def down() -> NoReturn:
    """Fail, as the network does."""
    raise ConnectionError


class Failing:
    """A signer that fails."""

    algorithm = MLDSA.algorithm
    public_key = MLDSA.public_key

    def sign(self, _message: object) -> bytes:
        """Fail."""
        return down()


def test_frames_of_a_signer_stay() -> None:
    """The error of a signer shows its origin, and nothing that was passed with it."""
    with pytest.raises(ConnectionError) as failed:
        sign(b"payload", "application/json", [Failing(), b"SENTINEL" * 4])  # type: ignore[list-item]
    assert [each.name for each in failed.traceback[-2:]] == ["sign", "down"]
    assert not any("SENTINEL" in text for _, text in variables(failed.value))
