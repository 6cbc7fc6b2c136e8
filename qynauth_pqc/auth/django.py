"""Tokens of the migration kit in Django, in the extra `[django]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

from qynauth_pqc.auth import TokenError, TokenVerifier, VerifiedToken
from qynauth_pqc.auth._bearer import bearer_token, refusal
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import extra

with extra("django"):
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction
    from django import conf
    from django.http import HttpRequest, JsonResponse
    from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpResponseBase

    Response: TypeAlias = HttpResponseBase | Awaitable[HttpResponseBase]

__all__ = ["TokenMiddleware", "TokenRequest", "token_not_required"]

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


class TokenRequest(HttpRequest):
    """The type of the request in a view: `def orders(request: TokenRequest) -> HttpResponse`.

    Attributes:
        token: the contents of the token.
    """

    token: VerifiedToken


def token_not_required(view: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """A decorator that marks a view that needs no token.

    >>> from django.http import HttpRequest, HttpResponse
    >>> @token_not_required
    ... def health(request: HttpRequest) -> HttpResponse:
    ...     return HttpResponse("alive")
    """
    if not callable(view):
        raise TypeError(f"view must be a function, not {type(view).__name__}")
    vars(view)["token_required"] = False
    return view


class TokenMiddleware:
    """A middleware that verifies the token in the header Authorization of each request: `request.token`.

    The setting `QYNAUTH_PQC_VERIFIER` is the dotted path of the `TokenVerifier`. Every view needs a token, unless
    `token_not_required` marks it. The answer to a missing or refused token has status 401, or 503 if the keys of the
    issuer are unavailable. It works with WSGI and ASGI.

    Args:
        get_response: the next middleware, as Django passes it.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        """Find the verifier."""
        if not callable(get_response):
            raise TypeError(f"get_response must be a function, not {type(get_response).__name__}")
        verifier = import_string(conf.settings.QYNAUTH_PQC_VERIFIER)
        expect(verifier, TokenVerifier, "QYNAUTH_PQC_VERIFIER")
        self._get_response, self._verifier = get_response, verifier
        # Django asks an instance whether it is a coroutine function, and awaits its result then.
        is_async = iscoroutinefunction(get_response)
        if is_async:
            markcoroutinefunction(self)
        self.process_view = self._check_async if is_async else self._check

    def __call__(self, request: HttpRequest) -> Response:
        """Pass a request on."""
        return self._get_response(request)

    def _check(self, request: TokenRequest, view: object, _args: object, _kwargs: object) -> JsonResponse | None:
        try:
            if _is_required(view):
                request.token = self._verifier.verify(bearer_token(request.headers.get("Authorization")))
        except TokenError as error:
            return _answer(error)
        return None

    async def _check_async(self, request: TokenRequest, view: object, _a: object, _k: object) -> JsonResponse | None:
        try:
            if _is_required(view):
                request.token = await self._verifier.verify_async(bearer_token(request.headers.get("Authorization")))
        except TokenError as error:
            return _answer(error)
        return None


def _is_required(view: object) -> bool:
    return bool(getattr(view, "token_required", True))


def _answer(error: TokenError) -> JsonResponse:
    answer = refusal(error)
    return JsonResponse({"error": answer.error}, status=answer.status, headers=answer.headers)
