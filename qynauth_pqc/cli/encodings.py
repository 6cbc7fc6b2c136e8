"""The encodings of key files: recognising them, and writing and reading keys in each."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from qynauth_pqc._extras import extra
from qynauth_pqc._keys import jwk as _jwk
from qynauth_pqc._keys.akp import AKPPrivateKey, AKPPublicKey, cose_module
from qynauth_pqc._keys.parameter_sets import ROWS
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.refusals import is_encoded, key_kind
from qynauth_pqc.cli import table
from qynauth_pqc.cli.files import NewFile
from qynauth_pqc.cli.passwords import open_password
from qynauth_pqc.errors import InvalidKeyError, PasswordError, UnsupportedError
from qynauth_pqc.formats import load_private_key, load_public_key
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.native import lib
from qynauth_pqc.native.secret_bytes import join_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from qynauth_pqc.formats import AnyPrivateKey, AnyPublicKey
    from qynauth_pqc.native.secret_bytes import SecretBytes

ENCODINGS = ["pem", "der", "jwk", "cose", "raw"]
"""The encodings of written key files, the default first."""

LONGEST = max(_jwk.LONGEST, lib.PQC_MAXENCODEDKEYBYTES)
"""The longest file of a private key, in bytes."""

UNKNOWN = ""
"""The encoding of a file that does not name its algorithm: a raw key, or no key at all."""

_PEM, _CERTIFICATE = b"-----BEGIN ", b"-----BEGIN CERTIFICATE-----"
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
NOT_ENCRYPTED = "private key is not encrypted; omit --password-file"


def check_choice(algorithm: str, wanted: str | None, encoding: str, *, encrypted: bool) -> str:
    """Return the form of a private key, by default its first form; refuse an encoding that the key does not have."""
    kind, chosen = PrivateKey._loadable[ROWS[algorithm].algorithm]
    forms = kind._forms
    form: str = wanted or forms[0]
    packed = encoding in {"pem", "der"}
    if not chosen.oid and (encrypted or encoding != "raw"):
        msg = f"an {algorithm} key has no object identifier; use --format raw, without encryption."
    elif encrypted and not packed:
        msg = f"--format {encoding} cannot be encrypted; use --format pem or der."
    elif form not in forms:
        msg = f"an {algorithm} private key has the form {forms[0]} only; omit --form {form}."
    elif form == "both" and not packed:
        msg = f"--format {encoding} cannot hold both forms; use --format pem or der."
    elif encoding in {"jwk", "cose"} and not issubclass(kind, AKPPrivateKey):
        msg = f"--format {encoding} is for ML-DSA keys only (RFC 9964); use --format pem."
    elif encoding in {"jwk", "cose"} and form != "seed":
        msg = f"--format {encoding} holds the seed only; omit --form {form}, or use --format pem."
    else:
        return form
    raise click.UsageError(msg)


def encode_private_key(key: AnyPrivateKey, form: str, encoding: str, password: bytearray | bytes | None) -> SecretBytes:
    """Return a private key as the contents of a file."""
    if encoding in {"pem", "der"}:
        return key.to_pkcs8(encoding.upper(), form, password)
    if isinstance(key, AKPPrivateKey) and encoding != "raw":
        return key.to_cose_key() if encoding == "cose" else join_secret(_text(key.to_jwk()))
    return key.private_bytes() if form == "expanded" else key.seed()


def encode_public_key(key: AnyPublicKey, encoding: str) -> bytes:
    """Return a public key as the contents of a file, in an encoding of `ENCODINGS` that the key has."""
    if encoding in {"pem", "der"}:
        return key.to_spki(encoding.upper())
    if isinstance(key, AKPPublicKey) and encoding != "raw":
        return key.to_cose_key() if encoding == "cose" else _text(key.to_jwk())
    return key.public_bytes()


def _text(jwk: dict[str, str]) -> bytes:
    return (json.dumps(jwk) + "\n").encode("ascii")


def private_file(path: str, form: str, encoding: str, secret: memoryview, *, encrypted: bool) -> NewFile:
    """Return the file of an encoded private key, with a description."""
    words = [form, encoding if encoding == "raw" else encoding.upper(), *(["encrypted"] if encrypted else [])]
    return NewFile(f"private key ({', '.join(words)})", path, secret, secret=True)


def encoding_of(data: bytes | bytearray) -> str:
    """Return the encoding that a key file seems to be in, "pkix" for PEM and DER, or `UNKNOWN`.

    PEM is certain. A raw key may begin like any of the other encodings, and then does not load.
    """
    if _CERTIFICATE in data:
        return "certificate"
    if _OPENSSH in data:
        return "openssh"
    if _PEM in data or is_encoded(data):
        return "pkix"
    return next((encoding for encoding, start in _STARTS.items() if re.match(start, data)), UNKNOWN)


_STARTS = {"jwk": rb"\s*\{", "cose": rb"[\xa0-\xbf]", "certificate": rb"\x30\x82", "openssh": rb"(ssh|ecdsa|sk)-"}


def may_be_raw(data: bytes | bytearray) -> bool:
    """Return whether a key file can be a raw key: any file except PEM can."""
    return _PEM not in data


def kind_in(data: bytearray) -> int:
    """Return the `PQC_KEY_KIND_*` that PKCS#8, SubjectPublicKeyInfo, JWK, COSE_Key or OpenSSH show, 0 for others."""
    encoding = encoding_of(data)
    if encoding in {"jwk", "cose"}:
        private = "priv" in _jwk.parse(data) if encoding == "jwk" else cose_module().is_private(data)
        return lib.PQC_KEY_KIND_PRIVATE if private else lib.PQC_KEY_KIND_PUBLIC  # type: ignore[no-any-return]
    if encoding == "openssh":
        return lib.PQC_KEY_KIND_PRIVATE if _OPENSSH in data else lib.PQC_KEY_KIND_PUBLIC  # type: ignore[no-any-return]
    return key_kind(data) if encoding == "pkix" else 0


def openssh_keys() -> ModuleType:
    """Return the module for keys of OpenSSH."""
    module = table.load(table.KEY_FILES, "openssh")
    if module is None:
        raise UnsupportedError("expected a key in another format: qynauth_pqc.ssh, which reads OpenSSH keys, is absent")
    return module


def decode_public_key(data: bytes | bytearray) -> AnyPublicKey:
    """Load a public key from a certificate, or in an encoding that names its algorithm."""
    encoding = encoding_of(data)
    if encoding == "certificate":
        return _certificate_key(bytes(data))
    if encoding == "jwk":
        return MLDSAPublicKey.from_jwk(data)
    if encoding == "cose":
        return MLDSAPublicKey.from_cose_key(data)
    if encoding == "openssh" and _OPENSSH not in data:
        openssh = openssh_keys()
        return openssh.composite_key(openssh.load_public_key(data))  # type: ignore[no-any-return]
    with _checked(data, "public key"):
        return load_public_key(data)


def decode_private_key(data: bytearray, path: str, password_file: str | None) -> AnyPrivateKey:
    """Load a private key in an encoding that names its algorithm."""
    encoding = encoding_of(data)
    if encoding == "certificate":
        raise InvalidKeyError("expected a private key, got a certificate; check --key")
    if _OPENSSH in data:
        openssh = openssh_keys()
        return openssh.composite_key(openssh.load_private_key(data, path, password_file))  # type: ignore[no-any-return]
    if encoding not in {"jwk", "cose"}:
        with _checked(data, "private key"), _password(data, path, password_file) as password:
            return load_private_key(data, password)
    if password_file is not None:
        raise PasswordError(NOT_ENCRYPTED)
    return MLDSAPrivateKey.from_jwk(data) if encoding == "jwk" else MLDSAPrivateKey.from_cose_key(data)


@contextmanager
def _checked(data: bytes | bytearray, what: str) -> Iterator[None]:
    """Report, in the words of the command line, that PEM or DER is not the expected kind of key."""
    kind = key_kind(data)
    if kind and (kind == lib.PQC_KEY_KIND_PUBLIC) != (what == "public key"):
        found = "private key" if what == "public key" else "public key"
        raise InvalidKeyError(f"expected a {what}, got a {found}; check --key")
    try:
        yield
    except InvalidKeyError as error:
        if kind:
            raise
        raise InvalidKeyError(f"not a {what} in PEM, or damaged; check --key") from error
    except UnsupportedError as error:  # the command line has no such option, and keeps the default limit
        message = str(error).replace("; pass max_kdf_cost=", "; open it in Python with max_kdf_cost=")
        raise UnsupportedError(message) from error


def _password(
    data: bytearray, path: str, password_file: str | None
) -> AbstractContextManager[bytearray | bytes | None]:
    kind = key_kind(data)
    if kind == lib.PQC_KEY_KIND_ENCRYPTED:
        return open_password(path, password_file)
    if kind == lib.PQC_KEY_KIND_PRIVATE and password_file is not None:
        raise PasswordError(NOT_ENCRYPTED)
    return nullcontext()


def _certificate_key(data: bytes) -> AnyPublicKey:
    """Return the public key of a certificate in PEM or DER, without checking the certificate's signature."""
    with extra("x509", "reading a certificate needs {}", "cryptography"):
        from cryptography import x509  # the command line must work without the extra

        from qynauth_pqc.integrations.x509 import UNREADABLE, public_key  # see above
    load = x509.load_pem_x509_certificate if _CERTIFICATE in data else x509.load_der_x509_certificate
    try:
        certificate = load(data)
    except UNREADABLE as error:
        raise InvalidKeyError("not a certificate in PEM or DER; check that the file is complete") from error
    return public_key(certificate)
