"""The migration kit: an authentication service moves its tokens from classical to hybrid to post-quantum signatures.

Needs the extra `auth`: `pip install 'qynauth-pqc[auth]'`. An issuer has a `KeyRing` and a `TokenIssuer`, a relying
party has a `JWKSCache` and a `TokenVerifier`, and both read the same `MigrationPolicy`.
"""

from qynauth_pqc.auth.algorithms import ALGORITHMS, Algorithm, Mode
from qynauth_pqc.auth.errors import AuthError, JWKSError, KeyRingError, PolicyError, RotationError, TokenError, Verdict
from qynauth_pqc.auth.jwks import JWKSCache, PublishedKey
from qynauth_pqc.auth.keyring import KeyRing, KeyState, RingKey
from qynauth_pqc.auth.policy import MigrationPolicy, PolicyRow
from qynauth_pqc.auth.tokens import Observer, TokenEvent, TokenIssuer, TokenVerifier, VerifiedToken

__all__ = ["ALGORITHMS", "Algorithm", "AuthError", "JWKSCache", "JWKSError", "KeyRing", "KeyRingError", "KeyState"]
__all__ += ["MigrationPolicy", "Mode", "Observer", "PolicyError", "PolicyRow", "PublishedKey", "RingKey"]
__all__ += ["RotationError", "TokenError", "TokenEvent", "TokenIssuer", "TokenVerifier", "Verdict", "VerifiedToken"]
