"""Keys as the libraries for JWS are given them: our own, and in JWK, PEM or DER, private or public."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from qynauth_pqc import _jwk
from qynauth_pqc._ffi import lib
from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.formats import key_kind, load_private_key, load_public_key
from qynauth_pqc.mldsa import MLDSAPrivateKey, MLDSAPublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc._buffers import BytesLike

__all__ = ["Key", "from_jwk", "from_pem_or_der"]

Key: TypeAlias = "MLDSAPrivateKey | MLDSAPublicKey"


def from_jwk(jwk: Mapping[str, object] | str | BytesLike) -> Key:
    """Load a key from JWK: a private one if it has priv. Raises what `from_jwk()` of both classes does."""
    members = _jwk.parse(jwk)
    return MLDSAPrivateKey.from_jwk(members) if "priv" in members else MLDSAPublicKey.from_jwk(members)


def from_pem_or_der(data: BytesLike, password: BytesLike | None = None) -> Key:
    """Load a key from PKCS#8 or SubjectPublicKeyInfo.

    Raises:
        UnsupportedError: it is a key of ML-KEM.
        PQCError: as `load_private_key` and `load_public_key` do.
    """
    public = password is None and key_kind(data) == lib.PQC_KEY_KIND_PUBLIC
    key = load_public_key(data) if public else load_private_key(data, password)
    if not isinstance(key, (MLDSAPrivateKey, MLDSAPublicKey)):
        msg = f"expected an ML-DSA key, got one of {key.parameter_set}"
        raise UnsupportedError(msg)
    return key
