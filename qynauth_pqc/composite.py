"""Composite ML-DSA: ML-DSA and Ed25519 or ECDSA in one key, by draft-ietf-lamps-pq-composite-sigs-19.

A signature is valid if both of its halves are valid. It cannot be forged as long as the hash of the message and one of
the two algorithms are unbroken. The names and the object identifiers are from this draft: a later draft that changes
them defines another algorithm.

Two warnings of the draft:

- A composite is not strongly unforgeable (9.2.2, SUF-CMA). With ECDSA, anyone can turn a valid signature into another
  one for the same message, context and key; with Ed25519, only a forger of Ed25519 can. Never rely on a signature being
  the only one: do not recognise messages by their signatures.
- Never use the key of a half outside its composite, nor in two composites (9.3, Key Reuse).
"""

from __future__ import annotations

from qynauth_pqc._keys.parameter_sets import ParameterSet
from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    _Names: TypeAlias = Literal[
        "MLDSA44-Ed25519-SHA512",
        "MLDSA44-ECDSA-P256-SHA256",
        "MLDSA65-ECDSA-P256-SHA512",
        "MLDSA65-ECDSA-P384-SHA512",
        "MLDSA65-Ed25519-SHA512",
        "MLDSA87-ECDSA-P384-SHA512",
    ]
    CompositeName: TypeAlias = "_Names | CompositeParameterSet"

__all__ = ["CompositeParameterSet", "CompositePrivateKey", "CompositePublicKey"]


class CompositeParameterSet(ParameterSet):
    """The composites, of security categories 2, 3 and 5 (section 6 of the draft).

    Sizes are in bytes, in the order of the members.

    Attributes:
        id: the number of the set in the C interface.
        public_key_bytes: size of a public key: 1344, 1377, 2017, 2049, 1984 or 2689.
        private_key_bytes: size of a private key: 64, 83, 83, 96, 64 or 96.
        signature_bytes: size of the longest signature: 2484, 2492, 3381, 3413, 3373 or 4731.

    >>> CompositeParameterSet("MLDSA65-Ed25519-SHA512").signature_bytes
    3373
    """

    signature_bytes: int

    MLDSA44_ED25519 = "MLDSA44-Ed25519-SHA512"
    MLDSA44_ECDSA_P256 = "MLDSA44-ECDSA-P256-SHA256"
    MLDSA65_ECDSA_P256 = "MLDSA65-ECDSA-P256-SHA512"
    MLDSA65_ECDSA_P384 = "MLDSA65-ECDSA-P384-SHA512"
    MLDSA65_ED25519 = "MLDSA65-Ed25519-SHA512"
    MLDSA87_ECDSA_P384 = "MLDSA87-ECDSA-P384-SHA512"


class CompositePublicKey(SignaturePublicKey["CompositeName"]):
    """A public key: an ML-DSA key followed by a classical key (section 4.1 of the draft).

    Loading raises `InvalidKeyError` if the classical half is not a point of its curve, or for Ed25519 is not canonical
    or of low order. The options of a key apply to its ML-DSA half. `verify` (section 3.3) always checks both halves of
    a signature, and its error is the same for either half. Trailing bytes, or an ECDSA half that is not DER, make a
    signature invalid.

    See the warnings of this module.

    >>> from qynauth_pqc import CompositePrivateKey, CompositePublicKey
    >>> private_key = CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512")
    >>> encoded = private_key.public_key.public_bytes()
    >>> public_key = CompositePublicKey.from_public_bytes(encoded)
    >>> public_key.verify(b"message", private_key.sign(b"message"))
    >>> len(encoded)
    1984
    """

    __slots__ = ()

    _sets = CompositeParameterSet

    parameter_set: CompositeParameterSet
    """The parameter set of the key."""


class CompositePrivateKey(SignaturePrivateKey["CompositeName"]):
    """A private key, with its public key.

    It consists of an ML-DSA seed and a classical private key that are independent of each other (section 3.1 of the
    draft), so no single seed produces both. See the warnings of this module.

    `sign` (section 3.2) signs the hash of a message with both halves, by SHA-256 or SHA-512, as the name of the set
    says. The ML-DSA half and ECDSA use fresh randomness, which protects against faults and side channels. A signature
    has 2484 or 3373 bytes with Ed25519; with ECDSA at most 2492, 3381, 3413 or 4731 bytes, and mostly a few less.

    >>> from qynauth_pqc import CompositePrivateKey
    >>> private_key = CompositePrivateKey.generate()
    >>> private_key
    <CompositePrivateKey: MLDSA65-Ed25519-SHA512>
    >>> signature = private_key.sign(b"message", context=b"login")
    >>> private_key.public_key.verify(b"message", signature, context=b"login")
    """

    __slots__ = ()

    _sets, _default_set = CompositeParameterSet, CompositeParameterSet.MLDSA65_ED25519
    _public_class = CompositePublicKey
    _about = "hybrid of ML-DSA and Ed25519 or ECDSA"
    _forms = ("expanded",)

    parameter_set: CompositeParameterSet
    """The parameter set of the key."""
    public_key: CompositePublicKey
    """The public key, which stays usable after this key is closed."""
