"""Conversion between keys of this library and keys of `cryptography`. Needs the extra `x509`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, mlkem, x25519

from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.native.inputs import without_frames

if TYPE_CHECKING:
    from typing import Literal

    from qynauth_pqc._keys.parameter_sets import ParameterSet

    Kind = Literal["PrivateKey", "PublicKey"]

_CLASSES: dict[str, Any] = {**vars(mlkem), **vars(mldsa)}

_RAW: dict[Kind, str] = {"PrivateKey": "private_bytes_raw", "PublicKey": "public_bytes_raw"}


def class_of(parameter_set: str, kind: Kind) -> Any:
    """Return the class of `cryptography` for the keys of a parameter set, or None."""
    return _CLASSES.get(f"{parameter_set.replace('-', '')}{kind}")


def _needed(parameter_set: ParameterSet, kind: Kind) -> Any:
    theirs = class_of(parameter_set, kind)
    if theirs is None:
        raise UnsupportedError(f"cryptography has no class for {parameter_set} keys")
    return theirs


def _point(encoded: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), encoded)


def _scalar(encoded: memoryview) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(encoded, "big"), ec.SECP384R1())


# Of each hybrid: its name in hpke, the set of its ML-KEM half, and for its classical half the loaders of a public and a
# private key, and the size of a private key.
_HYBRIDS: dict[str, tuple[str, str, Any, Any, int]] = {
    "X-Wing": (
        *("MLKEM768X25519", "ML-KEM-768", x25519.X25519PublicKey.from_public_bytes),
        *(x25519.X25519PrivateKey.from_private_bytes, 32),
    ),
    "MLKEM1024-P384": ("MLKEM1024P384", "ML-KEM-1024", _point, _scalar, 48),
}


def public_key(key: Any) -> Any:
    """Return a public key as a key of `cryptography`, which makes a hybrid of the keys of its halves."""
    chosen, encoded = key.parameter_set, key.public_bytes()
    if chosen not in _HYBRIDS:
        return _needed(chosen, "PublicKey").from_public_bytes(encoded)
    name, mlkem_set, load, _, _ = _HYBRIDS[chosen]
    mlkem_key, size = class_of(mlkem_set, "PublicKey"), ROWS[mlkem_set].public_key_bytes
    return getattr(hpke, f"{name}PublicKey")(mlkem_key.from_public_bytes(encoded[:size]), load(encoded[size:]))


def private_key(key: Any) -> Any:
    """Return a private key as a key of `cryptography`, which has a copy of its seed or, for a hybrid, of its halves.

    SHAKE256 of the seed of a hybrid makes both halves (X-Wing's draft, 5.2).
    """
    chosen = key.parameter_set
    if chosen not in _HYBRIDS:
        theirs = _needed(chosen, "PrivateKey")
        with key.seed() as seed:
            return theirs.from_seed_bytes(seed.view())
    _, mlkem_set, *_, classical_bytes = _HYBRIDS[chosen]
    with key.seed() as seed:
        return _of_halves(chosen, hashlib.shake_256(seed.view()).digest(ROWS[mlkem_set].seed_bytes + classical_bytes))


@without_frames
def _of_halves(chosen: str, expanded: bytes) -> Any:
    name, mlkem_set, _, load, _ = _HYBRIDS[chosen]
    mlkem_key, size = class_of(mlkem_set, "PrivateKey"), ROWS[mlkem_set].seed_bytes
    with memoryview(expanded) as halves:
        return getattr(hpke, f"{name}PrivateKey")(mlkem_key.from_seed_bytes(halves[:size]), load(halves[size:]))


def set_of(key: object, parameter_sets: type[ParameterSet], kind: Kind) -> ParameterSet:
    """Return the parameter set of a key of `cryptography`, or raise a TypeError if it is not among these."""
    classes = {each: class_of(each, kind) for each in parameter_sets}
    for each, theirs in classes.items():
        # A class registered under theirs, such as a class for keys in hardware, may not return the bytes.
        if theirs is not None and isinstance(key, theirs) and hasattr(key, _RAW[kind]):
            return each
    expected = " or ".join(theirs.__name__ for theirs in classes.values() if theirs is not None)
    raise TypeError(f"key must be {expected} of cryptography, not {type(key).__name__}")
