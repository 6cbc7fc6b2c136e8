"""Issuing tokens: JSON Web Tokens in compact form, each signed with the algorithm that the policy has for it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING

from qynauth_pqc.auth._claims import ACCESS_TOKEN
from qynauth_pqc.auth._compact import LONGEST_TOKEN, members
from qynauth_pqc.auth.errors import PolicyError, TokenError, Verdict
from qynauth_pqc.auth.events import TokenEvent, check_observer
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.policy_file import PolicyFile
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import to_base64url, without_own_frames

if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc.auth.events import Observer
    from qynauth_pqc.auth.policy import PolicyRow

__all__ = ["LONGEST_TOKEN", "TokenIssuer"]

_RESERVED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")


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

    def issue(
        self,
        subject: str,
        audience: str | list[str] | tuple[str, ...],
        claims: Mapping[str, object] | None = None,
        *,
        lifetime: float | None = None,
    ) -> str:
        """Return a new token, with the claims iss, aud, sub, iat, exp and jti.

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
            KeyRingError: the ring is damaged, or its signer of a remote key is missing or wrong. Errors of the signer
                are raised too.
        """
        expect(subject, str, "subject")
        expect(audience, (str, list, tuple), "audience")
        expect(claims, (Mapping, type(None)), "claims")
        expect(lifetime, (int, float, type(None)), "lifetime")
        given = dict(claims or {})
        longest = self._ring.token_lifetime
        chosen = longest if lifetime is None else lifetime
        reserved = [name for name in _RESERVED if name in given]
        if not subject:
            raise TokenError("subject is empty", Verdict.WRONG_CLAIMS)
        if reserved:
            raise TokenError(f"reserved claims: {', '.join(reserved)}", Verdict.WRONG_CLAIMS)
        if not 0 < chosen <= longest:
            raise TokenError(f"expected a lifetime of at most {longest} seconds, got {chosen}", Verdict.WRONG_CLAIMS)
        now = self._ring.clock()
        rows = self._rows(audience, now)
        algorithm, types = rows[0].algorithm, rows[0].types
        if types[:1] == (ACCESS_TOKEN,) and not isinstance(given.get("client_id"), str):
            raise TokenError(f"a token of the type {ACCESS_TOKEN} needs the claim client_id", Verdict.WRONG_CLAIMS)
        entry, sign = self._ring.signer(algorithm.name)
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
        if self._observe:
            self._observe(TokenEvent(algorithm.mode, algorithm.name, "issued", entry.kid))
        return token

    def _rows(self, audience: str | list[str] | tuple[str, ...], now: float) -> list[PolicyRow]:
        """Return the rows that sign for the audiences; they must agree."""
        policy, moment = self._policy.current(), datetime.fromtimestamp(now, UTC)
        names = [audience] if isinstance(audience, str) else audience
        rows = [policy.signing(self._issuer, each, moment) for each in names]
        if not rows:
            raise PolicyError("expected one audience or more")
        if any((row.algorithm, row.types) != (rows[0].algorithm, rows[0].types) for row in rows):
            raise PolicyError("the audiences have other algorithms or types now: issue a token for each of them")
        return rows


def _encoded(contents: Mapping[str, Any]) -> bytes:
    """Return an object as a part of a token, unless a verifier would refuse it."""
    try:
        text = json.dumps(contents, ensure_ascii=False, separators=(",", ":")).encode()
        members(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise TokenError("claims hold something that has no form in JSON", Verdict.WRONG_CLAIMS) from error
    return to_base64url(text).encode()
