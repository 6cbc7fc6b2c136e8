"""The algorithms of tokens, which everything in this package knows through one table."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.integrations._extras import extra
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES
from qynauth_pqc.integrations.jose_composite import DRAFT, check_draft
from qynauth_pqc.mldsa import MLDSAParameterSet

with extra("auth"):
    from joserfc.jwa import EdDSAAlgorithm
    from joserfc.jwk import ECKey, OKPKey

    from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALGORITHMS", "Algorithm", "Mode", "algorithm_named"]

JOSEKey: TypeAlias = OKPKey | ECKey | AKPKey
"""A key of joserfc, private or public."""


class Mode(StrEnum):
    """What keeps a token from being forged: a classical signature, both kinds in one, or a post-quantum signature."""

    CLASSICAL = "classical"
    HYBRID = "hybrid"
    POST_QUANTUM = "post-quantum"


class Algorithm(NamedTuple):
    """An algorithm of JWS with its keys.

    Attributes:
        name: the value of alg in tokens and JWKs.
        mode: its mode.
        experimental: the draft that has to be named to use it, or None.
        curve: the curve of a classical key, or None.
    """

    name: str
    mode: Mode
    experimental: str | None = None
    curve: str | None = None

    @property
    def registry(self) -> MLDSARegistry:
        """A registry of joserfc that has this algorithm alone."""
        return _registry(self.name, self.experimental)

    def generate(self) -> JOSEKey:
        """Make a private key from the system's randomness."""
        if self.curve is None:
            return AKPKey.generate_key(self.name, experimental=self.experimental)
        return ECKey.generate_key("P-256") if self.curve == "P-256" else OKPKey.generate_key("Ed25519")

    def load(self, value: Mapping[str, object] | bytes, password: bytes | None = None) -> JOSEKey:
        """Make a key from the members of a JWK or from PEM.

        Raises:
            PQCError, joserfc.errors.JoseError, ValueError, TypeError: it is no key of this algorithm, or the password
                is wrong: whatever the libraries raise.
        """
        if self.curve is None:
            key: JOSEKey = AKPKey.import_key(value, password=password, experimental=self.experimental)
            found = key.as_dict(private=False)["alg"]
        else:
            kind: type[ECKey | OKPKey] = ECKey if self.curve == "P-256" else OKPKey
            key = kind.import_key(value, password=password)  # type: ignore[arg-type]
            found = self.name if key.curve_name == self.curve else key.curve_name
        if found != self.name:
            raise UnsupportedError(f"expected a key for {self.name}, got one for {found}")
        return key


class _EdDSA(EdDSAAlgorithm):
    """The algorithm without joserfc's warning.

    RFC 9864 deprecates its name, which leaves the curve open, but services that begin to migrate have it in their
    tokens, and the curve is checked when a key is loaded.
    """

    security_warning = ""


@cache
def _registry(name: str, experimental: str | None) -> MLDSARegistry:
    made = MLDSARegistry(algorithms=[name], strict_check_header=False, experimental=experimental)
    made.algorithms = {name: _EdDSA() if name == _EdDSA.name else made.algorithms[name]}
    return made


ALGORITHMS: Final = {
    each.name: each
    for each in (
        Algorithm("EdDSA", Mode.CLASSICAL, curve="Ed25519"),
        Algorithm("ES256", Mode.CLASSICAL, curve="P-256"),
        *(Algorithm(name, Mode.HYBRID, experimental=DRAFT) for name in COMPOSITES),
        *(Algorithm(each.value, Mode.POST_QUANTUM) for each in MLDSAParameterSet),
    )
}
"""The algorithms by their names: "EdDSA" (with Ed25519 only), "ES256", the composites of the draft, and ML-DSA."""


def algorithm_named(name: str, experimental: str | None = None) -> Algorithm:
    """Return an algorithm.

    Args:
        name: its name in JWS.
        experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, which the hybrid ones need.

    Raises:
        UnsupportedError: the algorithm or the draft is unknown, or the algorithm is a hybrid one and no draft is named.
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


_BY_CURVE = {each.curve: each for each in ALGORITHMS.values() if each.curve}


def algorithm_of(jwk: Mapping[str, object]) -> Algorithm | None:
    """Return the algorithm of a JWK: by its curve, which alg must agree with if it is there, or for AKP by alg."""
    named = ALGORITHMS.get(str(jwk.get("alg")))
    if jwk.get("kty") == "AKP":
        return named if named and named.curve is None else None
    found = _BY_CURVE.get(str(jwk.get("crv")))
    return found if found and jwk.get("alg", found.name) == found.name else None
