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


def class_of(parameter_set: ParameterSet, kind: Kind) -> Any:
    """Return the class of `cryptography` for the keys of a parameter set, or None."""
    return _CLASSES.get(f"{parameter_set.replace('-', '')}{kind}")


def _needed(parameter_set: ParameterSet, kind: Kind) -> Any:
    theirs = class_of(parameter_set, kind)
    if theirs is None:
        raise UnsupportedError(f"cryptography has no class for {parameter_set} keys")
    return theirs


def public_key(key: Any) -> Any:
    """Return a public key of ML-KEM or ML-DSA as a key of `cryptography`."""
    return _needed(key.parameter_set, "PublicKey").from_public_bytes(key.public_bytes())


def private_key(key: Any) -> Any:
    """Return a private key of ML-KEM or ML-DSA as a key of `cryptography`, which has a copy of its seed."""
    theirs = _needed(key.parameter_set, "PrivateKey")
    with key.seed() as seed:
        return theirs.from_seed_bytes(seed.view())


def hybrid_public_key(key: Any) -> hpke.MLKEM1024P384PublicKey:
    """Return a public key of MLKEM1024-P384, made of an ML-KEM-1024 key and a point."""
    _check_hybrid(key.parameter_set)
    encoded, size = key.public_bytes(), ROWS["ML-KEM-1024"].public_key_bytes
    return hpke.MLKEM1024P384PublicKey(
        mlkem.MLKEM1024PublicKey.from_public_bytes(encoded[:size]),
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), encoded[size:]),
    )


def hybrid_private_key(key: Any) -> hpke.MLKEM1024P384PrivateKey:
    """Return a private key of MLKEM1024-P384; SHAKE256 of its seed makes both halves."""
    _check_hybrid(key.parameter_set)
    with key.seed() as seed:
        return _of_mlkem_and_scalar(hashlib.shake_256(seed.view()).digest(64 + 48))


@without_frames
def _of_mlkem_and_scalar(expanded: bytes) -> hpke.MLKEM1024P384PrivateKey:
    size = ROWS["ML-KEM-1024"].seed_bytes
    with memoryview(expanded) as halves:
        return hpke.MLKEM1024P384PrivateKey(
            mlkem.MLKEM1024PrivateKey.from_seed_bytes(halves[:size]),
            ec.derive_private_key(int.from_bytes(halves[size:], "big"), ec.SECP384R1()),
        )


def _check_hybrid(parameter_set: ParameterSet) -> None:
    if parameter_set != "MLKEM1024-P384":
        raise UnsupportedError(f"cryptography has no class for {parameter_set} keys")


def xwing_public_key(key: Any) -> hpke.MLKEM768X25519PublicKey:
    """Return a public key of X-Wing, made of an ML-KEM-768 key and an X25519 key (5.2 of the draft)."""
    encoded, size = key.public_bytes(), ROWS["ML-KEM-768"].public_key_bytes
    return hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(encoded[:size]),
        x25519.X25519PublicKey.from_public_bytes(encoded[size:]),
    )


def xwing_private_key(key: Any) -> hpke.MLKEM768X25519PrivateKey:
    """Return a private key of X-Wing; SHAKE256 of its seed makes both halves (5.2 of the draft)."""
    with key.seed() as seed:
        return _of_halves(hashlib.shake_256(seed.view()).digest(96))


@without_frames
def _of_halves(expanded: bytes) -> hpke.MLKEM768X25519PrivateKey:
    size = ROWS["ML-KEM-768"].seed_bytes
    with memoryview(expanded) as halves:
        return hpke.MLKEM768X25519PrivateKey(
            mlkem.MLKEM768PrivateKey.from_seed_bytes(halves[:size]),
            x25519.X25519PrivateKey.from_private_bytes(halves[size:]),
        )


def set_of(key: object, parameter_sets: type[ParameterSet], kind: Kind) -> ParameterSet:
    """Return the parameter set of a key of `cryptography`, if it is among these.

    Raises:
        TypeError: the object is not a key of this kind.
    """
    classes = {each: class_of(each, kind) for each in parameter_sets}
    for each, theirs in classes.items():
        # A class registered under theirs, such as a class for keys in hardware, may not return the bytes.
        if theirs is not None and isinstance(key, theirs) and hasattr(key, _RAW[kind]):
            return each
    expected = " or ".join(theirs.__name__ for theirs in classes.values() if theirs is not None)
    raise TypeError(f"key must be {expected} of cryptography, not {type(key).__name__}")
