"""Keys of tokens in joserfc, another implementation of JWS and JWK."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from joserfc.jwa import EdDSAAlgorithm
from joserfc.jwk import ECKey, OKPKey, RSAKey

from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry

JOSEKey: TypeAlias = OKPKey | ECKey | RSAKey | AKPKey

_KINDS: dict[str, type[OKPKey | ECKey | RSAKey]] = {"OKP": OKPKey, "EC": ECKey, "RSA": RSAKey}


def generate(name: str) -> JOSEKey:
    """Make a private key for an algorithm."""
    algorithm = ALGORITHMS[name]
    if algorithm.key_type == "AKP":
        return AKPKey.generate_key(name, experimental=algorithm.experimental)
    return _KINDS[algorithm.key_type].generate_key(algorithm.curve or 3072)  # type: ignore[arg-type] # each has its own


def load(name: str, value: object, password: bytes | None = None) -> JOSEKey:
    """Make a key for an algorithm from JWK, PEM, or a key of this package or of `cryptography`."""
    algorithm = ALGORITHMS[name]
    if algorithm.key_type == "AKP":
        return AKPKey.import_key(value, password=password, experimental=algorithm.experimental)  # type: ignore[arg-type]
    return _KINDS[algorithm.key_type].import_key(value, password=password)  # type: ignore[arg-type]


class _EdDSA(EdDSAAlgorithm):
    """The algorithm without joserfc's warning about its name, which RFC 9864 deprecates."""

    security_warning = ""


@cache
def registry(name: str) -> MLDSARegistry:
    """Return a registry with a single algorithm."""
    made = MLDSARegistry(algorithms=[name], strict_check_header=False, experimental=ALGORITHMS[name].experimental)
    made.algorithms = {name: _EdDSA() if name == _EdDSA.name else made.algorithms[name]}
    return made


def signature(name: str, message: bytes, key: JOSEKey) -> bytes:
    """Return the signature of a message."""
    return registry(name).get_alg(name).sign(message, key)
