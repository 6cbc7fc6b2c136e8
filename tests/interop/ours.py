"""This library's side: the parameter sets, and keys in every form."""

from __future__ import annotations

import json
from typing import Any, TypeAlias, cast

from qynauth_pqc import (
    CompositeParameterSet,
    CompositePrivateKey,
    CompositePublicKey,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SLHDSAParameterSet,
    SLHDSAPrivateKey,
    SLHDSAPublicKey,
    XWingPrivateKey,
    XWingPublicKey,
    load_private_key,
    load_public_key,
)
from qynauth_pqc.integrations import jose_slhdsa

__all__ = [
    "COMPOSITE_SETS",
    "DSA_SETS",
    "KEM_SETS",
    "ONE_FORM",
    "PASSWORD",
    "PRIVATE_FORMS",
    "PRIVATE_JWK",
    "PUBLIC_FORMS",
    "PUBLIC_JWK",
    "SETS",
    "SLHDSA_SETS",
    "XWING",
    "PrivateKey",
    "PublicKey",
    "essence",
    "forms",
    "generate",
    "prehash",
    "read_private",
    "read_public",
    "write_private",
    "write_public",
]

PrivateKey: TypeAlias = MLKEMPrivateKey | MLDSAPrivateKey | SLHDSAPrivateKey | XWingPrivateKey | CompositePrivateKey
PublicKey: TypeAlias = MLKEMPublicKey | MLDSAPublicKey | SLHDSAPublicKey | XWingPublicKey | CompositePublicKey

XWING = "X-Wing"
KEM_SETS = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024", XWING]
DSA_SETS = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
SLHDSA_SETS = [each.value for each in SLHDSAParameterSet]
COMPOSITE_SETS = [each.value for each in CompositeParameterSet]
SETS = [*KEM_SETS[:3], *DSA_SETS, XWING, *SLHDSA_SETS, *COMPOSITE_SETS]

PASSWORD = b"correct horse"
# Encoding, form and password of each kind of PKCS#8.
_PKCS8: dict[str, tuple[str, str, bytes | None]] = {
    "PKCS#8 seed": ("DER", "seed", None),
    "PKCS#8 expanded": ("DER", "expanded", None),
    "PKCS#8 both": ("DER", "both", None),
    "PKCS#8 seed, PEM": ("PEM", "seed", None),
    "PKCS#8 seed, encrypted PEM": ("PEM", "seed", PASSWORD),
    "PKCS#8 expanded, encrypted": ("DER", "expanded", PASSWORD),
}
# A composite has one form, and so has SLH-DSA.
_ONE_FORM_PKCS8: dict[str, tuple[str, str, bytes | None]] = {
    "PKCS#8": ("DER", "expanded", None),
    "PKCS#8, PEM": ("PEM", "expanded", None),
    "PKCS#8, encrypted": ("DER", "expanded", PASSWORD),
}
_SPKI = {"SPKI": "DER", "SPKI, PEM": "PEM"}
PRIVATE_FORMS = ["seed", "expanded", *_PKCS8]
ONE_FORM = [*_ONE_FORM_PKCS8]
PUBLIC_FORMS = ["public key", *_SPKI]
PRIVATE_JWK, PUBLIC_JWK = "private JWK", "public JWK"
_AKP = ("kty", "alg", "pub", "priv")

_KINDS: dict[str, tuple[type[PrivateKey], type[PublicKey]]] = {
    "ML-KEM": (MLKEMPrivateKey, MLKEMPublicKey),
    "ML-DSA": (MLDSAPrivateKey, MLDSAPublicKey),
    "SLH-DS": (SLHDSAPrivateKey, SLHDSAPublicKey),
    "X-Wing": (XWingPrivateKey, XWingPublicKey),
    **dict.fromkeys(("MLDSA4", "MLDSA6", "MLDSA8"), (CompositePrivateKey, CompositePublicKey)),
}


def forms(name: str) -> tuple[list[str], list[str]]:
    """Return the forms of private and of public keys that this library has for a set."""
    if name == XWING:
        return ["seed"], ["public key"]
    if name in COMPOSITE_SETS:
        return ONE_FORM, [*_SPKI]
    if name in SLHDSA_SETS:
        private, public = ([PRIVATE_JWK], [PUBLIC_JWK]) if name in jose_slhdsa.ALGORITHMS else ([], [])
        return ["seed", "expanded", *ONE_FORM, *private], [*PUBLIC_FORMS, *public]
    if name in DSA_SETS:
        return [*PRIVATE_FORMS, PRIVATE_JWK], [*PUBLIC_FORMS, PUBLIC_JWK]
    return PRIVATE_FORMS, PUBLIC_FORMS


def generate(name: Any) -> PrivateKey:
    """Make a key of any set."""
    return _KINDS[name[:6]][0].generate(name)


def prehash(name: str) -> str:
    """Return the hash function for digests: of RFC 9909, section 3, for a set of SLH-DSA."""
    if name not in SLHDSA_SETS:
        return "SHA-512"
    short = "128" in name
    return ("SHA-256" if short else "SHA-512") if "SHA2" in name else ("SHAKE128" if short else "SHAKE256")


def essence(form: str, data: bytes) -> bytes | dict[str, object]:
    """Return the bytes that every encoder writes alike: the members of RFC 9964 for JWK, otherwise all."""
    if form not in {PRIVATE_JWK, PUBLIC_JWK}:
        return data
    jwk = json.loads(data)
    return {name: jwk[name] for name in _AKP if name in jwk}


def write_private(key: PrivateKey, form: str) -> bytes:
    """Return a private key in a form."""
    if form == PRIVATE_JWK and isinstance(key, SLHDSAPrivateKey):
        return json.dumps(jose_slhdsa.to_jwk(key, experimental=jose_slhdsa.DRAFT)).encode()
    if form == PRIVATE_JWK and isinstance(key, MLDSAPrivateKey):
        return json.dumps(key.to_jwk()).encode()
    if form == "seed" or isinstance(key, XWingPrivateKey):  # it has only this form
        return bytes(key.seed())
    return bytes(key.private_bytes() if form == "expanded" else key.to_pkcs8(*(_PKCS8 | _ONE_FORM_PKCS8)[form]))


def read_private(name: Any, form: str, data: bytes) -> PrivateKey:
    """Load a private key in a form; it must be one of the set."""
    private, _ = _KINDS[name[:6]]
    if form == "seed" or private is XWingPrivateKey:
        assert not issubclass(private, CompositePrivateKey)
        return private.from_seed(data, name)
    if form == "expanded":
        return private.from_private_bytes(data, name)
    if form == PRIVATE_JWK:
        key = cast("PrivateKey", _read_jwk(name, data))
    else:
        key = cast("PrivateKey", load_private_key(data, (_PKCS8 | _ONE_FORM_PKCS8)[form][2]))
    if key.parameter_set != name:
        raise ValueError(key.parameter_set)
    return key


def _read_jwk(name: str, data: bytes) -> object:
    """Load a key from JWK, of ML-DSA or SLH-DSA."""
    if name in SLHDSA_SETS:
        return jose_slhdsa.from_jwk(data, experimental=jose_slhdsa.DRAFT)
    return (MLDSAPrivateKey if b'"priv"' in data else MLDSAPublicKey).from_jwk(data)


def write_public(key: PublicKey, form: str) -> bytes:
    """Return a public key in a form."""
    if form == PUBLIC_JWK and isinstance(key, SLHDSAPublicKey):
        return json.dumps(jose_slhdsa.to_jwk(key, experimental=jose_slhdsa.DRAFT)).encode()
    if form == PUBLIC_JWK and isinstance(key, MLDSAPublicKey):
        return json.dumps(key.to_jwk()).encode()
    if isinstance(key, XWingPublicKey) or form == "public key":
        return key.public_bytes()
    return key.to_spki(_SPKI[form])


def read_public(name: Any, form: str, data: bytes) -> PublicKey:
    """Load a public key in a form; it must be one of the set."""
    _, public = _KINDS[name[:6]]
    if form == "public key":
        return public.from_public_bytes(data, name)
    key = cast("PublicKey", _read_jwk(name, data) if form == PUBLIC_JWK else load_public_key(data))
    if key.parameter_set != name:
        raise ValueError(key.parameter_set)
    return key
