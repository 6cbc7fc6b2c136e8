"""The keys of a ring: making and importing them, and the files of private keys, which are encrypted PKCS#8 in PEM."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from qynauth_pqc import CompositePrivateKey, CompositePublicKey, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.auth._manifest import KeyState, RingKey
from qynauth_pqc.auth._private_keys import LOAD_ERRORS, load_private, load_public, public_members
from qynauth_pqc.auth._public_keys import thumbprint
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.errors import PQCError
from qynauth_pqc.extend import check_jwk_purpose, extra, input_memory, parse_jwk, without_frames

with extra("auth"):
    from cryptography.hazmat import asn1
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
    from cryptography.x509 import ObjectIdentifier

if TYPE_CHECKING:
    from datetime import datetime

    from qynauth_pqc import SecretBytes
    from qynauth_pqc.auth._private_keys import PrivateKey, PublicKey
    from qynauth_pqc.auth.algorithms import Algorithm
    from qynauth_pqc.extend import BytesLike

ROUNDS = 1000
"""The iterations of PBKDF2 in written files: the least that RFC 8018, 4.2, and the FIPS module of OpenSSL accept.

The password of the files has 256 bits from scrypt, so more iterations would add no protection, and each process would
wait for them before its first token.
"""

_PBES2, _PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.13"), ObjectIdentifier("1.2.840.113549.1.5.12")
_HMAC_SHA256, _AES256_CBC = ObjectIdentifier("1.2.840.113549.2.9"), ObjectIdentifier("2.16.840.1.101.3.4.1.42")
_BLOCK = 16


@asn1.sequence
class _Algorithm:
    """An algorithm (RFC 5280, 4.1.1.2)."""

    identifier: ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _PBKDF2Parameters:
    """RFC 8018, A.2."""

    salt: bytes
    iterations: int
    prf: _Algorithm


@asn1.sequence
class _PBES2Parameters:
    """RFC 8018, A.4."""

    derivation: _Algorithm
    encryption: _Algorithm


@asn1.sequence
class _EncryptedPrivateKeyInfo:
    """RFC 5958, 3."""

    encryption: _Algorithm
    data: bytes


def _algorithm(identifier: ObjectIdentifier, parameters: object) -> _Algorithm:
    return _Algorithm(identifier=identifier, parameters=asn1.decode_der(asn1.TLV, asn1.encode_der(parameters)))


def ring_key(
    algorithm: Algorithm, key: PrivateKey | PublicKey, kid: str | None, password: SecretBytes, now: datetime
) -> tuple[RingKey, bytes]:
    """Return a next key, and its file, which is empty for a remote key.

    Args:
        algorithm: its algorithm.
        key: the private key, or the public key of a remote key.
        kid: its name; None for its thumbprint.
        password: the password of the files of the ring.
        now: when it enters the published set.
    """
    members = public_members(key)
    own = thumbprint(members)
    name = own if kid is None else kid
    jwk = MappingProxyType({**members, "kid": name, "alg": algorithm.name, "use": "sig"})
    data = b"" if isinstance(key, (MLDSAPublicKey, CompositePublicKey)) else encrypted(key, password)
    digest = hashlib.sha256(data).hexdigest() if data else None
    return RingKey(name, algorithm.name, KeyState.NEXT, now, None, None, None, own, jwk, digest), data


def imported(
    algorithm: Algorithm, value: Mapping[str, object] | str | BytesLike, password: BytesLike | None, *, remote: bool
) -> tuple[PrivateKey | PublicKey, object]:
    """Return a private key of another program, and its kid: from PEM, from a JWK, or from its JSON.

    For a remote key, it is the public key.

    Raises:
        KeyRingError: it is no such key of the algorithm, is for another purpose, or the password is wrong.
    """
    try:
        return _imported(algorithm, value, password, remote)
    except LOAD_ERRORS as error:
        what = f"expected a private key for {algorithm.name} in PEM or as JWK, and its password if it is encrypted"
        if remote:
            what = f"expected the public key of a remote key for {algorithm.name}, in PEM or as JWK"
        raise KeyRingError(f"{what}: {error}" if isinstance(error, PQCError) else what) from None  # others may show it


@without_frames
def _imported(
    algorithm: Algorithm,
    value: Mapping[str, object] | str | BytesLike,
    password: BytesLike | None,
    remote: bool,  # noqa: FBT001 - like the function above
) -> tuple[PrivateKey | PublicKey, object]:
    data, kid = value, None
    if not isinstance(data, Mapping):
        data = bytes(input_memory(data, "key"))
        data = parse_jwk(data) if data.lstrip().startswith(b"{") else data
    if isinstance(data, Mapping):
        check_jwk_purpose(data, "verify" if remote else "sign")
        if data.get("alg", algorithm.name) != algorithm.name:
            raise KeyRingError("its alg is another")
        kid, data = data.get("kid"), {name: data[name] for name in data if name not in ("use", "key_ops", "kid")}
        is_other = (("priv" if algorithm.key_type == "AKP" else "d") in data) is remote
    else:
        is_other = (b"PRIVATE KEY-----" if remote else b"PUBLIC KEY-----") in data
    if is_other:
        raise KeyRingError("it is private" if remote else "it is public")
    if not remote:
        return load_private(algorithm, data, password), kid
    if password is not None:
        raise KeyRingError("a public key has no password")
    return load_public(algorithm, data), kid


@without_frames
def encrypted(key: PrivateKey, password: SecretBytes) -> bytes:
    """Return the file of a private key: an EncryptedPrivateKeyInfo (RFC 5958, 3) with PBES2 (RFC 8018, 6.2) in PEM.

    Keys of this library use AES-256-CBC and PBKDF2-HMAC-SHA-256, as `to_pkcs8` does, with fewer iterations.
    `cryptography` writes classical keys, with 2048 iterations.
    """
    if not isinstance(key, (MLDSAPrivateKey, CompositePrivateKey)):
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(bytes(password)))
    salt, start = os.urandom(16), os.urandom(_BLOCK)
    with key.to_pkcs8("DER") as plain:
        cipher = Cipher(AES256(hashlib.pbkdf2_hmac("sha256", password.view(), salt, ROUNDS)), CBC(start)).encryptor()
        left = _BLOCK - len(plain) % _BLOCK
        data = cipher.update(plain.view()) + cipher.update(bytes([left]) * left) + cipher.finalize()
    kdf = _PBKDF2Parameters(salt=salt, iterations=ROUNDS, prf=_algorithm(_HMAC_SHA256, asn1.Null()))
    scheme = _PBES2Parameters(derivation=_algorithm(_PBKDF2, kdf), encryption=_algorithm(_AES256_CBC, start))
    text = base64.b64encode(asn1.encode_der(_EncryptedPrivateKeyInfo(encryption=_algorithm(_PBES2, scheme), data=data)))
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    label = b"ENCRYPTED PRIVATE KEY-----\n"
    return b"\n".join((b"-----BEGIN " + label[:-1], *lines, b"-----END " + label))
