"""Keys and signatures of SSH for tests, the same in each run."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qynauth_pqc import CompositePrivateKey
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey, sign
from qynauth_pqc.ssh._armor import armor, dearmor
from qynauth_pqc.ssh._wire import string

if TYPE_CHECKING:
    from qynauth_pqc.native.inputs import BytesLike

COMPOSITE = "MLDSA44-Ed25519-SHA512"
NAME, VENDOR_NAME = "ssh-mldsa44-ed25519", "ssh-mldsa44-ed25519@openssh.com"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
MESSAGE = b"message\n"


def composite(fill: int = 0) -> CompositePrivateKey:
    """Return a private key that is made of this byte alone."""
    return CompositePrivateKey.from_private_bytes(bytes([fill]) * 64, COMPOSITE)  # type: ignore[arg-type]


def private_key(fill: int = 0, comment: str = "frodo", algorithm: str = NAME) -> SSHPrivateKey:
    """Return a private key of SSH that is made of this byte alone."""
    return SSHPrivateKey.from_signer(composite(fill), comment, algorithm)


class _Steady:
    """Signs without randomness, so that the corpus of the fuzz target has the signature of each run."""

    algorithm, public_key = COMPOSITE, composite().public_key

    def sign(self, message: BytesLike) -> bytes:
        """Sign."""
        return composite().sign(message, deterministic=True)


KEY = private_key()
BLOB = KEY.public_key.blob
LINE = KEY.public_key.to_line()
SIGNATURE = sign(SSHPrivateKey.from_signer(_Steady()), MESSAGE, namespace="git")
ED25519_LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop gandalf"
ED25519 = SSHPublicKey.from_line(ED25519_LINE)


def signature_blob(*fields: bytes, magic: bytes = b"SSHSIG", version: int = 1) -> bytes:
    """Return a signature with these strings in it, in its armor."""
    return armor(magic + version.to_bytes(4, "big") + b"".join(map(string, fields)), "SSH SIGNATURE")


def signature_fields() -> list[bytes]:
    """Return the strings of `SIGNATURE`: key, namespace, reserved, hash function and inner signature."""
    data, place, fields = dearmor(SIGNATURE, "SSH SIGNATURE"), 10, []
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        fields.append(data[place + 4 : place + 4 + size])
        place += 4 + size
    return fields


def line(name: str, *fields: bytes) -> str:
    """Return the line of a key with these strings after its name."""
    return f"{name} {b64encode(string(name.encode()) + b''.join(map(string, fields))).decode()}"
