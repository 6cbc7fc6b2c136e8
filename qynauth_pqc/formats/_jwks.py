"""JWK Sets (RFC 7517, section 5) that hold ML-DSA keys next to classical ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from qynauth_pqc._keys import jwk as _jwk
from qynauth_pqc._keys.options import key_flags
from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.formats import _ed25519
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPublicKey
from qynauth_pqc.native.inputs import without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions

LONGEST_SET = 1048576
"""The longest JSON text of a set that is read, in characters."""
MOST_KEYS = 256
"""The most keys of a set."""

_PUBLISHED = ("AKP", "EC", "OKP", "RSA")
"""The key types that have public keys and known members."""
_SECRET = ("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv")
"""The private members of these key types and of "oct", in IANA's registry of JWK parameters."""


@without_frames
def to_jwks(keys: Iterable[MLDSAPublicKey | Mapping[str, object]]) -> dict[str, list[dict[str, object]]]:
    """Return a JWK Set of public keys to publish: ML-DSA keys, and the JWKs of classical keys as they are.

    A verifier that does not know the key type AKP ignores the ML-DSA keys (RFC 7517, section 5). No secret gets into
    the set: a JWK with a private member is refused, and so is a key type with unknown private members.

    Args:
        keys: at most 256 keys, each an `MLDSAPublicKey`, with its thumbprint as kid, or a JWK with a kid as a mapping.

    Returns:
        A new dict with the member "keys"; `json.dumps` turns it into text.

    Raises:
        InvalidKeyError: a JWK has no kid, has a private member or is no valid ML-DSA key; two keys have the same kid;
            or there are too many keys.
        UnsupportedError: the key type of a JWK is not AKP, EC, OKP or RSA.
        TypeError: a key is of another type, such as a private key.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> key = MLDSAPrivateKey.generate("ML-DSA-65").public_key
    >>> jwks = to_jwks([key.to_jwk("2026-11"), {"kty": "EC", "crv": "P-256", "x": "...", "y": "...", "kid": "2025-03"}])
    >>> [jwk["kid"] for jwk in jwks["keys"]]
    ['2026-11', '2025-03']
    """
    if isinstance(keys, (str, bytes, bytearray, memoryview, Mapping)):  # iterating over these yields no keys
        raise TypeError(f"keys must be an iterable of keys, not {type(keys).__name__}")
    published = [_public_members(key) for key in islice(keys, MOST_KEYS + 1)]
    _check_size(published, MOST_KEYS)
    _check_kids(published)
    return {"keys": published}


@without_frames
def from_jwks(
    jwks: Mapping[str, object] | str | BytesLike, **options: Unpack[KeyOptions]
) -> dict[str, MLDSAPublicKey | dict[str, object]]:
    """Load a JWK Set of public keys: the ML-DSA keys in it, and the members of all others for another library.

    As RFC 7517, section 5 advises, keys that nobody could choose or use are skipped: keys without a kid or a kty, and
    ML-DSA keys with missing or invalid members or for another use.

    Args:
        jwks: the set, or a JSON text with it of at most 1048576 characters; at most 256 keys.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The keys by their kid, in the order of the set: an `MLDSAPublicKey`, or a new dict with the members of a JWK of
        another algorithm.

    Raises:
        InvalidKeyError: the set is not one JSON object with a list of objects as "keys", two keys have the same kid, a
            key has a private member, or there are too many keys.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> key = MLDSAPrivateKey.generate("ML-DSA-65").public_key
    >>> from_jwks(to_jwks([key]))[key.jwk_thumbprint()] == key
    True
    """
    key_flags(options, "from_jwks")
    found: dict[str, MLDSAPublicKey | dict[str, object]] = {}
    for jwk in read_set(jwks):
        kid, kty = jwk.get("kid"), jwk.get("kty")
        if not isinstance(kid, str) or not isinstance(kty, str):
            continue
        try:
            found[kid] = MLDSAPublicKey.from_jwk(jwk, **options) if _is_mldsa(jwk) else dict(jwk)
        except InvalidKeyError:
            continue
    return found


def _public_members(key: object) -> dict[str, object]:
    """Return the members of a key, after a check that none is missing and none is secret."""
    if isinstance(key, MLDSAPublicKey):
        return {**key.to_jwk()}
    if not isinstance(key, Mapping):
        raise TypeError(f"key must be an MLDSAPublicKey or the members of a public JWK, not {type(key).__name__}")
    members = dict(key)  # this copy is checked and published: the mapping may return something else next time
    if members.get("kty") not in _PUBLISHED:
        raise UnsupportedError(f"cannot publish the JWK: its key type is not one of {', '.join(_PUBLISHED)}")
    if not isinstance(members.get("kid"), str):
        raise InvalidKeyError("JWK has no kid; a verifier chooses a key by its kid")
    _check_public(members)
    if _is_mldsa(members):
        MLDSAPublicKey.from_jwk(members)
    if (members["kty"], members.get("crv")) == ("OKP", "Ed25519"):
        _ed25519.check_public(_jwk.bytes_of(members, "x"))
    return members


def read_set(data: object, most: int = MOST_KEYS, *, unique: bool = True) -> Sequence[Mapping[str, object]]:
    """Return the JWKs of a set (RFC 7517, section 5) without reading the keys.

    Args:
        data: the set, or a JSON text with it of at most 1048576 characters.
        most: the most keys that the caller takes.
        unique: whether no two keys may have the same kid.

    Raises:
        InvalidKeyError: it is no such set, has too many keys or one kid twice, or a key has a private member.
        TypeError: it is neither a mapping nor a text.
    """
    keys = _jwk.parse(data, "JWK Set", LONGEST_SET).get("keys")  # type: ignore[arg-type]
    if not isinstance(keys, (list, tuple)) or not all(isinstance(jwk, Mapping) for jwk in keys):
        raise InvalidKeyError("JWK Set has no list of JWKs as its member keys")
    _check_size(keys, most)
    if unique:
        _check_kids(keys)
    for jwk in keys:
        _check_public(jwk)
    return keys


def _is_mldsa(jwk: Mapping[str, object]) -> bool:
    return jwk.get("kty") == "AKP" and jwk.get("alg") in [each.value for each in MLDSAParameterSet]


def _check_public(jwk: Mapping[str, object]) -> None:
    """Refuse a JWK that holds a secret, or that has a key type with unknown names of secret members."""
    private = [name for name in _SECRET if name in jwk and jwk.get("kty") in (*_PUBLISHED, "oct")]
    if private:
        raise InvalidKeyError(f"JWK is not public: it has the private member {private[0]}")


def _check_size(keys: Sequence[object], most: int) -> None:
    if len(keys) > most:
        raise InvalidKeyError(f"JWK Set has more than {most} keys: got {len(keys)}")


def _check_kids(keys: Sequence[Mapping[str, object]]) -> None:
    first: dict[object, int] = {}
    for index, jwk in enumerate(keys):
        kid = jwk.get("kid")
        other = first.setdefault(kid, index) if isinstance(kid, str) else index
        if other != index:
            differ = any(jwk.get(name) != keys[other].get(name) for name in ("kty", "crv", "alg"))
            raise InvalidKeyError(
                f"keys {other} and {index} of the JWK Set have the same kid{' for two algorithms' if differ else ''}"
            )
