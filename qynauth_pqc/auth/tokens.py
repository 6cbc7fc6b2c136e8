"""Issuing tokens: JSON Web Tokens in compact form, each signed with the algorithm that the policy has for it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from logging import ERROR, WARNING, getLogger
from math import inf
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from qynauth_pqc.auth import _policy_words
from qynauth_pqc.auth._checks import ring_failures
from qynauth_pqc.auth._claims import ACCESS_TOKEN
from qynauth_pqc.auth._compact import LONGEST_TOKEN, members
from qynauth_pqc.auth.errors import AuthError, PolicyError, TokenError, Verdict
from qynauth_pqc.auth.events import Alarm, TokenEvent, check_observer, report
from qynauth_pqc.auth.keyring import KeyRing, KeyState
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.policy_file import PolicyFile
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import to_base64url, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from qynauth_pqc.auth.events import Observer
    from qynauth_pqc.auth.policy import PolicyRow

__all__ = ["LONGEST_TOKEN", "Readiness", "TokenIssuer"]

_LEAD = timedelta(days=14)
"""How long before its turn an algorithm without an active key causes alarms."""
_LOGGED_EVERY = 300.0
_RESERVED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")


class Readiness(NamedTuple):
    """Whether an issuer can issue tokens. It has no truth value: compare its state.

    Attributes:
        state: "ready"; "degraded" if every token can be issued, but not for long, or by an earlier algorithm; "failing"
            if some tokens cannot be issued.
        problems: the reasons, in sentences.
    """

    state: str
    problems: tuple[str, ...]

    def __bool__(self) -> NoReturn:
        """Refuse, since a tuple would be true whatever the state is."""
        raise TypeError("a Readiness is neither true nor false; compare its state")


class _Notice(NamedTuple):
    """An alarm about a token, for the log and the observer."""

    alarm: Alarm
    row: PolicyRow
    what: str


class TokenIssuer:
    """An issuer of tokens, with the active keys of a ring and the algorithm that the policy has for each audience.

    >>> from tempfile import TemporaryDirectory
    >>> from qynauth_pqc.auth import JWKSCache, KeyRing, MigrationPolicy, TokenVerifier
    >>> policy = MigrationPolicy.parse('''
    ... [[accept]]
    ... issuer = "https://login.example"
    ... audience = "orders"
    ... algorithm = "ML-DSA-65"
    ... sign_from = 2026-01-01T00:00:00Z
    ... ''')
    >>> with TemporaryDirectory() as folder, KeyRing.create(folder, b"password", ["ML-DSA-65"]) as ring:
    ...     token = TokenIssuer(ring, policy, "https://login.example").issue("frodo", "orders")
    ...     verifier = TokenVerifier(policy, "https://login.example", "orders", JWKSCache(ring.jwks))
    ...     verifier.verify(token).claims["sub"]
    'frodo'
    """

    @without_own_frames
    def __init__(
        self, ring: KeyRing, policy: MigrationPolicy | PolicyFile, issuer: str, *, observe: Observer | None = None
    ) -> None:
        """Make an issuer.

        Args:
            ring: its keys, and its clock.
            policy: the algorithms of the audiences; with a `PolicyFile`, its newest policy applies.
            issuer: its name in the policy and in the claim iss.
            observe: called with the event of each token.
        """
        expect(ring, KeyRing, "ring")
        expect(policy, (MigrationPolicy, PolicyFile), "policy")
        expect(issuer, str, "issuer")
        check_observer(observe)
        self._ring, self._policy, self._issuer, self._observe = ring, policy, issuer, observe
        self._logged: dict[tuple[Alarm, str], float] = {}

    def issue(
        self,
        subject: str,
        audience: str | list[str] | tuple[str, ...],
        claims: Mapping[str, object] | None = None,
        *,
        lifetime: float | None = None,
    ) -> str:
        """Return a new token, with the claims iss, aud, sub, iat, exp and jti.

        If the ring has never had a key for the algorithm whose turn it is, an earlier row of the policy that has not
        ended signs, unless the policy is strict. If the directory of the ring is absent or stale, keys in memory sign
        for at most `max_age`. Both are logged as errors and reported to the observer as an `Alarm`.

        Args:
            subject: the claim sub.
            audience: the claim aud: one audience, or several that have the same algorithm and type in the policy.
            claims: more claims, as values of JSON. A token of the type at+jwt needs client_id (RFC 9068).
            lifetime: how long it is valid, in seconds; by default, and at most, the `token_lifetime` of the ring. It
                always ends with the deadline of its algorithm.

        Raises:
            TokenError: the subject is empty, a claim is reserved, missing or not for JSON, the lifetime is out of
                range, or the token would be longer than 16384 bytes.
            PolicyError: no algorithm signs for the audience now, several audiences have different ones, or the policy
                does not allow the active key.
            RotationError: the ring has no active key for the algorithm.
            KeyRingError: the ring is damaged or absent, or its signer of a remote key is missing or wrong. Errors of
                the signer are raised too.
            OSError: the ring cannot be read.
        """
        expect(subject, str, "subject")
        expect(audience, (str, list, tuple), "audience")
        expect(claims, (Mapping, type(None)), "claims")
        expect(lifetime, (int, float, type(None)), "lifetime")
        given = dict(claims or {})
        now, outage = self._ring.clock(), self._ring.outage()
        longest = self._ring._newest(read=False).token_lifetime
        chosen = longest if lifetime is None else lifetime
        reserved = [name for name in _RESERVED if name in given]
        if not subject:
            raise TokenError("subject is empty", Verdict.WRONG_CLAIMS)
        if reserved:
            raise TokenError(f"reserved claims: {', '.join(reserved)}", Verdict.WRONG_CLAIMS)
        if not 0 < chosen <= longest:
            raise TokenError(f"expected a lifetime of at most {longest} seconds, got {chosen}", Verdict.WRONG_CLAIMS)
        rows, notices = self._rows(audience, now)
        algorithm, types = rows[0].algorithm, rows[0].types
        if types[:1] == (ACCESS_TOKEN,) and not isinstance(given.get("client_id"), str):
            raise TokenError(f"a token of the type {ACCESS_TOKEN} needs the claim client_id", Verdict.WRONG_CLAIMS)
        entry, sign = self._ring.signer(algorithm.name, refresh=False)
        if any(row.thumbprints and entry.thumbprint not in row.thumbprints for row in rows):
            raise PolicyError(f"the active key for {algorithm.name} is not one of those that the policy allows")
        end = min(now + chosen, *(row.until.timestamp() if row.until else inf for row in rows))
        to = audience if isinstance(audience, str) else list(audience)
        names = {"iss": self._issuer, "aud": to, "sub": subject, "jti": secrets.token_urlsafe(16)}
        header = {"typ": types[0] if types else "JWT", "alg": algorithm.name, "kid": entry.kid}
        message = _encoded(header) + b"." + _encoded({**given, **names, "iat": int(now), "exp": int(end)})
        token = f"{message.decode()}.{to_base64url(sign(message))}"
        if len(token) > LONGEST_TOKEN:
            raise TokenError(f"expected a token of at most {LONGEST_TOKEN} bytes, got {len(token)}", Verdict.TOO_LARGE)
        report(self._observe, TokenEvent(algorithm.mode, algorithm.name, "issued", entry.kid))
        away = [_Notice(Alarm.RING_AWAY, rows[0], outage)] if outage else []
        for each in (*away, *notices):
            self._report(each, now)
        return token

    def readiness(self) -> Readiness:
        """Return whether tokens can be issued now, for a health check.

        It reads the private keys that sign now, and looks at the next 14 days.
        """
        policy, moment = self._policy.current(), datetime.fromtimestamp(self._ring.clock(), UTC)
        try:
            outage = self._ring.outage()
            failures = ring_failures(policy, self._ring, moment, self._issuer)
        except (AuthError, OSError) as error:
            return Readiness("failing", (str(error),))
        near = [each for each in failures if each.since is None or each.since <= moment + _LEAD]
        broken = [str(error) for error in self._broken(policy, moment)]
        is_failing = broken or any(each.since and each.since <= moment and not each.stands_in for each in near)
        problems = (*([outage] if outage else []), *(each.what for each in near), *broken)
        return Readiness("failing" if is_failing else "degraded" if problems else "ready", problems)

    def _broken(self, policy: MigrationPolicy, moment: datetime) -> Iterator[Exception]:
        """Yield the errors of the active keys that sign now and cannot be read."""
        has_had = cache(self._ring.has_had)
        groups = (rows for rows in policy.groups() if rows[0].issuer == self._issuer)
        signing = {row.algorithm.name for rows in groups if (row := _signing(policy, rows, moment, has_had))}
        for name in sorted(self._active() & signing):
            try:
                self._ring.signer(name, refresh=False)
            except (AuthError, OSError) as error:
                yield error

    def _active(self) -> set[str]:
        """Return the names of the algorithms with an active key."""
        return {each.algorithm for each in self._ring.keys if each.state is KeyState.ACTIVE}

    def _report(self, notice: _Notice, now: float) -> None:
        """Log an alarm, at most every 300 seconds, and report it to the observer."""
        algorithm = notice.row.algorithm
        last = self._logged.get((notice.alarm, algorithm.name))
        if last is None or not 0 <= now - last < _LOGGED_EVERY:
            self._logged[notice.alarm, algorithm.name] = now
            level = WARNING if notice.alarm is Alarm.KEY_MISSING else ERROR
            getLogger("qynauth_pqc.auth").log(level, "%s", notice.what)
        report(self._observe, TokenEvent(algorithm.mode, algorithm.name, notice.alarm, None))

    def _rows(self, audience: str | list[str] | tuple[str, ...], now: float) -> tuple[list[PolicyRow], list[_Notice]]:
        """Return the rows that sign for the audiences, which must agree, and the alarms about them."""
        policy, moment = self._policy.current(), datetime.fromtimestamp(now, UTC)
        active, has_had = self._active(), cache(self._ring.has_had)
        rows: list[PolicyRow] = []
        notices: list[_Notice] = []
        for each in [audience] if isinstance(audience, str) else audience:
            due, all_rows = policy.signing(self._issuer, each, moment), policy.rows_for(self._issuer, each)
            row = _signing(policy, all_rows, moment, has_had) or due
            rows.append(row)
            if row is not due:
                what = f"{_policy_words.instead(due, row)}: the ring has no active key for it; rotate and activate one"
                notices.append(_Notice(Alarm.OLD_ALGORITHM, due, what))
            for near in all_rows:
                if near.sign_from and moment < near.sign_from <= moment + _LEAD and near.algorithm.name not in active:
                    tokens = _policy_words.tokens_of(near.issuer, near.audiences)
                    when = f"{near.sign_from:%Y-%m-%dT%H:%M:%SZ}"
                    what = f"from {when} on, {tokens} need {near.algorithm.name}, and the ring has no active key for it"
                    notices.append(_Notice(Alarm.KEY_MISSING, near, what))
        if not rows:
            raise PolicyError("expected one audience or more")
        if any((row.algorithm, row.types) != (rows[0].algorithm, rows[0].types) for row in rows):
            raise PolicyError("the audiences have other algorithms or types now: issue a token for each of them")
        return rows, notices


def _signing(
    policy: MigrationPolicy, rows: tuple[PolicyRow, ...], moment: datetime, has_had: Callable[[str], bool]
) -> PolicyRow | None:
    """Return the row of an audience that signs, or an earlier one that stands in for lack of any key."""
    old = None if policy.strict else _policy_words.stand_in(rows, moment, has_had)
    return old or _policy_words.latest(rows, moment)


def _encoded(contents: Mapping[str, Any]) -> bytes:
    """Return an object as a part of a token, unless a verifier would refuse it."""
    try:
        text = json.dumps(contents, ensure_ascii=False, separators=(",", ":")).encode()
        members(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise TokenError("claims hold something that has no form in JSON", Verdict.WRONG_CLAIMS) from error
    return to_base64url(text).encode()
