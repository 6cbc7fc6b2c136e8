"""ML-DSA signatures for joserfc (RFC 9964): JWS and JWT. Needs the extra `jose`.

With `experimental="draft-ietf-jose-pq-composite-sigs-05"`, also the composite algorithms of this draft: see
`qynauth_pqc.integrations.jose_composite`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.signature import is_valid
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.integrations._jws_keys import (
    PRIVATE,
    PUBLIC,
    algorithm_named,
    from_jwk,
    from_pem_or_der,
    generate,
    name_of,
    parameter_sets,
    public_of,
    to_jwk,
)
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, DRAFT, check_draft
from qynauth_pqc.native.inputs import without_frames, without_own_frames

with extra("jose"):
    from joserfc.errors import InvalidKeyTypeError, UnsupportedKeyAlgorithmError, UnsupportedKeyOperationError
    from joserfc.jwa import JWSAlgModel
    from joserfc.jwk import JWKRegistry, KeySet, OKPKey
    from joserfc.jws import JWSRegistry
    from joserfc.registry import KeyParameter

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import NoReturn, Self, TypeVar

    from joserfc.jwk import KeyParameters
    from joserfc.registry import HeaderRegistryDict

    from qynauth_pqc.integrations._jws_keys import Key, PrivateKey, PublicKey
    from qynauth_pqc.mldsa import MLDSAParameterSet

    K = TypeVar("K", bound="AKPKey")

__all__ = ["AKPKey", "MLDSAAlgorithm", "MLDSARegistry", "register", "unregister"]


class _OtherAlgorithmError(UnsupportedError, InvalidKeyTypeError):
    """A key of the type AKP is not for ML-DSA: `KeySet` skips the key, as RFC 7517, section 5, asks."""


def _password_bytes(password: str | bytes | None) -> bytes | None:
    return password.encode("utf-8", "surrogatepass") if isinstance(password, str) else password


class _Binding(OKPKey.binding):  # type: ignore[valid-type, misc]
    """The binding by which joserfc reads and writes keys of the type AKP."""

    experimental: ClassVar[str | None] = None

    @classmethod
    def convert_raw_key_to_dict(cls, raw_key: Key, private: bool) -> dict[str, str]:  # noqa: ARG003, FBT001 - joserfc's signature
        return to_jwk(raw_key, None, cls.experimental)

    @classmethod
    @without_frames
    def import_from_dict(cls, value: Mapping[str, object]) -> Key:
        return from_jwk(value, cls.experimental)

    @classmethod
    @without_frames
    def import_from_bytes(cls, value: bytes, password: str | bytes | None = None) -> Key:
        return from_pem_or_der(value, _password_bytes(password))

    @staticmethod
    @without_frames
    def as_bytes(key: AKPKey, encoding: str | None = None, private: bool = False, password: str | None = None) -> bytes:  # noqa: FBT001, FBT002 - joserfc's signature
        if not private:
            spki: bytes = key.public_key.to_spki(encoding or "PEM")
            return spki
        if key.private_key is None:
            raise UnsupportedKeyOperationError("expected a private key, got a public key")
        with key.private_key.to_pkcs8(encoding or "PEM", password=_password_bytes(password)) as encoded:
            return bytes(encoded)


class _CompositeBinding(_Binding):
    """The same binding, with composite keys of the draft."""

    experimental = DRAFT


class AKPKey(OKPKey):
    """A key of joserfc with the key type AKP (RFC 9964), from a key of this library, a JWK, PEM or DER.

    joserfc signs and verifies with keys of its four types only, so this is a subclass of the nearest type. A malformed
    JWK or PEM raises an error of this package, as with `from_jwk()` and `load_private_key()`.

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
        "priv": KeyParameter("Private key", "str", private=True, required=False),
    }
    binding = _Binding

    @property
    def is_private(self) -> bool:
        """Whether the key can sign."""
        return isinstance(self.raw_value, PRIVATE)

    @property
    def public_key(self) -> PublicKey:  # type: ignore[override]
        """The `MLDSAPublicKey`, or a `CompositePublicKey`."""
        return public_of(self.raw_value)  # type: ignore[arg-type]

    @property
    def private_key(self) -> PrivateKey | None:  # type: ignore[override]
        """The `MLDSAPrivateKey`, or a `CompositePrivateKey`, or None."""
        key: Key = self.raw_value  # type: ignore[assignment]
        return key if isinstance(key, PRIVATE) else None

    @classmethod
    @without_frames
    def import_key(  # type: ignore[override]
        cls,
        value: Key | Mapping[str, object] | str | bytes | bytearray,
        parameters: KeyParameters | None = None,
        password: str | bytes | None = None,
        *,
        experimental: str | None = None,
    ) -> Self:
        """Make a key from an `MLDSAPrivateKey` or `MLDSAPublicKey`, a JWK as dict, PEM or DER.

        Args:
            value: the key.
            parameters: more members of the JWK.
            password: the password of encrypted PEM or DER.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, which a composite key needs.

        Raises:
            InvalidKeyError: the JWK, PEM or DER is no valid key.
            PasswordError: the key is encrypted and the password is missing or wrong; or the key is not encrypted.
            UnsupportedError: the key is not for ML-DSA, or the draft is unknown.
            joserfc.errors.KeyParameterError: the JWK lacks a member.
            joserfc.errors.UnsupportedKeyAlgorithmError: the parameters name another algorithm than the key's.
        """
        expect(parameters, (Mapping, type(None)), "parameters")
        if experimental is not None and cls.binding.experimental != check_draft(experimental):
            composite: Self = _with_composites(cls).import_key(value, parameters, password)
            return composite
        if isinstance(value, (*PRIVATE, *PUBLIC)):
            return cls(value, value, parameters)._checked()  # type: ignore[arg-type]
        expect(value, (str, bytes, bytearray, Mapping), "value")
        if isinstance(value, Mapping):
            names = list(parameter_sets(cls.binding.experimental))
            if value.get("alg", names[0]) not in names:
                raise _OtherAlgorithmError("JWK of the key type AKP is not for ML-DSA")
            value = dict(value)
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        key: Self = super().import_key(value, parameters, password)  # type: ignore[arg-type]  # joserfc names its own
        return key._checked()

    def _checked(self) -> Self:
        """Return the key, unless its parameters name another algorithm: joserfc would verify tokens of that one."""
        found = name_of(self.public_key, self.binding.experimental)
        if self.extra_parameters is not None and self.extra_parameters.get("alg", found) != found:
            raise UnsupportedKeyAlgorithmError(f"This key is designed for algorithm '{found}'")
        return self

    @classmethod
    def generate_key(
        cls,
        parameter_set: str | None = "ML-DSA-65",
        parameters: KeyParameters | None = None,
        private: bool = True,  # noqa: FBT001, FBT002 - joserfc's signature
        auto_kid: bool = False,  # noqa: FBT001, FBT002, ARG003 - joserfc's signature; the thumbprint is always there
        *,
        experimental: str | None = None,
    ) -> Self:
        """Make a key from the system's randomness.

        Args:
            parameter_set: "ML-DSA-44", "ML-DSA-65" or "ML-DSA-87"; with `experimental`, also a name of the
                draft, such as "ML-DSA-65-ES256".
            parameters: more members of the JWK.
            private: False for a public key alone, which has no private key.
            auto_kid: as in joserfc; without a kid in the parameters, it is always the thumbprint.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for its composite algorithms too.
        """
        switch = cls.binding.experimental if experimental is None else experimental
        key = generate(algorithm_named("ML-DSA-65" if parameter_set is None else parameter_set, switch))
        return cls.import_key(key if private else key.public_key, parameters, experimental=experimental)

    @classmethod
    def derive_key(cls, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse: this method would derive the key from a secret as joserfc does for elliptic curves."""
        raise UnsupportedKeyOperationError("make an ML-DSA key with generate_key() or from its seed")


@cache
def _with_composites(kind: type[K]) -> type[K]:
    """Return a subclass for keys that may also be composites of the draft."""
    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, "binding": _CompositeBinding})


class MLDSAAlgorithm(JWSAlgModel):
    """An algorithm of joserfc: ML-DSA with one parameter set, hedged, and with an empty context as RFC 9964 demands."""

    key_type = "AKP"

    def __init__(self, parameter_set: MLDSAParameterSet | str, *, experimental: str | None = None) -> None:
        """Make the algorithm of a parameter set.

        Args:
            parameter_set: the set of ML-DSA, or the name of an algorithm of JWS.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for a composite algorithm, by its name there.
        """
        chosen = algorithm_named(parameter_set, experimental)
        self.name = str(parameter_set)
        self.description = f"{chosen} ({'FIPS 204' if chosen == self.name else DRAFT})"
        self._parameter_set = chosen

    @without_own_frames
    def sign(self, msg: bytes, key: AKPKey) -> bytes:
        """Return a signature.

        Raises:
            joserfc.errors.JoseError: the key is public, or of another parameter set.
        """
        expect(key, AKPKey, "key")
        private_key: PrivateKey = key.get_op_key("sign")  # type: ignore[assignment]
        self._check_set(private_key)
        return private_key.sign(msg)

    @without_own_frames
    def verify(self, msg: bytes, sig: bytes, key: AKPKey) -> bool:
        """Return whether a signature is valid.

        Raises:
            joserfc.errors.JoseError: the key is of another parameter set.
        """
        expect(key, AKPKey, "key")
        public_key: PublicKey = key.get_op_key("verify")  # type: ignore[assignment]
        self._check_set(public_key)
        return is_valid(public_key, msg, sig)

    def _check_set(self, key: Key) -> None:
        """Refuse a key of another parameter set: joserfc checks only what its JWK says."""
        if key.parameter_set != self._parameter_set:
            msg = f"expected an {self._parameter_set} key, got an {key.parameter_set} key"
            raise UnsupportedKeyAlgorithmError(msg)


def _longest_signature(experimental: str | None) -> int:
    """Return the length of the longest signature in base64url."""
    return -(-max(each.signature_bytes for each in parameter_sets(experimental).values()) * 4 // 3)


class MLDSARegistry(JWSRegistry):
    """A registry of joserfc with its own algorithms and ML-DSA; only ML-DSA is allowed by default.

    Pass it as `registry=`, since joserfc's default registry refuses signatures of more than 1024 characters.
    """

    algorithms = {  # noqa: RUF012 - as joserfc declares it
        **JWSRegistry.algorithms,
        **{name: MLDSAAlgorithm(name) for name in parameter_sets(None)},
    }
    max_signature_length = _longest_signature(None)

    def __init__(
        self,
        header_registry: HeaderRegistryDict | None = None,
        algorithms: Collection[str] | None = None,
        *,
        strict_check_header: bool = True,
        experimental: str | None = None,
    ) -> None:
        """Make a registry.

        Args:
            header_registry: more header parameters, as for joserfc.
            algorithms: the names that are allowed; by default the three parameter sets, and with `experimental` the
                composites.
            strict_check_header: refuse header parameters that are not registered.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, for its composite algorithms too.
        """
        expect(header_registry, (dict, type(None)), "header_registry")
        ours = parameter_sets(experimental)
        super().__init__(header_registry, list(ours) if algorithms is None else algorithms, strict_check_header)
        if experimental is not None:
            made = {name: MLDSAAlgorithm(name, experimental=experimental) for name in ALGORITHMS}
            self.algorithms = {**self.algorithms, **made}
            self.max_signature_length = max(self.max_signature_length, _longest_signature(experimental))


def register(*, experimental: str | None = None) -> None:
    """Make `JWKRegistry`, and so `KeySet.import_key_set`, keep keys of the type AKP, for the whole process.

    A second call does nothing, unless it adds the composites. Tokens still need an `MLDSARegistry`.

    Args:
        experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, to keep composite keys of this draft too.

    Raises:
        UnsupportedError: joserfc has another class for the key type AKP, or the draft is unknown.
    """
    names, wanted = parameter_sets(experimental), AKPKey if experimental is None else _with_composites(AKPKey)
    present = JWKRegistry.key_types.setdefault(AKPKey.key_type, wanted)
    if present is AKPKey:
        present = JWKRegistry.key_types[AKPKey.key_type] = wanted
    if not issubclass(present, wanted):
        raise UnsupportedError(f"joserfc has another class for the key type AKP: {present.__name__}")
    for name in names:
        KeySet.algorithm_keys.setdefault(name, _KEY_TYPES)


def unregister() -> None:
    """Undo `register()`. A second call does nothing, and registrations by others stay."""
    if JWKRegistry.key_types.get(AKPKey.key_type) in (AKPKey, _with_composites(AKPKey)):
        del JWKRegistry.key_types[AKPKey.key_type]
    for name in parameter_sets(DRAFT):
        if KeySet.algorithm_keys.get(name) is _KEY_TYPES:
            del KeySet.algorithm_keys[name]


_KEY_TYPES = [AKPKey.key_type]
"""The keys of a `KeySet` from which joserfc picks one to sign, if none is named."""
