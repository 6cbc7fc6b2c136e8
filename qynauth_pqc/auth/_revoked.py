"""The keys that sets of an issuer named as revoked, as a verifier remembers them."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from qynauth_pqc.auth.errors import JWKSError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qynauth_pqc.auth._sets import PublishedKey

REVOKED = "qynauth_revoked"
"""The member of a JWK Set that names the kids of revoked keys."""
LONGEST_KID = 512
"""The longest kid that a header of a token can hold, in characters."""

_LEAST = 3600.0
_MOST = 4096
_SHOWN = 5
_TIMES = 100


class RevokedKeys:
    """The kids that sets have named, each with the time until which it is refused.

    A set has no signature, so a server that answers once can name every kid. A kid that one set names is therefore
    refused for one hour only, which few tokens outlive. If later sets name it too, it is refused for one hour plus 100
    hours for each hour between the first and the last of them: a ring names a revoked key until its last token has
    expired.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        # the time of the first set that names it, and the end of the refusal
        self._times: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        """Return how many kids are remembered."""
        return len(self._times)

    def has(self, kid: str, now: float) -> bool:
        """Return whether a kid is refused."""
        found = self._times.get(kid)  # read once: another thread may replace them
        return found is not None and now < found[1]

    def remember(self, named: object, now: float) -> list[str]:
        """Remember the kids that a set names, and return the kids that were not refused before.

        Raises:
            JWKSError: the member is not a list of kids.
        """
        if not isinstance(named, (list, tuple)) or not all(isinstance(each, str) for each in named):
            raise JWKSError(f"the member {REVOKED} of the JWK Set is not a list of kids")
        kids = dict.fromkeys(each for each in named if len(each) <= LONGEST_KID)
        before = {kid: each for kid, each in self._times.items() if now < each[1]}
        times = {kid: (inf, end) for kid, (_, end) in before.items() if kid not in kids}
        for kid in kids:
            begin, end = before.get(kid, (now, now))
            since = min(begin, now)
            times[kid] = since, max(end, now + _LEAST + _TIMES * (now - since))
        new = [kid for kid in kids if kid not in before]
        last = sorted(times, key=lambda kid: times[kid][1])[-_MOST:]
        self._times = {kid: times[kid] for kid in last}  # at once, for the threads that read it
        return new


def alarm(message: str, *arguments: object, level: str = "ERROR") -> None:
    """Log a message for the operator."""
    import logging  # only needed for warnings

    logging.getLogger("qynauth_pqc.auth").log(getattr(logging, level), message, *arguments)


def warn(message: str, keys: Iterable[PublishedKey], level: str = "WARNING") -> None:
    """Log a message with the number of keys, if there are any, and the thumbprints of the first."""
    prints = sorted({each.thumbprint for each in keys})  # but not the kids, which may be any text
    if prints:
        more = ["..."] if len(prints) > _SHOWN else []
        alarm(message, len(prints), ", ".join([*prints[:_SHOWN], *more]), level=level)
