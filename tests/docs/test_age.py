"""The recipe docs/recipes/age.md reads the published test files of age, and refuses altered files and bad Bech32."""

from __future__ import annotations

import hashlib
import io
import os
import re
import runpy
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from pages import write_program

from qynauth_pqc import XWingPrivateKey

FILES = [path for path in sorted((Path(__file__).parent / "age").iterdir()) if path.suffix != ".md"]
CHUNK, TAG, NONCE = 1 << 16, 16, 16
IDENTITY, RECIPIENT = "age-secret-key-pq-", "age1pq"
MESSAGES = {"no match": "file is for another identity", "HMAC failure": "header was altered"}
SAME_AS_NO_MATCH = {
    "hybrid_identity",  # `cryptography` reports a point of low order as a wrong tag
    "hybrid_low_order",
    "hybrid_x25519_arg",  # the recipe ignores the malformed stanza, which is for the second identity
}


@dataclass(frozen=True)
class TestFile:
    """A test file as its head describes it."""

    __test__ = False

    expect: str
    payload: str | None
    file_key: bytes
    identity: str | None
    content: bytes


def read_test_file(path: Path) -> TestFile:
    """Return the file with its head's fields, of which only `identity` repeats."""
    head, _, content = path.read_bytes().partition(b"\n\n")
    pairs = re.findall("^(.*?): (.*)$", head.decode(), re.MULTILINE)
    fields: dict[str, str] = dict(pairs)
    return TestFile(
        fields["expect"],
        fields.get("payload"),
        bytes.fromhex(fields.get("file key", "")),
        next((value for name, value in pairs if name == "identity" and "-PQ-" in value), None),
        zlib.decompress(content) if "compressed" in fields else content,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the names that the page defines."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return runpy.run_path(str(write_program("docs/recipes/age.md", folder)))


def identity_of(page: dict[str, Any], text: str) -> XWingPrivateKey:
    """Return the key of an identity."""
    return XWingPrivateKey.from_seed(page["from_bech32"](IDENTITY, text))


def encrypted(page: dict[str, Any], plain: bytes) -> bytes:
    """Return a file for the identity of the page."""
    written = io.BytesIO()
    page["encrypt_file"](io.BytesIO(plain), written, [page["public_key"]])
    return written.getvalue()


def decrypted(page: dict[str, Any], data: bytes, key: XWingPrivateKey | None = None) -> bytes:
    """Return the content of a file."""
    written = io.BytesIO()
    page["decrypt_file"](io.BytesIO(data), written, key or page["private_key"])
    return written.getvalue()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_published_file_is_decrypted_or_refused(
    path: Path, page: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file for an identity of another type is decrypted with its file key."""
    file, written = read_test_file(path), io.BytesIO()
    if file.identity is None:
        monkeypatch.setitem(page["decrypt_file"].__globals__, "open_file_key", lambda *_: file.file_key)
    key = identity_of(page, file.identity) if file.identity else page["private_key"]
    if file.expect == "success":
        page["decrypt_file"](io.BytesIO(file.content), written, key)
        assert hashlib.sha256(written.getvalue()).hexdigest() == file.payload
        return
    message = MESSAGES.get("no match" if path.name in SAME_AS_NO_MATCH else file.expect)
    with pytest.raises((ValueError, InvalidTag), match=message):
        page["decrypt_file"](io.BytesIO(file.content), written, key)
    assert len(written.getvalue()) % CHUNK == 0
    assert file.expect == "payload failure" or not written.getvalue()


def test_published_files_are_complete() -> None:
    """Each kind of failure is tested with an identity of the recipe, or with a file key."""
    found = {(read_test_file(path).expect, read_test_file(path).identity is None) for path in FILES}
    kinds = {"success", "header failure"}
    assert found == {(kind, other) for kind in kinds for other in (True, False)} | {
        ("no match", False),
        ("HMAC failure", True),
        ("payload failure", True),
    }


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_file_of_any_size_is_restored(page: dict[str, Any], size: int) -> None:
    """The end of a chunk is not the end of the file, and an empty file has a chunk."""
    plain = os.urandom(size)
    data = encrypted(page, plain)
    assert decrypted(page, data) == plain
    header = re.match(rb"age-encryption.org/v1\n-> mlkem768x25519 .{1494}\n.{43}\n--- .{43}\n", data)
    assert header is not None
    assert len(data) == header.end() + NONCE + size + TAG * max(1, -(-size // CHUNK))


def test_each_recipient_can_decrypt(page: dict[str, Any]) -> None:
    """A file has a stanza for each of them, and others are refused."""
    keys, written = [XWingPrivateKey.generate() for _ in range(3)], io.BytesIO()
    page["encrypt_file"](io.BytesIO(b"text"), written, [key.public_key for key in keys[:2]])
    assert [decrypted(page, written.getvalue(), key) for key in keys[:2]] == [b"text"] * 2
    with pytest.raises(ValueError, match="file is for another identity"):
        decrypted(page, written.getvalue(), keys[2])


@pytest.mark.parametrize(
    ("start", "end", "put"),
    [
        pytest.param(0, 1, b"", id="first byte missing"),
        pytest.param(0, 0, b"\n", id="byte before the header"),
        pytest.param(100, 101, b"~", id="encapsulated key"),
        pytest.param(-50, -50, b"-> grease\n\n", id="stanza in the payload"),
        pytest.param(-3 * (CHUNK + TAG) - NONCE, -3 * (CHUNK + TAG), bytes(NONCE), id="nonce"),
        pytest.param(-3 * (CHUNK + TAG), -2 * (CHUNK + TAG), b"", id="first chunk missing"),
        pytest.param(-2 * (CHUNK + TAG), -CHUNK - TAG, b"", id="second chunk missing"),
        pytest.param(-CHUNK - TAG, None, b"", id="last chunk missing"),
        pytest.param(-1, None, b"", id="last byte missing"),
        pytest.param(-3 * (CHUNK + TAG) - NONCE, None, b"", id="nothing after the header"),
        pytest.param(-3 * (CHUNK + TAG) - NONCE - 10, None, b"", id="within the MAC"),
        pytest.param(500, None, b"", id="within the header"),
    ],
)
def test_altered_file_is_refused(page: dict[str, Any], start: int, end: int | None, put: bytes) -> None:
    """Bytes are replaced, removed or added at any place."""
    data = encrypted(page, os.urandom(3 * CHUNK))
    end = len(data) if end is None else end
    with pytest.raises((ValueError, InvalidTag)):
        decrypted(page, data[:start] + put + data[end:])


def test_stanza_that_somebody_adds_is_noticed(page: dict[str, Any]) -> None:
    """The MAC protects stanzas that are ignored."""
    version = b"age-encryption.org/v1\n"
    data = encrypted(page, b"text").replace(version, version + b"-> grease\n\n", 1)
    with pytest.raises(ValueError, match="header was altered"):
        decrypted(page, data)


@pytest.mark.parametrize("line", [b"", b"a" * 80 + b"\n", b"-> " * 20 + b"x\n", b"-> x y\n"])
def test_header_without_end_is_refused(page: dict[str, Any], line: bytes) -> None:
    """At most a megabyte of it is read, in linear time."""
    data = b"age-encryption.org/v1\n" + (line * (1 << 21))[: 1 << 21]
    with pytest.raises(ValueError, match="header has no end"):
        decrypted(page, data)


def test_recipient_is_the_one_of_age(page: dict[str, Any]) -> None:
    """The digest is of the text that age-keygen 1.3 prints for the identity of the published files."""
    file = read_test_file(next(path for path in FILES if path.name == "hybrid"))
    assert file.identity is not None
    key = identity_of(page, file.identity)
    assert page["to_bech32"](IDENTITY, key.seed().view()).upper() == file.identity
    recipient = page["to_bech32"](RECIPIENT, key.public_key.public_bytes())
    assert (len(recipient), recipient[:7]) == (1959, "age1pq1")
    digest = "3391361ba4a3d211173b3161b1460630cee790d95b732cd447313243226cb082"
    assert hashlib.sha256(recipient.encode()).hexdigest() == digest
    assert page["from_bech32"](RECIPIENT, recipient) == key.public_key.public_bytes()


@pytest.mark.parametrize(
    ("prefix", "text", "size"),
    [
        ("a", "A12UEL5L", 0),
        ("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", 20),
        ("split", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", 30),
    ],
)
def test_examples_of_bip_173_are_read(page: dict[str, Any], prefix: str, text: str, size: int) -> None:
    """They are valid strings of the specification that hold whole bytes."""
    data = page["from_bech32"](prefix, text)
    assert (len(data), page["to_bech32"](prefix, data)) == (size, text.lower())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text[:-1], id="character missing"),
        pytest.param(lambda text: text + "q", id="character added"),
        pytest.param(lambda text: text[:30] + ("q" if text[30] != "q" else "p") + text[31:], id="character changed"),
        pytest.param(lambda text: text[:30] + "b" + text[31:], id="character outside the alphabet"),
        pytest.param(lambda text: text.replace("1", "2"), id="separator"),
        pytest.param(lambda text: text[:30] + text[30:].upper(), id="mixed case"),
        pytest.param(lambda text: text.upper().replace("K", "\N{KELVIN SIGN}"), id="letter of another alphabet"),
        pytest.param(lambda text: text.replace("pq-", ""), id="prefix"),
        pytest.param(lambda text: f" {text}", id="space"),
        pytest.param(lambda _: IDENTITY, id="prefix alone"),
        pytest.param(lambda _: "", id="nothing"),
    ],
)
def test_other_text_is_not_an_identity(page: dict[str, Any], change: Any) -> None:
    """The message does not repeat the text, which may be most of a secret."""
    text = page["identity"].lower()
    page["from_bech32"](IDENTITY, text)
    with pytest.raises(ValueError, match=r"^(not Bech32 with the prefix age-secret-key-pq-1|.* padding.*)$"):
        page["from_bech32"](IDENTITY, change(text))


def test_padding_that_is_not_zero_is_refused(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum is right, and the last of the four bits after the seed is not zero."""
    with monkeypatch.context() as patch:
        digits = SimpleNamespace(b32encode=lambda _: b"A" * 51 + b"B")
        patch.setitem(page["to_bech32"].__globals__, "base64", digits)
        text = page["to_bech32"](IDENTITY, bytes(32))
    assert page["to_bech32"](IDENTITY, bytes(32))[:-7] == text[:-7]
    with pytest.raises(ValueError, match="not Bech32"):
        page["from_bech32"](IDENTITY, text)
