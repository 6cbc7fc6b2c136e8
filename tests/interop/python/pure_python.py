"""The packages dilithium-py and kyber-py, written in Python for learning and for tests."""

from __future__ import annotations

import secrets
from importlib.metadata import version
from typing import Any

from dilithium_py.ml_dsa import default_parameters as dsa_sets
from dilithium_py.ml_dsa import pkcs as dsa_pkcs
from kyber_py.ml_kem import default_parameters as kem_sets
from kyber_py.ml_kem import pkcs as kem_pkcs

from interop.python.lines import Absent, Request, Result, serve


def of(name: str) -> tuple[Any, Any, str, str]:
    """Return a set's object, its module for files, and its names for private and public keys."""
    attribute = name.replace("-", "_")
    if name.startswith("ML-DSA"):
        return getattr(dsa_sets, attribute), dsa_pkcs, "sk", "pk"
    return getattr(kem_sets, attribute), kem_pkcs, "dk", "ek"


def encoding(form: str) -> str:
    """Return the encoding of a form, as the functions of the modules for files would have it in their names."""
    return next((each.lower() for each in ("JWK", "PEM") if each in form), "der")


def load_private(request: Request) -> tuple[bytes, bytes | None]:
    """Return an expanded private key, and its seed where that is known."""
    name, form, key = request.set, request.form, request.key
    scheme, pkcs, word, _ = of(name)
    if form == "seed":
        return scheme.key_derive(key)[1], key
    if form == "expanded":
        return key, None
    if "encrypted" in form:
        raise Absent(form)
    _, expanded, seed, _ = getattr(pkcs, f"{word}_from_{encoding(form)}")(key)
    return expanded, seed


def load_public(request: Request) -> bytes:
    """Return a public key."""
    name, form, key = request.set, request.form, request.key
    _, pkcs, _, word = of(name)
    if form == "public key":
        return key
    return getattr(pkcs, f"{word}_from_{encoding(form)}")(key)[1]  # type: ignore[no-any-return]


def dump_private(name: str, keys: tuple[bytes, bytes | None], form: str) -> bytes:
    """Write a private key."""
    scheme, pkcs, word, _ = of(name)
    expanded, seed = keys
    if "encrypted" in form:
        raise Absent(form)
    if form == "seed" and seed is not None:
        return seed
    if form == "expanded":
        return expanded
    parts = form.removeprefix("PKCS#8 ").removesuffix(", PEM")
    return getattr(pkcs, f"{word}_to_{encoding(form)}")(scheme, expanded, seed, parts)  # type: ignore[no-any-return]


def dump_public(name: str, key: bytes, form: str) -> bytes:
    """Write a public key."""
    scheme, pkcs, _, word = of(name)
    if form == "public key":
        return key
    return getattr(pkcs, f"{word}_to_{encoding(form)}")(scheme, key)  # type: ignore[no-any-return]


def about(_: Request) -> Result:
    """Return the name and version of this implementation."""
    return {"version": ", ".join(f"{package} {version(package)}" for package in ("dilithium-py", "kyber-py"))}


def generate(request: Request) -> Result:
    """Make a key pair."""
    scheme = of(request.set)[0]
    seed = secrets.token_bytes(32 if request.set.startswith("ML-DSA") else 64)
    public_key, expanded = scheme.key_derive(seed)
    return {
        "private": dump_private(request.set, (expanded, seed), request.private),
        "public": dump_public(request.set, public_key, request.public),
    }


def encapsulate(request: Request) -> Result:
    """Make a secret and its ciphertext."""
    scheme, public_key = of(request.set)[0], load_public(request)
    if request.randomness:
        secret, ciphertext = scheme._encaps_internal(public_key, request.randomness)
    else:
        secret, ciphertext = scheme.encaps(public_key)
    return {"ciphertext": ciphertext, "secret": secret}


def decapsulate(request: Request) -> Result:
    """Recover a secret."""
    return {"secret": of(request.set)[0].decaps(load_private(request)[0], request.ciphertext)}


def sign(request: Request) -> Result:
    """Sign."""
    private_key, _ = load_private(request)
    return {"signature": of(request.set)[0].sign(private_key, request.message, request.context, request.deterministic)}


def verify(request: Request) -> Result:
    """Return whether a signature is valid."""
    return {
        "valid": of(request.set)[0].verify(load_public(request), request.message, request.signature, request.context)
    }


def hashing(request: Request) -> Any:
    """Return the object of HashML-DSA with SHA-512."""
    return getattr(dsa_sets, f"HASH_{request.set.replace('-', '_')}_WITH_SHA512")


def sign_digest(request: Request) -> Result:
    """Sign a digest."""
    private_key, _ = load_private(request)
    return {"signature": hashing(request).sign(private_key, request.message, request.context)}


def verify_digest(request: Request) -> Result:
    """Return whether a signature of a digest is valid."""
    public_key = load_public(request)
    return {"valid": hashing(request).verify(public_key, request.message, request.signature, request.context)}


serve(
    {
        "about": about,
        "generate": generate,
        "encapsulate": encapsulate,
        "decapsulate": decapsulate,
        "sign": sign,
        "verify": verify,
        "sign_digest": sign_digest,
        "verify_digest": verify_digest,
    }
)
