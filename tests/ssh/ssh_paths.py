"""The functions of SSH that take a path, and what their error about contents in its place names."""

from __future__ import annotations

from qynauth_pqc.ssh import AllowedSigners, RevokedKeys, SSHPolicy, SSHPrivateKey, SSHPublicKey

FUNCTIONS = {
    "private key of SSH, load": (SSHPrivateKey.load, "from_bytes()"),
    "private key of SSH, save": (SSHPrivateKey.generate().save, ""),
    "public key of SSH, load": (SSHPublicKey.load, "from_line()"),
    "allowed signers": (AllowedSigners.load, "parse()"),
    "revoked keys": (RevokedKeys.load, "parse()"),
    "policy of SSH": (SSHPolicy.load, "parse()"),
}
