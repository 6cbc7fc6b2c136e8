"""SLH-DSA, the Stateless Hash-Based Digital Signature Algorithm of FIPS 205 (once "SPHINCS+").

Its security rests on a hash function alone. Signatures are long and slow to make, keys are short. docs/slh-dsa.md helps
to choose a set, and shows the cost of each.

A fault during signing can reveal the private key, even if the signature is valid. Therefore each signature is
computed twice and verified before `sign()` returns it, unless the key has the option `fault_check=False`.
"""

from __future__ import annotations

from qynauth_pqc._keys.parameter_sets import ParameterSet
from qynauth_pqc._keys.private_key import SeededPrivateKey
from qynauth_pqc._keys.signature import PrehashPrivateKey, PrehashPublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    _Names: TypeAlias = Literal[
        "SLH-DSA-SHA2-128s",
        "SLH-DSA-SHA2-128f",
        "SLH-DSA-SHA2-192s",
        "SLH-DSA-SHA2-192f",
        "SLH-DSA-SHA2-256s",
        "SLH-DSA-SHA2-256f",
        "SLH-DSA-SHAKE-128s",
        "SLH-DSA-SHAKE-128f",
        "SLH-DSA-SHAKE-192s",
        "SLH-DSA-SHAKE-192f",
        "SLH-DSA-SHAKE-256s",
        "SLH-DSA-SHAKE-256f",
    ]
    SLHDSAName: TypeAlias = "_Names | SLHDSAParameterSet"

__all__ = ["SLHDSAParameterSet", "SLHDSAPrivateKey", "SLHDSAPublicKey"]


class SLHDSAParameterSet(ParameterSet):
    """The parameter sets of SLH-DSA (FIPS 205, section 11), of security categories 1, 3 and 5.

    The name shows the hash function, n in bits, and "s" for small signatures or "f" for fast signing. All sets with the
    same n have keys of the same lengths, so a key is loaded with the name of its set.

    Attributes:
        id: the number of the set in the C interface: 205000 plus the last number of its object identifier.
        public_key_bytes: size of a public key, 2n: 32, 48 or 64 bytes.
        private_key_bytes: size of a private key, 4n: 64, 96 or 128 bytes.
        seed_bytes: size of a seed, 3n: 48, 72 or 96 bytes.
        signature_bytes: size of a signature: 7856, 16224 or 29792 bytes ("s"), 17088, 35664 or 49856 bytes ("f").

    >>> SLHDSAParameterSet("SLH-DSA-SHA2-128s").signature_bytes
    7856
    """

    signature_bytes: int

    SLH_DSA_SHA2_128S = "SLH-DSA-SHA2-128s"
    SLH_DSA_SHA2_128F = "SLH-DSA-SHA2-128f"
    SLH_DSA_SHA2_192S = "SLH-DSA-SHA2-192s"
    SLH_DSA_SHA2_192F = "SLH-DSA-SHA2-192f"
    SLH_DSA_SHA2_256S = "SLH-DSA-SHA2-256s"
    SLH_DSA_SHA2_256F = "SLH-DSA-SHA2-256f"
    SLH_DSA_SHAKE_128S = "SLH-DSA-SHAKE-128s"
    SLH_DSA_SHAKE_128F = "SLH-DSA-SHAKE-128f"
    SLH_DSA_SHAKE_192S = "SLH-DSA-SHAKE-192s"
    SLH_DSA_SHAKE_192F = "SLH-DSA-SHAKE-192f"
    SLH_DSA_SHAKE_256S = "SLH-DSA-SHAKE-256s"
    SLH_DSA_SHAKE_256F = "SLH-DSA-SHAKE-256f"


class SLHDSAPublicKey(PrehashPublicKey["SLHDSAName"]):
    """A public key, PK.seed || PK.root: anyone who has it can check signatures of the owner of the private key.

    >>> from qynauth_pqc import SLHDSAPrivateKey, SLHDSAPublicKey
    >>> private_key = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")
    >>> encoded = private_key.public_key.public_bytes()
    >>> public_key = SLHDSAPublicKey.from_public_bytes(encoded, "SLH-DSA-SHA2-128f")
    >>> public_key.verify(b"message", private_key.sign(b"message"))
    """

    __slots__ = ()

    _sets = SLHDSAParameterSet

    parameter_set: SLHDSAParameterSet
    """The parameter set of the key."""


class SLHDSAPrivateKey(PrehashPrivateKey["SLHDSAName"], SeededPrivateKey["SLHDSAName"]):
    """A private key, SK.seed || SK.prf || PK.seed || PK.root, with its public key.

    The first three are the seed (FIPS 205, algorithm 21): `seed()` returns them, and `from_seed()` derives PK.root.
    `from_private_bytes()` does not check PK.root; the check of the first signature finds a wrong one. A key from a file
    is derived again and compared.

    >>> from qynauth_pqc import SLHDSAPrivateKey
    >>> private_key = SLHDSAPrivateKey.generate("SLH-DSA-SHAKE-128f")
    >>> private_key
    <SLHDSAPrivateKey: SLH-DSA-SHAKE-128f>
    >>> signature = private_key.sign(b"message", context=b"firmware")
    >>> private_key.public_key.verify(b"message", signature, context=b"firmware")
    """

    __slots__ = ()

    _sets, _default_set = SLHDSAParameterSet, SLHDSAParameterSet.SLH_DSA_SHA2_192S
    _public_class = SLHDSAPublicKey
    _about = "FIPS 205"
    _forms = ("expanded",)

    parameter_set: SLHDSAParameterSet
    """The parameter set of the key."""
    public_key: SLHDSAPublicKey
    """The public key, which stays usable after this key is closed."""
