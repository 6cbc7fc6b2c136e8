"""ML-DSA signatures for joserfc (RFC 9964): JWS and JWT. Needs the extra `jose`: `pip install 'qynauth-pqc[jose]'`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from joserfc.errors import UnsupportedKeyOperationError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from joserfc.registry import KeyParameter

from qynauth_pqc._buffers import lend
from qynauth_pqc._key import member_of
from qynauth_pqc.errors import expect
from qynauth_pqc.formats._jws_keys import from_jwk, from_pem_or_der
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey, is_valid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import NoReturn, Self

    from qynauth_pqc._buffers import Lent

__all__ = ["AKPKey", "MLDSAAlgorithm", "MLDSARegistry"]


def _lend_password(password: str | bytes | None) -> Lent:
    return lend(password.encode("utf-8", "surrogatepass") if isinstance(password, str) else password, "password")


class _Binding(OKPKey.binding):  # type: ignore[valid-type, misc]
    """How joserfc reads and writes keys of the type AKP."""

    @classmethod
    def convert_raw_key_to_dict(cls, raw_key: MLDSAPrivateKey | MLDSAPublicKey, private: bool) -> dict[str, str]:  # noqa: ARG003, FBT001 - joserfc's signature
        return raw_key.to_jwk()

    @classmethod
    def import_from_dict(cls, value: Mapping[str, object]) -> MLDSAPrivateKey | MLDSAPublicKey:
        lent = lend(value, "JWK")
        del value
        return from_jwk(lent)

    @classmethod
    def import_from_bytes(cls, value: bytes, password: str | bytes | None = None) -> MLDSAPrivateKey | MLDSAPublicKey:
        encoded, secret = lend(value, "key"), _lend_password(password)
        del value, password
        return from_pem_or_der(encoded, secret)

    @staticmethod
    def as_bytes(key: AKPKey, encoding: str | None = None, private: bool = False, password: str | None = None) -> bytes:  # noqa: FBT001, FBT002 - joserfc's signature
        if not private:
            spki: bytes = key.public_key.to_spki(encoding or "PEM")
            return spki
        if key.private_key is None:
            raise UnsupportedKeyOperationError("a public key has no private form")
        secret = _lend_password(password or None)
        del password
        with key.private_key.to_pkcs8("seed", encoding or "PEM", secret) as encoded:
            return bytes(encoded)


class AKPKey(OKPKey):
    """A key of joserfc with the key type AKP (RFC 9964), from a key of ours, a JWK, PEM or DER.

    joserfc signs and verifies with keys of its four types only, so this is a subclass of the nearest type. What is
    wrong with a JWK or PEM is an error of this package, as `from_jwk()` and `load_private_key()` raise it.

    >>> from joserfc import jws
    >>> key = AKPKey.generate_key("ML-DSA-65")
    >>> registry = MLDSARegistry()
    >>> token = jws.serialize_compact({"alg": "ML-DSA-65"}, b"payload", key, registry=registry)
    >>> public_key = AKPKey.import_key(key.as_dict(private=False))
    >>> jws.deserialize_compact(token, public_key, registry=registry).payload
    b'payload'
    """

    key_type = "AKP"
    value_registry: ClassVar = {
        "alg": KeyParameter("Algorithm", "str", private=False, required=True),
        "pub": KeyParameter("Public key", "str", private=False, required=True),
        "priv": KeyParameter("Private key: the seed", "str", private=True, required=False),
    }
    binding = _Binding

    @property
    def is_private(self) -> bool:
        """Whether the key can sign."""
        return isinstance(self.raw_value, MLDSAPrivateKey)

    @property
    def public_key(self) -> Any:
        """The `MLDSAPublicKey`."""
        return self.raw_value.public_key if isinstance(self.raw_value, MLDSAPrivateKey) else self.raw_value

    @property
    def private_key(self) -> Any:
        """The `MLDSAPrivateKey`, or None."""
        return self.raw_value if self.is_private else None

    @classmethod
    def import_key(cls, value: Any, parameters: Any = None, password: str | bytes | None = None) -> Self:
        """Make a key from a `MLDSAPrivateKey` or `MLDSAPublicKey`, a JWK as dict, PEM or DER."""
        lent, secret = lend(value, "key"), lend(password, "password")
        del value, password
        if isinstance(lent.data, (MLDSAPrivateKey, MLDSAPublicKey)):
            return cls(lent.data, lent.data, parameters)  # type: ignore[arg-type]
        expect(lent.data, (str, bytes, bytearray, dict), "value")
        if isinstance(lent.data, str):
            lent = lend(lent.data.encode("utf-8", "surrogatepass"), "key")
        key: Self = super().import_key(lent.data, parameters, secret.data)
        return key

    @classmethod
    def generate_key(
        cls,
        parameter_set: str | None = "ML-DSA-65",
        parameters: Any = None,
        private: bool = True,  # noqa: FBT001, FBT002 - joserfc's signature
        auto_kid: bool = False,  # noqa: FBT001, FBT002, ARG003 - joserfc's signature; the thumbprint is always there
    ) -> Self:
        """Make a key from the system's randomness.

        Args:
            parameter_set: "ML-DSA-44", "ML-DSA-65" or "ML-DSA-87".
            parameters: more members of the JWK.
            private: False for its public key alone, which nobody can sign for.
            auto_kid: as joserfc has it; without a kid in the parameters, it is the thumbprint in any case.
        """
        key = MLDSAPrivateKey.generate(MLDSAParameterSet.ML_DSA_65 if parameter_set is None else parameter_set)
        return cls.import_key(key if private else key.public_key, parameters)

    @classmethod
    def derive_key(cls, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse: it would derive the key from a secret as joserfc does for elliptic curves."""
        raise UnsupportedKeyOperationError("an ML-DSA key is made by generate_key or from its seed")


class MLDSAAlgorithm(JWSAlgModel):
    """An algorithm of joserfc: ML-DSA with one parameter set, hedged, and with an empty context as RFC 9964 demands."""

    key_type = "AKP"

    def __init__(self, parameter_set: MLDSAParameterSet | str) -> None:
        """Make the algorithm of a parameter set."""
        chosen = member_of(MLDSAParameterSet, parameter_set)
        self.name = chosen.value
        self.description = f"{chosen} (FIPS 204)"

    def sign(self, msg: bytes, key: AKPKey) -> bytes:
        """Return a signature."""
        expect(key, AKPKey, "key")
        private_key: Any = key.get_op_key("sign")
        signature: bytes = private_key.sign(msg)
        return signature

    def verify(self, msg: bytes, sig: bytes, key: AKPKey) -> bool:
        """Return whether a signature is valid."""
        expect(key, AKPKey, "key")
        public_key: Any = key.get_op_key("verify")
        return is_valid(public_key, msg, sig)


class MLDSARegistry(JWSRegistry):
    """A registry of joserfc with its own algorithms and ML-DSA, which alone it allows by default.

    To be passed as `registry=`, since joserfc's default one refuses signatures of more than 1024 characters.
    """

    algorithms = {  # noqa: RUF012 - as joserfc declares it
        **JWSRegistry.algorithms,
        **{each.value: MLDSAAlgorithm(each) for each in MLDSAParameterSet},
    }
    max_signature_length = -(-max(each.signature_bytes for each in MLDSAParameterSet) * 4 // 3)

    def __init__(
        self,
        header_registry: Any = None,
        algorithms: Collection[str] | None = None,
        *,
        strict_check_header: bool = True,
    ) -> None:
        """Make a registry.

        Args:
            header_registry: more header parameters, as joserfc has them.
            algorithms: the names that are allowed; by default the three parameter sets.
            strict_check_header: refuse header parameters that are not registered.
        """
        expect(header_registry, (dict, type(None)), "header_registry")
        allowed = [each.value for each in MLDSAParameterSet] if algorithms is None else algorithms
        super().__init__(header_registry, allowed, strict_check_header)
