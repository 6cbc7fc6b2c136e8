"""Public keys that verify tokens: from JWK, by `cryptography` and this package.

Each has one encoding in base64url, so one thumbprint. Only modules that the keys need are imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc import MLDSAPublicKey, SignaturePublicKey
from qynauth_pqc.errors import InvalidKeyError
from qynauth_pqc.extend import check_ed25519_public, extra, is_valid, jwk_bytes, jwk_thumbprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurve
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    from qynauth_pqc.auth.algorithms import Algorithm

    Verify: TypeAlias = Callable[[bytes, bytes], bool]

_RSA_BITS = (2048, 8192)
_LARGEST_EXPONENT = (1 << 32) - 1
_SALT_BYTES = 32
_MEMBERS = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_MEMBERS["AKP"] = ("alg", "kty", "pub")


def thumbprint(jwk: Mapping[str, object]) -> str:
    """Return the thumbprint of the members of a JWK (RFC 7638, section 3, by SHA-256).

    Raises:
        InvalidKeyError: its key type is unknown, or it lacks a member.
    """
    members = {name: jwk.get(name) for name in _MEMBERS.get(str(jwk.get("kty")), ())}
    if not members or not all(isinstance(each, str) for each in members.values()):
        raise InvalidKeyError("expected a JWK with the public members of OKP, EC, RSA or AKP")
    return jwk_thumbprint(members)


def verifier(algorithm: Algorithm, jwk: Mapping[str, object]) -> Verify:
    """Return the function that checks whether a signature of a message is valid under a key.

    Args:
        algorithm: the algorithm, with the key type and the curve of the JWK.
        jwk: the members of the public key; others are ignored.

    Raises:
        InvalidKeyError, UnsupportedError: the JWK is not a valid key for the algorithm.
    """
    with extra("auth"):
        return _MAKERS[algorithm.key_type](algorithm, jwk)


def _akp(algorithm: Algorithm, jwk: Mapping[str, object]) -> Verify:
    members = {name: jwk.get(name) for name in _MEMBERS["AKP"]}
    key: object
    if algorithm.experimental is None:
        key = MLDSAPublicKey.from_jwk(members)
    else:
        from qynauth_pqc.integrations.jose_composite import from_jwk  # only some sets have such keys

        key = from_jwk(members, experimental=algorithm.experimental)
    assert isinstance(key, SignaturePublicKey)  # noqa: S101 - there is no priv
    return lambda message, signature: is_valid(key, message, signature)


def _okp(_algorithm: Algorithm, jwk: Mapping[str, object]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # see above

    key = Ed25519PublicKey.from_public_bytes(check_ed25519_public(jwk_bytes(jwk, "x")))
    return _never_raising(lambda message, signature: key.verify(signature, message))


def _ec(algorithm: Algorithm, jwk: Mapping[str, object]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # see above
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curve, method = curve_and_method(algorithm)
    size, coordinates = curve.key_size // 8, [jwk_bytes(jwk, name) for name in ("x", "y")]
    if any(len(each) != size for each in coordinates):
        raise InvalidKeyError(f"expected coordinates of {size} bytes for {algorithm.name}")
    try:
        key = EllipticCurvePublicKey.from_encoded_point(curve, b"\4" + b"".join(coordinates))
    except ValueError as error:
        raise InvalidKeyError(f"the key for {algorithm.name} is not a point of its curve") from error

    def verify(message: bytes, signature: bytes) -> None:
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        # RFC 7518, section 3.4, defines one length; bytes of any other length are no signature.
        key.verify(encode_dss_signature(r, s) if len(signature) == 2 * size else b"", message, method)

    return _never_raising(verify)


def curve_and_method(algorithm: Algorithm) -> tuple[EllipticCurve, ECDSA]:
    """Return the curve and the signature method of an algorithm of ECDSA (RFC 7518, section 3.4)."""
    from cryptography.hazmat.primitives import hashes  # see above
    from cryptography.hazmat.primitives.asymmetric import ec

    if algorithm.curve == "P-384":
        return ec.SECP384R1(), ec.ECDSA(hashes.SHA384())
    return ec.SECP256R1(), ec.ECDSA(hashes.SHA256())


def _rsa(algorithm: Algorithm, jwk: Mapping[str, object]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # see above

    numbers = RSAPublicNumbers(jwk_number(jwk, "e"), jwk_number(jwk, "n"))
    check_rsa(numbers)
    try:
        key = numbers.public_key()
    except ValueError as error:
        raise InvalidKeyError(f"the key for {algorithm.name} is not one of RSA") from error
    method, digest = padding_and_digest(algorithm)
    return _never_raising(lambda message, signature: key.verify(signature, message, method, digest))


def padding_and_digest(algorithm: Algorithm) -> tuple[AsymmetricPadding, SHA256]:
    """Return the padding and the hash of an algorithm of RSA (RFC 7518, sections 3.3 and 3.5)."""
    from cryptography.hazmat.primitives import hashes  # see above
    from cryptography.hazmat.primitives.asymmetric import padding

    digest = hashes.SHA256()
    if algorithm.name == "PS256":
        return padding.PSS(padding.MGF1(digest), _SALT_BYTES), digest  # as long as the hash
    return padding.PKCS1v15(), digest


_MAKERS = {"AKP": _akp, "OKP": _okp, "EC": _ec, "RSA": _rsa}


def _never_raising(verify: Callable[[bytes, bytes], None]) -> Verify:
    from cryptography.exceptions import InvalidSignature  # see above

    def is_valid_with(message: bytes, signature: bytes) -> bool:
        try:
            verify(message, signature)
        except InvalidSignature:
            return False
        return True

    return is_valid_with


def jwk_number(jwk: Mapping[str, object], name: str) -> int:
    """Return a number of a JWK of RSA. Raises an InvalidKeyError."""
    data = jwk_bytes(jwk, name)
    if data[:1] in (b"", b"\0"):
        raise InvalidKeyError(f"{name} of the JWK is not in its shortest form (RFC 7518, section 6.3.1)")
    return int.from_bytes(data, "big")


def check_rsa(numbers: RSAPublicNumbers) -> None:
    """Refuse a key of RSA if its modulus or exponent is out of range. Raises an InvalidKeyError."""
    n, e, (shortest, longest) = numbers.n, numbers.e, _RSA_BITS
    if not shortest <= n.bit_length() <= longest or n % 2 == 0:
        raise InvalidKeyError(f"expected an odd modulus of {shortest} to {longest} bits, got {n.bit_length()} bits")
    if not 2 < e <= _LARGEST_EXPONENT or e % 2 == 0:  # noqa: PLR2004 - 1 would sign nothing
        raise InvalidKeyError(f"expected an odd exponent from 3 to {_LARGEST_EXPONENT}, got {e.bit_length()} bits")
