"""SLH-DSA keys as JWK and COSE_Key, EXPERIMENTAL: the three algorithms of draft-ietf-cose-sphincs-plus-06.

IANA has registered none of these names and numbers. So every function requires the name of the draft,
`experimental=DRAFT`. Later drafts, such as -09 of July 2026, have not been compared, and are refused. Other parameter
sets have no name, and this package signs no tokens with these keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qynauth_pqc._keys import jwk as _jwk
from qynauth_pqc._keys.akp import check_pair, cose_module
from qynauth_pqc._keys.options import key_flags
from qynauth_pqc.errors import UnsupportedError, expect
from qynauth_pqc.native.inputs import without_frames
from qynauth_pqc.native.secret_bytes import SecretBytes, join_secret
from qynauth_pqc.slhdsa import SLHDSAParameterSet, SLHDSAPrivateKey, SLHDSAPublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions

    Key = SLHDSAPrivateKey | SLHDSAPublicKey

__all__ = ["ALGORITHMS", "DRAFT", "from_cose_key", "from_jwk", "to_cose_key", "to_jwk"]

DRAFT: Final = "draft-ietf-cose-sphincs-plus-06"
"""The draft, which is the value of `experimental`."""

ALGORITHMS: Final = {"SLH-DSA-SHA2-128s": -51, "SLH-DSA-SHAKE-128s": -52, "SLH-DSA-SHA2-128f": -53}
"""The parameter sets of the draft (section 3), and the numbers that it asks IANA for in COSE."""


@without_frames
def to_jwk(key: Key, kid: str | None = None, *, experimental: str) -> dict[str, str]:
    """Return a key as JWK (section 4 of the draft): kty "AKP", alg, pub, kid, and priv of a private key.

    "priv" is `private_bytes()`, 64 bytes, in a `str`, which Python never wipes.

    Args:
        key: the private or public key.
        kid: the name of the key; by default its thumbprint over alg, kty and pub (RFC 7638).
        experimental: `DRAFT`.

    Returns:
        A new dict; `json.dumps` turns it into text.

    Raises:
        UnsupportedError: the draft is another, or has no name for the parameter set of the key.

    >>> key = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")
    >>> to_jwk(key.public_key, experimental="draft-ietf-cose-sphincs-plus-06")["alg"]
    'SLH-DSA-SHA2-128f'
    """
    name = _name_of(key, experimental)
    if isinstance(key, SLHDSAPublicKey):
        return _jwk.encode(name, key.public_bytes(), None, kid)
    with key.private_bytes() as private:
        return _jwk.encode(name, key.public_key.public_bytes(), private, kid)


@without_frames
def from_jwk(
    jwk: Mapping[str, object] | str | BytesLike, *, experimental: str, **options: Unpack[KeyOptions]
) -> SLHDSAPrivateKey | SLHDSAPublicKey:
    """Load a key from JWK, a private key if it has priv. As with ML-DSA keys, "use" and "key_ops" must allow its use.

    The public key of a private key is derived and compared, which takes as long as generating a key.

    Args:
        jwk: the members, or a JSON text with them of at most 65536 characters.
        experimental: `DRAFT`.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The key.

    Raises:
        InvalidKeyError: it is no JWK or lacks a member; pub or priv is not base64url or not such a key; or they do not
            belong to each other.
        UnsupportedError: the draft is another, the key type is not AKP, or the algorithm is not in `ALGORITHMS`.
    """
    _check_draft(experimental)
    key_flags(options, "from_jwk")
    members = _jwk.parse(jwk)
    return _load(*_jwk.decode(members, private="priv" in members), **options)


@without_frames
def to_cose_key(key: Key, kid: bytes | None = None, *, experimental: str) -> bytes | SecretBytes:
    """Return a key as COSE_Key (section 4 of the draft), in deterministic CBOR. Needs the extra `[cose]`.

    Args:
        key: the private or public key.
        kid: the name of the key; by default its thumbprint (RFC 9679).
        experimental: `DRAFT`.

    Returns:
        A map of kty, kid, alg and pub; for a private key also priv, `private_bytes()`, in memory that is wiped.

    Raises:
        UnsupportedError: the draft is another, or has no number for the parameter set of the key; or cbor2 is not
            installed.
    """
    name, cose = _name_of(key, experimental), cose_module()
    if isinstance(key, SLHDSAPublicKey):
        return cose.encode(name, key.public_bytes(), None, kid, ALGORITHMS)  # type: ignore[no-any-return]
    with key.private_bytes() as private:
        start = cose.encode(name, key.public_key.public_bytes(), len(private), kid, ALGORITHMS)
        return join_secret(start, private.view())


@without_frames
def from_cose_key(
    data: BytesLike, *, experimental: str, **options: Unpack[KeyOptions]
) -> SLHDSAPrivateKey | SLHDSAPublicKey:
    """Load a key from COSE_Key, a private key if it has priv, as `from_jwk` does. Needs the extra `[cose]`.

    Args:
        data: one CBOR map, at most 16384 bytes.
        experimental: `DRAFT`.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The key.

    Raises:
        InvalidKeyError: it is no COSE_Key or lacks a label; pub or priv is not such a key; or they do not belong to
            each other.
        UnsupportedError: the draft is another, the key type is not AKP, or the algorithm is not in `ALGORITHMS`; or
            cbor2 is not installed.
    """
    _check_draft(experimental)
    key_flags(options, "from_cose_key")
    cose = cose_module()
    return _load(*cose.decode(data, private=cose.is_private(data), numbers=ALGORITHMS), **options)


def _load(
    name: str, public: bytes, private: bytes, **options: Unpack[KeyOptions]
) -> SLHDSAPrivateKey | SLHDSAPublicKey:
    """Make a key from the algorithm, pub and priv that a JWK or COSE_Key holds."""
    if name not in ALGORITHMS:
        raise UnsupportedError(f"unknown algorithm: expected one of {', '.join(ALGORITHMS)}")
    parameter_set = SLHDSAParameterSet(name)
    if not private:
        return SLHDSAPublicKey.from_public_bytes(public, parameter_set, **options)
    given = SLHDSAPrivateKey.from_private_bytes(private, parameter_set)
    with given.seed() as seed:
        key = SLHDSAPrivateKey.from_seed(seed, parameter_set, **options)
    check_pair(key, public)
    check_pair(given, public)
    return key


def _name_of(key: Key, experimental: str) -> str:
    """Return the name of a key's parameter set in the draft."""
    expect(key, (SLHDSAPrivateKey, SLHDSAPublicKey), "key")
    _check_draft(experimental)
    if key.parameter_set not in ALGORITHMS:
        raise UnsupportedError(f"{DRAFT} has no name for {key.parameter_set}")
    return str(key.parameter_set)


def _check_draft(experimental: str) -> None:
    """Refuse any draft but the one that this module implements."""
    expect(experimental, str, "experimental")
    if experimental != DRAFT:
        raise UnsupportedError(f"unknown draft: expected experimental={DRAFT!r}")
