"""Keys for the libraries of JWS: keys of this library, and keys in JWK, PEM or DER, with their algorithms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._keys import jwk as _jwk
from qynauth_pqc._keys.parameter_sets import exact_member
from qynauth_pqc._keys.refusals import key_kind
from qynauth_pqc.composite import CompositeParameterSet, CompositePrivateKey, CompositePublicKey
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.formats import load_private_key, load_public_key
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, algorithm_of, check_draft
from qynauth_pqc.integrations.jose_composite import from_jwk as composite_from_jwk
from qynauth_pqc.integrations.jose_composite import to_jwk as composite_to_jwk
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.native import lib
from qynauth_pqc.native.inputs import without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from qynauth_pqc.native.inputs import BytesLike

PrivateKey: TypeAlias = MLDSAPrivateKey | CompositePrivateKey
PublicKey: TypeAlias = MLDSAPublicKey | CompositePublicKey
Key: TypeAlias = PrivateKey | PublicKey

PRIVATE, PUBLIC = (MLDSAPrivateKey, CompositePrivateKey), (MLDSAPublicKey, CompositePublicKey)


def parameter_sets(experimental: str | None) -> dict[str, MLDSAParameterSet | CompositeParameterSet]:
    """Return the parameter sets by their names in JWS: ML-DSA, and composites if a draft is named.

    Raises:
        UnsupportedError: the draft is unknown.
    """
    if experimental is not None:
        check_draft(experimental)
    composites = {} if experimental is None else ALGORITHMS
    return {**{each.value: each for each in MLDSAParameterSet}, **composites}


def algorithm_named(name: str, experimental: str | None) -> MLDSAParameterSet | CompositeParameterSet:
    """Return the parameter set of an algorithm of JWS."""
    known = parameter_sets(experimental)
    if experimental is None or not isinstance(name, str):
        return exact_member(MLDSAParameterSet, name)
    if name not in known:
        raise UnsupportedError(f"unknown algorithm: expected one of {', '.join(known)}")
    return known[name]


def name_of(key: Key, experimental: str | None) -> str:
    """Return the algorithm of a key in JWS."""
    if isinstance(key, (CompositePrivateKey, CompositePublicKey)):
        return algorithm_of(key.parameter_set, experimental)
    return key.parameter_set.value


def public_of(key: Key) -> PublicKey:
    """Return the public key of a key."""
    return key.public_key if isinstance(key, PRIVATE) else key


def generate(parameter_set: MLDSAParameterSet | CompositeParameterSet) -> PrivateKey:
    """Make a key from the system's randomness."""
    if isinstance(parameter_set, CompositeParameterSet):
        return CompositePrivateKey.generate(parameter_set)
    return MLDSAPrivateKey.generate(parameter_set)


def to_jwk(key: Key, kid: str | None, experimental: str | None) -> dict[str, str]:
    """Return a key as JWK. It raises the errors of `to_jwk()` of its class or of `integrations.jose_composite`."""
    if isinstance(key, (CompositePrivateKey, CompositePublicKey)):
        return composite_to_jwk(key, kid, experimental=check_draft(experimental))
    return key.to_jwk(kid)


@without_frames
def from_jwk(jwk: Mapping[str, object] | str | BytesLike, experimental: str | None = None) -> Key:
    """Load a key from JWK, a private key if it has priv. It raises the errors of `from_jwk()` of the classes."""
    members = _jwk.parse(jwk)
    if experimental is not None and members.get("alg") in list(ALGORITHMS):
        return composite_from_jwk(members, experimental=experimental)
    kind: type[MLDSAPrivateKey | MLDSAPublicKey] = MLDSAPrivateKey if "priv" in members else MLDSAPublicKey
    return kind.from_jwk(members)


@without_frames
def from_pem_or_der(data: BytesLike, password: BytesLike | None = None) -> Key:
    """Load a key from PKCS#8 or SubjectPublicKeyInfo. Callers check its algorithm, which may be a composite."""
    public = password is None and key_kind(data) == lib.PQC_KEY_KIND_PUBLIC
    key = load_public_key(data) if public else load_private_key(data, password)
    if not isinstance(key, (*PRIVATE, *PUBLIC)):
        raise UnsupportedError(f"expected an ML-DSA key, got an {key.parameter_set} key")
    return key
