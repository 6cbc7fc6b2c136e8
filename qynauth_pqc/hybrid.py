"""The hybrids of ML-KEM and ECDH, MLKEM768-P256 and MLKEM1024-P384 (draft-irtf-cfrg-concrete-hybrid-kems-04).

They are the HPKE KEMs 0x0050 and 0x0051 of draft-ietf-hpke-pq-05. A shared secret stays secret as long as ML-KEM or
ECDH is unbroken. X-Wing, in `qynauth_pqc.xwing`, is the third hybrid of these drafts.
"""

from __future__ import annotations

from qynauth_pqc._keys.key import cryptography_keys
from qynauth_pqc._keys.parameter_sets import ParameterSet
from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from cryptography.hazmat.primitives.hpke import MLKEM1024P384PrivateKey, MLKEM1024P384PublicKey

    HybridKEMName: TypeAlias = "Literal['MLKEM768-P256', 'MLKEM1024-P384'] | HybridKEMParameterSet"

__all__ = ["HybridKEMParameterSet", "HybridKEMPrivateKey", "HybridKEMPublicKey"]


class HybridKEMParameterSet(ParameterSet):
    """A hybrid of ML-KEM and ECDH.

    The draft has no object identifiers, so keys have no PKCS#8 and no SubjectPublicKeyInfo: they are kept as bytes.

    Attributes:
        id: the number of the set in the C interface, which is its HPKE KEM id.
        public_key_bytes: size of an encapsulation key, which is an ML-KEM key followed by a point that is not
            compressed: 1249 or 1665 bytes.
        private_key_bytes: size of a decapsulation key, which is a seed: 32 bytes.
        seed_bytes: the same.
        ciphertext_bytes: size of a ciphertext: 1153 or 1665 bytes.

    >>> HybridKEMParameterSet("MLKEM768-P256").ciphertext_bytes
    1153
    """

    ciphertext_bytes: int

    MLKEM768_P256 = "MLKEM768-P256"
    MLKEM1024_P384 = "MLKEM1024-P384"


class HybridKEMPublicKey(KEMPublicKey["HybridKEMName"]):
    """An encapsulation key: anyone who has it can send a shared secret to the owner of the private key.

    The options of a key apply to its ML-KEM half. `to_spki`, `save` and `fingerprint` raise WrongAlgorithmError.

    >>> from qynauth_pqc import HybridKEMPrivateKey, HybridKEMPublicKey
    >>> encoded = HybridKEMPrivateKey.generate("MLKEM1024-P384").public_key.public_bytes()
    >>> public_key = HybridKEMPublicKey.from_public_bytes(encoded)
    >>> ciphertext, shared_secret = public_key.encapsulate()
    >>> len(encoded), len(ciphertext), len(shared_secret)
    (1665, 1665, 32)
    """

    __slots__ = ()

    _sets = HybridKEMParameterSet

    parameter_set: HybridKEMParameterSet
    """The parameter set of the key."""

    def to_cryptography(self) -> MLKEM1024P384PublicKey:
        """Return the key as a key of `cryptography`, for its HPKE. Needs the extra `[x509]`.

        The key cannot be converted back: the class of `cryptography` does not export its keys.

        Raises:
            UnsupportedError: `cryptography` has no class for MLKEM768-P256, or is not installed, or too old.
        """
        return cryptography_keys().public_key(self)  # type: ignore[no-any-return]


class HybridKEMPrivateKey(KEMPrivateKey["HybridKEMName"]):
    """A decapsulation key: its seed, the keys that follow from it, and its encapsulation key.

    Keep the seed: `to_pkcs8` and `save` raise WrongAlgorithmError.

    >>> from qynauth_pqc import HybridKEMPrivateKey
    >>> private_key = HybridKEMPrivateKey.generate("MLKEM768-P256")
    >>> private_key
    <HybridKEMPrivateKey: MLKEM768-P256>
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()

    _sets, _default_set = HybridKEMParameterSet, HybridKEMParameterSet.MLKEM768_P256
    _public_class = HybridKEMPublicKey
    _about = "hybrid of ML-KEM and ECDH"
    _forms = ("seed",)

    parameter_set: HybridKEMParameterSet
    """The parameter set of the key."""
    public_key: HybridKEMPublicKey
    """The public key, which stays usable after this key is closed."""

    def to_cryptography(self) -> MLKEM1024P384PrivateKey:
        """Return the key as a key of `cryptography`, for its HPKE. Needs the extra `[x509]`.

        Both halves are made from the seed by SHAKE256. `close()` does not wipe these copies. The key cannot be
        converted back: the class of `cryptography` does not export its keys.

        Raises:
            UnsupportedError: `cryptography` has no class for MLKEM768-P256, or is not installed, or too old.
        """
        return cryptography_keys().private_key(self)  # type: ignore[no-any-return]
