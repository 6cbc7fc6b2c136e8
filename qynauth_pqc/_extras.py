"""Imports of packages that an extra installs, and the command that installs them."""

from __future__ import annotations

from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.native import engine

TYPE_CHECKING = False  # importing typing or contextlib would take a fifth of this package's import time
if TYPE_CHECKING:
    from types import TracebackType


def install_command(name: str) -> str:
    """Return the command that installs what an extra needs.

    It names the packages, and never this one: an index may have another project under its name.
    """
    from importlib.metadata import PackageNotFoundError, requires  # slower than most of this package

    distribution = "qynauth-pqc-fips" if engine() == "aws-lc-fips" else "qynauth-pqc"
    packages = []
    try:
        requirements = requires(distribution) or ()
    except PackageNotFoundError:  # used from a checkout, for example
        return f"install the packages of the extra {name}"
    for requirement in requirements:
        package, _, marker = requirement.partition(";")
        if marker.replace("'", '"').strip() == f'extra == "{name}"':
            package = package.strip()
            own = package.removeprefix(f"{distribution}[")
            packages += [f"'{package}'"] if own == package else install_command(own.rstrip("]")).split()[2:]
    return " ".join(["pip install", *packages])


class extra:  # noqa: N801 - it is used like a function
    """Say in the error of a failed import how the packages of an extra are installed.

    Raises:
        ModuleNotFoundError: a package is not installed.
        UnsupportedError: instead, if `need` is given: a package is not installed, or too old.
    """

    __slots__ = ("_name", "_need", "_packages")

    def __init__(self, name: str, need: str = "", *packages: str) -> None:
        """Take the name of the extra.

        Args:
            name: the extra.
            need: the beginning of the error's message, with "{}" for the package, such as "this command needs {}".
            packages: the packages of the extra for which `need` is true, as they are imported.
        """
        self._name, self._need, self._packages = name, need, packages

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> None:
        """Add the command to the error of a package that is not installed."""
        if isinstance(error, ImportError) and self._need:
            package = (error.name or "").partition(".")[0]
            if package in self._packages:
                raise UnsupportedError(f"{self._need.replace('{}', package)}: {install_command(self._name)}") from error
        elif isinstance(error, ModuleNotFoundError):
            raise ModuleNotFoundError(f"{error.msg}: {install_command(self._name)}", name=error.name) from error
