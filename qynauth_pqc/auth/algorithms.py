"""The table of token algorithms, for all of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.auth._rows import Mode, Row
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES
from qynauth_pqc.integrations.jose_composite import DRAFT, check_draft
from qynauth_pqc.mldsa import MLDSAParameterSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from qynauth_pqc.auth._jose_keys import JOSEKey
    from qynauth_pqc.integrations.joserfc import MLDSARegistry

__all__ = ["ALGORITHMS", "Algorithm", "Mode", "algorithm_named"]


class Algorithm(Row):
    """An algorithm of JWS with its keys.

    Attributes:
        name: the value of alg in tokens and JWKs.
        mode: its mode.
        key_type: the value of kty in JWKs: "OKP", "EC", "RSA" or "AKP".
        curve: the curve of its keys, for OKP and EC, or None.
        experimental: the draft that the caller must name to use it, or None.
    """

    __slots__ = ()

    # The private keys of a ring need joserfc; its import takes longer than all others.

    @property
    def registry(self) -> MLDSARegistry:
        """A registry of joserfc with only this algorithm."""
        from qynauth_pqc.auth._jose_keys import registry  # see above

        return registry(self)

    def generate(self) -> JOSEKey:
        """Make a private key from the system's randomness; a key of RSA has 3072 bits."""
        from qynauth_pqc.auth._jose_keys import generate  # see above

        return generate(self)

    def load(self, value: Mapping[str, object] | bytes, password: bytes | None = None) -> JOSEKey:
        """Make a key from the members of a JWK or from PEM.

        Raises:
            PQCError, joserfc.errors.JoseError, ValueError, TypeError: it is no key of this algorithm, or the password
                is wrong; the libraries raise different errors. A public key of Ed25519 of low order or in a
                non-canonical encoding, or of RSA with a wrong length, raises `InvalidKeyError`.
        """
        from qynauth_pqc.auth._jose_keys import load  # see above

        return load(self, value, password)


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
