"""OpenSSL as the package `cryptography` offers it. X-Wing is there inside HPKE only, its keys as two components."""

from __future__ import annotations

import hashlib
from typing import Any

import cryptography
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem, x25519

from interop.python.lines import PASSWORD, Absent, Request, Result, serve

SPKI, PKCS8 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()


def class_of(name: str, kind: str) -> Any:
    """Return the class of a set's private or public keys, if the package has one."""
    if name == "X-Wing":
        return getattr(hpke, f"MLKEM768X25519{kind}")
    return getattr(mldsa if name.startswith("ML-DSA") else mlkem, name.replace("-", "") + kind)


def load_private(request: Request) -> Any:
    """Load a private key."""
    name, form, key = request.set, request.form, request.key
    if name == "X-Wing":
        # The seed is expanded here, as 5.2 of the draft says: the package takes the two keys that come of it.
        components = hashlib.shake_256(key).digest(96)
        return hpke.MLKEM768X25519PrivateKey(
            mlkem.MLKEM768PrivateKey.from_seed_bytes(components[:64]),
            x25519.X25519PrivateKey.from_private_bytes(components[64:]),
        )
    if form in {"seed", "expanded"}:
        return class_of(name, "PrivateKey").from_seed_bytes(key)
    load = serialization.load_pem_private_key if "PEM" in form else serialization.load_der_private_key
    return load(key, PASSWORD if "encrypted" in form else None)


def load_public(request: Request) -> Any:
    """Load a public key."""
    name, form, key = request.set, request.form, request.key
    if name == "X-Wing":
        return hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(key[:1184]),
            x25519.X25519PublicKey.from_public_bytes(key[1184:]),
        )
    if form == "public key":
        return class_of(name, "PublicKey").from_public_bytes(key)
    return (serialization.load_pem_public_key if "PEM" in form else serialization.load_der_public_key)(key)


def encoding(form: str) -> serialization.Encoding:
    """Return the encoding of a form, if the package has it."""
    name = next((each for each in ("JWK", "PEM") if each in form), "DER")
    return getattr(serialization.Encoding, name)  # type: ignore[no-any-return]


def dump(key: Any, form: str) -> bytes:
    """Write a key."""
    if form == "seed":
        return key.private_bytes_raw()  # type: ignore[no-any-return]
    if form == "public key":
        return key.public_bytes_raw()  # type: ignore[no-any-return]
    if form == "expanded":
        raise Absent(form)
    if form.startswith(("SPKI", "public")):
        return key.public_bytes(encoding(form), SPKI)  # type: ignore[no-any-return]
    protection = serialization.BestAvailableEncryption(PASSWORD) if "encrypted" in form else PLAIN
    return key.private_bytes(encoding(form), PKCS8, protection)  # type: ignore[no-any-return]


def about(_: Request) -> Result:
    """Return the name and version of this implementation."""
    return {"version": f"cryptography {cryptography.__version__}, {backend.openssl_version_text().rsplit(' ', 3)[0]}"}


def generate(request: Request) -> Result:
    """Make a key pair."""
    key = class_of(request.set, "PrivateKey").generate()
    return {"private": dump(key, request.private), "public": dump(key.public_key(), request.public)}


def encapsulate(request: Request) -> Result:
    """Make a secret and its ciphertext."""
    if request.randomness:
        raise Absent(request.op)
    secret, ciphertext = load_public(request).encapsulate()
    return {"ciphertext": ciphertext, "secret": secret}


def decapsulate(request: Request) -> Result:
    """Recover a secret."""
    return {"secret": load_private(request).decapsulate(request.ciphertext)}


def sign(request: Request) -> Result:
    """Sign."""
    if request.deterministic:
        raise Absent(request.op)
    return {"signature": load_private(request).sign(request.message, request.context)}


def verify(request: Request) -> Result:
    """Return whether a signature is valid."""
    try:
        load_public(request).verify(request.signature, request.message, request.context)
    except InvalidSignature:
        return {"valid": False}
    return {"valid": True}


def suite(name: str) -> hpke.Suite:
    """Return the suite of HPKE with a set as its KEM, if there is one."""
    kem = getattr(hpke.KEM, {"X-Wing": "MLKEM768_X25519"}.get(name, name.replace("-", "")))
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)


def seal(request: Request) -> Result:
    """Encrypt with HPKE."""
    return {"sealed": suite(request.set).encrypt(request.message, load_public(request), info=request.info)}


def open_sealed(request: Request) -> Result:
    """Decrypt with HPKE."""
    return {"message": suite(request.set).decrypt(request.sealed, load_private(request), info=request.info)}


serve(
    {
        "about": about,
        "generate": generate,
        "encapsulate": encapsulate,
        "decapsulate": decapsulate,
        "sign": sign,
        "verify": verify,
        "seal": seal,
        "open": open_sealed,
    }
)
