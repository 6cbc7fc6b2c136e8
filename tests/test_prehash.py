"""HashML-DSA takes every hash function, and files that do not fit in memory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import IS_PYPY, Sizes

from qynauth_pqc import (
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    UnsupportedError,
    derandomized,
    sign_file,
    verify_file,
)
from qynauth_pqc.prehash import PREHASHES

if TYPE_CHECKING:
    from pathlib import Path

MESSAGE = b"a message"

# Runs in a separate process, because peak memory is measured per process.
LARGE = r"""
import re, sys
from pathlib import Path
from qynauth_pqc import MLDSAPrivateKey, sign_file, verify_file
key = MLDSAPrivateKey.generate("ML-DSA-44")
seen = []
signature = sign_file(key, sys.argv[1], prehash="SHA-256", progress=seen.append)
verify_file(key.public_key, sys.argv[1], signature, prehash="SHA-256")
print(sum(seen), int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.parametrize("prehash", PREHASHES)
def test_signature_is_valid_with_its_hash_function_only(dsa: Sizes, prehash: str) -> None:
    """Neither another function of the same digest length nor plain ML-DSA accepts it."""
    private_key = MLDSAPrivateKey.generate(dsa.name)
    signature = private_key.sign(MESSAGE, context=b"context", prehash=prehash)
    verify = private_key.public_key.verify
    verify(MESSAGE, signature, context=b"context", prehash=prehash)
    for other in {*PREHASHES, None} - {prehash}:
        with pytest.raises(InvalidSignatureError, match=r"not valid$"):
            verify(MESSAGE, signature, context=b"context", prehash=other)
    for message, context in ((MESSAGE + b"!", b"context"), (MESSAGE, b"")):
        with pytest.raises(InvalidSignatureError, match=r"not valid$"):
            verify(message, signature, context=context, prehash=prehash)


def test_plain_signature_is_not_one_of_a_digest() -> None:
    """The separator in M' keeps the two forms apart."""
    private_key = MLDSAPrivateKey.generate()
    with pytest.raises(InvalidSignatureError):
        private_key.public_key.verify(MESSAGE, private_key.sign(MESSAGE), prehash="SHA-512")


def test_deterministic_signatures_are_equal_and_hedged_ones_are_not() -> None:
    """The same holds for plain ML-DSA."""
    private_key = MLDSAPrivateKey.generate()
    first = private_key.sign(MESSAGE, prehash="SHA-512", deterministic=True)
    assert first == private_key.sign(MESSAGE, prehash="SHA-512", deterministic=True)
    assert first == derandomized.sign_with(private_key, MESSAGE, bytes(32), prehash="SHA-512")
    assert first != private_key.sign(MESSAGE, prehash="SHA-512")


def test_unknown_hash_functions_and_wrong_sizes_are_refused(tmp_path: Path) -> None:
    """The error lists the twelve, or names the sizes."""
    private_key = MLDSAPrivateKey.generate()
    path = tmp_path / "file"
    path.write_bytes(MESSAGE)
    for use in (
        lambda: private_key.sign(MESSAGE, prehash="MD5"),
        lambda: private_key.public_key.verify(MESSAGE, b"", prehash="sha512"),
        lambda: sign_file(private_key, path, prehash=""),
    ):
        with pytest.raises(UnsupportedError, match=r"SHA-224, SHA-256, .*SHAKE256$"):
            use()
    with pytest.raises(InvalidLengthError, match="at most 255 bytes, got 256"):
        private_key.sign(MESSAGE, context=bytes(256), prehash="SHA-512")
    with pytest.raises(InvalidSignatureError, match="expected 3309 bytes for ML-DSA-65, got 1"):
        private_key.public_key.verify(MESSAGE, b"x", prehash="SHA-512")
    with pytest.raises(TypeError, match="message must be bytes"):
        private_key.sign("text", prehash="SHA-512")  # type: ignore[arg-type]


def test_signature_of_a_file_is_a_signature_of_its_contents(tmp_path: Path) -> None:
    """Both verify functions accept both signatures; progress adds up to the size."""
    private_key = MLDSAPrivateKey.generate()
    contents = bytes(range(256)) * 10_000
    path = tmp_path / "file"
    path.write_bytes(contents)
    seen: list[int] = []
    signature = sign_file(private_key, path, prehash="SHA3-512", context=b"file", progress=seen.append)
    private_key.public_key.verify(contents, signature, context=b"file", prehash="SHA3-512")
    verify_file(private_key.public_key, path, signature, prehash="SHA3-512", context=b"file")
    assert sum(seen) == len(contents)
    path.write_bytes(contents[:-1])
    with pytest.raises(InvalidSignatureError):
        verify_file(private_key.public_key, path, signature, prehash="SHA3-512", context=b"file")
    with pytest.raises(FileNotFoundError):
        sign_file(private_key, tmp_path / "none", prehash="SHA3-512")


def test_file_of_one_gibibyte_is_signed_in_64_mebibytes(tmp_path: Path) -> None:
    """Memory does not grow with the file."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    command = [sys.executable, "-c", LARGE, str(path)]
    hashed, peak = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert hashed == 1 << 30
    assert peak < (160 if IS_PYPY else 64)  # PyPy itself takes nearly 100
