"""External mu: signing the hash of chunks is signing the message."""

from __future__ import annotations

import copy
import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import Sizes, only_on_cpython

from qynauth_pqc import (
    ClosedError,
    InvalidLengthError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    derandomized,
    sign_file,
    verify_file,
)

if TYPE_CHECKING:
    from pathlib import Path

MESSAGE = bytes(range(256)) * 3

# Runs in a separate process, because peak memory is measured per process.
LARGE = r"""
import re, sys
from pathlib import Path
from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, sign_file, verify_file
key = eval(sys.argv[2])
seen = []
signature = sign_file(key, sys.argv[1], progress=seen.append)
verify_file(key.public_key, sys.argv[1], signature)
print(sum(seen), int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.fixture
def signer(dsa: Sizes) -> MLDSAPrivateKey:
    """Return a key of each parameter set."""
    return MLDSAPrivateKey.generate(dsa.name)


def mu_of(key: MLDSAPrivateKey, message: bytes, context: bytes = b"", size: int = 100) -> bytes:
    """Return the mu of a message that arrives in chunks of this size."""
    with key.public_key.mu_hasher(context=context) as hasher:
        for start in range(0, len(message), size):
            hasher.update(message[start : start + size])
        return hasher.finalize()


@pytest.mark.parametrize("context", [b"", b"context", bytes(255)], ids=len)
def test_mu_matches_the_standard(dsa: Sizes, context: bytes) -> None:
    """It is H(H(pk) || 0 || length of the context || context || message), by another library's SHAKE256."""
    key = MLDSAPrivateKey.generate(dsa.name)
    tr = hashlib.shake_256(key.public_key.public_bytes()).digest(64)
    expected = hashlib.shake_256(tr + bytes([0, len(context)]) + context + MESSAGE).digest(64)
    for size in (1, 135, 136, 137, len(MESSAGE)):
        assert mu_of(key, MESSAGE, context, size) == expected


def test_signature_of_mu_is_one_of_the_message(signer: MLDSAPrivateKey) -> None:
    """Deterministic ones are equal; hedged ones differ and verify in both forms."""
    mu = mu_of(signer, MESSAGE, b"context")
    plain = signer.sign(MESSAGE, context=b"context", deterministic=True)
    assert signer.sign_mu(mu, deterministic=True) == plain == derandomized.sign_mu_with(signer, mu, bytes(32))
    hedged = signer.sign_mu(mu)
    assert hedged != plain
    for signature in (plain, hedged):
        signer.public_key.verify(MESSAGE, signature, context=b"context")
        signer.public_key.verify_mu(mu, signature)


def test_another_mu_key_or_signature_is_refused(signer: MLDSAPrivateKey, dsa: Sizes) -> None:
    """Mu holds the public key and the context."""
    mu, signature = mu_of(signer, MESSAGE), signer.sign(MESSAGE)
    other = MLDSAPrivateKey.generate(dsa.name)
    for key, digest, signed in (
        (signer, mu_of(signer, MESSAGE, b"context"), signature),
        (signer, mu_of(other, MESSAGE), signature),
        (other, mu, signature),
        (signer, mu, signature[:-1]),
    ):
        with pytest.raises(InvalidSignatureError):
            key.public_key.verify_mu(digest, signed)


def test_message_may_go_on_after_its_mu_was_asked_for(signer: MLDSAPrivateKey) -> None:
    """The hashes of Python behave the same."""
    hasher = signer.public_key.mu_hasher()
    hasher.update(b"one")
    assert hasher.finalize() == hasher.finalize() == mu_of(signer, b"one")
    hasher.update(memoryview(b" two"))
    assert hasher.finalize() == mu_of(signer, b"one two")


def test_copy_goes_on_for_itself(signer: MLDSAPrivateKey) -> None:
    """A common beginning is hashed once, and changes of one hasher do not affect the other."""
    begun = signer.public_key.mu_hasher(context=b"context")
    begun.update(MESSAGE[:200])
    with begun.copy() as first, begun.copy() as second:
        begun.close()
        first.update(MESSAGE[200:])
        second.update(b"another end")
        assert first.finalize() == mu_of(signer, MESSAGE, b"context")
        assert second.finalize() == mu_of(signer, MESSAGE[:200] + b"another end", b"context")


def test_copy_of_the_copy_module_goes_on_for_itself(signer: MLDSAPrivateKey) -> None:
    """It is not a second name of the same hash."""
    begun = signer.public_key.mu_hasher()
    begun.update(b"one")
    copy.copy(begun).update(b" two")
    assert begun.finalize() == mu_of(signer, b"one")


@pytest.mark.parametrize("size", [0, 63, 65])
def test_mu_of_another_length_is_refused(size: int) -> None:
    """The message names the right length."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    text = f"mu is not 64 bytes long: got {size}"
    for use in (lambda: key.sign_mu(bytes(size)), lambda: key.public_key.verify_mu(bytes(size), bytes(2420))):
        with pytest.raises(InvalidLengthError, match=text):
            use()


def test_long_context_and_closed_hasher_are_refused() -> None:
    """The errors are the usual ones."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    with pytest.raises(InvalidLengthError, match="expected at most 255 bytes, got 256"):
        key.public_key.mu_hasher(context=bytes(256))
    hasher = key.public_key.mu_hasher()
    hasher.close()
    hasher.close()
    for use in (lambda: hasher.update(b""), hasher.finalize, hasher.copy):
        with pytest.raises(ClosedError, match="MLDSAMuHasher is closed"):
            use()


def test_file_is_signed_as_a_plain_message(signer: MLDSAPrivateKey, tmp_path: Path) -> None:
    """A verifier with the whole message verifies as usual."""
    path = tmp_path / "file"
    path.write_bytes(MESSAGE)
    signature = sign_file(signer, path, context=b"backup")
    signer.public_key.verify(MESSAGE, signature, context=b"backup")
    verify_file(signer.public_key, path, signature, context=b"backup")
    with pytest.raises(InvalidSignatureError):
        verify_file(signer.public_key, path, signature)
    with pytest.raises(InvalidSignatureError):
        verify_file(signer.public_key, path, signature, prehash="SHA-512", context=b"backup")


@only_on_cpython("PyPy itself takes more memory")
@pytest.mark.parametrize("key", ['MLDSAPrivateKey.generate("ML-DSA-44")', "CompositePrivateKey.generate()"])
def test_large_file_takes_little_memory(key: str, tmp_path: Path) -> None:
    """A sparse file of 256 MiB is signed and verified in less than 64 MiB."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 28)
    run = subprocess.run([sys.executable, "-c", LARGE, str(path), key], check=True, capture_output=True, text=True)
    size, mebibytes = map(int, run.stdout.split())
    assert (size, mebibytes < 64) == (1 << 28, True)
