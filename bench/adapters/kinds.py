"""The benchmark's view of a package: its keys and its operations, as functions."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEM_SETS = ("ML-KEM-512", "ML-KEM-768", "ML-KEM-1024")
XWING = "X-Wing"
DSA_SETS = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")


class UnavailableError(Exception):
    """A package cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Form:
    """A form of private keys as raw bytes in a package.

    Attributes:
        encode: return the bytes of a private key.
        load: make a private key from the bytes; None if the package takes the bytes themselves.
    """

    encode: Callable[[Any], bytes] = bytes
    load: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Keys:
    """Key pairs of one parameter set in one package.

    Attributes:
        generate: make a pair.
        split: return the public and the private key from the result of `generate`.
        encode_public: return the raw public key, the encoding of the standard.
        load_public: make a public key from its raw bytes; None if the package takes the bytes themselves.
        announce: make a pair and return its raw public key and its private key; None if `generate` does the same.
        seed: private keys as seeds; None if the package has none.
        expanded: private keys in the encoding of the standard; None if the package loads seeds only.
    """

    generate: Callable[[], Any]
    split: Callable[[Any], tuple[Any, Any]]
    encode_public: Callable[[Any], bytes] = bytes
    load_public: Callable[..., Any] | None = None
    announce: Callable[[], tuple[bytes, Any]] | None = None
    seed: Form | None = None
    expanded: Form | None = Form()

    def forms(self) -> dict[str, Form]:
        """Return the existing forms of private keys, by name."""
        both = {"seed": self.seed, "expanded": self.expanded}
        return {name: form for name, form in both.items() if form is not None}


@dataclass(frozen=True)
class Kem:
    """ML-KEM with one parameter set, or X-Wing: `encapsulate(public)` returns the two results in any order."""

    keys: Keys
    encapsulate: Callable[[Any], tuple[Any, Any]]
    decapsulate: Callable[[Any, bytes], Any]


@dataclass(frozen=True)
class Dsa:
    """ML-DSA with one parameter set: `verify(public, message, signature)` returns False or raises for a bad one."""

    keys: Keys
    sign: Callable[[Any, bytes], bytes]
    verify: Callable[[Any, bytes, bytes], Any]


@dataclass(frozen=True)
class Package:
    """The operations that one package offers.

    Attributes:
        name: its name.
        about: the origin of its arithmetic and of its build, in a few words.
        imports: the import statement of its users.
        distributions: the distributions with relevant versions.
        build: version and options of the library below it, if the user built it.
        wheel: whether installing it needs neither a compiler nor a library to build.
        kem: by name, the parameter sets of ML-KEM, and X-Wing.
        dsa: by name, the parameter sets of ML-DSA.
    """

    name: str
    about: str
    imports: str
    distributions: tuple[str, ...]
    wheel: bool
    kem: Mapping[str, Kem]
    dsa: Mapping[str, Dsa]
    build: str = ""

    def versions(self) -> str:
        """Return the versions of its distributions."""
        return ", ".join(_version(name) for name in self.distributions)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        module = import_module(distribution)  # a checkout on the path
        return str(module.__version__)
