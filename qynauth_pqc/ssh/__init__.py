"""Keys and signatures of OpenSSH 10.4 and newer, with `ssh-mldsa44-ed25519`: MLDSA44-Ed25519-SHA512 of this library.

`SSHPrivateKey` signs, in the format SSHSIG of `ssh-keygen -Y` and git; `verify` checks such signatures, also by
classical keys, against `AllowedSigners`, `RevokedKeys` and an `SSHPolicy`. The program `qynauth-pqc-git` does both for
git. Classical keys and encrypted private keys need the extra `[ssh]`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc.extend import ANYONE, Anyone
    from qynauth_pqc.ssh.allowed_signers import AllowedSigner, AllowedSigners
    from qynauth_pqc.ssh.certificates import SSHCertificate
    from qynauth_pqc.ssh.errors import Rule, SSHVerificationError
    from qynauth_pqc.ssh.keys import SSHPublicKey
    from qynauth_pqc.ssh.policy import SSHPolicy, SSHPolicyError, SSHPolicyRow
    from qynauth_pqc.ssh.private_keys import SSHPrivateKey
    from qynauth_pqc.ssh.revocation import RevokedKeys
    from qynauth_pqc.ssh.signatures import SSHSignature, VerifiedSignature, sign, verify, verify_many

__all__ = ["ANYONE", "AllowedSigner", "AllowedSigners", "Anyone", "RevokedKeys", "Rule"]
__all__ += [
    "SSHCertificate",
    "SSHPolicy",
    "SSHPolicyError",
    "SSHPolicyRow",
    "SSHPrivateKey",
    "SSHPublicKey",
    "SSHSignature",
    "SSHVerificationError",
]
__all__ += ["VerifiedSignature", "sign", "verify", "verify_many"]

_MODULES = {
    "extend": ("ANYONE", "Anyone"),
    "ssh.allowed_signers": ("AllowedSigner", "AllowedSigners"),
    "ssh.certificates": ("SSHCertificate",),
    "ssh.errors": ("Rule", "SSHVerificationError"),
    "ssh.keys": ("SSHPublicKey",),
    "ssh.policy": ("SSHPolicy", "SSHPolicyError", "SSHPolicyRow"),
    "ssh.private_keys": ("SSHPrivateKey",),
    "ssh.revocation": ("RevokedKeys",),
    "ssh.signatures": ("SSHSignature", "VerifiedSignature", "sign", "verify", "verify_many"),
}

__dir__ = __all__.copy


def __getattr__(name: str) -> object:
    """Import a module at its first use: git starts a program for each commit, which needs few of them."""
    for module, names in _MODULES.items():
        if name in names:
            from importlib import import_module  # the program for git does not come here

            return getattr(import_module(f"qynauth_pqc.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
