"""ML-DSA signatures for PyJWT (RFC 9964): JWS and JWT. Needs the extra `jose`.

With `experimental="draft-ietf-jose-pq-composite-sigs-05"`, also the composite algorithms of this draft: see
`qynauth_pqc.integrations.jose_composite`.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.errors import PQCError, UnsupportedError, expect
from qynauth_pqc.integrations._jws_keys import (
    PRIVATE,
    PUBLIC,
    algorithm_named,
    from_jwk,
    from_pem_or_der,
    parameter_sets,
    public_of,
    to_jwk,
)
from qynauth_pqc.integrations.jose_composite import DRAFT
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.native.inputs import without_frames

with extra("jose"):
    import jwt
    import jwt.api_jwk
    from jwt.algorithms import Algorithm
    from jwt.exceptions import InvalidKeyError, PyJWTError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qynauth_pqc.integrations._jws_keys import Key

__all__ = ["MLDSAJWK", "MLDSAAlgorithm", "register", "unregister"]


class MLDSAAlgorithm(Algorithm):
    """An algorithm of PyJWT: ML-DSA with one parameter set, hedged, and with an empty context as RFC 9964 demands.

    Its keys are `MLDSAPrivateKey`, `MLDSAPublicKey`, and both in unencrypted PEM; with `experimental`, keys of a
    composite.

    >>> import jwt
    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> jws = jwt.PyJWS()
    >>> jws.register_algorithm("ML-DSA-65", MLDSAAlgorithm("ML-DSA-65"))
    >>> key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> token = jws.encode(b"payload", key, algorithm="ML-DSA-65")
    >>> jws.decode(token, key.public_key, algorithms=["ML-DSA-65"])
    b'payload'
    """

    def __init__(self, parameter_set: MLDSAParameterSet | str, *, experimental: str | None = None) -> None:
        """Make the algorithm of a parameter set.

        Args:
            parameter_set: the set of ML-DSA, or the name of an algorithm of JWS.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for a composite algorithm, by its name there.
        """
        self.parameter_set = algorithm_named(parameter_set, experimental)

    @without_frames
    def prepare_key(self, key: object) -> Key:
        """Return the key that PyJWT passes on, if it is for this algorithm.

        Raises:
            jwt.exceptions.InvalidKeyError: it is for another algorithm.
        """
        if not isinstance(key, (str, bytes, *PRIVATE, *PUBLIC)):
            raise InvalidKeyError(f"expected an {self.parameter_set} key, got {type(key).__name__}")
        loaded: Key = _from_pem(key) if isinstance(key, (str, bytes)) else key
        self._check_set(loaded)
        return loaded

    def _check_set(self, key: Key) -> None:
        """Refuse a key of another parameter set, even if PyJWT has not passed it through `prepare_key`."""
        if key.parameter_set != self.parameter_set:
            raise InvalidKeyError(f"expected an {self.parameter_set} key, got an {key.parameter_set} key")

    @without_frames
    def sign(self, msg: bytes, key: Key) -> bytes:
        """Return a signature.

        Raises:
            jwt.exceptions.InvalidKeyError: the key is public, or of another parameter set.
        """
        if isinstance(key, PUBLIC):
            raise InvalidKeyError("expected a private key, got a public key")
        expect(key, PRIVATE, "key")
        self._check_set(key)
        return key.sign(msg)

    @without_frames
    def verify(self, msg: bytes, key: Key, sig: bytes) -> bool:
        """Return whether a signature is valid; a private key verifies with its public key.

        Raises:
            jwt.exceptions.InvalidKeyError: the key is of another parameter set.
        """
        expect(key, (*PRIVATE, *PUBLIC), "key")
        self._check_set(key)
        return is_valid(public_of(key), msg, sig)

    @overload
    @staticmethod
    def to_jwk(key_obj: MLDSAPrivateKey | MLDSAPublicKey, as_dict: Literal[True]) -> dict[str, str]: ...

    @overload
    @staticmethod
    def to_jwk(key_obj: MLDSAPrivateKey | MLDSAPublicKey, as_dict: Literal[False] = False) -> str: ...  # noqa: FBT002 - PyJWT's signature

    @staticmethod
    @without_frames
    def to_jwk(key_obj: MLDSAPrivateKey | MLDSAPublicKey, as_dict: bool = False) -> dict[str, str] | str:  # noqa: FBT001, FBT002 - PyJWT's signature
        """Return a key as JWK: as JSON text, or as a dict."""
        expect(key_obj, (MLDSAPrivateKey, MLDSAPublicKey), "key_obj")
        jwk = key_obj.to_jwk()
        return jwk if as_dict else json.dumps(jwk)

    @staticmethod
    @without_frames
    def from_jwk(jwk: str | Mapping[str, object]) -> Key:
        """Load a key from JWK, a private key if it has priv.

        Raises:
            jwt.exceptions.InvalidKeyError: it is not a JWK of an ML-DSA key.
        """
        return _from_jwk(jwk, None)


class _CompositeAlgorithm(MLDSAAlgorithm):
    """An algorithm of the draft, for keys in JWK too: `jwt.PyJWK` passes only the JWK."""

    @staticmethod
    @without_frames
    def to_jwk(key_obj: Key, as_dict: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyJWT's signature
        jwk = to_jwk(key_obj, None, DRAFT)
        return jwk if as_dict else json.dumps(jwk)

    @staticmethod
    @without_frames
    def from_jwk(jwk: str | Mapping[str, object]) -> Key:
        return _from_jwk(jwk, DRAFT)


class MLDSAJWK(jwt.PyJWK):
    """A key of this library in the type that PyJWT's functions declare for keys, bound to its algorithm.

    PyJWT signs with the algorithm of the key if none is named, and refuses a token with another alg. A private key is
    not copied: `PyJWK` itself would hold it as text. Signing needs `register()`, verifying does not.

    >>> import jwt
    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> register()
    >>> key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> token = jwt.encode({"sub": "frodo"}, MLDSAJWK(key))
    >>> jwt.decode(token, MLDSAJWK(key.public_key))
    {'sub': 'frodo'}
    >>> unregister()
    """

    @without_frames
    def __init__(self, key: Key, kid: str | None = None, *, experimental: str | None = None) -> None:
        """Wrap a key.

        Args:
            key: the private or public key.
            kid: the name of the key, its `key_id`; by default its thumbprint.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, which a composite key needs.
        """
        if not isinstance(key, (*PRIVATE, *PUBLIC)):
            raise TypeError(f"key must be MLDSAPrivateKey or MLDSAPublicKey, not {type(key).__name__}")
        known = _algorithms(experimental)
        self._jwk_data = to_jwk(public_of(key), kid, experimental)
        self.algorithm_name = self._jwk_data["alg"]
        self.Algorithm = known[self.algorithm_name]
        self.key = key


def register(*, experimental: str | None = None) -> None:
    """Make PyJWT sign and verify with "ML-DSA-44", "ML-DSA-65" and "ML-DSA-87", for the whole process.

    A second call does nothing, unless it adds the composites. `jwt.encode` and `jwt.decode` get the algorithms by
    `jwt.register_algorithm`. PyJWT has no registry for keys in JWK, so `get_default_algorithms` is patched in
    `jwt.api_jwk`: then `jwt.PyJWK`, `jwt.PyJWKSet` and `jwt.PyJWKClient` keep ML-DSA keys. Objects of `jwt.PyJWS` and
    `jwt.PyJWT` that you make are not changed: pass an `MLDSAAlgorithm` to their `register_algorithm`.

    Args:
        experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for its composite algorithms too.

    Raises:
        UnsupportedError: PyJWT has another implementation of these algorithms, the patch has no effect in the installed
            version, or the draft is unknown. Nothing stays registered.
    """
    wanted = _algorithms(experimental)
    with _LOCK:
        foreign = [name for name in wanted if not isinstance(_algorithm(name), (MLDSAAlgorithm, type(None)))]
        if foreign:
            raise UnsupportedError(f"PyJWT {jwt.__version__} has another implementation of {foreign[0]}")
        for name, algorithm in wanted.items():
            if _algorithm(name) is None:
                jwt.register_algorithm(name, algorithm)
        _Defaults.ours = {**_Defaults.ours, **wanted}
        if not _makes_keys() and callable(original := getattr(jwt.api_jwk, _PATCHED, None)):
            setattr(jwt.api_jwk, _PATCHED, _Defaults(original))
        if not _makes_keys():
            _unregister()
            raise UnsupportedError(f"jwt.PyJWK of PyJWT {jwt.__version__} does not take its algorithms from {_PATCHED}")


def unregister() -> None:
    """Undo `register()`. A second call does nothing.

    Algorithms that others registered stay. So does a patch that others put on top of this one, which then passes on the
    result of PyJWT.
    """
    with _LOCK:
        _unregister()


def _unregister() -> None:
    for name, algorithm in _ALGORITHMS.items():
        if _algorithm(name) is algorithm:
            jwt.unregister_algorithm(name)
    _Defaults.ours = {}
    while isinstance(patch := getattr(jwt.api_jwk, _PATCHED, None), _Defaults):
        setattr(jwt.api_jwk, _PATCHED, patch.original)


_ALGORITHMS = {
    name: _CompositeAlgorithm(name, experimental=DRAFT) if name not in parameter_sets(None) else MLDSAAlgorithm(name)
    for name in parameter_sets(DRAFT)
}
_PATCHED = "get_default_algorithms"
_LOCK = threading.Lock()  # several threads may register at their first token at once


class _Defaults:
    """The function from which `jwt.PyJWK` gets its algorithms, with the algorithms of this library while registered."""

    __slots__ = ("original",)

    ours: ClassVar[dict[str, MLDSAAlgorithm]] = {}

    def __init__(self, original: Callable[[], dict[str, Algorithm]]) -> None:
        self.original = original

    def __call__(self) -> dict[str, Algorithm]:
        return {**self.original(), **self.ours}


def _algorithms(experimental: str | None) -> dict[str, MLDSAAlgorithm]:
    """Return the algorithms of this library: ML-DSA, and the composite algorithms of a named draft."""
    return {name: _ALGORITHMS[name] for name in parameter_sets(experimental)}


def _algorithm(name: str) -> Algorithm | None:
    """Return the object that `jwt.encode` and `jwt.decode` use for an algorithm."""
    try:
        return jwt.get_algorithm_by_name(name)
    except NotImplementedError:
        return None


def _makes_keys() -> bool:
    """Return whether `jwt.PyJWK` makes a key of this library from a JWK."""
    name: Literal["ML-DSA-44"] = "ML-DSA-44"
    sample = MLDSAPublicKey.from_public_bytes(bytes(MLDSAParameterSet.ML_DSA_44.public_key_bytes), name)
    try:
        return jwt.PyJWK(sample.to_jwk()).Algorithm is _ALGORITHMS[name]
    except PyJWTError:
        return False


def _from_jwk(jwk: str | Mapping[str, object], experimental: str | None) -> Key:
    try:
        return from_jwk(jwk, experimental)
    except PQCError as error:
        raise InvalidKeyError(str(error)) from error


def _from_pem(pem: str | bytes) -> Key:
    encoded = pem.encode("utf-8", "surrogatepass") if isinstance(pem, str) else pem
    # DER would do, but PyJWT mistakes a public key for a secret of HMAC unless it is PEM.
    if b"-----BEGIN " not in encoded:
        raise InvalidKeyError("expected an ML-DSA key in PEM, got other text or bytes")
    try:
        return from_pem_or_der(encoded)
    except PQCError as error:
        raise InvalidKeyError(str(error)) from error
