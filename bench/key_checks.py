"""The damaged keys that a package refuses, on loading or at first use: its figures for fresh keys include this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from operations import Pair, fresh, message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters import Package

KEM_SET, DSA_SET = "ML-KEM-768", "ML-DSA-65"
CHECKS = ("modulus", "hash", "range", "tr", "t0")
"""The damages: to an encapsulation key, to a decapsulation key, and to three parts of an ML-DSA private key."""

HASH, TR, S1, T0 = -64, 64, 128, -1
"""Where these parts are: FIPS 203, algorithm 16, and FIPS 204, algorithm 24."""


def refusals(packages: Sequence[Package]) -> dict[str, dict[str, bool]]:
    """Return the checks that each package makes, by package and check, if it takes such keys."""
    return {package.name: {**_kem(package), **_dsa(package)} for package in packages}


def _kem(package: Package) -> dict[str, bool]:
    if not (kem := package.kem.get(KEM_SET)):
        return {}
    keys, pair = kem.keys, Pair.of(kem.keys)
    ciphertext = max(map(bytes, kem.encapsulate(pair.public)), key=len)
    found = {"modulus": _refuses(fresh(keys.load_public, kem.encapsulate), b"\xff\xff\xff" + pair.raw_public[3:])}
    if keys.expanded:
        raw, decapsulate = pair.raw_private["expanded"], fresh(keys.expanded.load, kem.decapsulate)
        found["hash"] = _refuses(decapsulate, _damaged(raw, HASH), ciphertext)
    return found


def _dsa(package: Package) -> dict[str, bool]:
    if not (dsa := package.dsa.get(DSA_SET)) or not dsa.keys.expanded:
        return {}
    raw, sign = Pair.of(dsa.keys).raw_private["expanded"], fresh(dsa.keys.expanded.load, dsa.sign)
    damaged = {"range": _damaged(raw, S1, 0xFF), "tr": _damaged(raw, TR), "t0": _damaged(raw, T0)}
    return {name: _refuses(sign, each, message(0)) for name, each in damaged.items()}


def _damaged(raw: bytes, at: int, value: int | None = None) -> bytes:
    """Return a key with another byte at a place."""
    changed = bytearray(raw)
    changed[at] = changed[at] ^ 1 if value is None else value
    return bytes(changed)


def _refuses(use: Callable[..., Any], *arguments: bytes) -> bool:
    try:
        use(*arguments)
    except Exception:  # noqa: BLE001 - each package has its own errors
        return True
    return False
