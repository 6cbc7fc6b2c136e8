"""The table of token algorithms, for all of this package."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES
from qynauth_pqc.integrations.jose_composite import DRAFT, check_draft
from qynauth_pqc.mldsa import MLDSAParameterSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

__all__ = ["ALGORITHMS", "Algorithm", "Mode", "algorithm_named"]


class Mode(StrEnum):
    """The protection of a token against forgery: a classical, hybrid or post-quantum signature."""

    CLASSICAL = "classical"
    HYBRID = "hybrid"
    POST_QUANTUM = "post-quantum"


class Algorithm(NamedTuple):
    """An algorithm of JWS with its keys.

    Attributes:
        name: the value of alg in tokens and JWKs.
        mode: its mode.
        key_type: the value of kty in JWKs: "OKP", "EC", "RSA" or "AKP".
        curve: the curve of its keys, for OKP and EC, or None.
        experimental: the draft that the caller must name to use it, or None.
    """

    name: str
    mode: Mode
    key_type: str = "AKP"
    curve: str | None = None
    experimental: str | None = None


ALGORITHMS: Final = {
    each.name: each
    for each in (
        Algorithm("EdDSA", Mode.CLASSICAL, "OKP", "Ed25519"),
        Algorithm("Ed25519", Mode.CLASSICAL, "OKP", "Ed25519"),
        Algorithm("ES256", Mode.CLASSICAL, "EC", "P-256"),
        Algorithm("ES384", Mode.CLASSICAL, "EC", "P-384"),
        Algorithm("RS256", Mode.CLASSICAL, "RSA"),
        Algorithm("PS256", Mode.CLASSICAL, "RSA"),
        *(Algorithm(name, Mode.HYBRID, experimental=DRAFT) for name in COMPOSITES),
        *(Algorithm(each.value, Mode.POST_QUANTUM) for each in MLDSAParameterSet),
    )
}
"""The algorithms by their names: classical ones (RFC 7518, RFC 8037 with Ed25519 only, and its name in RFC 9864), the
composites of the draft, and ML-DSA (RFC 9964).
"""


def algorithm_named(name: str, experimental: str | None = None) -> Algorithm:
    """Return an algorithm.

    Args:
        name: its name in JWS.
        experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, which hybrid algorithms need.

    Raises:
        UnsupportedError: the algorithm or the draft is unknown, or the algorithm is hybrid and no draft is named.
    """
    expect(name, str, "algorithm")
    if experimental is not None:
        check_draft(experimental)
    if name not in ALGORITHMS:
        raise UnsupportedError(f"unknown algorithm of tokens: expected one of {', '.join(ALGORITHMS)}")
    chosen = ALGORITHMS[name]
    if chosen.experimental != experimental and chosen.experimental is not None:
        check_draft(experimental)
    return chosen


def algorithms_of(jwk: Mapping[str, object]) -> tuple[Algorithm, ...]:
    """Return the possible algorithms of a JWK: its alg, or without alg all algorithms of its key type and curve.

    A key of the type AKP without alg has none.
    """
    kty, curve = jwk.get("kty"), jwk.get("crv")
    named = jwk.get("alg") if "alg" in jwk or kty == "AKP" else None
    found = (each for each in ALGORITHMS.values() if each.key_type == kty and each.curve in (None, curve))
    return tuple(each for each in found if each.name == named or ("alg" not in jwk and kty != "AKP"))
