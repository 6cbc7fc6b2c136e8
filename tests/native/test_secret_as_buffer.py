"""Secrets go where Python takes bytes: into files, digests, sockets and other libraries, without a copy of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import IS_PYPY, SECRETS_ARE_BUFFERS, only_in_c, only_on_cpython, only_where_secrets_are_buffers
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from qynauth_pqc import ClosedError, MLDSAPrivateKey, MLKEMPrivateKey, SecretBytes, load_private_key

SEED = bytes(range(32))
KEY = MLDSAPrivateKey.from_seed(SEED, "ML-DSA-65")
KEM_KEY = MLKEMPrivateKey.from_seed(SEED * 2, "ML-KEM-768")


@only_where_secrets_are_buffers
def test_key_is_written_to_a_file_and_read_back(tmp_path: Path) -> None:
    """It is written by `write`, buffered or not, and by `Path.write_bytes`."""
    for number, buffering in enumerate((-1, 0)):
        with open(tmp_path / f"{number}", "wb", buffering=buffering) as file:  # noqa: PTH123 - what users type
            file.write(KEY.to_pkcs8())
    (tmp_path / "2").write_bytes(KEY.to_pkcs8())
    for number in range(3):
        loaded = load_private_key((tmp_path / f"{number}").read_bytes())
        assert loaded.seed() == SEED


@only_where_secrets_are_buffers
def test_key_is_written_through_a_descriptor_and_into_memory() -> None:
    """It is written by `os.write` and into `io.BytesIO`."""
    reader, writer = os.pipe()
    try:
        assert os.write(writer, KEY.seed()) == 32
        assert os.read(reader, 64) == SEED
    finally:
        os.close(reader)
        os.close(writer)
    memory = io.BytesIO()
    memory.write(KEY.seed())
    assert memory.getvalue() == SEED


# Any: for Python 3.11, the types of `cryptography` and of the standard library list the classes that are buffers.
USES: dict[str, Callable[[Any], object]] = {
    "base64.b64encode": base64.b64encode,
    "base64.urlsafe_b64encode": base64.urlsafe_b64encode,
    "base64.b16encode": base64.b16encode,
    "hashlib.sha256": lambda data: hashlib.sha256(data).digest(),
    "hashlib.blake2b as the key": lambda data: hashlib.blake2b(b"message", key=data).digest(),
    "hashlib.pbkdf2_hmac": lambda data: hashlib.pbkdf2_hmac("sha256", data, b"salt", 1),
    "hmac.digest": lambda data: hmac.digest(data, b"message", "sha256"),
    "hmac.digest of it": lambda data: hmac.digest(b"key", data, "sha256"),
    "hmac.compare_digest": lambda data: hmac.compare_digest(data, SEED),
    "struct.unpack_from": lambda data: struct.unpack_from("<4Q", data),
    "struct.unpack": lambda data: struct.unpack("<4Q", data),
    "struct.iter_unpack": lambda data: [*struct.iter_unpack("<Q", data)],
    "memoryview": lambda data: memoryview(data).hex(),
    "bytes.join": lambda data: b"".join((b"a", data)),
    "int.from_bytes": lambda data: int.from_bytes(data, "big"),
    "AESGCM": lambda data: AESGCM(data).encrypt(bytes(12), b"message", None),
    "ChaCha20Poly1305": lambda data: ChaCha20Poly1305(data).encrypt(bytes(12), b"message", None),
    "HKDF": lambda data: HKDF(SHA256(), 32, None, b"label").derive(data),
    "from_seed_bytes": lambda data: mldsa.MLDSA44PrivateKey.from_seed_bytes(data).private_bytes_raw(),
    "from_seed": lambda data: MLDSAPrivateKey.from_seed(data, "ML-DSA-44").public_key.public_bytes(),
}

OF_STRUCT = only_on_cpython("struct takes objects with __buffer__ on CPython alone")


@only_where_secrets_are_buffers
@pytest.mark.parametrize(
    "use", [pytest.param(use, id=name, marks=OF_STRUCT if "struct" in name else ()) for name, use in USES.items()]
)
def test_secret_does_for_bytes(use: Callable[[Any], object]) -> None:
    """The result is the same as for the bytes; a closed secret is refused, in the words of the library that asks."""
    secret = KEY.seed()
    assert use(secret) == use(SEED)
    secret.close()
    with pytest.raises((ClosedError, TypeError)):
        use(secret)


def test_hmac_new_does_not_take_a_secret() -> None:
    """It demands bytes or a bytearray as the key: the documentation names the alternative."""
    secret: Any = KEY.seed()
    with pytest.raises(TypeError, match="bytes or bytearray"):
        hmac.new(secret, b"message", "sha256")
    assert "hmac.digest" in (SecretBytes.__doc__ or "")


@only_where_secrets_are_buffers
def test_secret_is_not_packed_into() -> None:
    """It is read-only; packing its contents as bytes needs a copy."""
    secret = KEY.seed()
    with pytest.raises(TypeError, match="read-write"):
        struct.pack_into("<Q", secret, 0, 1)
    target = bytearray(40)
    target[8:] = memoryview(secret)
    assert target[8:] == SEED == secret


@only_where_secrets_are_buffers
def test_secret_goes_through_a_socket() -> None:
    """`send`, `sendall` and `sendmsg` take it; PyPy's `sendmsg` takes only a view."""
    ours, theirs = socket.socketpair()
    with ours, theirs, KEY.seed() as secret:
        assert ours.send(secret) == 32
        ours.sendall(secret)
        assert ours.sendmsg([secret.view() if IS_PYPY else secret] * 2) == 64
        assert theirs.recv(128, socket.MSG_WAITALL) == SEED * 4


@only_where_secrets_are_buffers
@pytest.mark.parametrize("password", [None, b"password"])
def test_cryptography_loads_the_key_that_we_encode(password: bytes | None) -> None:
    """The key is PEM or DER, plain or encrypted."""
    pem: Any = KEY.to_pkcs8(encoding="PEM", password=password)
    der: Any = KEY.to_pkcs8(encoding="DER", password=password)
    for loaded in (load_pem_private_key(pem, password), load_der_private_key(der, password)):
        assert isinstance(loaded, mldsa.MLDSA65PrivateKey)
        assert loaded.private_bytes_raw() == SEED
    kem = load_pem_private_key(KEM_KEY.to_pkcs8(password=password).view(), password)
    assert isinstance(kem, mlkem.MLKEM768PrivateKey)
    assert kem.private_bytes_raw() == SEED * 2


def test_password_may_be_a_secret() -> None:
    """It may be one for encrypting and for decrypting."""
    password: Any = KEY.seed()
    encrypted = KEY.to_pkcs8(password=password)
    assert load_private_key(encrypted, password).seed() == SEED
    loaded = load_pem_private_key(encrypted.view(), password if SECRETS_ARE_BUFFERS else password.view())
    assert isinstance(loaded, mldsa.MLDSA65PrivateKey)


@only_in_c("an exported buffer is a copy")
def test_exported_buffer_counts_as_a_call_in_flight() -> None:
    """The bytes stay until it is released, though the secret is closed at once."""
    secret = KEY.seed()
    with memoryview(secret) as exported:
        view = secret.view()
        secret.close()
        with pytest.raises(ClosedError):
            memoryview(secret)
        assert bytes(exported) == bytes(view) == SEED
    assert bytes(view) == bytes(32)


@pytest.mark.skipif(SECRETS_ARE_BUFFERS or IS_PYPY, reason="secrets are buffers on this Python")
def test_secret_is_no_buffer_without_a_type_in_c_before_3_12() -> None:
    """Its view and its copy are."""
    secret: Any = KEY.seed()
    for use in (memoryview, hashlib.sha256, io.BytesIO, base64.b64encode):
        with pytest.raises(TypeError):
            use(secret)
    assert hashlib.sha256(secret.view()).digest() == hashlib.sha256(bytes(secret)).digest()
