"""A file encrypted by docs/recipes/encrypt-a-file.md is restored, and any changed file is refused."""

from __future__ import annotations

import io
import os
import runpy
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from nacl.exceptions import CryptoError
from pages import write_program

from qynauth_pqc import MLKEMPrivateKey, XWingPrivateKey

if TYPE_CHECKING:
    from pathlib import Path

CHUNK, OVERHEAD, SEALED_KEY, HEADER = 1 << 20, 17, 1168, 24
START, STEP = SEALED_KEY + HEADER, CHUNK + OVERHEAD


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the names that the page defines."""
    folder: Path = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return runpy.run_path(str(write_program("docs/recipes/encrypt-a-file.md", folder)))


def sealed(page: dict[str, Any], plain: bytes) -> bytes:
    """Return the output of the page's code for a file and its recipient."""
    written = io.BytesIO()
    page["encrypt_file"](io.BytesIO(plain), written, page["recipient"].public_key)
    return written.getvalue()


def opened(page: dict[str, Any], data: bytes, key: XWingPrivateKey | None = None) -> bytes:
    """Return the file again."""
    written = io.BytesIO()
    page["decrypt_file"](io.BytesIO(data), written, key or page["recipient"])
    return written.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_file_of_any_size_is_restored(page: dict[str, Any], size: int) -> None:
    """The end of a chunk is not the end of the file, and an empty file has a chunk."""
    plain = os.urandom(size)
    data = sealed(page, plain)
    assert opened(page, data) == plain
    assert len(data) == START + size + OVERHEAD * max(1, -(-size // CHUNK))


@pytest.mark.parametrize(
    ("start", "end", "put", "error"),
    [
        pytest.param(0, 1, b"", InvalidTag, id="first byte"),
        pytest.param(SEALED_KEY, SEALED_KEY + HEADER, bytes(HEADER), CryptoError, id="header"),
        pytest.param(START, START + STEP, b"", CryptoError, id="first chunk missing"),
        pytest.param(START + STEP, START + 2 * STEP, b"", CryptoError, id="second chunk missing"),
        pytest.param(START + 2 * STEP, None, b"", CryptoError, id="last chunk missing"),
        pytest.param(START, None, b"", CryptoError, id="all chunks missing"),
        pytest.param(SEALED_KEY + 1, None, b"", CryptoError, id="within the header"),
        pytest.param(100, None, b"", InvalidTag, id="within the key"),
        pytest.param(-1, None, b"", CryptoError, id="last byte missing"),
        pytest.param(START + 5, START + 6, b"", CryptoError, id="byte missing"),
        pytest.param(START, START, bytes(STEP), CryptoError, id="chunk too many"),
    ],
)
def test_altered_file_is_refused(
    page: dict[str, Any], start: int, end: int | None, put: bytes, error: type[Exception]
) -> None:
    """Bytes are replaced, removed or added at any place."""
    data = sealed(page, os.urandom(3 * CHUNK))
    end = len(data) if end is None else end
    with pytest.raises(error):
        opened(page, data[:start] + put + data[end:])


def test_chunks_of_another_place_or_file_are_refused(page: dict[str, Any]) -> None:
    """Chunks are swapped, repeated, appended, or of another file for the same recipient."""
    first, second = sealed(page, bytes(2 * CHUNK)), sealed(page, bytes(2 * CHUNK))
    one, two = first[START : START + STEP], first[START + STEP :]
    for chunks in ([two, one], [one, one, two], [one, two, one], [one, second[START + STEP :]]):
        with pytest.raises(CryptoError):
            opened(page, first[:START] + b"".join(chunks))


def test_file_for_another_key_is_refused(page: dict[str, Any]) -> None:
    """X-Wing never fails, the authentication of the file key does."""
    with pytest.raises(InvalidTag):
        opened(page, sealed(page, b"text"), XWingPrivateKey.generate())


def test_suite_of_cnsa_opens_what_it_sealed() -> None:
    """The page's suite uses ML-KEM-1024 alone."""
    suite = Suite(KEM.MLKEM1024, KDF.HKDF_SHA384, AEAD.AES_256_GCM)
    key = MLKEMPrivateKey.generate("ML-KEM-1024")
    data = suite.encrypt(b"text", key.public_key.to_cryptography(), info=b"use")
    assert suite.decrypt(data, key.to_cryptography(), info=b"use") == b"text"
