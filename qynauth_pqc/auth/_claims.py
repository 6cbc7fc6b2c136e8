"""The claims of tokens with valid signatures (RFC 7519, section 4.1; RFC 9068, section 2.2; RFC 7800)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import inf, isfinite
from typing import TYPE_CHECKING

from qynauth_pqc.auth._compact import members
from qynauth_pqc.auth._public_keys import thumbprint
from qynauth_pqc.auth.errors import AuthError, PolicyError, TokenError, Verdict
from qynauth_pqc.errors import InvalidKeyError, expect
from qynauth_pqc.extend import to_base64url

if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc.auth._compact import Compact
    from qynauth_pqc.auth.replay import ReplayStore

ACCESS_TOKEN = "at+jwt"  # noqa: S105 - the type of RFC 9068
_EARLIEST = -(2**60)


class ClaimRules:
    """The rules for the claims of an issuer's tokens for an audience."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        leeway: float,
        max_lifetime: float | None,
        replay: ReplayStore | None,
    ) -> None:
        """Take the arguments of `TokenVerifier`.

        Raises:
            PolicyError: the leeway or the lifetime is out of range.
        """
        expect(leeway, (int, float), "leeway")
        expect(max_lifetime, (int, float, type(None)), "max_lifetime")
        if replay is not None and not callable(getattr(replay, "add", None)):
            raise TypeError(f"replay must be a ReplayStore, not {type(replay).__name__}")
        if not 0 <= leeway < inf:
            raise PolicyError(f"expected a leeway from 0 seconds, got {leeway:g}")
        if max_lifetime is not None and not 0 < max_lifetime < inf:
            raise PolicyError(f"expected a max_lifetime above 0 seconds, got {max_lifetime:g}")
        self._issuer, self._audience, self._leeway = issuer, audience, leeway
        self._max_lifetime, self._replay = max_lifetime, replay

    def check(self, token: Compact, now: float, not_before: float, bound: Mapping[str, str] | None) -> dict[str, Any]:
        """Return the claims of a token.

        Args:
            token: the token.
            now: the time in seconds since 1970, UTC.
            not_before: the earliest accepted time of issue.
            bound: the claim cnf that it must have, as `confirmation` returns it, or None for no such claim.

        Raises:
            TokenError: a claim is missing or wrong, the dates do not allow the token, it is not bound to `bound`, or it
                was used before.
        """
        try:
            claims = members(token.payload)
        except (ValueError, RecursionError):
            raise TokenError("expected claims that are one JSON object with unique names", Verdict.MALFORMED) from None
        self._check_names(claims, access_token=token.type == ACCESS_TOKEN)
        self._check_dates(claims, now, not_before)
        if claims.get("cnf") != bound or ("cnf" in claims and bound is None):
            raise TokenError("the token is not bound to what the client has proved to hold", Verdict.NOT_BOUND)
        if self._replay is not None:
            self._check_replay(self._replay, claims)
        return claims

    def _check_names(self, claims: Mapping[str, Any], *, access_token: bool) -> None:
        if claims.get("iss") != self._issuer:
            raise _wrong("iss")
        audience: Any = claims.get("aud")
        if audience != self._audience:
            listed = isinstance(audience, list) and self._audience in audience
            if not listed or not all(isinstance(each, str) for each in audience):
                raise _wrong("aud")
        subject = claims.get("sub")
        if not subject or not isinstance(subject, str):
            raise _wrong("sub")
        if not isinstance(claims.get("jti", ""), str):
            raise _wrong("jti")
        if access_token:
            for name in ("client_id", "jti"):
                if not isinstance(claims.get(name), str):
                    raise _wrong(name)

    def _check_dates(self, claims: Mapping[str, Any], now: float, not_before: float) -> None:
        ends: Any = claims.get("exp")
        issued: Any = claims.get("iat")
        begins: Any = claims.get("nbf", _EARLIEST)
        for name, moment in (("exp", ends), ("iat", issued), ("nbf", begins)):
            if type(moment) is not int and not (type(moment) is float and isfinite(moment)):
                raise _wrong(name)
        if ends <= now - self._leeway:
            raise TokenError("the token has expired", Verdict.EXPIRED)
        if issued > now + self._leeway or begins > now + self._leeway:
            raise TokenError("the token is not valid yet", Verdict.NOT_YET_VALID)
        if issued < not_before:
            raise TokenError("the policy accepts no token that was issued as early", Verdict.ISSUED_TOO_EARLY)
        if self._max_lifetime is not None and ends > max(issued, _EARLIEST) + self._max_lifetime:
            raise TokenError(f"the token lives longer than {self._max_lifetime:g} seconds", Verdict.WRONG_CLAIMS)

    def _check_replay(self, replay: ReplayStore, claims: Mapping[str, Any]) -> None:
        if not claims.get("jti"):
            raise _wrong("jti")
        name = hashlib.sha256(f"{self._issuer}\0{self._audience}\0{claims['jti']}".encode(errors="surrogatepass"))
        try:
            new = replay.add(name.digest(), min(claims["exp"], 2**60) + self._leeway)
        except AuthError:
            raise TokenError("whether the token was used before is unknown", Verdict.REPLAYED) from None
        if not new:
            raise TokenError("the token was used before", Verdict.REPLAYED)


def confirmation(dpop_key: Mapping[str, object] | None, certificate: bytes | None) -> dict[str, str]:
    """Return the claim cnf of a token that is bound to a key and a certificate (RFC 9449, 6.1; RFC 8705, 3.1)."""
    found = {}
    if dpop_key is not None:
        expect(dpop_key, Mapping, "dpop_key")
        found["jkt"] = thumbprint(dpop_key)
    if certificate is not None:
        expect(certificate, bytes, "certificate")
        if certificate[:1] != b"\x30":
            raise InvalidKeyError("expected a certificate in DER")
        found["x5t#S256"] = to_base64url(hashlib.sha256(certificate).digest())
    return found


def _wrong(name: str) -> TokenError:
    return TokenError(f"wrong or missing claims: {name}", Verdict.WRONG_CLAIMS)
