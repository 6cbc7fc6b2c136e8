"""A signer that is no private key of the library, like a signer that asks another process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.signature import SignaturePrivateKey

if TYPE_CHECKING:
    from qynauth_pqc import SignaturePublicKey

__all__ = ["Elsewhere", "MuElsewhere"]


class Elsewhere:
    """A signer with the members of the protocol, and no others."""

    def __init__(self, name: str) -> None:
        """Make a key of a parameter set."""
        [kind] = [kind for kind, each in loadable(SignaturePrivateKey) if each == name]
        self._key: Any = kind.generate(name)
        self.algorithm = name
        self.public_key: SignaturePublicKey = self._key.public_key
        self.received: list[bytes] = []

    def sign(self, message: Any) -> bytes:
        """Sign, as if far away."""
        self.received.append(bytes(message))
        return bytes(self._key.sign(message))


class MuElsewhere(Elsewhere):
    """A signer of ML-DSA that need not receive the message."""

    def sign_mu(self, mu: bytes) -> bytes:
        """Sign, as if far away."""
        self.received.append(mu)
        return bytes(self._key.sign_mu(mu))
