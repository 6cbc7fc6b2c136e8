"""Security keys without a device: they sign as PROTOCOL.u2f says, with a key in this process; and certificates."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ssh_fixtures import signature_blob

from qynauth_pqc.ssh._wire import string
from qynauth_pqc.ssh.signatures import signed_bytes

if TYPE_CHECKING:
    from pathlib import Path

PRESENT, VERIFIED = 1, 4
USER, HOST = 1, 2
FOREVER = 2**64 - 1


class Key:
    """A key of Ed25519, whose fields, names and signatures a security key extends."""

    name = "ssh-ed25519"

    def __init__(self, fill: int = 1) -> None:
        """Make it of this byte alone."""
        self.private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([fill]) * 32)

    def fields(self) -> bytes:
        """Return the fields of the public key."""
        return string(self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def raw(self, message: bytes) -> bytes:
        """Return a signature."""
        return self.private.sign(message)

    @property
    def blob(self) -> bytes:
        """The encoding of the public key."""
        return string(self.name.encode()) + self.fields()

    @property
    def line(self) -> str:
        """The line of the public key."""
        return f"{self.name} {b64encode(self.blob).decode()}"

    @property
    def certificate_name(self) -> bytes:
        """The name of the key in certificates."""
        return f"{self.name.removesuffix('@openssh.com')}-cert-v01@openssh.com".encode()

    def signature(self, message: bytes, flags: int = PRESENT) -> bytes:  # noqa: ARG002 - of security keys
        """Return the encoding of a signature."""
        return string(self.name.encode()) + string(self.raw(message))

    def sign(
        self, message: bytes, flags: int = PRESENT, *, blob: bytes | None = None, namespace: bytes = b"git"
    ) -> bytes:
        """Return a signature of a message with its header and footer, with the key or the blob of a certificate."""
        inner = self.signature(signed_bytes(namespace, "sha512", message), flags)
        return signature_blob(self.blob if blob is None else blob, namespace, b"", b"sha512", inner)

    def certify(  # noqa: PLR0913 - the fields of a certificate
        self,
        authority: Key,
        *,
        serial: int = 7,
        kind: int = USER,
        key_id: bytes = b"frodo's key",
        principals: tuple[bytes, ...] = (b"frodo",),
        valid: tuple[int, int] = (0, FOREVER),
        critical: tuple[tuple[bytes, bytes], ...] = (),
        reserved: bytes = b"",
        authority_blob: bytes | None = None,
        flags: int = PRESENT,
        signature: bytes | None = None,
    ) -> bytes:
        """Return the encoding of a certificate of the key (PROTOCOL.certkeys)."""
        data = string(self.certificate_name) + string(bytes(32)) + self.fields()
        data += serial.to_bytes(8, "big") + kind.to_bytes(4, "big") + string(key_id)
        data += string(b"".join(map(string, principals))) + b"".join(each.to_bytes(8, "big") for each in valid)
        data += string(b"".join(map(string, chain.from_iterable(critical)))) + string(b"") + string(reserved)
        data += string(authority.blob if authority_blob is None else authority_blob)
        return data + string(authority.signature(data, flags) if signature is None else signature)


class SecurityKey(Key):
    """A key of Ed25519 in a device."""

    name = "sk-ssh-ed25519@openssh.com"

    def __init__(self, fill: int = 1, application: bytes = b"ssh:") -> None:
        """Make it of this byte alone."""
        super().__init__(fill)
        self.application = self.signs_for = application

    def fields(self) -> bytes:
        """Return the fields of the public key."""
        return super().fields() + string(self.application)

    def signature(self, message: bytes, flags: int = PRESENT) -> bytes:
        """Return the encoding of a signature with the flags and the counter 9."""
        tail = bytes([flags]) + (9).to_bytes(4, "big")
        signed = sha256(self.signs_for).digest() + tail + sha256(message).digest()
        return string(self.name.encode()) + string(self.raw(signed)) + tail


class SecurityKeyP256(SecurityKey):
    """A key of P-256 in a device."""

    name = "sk-ecdsa-sha2-nistp256@openssh.com"

    def __init__(self, fill: int = 1, application: bytes = b"ssh:") -> None:
        """Make it of this byte alone."""
        super().__init__(fill, application)
        self.curve_key = ec.derive_private_key(int.from_bytes(bytes([fill]) * 32, "big"), ec.SECP256R1())

    def fields(self) -> bytes:
        """Return the fields of the public key."""
        point = self.curve_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return string(b"nistp256") + string(point) + string(self.application)

    def raw(self, message: bytes) -> bytes:
        """Return a signature: its two numbers."""
        numbers = decode_dss_signature(self.curve_key.sign(message, ec.ECDSA(SHA256())))
        return b"".join(string(each.to_bytes(each.bit_length() // 8 + 1, "big")) for each in numbers)


KINDS = {"Ed25519": SecurityKey, "P-256": SecurityKeyP256}


def write(path: Path, data: bytes | str) -> Path:
    """Write a file, and return its path."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
