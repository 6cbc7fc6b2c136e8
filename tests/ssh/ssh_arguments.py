"""Right arguments for the public callables of SSH, and an object of each class."""

from __future__ import annotations

from right_arguments import COMPOSITE, Arguments

from qynauth_pqc import ssh
from qynauth_pqc.ssh import AllowedSigners, SSHPrivateKey

KEY = SSHPrivateKey.from_signer(COMPOSITE)
PUBLIC = KEY.public_key
SIGNATURE = ssh.sign(KEY, b"message", namespace="git")

ARGUMENTS = Arguments(
    good={
        "algorithm": lambda: "ssh-ed25519",
        "blob": lambda: PUBLIC.blob,
        "line": PUBLIC.to_line,
        "namespace": lambda: "git",
        "private_key": lambda: KEY,
        "public_key": lambda: PUBLIC,
        "signature": lambda: SIGNATURE,
        "signatures": lambda: [SIGNATURE],
        "signer": lambda: COMPOSITE,
        "signers": lambda: PUBLIC,
        "AllowedSigners.find.key": lambda: PUBLIC,
        "AllowedSigners.parse.text": lambda: f"frodo {PUBLIC.to_line()}",
        "RevokedKeys.parse.text": PUBLIC.to_line,
        "SSHPolicy.parse.text": lambda: '[[accept]]\nalgorithm = "ssh-ed25519"',
        "SSHPolicy.rows": lambda: [ssh.SSHPolicyRow("ssh-ed25519")],
        "SSHPrivateKey.from_bytes.data": KEY.to_bytes,
        "SSHPublicKey.from_key.key": lambda: COMPOSITE.public_key,
        "SSHSignature.parse.data": lambda: SIGNATURE,
    },
    objects=[KEY, PUBLIC, ssh.SSHSignature.parse(SIGNATURE), AllowedSigners.parse(f"frodo {PUBLIC.to_line()}")],
    secrets={
        *("blob", "line", "signers", "ssh.sign.private_key"),
        *("AllowedSigners.parse.text", "RevokedKeys.parse.text", "SSHPrivateKey.from_bytes.data"),
    },
    least_secrets=9,
    found={"ssh.sign", "ssh.SSHPrivateKey.generate"},
    left_out={"AllowedSigner", "Anyone", "Rule", "VerifiedSignature"},
)
