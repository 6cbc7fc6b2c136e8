"""The rows of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from qynauth_pqc.auth.algorithms import Algorithm


class PolicyRow(NamedTuple):
    """One row of a policy: an algorithm for the tokens of an issuer for its audiences.

    Attributes:
        issuer: the value of iss.
        audiences: the values of aud, one or more. Each may have one `*`, for one or more characters other than "/".
        algorithm: the algorithm.
        thumbprints: the only keys of the issuer's set that are accepted, by RFC 7638; empty for any key of the set.
        until: the deadline on the verifier's clock, in UTC: tokens are accepted only before it. None for no deadline.
        sign_from: the time when the issuer begins to sign with the algorithm, in UTC; None for never.
        types: the only values of typ that are accepted, in lower case; the issuer uses the first. Empty for JWT or
            none.
    """

    issuer: str
    audiences: tuple[str, ...]
    algorithm: Algorithm
    thumbprints: frozenset[str] = frozenset()
    until: datetime | None = None
    sign_from: datetime | None = None
    types: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Return a hash with the first audience alone: thousands would be hashed again for each of them."""
        return hash((self.issuer, self.audiences[:1], self.algorithm.name))

    def is_past(self, now: datetime) -> bool:
        """Return whether the deadline has passed."""
        return self.until is not None and self.until <= now

    def may_sign(self, now: datetime) -> bool:
        """Return whether the issuer may sign with this row: its sign_from has passed and its deadline has not."""
        return self.sign_from is not None and self.sign_from <= now and not self.is_past(now)
