"""A set of keys as its server sent it, and a key of it as a verifier uses it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc.auth._public_keys import Verify
    from qynauth_pqc.auth.algorithms import Algorithm


class FetchedSet(NamedTuple):
    """A set as its server sent it.

    Attributes:
        data: the set: a JSON text, or its members.
        max_age: how long it may be used after its server sent it, in seconds.
        age: how long caches on the way have kept it, in seconds.
    """

    data: Mapping[str, object] | str | bytes
    max_age: float = inf
    age: float = 0.0


class PublishedKey(NamedTuple):
    """A public key of an issuer's set.

    Attributes:
        kid: its name in the set.
        algorithms: its algorithm; without alg in the set, all algorithms of its key type, from which the policy
            chooses.
        verify: checks whether a signature of a message is valid, by the name of the algorithm.
        thumbprint: its thumbprint (RFC 7638), computed and not taken from the set.
    """

    kid: str
    algorithms: tuple[Algorithm, ...]
    verify: Mapping[str, Verify]
    thumbprint: str
