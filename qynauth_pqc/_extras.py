"""Imports of packages that an extra installs, and the command that installs them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def install_command(name: str) -> str:
    """Return the command that installs what an extra needs.

    It names the packages, and never this one: an index may have another project under its name.
    """
    from importlib.metadata import requires  # noqa: PLC0415 - it takes longer to import than most of this package

    packages = []
    for requirement in requires("qynauth-pqc") or ():
        package, _, marker = requirement.partition(";")
        if marker.replace("'", '"').strip() == f'extra == "{name}"':
            package = package.strip()
            own = package.removeprefix("qynauth-pqc[")
            packages += [f"'{package}'"] if own == package else install_command(own.rstrip("]")).split()[2:]
    return " ".join(["pip install", *packages])


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say in the error of an import that fails how the packages of an extra are installed.

    Raises:
        ModuleNotFoundError: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error.msg}: {install_command(name)}", name=error.name) from error
