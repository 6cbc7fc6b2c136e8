"""Keys of joserfc: a ring keeps them in PEM, and an issuer signs with them. This module does not depend on rings."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from qynauth_pqc.auth._public_keys import check_ed25519, check_rsa
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.extend import extra

with extra("auth"):
    from joserfc.jwa import EdDSAAlgorithm
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc.auth._rows import Row

JOSEKey: TypeAlias = OKPKey | ECKey | RSAKey | AKPKey
"""A key of joserfc, private or public."""

_RSA_BITS = 3072
_KINDS: dict[str, type[OKPKey | ECKey | RSAKey]] = {"OKP": OKPKey, "EC": ECKey, "RSA": RSAKey}


def generate(algorithm: Row) -> JOSEKey:
    """Make a private key for an algorithm."""
    if algorithm.key_type == "AKP":
        return AKPKey.generate_key(algorithm.name, experimental=algorithm.experimental)
    size_or_curve = _RSA_BITS if algorithm.curve is None else algorithm.curve
    return _KINDS[algorithm.key_type].generate_key(size_or_curve)  # type: ignore[arg-type] # each has its own


def load(algorithm: Row, value: Mapping[str, object] | bytes, password: bytes | None) -> JOSEKey:
    """Make a key for an algorithm from JWK or PEM."""
    if algorithm.key_type == "AKP":
        key = AKPKey.import_key(value, password=password, experimental=algorithm.experimental)
        found = key.as_dict(private=False)["alg"]
        if found != algorithm.name:
            raise UnsupportedError(f"expected a key for {algorithm.name}, got one for {found}")
        return key
    loaded: JOSEKey = _KINDS[algorithm.key_type].import_key(value, password=password)  # type: ignore[arg-type]
    if isinstance(loaded, RSAKey):
        check_rsa(loaded.public_key)
        return loaded
    if loaded.curve_name != algorithm.curve:
        raise UnsupportedError(f"expected a key for {algorithm.name}, got one for {loaded.curve_name}")
    if isinstance(loaded, OKPKey):
        check_ed25519(loaded.public_key)  # type: ignore[arg-type] # the curve says so
    return loaded


class _EdDSA(EdDSAAlgorithm):
    """The algorithm without joserfc's warning.

    RFC 9864 deprecates the name, which leaves the curve open. Services that begin to migrate have it in their tokens,
    and the curve is checked when a key is loaded.
    """

    security_warning = ""


@cache
def registry(algorithm: Row) -> MLDSARegistry:
    """Return a registry with a single algorithm."""
    name = algorithm.name
    made = MLDSARegistry(algorithms=[name], strict_check_header=False, experimental=algorithm.experimental)
    made.algorithms = {name: _EdDSA() if name == _EdDSA.name else made.algorithms[name]}
    return made
