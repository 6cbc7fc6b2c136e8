"""The series of tokens that the exporters start with zeros."""

from __future__ import annotations

from itertools import product
from typing import Final

from qynauth_pqc.integrations.jose_composite import ALGORITHMS

# The exporters do not need the extra `[auth]`, so the classical algorithms are named here too.
_CLASSICAL = ("EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256")
_MODES = dict.fromkeys(_CLASSICAL, "classical") | dict.fromkeys(ALGORITHMS, "hybrid")

ISSUED: Final = [(mode, algorithm) for algorithm, mode in _MODES.items()]
"""Mode and algorithm of the classical and hybrid tokens, which a migration phases out.

A series that begins at 1 has no rate and no increase, so one classical token a day would never be seen.
"""

VERIFIED: Final = [(*labels, verdict) for labels, verdict in product(ISSUED, ("accepted", "past_deadline"))]
"""The same with the verdicts that show whether such tokens still arrive."""
