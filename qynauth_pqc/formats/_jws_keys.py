"""Keys that the libraries for JWS take: our own, and in JWK, PEM or DER, private or public."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from qynauth_pqc._buffers import lend, without_frames
from qynauth_pqc._ffi import lib
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.formats import _jwk, key_kind, load_private_key, load_public_key
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc._buffers import BytesLike

Key: TypeAlias = "MLDSAPrivateKey | MLDSAPublicKey"


def from_jwk(jwk: Mapping[str, object] | str | BytesLike) -> Key:
    """Load a key from JWK: a private one if it has priv. Raises what `from_jwk()` of both classes does."""
    lent = lend(jwk, "JWK")
    del jwk
    members = without_frames(lambda: lend(_jwk.parse(lent.data), "JWK"))
    kind: type[MLDSAPrivateKey | MLDSAPublicKey] = MLDSAPrivateKey if "priv" in members.data else MLDSAPublicKey
    return kind.from_jwk(members)


def from_pem_or_der(data: BytesLike, password: BytesLike | None = None) -> Key:
    """Load a key from PKCS#8 or SubjectPublicKeyInfo."""
    encoded, secret = lend(data, "key"), lend(password, "password")
    del data, password
    public = secret.data is None and key_kind(encoded) == lib.PQC_KEY_KIND_PUBLIC
    key = load_public_key(encoded) if public else load_private_key(encoded, secret)
    if not isinstance(key, (MLDSAPrivateKey, MLDSAPublicKey)):
        raise UnsupportedError(f"expected an ML-DSA key, got an {key.parameter_set} key")
    return key
