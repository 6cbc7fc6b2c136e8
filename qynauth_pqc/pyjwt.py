"""ML-DSA signatures for PyJWT (RFC 9964): JWS and JWT. Needs the extra `jose`: `pip install 'qynauth-pqc[jose]'`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jwt
from jwt.algorithms import Algorithm
from jwt.exceptions import InvalidKeyError

from qynauth_pqc._buffers import lend
from qynauth_pqc._key import member_of
from qynauth_pqc.errors import PQCError, expect
from qynauth_pqc.formats._jws_keys import from_jwk, from_pem_or_der
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey, is_valid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qynauth_pqc._buffers import Lent

__all__ = ["MLDSAAlgorithm", "register"]


class MLDSAAlgorithm(Algorithm):
    """An algorithm of PyJWT: ML-DSA with one parameter set, hedged, and with an empty context as RFC 9964 demands.

    Its keys are `MLDSAPrivateKey`, `MLDSAPublicKey`, and both in PEM that is not encrypted.

    >>> import jwt
    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> jws = jwt.PyJWS()
    >>> jws.register_algorithm("ML-DSA-65", MLDSAAlgorithm("ML-DSA-65"))
    >>> key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> token = jws.encode(b"payload", key, algorithm="ML-DSA-65")
    >>> jws.decode(token, key.public_key, algorithms=["ML-DSA-65"])
    b'payload'
    """

    def __init__(self, parameter_set: MLDSAParameterSet | str) -> None:
        """Make the algorithm of a parameter set."""
        self.parameter_set = member_of(MLDSAParameterSet, parameter_set)

    def prepare_key(self, key: object) -> MLDSAPrivateKey | MLDSAPublicKey:
        """Return the key that PyJWT passes on, if it is for this algorithm.

        Raises:
            jwt.exceptions.InvalidKeyError: it is not.
        """
        lent = lend(key, "key")
        del key
        if not isinstance(lent.data, (str, bytes, MLDSAPrivateKey, MLDSAPublicKey)):
            raise InvalidKeyError(f"expected an {self.parameter_set} key, got {type(lent.data).__name__}")
        loaded: MLDSAPrivateKey | MLDSAPublicKey
        loaded = _from_pem(lent) if isinstance(lent.data, (str, bytes)) else lent.data
        if loaded.parameter_set != self.parameter_set:
            raise InvalidKeyError(f"expected an {self.parameter_set} key, got one of {loaded.parameter_set}")
        return loaded

    def sign(self, msg: bytes, key: MLDSAPrivateKey | MLDSAPublicKey) -> bytes:
        """Return a signature.

        Raises:
            jwt.exceptions.InvalidKeyError: the key is a public one.
        """
        if isinstance(key, MLDSAPublicKey):
            raise InvalidKeyError("expected a private key, got a public one")
        expect(key, MLDSAPrivateKey, "key")
        return key.sign(msg)

    def verify(self, msg: bytes, key: MLDSAPrivateKey | MLDSAPublicKey, sig: bytes) -> bool:
        """Return whether a signature is valid; a private key stands for its public key."""
        expect(key, (MLDSAPrivateKey, MLDSAPublicKey), "key")
        public_key = key.public_key if isinstance(key, MLDSAPrivateKey) else key
        return is_valid(public_key, msg, sig)

    @staticmethod
    def to_jwk(key_obj: MLDSAPrivateKey | MLDSAPublicKey, as_dict: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyJWT's signature
        """Return a key as JWK: as JSON text, or as a dict."""
        expect(key_obj, (MLDSAPrivateKey, MLDSAPublicKey), "key_obj")
        jwk = key_obj.to_jwk()
        return jwk if as_dict else json.dumps(jwk)

    @staticmethod
    def from_jwk(jwk: str | Mapping[str, object]) -> MLDSAPrivateKey | MLDSAPublicKey:
        """Load a key from JWK: a private one if it has priv.

        Raises:
            jwt.exceptions.InvalidKeyError: it is not a JWK of an ML-DSA key.
        """
        lent = lend(jwk, "JWK")
        del jwk
        try:
            return from_jwk(lent)
        except PQCError as error:
            raise InvalidKeyError(str(error)) from error


def register() -> None:
    """Register "ML-DSA-44", "ML-DSA-65" and "ML-DSA-87" with PyJWT, once for the process.

    A `jwt.PyJWS()` of your own takes a `MLDSAAlgorithm` by its method `register_algorithm`.

    Raises:
        ValueError: PyJWT has such an algorithm already.
    """
    for parameter_set in MLDSAParameterSet:
        jwt.register_algorithm(parameter_set.value, MLDSAAlgorithm(parameter_set))


def _from_pem(lent: Lent) -> MLDSAPrivateKey | MLDSAPublicKey:
    try:
        return from_pem_or_der(lent.data.encode("utf-8", "surrogatepass") if isinstance(lent.data, str) else lent)
    except PQCError as error:
        raise InvalidKeyError(str(error)) from error
