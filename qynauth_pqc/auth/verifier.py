"""Verifying tokens: one pass over each, with the rules of the policy for its issuer and audience."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.auth._claims import ClaimRules, confirmation
from qynauth_pqc.auth._compact import LONGEST_TOKEN, read
from qynauth_pqc.auth.errors import JWKSError, PolicyError, TokenError, Verdict
from qynauth_pqc.auth.events import TokenEvent, check_observer, report
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.policy_file import PolicyFile
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import bare, no_condition, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qynauth_pqc.auth._compact import Compact
    from qynauth_pqc.auth.algorithms import Algorithm, Mode
    from qynauth_pqc.auth.events import Observer
    from qynauth_pqc.auth.jwks import PublishedKey, Refresh
    from qynauth_pqc.auth.policy import PolicyRow
    from qynauth_pqc.auth.replay import ReplayStore

__all__ = ["TokenVerifier", "VerifiedToken"]

_TYPES = (None, "jwt")


class VerifiedToken(NamedTuple):
    """The contents of an accepted token.

    Attributes:
        claims: its claims.
        kid: the key that signed it.
        algorithm: the name of the algorithm.
        mode: the mode of the algorithm.
    """

    claims: Mapping[str, object]
    kid: str
    algorithm: str
    mode: Mode


class _Rows:
    """The rows of a policy for an issuer and an audience, with times in seconds since 1970."""

    def __init__(self, policy: MigrationPolicy, issuer: str, audience: str) -> None:
        self.policy = policy
        self._names = partial(policy.required, issuer, audience)
        rows = policy.rows_for(issuer, audience)
        self.by_name = {row.algorithm.name: (row, row.until.timestamp() if row.until else inf) for row in rows}
        self.not_before = policy.not_before[issuer].timestamp() if issuer in policy.not_before else -inf
        self._turn: tuple[float, float, frozenset[str]] = (inf, -inf, frozenset())

    def required(self, now: float) -> frozenset[str]:
        """Return the algorithms that should have keys in the set now."""
        begin, end, names = self._turn
        if not begin <= now < end:
            names = self._names(datetime.fromtimestamp(now, UTC))
            changes = (each for row, _ in self.by_name.values() for each in (row.sign_from, row.until))
            moments = [-inf, *(each.timestamp() for each in changes if each), inf]
            begin = max(each for each in moments if each <= now)
            end = min(each for each in moments if each > now)
            self._turn = begin, end, names
        return names


class TokenVerifier:
    """A verifier of tokens of one issuer for one audience. May be used from many threads at once.

    The kid of a token selects a published key. Only the algorithm of this key can verify the token, and the policy
    decides whether the issuer may still use it. Of the rest of the header, only the type has an effect.

    Verifiers of many audiences may share a cache and a policy, and cost little to make.
    """

    @without_own_frames
    def __init__(  # noqa: PLR0913 - the issuer, and each limit
        self,
        policy: MigrationPolicy | PolicyFile,
        issuer: str,
        audience: str,
        keys: JWKSCache,
        *,
        leeway: float = 60.0,
        max_lifetime: float | None = None,
        max_token_bytes: int = LONGEST_TOKEN,
        replay: ReplayStore | None = None,
        clock: Callable[[], float] = time.time,
        observe: Observer | None = None,
    ) -> None:
        """Make a verifier.

        Args:
            policy: the accepted algorithms and keys, and their deadlines; with a `PolicyFile`, its newest policy
                applies.
            issuer: the issuer of the tokens.
            audience: the audience of the tokens.
            keys: the keys that the issuer has published.
            leeway: the largest difference between the clocks of issuer and verifier, in seconds. It applies to the
                dates of tokens, not to the deadlines of the policy.
            max_lifetime: the longest time between iat and exp of a token, in seconds; by default any.
            max_token_bytes: the longest token. More than 128000 characters of claims are always refused.
            replay: a store that remembers tokens by their jti, which is then required. A second token with the same
                jti is refused. `verify` passes on any error of your store except an `AuthError`.
            clock: the time in seconds since 1970, UTC.
            observe: called with the event of each token. It cannot decide: if it raises an `Exception`, that is logged.

        Raises:
            PolicyError: the policy has no row for the issuer and the audience, or a hybrid row while the cache skips
                hybrid keys; or the leeway or the lifetime is out of range.
        """
        expect(policy, (MigrationPolicy, PolicyFile), "policy")
        expect(issuer, str, "issuer")
        expect(audience, str, "audience")
        expect(keys, JWKSCache, "keys")
        expect(max_token_bytes, int, "max_token_bytes")
        check_observer(observe)
        self._claims = ClaimRules(issuer, audience, leeway, max_lifetime, replay)
        self._source, self._issuer, self._audience, self._keys = policy, issuer, audience, keys
        self._longest, self._clock, self._observe = max_token_bytes, clock, observe
        now = policy.current()
        self._rows = _Rows(now, issuer, audience)
        if not self._rows.by_name:
            shown = [f"{row.issuer} for {row.audiences[0]}" for row in now.rows[:10]]
            raise PolicyError(
                f"the policy has no row for this issuer and audience, but: {', '.join(sorted(set(shown)))}"
            )
        if any(row.algorithm.experimental not in (None, keys.experimental) for row, _ in self._rows.by_name.values()):
            raise PolicyError(f"the policy has a hybrid row: pass experimental={now.experimental!r} to JWKSCache")
        keys._users[id(self)] = self

    def verify(
        self,
        token: str | bytes,
        *,
        dpop_key: Mapping[str, object] | None = None,
        certificate: bytes | None = None,
    ) -> VerifiedToken:
        """Return the contents of a token, if the policy and the keys of the issuer accept it.

        Args:
            token: a JWT in compact form.
            dpop_key: the public JWK of a DPoP proof that you have verified (RFC 9449): the token must be bound to it by
                the member jkt of its claim cnf.
            certificate: the certificate of the client in DER, as TLS has authenticated it (RFC 8705): the token must
                be bound to it by the member x5t#S256 of cnf. A token that is bound to anything else is refused.

        Raises:
            TokenError: it is refused; the verdict is the reason. No part of the token is in the message.
            InvalidKeyError: `dpop_key` or `certificate` is not valid.
        """
        try:
            return self._verify(token, self._keys._refresh, dpop_key, certificate)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del token, dpop_key, certificate  # a refused token may still be valid, for others
            raise bare(error, keep_others=True)  # noqa: B904 - it is the same error

    @no_condition
    async def verify_async(
        self,
        token: str | bytes,
        *,
        dpop_key: Mapping[str, object] | None = None,
        certificate: bytes | None = None,
    ) -> VerifiedToken:
        """Return the contents of a token, as `verify` does, in asyncio.

        A thread fetches the keys of the issuer, and the event loop continues. If the keys are present, no thread is
        used.

        Args:
            token: as for `verify`.
            dpop_key: as for `verify`.
            certificate: as for `verify`.

        Raises:
            TokenError: it is refused; the verdict is the reason. No part of the token is in the message.
            InvalidKeyError: `dpop_key` or `certificate` is not valid.
        """
        from qynauth_pqc.auth import _coroutines  # asyncio is loaded here

        try:
            try:
                return self._verify(token, _coroutines.asking(self._keys), dpop_key, certificate)
            except _coroutines.FetchNeededError:
                await _coroutines.fetch(self._keys)
            return self._verify(token, _coroutines.go_on, dpop_key, certificate)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del token, dpop_key, certificate  # as in `verify`
            raise bare(error, keep_others=True)  # noqa: B904 - it is the same error

    def _verify(
        self, token: str | bytes, refresh: Refresh, dpop_key: Mapping[str, object] | None, certificate: bytes | None
    ) -> VerifiedToken:
        expect(token, (str, bytes), "token")
        bound = None if dpop_key is None and certificate is None else confirmation(dpop_key, certificate)
        key = algorithm = None
        try:
            policy = self._source.current()
            rows = self._rows
            if policy is not rows.policy:
                rows = self._rows = _Rows(policy, self._issuer, self._audience)
            parsed = read(token, self._longest)
            key = self._key(parsed.kid, rows.required(self._clock()), refresh)
            algorithm = key.algorithms[0]
            now = self._clock()  # a new time, since the keys may have been fetched in the meantime
            row = _signer(parsed, key, rows, now)
            algorithm = row.algorithm
            claims = self._claims.check(parsed, now, rows.not_before, bound)
        except TokenError as error:
            self._report(key, algorithm, error.verdict)
            raise
        self._report(key, algorithm, Verdict.ACCEPTED)
        return VerifiedToken(claims, key.kid, algorithm.name, algorithm.mode)

    def _report(self, key: PublishedKey | None, algorithm: Algorithm | None, verdict: Verdict) -> None:
        if self._observe is None:
            return
        if key is None or algorithm is None:
            report(self._observe, TokenEvent("unknown", "unknown", verdict, None))
        else:
            report(self._observe, TokenEvent(algorithm.mode, algorithm.name, verdict, key.kid))

    def _key(self, kid: str, required: frozenset[str], refresh: Refresh) -> PublishedKey:
        try:
            key = self._keys._find(kid, required, refresh)
        except JWKSError as error:
            too_many = error.verdict is Verdict.TOO_MANY_KEYS
            reason = "too many for a set" if too_many else "unavailable"
            raise TokenError(f"the keys of the issuer are {reason}", error.verdict) from error
        if key is None:
            if self._keys.is_revoked(kid):
                raise TokenError("the issuer has revoked the key of the token", Verdict.REVOKED_KEY)
            raise TokenError("the issuer has published no key with the kid of the token", Verdict.UNKNOWN_KEY)
        return key


def _signer(parsed: Compact, key: PublishedKey, rows: _Rows, now: float) -> PolicyRow:
    """Return the row of a token after checking its signature, and that the policy lets its key sign for any token."""
    name = parsed.algorithm
    verify = key.verify.get(name)
    if verify is None:
        expected = " or ".join(key.verify)
        raise TokenError(f"expected a token with the algorithm of its key, {expected}", Verdict.WRONG_ALGORITHM)
    row, until = rows.by_name.get(name, (None, inf))
    if row is None or (row.thumbprints and key.thumbprint not in row.thumbprints):
        raise TokenError(f"the policy does not allow this key for {name}", Verdict.NOT_ALLOWED)
    if parsed.type not in (row.types or _TYPES):
        expected = " or ".join(row.types) or "JWT, or none,"
        raise TokenError(f"expected the type {expected} in the header", Verdict.MALFORMED)
    if not verify(parsed.message, parsed.signature):
        raise TokenError(f"the signature is not valid for {name}", Verdict.BAD_SIGNATURE)
    if until <= now:
        raise TokenError(f"the policy accepts no {name} any more, whatever a token's dates", Verdict.PAST_DEADLINE)
    return row
