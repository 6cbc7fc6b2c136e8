"""ML-KEM, the Module-Lattice-Based Key-Encapsulation Mechanism of FIPS 203 (once "Kyber")."""

from __future__ import annotations

from qynauth_pqc._keys.parameter_sets import ParameterSet, detail_of
from qynauth_pqc._keys.private_key import ConvertiblePrivateKey, SeededPrivateKey
from qynauth_pqc._keys.public_key import ConvertiblePublicKey, PublicKey
from qynauth_pqc.native import decapsulate, encapsulate, status_error
from qynauth_pqc.native.secret_bytes import SharedSecret

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from cryptography.hazmat.primitives.asymmetric import mlkem as theirs

    from qynauth_pqc._keys.key import Name  # noqa: F401 - in the bases of classes, as text
    from qynauth_pqc.native.inputs import BytesLike

    TheirPublicKey: TypeAlias = theirs.MLKEM768PublicKey | theirs.MLKEM1024PublicKey
    TheirPrivateKey: TypeAlias = theirs.MLKEM768PrivateKey | theirs.MLKEM1024PrivateKey
    MLKEMName: TypeAlias = "Literal['ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024'] | MLKEMParameterSet"

__all__ = ["MLKEMParameterSet", "MLKEMPrivateKey", "MLKEMPublicKey"]


class MLKEMParameterSet(ParameterSet):
    """The parameter sets of ML-KEM (FIPS 203, section 8), of security categories 1, 3 and 5.

    Attributes:
        id: the number of the set in the C interface: 512, 768 or 1024.
        public_key_bytes: size of an encapsulation key: 800, 1184 or 1568 bytes.
        private_key_bytes: size of an expanded decapsulation key: 1632, 2400 or 3168 bytes.
        seed_bytes: size of a seed: 64 bytes.
        ciphertext_bytes: size of a ciphertext: 768, 1088 or 1568 bytes.

    >>> MLKEMParameterSet("ML-KEM-768").ciphertext_bytes
    1088
    """

    ciphertext_bytes: int

    ML_KEM_512 = "ML-KEM-512"
    ML_KEM_768 = "ML-KEM-768"
    ML_KEM_1024 = "ML-KEM-1024"


class KEMPublicKey(PublicKey["Name"]):
    """An encapsulation key of any family.

    >>> from qynauth_pqc import KEMPublicKey, XWingPrivateKey
    >>> isinstance(XWingPrivateKey.generate().public_key, KEMPublicKey)
    True
    """

    __slots__ = ()

    def encapsulate(self) -> tuple[bytes, SharedSecret]:
        """Make a shared secret and the ciphertext that carries it: ML-KEM.Encaps (FIPS 203, 7.2), or X-Wing's (5.4).

        Returns:
            The ciphertext for the owner of the private key, `ciphertext_bytes` of the parameter set, and the shared
            secret, 32 bytes.
        """
        made = encapsulate(self._handle or self._use(), SharedSecret, self._keeps_gil)
        if isinstance(made, int):
            raise status_error(made)
        return made


class KEMPrivateKey(SeededPrivateKey["Name"]):
    """A decapsulation key of any family.

    >>> from qynauth_pqc import KEMPrivateKey, XWingPrivateKey
    >>> isinstance(XWingPrivateKey.generate(), KEMPrivateKey)
    True
    """

    __slots__ = ()

    _public_class: type[KEMPublicKey]
    public_key: KEMPublicKey
    """The public key, which stays usable after this key is closed."""

    def decapsulate(self, ciphertext: BytesLike) -> SharedSecret:
        """Recover the shared secret of a ciphertext: ML-KEM.Decaps (FIPS 203, 7.3), or X-Wing's (5.5 of the draft).

        ML-KEM and X-Wing raise no error for a ciphertext of this length that was not made for this key: the result is
        another, unpredictable secret (implicit rejection), and the two sides notice when they first use it. A hybrid
        with P-256 or P-384 does the same if the point is on its curve.

        Args:
            ciphertext: `ciphertext_bytes` of the parameter set.

        Returns:
            32 secret bytes.

        Raises:
            InvalidCiphertextError: the ciphertext has another length, or its point is not on the curve of the hybrid.
        """
        made = decapsulate(self._handle or self._use(), ciphertext, SharedSecret, self._keeps_gil)
        if isinstance(made, int):
            raise status_error(made, detail_of(made, self._parameter_set, {"ciphertext": ciphertext}))
        return made


class MLKEMPublicKey(KEMPublicKey["MLKEMName"], ConvertiblePublicKey["MLKEMName", "TheirPublicKey"]):
    """An encapsulation key: anyone who has it can send a shared secret to the owner of the private key.

    >>> from qynauth_pqc import MLKEMPrivateKey, MLKEMPublicKey
    >>> encoded = MLKEMPrivateKey.generate("ML-KEM-768").public_key.public_bytes()
    >>> public_key = MLKEMPublicKey.from_public_bytes(encoded)
    >>> ciphertext, shared_secret = public_key.encapsulate()
    >>> len(ciphertext), len(shared_secret)
    (1088, 32)
    """

    __slots__ = ()

    _sets, _keeps_gil = MLKEMParameterSet, True

    parameter_set: MLKEMParameterSet
    """The parameter set of the key."""


class MLKEMPrivateKey(KEMPrivateKey["MLKEMName"], ConvertiblePrivateKey["MLKEMName", "TheirPrivateKey"]):
    """A decapsulation key, with its encapsulation key and, where it is known, its seed.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> private_key = MLKEMPrivateKey.generate()
    >>> private_key
    <MLKEMPrivateKey: ML-KEM-768>
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()

    _sets, _default_set, _keeps_gil = MLKEMParameterSet, MLKEMParameterSet.ML_KEM_768, True
    _public_class = MLKEMPublicKey
    _about = "FIPS 203"

    parameter_set: MLKEMParameterSet
    """The parameter set of the key."""
    public_key: MLKEMPublicKey
    """The public key, which stays usable after this key is closed."""
