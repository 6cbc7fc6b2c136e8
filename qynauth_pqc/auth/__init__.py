"""The migration kit: an authentication service moves its tokens from classical to hybrid to post-quantum signatures.

Needs the extra `auth`. An issuer has a `KeyRing` and a `TokenIssuer`, a relying party has a `JWKSCache` and a
`TokenVerifier`, and both read the same `MigrationPolicy`.

A name is imported when it is first used: a relying party does not load the modules of an issuer.
"""

from importlib import import_module

TYPE_CHECKING = False  # importing typing would take a fifth of the package's import time
if TYPE_CHECKING:
    from qynauth_pqc.auth.algorithms import ALGORITHMS, Algorithm, Mode
    from qynauth_pqc.auth.errors import (
        AuthError,
        JWKSError,
        KeyRingError,
        PolicyError,
        RotationError,
        TokenError,
        Verdict,
    )
    from qynauth_pqc.auth.events import Alarm, Observer, TokenEvent
    from qynauth_pqc.auth.jwks import FetchedSet, JWKSCache, PublishedKey
    from qynauth_pqc.auth.keyring import KeyRing, KeyState, RingKey
    from qynauth_pqc.auth.policy import MigrationPolicy, PolicyRow
    from qynauth_pqc.auth.policy_file import PolicyFile
    from qynauth_pqc.auth.replay import ReplayCache, ReplayStore
    from qynauth_pqc.auth.tokens import Readiness, TokenIssuer
    from qynauth_pqc.auth.verifier import TokenVerifier, VerifiedToken

_MODULES = {
    "algorithms": ("ALGORITHMS", "Algorithm", "Mode"),
    "errors": ("AuthError", "JWKSError", "KeyRingError", "PolicyError", "RotationError", "TokenError", "Verdict"),
    "events": ("Alarm", "Observer", "TokenEvent"),
    "jwks": ("FetchedSet", "JWKSCache", "PublishedKey"),
    "keyring": ("KeyRing", "KeyState", "RingKey"),
    "policy": ("MigrationPolicy", "PolicyRow"),
    "policy_file": ("PolicyFile",),
    "replay": ("ReplayCache", "ReplayStore"),
    "tokens": ("Readiness", "TokenIssuer"),
    "verifier": ("TokenVerifier", "VerifiedToken"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["ALGORITHMS", "Alarm", "Algorithm", "AuthError", "FetchedSet", "JWKSCache", "JWKSError", "KeyRing"]
__all__ += ["KeyRingError", "KeyState", "MigrationPolicy", "Mode", "Observer", "PolicyError", "PolicyFile"]
__all__ += ["PolicyRow", "PublishedKey", "Readiness", "ReplayCache", "ReplayStore", "RingKey", "RotationError"]
__all__ += ["TokenError", "TokenEvent", "TokenIssuer", "TokenVerifier", "Verdict", "VerifiedToken"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
