"""The keys that a caller trusts: each counts once, even if it is passed several times or under several names."""

from __future__ import annotations

import sys

from qynauth_pqc import SignaturePublicKey
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.extend import is_valid

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    PublicKey: TypeAlias = "SignaturePublicKey | Ed25519PublicKey | EllipticCurvePublicKey"


class TrustedKey:
    """A key with which signatures are tried.

    Attributes:
        key: the key that the caller passed.
        algorithm: its algorithm.
        is_valid: takes the key, a message and a signature, and returns whether the signature is valid.
        identity: a value that is equal for equal keys.
    """

    __slots__ = ("algorithm", "identity", "is_valid", "key")

    def __init__(
        self, key: PublicKey, algorithm: str, is_valid: Callable[[PublicKey, bytes, bytes], bool], identity: object
    ) -> None:
        """Take a key."""
        self.key, self.algorithm, self.is_valid, self.identity = key, algorithm, is_valid, identity


def trusted_keys(keys: Sequence[PublicKey], threshold: int) -> list[TrustedKey]:
    """Return the different keys among these, in their order.

    Raises:
        UnsupportedError: the threshold is not 1 to the number of different keys, or a classical key is of an algorithm
            that is not supported.
    """
    expect(keys, (list, tuple), "keys")
    if type(threshold) is not int:
        raise TypeError(f"threshold must be int, not {type(threshold).__name__}")
    found = [_trusted(each) for each in keys]
    if len(found) > 1:
        different: dict[object, TrustedKey] = {}
        for each in found:
            different.setdefault(each.identity, each)
        found = list(different.values())
    if not 1 <= threshold <= len(found):
        raise UnsupportedError(f"threshold must be 1 to {len(found)}, the number of different keys; got {threshold}")
    return found


def _trusted(key: PublicKey) -> TrustedKey:
    if isinstance(key, SignaturePublicKey):
        return TrustedKey(key, key.parameter_set.value, is_valid, key)  # type: ignore[arg-type]  # the class of the key
    if "cryptography" in sys.modules:  # only a caller with such a key has loaded it
        from qynauth_pqc.dsse import _classical  # only for classical keys

        found = _classical.trusted(key)
        if found is not None:
            return TrustedKey(key, *found)
    raise TypeError(f"a key must be a public key for signatures, not {type(key).__name__}")
