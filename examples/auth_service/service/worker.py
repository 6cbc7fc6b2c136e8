"""The objects of a worker: the ring and the policy, which all workers share, and the issuer and verifiers of tokens."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.auth.errors import AuthError, PolicyError
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.prometheus import TokenCounter
from qynauth_pqc.auth.tokens import TokenIssuer
from qynauth_pqc.auth.verifier import TokenVerifier

from .accounts import Accounts
from .login import Login, Refused, from_base64url
from .migration import next_step
from .settings import ISSUER

if TYPE_CHECKING:
    from qynauth_pqc.auth.algorithms import Algorithm
    from qynauth_pqc.auth.verifier import VerifiedToken

    from .settings import Settings

_LOGGER = logging.getLogger("uvicorn.error")


class Worker:
    """One process of the service. Its methods are called from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Open the ring, the policy and the database."""
        self.ring = KeyRing.open(settings.ring, settings.password())
        self._policy = MigrationPolicy.load(settings.policy)
        self._accounts = Accounts(settings.database)
        self.login = Login(self._accounts, settings.origin)
        count = TokenCounter()
        self._issuer = TokenIssuer(self.ring, self._policy, ISSUER, observe=count)
        keys = JWKSCache(
            self.ring.jwks, max_age=self.ring.max_age, cooldown=1.0, experimental=self._policy.experimental
        )
        audiences = dict.fromkeys(each for row in self._policy.rows if row.issuer == ISSUER for each in row.audiences)
        self._verifiers = {each: TokenVerifier(self._policy, ISSUER, each, keys, observe=count) for each in audiences}

    def check_audience(self, audience: str) -> None:
        """Refuse an audience that the policy does not have."""
        if audience not in self._verifiers:
            raise Refused(f"audience: expected one of {', '.join(self._verifiers)}")

    def issue(self, account: str, audience: str) -> dict[str, object]:
        """Return a token of the policy's mode, and its parts."""
        try:
            token = self._issuer.issue(account, audience)
        except AuthError as error:
            _LOGGER.warning("no token for %s: %s", audience, error)
            raise Refused(f"no token can be issued for {audience} now", 503) from error
        parts = dict(zip(("header", "claims", "signature"), map(from_base64url, token.split(".")), strict=True))
        header = json.loads(parts["header"])
        return {
            "token": token,
            "header": header,
            "claims": json.loads(parts["claims"]),
            "algorithm": header["alg"],
            "mode": ALGORITHMS[header["alg"]].mode,
            "sizes": {"token": len(token), **{name: len(part) for name, part in parts.items()}},
        }

    def verify(self, token: str, audience: str) -> VerifiedToken:
        """Verify a token as a relying party of this audience does.

        Raises:
            TokenError: it is refused.
        """
        self.check_audience(audience)
        return self._verifiers[audience].verify(token)

    def state(self) -> dict[str, object]:
        """Return the keys of the ring, and the progress of each audience."""
        self.ring.refresh()
        now = datetime.now(UTC)
        ring = [
            {
                "kid": key.kid,
                **_shown(ALGORITHMS[key.algorithm]),
                "state": key.state,
                "since": int(key.changed.timestamp()),
            }
            for key in self.ring.keys
        ]
        audiences = [self._audience(audience, now) for audience in self._verifiers]
        return {"now": int(now.timestamp()), "ring": ring, "audiences": audiences}

    def close(self) -> None:
        """Close the database, and wipe the password."""
        self._accounts.close()
        self.ring.close()

    def _audience(self, audience: str, now: datetime) -> dict[str, object]:
        rows = self._policy.rows_for(ISSUER, audience)
        accepted = [
            {**_shown(row.algorithm), "until": row.until and int(row.until.timestamp())}
            for row in rows
            if not row.is_past(now)
        ]
        try:
            signing = _shown(self._policy.signing(ISSUER, audience, now).algorithm)
        except PolicyError:
            signing = None
        step = next_step(rows, self.ring, now)
        return {"audience": audience, "accepted": accepted, "signs": signing, "next": step and step.shown()}


def _shown(algorithm: Algorithm) -> dict[str, str]:
    return {"algorithm": algorithm.name, "mode": algorithm.mode}
