"""The encodings of key files: which one a file is in, and how keys get into and out of each."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from qynauth_pqc import formats
from qynauth_pqc._buffers import join_secret
from qynauth_pqc._ffi import lib
from qynauth_pqc.cli.files import NewFile
from qynauth_pqc.cli.passwords import password_from, typed_password
from qynauth_pqc.errors import InvalidKeyError, PasswordError, PQCError, UnsupportedError
from qynauth_pqc.formats import _jwk
from qynauth_pqc.formats._akp import cose_module
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.xwing import XWingPrivateKey, XWingPublicKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from qynauth_pqc._buffers import SecretBytes
    from qynauth_pqc.mlkem import MLKEMPrivateKey, MLKEMPublicKey

    PrivateKey: TypeAlias = "MLKEMPrivateKey | MLDSAPrivateKey | XWingPrivateKey"
    PublicKey: TypeAlias = "MLKEMPublicKey | MLDSAPublicKey | XWingPublicKey"

ENCODINGS = ["raw", "pem", "der", "jwk", "cose"]
"""What a key file can be written in."""

LONGEST = max(_jwk.LONGEST, lib.PQC_MAXENCODEDKEYBYTES)
"""The longest file of a key, in bytes."""

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def check_choice(algorithm: str, form: str, encoding: str, *, encrypted: bool) -> None:
    """Refuse an encoding that such a key does not have."""
    packed = encoding in {"pem", "der"}
    if not packed and (encrypted or form == "both"):
        msg = "--encrypt, --password-file and --form both need --format pem or der."
    elif algorithm == "X-Wing" and (encoding != "raw" or form != "seed"):
        msg = "a key of X-Wing is a raw seed: it has no --format and no --form."
    elif encoding in {"jwk", "cose"} and not algorithm.startswith("ML-DSA"):
        msg = f"--format {encoding} is for keys of ML-DSA (RFC 9964)."
    elif encoding in {"jwk", "cose"} and form != "seed":
        msg = f"--format {encoding} holds a private key as its seed: it has no --form."
    else:
        return
    raise click.UsageError(msg)


def encode_private_key(key: PrivateKey, form: str, encoding: str, password: bytearray | bytes | None) -> SecretBytes:
    """Return a private key as it goes into a file."""
    if not isinstance(key, XWingPrivateKey) and encoding in {"pem", "der"}:
        return key.to_pkcs8(encoding.upper(), form, password)
    if isinstance(key, MLDSAPrivateKey) and encoding != "raw":
        return key.to_cose_key() if encoding == "cose" else join_secret(_text(key.to_jwk()))
    return key.private_bytes() if form == "expanded" and not isinstance(key, XWingPrivateKey) else key.seed()


def encode_public_key(key: PublicKey, encoding: str) -> bytes:
    """Return a public key as it goes into a file, in one of `ENCODINGS`, which the key has."""
    if not isinstance(key, XWingPublicKey) and encoding in {"pem", "der"}:
        return key.to_spki(encoding.upper())
    if isinstance(key, MLDSAPublicKey) and encoding != "raw":
        return key.to_cose_key() if encoding == "cose" else _text(key.to_jwk())
    return key.public_bytes()


def _text(jwk: dict[str, str]) -> bytes:
    return (json.dumps(jwk) + "\n").encode("ascii")


def private_file(path: str, form: str, encoding: str, secret: memoryview, *, encrypted: bool) -> NewFile:
    """Return the file of an encoded private key, with a description."""
    words = [form, *([] if encoding == "raw" else [encoding.upper()]), *(["encrypted"] if encrypted else [])]
    return NewFile(f"private key ({', '.join(words)})", path, secret, secret=True)


def encoding_of(data: bytes | bytearray, *, raw_size: bool) -> str:
    """Return the encoding of a key file: "raw", "pkix" for PEM and DER, "certificate", "jwk" or "cose"."""
    if _CERTIFICATE in data:
        return "certificate"
    if formats.is_encoded(data):
        return "pkix"
    for encoding, start, load in _TRIALS:
        if re.match(start, data) and not (raw_size and _fails(load, data)):
            return encoding
    return "raw"


def _fails(load: Callable[[Any], object], data: bytes | bytearray) -> bool:
    try:
        load(data)
    except PQCError:
        return True
    return False


def holds_private_key(data: bytearray, encoding: str) -> bool:
    """Return whether a file in an encoding that names the algorithm is a private key."""
    if encoding == "jwk":
        return "priv" in _jwk.parse(data)
    if encoding == "cose":
        return cose_module().is_private(data)  # type: ignore[no-any-return]
    return encoding == "pkix" and formats.key_kind(data) != lib.PQC_KEY_KIND_PUBLIC


def decode_public_key(data: bytes, encoding: str) -> PublicKey:
    """Load a public key, of a certificate or in an encoding that says which algorithm it is of."""
    if encoding == "certificate":
        return _certificate_key(data)
    if encoding == "jwk":
        return MLDSAPublicKey.from_jwk(data)
    return MLDSAPublicKey.from_cose_key(data) if encoding == "cose" else formats.load_public_key(data)


def decode_private_key(data: bytearray, encoding: str, path: str, password_file: str | None) -> PrivateKey:
    """Load a private key in an encoding that says which algorithm it is of."""
    if encoding == "certificate":
        raise InvalidKeyError("expected a private key, got a certificate")
    if encoding == "pkix":
        with _password(data, path, password_file) as password:
            return formats.load_private_key(data, password)
    if password_file is not None:
        raise PasswordError("there is a password, but the private key is not encrypted")
    return MLDSAPrivateKey.from_jwk(data) if encoding == "jwk" else MLDSAPrivateKey.from_cose_key(data)


def _password(
    data: bytearray, path: str, password_file: str | None
) -> AbstractContextManager[bytearray | bytes | None]:
    if password_file is not None:
        return password_from(password_file)
    encrypted = formats.key_kind(data) == lib.PQC_KEY_KIND_ENCRYPTED
    return nullcontext(typed_password(path) if encrypted else None)


def _certificate_key(data: bytes) -> PublicKey:
    """Return the public key of a certificate in PEM or DER, whose signature is not looked at."""
    try:
        from cryptography import x509  # noqa: PLC0415 - the command line must work without the extra

        from qynauth_pqc.x509 import public_key  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        raise UnsupportedError("a certificate needs cryptography: pip install 'qynauth-pqc[x509]'") from error
    load = x509.load_pem_x509_certificate if _CERTIFICATE in data else x509.load_der_x509_certificate
    try:
        certificate = load(data)
    except ValueError as error:
        raise InvalidKeyError("not a certificate in PEM or DER") from error
    return public_key(certificate)


# How a file begins that is not PEM, and what must succeed where that can be chance.
_TRIALS: list[tuple[str, bytes, Callable[[Any], object]]] = [
    ("jwk", rb"\s*\{", _jwk.parse),
    ("cose", rb"[\xa0-\xbf]", lambda data: cose_module().parse(data)),
    ("certificate", rb"\x30\x82", lambda data: _certificate_key(bytes(data))),
]
