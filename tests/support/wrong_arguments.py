"""Every public callable, values of wrong types, and the exceptions that each may raise."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from itertools import starmap
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from add_ons import found
from cryptography.x509.verification import VerificationError
from joserfc.errors import JoseError
from jwt import PyJWTError
from public_modules import PUBLIC_MODULES
from right_arguments import COMPOSITE, DSA, GOOD, KEM, OBJECTS, SLHDSA, XWING, Arguments

import qynauth_pqc
from qynauth_pqc import (
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    PQCError,
    PQCLibraryV2,
)
from qynauth_pqc.options import KeyOptions
from qynauth_pqc.validation import BaselineError


def closed(key: Any) -> Any:
    """Return a key or a secret that is closed."""
    key.close()
    return key


def released() -> memoryview:
    """Return a memoryview that was released."""
    view = memoryview(b"released")
    view.release()
    return view


WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "0": lambda: 0,
    "-1": lambda: -1,
    "2**70": lambda: 2**70,
    "float": lambda: 1.5,
    "nan": lambda: float("nan"),
    "empty str": str,
    "str": lambda: "text",
    "surrogate": lambda: "\ud800",
    "str with a zero": lambda: "text\0",
    "empty bytes": bytes,
    "bytes": lambda: b"bytes",
    "bytearray": lambda: bytearray(b"bytes"),
    "strided": lambda: memoryview(b"bytes")[::2],
    "released": released,
    "objects": lambda: memoryview(np.array([None, 1]).data),
    "empty list": list,
    "list of None": lambda: [None],
    "list of bytes": lambda: [b"bytes"],
    "list of str": lambda: ["text"],
    "list of keys": lambda: [KEM, DSA],
    "tuple": lambda: (1, "text"),
    "generator": lambda: iter([b"bytes"]),
    "empty dict": dict,
    "dict": lambda: {"kty": 1, 2: None},
    "set": lambda: {b"bytes"},
    "object": object,
    "class": lambda: MLDSAPrivateKey,
    "function": lambda: id,
    "floats": lambda: np.zeros((2, 2)),
    "path": lambda: Path("none"),
    "ML-KEM private key": lambda: KEM,
    "ML-KEM public key": lambda: KEM.public_key,
    "ML-DSA private key": lambda: DSA,
    "ML-DSA public key": lambda: DSA.public_key,
    "X-Wing private key": lambda: XWING,
    "X-Wing public key": lambda: XWING.public_key,
    "composite private key": lambda: COMPOSITE,
    "composite public key": lambda: COMPOSITE.public_key,
    "SLH-DSA private key": lambda: SLHDSA,
    "SLH-DSA public key": lambda: SLHDSA.public_key,
    "closed ML-KEM key": lambda: closed(MLKEMPrivateKey.generate("ML-KEM-512")),
    "closed ML-DSA key": lambda: closed(MLDSAPrivateKey.generate("ML-DSA-44")),
    "closed secret": lambda: closed(DSA.seed()),
    "hasher": DSA.public_key.mu_hasher,
    "library": PQCLibraryV2,
}


ADD_ONS: dict[str, Arguments] = {name: each.ARGUMENTS for name, each in found("arguments").items()}
BY_KIND = {type(each): each for each in (*OBJECTS, *(each for package in ADD_ONS.values() for each in package.objects))}

ALLOWED = (TypeError, PQCError)
DOCUMENTED: dict[str, tuple[type[Exception], ...]] = {
    "joserfc": (JoseError,),
    "pyjwt": (PyJWTError,),
    "validation": (BaselineError,),
    "verify_path": (VerificationError, ValueError),  # the errors of `cryptography`
    "path": (OSError, ValueError),  # the errors of `open` for a name that no file has or can have
    "dataset": (OSError,),
    "provider": (OSError, ValueError),
    "__getitem__": (IndexError,),
}
"""Other allowed exceptions, by the name of a module, of a callable or of a parameter."""

LEFT_OUT = {
    *(
        "activate",
        "main",
        "validate",
        "plot_times",
        "share_metrics",
        "Columns",
        "Report",
        "Result",
        "Validation",
        "Baseline",
    ),
    *("AKPKey", "KeyOptions", "ActionFigures", "MemoryFigures", "SelfTestFigures", "Figures", "Signer"),
}
"""Programs and what takes as long, what changes this process for good, and constructors without code of ours."""


OPTIONS = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
    for name, kind in KeyOptions.__annotations__.items()
]


@dataclass(frozen=True)
class Case:
    """A public callable."""

    name: str
    function: Callable[..., Any]

    @property
    def add_on(self) -> Arguments | None:
        """The arguments of its package, if that is none of the core."""
        return ADD_ONS.get(self.name.split(".")[1])

    @property
    def is_left_out(self) -> bool:
        """Whether no test calls it."""
        left_out = LEFT_OUT | (self.add_on.left_out if self.add_on else set())
        return self.name.rpartition(".")[2] in left_out

    @property
    def is_enum(self) -> bool:
        """Whether it is a class of parameter sets."""
        return inspect.isclass(self.function) and issubclass(self.function, Enum)

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Its parameters and the options of keys, without catch-all parameters."""
        found = inspect.signature(self.function).parameters.values()
        named = [each for each in found if each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}]
        if any("KeyOptions" in str(each.annotation) for each in found):
            named += OPTIONS
        return named[:1] if self.is_enum else named  # the others of an enum are Python's, and make a new one

    @property
    def allowed(self) -> tuple[type[Exception], ...]:
        """The exceptions that it may raise."""
        words = {*self.name.split("."), *(each.name for each in self.parameters)}
        documented = DOCUMENTED | dict(self.add_on.errors if self.add_on else {})
        return ALLOWED + tuple(error for word in words for error in documented.get(word, ()))

    def good(self) -> dict[str, Any]:
        """Return right arguments for the parameters without a default."""
        good = GOOD | dict(self.add_on.good if self.add_on else {})
        needed = [each.name for each in self.parameters if each.default is each.empty]
        words = self.name.split(".")
        names = {each: [".".join([*words[start:], each]) for start in range(len(words) + 1)] for each in needed}
        return {each: next(good[name] for name in names[each] if name in good)() for each in needed}

    def wrong(self, parameter: inspect.Parameter) -> list[str]:
        """Return the wrong values to try, without values that Python neither hashes nor takes for true or false.

        Methods with signatures from PyJWT and joserfc leave the meaning of true to Python.
        """
        is_truth = "bool" in str(parameter.annotation) and not {"pyjwt", "joserfc"}.isdisjoint(self.name.split("."))
        refused = {"released", "objects", "floats"} if self.is_enum or is_truth else set()
        return [each for each in WRONG if each not in refused]

    def call(self, wrong: dict[str, Any]) -> None:
        """Call it with right arguments but for some."""
        result = self.function(**self.good() | wrong)
        if inspect.isawaitable(result):
            anyio.run(partial(_awaited, result))

    def failure(self, wrong: dict[str, str]) -> str | None:
        """Call it, and return the exception that it raised, unless it is allowed."""
        try:
            self.call({name: WRONG[value]() for name, value in wrong.items()})
        except self.allowed:
            return None
        except Exception as error:  # noqa: BLE001 - the tests look for any other one
            return f"{self.name}({wrong}): {type(error).__name__}: {error}"
        return None


async def _awaited(coroutine: Any) -> Any:
    return await coroutine


MODULES = [name.removeprefix("qynauth_pqc.") for name in PUBLIC_MODULES]
MODULES.remove("cli")


@cache
def cases(module: str) -> list[Case]:
    """Return the callables that a module exports, and the methods of its classes that are defined in the package."""
    name = f"qynauth_pqc.{module}".rstrip(".")
    source = importlib.import_module(name)
    names = [each for each in source.__all__ if not module or each not in qynauth_pqc.__all__]
    found = [(f"{name}.{each}", getattr(source, each)) for each in names]
    found = [each for each in found if callable(each[1]) and not _is_error(each[1])]
    functions = [each for each in starmap(Case, found) if not each.is_left_out]
    classes = [each for each in found if inspect.isclass(each[1])]
    methods = [method for each in classes for method in _methods(*each)]
    return [case for case in functions + methods if case.parameters]


def _is_error(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseException)


def _methods(path: str, kind: type) -> Iterator[Case]:
    """Yield the methods of a class, bound to an object of it if they need one."""
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        special = name.startswith("_") and name not in {"__eq__", "__getitem__"}
        method = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if not special and inspect.isfunction(inspect.unwrap(method)) and method.__module__.startswith("qynauth_pqc"):
            bound = getattr(BY_KIND.get(kind, kind), name)
            if inspect.ismethod(bound) or isinstance(value, staticmethod):
                yield Case(f"{path}.{name}", bound)


def every_case() -> Iterator[Case]:
    """Yield the callables of all modules."""
    for module in ["", *MODULES]:
        yield from cases(module)
