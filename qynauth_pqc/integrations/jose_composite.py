"""Composite keys in JOSE, EXPERIMENTAL: the algorithms of draft-ietf-jose-pq-composite-sigs-05.

IANA has registered none of these names, and an earlier version of the draft encoded ECDSA differently under the same
names. So every function and class that takes them requires the name of the draft, `experimental=DRAFT`, here and in
`qynauth_pqc.integrations.pyjwt` and `.joserfc`. If a later draft changes a computation, it gets another value, and the
present value keeps its meaning or becomes an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._keys import jwk as _jwk
from qynauth_pqc._keys.akp import check_pair
from qynauth_pqc._keys.options import key_flags
from qynauth_pqc.composite import CompositeParameterSet, CompositePrivateKey, CompositePublicKey
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.native.inputs import without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, Unpack

    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions

__all__ = ["ALGORITHMS", "DRAFT", "from_jwk", "to_jwk"]

DRAFT: Final = "draft-ietf-jose-pq-composite-sigs-05"
"""The draft, which is the value of `experimental`."""

ALGORITHMS: Final = {
    "ML-DSA-44-ES256": CompositeParameterSet.MLDSA44_ECDSA_P256,
    "ML-DSA-65-ES256": CompositeParameterSet.MLDSA65_ECDSA_P256,
    "ML-DSA-87-ES384": CompositeParameterSet.MLDSA87_ECDSA_P384,
    "ML-DSA-44-Ed25519": CompositeParameterSet.MLDSA44_ED25519,
    "ML-DSA-65-Ed25519": CompositeParameterSet.MLDSA65_ED25519,
}
"""The parameter sets by their names in the draft (section 5.1). It has no name for MLDSA65-ECDSA-P384-SHA512."""

_NAMES = {parameter_set: name for name, parameter_set in ALGORITHMS.items()}


@without_frames
def to_jwk(
    key: CompositePrivateKey | CompositePublicKey, kid: str | None = None, *, experimental: str
) -> dict[str, str]:
    """Return a key as JWK (section 4.1 of the draft): kty "AKP", alg, pub, kid, and priv of a private key.

    "priv" is `private_bytes()`, in a `str`, which Python never wipes. It is not a seed.

    Args:
        key: the private or public key.
        kid: the name of the key; by default its thumbprint over alg, kty and pub (RFC 7638).
        experimental: `DRAFT`.

    Returns:
        A new dict; `json.dumps` turns it into text.

    Raises:
        UnsupportedError: the draft is another, or has no name for the algorithm of the key.

    >>> from qynauth_pqc import CompositePrivateKey
    >>> key = CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512")
    >>> to_jwk(key.public_key, experimental="draft-ietf-jose-pq-composite-sigs-05")["alg"]
    'ML-DSA-65-Ed25519'
    """
    expect(key, (CompositePrivateKey, CompositePublicKey), "key")
    name = algorithm_of(key.parameter_set, experimental)
    if isinstance(key, CompositePublicKey):
        return _jwk.encode(name, key.public_bytes(), None, kid)
    with key.private_bytes() as private:
        return _jwk.encode(name, key.public_key.public_bytes(), private, kid)


@without_frames
def from_jwk(
    jwk: Mapping[str, object] | str | BytesLike, *, experimental: str, **options: Unpack[KeyOptions]
) -> CompositePrivateKey | CompositePublicKey:
    """Load a key from JWK, a private key if it has priv. As with ML-DSA keys, "use" and "key_ops" must allow its use.

    Args:
        jwk: the members, or a JSON text with them of at most 65536 characters.
        experimental: `DRAFT`.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The key.

    Raises:
        InvalidKeyError: it is no JWK or lacks a member; pub or priv is not base64url or not such a key; or they do not
            belong to each other.
        UnsupportedError: the draft is another, the key type is not AKP, or the algorithm is not in `ALGORITHMS`.
    """
    check_draft(experimental)
    key_flags(options, "from_jwk")
    members = _jwk.parse(jwk)
    name, public, private = _jwk.decode(members, private="priv" in members)
    if name not in ALGORITHMS:
        raise UnsupportedError(f"unknown algorithm: expected one of {', '.join(ALGORITHMS)}")
    if "priv" not in members:
        return CompositePublicKey.from_public_bytes(public, ALGORITHMS[name], **options)
    key = CompositePrivateKey.from_private_bytes(private, ALGORITHMS[name], **options)
    check_pair(key, public)
    return key


def check_draft(experimental: str | None) -> str:
    """Return the draft that the caller named, if this module implements it."""
    if experimental is None:
        raise UnsupportedError(f"composite keys are experimental in JOSE: pass experimental={DRAFT!r}")
    expect(experimental, str, "experimental")
    if experimental != DRAFT:
        raise UnsupportedError(f"unknown draft: expected experimental={DRAFT!r}")
    return DRAFT


def algorithm_of(parameter_set: CompositeParameterSet, experimental: str | None) -> str:
    """Return the name of a parameter set in the draft."""
    check_draft(experimental)
    if parameter_set not in _NAMES:
        raise UnsupportedError(f"{DRAFT} has no name for {parameter_set}")
    return _NAMES[parameter_set]
