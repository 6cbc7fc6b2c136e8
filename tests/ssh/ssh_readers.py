"""Reading each format of SSH in tests and in the fuzz target, and the conditions on accepted inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from security_keys import Key, SecurityKey
from ssh_fixtures import ED25519_LINE, KEY, LINE, MESSAGE, SIGNATURE

from qynauth_pqc.ssh import AllowedSigners, RevokedKeys, SSHPrivateKey, SSHPublicKey, verify
from qynauth_pqc.ssh._armor import armor, dearmor

FILES = Path(__file__).parents[1] / "ssh" / "files"


def read_signature(data: bytes) -> None:
    """Check that an accepted signature is the good one, in other lines or with other line ends."""
    found = verify(MESSAGE, data, namespace="git", signers=KEY.public_key)
    assert found.signature.to_bytes() == SIGNATURE


def read_signature_blob(data: bytes) -> None:
    """Check the same for the bytes inside the armor, where nothing may differ."""
    read_signature(armor(data, "SSH SIGNATURE"))
    assert data == dearmor(SIGNATURE, "SSH SIGNATURE")


def read_certificate(data: bytes) -> None:
    """Check that an accepted signature with a certificate is the good one."""
    found = verify(MESSAGE, armor(data, "SSH SIGNATURE"), namespace="git", signers=AUTHORITY, principal="frodo")
    assert found.signature.to_bytes() == CERTIFIED


def read_line(data: bytes) -> None:
    """Check that a key is written as the same key."""
    key = SSHPublicKey.from_line(data)
    assert SSHPublicKey.from_line(key.to_line()) == key
    assert SSHPublicKey.from_blob(key.blob).blob == key.blob


def read_private(data: bytes) -> None:
    """Check that a private key is the good one: any change of it would change its public half, which is there too."""
    assert SSHPrivateKey.from_bytes(data).public_key == KEY.public_key


def read_signers(data: bytes) -> None:
    """Check that a line that allows a signature has the key."""
    signers = AllowedSigners.parse(data)
    assert len(signers) + len(signers.errors()) <= data.count(b"\n") + 1
    found = signers.find(KEY.public_key, principal="frodo", namespace="git")
    assert found.key == KEY.public_key
    assert not found.cert_authority
    assert LINE.split()[1].encode() in data


def read_revoked(data: bytes) -> None:
    """Check that a key is revoked by itself alone."""
    if KEY.public_key in RevokedKeys.parse(data):
        assert KEY.public_key.blob in data or LINE.split()[1].encode() in data


SIGNERS = f'frodo namespaces="git",valid-after="20200101Z" {LINE}\n# gandalf\n"gandalf" {ED25519_LINE}\n'.encode()
KRL = b"SSHKRL\n\0\0\0\0\1" + bytes(32) + b"\2" + (len(KEY.public_key.blob) + 4).to_bytes(4, "big")
KRL += len(KEY.public_key.blob).to_bytes(4, "big") + KEY.public_key.blob
AUTHORITY = AllowedSigners.parse(f"frodo cert-authority {Key(2).line}")
CERTIFIED = SecurityKey().sign(MESSAGE, blob=SecurityKey().certify(Key(2)))
FORMATS: dict[str, tuple[Callable[[bytes], None], list[bytes]]] = {
    "signature": (read_signature, [SIGNATURE]),
    "signature blob": (read_signature_blob, [dearmor(SIGNATURE, "SSH SIGNATURE")]),
    "public key": (read_line, [LINE.encode(), *(path.read_bytes() for path in sorted(FILES.glob("*.pub")))]),
    "private key": (read_private, [bytes(KEY.to_bytes())]),
    "allowed signers": (read_signers, [SIGNERS]),
    "revoked keys": (read_revoked, [KRL, f"{LINE}\n{ED25519_LINE}\n".encode()]),
    "certificate": (read_certificate, [dearmor(CERTIFIED, "SSH SIGNATURE")]),
}
