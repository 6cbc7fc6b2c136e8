"""Tokens of the migration kit in Flask, in the extra `[flask]`."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from qynauth_pqc.auth import TokenError, TokenVerifier
from qynauth_pqc.auth._bearer import Refusal, bearer_token, refusal
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import extra

with extra("flask"):
    from flask import current_app, g, request
    from werkzeug.exceptions import HTTPException, ServiceUnavailable, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["token_required"]

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def token_required(verifier: TokenVerifier) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]:
    """Return a decorator of views that verifies the token in the header Authorization: `flask.g.token`.

    A missing or refused token raises werkzeug's Unauthorized, or ServiceUnavailable if the keys of the issuer are
    unavailable, so that error handlers of the application can change the answer.

    Args:
        verifier: the verifier of the tokens.

    >>> from flask import Flask, g
    >>> from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier
    >>> policy = MigrationPolicy.parse('''
    ... [[accept]]
    ... issuer = "https://login.example"
    ... audience = "orders"
    ... algorithm = "ML-DSA-65"
    ... ''')
    >>> keys = JWKSCache.from_url("https://login.example/jwks.json")
    >>> verifier = TokenVerifier(policy, "https://login.example", "orders", keys)
    >>> app = Flask("orders")
    >>> @app.get("/orders")
    ... @token_required(verifier)
    ... def orders() -> dict[str, object]:
    ...     return {"subject": g.token.claims["sub"]}
    """
    expect(verifier, TokenVerifier, "verifier")

    def decorated(view: Callable[Given, Returned]) -> Callable[Given, Returned]:
        @wraps(view)
        def checked(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
            try:
                g.token = verifier.verify(bearer_token(request.headers.get("Authorization")))
            except TokenError as error:
                raise _exception(error) from error
            return cast("Returned", current_app.ensure_sync(view)(*args, **kwargs))

        return checked

    return decorated


class _Unauthorized(Unauthorized):
    """Unauthorized, with the challenge as RFC 6750 spells it: werkzeug leaves quotation marks out."""

    def __init__(self, answer: Refusal) -> None:
        super().__init__(answer.error)
        self._headers = answer.headers

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        return [*super().get_headers(*args, **kwargs), *self._headers.items()]


def _exception(error: TokenError) -> HTTPException:
    answer = refusal(error)
    return _Unauthorized(answer) if answer.headers else ServiceUnavailable(answer.error)
