"""Conversion between keys of this library and keys of `cryptography`. Needs the extra `x509`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

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


class _Hybrid(NamedTuple):
    """The name of a hybrid in hpke, the set of its ML-KEM half, and the loaders of its classical half."""

    name: str
    mlkem_set: str
    load_public: Any
    load_private: Any
    private_key_bytes: int  # of the classical half


_HYBRIDS = {
    "X-Wing": _Hybrid(
        name="MLKEM768X25519",
        mlkem_set="ML-KEM-768",
        load_public=x25519.X25519PublicKey.from_public_bytes,
        load_private=x25519.X25519PrivateKey.from_private_bytes,
        private_key_bytes=32,
    ),
    "MLKEM1024-P384": _Hybrid("MLKEM1024P384", "ML-KEM-1024", _point, _scalar, 48),
}


def public_key(key: Any) -> Any:
    """Return a public key as a key of `cryptography`, which makes a hybrid of the keys of its halves."""
    chosen, encoded = key.parameter_set, key.public_bytes()
    if chosen not in _HYBRIDS:
        return _needed(chosen, "PublicKey").from_public_bytes(encoded)
    hybrid = _HYBRIDS[chosen]
    mlkem_key, size = class_of(hybrid.mlkem_set, "PublicKey"), ROWS[hybrid.mlkem_set].public_key_bytes
    halves = mlkem_key.from_public_bytes(encoded[:size]), hybrid.load_public(encoded[size:])
    return getattr(hpke, f"{hybrid.name}PublicKey")(*halves)


def private_key(key: Any) -> Any:
    """Return a private key as a key of `cryptography`, which has a copy of its seed or, for a hybrid, of its halves.

    SHAKE256 of the seed of a hybrid makes both halves (X-Wing's draft, 5.2).
    """
    chosen = key.parameter_set
    if chosen not in _HYBRIDS:
        theirs = _needed(chosen, "PrivateKey")
        with key.seed() as seed:
            return theirs.from_seed_bytes(seed.view())
    hybrid = _HYBRIDS[chosen]
    size = ROWS[hybrid.mlkem_set].seed_bytes + hybrid.private_key_bytes
    with key.seed() as seed:
        return _of_halves(hybrid, hashlib.shake_256(seed.view()).digest(size))


@without_frames
def _of_halves(hybrid: _Hybrid, expanded: bytes) -> Any:
    mlkem_key, size = class_of(hybrid.mlkem_set, "PrivateKey"), ROWS[hybrid.mlkem_set].seed_bytes
    with memoryview(expanded) as view:
        halves = mlkem_key.from_seed_bytes(view[:size]), hybrid.load_private(view[size:])
        return getattr(hpke, f"{hybrid.name}PrivateKey")(*halves)


def set_of(key: object, parameter_sets: type[ParameterSet], kind: Kind) -> ParameterSet:
    """Return the parameter set of a key of `cryptography`, or raise a TypeError if it is not among these."""
    classes = {each: class_of(each, kind) for each in parameter_sets}
    for each, theirs in classes.items():
        # A class registered under theirs, such as a class for keys in hardware, may not return the bytes.
        if theirs is not None and isinstance(key, theirs) and hasattr(key, _RAW[kind]):
            return each
    expected = " or ".join(theirs.__name__ for theirs in classes.values() if theirs is not None)
    raise TypeError(f"key must be {expected} of cryptography, not {type(key).__name__}")
