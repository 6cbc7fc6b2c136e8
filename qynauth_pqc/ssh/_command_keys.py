"""Key files of OpenSSH, and keys of this library as keys of OpenSSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.cli.passwords import password_from, typed_password
from qynauth_pqc.composite import CompositePrivateKey, CompositePublicKey
from qynauth_pqc.errors import PasswordError, UnsupportedError
from qynauth_pqc.ssh import SSHPrivateKey, SSHPublicKey

if TYPE_CHECKING:
    from qynauth_pqc.formats import AnyPublicKey

_CLASSICAL = "is for --format ssh only; everything else takes ssh-mldsa44-ed25519"


def load_private_key(data: bytearray, path: str, password_file: str | None) -> SSHPrivateKey:
    """Load a private key, with its password if it is encrypted."""
    if password_file is not None:
        with password_from(password_file) as password:
            return SSHPrivateKey.from_bytes(data, password)
    try:
        return SSHPrivateKey.from_bytes(data)
    except PasswordError:
        return SSHPrivateKey.from_bytes(data, typed_password(path))


def load_public_key(data: bytes | bytearray) -> SSHPublicKey:
    """Load a public key from its line."""
    return SSHPublicKey.from_line(bytes(data))


def composite_private_key(key: SSHPrivateKey) -> CompositePrivateKey:
    """Return the private key of this library in a key of OpenSSH."""
    if isinstance(key._signer, CompositePrivateKey):
        return key._signer
    raise UnsupportedError(f"a key of {key.public_key.algorithm} {_CLASSICAL}")


def composite_public_key(key: SSHPublicKey) -> CompositePublicKey:
    """Return the public key of this library in a key of OpenSSH."""
    found = key._key()
    if isinstance(found, CompositePublicKey):
        return found
    raise UnsupportedError(f"a key of {key.algorithm} {_CLASSICAL}")


def as_openssh(key: AnyPublicKey) -> SSHPublicKey | None:
    """Return a key of this library as a key of OpenSSH, if it has such keys."""
    try:
        return SSHPublicKey.from_key(key) if isinstance(key, CompositePublicKey) else None
    except UnsupportedError:
        return None
