"""Tokens of the migration kit in Starlette, in the extra `[starlette]`.

Its annotations are not postponed, since FastAPI reads them from the objects that it calls.
"""

from qynauth_pqc.auth import TokenError, TokenVerifier, VerifiedToken
from qynauth_pqc.auth._bearer import bearer_token, refusal
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import extra

with extra("starlette"):
    from starlette.exceptions import HTTPException
    from starlette.requests import HTTPConnection

__all__ = ["TokenBearer"]


class TokenBearer:
    """A function that verifies the token in the header Authorization of a request: `token = await bearer(request)`.

    Args:
        verifier: the verifier of the tokens.

    >>> from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier
    >>> from starlette.responses import JSONResponse
    >>> policy = MigrationPolicy.parse('''
    ... [[accept]]
    ... issuer = "https://login.example"
    ... audience = "orders"
    ... algorithm = "ML-DSA-65"
    ... ''')
    >>> keys = JWKSCache.from_url("https://login.example/jwks.json")
    >>> bearer = TokenBearer(TokenVerifier(policy, "https://login.example", "orders", keys))
    >>> async def orders(request):
    ...     token = await bearer(request)
    ...     return JSONResponse({"subject": token.claims["sub"]})
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        """Take the verifier."""
        expect(verifier, TokenVerifier, "verifier")
        self._verifier = verifier

    async def __call__(self, connection: HTTPConnection) -> VerifiedToken:
        """Return the contents of the token of a request.

        Args:
            connection: a request, or the handshake of a WebSocket.

        Raises:
            HTTPException: the token is missing or refused, 401; or the keys of its issuer are unavailable, 503.
        """
        expect(connection, HTTPConnection, "connection")
        try:  # no variable holds the header, which tracebacks would show; two tokens count as none
            return await self._verifier.verify_async(
                bearer_token(", ".join(connection.headers.getlist("authorization")))
            )
        except TokenError as error:
            answer = refusal(error)
            raise HTTPException(answer.status, answer.error, answer.headers) from error
