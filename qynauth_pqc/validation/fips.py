"""The check of a build with a FIPS module: its algorithms work, and it refuses the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import OFFERED, ROWS
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.errors import NotApprovedError
from qynauth_pqc.mlkem import KEMPrivateKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qynauth_pqc.validation.result import Checks


def check_module(module: Mapping[str, object], checks: Checks) -> None:
    """Check the state of the module, a round trip of each algorithm that it has, and the refusal of the others."""
    for name in ("approved_mode", "integrity_test", "self_tests"):
        checks.that(module[name], f"the module reports no {name.replace('_', ' ')}")
    for kind, chosen in loadable(PrivateKey):
        key = kind.generate(chosen)
        works = _exchanges(key) if isinstance(key, KEMPrivateKey) else _signs(key)
        checks.that(works, f"{chosen}: a round trip fails")
    for name in ROWS.keys() - set(OFFERED):
        kind, chosen = PrivateKey._loadable[ROWS[name].algorithm]
        checks.that(_is_refused(kind.generate, chosen), f"{name}: a key is generated outside the module")


def _exchanges(key: Any) -> bool:
    ciphertext, sent = key.public_key.encapsulate()
    return key.decapsulate(ciphertext) == sent  # type: ignore[no-any-return]


def _signs(key: Any) -> bool:
    """Return whether a signature verifies, and a deterministic one is refused."""
    signature = key.sign(b"message", context=b"context")
    is_right = is_valid(key.public_key, b"message", signature, context=b"context")
    return is_right and _is_refused(partial(key.sign, deterministic=True), b"message")


def _is_refused(operation: Callable[[Any], object], argument: object) -> bool:
    try:
        operation(argument)
    except NotApprovedError:
        return True
    return False
