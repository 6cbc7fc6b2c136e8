"""Part 1: every function of the header is called, and the known answers of every algorithm are right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import OFFERED, ROWS
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.errors import NotApprovedError, PQCError
from qynauth_pqc.fips import fips_status
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.native import lib
from qynauth_pqc.validation.functions import (
    Calls,
    check_algorithm,
    check_encryption,
    check_exchanges,
    check_first_names,
    check_process,
)
from qynauth_pqc.validation.result import Checks, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TITLE = "FFI Regression Test"


def header_functions() -> set[str]:
    """Return the names of the functions of the header, without the functions of the C code for Python."""
    names = (name for name in dir(lib) if name[0].islower() and not name.startswith(("owner_", "python_")))
    return {name for name in names if callable(getattr(lib, name))}


def regression(library: Any = lib) -> Result:
    """Call every function of the header. In a build with a FIPS module, check the module instead.

    Such a build takes no randomness from the caller, and so has no known answers.
    """
    checks = Checks()
    if module := fips_status():
        _check_module(module, checks)
        state = f"{module['version']}, certificate {module['certificate']}, on {module['environment']}"
        return Result(TITLE, f"{state}, {checks.done} checks", tuple(checks.failures), {"fips": module})
    calls = Calls(library, checks)
    count = 0
    while row := calls.pqc_algorithm_at(count):
        _checked(check_algorithm, calls, row)
        count += 1
    checks.that(count == len(ROWS), f"the table of algorithms has {count} rows instead of {len(ROWS)}")
    for check in (check_first_names, check_encryption, check_exchanges, check_process):
        _checked(check, calls)
    for missing in sorted(header_functions() - set(calls.counts)):
        checks.that(holds=False, otherwise=f"{missing} was not called: call it in validation/functions.py")
    total, functions = calls.counts.total(), len(calls.counts)
    summary = f"{functions} functions, {count} algorithms, {total} calls, {checks.done} checks"
    figures = {"functions": functions, "algorithms": count, "calls": total, "checks": checks.done}
    return Result(TITLE, summary, tuple(checks.failures), figures)


def _checked(check: Any, calls: Calls, *arguments: Any) -> None:
    """Make some checks; a failed call ends them."""
    try:
        check(calls, *arguments)
    except PQCError as error:
        calls.checks.that(holds=False, otherwise=f"{check.__name__}: {error}")
    finally:
        calls.free()


def _check_module(module: Mapping[str, object], checks: Checks) -> None:
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
    signature = key.sign(b"message", context=b"context")
    is_right = is_valid(key.public_key, b"message", signature, context=b"context")
    return is_right and _is_refused(partial(key.sign, deterministic=True), b"message")


def _is_refused(operation: Callable[[Any], object], argument: object) -> bool:
    try:
        operation(argument)
    except NotApprovedError:
        return True
    return False
