"""Encoded keys of files: PKCS#8 for private keys and SubjectPublicKeyInfo for public keys, in PEM and DER.

The methods `to_pkcs8()` and `to_spki()` of the keys write these formats; ML-DSA keys also write JWK and COSE_Key.
`to_jwks()` puts public keys of ML-DSA and others into one JWK Set, and `from_jwks()` reads such a set.
"""

from __future__ import annotations

from qynauth_pqc._keys.loading import load_private, load_private_file, load_public, load_public_file
from qynauth_pqc._keys.options import key_flags
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc.native.inputs import without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import TypeAlias, Unpack

    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc._keys.signature import SignaturePrivateKey, SignaturePublicKey
    from qynauth_pqc.formats._jwks import from_jwks, to_jwks
    from qynauth_pqc.mlkem import KEMPrivateKey, KEMPublicKey
    from qynauth_pqc.native.inputs import BytesLike
    from qynauth_pqc.options import KeyOptions

    AnyPrivateKey: TypeAlias = KEMPrivateKey | SignaturePrivateKey
    AnyPublicKey: TypeAlias = KEMPublicKey | SignaturePublicKey

__all__ = [
    "from_jwks",
    "load_private_key",
    "load_private_key_file",
    "load_public_key",
    "load_public_key_file",
    "to_jwks",
]


def __getattr__(name: str) -> object:
    """Import the functions of JWK Sets at their first use, since few programs need them."""
    if name in {"from_jwks", "to_jwks"}:
        from qynauth_pqc.formats import _jwks  # see above

        return getattr(_jwks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@without_frames
def load_private_key(
    data: BytesLike,
    password: BytesLike | None = None,
    *,
    max_kdf_cost: int | None = None,
    **options: Unpack[KeyOptions],
) -> AnyPrivateKey:
    """Load a private key in PKCS#8, of any encoding, family, parameter set and form.

    The formats are defined by RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA, and the drafts of X-Wing
    (5.8) and of the composites (5.1).

    Beyond the checks of `from_private_bytes()`, a seed and an expanded key in one file must match, and so must a
    private and a public key. PK.root of SLH-DSA is derived again, unless `fault_check` is False. docs/key-formats.md
    lists the supported encryptions.

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        password: the password of an encrypted key; None for one that is not encrypted.
        max_kdf_cost: the highest cost of deriving the encryption key from the password, in iterations of
            PBKDF2-HMAC-SHA-256; by default 2,500,000, about two seconds on a slow machine. docs/key-formats.md explains
            how scrypt is counted. Nothing interrupts the derivation; Ctrl-C waits for it.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The private key. Its seed is known unless the data holds the expanded key only.

    Raises:
        PasswordError: the key is encrypted and the password is missing or wrong; or the key is not encrypted.
        InvalidKeyError: the data is not such a key, and the message says what it is; or the key is not valid.
        InvalidLengthError: the seed inside has the wrong length, or the password is empty.
        UnsupportedError: the algorithm or the encryption is not supported, or costs more than `max_kdf_cost`, which
            is at least 1.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> load_private_key(MLDSAPrivateKey.generate("ML-DSA-44").to_pkcs8())
    <MLDSAPrivateKey: ML-DSA-44>
    """
    flags = key_flags(options, "load_private_key")
    return load_private(PrivateKey, data, password, max_kdf_cost, flags)  # type: ignore[no-any-return]


@without_frames
def load_public_key(data: BytesLike, **options: Unpack[KeyOptions]) -> AnyPublicKey:
    """Load a public key in SubjectPublicKeyInfo, of any encoding, family and parameter set.

    The formats are defined by RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA, and the drafts of X-Wing
    (5.8) and of the composites (5.1).

    Args:
        data: the key in PEM or DER, at most 16384 bytes.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Returns:
        The public key.

    Raises:
        InvalidKeyError: the data is not such a key, and the message says what it is; or the key is not valid.
        UnsupportedError: the algorithm is not supported.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> load_public_key(MLKEMPrivateKey.generate("ML-KEM-512").public_key.to_spki("DER"))
    <MLKEMPublicKey: ML-KEM-512>
    """
    return load_public(PublicKey, data, key_flags(options, "load_public_key"))  # type: ignore[no-any-return]


@without_frames
def load_private_key_file(
    path: StrPath,
    password: BytesLike | None = None,
    *,
    max_kdf_cost: int | None = None,
    **options: Unpack[KeyOptions],
) -> AnyPrivateKey:
    """Load a private key from a file in PEM or DER, as `load_private_key` does.

    The contents of the file are wiped from memory, which is ordinary memory even with the option `locked_memory`.

    Args:
        path: the file, of at most 16384 bytes; the `save()` of a key writes one.
        password: the password of an encrypted key; None for one that is not encrypted.
        max_kdf_cost: see `load_private_key`.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Raises:
        OSError: the file cannot be read.
        PQCError: see `load_private_key`.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> MLDSAPrivateKey.generate().save("signing.pem", b"password")
    >>> load_private_key_file("signing.pem", b"password")
    <MLDSAPrivateKey: ML-DSA-65>
    """
    flags = key_flags(options, "load_private_key_file")
    return load_private_file(PrivateKey, path, password, max_kdf_cost, flags)  # type: ignore[no-any-return]


@without_frames
def load_public_key_file(path: StrPath, **options: Unpack[KeyOptions]) -> AnyPublicKey:
    """Load a public key from a file in PEM or DER, as `load_public_key` does.

    Args:
        path: the file, of at most 16384 bytes; the `save()` of a public key writes one.
        **options: see `qynauth_pqc.options.KeyOptions`.

    Raises:
        OSError: the file cannot be read.
        PQCError: see `load_public_key`.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> MLDSAPrivateKey.generate("ML-DSA-44").public_key.save("verifying.pem")
    >>> load_public_key_file("verifying.pem")
    <MLDSAPublicKey: ML-DSA-44>
    """
    return load_public_file(PublicKey, path, key_flags(options, "load_public_key_file"))  # type: ignore[no-any-return]
