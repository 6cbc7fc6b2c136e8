"""Tokens of the migration kit in FastAPI, in the extra `[fastapi]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.extend import extra

with extra("fastapi"):
    from fastapi.openapi.models import HTTPBearer
    from fastapi.security.base import SecurityBase

    from qynauth_pqc.auth import starlette  # last: its error names the packages of its own extra

if TYPE_CHECKING:
    from qynauth_pqc.auth import TokenVerifier

__all__ = ["TokenBearer"]


class TokenBearer(starlette.TokenBearer, SecurityBase):
    """A dependency that yields the `VerifiedToken` in the header Authorization of a request.

    The OpenAPI page of the application shows that it needs a bearer token. A missing or refused token raises an
    HTTPException with status 401, or 503 if the keys of the issuer are unavailable.

    Args:
        verifier: the verifier of the tokens.

    >>> from typing import Annotated
    >>> from fastapi import Depends, FastAPI
    >>> from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier, VerifiedToken
    >>> policy = MigrationPolicy.parse('''
    ... [[accept]]
    ... issuer = "https://login.example"
    ... audience = "orders"
    ... algorithm = "ML-DSA-65"
    ... ''')
    >>> keys = JWKSCache.from_url("https://login.example/jwks.json")
    >>> bearer = TokenBearer(TokenVerifier(policy, "https://login.example", "orders", keys))
    >>> app = FastAPI()
    >>> @app.get("/orders")
    ... async def orders(token: Annotated[VerifiedToken, Depends(bearer)]) -> dict[str, object]:
    ...     return {"subject": token.claims["sub"]}
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        """Take the verifier."""
        super().__init__(verifier)
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = type(self).__name__
