"""Coroutines of functions that verify: used without `await`, they are no condition."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from functools import update_wrapper
from types import MethodType

from qynauth_pqc.native.inputs import bare

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    T = TypeVar("T")


class _Verification(Coroutine):  # type: ignore[type-arg]
    """A coroutine that refuses to be used as a condition. Event loops run it as they run the coroutine inside."""

    __slots__ = ("__weakref__", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __getattr__(self, name: str) -> Any:
        """Return the name, the frame or the state of the coroutine, as debuggers and event loops read them."""
        return getattr(self._coroutine, name)

    def __repr__(self) -> str:
        return repr(self._coroutine)

    def __bool__(self) -> bool:
        """Refuse, except where asyncio makes the repr of a task, which asks whether it has a coroutine (from 3.12)."""
        if sys._getframe(1).f_globals.get("__name__") == "asyncio.base_tasks":
            return True
        raise TypeError(f"a call of {self.__name__} without await has checked nothing, and cannot be a condition")


class _Function:
    """A coroutine function whose coroutines are `_Verification`.

    It has all attributes of a function, so that `inspect.iscoroutinefunction` recognises it as it does those of Cython,
    in every version of Python, and without an import of inspect.
    """

    __wrapped__: Callable[..., Coroutine[Any, Any, Any]]

    def __init__(self, function: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        update_wrapper(self, function)

    def __call__(self, *arguments: Any, **named: Any) -> _Verification:
        try:
            return _Verification(self.__wrapped__(*arguments, **named))
        except TypeError as error:
            del arguments, named  # perhaps keys or tokens
            raise bare(error)  # noqa: B904 - it is the same error

    def __get__(self, instance: object, owner: object = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["__wrapped__"], name)

    def __reduce__(self) -> str:
        """Pickle as functions do, by name."""
        return vars(self)["__qualname__"]  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


def no_condition(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorate a coroutine function that verifies: a caller who forgets `await` gets a TypeError in `if`.

    A coroutine is true, so that `if verify_many(...)` would accept every forgery, and only a warning would appear.
    """
    return _Function(function)
