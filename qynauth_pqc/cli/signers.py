"""Signers that other packages offer to the command line, by the entry points `qynauth_pqc.signers`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qynauth_pqc.cli import keys
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.signer import public_key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qynauth_pqc.signer import Signer

GROUP = "qynauth_pqc.signers"
"""The group of the entry points: callables that take the text after the name, and return a signer."""


def load_signer(text: str) -> Signer:
    """Return the signer that a text names: the name of an entry point, and after a colon its argument.

    Raises:
        UnsupportedError: no installed package offers it.
        PQCError: see the entry point.
        OSError: see the entry point.
    """
    from importlib.metadata import entry_points  # slower than most of this package, and needed for --signer alone

    name, _, argument = text.partition(":")
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        known = (
            f"there are: {', '.join(sorted(offered.names))}" if offered.names else "no installed package has signers"
        )
        raise UnsupportedError(f"no signer {name!r} is installed; {known}")
    signer: Signer = offered[name].load()(argument)
    public_key_of(signer)
    return signer


@contextmanager
def open_signer(params: Mapping[str, Any]) -> Iterator[Signer]:
    """Lend the private key or the signer that the options name."""
    if params["signer"] is not None:
        yield load_signer(params["signer"])
        return
    with keys.load_private_key("signature", params["key"], params["algorithm"], params["password_file"]) as key:
        yield key


def verification_key(params: Mapping[str, Any]) -> Any:
    """Return the public key of signatures that the options name."""
    return keys.load_public_key("signature", params["key"], params["algorithm"])
