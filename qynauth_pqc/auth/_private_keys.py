"""Private keys of a ring: keys of this package, of `cryptography` for classical algorithms, and signers elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from qynauth_pqc import CompositePrivateKey, CompositePublicKey, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.auth._public_keys import check_rsa, curve_and_method, jwk_number, padding_and_digest, thumbprint
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.errors import InvalidKeyError, PQCError, UnsupportedError, expect
from qynauth_pqc.extend import extra, input_memory, is_valid, jwk_bytes, to_base64url
from qynauth_pqc.formats import load_private_key, load_public_key
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES
from qynauth_pqc.integrations.jose_composite import DRAFT, from_jwk, to_jwk

with extra("auth"):
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_der_private_key,
        load_pem_private_key,
        load_ssh_private_key,
    )

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from qynauth_pqc.auth.algorithms import Algorithm
    from qynauth_pqc.extend import BytesLike
    from qynauth_pqc.signer import Signer

PrivateKey: TypeAlias = (
    MLDSAPrivateKey | CompositePrivateKey | Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey
)
"""The private key of a ring."""
PublicKey: TypeAlias = MLDSAPublicKey | CompositePublicKey
"""The public key of a remote key."""
Sign: TypeAlias = "Callable[[bytes], bytes]"
"""A function that returns the signature of a message."""

LOAD_ERRORS = (PQCError, ValueError, TypeError, UnsupportedAlgorithm)
"""The errors of `load_private` and `load_public`: the libraries raise different ones."""

_RSA_BITS, _RSA_EXPONENT = 3072, 65537
_CLASSICAL: dict[str, type[Any]] = {"OKP": Ed25519PrivateKey, "EC": EllipticCurvePrivateKey, "RSA": RSAPrivateKey}


def generate(algorithm: Algorithm) -> PrivateKey:
    """Make a private key from the system's randomness; a key of RSA has 3072 bits."""
    if algorithm.key_type == "OKP":
        return Ed25519PrivateKey.generate()
    if algorithm.key_type == "EC":
        return ec.generate_private_key(curve_and_method(algorithm)[0])
    if algorithm.key_type == "RSA":
        return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
    if algorithm.experimental:
        return CompositePrivateKey.generate(COMPOSITES[algorithm.name])
    return MLDSAPrivateKey.generate(algorithm.name)  # type: ignore[arg-type] # one of its names


def load_private(
    algorithm: Algorithm, value: Mapping[str, object] | bytes, password: BytesLike | None = None
) -> PrivateKey:
    """Load a private key for an algorithm from the members of a JWK, PEM or DER. It raises `LOAD_ERRORS`."""
    key: Any
    if algorithm.key_type == "AKP":
        key = _akp_from_jwk(algorithm, value) if isinstance(value, Mapping) else load_private_key(value, password)
        if isinstance(key, MLDSAPrivateKey):
            key.seed().close()  # a ring keeps seeds only
        return _checked(algorithm, key)  # type: ignore[no-any-return]
    key = _from_jwk(algorithm, value) if isinstance(value, Mapping) else _from_bytes(value, password)
    if not isinstance(key, _CLASSICAL[algorithm.key_type]):
        raise UnsupportedError(f"expected a key for {algorithm.name}, got {type(key).__name__}")
    if isinstance(key, EllipticCurvePrivateKey) and _curve(key) != algorithm.curve:
        raise UnsupportedError(f"expected a key for {algorithm.name}, got one for {_curve(key)}")
    if isinstance(key, RSAPrivateKey):
        check_rsa(key.public_key().public_numbers())
    return key  # type: ignore[no-any-return]


def load_public(algorithm: Algorithm, value: Mapping[str, object] | bytes) -> PublicKey:
    """Load the public key of a remote key for an algorithm. It raises `LOAD_ERRORS`."""
    key = _akp_from_jwk(algorithm, value) if isinstance(value, Mapping) else load_public_key(value)
    return _checked(algorithm, key)  # type: ignore[no-any-return]


def _akp_from_jwk(algorithm: Algorithm, jwk: Mapping[str, object]) -> object:
    if algorithm.experimental:
        return from_jwk(jwk, experimental=algorithm.experimental)
    return (MLDSAPrivateKey if "priv" in jwk else MLDSAPublicKey).from_jwk(jwk)


def _checked(algorithm: Algorithm, key: Any) -> Any:
    found = getattr(key, "parameter_set", None)
    if found != COMPOSITES.get(algorithm.name, algorithm.name):
        raise UnsupportedError(f"expected a key for {algorithm.name}, got one for {found}")
    return key


def _from_bytes(data: bytes, password: BytesLike | None) -> object:
    if b"OPENSSH PRIVATE" in data:
        return load_ssh_private_key(data, None if password is None else bytes(input_memory(password, "password")))
    return (load_pem_private_key if b"-----BEGIN " in data else load_der_private_key)(data, password)  # type: ignore[arg-type]


def _from_jwk(algorithm: Algorithm, jwk: Mapping[str, object]) -> PrivateKey:
    """Load a classical private key, whose public members are computed again and compared."""
    if (jwk.get("kty"), jwk.get("crv")) != (algorithm.key_type, algorithm.curve):
        raise UnsupportedError(f"expected a JWK for {algorithm.name}")
    secret = jwk_bytes(jwk, "d")
    key: PrivateKey
    if algorithm.key_type == "OKP":
        key = Ed25519PrivateKey.from_private_bytes(secret)
    elif algorithm.key_type == "EC":
        key = ec.derive_private_key(int.from_bytes(secret, "big"), curve_and_method(algorithm)[0])
    else:
        key = _rsa_from_jwk(jwk, int.from_bytes(secret, "big"))
    members = public_members(key)
    if members != {name: jwk.get(name) for name in members}:
        raise InvalidKeyError("the private and the public members of the JWK belong to different keys")
    return key


def _rsa_from_jwk(jwk: Mapping[str, object], d: int) -> RSAPrivateKey:
    """Load a key with or without its prime factors (RFC 7518, section 6.3.2)."""
    public = rsa.RSAPublicNumbers(jwk_number(jwk, "e"), jwk_number(jwk, "n"))
    check_rsa(public)
    if "oth" in jwk:
        raise UnsupportedError("expected a JWK with two prime factors, got one with oth")
    if d >= public.n:
        raise InvalidKeyError("d of the JWK is longer than its modulus")
    if any(name in jwk for name in ("p", "q", "dp", "dq", "qi")):
        p, q, dp, dq, qi = (jwk_number(jwk, name) for name in ("p", "q", "dp", "dq", "qi"))
    else:
        p, q = rsa.rsa_recover_prime_factors(public.n, public.e, d)
        dp, dq, qi = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key()


def _curve(key: EllipticCurvePrivateKey) -> str:
    return {"secp256r1": "P-256", "secp384r1": "P-384"}.get(key.curve.name, key.curve.name)


def public_members(key: PrivateKey | PublicKey) -> dict[str, str]:
    """Return the members of the public JWK that the type of a key requires (RFC 7638, section 3.2)."""
    if isinstance(key, Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": to_base64url(key.public_key().public_bytes_raw())}
    if isinstance(key, EllipticCurvePrivateKey):
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        half = 1 + len(point) // 2
        return {"kty": "EC", "crv": _curve(key), "x": to_base64url(point[1:half]), "y": to_base64url(point[half:])}
    if isinstance(key, RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        e, n = (each.to_bytes(-(-each.bit_length() // 8), "big") for each in (numbers.e, numbers.n))
        return {"kty": "RSA", "e": to_base64url(e), "n": to_base64url(n)}
    public = key if isinstance(key, (MLDSAPublicKey, CompositePublicKey)) else key.public_key
    jwk = to_jwk(public, experimental=DRAFT) if isinstance(public, CompositePublicKey) else public.to_jwk()
    return {name: value for name, value in jwk.items() if name != "kid"}


def signing(algorithm: Algorithm, key: PrivateKey) -> Sign:
    """Return the function that signs a message as JWS demands (RFC 7518, section 3)."""
    if isinstance(key, RSAPrivateKey):
        padding, digest = padding_and_digest(algorithm)
        return lambda message: key.sign(message, padding, digest)
    if isinstance(key, EllipticCurvePrivateKey):
        method, size = curve_and_method(algorithm)[1], key.key_size // 8
        return lambda message: b"".join(
            each.to_bytes(size, "big") for each in decode_dss_signature(key.sign(message, method))
        )
    return key.sign


def remote(signer: Signer) -> tuple[str, Sign]:
    """Return the thumbprint of a signer's public key, and a function that signs and verifies each signature."""
    public_key = getattr(signer, "public_key", None)
    if not isinstance(public_key, (MLDSAPublicKey, CompositePublicKey)) or not callable(getattr(signer, "sign", None)):
        raise TypeError(f"expected signers of ML-DSA or of a hybrid algorithm, not {type(signer).__name__}")

    def sign(message: bytes) -> bytes:
        signature = signer.sign(message)
        expect(signature, bytes, "what the signer returns")
        if not is_valid(public_key, message, signature):
            raise KeyRingError("the signer returned no signature of its public key; check which key it signs with")
        return signature

    return thumbprint(public_members(public_key)), sign
