"""ML-DSA, the Module-Lattice-Based Digital Signature Algorithm of FIPS 204 (once "Dilithium")."""

from __future__ import annotations

from qynauth_pqc._keys.akp import AKPPrivateKey, AKPPublicKey
from qynauth_pqc._keys.digests import sign_by, verify_by
from qynauth_pqc._keys.options import sign_flags
from qynauth_pqc._keys.parameter_sets import ParameterSet
from qynauth_pqc._keys.private_key import ConvertiblePrivateKey
from qynauth_pqc._keys.public_key import ConvertiblePublicKey
from qynauth_pqc._keys.signature import PrehashPrivateKey, PrehashPublicKey
from qynauth_pqc.mu import MLDSAMuHasher
from qynauth_pqc.native import lib

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from cryptography.hazmat.primitives.asymmetric import mldsa as theirs

    from qynauth_pqc.native.inputs import BytesLike

    TheirPublicKey: TypeAlias = theirs.MLDSA44PublicKey | theirs.MLDSA65PublicKey | theirs.MLDSA87PublicKey
    TheirPrivateKey: TypeAlias = theirs.MLDSA44PrivateKey | theirs.MLDSA65PrivateKey | theirs.MLDSA87PrivateKey
    MLDSAName: TypeAlias = "Literal['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] | MLDSAParameterSet"

__all__ = ["MLDSAParameterSet", "MLDSAPrivateKey", "MLDSAPublicKey"]


class MLDSAParameterSet(ParameterSet):
    """The parameter sets of ML-DSA (FIPS 204, section 4), of security categories 2, 3 and 5.

    Attributes:
        id: the number of the set in the C interface: 44, 65 or 87.
        public_key_bytes: size of a public key: 1312, 1952 or 2592 bytes.
        private_key_bytes: size of an expanded private key: 2560, 4032 or 4896 bytes.
        seed_bytes: size of a seed: 32 bytes.
        signature_bytes: size of a signature: 2420, 3309 or 4627 bytes.

    >>> MLDSAParameterSet("ML-DSA-65").signature_bytes
    3309
    """

    signature_bytes: int

    ML_DSA_44 = "ML-DSA-44"
    ML_DSA_65 = "ML-DSA-65"
    ML_DSA_87 = "ML-DSA-87"


class MLDSAPublicKey(
    AKPPublicKey["MLDSAName"], PrehashPublicKey["MLDSAName"], ConvertiblePublicKey["MLDSAName", "TheirPublicKey"]
):
    """A public key: anyone who has it can check signatures of the owner of the private key.

    >>> from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey
    >>> private_key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> public_key = MLDSAPublicKey.from_public_bytes(private_key.public_key.public_bytes())
    >>> public_key.verify(b"message", private_key.sign(b"message"))
    """

    __slots__ = ()

    _sets = MLDSAParameterSet

    parameter_set: MLDSAParameterSet
    """The parameter set of the key."""

    def mu_hasher(self, *, context: BytesLike = b"") -> MLDSAMuHasher:
        """Begin to compute mu, the hash of a message that arrives in chunks (FIPS 204, algorithm 7, line 6).

        Args:
            context: the purpose of the signature, 0 to 255 bytes.

        Returns:
            The hasher: pass the message to its `update()`, and the result of its `finalize()` to `sign_mu()` or
            `verify_mu()`.

        Raises:
            InvalidLengthError: the context is longer than 255 bytes.
        """
        return MLDSAMuHasher(self, context)

    def verify_mu(self, mu: BytesLike, signature: BytesLike) -> None:
        """Check a signature of the message that mu was computed from (FIPS 204, algorithm 8). Returns nothing if valid.

        Args:
            mu: the result of `mu_hasher(...).finalize()` of this key, 64 bytes.
            signature: the result of `sign()` or `sign_mu()`: 2420, 3309 or 4627 bytes.

        Raises:
            InvalidSignatureError: the signature is not valid for this mu and key.
            InvalidLengthError: mu is not 64 bytes long.
        """
        verify_by(lib.pqc_verify_mu, self, mu=mu, signature=signature)


class MLDSAPrivateKey(
    AKPPrivateKey["MLDSAName"], PrehashPrivateKey["MLDSAName"], ConvertiblePrivateKey["MLDSAName", "TheirPrivateKey"]
):
    """A private key, with its public key and, where it is known, its seed.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> private_key = MLDSAPrivateKey.generate()
    >>> private_key
    <MLDSAPrivateKey: ML-DSA-65>
    >>> signature = private_key.sign(b"message", context=b"login")
    >>> private_key.public_key.verify(b"message", signature, context=b"login")
    """

    __slots__ = ()

    _sets, _default_set = MLDSAParameterSet, MLDSAParameterSet.ML_DSA_65
    _public_class = MLDSAPublicKey
    _about = "FIPS 204"

    parameter_set: MLDSAParameterSet
    """The parameter set of the key."""
    public_key: MLDSAPublicKey
    """The public key, which stays usable after this key is closed."""

    def sign_mu(self, mu: BytesLike, *, deterministic: bool = False) -> bytes:
        """Sign the message that mu was computed from (FIPS 204, algorithm 7), hedged as `sign()` is.

        Args:
            mu: the result of `public_key.mu_hasher(...).finalize()`, 64 bytes.
            deterministic: use 32 zero bytes instead of randomness, so that equal inputs have equal signatures.

        Returns:
            The signature: 2420, 3309 or 4627 bytes. `verify()` accepts it like a signature of `sign()`.

        Raises:
            InvalidLengthError: mu is not 64 bytes long.
        """
        return sign_by(lib.pqc_sign_mu, self, mu=mu, flags=sign_flags(deterministic=deterministic))
