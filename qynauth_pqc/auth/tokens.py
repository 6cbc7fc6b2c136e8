"""Tokens: JSON Web Tokens in compact form, each signed with the one algorithm that the policy has for its audience."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from joserfc import jwt
from joserfc.errors import ClaimError, ExceededSizeError, ExpiredTokenError, JoseError
from joserfc.jws import extract_compact, validate_compact
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from qynauth_pqc.auth.errors import JWKSError, PolicyError, TokenError, Verdict
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.errors import expect
from qynauth_pqc.formats._jwk import unique_members
from qynauth_pqc.integrations.jose_composite import DRAFT
from qynauth_pqc.integrations.joserfc import MLDSARegistry

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from joserfc.jws import CompactSignature

    from qynauth_pqc.auth.algorithms import Mode
    from qynauth_pqc.auth.jwks import PublishedKey

__all__ = ["LONGEST_TOKEN", "Observer", "TokenEvent", "TokenIssuer", "TokenVerifier", "VerifiedToken"]

LONGEST_TOKEN = 16384
"""The longest token that is verified by default, in bytes."""

_RESERVED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")
_PARSER = MLDSARegistry(strict_check_header=False, experimental=DRAFT)
"""The sizes and header parameters of all algorithms. It verifies nothing."""


class TokenEvent(NamedTuple):
    """What an observer learns of a token.

    Attributes:
        mode: the mode of its algorithm, or "unknown" until its kid names a key of the issuer's set: what else a token
            says of itself, anybody could make up without end.
        algorithm: its algorithm, or "unknown" likewise.
        verdict: "issued", or a `Verdict`.
        kid: its key, or None if it is unknown.
    """

    mode: str
    algorithm: str
    verdict: str
    kid: str | None


Observer: TypeAlias = "Callable[[TokenEvent], None]"
"""What is called once for each token that is issued, accepted or refused."""


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What an accepted token says.

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


class TokenIssuer:
    """Issues tokens with the active keys of a ring, in the mode that the policy has for each audience.

    >>> from tempfile import TemporaryDirectory
    >>> from qynauth_pqc.auth import JWKSCache, KeyRing, MigrationPolicy
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

    def __init__(self, ring: KeyRing, policy: MigrationPolicy, issuer: str, *, observe: Observer | None = None) -> None:
        """Make an issuer.

        Args:
            ring: its keys, and its clock.
            policy: which algorithm signs for which audience.
            issuer: its name in the policy, which is the claim iss.
            observe: called with the event of each token.
        """
        expect(ring, KeyRing, "ring")
        expect(policy, MigrationPolicy, "policy")
        expect(issuer, str, "issuer")
        _check_observer(observe)
        self._ring, self._policy, self._issuer, self._observe = ring, policy, issuer, observe

    def issue(
        self,
        subject: str,
        audience: str,
        claims: Mapping[str, object] | None = None,
        *,
        lifetime: float | None = None,
    ) -> str:
        """Return a new token, with the claims iss, aud, sub, iat, exp and jti.

        Args:
            subject: whom it is about.
            audience: for whom it is.
            claims: more claims, which JSON can hold.
            lifetime: for how long it is valid, in seconds; by default, and at most, the `token_lifetime` of the ring.
                It ends with the deadline of its algorithm in any case.

        Raises:
            TokenError: the subject is empty, a claim is reserved or not for JSON, the lifetime is out of range, or the
                token would be longer than 16384 bytes.
            PolicyError: no algorithm signs for the audience now, or the policy does not allow the active key.
            RotationError: the ring has no active key for the algorithm.
            KeyRingError: the ring is damaged.
        """
        expect(subject, str, "subject")
        expect(audience, str, "audience")
        expect(claims, (Mapping, type(None)), "claims")
        expect(lifetime, (int, float, type(None)), "lifetime")
        longest = self._ring.token_lifetime
        chosen = longest if lifetime is None else lifetime
        reserved = [name for name in _RESERVED if name in (claims or {})]
        if not subject:
            raise TokenError("subject is empty", Verdict.WRONG_CLAIMS)
        if reserved:
            raise TokenError(f"reserved claims: {', '.join(reserved)}", Verdict.WRONG_CLAIMS)
        if not 0 < chosen <= longest:
            raise TokenError(f"expected a lifetime of at most {longest} seconds, got {chosen}", Verdict.WRONG_CLAIMS)
        now = self._ring.clock()
        row = self._policy.signing(self._issuer, audience, datetime.fromtimestamp(now, UTC))
        algorithm = row.algorithm
        entry, key = self._ring.signer(algorithm.name)
        if row.thumbprints and entry.thumbprint not in row.thumbprints:
            raise PolicyError(f"the active key for {algorithm.name} is not one of those that the policy allows")
        end = min(now + chosen, row.until.timestamp() if row.until else inf)
        names = {"iss": self._issuer, "aud": audience, "sub": subject, "jti": secrets.token_urlsafe(16)}
        contents = {**(claims or {}), **names, "iat": int(now), "exp": int(end)}
        try:
            _members(json.dumps(contents, ensure_ascii=False).encode())
        except (TypeError, ValueError, RecursionError) as error:
            raise TokenError("claims hold something that has no form in JSON", Verdict.WRONG_CLAIMS) from error
        token = jwt.encode({"alg": algorithm.name, "kid": entry.kid}, contents, key, registry=algorithm.registry)
        if len(token) > LONGEST_TOKEN:
            raise TokenError(f"expected a token of at most {LONGEST_TOKEN} bytes, got {len(token)}", Verdict.TOO_LARGE)
        if self._observe:
            self._observe(TokenEvent(algorithm.mode, algorithm.name, "issued", entry.kid))
        return token


class TokenVerifier:
    """Verifies tokens of one issuer for one audience. May be used from many threads at once.

    The kid of a token selects a published key, whose algorithm is the only one that can verify the token; the policy
    decides whether the issuer may still use it. Nothing else in a header has an effect.
    """

    def __init__(  # noqa: PLR0913 - whose tokens, and each limit
        self,
        policy: MigrationPolicy,
        issuer: str,
        audience: str,
        keys: JWKSCache,
        *,
        leeway: float = 60.0,
        max_token_bytes: int = LONGEST_TOKEN,
        clock: Callable[[], float] = time.time,
        observe: Observer | None = None,
    ) -> None:
        """Make a verifier.

        Args:
            policy: which algorithms and keys are accepted, and until when.
            issuer: whose tokens.
            audience: for whom they must be.
            keys: the keys that the issuer has published.
            leeway: by how much the clocks of issuer and verifier may differ, in seconds. It applies to the dates of
                tokens and not to the deadlines of the policy.
            max_token_bytes: the longest token. joserfc refuses one with more than 128000 bytes of claims in any case.
            clock: the time in seconds since 1970, UTC.
            observe: called with the event of each token.

        Raises:
            PolicyError: the policy has no row for the issuer and the audience, or a hybrid one and the cache skips
                hybrid keys; or the leeway is out of range.
        """
        expect(policy, MigrationPolicy, "policy")
        expect(issuer, str, "issuer")
        expect(audience, str, "audience")
        expect(keys, JWKSCache, "keys")
        expect(leeway, (int, float), "leeway")
        expect(max_token_bytes, int, "max_token_bytes")
        _check_observer(observe)
        if not 0 <= leeway < inf:
            raise PolicyError(f"expected a leeway from 0 seconds, got {leeway:g}")
        rows = [row for row in policy.rows if (row.issuer, row.audience) == (issuer, audience)]
        if not rows:
            known = sorted({f"{row.issuer} for {row.audience}" for row in policy.rows})
            raise PolicyError(f"the policy has no row for this issuer and audience, but: {', '.join(known)}")
        if any(row.algorithm.experimental not in (None, keys.experimental) for row in rows):
            raise PolicyError(f"the policy has a hybrid row: pass experimental={policy.experimental!r} to JWKSCache")
        self._policy, self._issuer, self._audience, self._keys = policy, issuer, audience, keys
        self._leeway, self._longest, self._clock, self._observe = leeway, max_token_bytes, clock, observe

    def verify(self, token: str | bytes) -> VerifiedToken:
        """Return what a token says, if the policy and the keys of the issuer accept it.

        Args:
            token: a JWT in compact form.

        Raises:
            TokenError: it is refused; the verdict is why. No part of the token is in the message.
        """
        expect(token, (str, bytes), "token")
        key = None
        try:
            parsed, header = self._parse(token)
            key = self._key(header["kid"], datetime.fromtimestamp(self._clock(), UTC))
            now = self._clock()  # not the time before, since the keys may have been fetched meanwhile
            self._check_signer(parsed, header["alg"], key, datetime.fromtimestamp(now, UTC))
            claims = self._claims(parsed, now)
        except TokenError as error:
            self._report(key, error.verdict)
            raise
        self._report(key, Verdict.ACCEPTED)
        return VerifiedToken(claims, key.kid, key.algorithm.name, key.algorithm.mode)

    def _report(self, key: PublishedKey | None, verdict: Verdict) -> None:
        if self._observe is None:
            return
        if key is None:
            self._observe(TokenEvent("unknown", "unknown", verdict, None))
        else:
            self._observe(TokenEvent(key.algorithm.mode, key.algorithm.name, verdict, key.kid))

    def _parse(self, token: str | bytes) -> tuple[CompactSignature, dict[str, Any]]:
        """Return a token in its parts, and its header; nothing of it has been verified."""
        if len(token) > self._longest:
            raise TokenError(f"token is longer than {self._longest} bytes: got {len(token)}", Verdict.TOO_LARGE)
        try:
            parsed = extract_compact(token.encode("ascii") if isinstance(token, str) else token, registry=_PARSER)
            header = _members(urlsafe_b64decode(parsed.segments["header"]))
        except ExceededSizeError:
            raise TokenError("a part of the token is longer than joserfc allows", Verdict.TOO_LARGE) from None
        except (JoseError, TypeError, ValueError, RecursionError):
            raise TokenError("expected a JSON Web Token in compact form", Verdict.MALFORMED) from None
        if "crit" in header:
            raise TokenError("no header parameter may be critical", Verdict.CRITICAL_HEADER)
        try:
            _PARSER.check_header(header)
        except JoseError:
            raise TokenError("a header parameter has a wrong value", Verdict.MALFORMED) from None
        if "kid" not in header:
            raise TokenError("expected a token whose header has a kid", Verdict.MALFORMED)
        if header.get("typ", "JWT").upper() != "JWT":
            raise TokenError("expected the type JWT, or none, in the header", Verdict.MALFORMED)
        return parsed, header

    def _key(self, kid: str, now: datetime) -> PublishedKey:
        try:
            key = self._keys.key(kid, self._policy.required(self._issuer, self._audience, now))
        except JWKSError as error:
            raise TokenError("the keys of the issuer are unavailable", Verdict.KEYS_UNAVAILABLE) from error
        if key is None:
            raise TokenError("the issuer has published no key with the kid of the token", Verdict.UNKNOWN_KEY)
        return key

    def _check_signer(self, parsed: CompactSignature, claimed: object, key: PublishedKey, now: datetime) -> None:
        """Refuse a token that its key did not sign, or may not sign by the policy, whatever the token says."""
        name = key.algorithm.name
        if claimed != name:
            raise TokenError(f"expected a token with the algorithm of its key, {name}", Verdict.WRONG_ALGORITHM)
        row = self._policy.row(self._issuer, self._audience, name)
        if row is None or (row.thumbprints and key.thumbprint not in row.thumbprints):
            raise TokenError(f"the policy does not allow this key for {name}", Verdict.NOT_ALLOWED)
        if not validate_compact(parsed, key.key, registry=key.algorithm.registry):
            raise TokenError(f"the signature is not valid for {name}", Verdict.BAD_SIGNATURE)
        if row.is_past(now):
            raise TokenError(f"the policy accepts no {name} any more, whatever a token's dates", Verdict.PAST_DEADLINE)

    def _claims(self, parsed: CompactSignature, now: float) -> dict[str, Any]:
        """Return the claims of a token with a valid signature."""
        try:
            claims = _members(parsed.payload)
        except (ValueError, RecursionError):
            raise TokenError("expected claims that are one JSON object with unique names", Verdict.MALFORMED) from None
        rules = JWTClaimsRegistry(
            now,  # type: ignore[arg-type] # it compares them only
            self._leeway,  # type: ignore[arg-type]
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            rules.validate(claims)
        except ExpiredTokenError:
            raise TokenError("the token has expired", Verdict.EXPIRED) from None
        except ClaimError as error:
            if error.claim in ("nbf", "iat") and type(claims.get(error.claim)) in (int, float):
                raise TokenError("the token is not valid yet", Verdict.NOT_YET_VALID) from None
            raise TokenError(f"wrong or missing claims: {error.claim}", Verdict.WRONG_CLAIMS) from None
        return claims


def _check_observer(observe: object) -> None:
    if observe is not None and not callable(observe):
        raise TypeError(f"observe must be a function, not {type(observe).__name__}")


def _members(text: bytes) -> dict[str, Any]:
    """Return the members of an object in JSON, or raise a ValueError: also for names that are there twice, and NaN."""
    found = json.loads(text.decode(), object_pairs_hook=unique_members, parse_constant=int)
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004 - as json raises
    return found
