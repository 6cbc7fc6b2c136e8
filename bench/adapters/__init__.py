"""The packages that the benchmark compares, each behind the same few functions.

A package that is not installed, or cannot work here, is left out with the reason. Wrappers are minimal: if a function
of a package has the right arguments, the benchmark calls it directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters import built, wheels
from adapters.kinds import DSA_SETS, KEM_SETS, XWING, Dsa, Kem, Keys, Package, UnavailableError
from adapters.wheels import OURS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DSA_SETS",
    "KEM_SETS",
    "LOADERS",
    "OURS",
    "XWING",
    "Dsa",
    "Kem",
    "Keys",
    "Package",
    "UnavailableError",
    "available",
    "load",
]

LOADERS: dict[str, Callable[[str], Package]] = {
    OURS: wheels.ours,
    "cryptography": wheels.cryptography,
    "pqcrypto": wheels.pqcrypto,
    "dryoc": wheels.dryoc,
    "mlkem": wheels.mlkem,
    "ml-kem-rs": wheels.ml_kem_rs,
    "fast-mldsa": wheels.fast_mldsa,
    "kyber-py, dilithium-py": wheels.pure_python,
    "quantcrypt": wheels.quantcrypt,
    "liboqs-python": built.liboqs,
    "wolfcrypt": built.wolfcrypt,
}


def load(name: str) -> Package:
    """Import a package.

    Raises:
        UnavailableError: it is not installed, or does not work here.
    """
    try:
        return LOADERS[name](name)
    except ImportError as error:
        raise UnavailableError(str(error)) from error


def available() -> tuple[list[Package], dict[str, str]]:
    """Return the packages that can be measured, and why the others cannot."""
    found, missing = [], {}
    for name in LOADERS:
        try:
            found.append(load(name))
        except UnavailableError as error:
            missing[name] = str(error)
    return found, missing
