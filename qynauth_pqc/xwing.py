"""X-Wing, the hybrid of ML-KEM-768 and X25519 in draft-connolly-cfrg-xwing-kem-10 (HPKE KEM 0x647a).

A shared secret stays secret as long as ML-KEM-768 or X25519 is unbroken.
"""

from __future__ import annotations

from qynauth_pqc._keys.key import cryptography_keys
from qynauth_pqc._keys.parameter_sets import ParameterSet
from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey
from qynauth_pqc.native.inputs import without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Literal, Self, TypeAlias, Unpack

    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions

    XWingName: TypeAlias = "Literal['X-Wing'] | XWingParameterSet"

__all__ = ["XWingParameterSet", "XWingPrivateKey", "XWingPublicKey"]


class XWingParameterSet(ParameterSet):
    """The only parameter set of X-Wing.

    Attributes:
        id: the number of the set in the C interface.
        public_key_bytes: size of an encapsulation key, which is an ML-KEM-768 key followed by an X25519 key: 1216
            bytes.
        private_key_bytes: size of a decapsulation key, which is a seed (5.1 of the draft): 32 bytes.
        seed_bytes: the same.
        ciphertext_bytes: size of a ciphertext: 1120 bytes.

    >>> XWingParameterSet("X-Wing").ciphertext_bytes
    1120
    """

    ciphertext_bytes: int

    X_WING = "X-Wing"


class XWingPublicKey(KEMPublicKey["XWingName"]):
    """An encapsulation key: anyone who has it can send a shared secret to the owner of the private key.

    The options of a key apply to its ML-KEM half.

    >>> from qynauth_pqc import XWingPrivateKey, XWingPublicKey
    >>> encoded = XWingPrivateKey.generate().public_key.public_bytes()
    >>> public_key = XWingPublicKey.from_public_bytes(encoded)
    >>> ciphertext, shared_secret = public_key.encapsulate()
    >>> len(encoded), len(ciphertext), len(shared_secret)
    (1216, 1120, 32)
    """

    __slots__ = ()

    _sets = XWingParameterSet

    parameter_set: XWingParameterSet
    """The parameter set of the key."""

    def to_cryptography(self) -> MLKEM768X25519PublicKey:
        """Return the key as a key of `cryptography`, for its HPKE. Needs the extra `[x509]`.

        The key cannot be converted back: the class of `cryptography` does not export its keys.

        Raises:
            UnsupportedError: `cryptography` is not installed, or too old.
        """
        return cryptography_keys().public_key(self)  # type: ignore[no-any-return]


class XWingPrivateKey(KEMPrivateKey["XWingName"]):
    """A decapsulation key: its seed, the keys that follow from it, and its encapsulation key.

    >>> from qynauth_pqc import XWingPrivateKey
    >>> private_key = XWingPrivateKey.generate()
    >>> private_key
    <XWingPrivateKey: X-Wing>
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()

    _sets, _default_set = XWingParameterSet, XWingParameterSet.X_WING
    _public_class = XWingPublicKey
    _about = "hybrid of ML-KEM-768 and X25519"
    _forms = ("seed",)

    parameter_set: XWingParameterSet
    """The parameter set of the key."""
    public_key: XWingPublicKey
    """The public key, which stays usable after this key is closed."""

    @classmethod
    @without_frames
    def from_seed(
        cls, seed: BytesLike, parameter_set: XWingName = XWingParameterSet.X_WING, **options: Unpack[KeyOptions]
    ) -> Self:
        """Make the key pair of a seed, which the draft calls the decapsulation key (5.2.1), 32 bytes.

        Raises:
            InvalidLengthError: the seed has another length.
        """
        return super().from_seed(seed, parameter_set, **options)

    def to_cryptography(self) -> MLKEM768X25519PrivateKey:
        """Return the key as a key of `cryptography`, for its HPKE. Needs the extra `[x509]`.

        Both halves are made from the seed by SHAKE256 (5.2 of the draft). `close()` does not wipe these copies. The key
        cannot be converted back: the class of `cryptography` does not export its keys.

        Raises:
            UnsupportedError: `cryptography` is not installed, or too old.
        """
        return cryptography_keys().private_key(self)  # type: ignore[no-any-return]
