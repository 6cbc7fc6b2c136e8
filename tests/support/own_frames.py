"""The frames of the package in the tracebacks of an error and of the errors behind it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import qynauth_pqc

PACKAGE = str(Path(qynauth_pqc.__file__).parent)


def errors(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors before it."""
    if error is not None:
        yield error
        yield from errors(error.__cause__)
        yield from errors(error.__context__)


def variables(error: BaseException) -> list[tuple[str, str]]:
    """Return the variables of the package's frames: file, function and name, and the value as a traceback shows it."""
    return [
        (f"{frame.f_code.co_filename.removeprefix(PACKAGE)}, {frame.f_code.co_name}: {name}", repr(value))
        for each in errors(error)
        for frame, _ in traceback.walk_tb(each.__traceback__)
        if frame.f_code.co_filename.startswith(PACKAGE)
        for name, value in frame.f_locals.items()
    ]
