"""Part 5: every code path has the same results as the portable one, and the best is faster."""

from __future__ import annotations

from contextlib import contextmanager
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.options import CODE_PATHS
from qynauth_pqc._keys.private_key import PrivateKey, SeededPrivateKey
from qynauth_pqc.mlkem import KEMPrivateKey
from qynauth_pqc.native import ffi, lib
from qynauth_pqc.optimizations import enable_optimizations
from qynauth_pqc.validation.performance import timed_operations, times_ns
from qynauth_pqc.validation.result import Checks, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TITLE = "Performance Optimization Test"
_PORTABLE = "portable"
_TURNS, _RUNS_OF_A_TURN = 10, 10


@contextmanager
def kept_settings(library: Any = lib) -> Iterator[None]:
    """Restore the settings of the process at the end."""
    before = library.ffi_get_optimizations()
    try:
        yield
    finally:
        library.ffi_enable_optimizations(before)


def best_path() -> str:
    """Return the fastest code path of this machine, even if the process is set to another."""
    with kept_settings():
        return enable_optimizations("best")["code_path"]


def optimization(fast: str | None = None, slow: str = _PORTABLE) -> Result:
    """Compare two code paths, which take turns of some ten operations, so that both see the same machine."""
    fast = fast or best_path()
    if fast == "best":
        return Result(TITLE, "the engine has one code path: nothing to compare", (), {"best": fast})
    checks = Checks()
    others = [*_other_paths(slow)]
    for kind, chosen in loadable(PrivateKey) if others else ():
        there = kind.generate(chosen, code_path=slow)
        for path in others:
            checks.that(_does_the_same(_on_path(kind, there, path), there), f"{chosen}: {path} and {slow} differ")
    if fast == slow:
        summary = f"the best path of this machine is {slow}: nothing to time"
        return Result(TITLE, summary, tuple(checks.failures), {"best": fast})
    ratios = _ratios(fast, slow)
    overall = geometric_mean(ratios.values())
    checks.that(overall >= 1, f"{fast} is {1 / overall:.2f} x slower than {slow}")
    least, most = (choose(ratios, key=ratios.__getitem__) for choose in (min, max))
    summary = (
        f"{fast} is {overall:.2f} x faster than {slow}, "
        f"from {ratios[least]:.2f} ({least}) to {ratios[most]:.2f} ({most})"
    )
    return Result(TITLE, summary, tuple(checks.failures), {"best": fast, "ratio": overall, "ratios": ratios})


def _ratios(fast: str, slow: str) -> dict[str, float]:
    sides = [timed_operations(path, deterministic=True) for path in (fast, slow)]
    times: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in sides[0]}
    for turn in range(_TURNS):
        for name, both in times.items():
            for side in (0, 1) if turn % 2 else (1, 0):
                both[side].extend(times_ns(sides[side][name], _RUNS_OF_A_TURN))
    return {name: _ratio(*both) for name, both in times.items()}


def _ratio(fast: Sequence[int], slow: Sequence[int]) -> float:
    return median(slow) / median(fast)


def _other_paths(slow: str) -> Iterator[str]:
    """Yield the code paths of this processor, except for one."""
    for path, flag in CODE_PATHS.items():
        if path not in {"best", slow} and not lib.ffi_key_options(flag, ffi.new("uint32_t *")):
            yield path


def _on_path(kind: type[Any], key: Any, path: str) -> Any:
    load, encoded = (
        (kind.from_seed, key.seed)
        if issubclass(kind, SeededPrivateKey)
        else (kind.from_private_bytes, key.private_bytes)
    )
    with encoded() as secret:
        return load(secret, key.parameter_set, code_path=path)


def _does_the_same(here: Any, there: Any) -> bool:
    """Return whether two keys have the same public key and results. A key that signs slowly makes no signature."""
    if here.public_key != there.public_key:
        return False
    if isinstance(here, KEMPrivateKey):
        ciphertext, sent = here.public_key.encapsulate()
        return there.decapsulate(ciphertext) == sent  # type: ignore[no-any-return]
    is_slow = here.parameter_set.first_items == 1
    return is_slow or len({each.sign(b"message", deterministic=True) for each in (here, there)}) == 1
