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
    from typing import Any, TypeAlias

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from qynauth_pqc.auth._rows import Row

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


def verifier(algorithm: Row, jwk: Mapping[str, object]) -> Verify:
    """Return the function that checks whether a signature of a message is valid under a key.

    Args:
        algorithm: the algorithm, with the key type and the curve of the JWK.
        jwk: the members of the public key; others are ignored.

    Raises:
        InvalidKeyError, UnsupportedError: the JWK is not a valid key for the algorithm.
    """
    with extra("auth"):
        return _MAKERS[algorithm.key_type](algorithm, jwk)


def _akp(algorithm: Row, jwk: Mapping[str, object]) -> Verify:
    members = {name: jwk.get(name) for name in _MEMBERS["AKP"]}
    key: object
    if algorithm.experimental is None:
        key = MLDSAPublicKey.from_jwk(members)
    else:
        from qynauth_pqc.integrations.jose_composite import from_jwk  # only some sets have such keys

        key = from_jwk(members, experimental=algorithm.experimental)
    assert isinstance(key, SignaturePublicKey)  # noqa: S101 - there is no priv
    return lambda message, signature: is_valid(key, message, signature)


def _okp(_algorithm: Row, jwk: Mapping[str, object]) -> Verify:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # see above

    key = Ed25519PublicKey.from_public_bytes(check_ed25519_public(jwk_bytes(jwk, "x")))
    return _never_raising(lambda message, signature: key.verify(signature, message))


def _ec(algorithm: Row, jwk: Mapping[str, object]) -> Verify:
    from cryptography.hazmat.primitives import hashes  # see above
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curve, method = (ec.SECP256R1(), ec.ECDSA(hashes.SHA256()))
    if algorithm.curve == "P-384":
        curve, method = (ec.SECP384R1(), ec.ECDSA(hashes.SHA384()))  # type: ignore[assignment]
    size, coordinates = curve.key_size // 8, [jwk_bytes(jwk, name) for name in ("x", "y")]
    if any(len(each) != size for each in coordinates):
        raise InvalidKeyError(f"expected coordinates of {size} bytes for {algorithm.name}")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\4" + b"".join(coordinates))
    except ValueError as error:
        raise InvalidKeyError(f"the key for {algorithm.name} is not a point of its curve") from error

    def verify(message: bytes, signature: bytes) -> None:
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        # RFC 7518, section 3.4, defines one length; bytes of any other length are no signature.
        key.verify(encode_dss_signature(r, s) if len(signature) == 2 * size else b"", message, method)

    return _never_raising(verify)


def _rsa(algorithm: Row, jwk: Mapping[str, object]) -> Verify:
    from cryptography.hazmat.primitives import hashes  # see above
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    n, e = (_number(jwk, name) for name in ("n", "e"))
    _check_sizes(n, e)
    try:
        key = rsa.RSAPublicNumbers(e, n).public_key()
    except ValueError as error:
        raise InvalidKeyError(f"the key for {algorithm.name} is not one of RSA") from error
    digest = hashes.SHA256()
    method: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.name == "PS256":
        method = padding.PSS(padding.MGF1(digest), _SALT_BYTES)  # as long as the hash: RFC 7518, section 3.5
    return _never_raising(lambda message, signature: key.verify(signature, message, method, digest))


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


def _number(jwk: Mapping[str, object], name: str) -> int:
    data = jwk_bytes(jwk, name)
    if data[:1] in (b"", b"\0"):
        raise InvalidKeyError(f"{name} of the JWK is not in its shortest form (RFC 7518, section 6.3.1)")
    return int.from_bytes(data, "big")


def check_rsa(key: RSAPublicKey) -> None:
    """Refuse a key of RSA if its modulus or exponent is out of range. Raises an InvalidKeyError."""
    numbers: Any = key.public_numbers()
    _check_sizes(numbers.n, numbers.e)


def check_ed25519(key: Ed25519PublicKey) -> None:
    """Refuse a key of low order or in a non-canonical encoding. Raises an InvalidKeyError."""
    check_ed25519_public(key.public_bytes_raw())


def _check_sizes(n: int, e: int) -> None:
    shortest, longest = _RSA_BITS
    if not shortest <= n.bit_length() <= longest or n % 2 == 0:
        raise InvalidKeyError(f"expected an odd modulus of {shortest} to {longest} bits, got {n.bit_length()} bits")
    if not 2 < e <= _LARGEST_EXPONENT or e % 2 == 0:  # noqa: PLR2004 - 1 would sign nothing
        raise InvalidKeyError(f"expected an odd exponent from 3 to {_LARGEST_EXPONENT}, got {e.bit_length()} bits")
